#include "store/words.h"

#include "base/utf8.h"

enum {
    IDENTIFIER_BYTES_MAX = 64, /* longer ones are data (base64, hashes), not names */
    QUERY_BYTES_MAX = 16 << 10,
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Bytes past ASCII count as lower-case letters: names are hardly ever split there. */
static bool is_word(char c)
{
    return is_upper(c) || is_lower(c) || is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The next run of word bytes at or after *at. */
static bool next_word(td_str text, size_t *at, td_str *word_out)
{
    size_t start = *at;

    while (start < text.n && !is_word(text.ptr[start]))
        start++;
    size_t end = start;
    while (end < text.n && is_word(text.ptr[end]))
        end++;
    *at = end;
    *word_out = (td_str){text.ptr + start, end - start};
    return end > start;
}

/* A new part begins at `i`: "read|Line", "HTTP|Server", "utf8|Name". */
static bool begins_part(td_str word, size_t i)
{
    char c = word.ptr[i], before = word.ptr[i - 1];

    if (!is_upper(c))
        return false;
    if (!is_upper(before))
        return true;
    return i + 1 < word.n && is_lower(word.ptr[i + 1]);
}

/* Cuts the first part off `*rest`; underscores go. */
static bool next_part(td_str *rest, td_str *part_out)
{
    size_t start = 0;

    while (start < rest->n && rest->ptr[start] == '_')
        start++;
    size_t end = start;
    while (end < rest->n && rest->ptr[end] != '_' && (end == start || !begins_part(*rest, end)))
        end++;
    *part_out = td_str_slice(*rest, start, end);
    *rest = td_str_slice(*rest, end, rest->n);
    return end > start;
}

static bool has_parts(td_str word)
{
    td_str rest = word, part;

    return word.n <= IDENTIFIER_BYTES_MAX && next_part(&rest, &part) && part.n < word.n;
}

void td_store_words_parts(td_str text, td_buf *out)
{
    td_str word, part;

    for (size_t at = 0; next_word(text, &at, &word);) {
        if (!has_parts(word))
            continue;
        while (next_part(&word, &part)) {
            if (td_buf_reserve(out, part.n + 1, NULL) != TANDEM_OK)
                return;
            td_buf_add(out, part, NULL);
            td_buf_add_byte(out, ' ', NULL);
        }
    }
}

/* Words that stand in most English texts: each costs a walk over most of the index and says
 * nothing. Sorted by nothing in particular; the list is short enough to walk. */
static bool is_common(td_str word)
{
    static const char *const COMMON[] = {"a",    "an",    "and",   "are",   "as",   "at",   "be",
                                         "but",  "by",    "can",   "did",   "do",   "does", "for",
                                         "from", "has",   "have",  "how",   "i",    "if",   "in",
                                         "into", "is",    "it",    "its",   "my",   "no",   "not",
                                         "of",   "on",    "or",    "so",    "that", "the",  "their",
                                         "then", "there", "these", "this",  "to",   "was",  "we",
                                         "what", "when",  "where", "which", "who",  "why",  "will",
                                         "with", "you",   "your"};

    for (size_t i = 0; i < sizeof(COMMON) / sizeof(COMMON[0]); i++)
        if (td_str_eq_nocase(word, td_str_from(COMMON[i])))
            return true;
    return false;
}

typedef struct terms {
    td_str items[TD_STORE_TERMS_MAX]; /* slices of the query */
    size_t n;
} terms;

static void add_term(terms *list, td_str term)
{
    if (term.n == 0 || list->n == TD_STORE_TERMS_MAX)
        return;
    for (size_t i = 0; i < list->n; i++)
        if (td_str_eq_nocase(list->items[i], term))
            return;
    list->items[list->n++] = term;
}

/* A word between spaces: itself (punctuation inside makes it a phrase), its words, their parts. */
static void add_spaced(terms *list, td_str spaced, bool common_too)
{
    td_str word, part;
    size_t at = 0;

    if (!next_word(spaced, &at, &word))
        return;
    td_str next;
    size_t after = at;
    if (next_word(spaced, &after, &next)) /* "os.path.join", "re-run" */
        add_term(list, spaced);
    do {
        if (common_too || !is_common(word))
            add_term(list, word);
        if (!has_parts(word))
            continue;
        for (td_str rest = word; next_part(&rest, &part);)
            if (common_too || !is_common(part))
                add_term(list, part);
    } while (next_word(spaced, &at, &word));
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

static void add_all_terms(terms *list, td_str query, bool common_too)
{
    for (size_t at = 0; at < query.n;) {
        if (is_space(query.ptr[at])) {
            at++;
            continue;
        }
        size_t end = query.ptr[at] == '"' ? td_str_find_byte(query, '"', at + 1) : TD_STR_NONE;
        if (end != TD_STR_NONE) {
            td_str word, phrase = td_str_slice(query, at + 1, end);
            size_t inside = 0;
            if (next_word(phrase, &inside, &word))
                add_term(list, phrase);
            at = end + 1;
            continue;
        }
        end = at + 1;
        while (end < query.n && !is_space(query.ptr[end]))
            end++;
        add_spaced(list, td_str_slice(query, at, end), common_too);
        at = end;
    }
}

/* "term" with its quotes doubled: FTS5 then sees a string, never syntax. */
static tandem_code quote(td_str term, td_arena *arena, td_str *quoted_out, tandem_error *err)
{
    char *quoted = td_arena_alloc(arena, term.n * 2 + 3);
    size_t n = 0;

    if (!quoted)
        return td_arena_fail(arena, err);
    quoted[n++] = '"';
    for (size_t i = 0; i < term.n; i++) {
        if (term.ptr[i] == '"')
            quoted[n++] = '"';
        quoted[n++] = term.ptr[i];
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
    *quoted_out = (td_str){quoted, n};
    return TANDEM_OK;
}

tandem_code td_store_words_terms(td_str text, td_arena *arena, td_str terms_out[TD_STORE_TERMS_MAX],
                                 size_t *n_out, tandem_error *err)
{
    terms list = {.n = 0};
    td_buf clean = TD_BUF(QUERY_BYTES_MAX * 3 + 16); /* a bad byte becomes three, as a NUL does */
    tandem_code code = TANDEM_OK;

    TD_TRY(td_utf8_add_clean(&clean, td_str_slice(text, 0, QUERY_BYTES_MAX), err));
    add_all_terms(&list, td_buf_str(&clean), false);
    if (list.n == 0)
        add_all_terms(&list, td_buf_str(&clean), true);
    for (size_t i = 0; i < list.n; i++)
        TD_TRY(quote(list.items[i], arena, &terms_out[i], err));
    *n_out = list.n;

out:
    td_buf_clear(&clean);
    return code;
}
