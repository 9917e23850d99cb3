#include "extract/man_text.h"

#include "base/utf8.h"

/* \(xx and \[xx]: what manual pages use; a name that is not here is written as it is. */
static const struct {
    const char *name, *text;
} GLYPHS[] = {
    {"em", "\xE2\x80\x94"},
    {"en", "\xE2\x80\x93"},
    {"hy", "-"},
    {"mi", "-"},
    {"bu", "\xE2\x80\xA2"},
    {"co", "\xC2\xA9"},
    {"rg", "\xC2\xAE"},
    {"tm", "\xE2\x84\xA2"},
    {"lq", "\xE2\x80\x9C"},
    {"rq", "\xE2\x80\x9D"},
    {"oq", "\xE2\x80\x98"},
    {"cq", "\xE2\x80\x99"},
    {"aq", "'"},
    {"dq", "\""},
    {"ga", "`"},
    {"aa", "\xC2\xB4"},
    {"ti", "~"},
    {"ha", "^"},
    {"rs", "\\"},
    {"sl", "/"},
    {"ba", "|"},
    {"bv", "|"},
    {"br", "|"},
    {"or", "|"},
    {"<=", "\xE2\x89\xA4"},
    {">=", "\xE2\x89\xA5"},
    {"!=", "\xE2\x89\xA0"},
    {"->", "\xE2\x86\x92"},
    {"<-", "\xE2\x86\x90"},
    {"+-", "\xC2\xB1"},
    {"mu", "\xC3\x97"},
    {"di", "\xC3\xB7"},
    {"de", "\xC2\xB0"},
    {"sc", "\xC2\xA7"},
    {"dg", "\xE2\x80\xA0"},
    {"eq", "="},
    {"pl", "+"},
    {"ul", "_"},
    {"ru", "_"},
    {"lB", "["},
    {"rB", "]"},
    {"lC", "{"},
    {"rC", "}"},
    {"la", "<"},
    {"ra", ">"},
    {"at", "@"},
    {"sh", "#"},
    {"Do", "$"},
    {"fm", "\xE2\x80\xB2"},
    {"if", "\xE2\x88\x9E"},
    {"**", "*"},
    {"a^", "^"},
    {"a~", "~"},
    {"ss", "\xC3\x9F"},
    {"AE", "\xC3\x86"},
    {"ae", "\xC3\xA6"},
    {"12", "\xC2\xBD"},
    {"14", "\xC2\xBC"},
    {"34", "\xC2\xBE"},
    {"mc", "\xC2\xB5"},
    {"nbsp", " "},
    {"Bq", "\xE2\x80\x9E"},
    {"bq", "\xE2\x80\x9A"},
    {"Fo", "\xC2\xAB"},
    {"Fc", "\xC2\xBB"},
    {"no", "\xC2\xAC"},
    {"~~", "\xE2\x89\x88"},
    {"rA", "\xE2\x87\x92"},
    {"lA", "\xE2\x87\x90"},
    {"*p", "\xCF\x80"},
    {"*m", "\xCE\xBC"},
    {"*a", "\xCE\xB1"},
    {"*b", "\xCE\xB2"},
};

/* Strings that the macro packages define. */
static const struct {
    const char *name, *text;
} STRINGS[] = {
    {"lq", "\xE2\x80\x9C"},
    {"rq", "\xE2\x80\x9D"},
    {"L\"", "\""},
    {"R\"", "\""},
    {"C`", ""},
    {"C'", ""},
    {"--", "\xE2\x80\x94"},
    {"PI", "\xCF\x80"},
    {"R", "\xC2\xAE"},
    {"Tm", "\xE2\x84\xA2"},
    {"Lq", "\xE2\x80\x9C"},
    {"Rq", "\xE2\x80\x9D"},
    {"Gt", ">"},
    {"Lt", "<"},
    {"Am", "&"},
    {"Ge", ">="},
    {"Le", "<="},
    {"Ne", "!="},
    {"Ba", "|"},
    {"C+", "C++"},
};

static tandem_code add_glyph(td_buf *out, td_str name, tandem_error *err)
{
    /* A letter with an accent: \['e], \[u2014], \[u00E9]. */
    if (name.n >= 5 && name.ptr[0] == 'u') {
        uint32_t value = 0;
        char utf8[4];
        size_t i = 1, n;

        for (; i < name.n && value < 0x110000; i++) {
            char c = name.ptr[i];
            int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

            if (digit < 0)
                break;
            value = value * 16 + (uint32_t)digit;
        }
        n = i == name.n && value > 0 ? td_utf8_put(value, utf8) : 0;
        if (n)
            return td_buf_add(out, (td_str){utf8, n}, err);
    }
    for (size_t i = 0; i < sizeof(GLYPHS) / sizeof(*GLYPHS); i++)
        if (td_str_eq(name, td_str_from(GLYPHS[i].name)))
            return td_buf_add(out, td_str_from(GLYPHS[i].text), err);
    if (name.n == 2 && strchr("'`^~:,/o", name.ptr[0]))
        name = td_str_slice(name, 1, 2); /* the letter without its accent */
    return td_buf_add(out, name, err);
}

static tandem_code add_string(td_buf *out, td_str name, tandem_error *err)
{
    for (size_t i = 0; i < sizeof(STRINGS) / sizeof(*STRINGS); i++)
        if (td_str_eq(name, td_str_from(STRINGS[i].name)))
            return td_buf_add(out, td_str_from(STRINGS[i].text), err);
    return TANDEM_OK;
}

/* The first place at or after i where a character starts. */
static size_t align(td_str text, size_t i)
{
    while (i < text.n && ((uint8_t)text.ptr[i] & 0xC0) == 0x80)
        i++;
    return i < text.n ? i : text.n;
}

/* A name at text[*i]: "(xx", "[name]" or one character; moves behind it. */
static td_str read_name(td_str text, size_t *i)
{
    size_t start = *i, end;

    if (start >= text.n)
        return TD_STR("");
    if (text.ptr[start] == '(') {
        *i = align(text, align(text, start + 2) + 1);
        return td_str_slice(text, start + 1, *i);
    }
    if (text.ptr[start] == '[') {
        end = td_str_find_byte(text, ']', start);
        if (end != TD_STR_NONE) {
            *i = end + 1;
            return td_str_slice(text, start + 1, end);
        }
    }
    *i = align(text, start + 1);
    return td_str_slice(text, start, *i);
}

/* Behind a quoted argument: 'like this', in any quotes. */
static size_t skip_quoted(td_str text, size_t i)
{
    size_t end = i < text.n ? td_str_find_byte(text, text.ptr[i], i + 1) : TD_STR_NONE;

    return end == TD_STR_NONE ? text.n : end + 1;
}

/* Behind a size: "-1", "+2", "0", "12", "(12", "[12]". */
static size_t skip_size(td_str text, size_t i)
{
    if (i < text.n && (text.ptr[i] == '-' || text.ptr[i] == '+'))
        i++;
    if (i < text.n && (text.ptr[i] == '(' || text.ptr[i] == '[')) {
        (void)read_name(text, &i);
        return i;
    }
    return i < text.n && text.ptr[i] >= '0' && text.ptr[i] <= '9' ? i + 1 : i;
}

/* One escape; text[*i] is the byte behind the backslash. */
static tandem_code add_escape(td_buf *out, td_str text, size_t *i, tandem_error *err)
{
    char c = text.ptr[(*i)++];

    switch (c) {
    case '-':
        return td_buf_add_byte(out, '-', err);
    case 'e':
    case 'E':
    case '\\':
        return td_buf_add_byte(out, '\\', err);
    case ' ':
    case '~':
    case '0':
    case 't':
        return td_buf_add_byte(out, ' ', err);
    case '\'':
        return td_buf_add_byte(out, '\'', err);
    case '`':
        return td_buf_add_byte(out, '`', err);
    case '.':
        return td_buf_add_byte(out, '.', err);
    case '(':
    case '[':
        (*i)--;
        return add_glyph(out, read_name(text, i), err);
    case '*':
        return add_string(out, read_name(text, i), err);
    case 'f':
    case 'F':
    case 'm':
    case 'M':
    case 'n':
    case 'k':
    case 'g':
        if (*i < text.n && (c == 'n') && (text.ptr[*i] == '+' || text.ptr[*i] == '-'))
            (*i)++;
        (void)read_name(text, i);
        return TANDEM_OK;
    case 's':
        *i = skip_size(text, *i);
        return TANDEM_OK;
    case 'h':
    case 'v':
    case 'w':
    case 'X':
    case 'N':
    case 'o':
    case 'b':
    case 'D':
    case 'L':
    case 'l':
    case 'R':
    case 'S':
    case 'H':
    case 'x':
    case 'Z':
    case 'A':
    case 'B':
    case 'C':
        *i = skip_quoted(text, *i);
        return TANDEM_OK;
    default: /* \& \| \^ \% \: \/ \, \c \{ \} \d \u \p \a \z: nothing to see */
        return TANDEM_OK;
    }
}

tandem_code td_extract_man_text_add(td_buf *out, td_str text, bool markdown, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t i = 0;

    while (i < text.n) {
        char c = text.ptr[i];
        char after = i + 1 < text.n ? text.ptr[i + 1] : 0;

        if (c == '\\' && (after == '"' || after == '#'))
            break;
        if (c == '\\') {
            i++;
            if (i < text.n)
                TD_TRY(add_escape(out, text, &i, err));
            i = align(text, i);
            continue;
        }
        if (markdown && c == '<' && ((unsigned)((after | 0x20) - 'a') < 26u || after == '/'))
            TD_TRY(td_buf_add_byte(out, '\\', err));
        TD_TRY(td_buf_add_byte(out, c, err));
        i++;
    }
out:
    return code;
}

bool td_extract_man_text_next(td_str *rest, td_str *argument_out)
{
    td_str s = *rest;
    size_t i = 0, start;

    while (i < s.n && (s.ptr[i] == ' ' || s.ptr[i] == '\t'))
        i++;
    if (i >= s.n || (s.ptr[i] == '\\' && i + 1 < s.n && s.ptr[i + 1] == '"'))
        return false;
    start = i;
    if (s.ptr[i] == '"') {
        start = ++i;
        while (i < s.n && s.ptr[i] != '"')
            i += s.ptr[i] == '\\' && i + 1 < s.n ? 2 : 1;
        *argument_out = td_str_slice(s, start, i);
        *rest = td_str_slice(s, i + 1, s.n);
        return true;
    }
    while (i < s.n && s.ptr[i] != ' ' && s.ptr[i] != '\t')
        i += s.ptr[i] == '\\' && i + 1 < s.n ? 2 : 1;
    *argument_out = td_str_slice(s, start, i);
    *rest = td_str_slice(s, i, s.n);
    return true;
}
