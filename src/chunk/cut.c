#include "chunk/cut.h"

#include "base/utf8.h"

enum {
    GRAPHEME_CHARS_MAX = 64
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* The code point that ends just before `at`. */
static size_t before(td_str text, size_t at, uint32_t *codepoint_out)
{
    size_t start = td_utf8_floor(text, at - 1);
    if (td_utf8_at(text, start, codepoint_out) == 0)
        *codepoint_out = 0;
    return start;
}

/* Full stops of scripts that put no space behind them. */
static bool is_wide_stop(uint32_t c)
{
    return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF61;
}

static bool is_stop(uint32_t c)
{
    return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x0964 || c == 0x061F ||
           is_wide_stop(c);
}

/* What may stand between a full stop and the space behind it. */
static bool is_closer(uint32_t c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == '*' || c == '_' || c == '`' ||
           c == 0x201D || c == 0x2019 || c == 0xBB || c == 0x300D || c == 0xFF09;
}

static bool is_abbreviation(td_str word)
{
    static const char *const words[] = {
        "e.g", "i.e", "etc",  "vs",   "cf",   "al",     "fig",  "figs", "eq",  "sec", "ch",  "vol",
        "no",  "nos", "pp",   "mr",   "mrs",  "ms",     "dr",   "prof", "st",  "jr",  "sr",  "inc",
        "ltd", "co",  "corp", "dept", "est",  "approx", "resp", "ca",   "jan", "feb", "mar", "apr",
        "jun", "jul", "aug",  "sep",  "sept", "oct",    "nov",  "dec",  "gen", "col", "lt",  "gov",
        "z.b", "d.h", "u.a",  "bzw",  "usw",  "ggf",    "nr",   "art",  "ex",  "p",
    };
    if (word.n == 1 && word.ptr[0] >= 'A' && word.ptr[0] <= 'Z')
        return true; /* an initial */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (td_str_eq_nocase(word, td_str_from(words[i])))
            return true;
    }
    return false;
}

/* "e.g" of "(e.g. this": the letters, digits and dots before the stop at `stop`. */
static td_str word_before(td_str text, size_t stop)
{
    size_t start = stop;
    while (start > 0 && stop - start < 12 &&
           (is_alnum(text.ptr[start - 1]) || text.ptr[start - 1] == '.'))
        start--;
    return td_str_slice(text, start, stop);
}

bool td_chunk_cut_is_sentence(td_str text, size_t at)
{
    if (at == 0 || at >= text.n)
        return false;
    uint32_t c = 0;
    size_t stop = before(text, at, &c);
    for (int n = 0; n < 4 && is_closer(c) && stop > 0; n++)
        stop = before(text, stop, &c);
    if (is_wide_stop(c))
        return true;
    if (!is_stop(c) || !is_space(text.ptr[at]))
        return false;
    size_t next = at;
    while (next < text.n && next - at < 8 && is_space(text.ptr[next]))
        next++;
    if (next < text.n && text.ptr[next] >= 'a' && text.ptr[next] <= 'z')
        return false;
    if (c != '.')
        return true;
    td_str word = word_before(text, stop);
    bool list_number = word.n > 0 && word.n <= 2 && word.ptr[0] >= '0' && word.ptr[0] <= '9' &&
                       (stop == word.n || text.ptr[stop - word.n - 1] == '\n');
    return !list_number && !is_abbreviation(word);
}

/* A cut at `at` would part a letter from its marks, two halves of an emoji, or CR from LF. */
static bool splits_grapheme(td_str text, size_t at)
{
    if (at == 0 || at >= text.n)
        return false;
    if (text.ptr[at] == '\n' && text.ptr[at - 1] == '\r')
        return true;
    if (!((text.ptr[at] | text.ptr[at - 1]) & 0x80))
        return false;
    uint32_t next = 0, last = 0;
    if (td_utf8_at(text, at, &next) == 0)
        return false;
    before(text, at, &last);
    bool flag = next >= 0x1F1E6 && next <= 0x1F1FF && last >= 0x1F1E6 && last <= 0x1F1FF;
    bool skin = next >= 0x1F3FB && next <= 0x1F3FF;
    return flag || skin || last == 0x200D || (next >= 0x300 && td_utf8_width(next) == 0);
}

static size_t whole_grapheme(td_str text, size_t start, size_t limit)
{
    size_t at = limit;
    for (int n = 0; n < GRAPHEME_CHARS_MAX && at > start && splits_grapheme(text, at); n++)
        at = td_utf8_floor(text, at - 1);
    return at > start && !splits_grapheme(text, at) ? at : limit;
}

static size_t last_blank_line(td_str text, size_t start, size_t limit)
{
    for (size_t at = limit; at > start + 1; at--) {
        if (text.ptr[at - 1] == '\n' &&
            (text.ptr[at - 2] == '\n' ||
             (at > start + 2 && text.ptr[at - 2] == '\r' && text.ptr[at - 3] == '\n')))
            return at;
    }
    return start;
}

static size_t last_line(td_str text, size_t start, size_t limit)
{
    size_t at = limit;
    while (at > start && text.ptr[at - 1] != '\n')
        at--;
    return at;
}

static size_t last_sentence(td_str text, size_t start, size_t limit)
{
    for (size_t at = limit; at > start; at = td_utf8_floor(text, at - 1)) {
        if (td_chunk_cut_is_sentence(text, at) && !splits_grapheme(text, at))
            return at;
    }
    return start;
}

static size_t last_of(td_str text, size_t start, size_t limit, const char *ends)
{
    for (size_t at = limit; at > start; at--) {
        char c = text.ptr[at - 1];
        if (c != '\0' && strchr(ends, c) && !splits_grapheme(text, at))
            return at;
    }
    return start;
}

/* Behind a statement or an element, in code without lines. */
static size_t last_statement(td_str text, size_t start, size_t limit)
{
    return last_of(text, start, limit, ";}>");
}

static size_t last_comma(td_str text, size_t start, size_t limit)
{
    return last_of(text, start, limit, ",");
}

static size_t last_word(td_str text, size_t start, size_t limit)
{
    for (size_t at = limit; at > start; at--) {
        if (at < text.n && is_space(text.ptr[at]) && !is_space(text.ptr[at - 1]))
            return at;
    }
    return start;
}

/* Each finder answers a place in (start, limit], or `start` if there is none of its kind. */
typedef size_t (*finder)(td_str text, size_t start, size_t limit);

static const finder prose_finders[] = {last_blank_line, last_sentence, last_line, NULL};
static const finder lines_finders[] = {last_line, last_sentence, NULL};
static const finder code_finders[] = {last_blank_line, last_line, NULL};
static const finder long_line_finders[] = {last_statement, last_comma, NULL};

static size_t find(const finder *finders, td_str text, size_t start, size_t limit)
{
    size_t at = start;
    for (; *finders && at == start; finders++)
        at = (*finders)(text, start, limit);
    return at;
}

size_t td_chunk_cut_at(td_str text, size_t start, size_t limit, td_chunk_cut_kind kind)
{
    size_t half = td_utf8_floor(text, start + (limit - start) / 2);
    const finder *finders = kind == TD_CHUNK_CUT_PROSE  ? prose_finders
                            : kind == TD_CHUNK_CUT_CODE ? code_finders
                                                        : lines_finders;
    half = half < start ? start : half;
    if (kind == TD_CHUNK_CUT_ROWS) { /* a row that fits is whole, whatever the chunk lacks */
        bool is_end = limit < text.n && text.ptr[limit] == '\n';
        size_t line = is_end ? limit : last_line(text, start, limit);
        if (line > start)
            return line;
    }
    size_t at = find(finders, text, half, limit);
    if (at > half)
        return at;
    if (kind == TD_CHUNK_CUT_CODE) {
        /* A whole short line is worth more than a full chunk; half a line is worth little. */
        at = last_line(text, start, limit);
        if (at > start)
            return at;
        at = find(long_line_finders, text, half, limit);
        if (at > half)
            return at;
    }
    at = last_word(text, start, limit);
    return at > start ? at : whole_grapheme(text, start, limit);
}

size_t td_chunk_cut_overlap(td_str text, size_t from, size_t end)
{
    while (from > 0 && from < end && is_space(text.ptr[from - 1]))
        from--;
    for (size_t at = from; at < end; at++) {
        if ((text.ptr[at] & 0xC0) == 0x80 || !td_chunk_cut_is_sentence(text, at))
            continue;
        while (at < end && is_space(text.ptr[at]))
            at++;
        return at;
    }
    return end;
}
