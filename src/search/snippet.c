#include "search/snippet.h"

#include "base/utf8.h"

#include <stdlib.h>

enum {
    SNIPPET_CHARS = 200,
    QUERY_WORDS_MAX = 32,
    LEAD_CHARS = 40, /* of text before the first word that matched */
    STEM_BYTES_MIN = 4,
};

/* A run of letters, digits and '_' in the text. */
typedef struct token {
    size_t start, end; /* bytes */
    size_t start_char, end_char;
    int query_word; /* -1: none */
} token;

typedef struct query_words {
    td_str items[QUERY_WORDS_MAX];
    size_t n;
} query_words;

/* Length of the character at `at` (1 for a bad byte) and whether it belongs to a word. */
static size_t next_char(td_str s, size_t at, bool *is_word_out)
{
    uint32_t c = 0;
    size_t n = td_utf8_at(s, at, &c);

    *is_word_out = n > 0 && (c == '_' || td_utf8_is_letter(c) || td_utf8_is_digit(c));
    return n > 0 ? n : 1;
}

/* The next token at or after *at, *at_char; both end behind it. */
static bool next_token(td_str s, size_t *at, size_t *at_char, token *token_out)
{
    bool is_word = false;
    size_t n = 0;

    while (*at < s.n && (n = next_char(s, *at, &is_word), !is_word))
        *at += n, (*at_char)++;
    token_out->start = *at;
    token_out->start_char = *at_char;
    while (*at < s.n && (n = next_char(s, *at, &is_word), is_word))
        *at += n, (*at_char)++;
    token_out->end = *at;
    token_out->end_char = *at_char;
    return token_out->end > token_out->start;
}

static void find_query_words(td_str query, query_words *words)
{
    token found;
    size_t at_char = 0;

    for (size_t at = 0; words->n < QUERY_WORDS_MAX && next_token(query, &at, &at_char, &found);)
        words->items[words->n++] = td_str_slice(query, found.start, found.end);
}

/* Equal, or of one stem as far as beginnings tell: "reading" and "reads" share "read". */
static bool is_like(td_str word, td_str wanted)
{
    size_t shorter = word.n < wanted.n ? word.n : wanted.n;
    size_t longer = word.n < wanted.n ? wanted.n : word.n;

    if (word.n == wanted.n && td_str_eq_nocase(word, wanted))
        return true;
    size_t stem = shorter * 3 / 4 > STEM_BYTES_MIN ? shorter * 3 / 4 : STEM_BYTES_MIN;
    return shorter >= STEM_BYTES_MIN && longer <= stem + 4 &&
           td_str_eq_nocase(td_str_slice(word, 0, stem), td_str_slice(wanted, 0, stem));
}

/* One- and two-letter words match everywhere and tell nothing, unless the query has no other. */
static int query_word_of(td_str word, const query_words *words, bool short_too)
{
    for (size_t i = 0; i < words->n; i++)
        if ((short_too || words->items[i].n > 2) && is_like(word, words->items[i]))
            return (int)i;
    return -1;
}

/* Where the best window begins: the token with which a window of SNIPPET_CHARS holds most different
 * words of the query, then most of them in all; the first such. `tokens` [n] are matches only. */
static size_t best_start(const token *tokens, size_t n)
{
    size_t best = 0, best_value = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t seen = 0;
        size_t n_in = 0;
        for (size_t j = i; j < n && tokens[j].end_char - tokens[i].start_char <= SNIPPET_CHARS;
             j++) {
            seen |= (uint32_t)1 << tokens[j].query_word;
            n_in++;
        }
        size_t value = (size_t)__builtin_popcount(seen) * 1000 + (n_in < 999 ? n_in : 999);
        if (value > best_value) {
            best = i;
            best_value = value;
        }
    }
    return best;
}

/* Matching tokens of the text, malloc'ed; NULL with *n_out 0 when none (or out of memory: the
 * beginning of the text is a fair snippet too). */
static token *find_matches(td_str text, const query_words *words, bool short_too, size_t *n_out)
{
    token *tokens = NULL, found;
    size_t n = 0, capacity = 0, at_char = 0;

    for (size_t at = 0; next_token(text, &at, &at_char, &found);) {
        found.query_word =
            query_word_of(td_str_slice(text, found.start, found.end), words, short_too);
        if (found.query_word < 0)
            continue;
        if (n == capacity) {
            token *more = realloc(tokens, (capacity = capacity * 2 + 16) * sizeof(*tokens));
            if (!more)
                break;
            tokens = more;
        }
        tokens[n++] = found;
    }
    *n_out = n;
    return tokens;
}

static bool is_visible_space(td_str s, size_t at)
{
    return s.ptr[at] == ' ' || (s.ptr[at] >= '\t' && s.ptr[at] <= '\r');
}

/* The byte some LEAD_CHARS before `at`, at the beginning of a word. */
static size_t step_back(td_str text, size_t at)
{
    size_t start = at;

    for (size_t chars = 0; start > 0 && chars < LEAD_CHARS; chars++)
        start = td_utf8_floor(text, start - 1);
    if (start == 0)
        return 0;
    while (start < at && !is_visible_space(text, start))
        start++;
    return start; /* `at` itself when there is no space in between */
}

/* Copies from `start` on: white space folded, what no terminal should get left out; ends at the end
 * of a word. Returns the bytes written to out [SNIPPET_CHARS * 4]. */
static size_t copy_line(td_str text, size_t start, char *out)
{
    size_t n = 0, chars = 0, word_end = 0, at = start;

    while (at < text.n && chars < SNIPPET_CHARS) {
        uint32_t c = 0;
        size_t n_bytes = td_utf8_at(text, at, &c);
        if (n_bytes > 0 && (td_utf8_is_space(c) || c == '\t')) {
            if (n > 0 && out[n - 1] != ' ') {
                word_end = n;
                out[n++] = ' ';
                chars++;
            }
        } else if (n_bytes > 0 && c >= 0x20 && !(c >= 0x7f && c < 0xa0)) {
            memcpy(out + n, text.ptr + at, n_bytes);
            n += n_bytes;
            chars++;
        }
        at += n_bytes > 0 ? n_bytes : 1;
    }
    bool cut_word = at < text.n && !is_visible_space(text, at) && n > 0 && out[n - 1] != ' ';
    if (cut_word && word_end > 0)
        n = word_end;
    while (n > 0 && out[n - 1] == ' ')
        n--;
    return n;
}

tandem_code td_search_snippet(td_str text, td_str query, td_arena *arena, td_str *snippet_out,
                              tandem_error *err)
{
    char line[SNIPPET_CHARS * 4];
    query_words words = {.n = 0};
    size_t n_matches = 0, start = 0;

    find_query_words(query, &words);
    token *matches = find_matches(text, &words, false, &n_matches);
    if (n_matches == 0) {
        free(matches);
        matches = find_matches(text, &words, true, &n_matches);
    }
    if (n_matches > 0) {
        size_t first = best_start(matches, n_matches);
        /* The whole text from its beginning reads better, if the first match is near it. */
        bool near = matches[first].start_char <= LEAD_CHARS;
        start = near ? 0 : step_back(text, matches[first].start);
    }
    free(matches);
    td_str snippet = td_arena_copy(arena, (td_str){line, copy_line(text, start, line)});
    if (!snippet.ptr)
        return td_arena_fail(arena, err);
    *snippet_out = snippet;
    return TANDEM_OK;
}
