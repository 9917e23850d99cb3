#include "extract/mdx_script.h"

enum {
    TEMPLATES_MAX = 32, /* one in the hole of another */
};

typedef struct scanner {
    td_str text;
    size_t at;
    size_t depth;                /* open brackets of all kinds */
    size_t holes[TEMPLATES_MAX]; /* the depth outside the "${" of each open template */
    size_t n_holes;
    size_t n_vain; /* bytes looked at for an end that was not there */
    size_t last;   /* behind the last byte that was neither white space nor comment; 0: none */
    bool in_paragraph, failed;
} scanner;

static bool is_word(char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26u || (unsigned)(c - '0') < 10u || c == '_' || c == '$';
}

static size_t space_end(td_str text, size_t at)
{
    while (at < text.n && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\r'))
        at++;
    return at;
}

static bool is_blank_from(td_str text, size_t at)
{
    at = space_end(text, at);
    return at >= text.n || text.ptr[at] == '\n';
}

/* No statement holds such a line: what seemed to be open is not. */
static bool is_markdown_line(td_str text, size_t at)
{
    size_t i = at;

    while (i < text.n && text.ptr[i] == '#')
        i++;
    if (i > at && i - at <= 6 && i < text.n && text.ptr[i] == ' ')
        return true;
    return td_str_starts(td_str_slice(text, at, text.n), TD_STR("```"));
}

/* Behind the string whose quote is at `at`; `at` + 1 if it is an apostrophe. */
static size_t string_end(td_str text, size_t at, size_t *n_vain)
{
    size_t i = at + 1;
    char quote = text.ptr[at];

    if (quote == '\'' && at > 0 && is_word(text.ptr[at - 1]) && text.ptr[at - 1] != '$')
        return at + 1; /* "don't" in the text of an element */
    for (; i < text.n && text.ptr[i] != '\n'; i++) {
        if (text.ptr[i] == quote)
            return i + 1;
        i += text.ptr[i] == '\\';
    }
    *n_vain += i - at;
    return at + 1;
}

/* Behind the regular expression that begins at `at`; `at` + 1 if none does. */
static size_t regex_end(td_str text, size_t at, char before, size_t *n_vain)
{
    bool in_class = false;
    size_t i = at + 1;

    if (before && !strchr("(,=:[!&|?;", before))
        return at + 1;
    for (; i < text.n && text.ptr[i] != '\n'; i++) {
        char c = text.ptr[i];

        if (c == '/' && !in_class)
            return i + 1;
        in_class = c == '[' || (in_class && c != ']');
        i += c == '\\';
    }
    *n_vain += i - at;
    return at + 1;
}

static char last_of(const scanner *s)
{
    return s->last ? s->text.ptr[s->last - 1] : 0;
}

/* At the start of a line; its white space is read even where it is the last that is. */
static bool ends_paragraph(scanner *s)
{
    bool ends = s->in_paragraph && is_blank_from(s->text, s->at);

    if (ends)
        s->at = space_end(s->text, s->at);
    return ends;
}

/* The text of a template up to its end or its next hole. */
static void skip_template(scanner *s)
{
    while (s->at < s->text.n) {
        char c = s->text.ptr[s->at++];

        if (c == '`')
            return;
        if (c == '\\') {
            s->at++;
        } else if (c == '\n' && ends_paragraph(s)) {
            break;
        } else if (c == '$' && s->at < s->text.n && s->text.ptr[s->at] == '{') {
            s->at++;
            if (s->n_holes == TEMPLATES_MAX)
                break;
            s->holes[s->n_holes++] = s->depth++;
            return;
        }
    }
    s->failed = true;
}

static void skip_comment(scanner *s, bool block)
{
    size_t end = block ? td_str_find(s->text, TD_STR("*/"), s->at + 2)
                       : td_str_find_byte(s->text, '\n', s->at);

    s->failed = block && end == TD_STR_NONE;
    s->at = end == TD_STR_NONE ? s->text.n : end + (block ? 2 : 0);
}

static void skip_slash(scanner *s)
{
    char next = s->at + 1 < s->text.n ? s->text.ptr[s->at + 1] : 0;
    bool in_url = s->at > 0 && s->text.ptr[s->at - 1] == ':';

    if (next == '*' || (next == '/' && !in_url)) {
        skip_comment(s, next == '*');
        return;
    }
    s->at = next == '/' ? s->at + 2 : regex_end(s->text, s->at, last_of(s), &s->n_vain);
    s->last = s->at;
}

static void close_bracket(scanner *s, char c)
{
    s->depth -= s->depth > 0;
    if (c == '}' && s->n_holes > 0 && s->holes[s->n_holes - 1] == s->depth) {
        s->n_holes--;
        skip_template(s);
    }
}

/* One thing: a string, a comment, a bracket, a byte. */
static void step(scanner *s)
{
    char c = s->text.ptr[s->at];

    switch (c) {
    case '"':
    case '\'':
        s->at = string_end(s->text, s->at, &s->n_vain);
        break;
    case '`':
        s->at++;
        skip_template(s);
        break;
    case '/':
        skip_slash(s);
        return;
    case '{':
    case '(':
    case '[':
        s->depth++;
        s->at++;
        break;
    case '}':
    case ')':
    case ']':
        s->at++;
        close_bracket(s, c);
        break;
    case '\n':
        s->at++;
        s->failed = ends_paragraph(s) || is_markdown_line(s->text, s->at);
        return;
    case ' ':
    case '\t':
    case '\r':
        s->at++;
        return;
    default:
        s->at += c == '\\' ? 2 : 1;
    }
    s->at = s->at > s->text.n ? s->text.n : s->at;
    s->last = s->at;
    s->failed |= s->n_vain / 4 > s->text.n;
}

size_t td_extract_mdx_script_braces(td_str text, size_t at, bool in_paragraph, size_t *n_read)
{
    scanner s = {.text = text, .at = at, .in_paragraph = in_paragraph};

    do
        step(&s);
    while (s.depth > 0 && !s.failed && s.at < text.n);
    *n_read += s.at - at + s.n_vain;
    return s.depth > 0 || s.failed ? TD_STR_NONE : s.at;
}

size_t td_extract_mdx_script_value(td_str text, size_t at, size_t *n_read)
{
    scanner s = {.text = text, .at = at};

    while (s.at < text.n && !s.failed && (s.depth > 0 || !strchr(",]})", text.ptr[s.at])))
        step(&s);
    *n_read += s.at - at + s.n_vain;
    return s.failed ? text.n : s.at;
}

size_t td_extract_mdx_script_skip(td_str text, size_t at)
{
    scanner s = {.text = text, .at = at};

    while (s.at < text.n && !s.failed) {
        char c = text.ptr[s.at], next = s.at + 1 < text.n ? text.ptr[s.at + 1] : 0;

        if (c == '/' && (next == '/' || next == '*'))
            skip_comment(&s, next == '*');
        else if (td_str_find_byte(TD_STR(" \t\r\n"), c, 0) != TD_STR_NONE)
            s.at++;
        else
            break;
    }
    return s.at;
}

static size_t word_end(td_str text, size_t at)
{
    while (at < text.n && is_word(text.ptr[at]))
        at++;
    return at;
}

static size_t skip_spaces(td_str text, size_t at)
{
    while (at < text.n && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
        at++;
    return at;
}

/* "a, { b as c }, * as d from 'e'": an import names where from; a sentence does not. */
static bool is_import(td_str text, size_t at, size_t *n_read)
{
    size_t i = skip_spaces(text, at), from = i;
    bool found = false;

    if (i == at && i < text.n && is_word(text.ptr[i]))
        return false;
    if (i < text.n && (text.ptr[i] == '"' || text.ptr[i] == '\''))
        return string_end(text, i, n_read) > i + 1;
    while (i < text.n && !found) {
        size_t end = word_end(text, i);

        if (td_str_eq(td_str_slice(text, i, end), TD_STR("from"))) {
            end = skip_spaces(text, end);
            found = end < text.n && (text.ptr[end] == '"' || text.ptr[end] == '\'');
        } else if (end == i) {
            if (!strchr(" \t\r\n{},*", text.ptr[i]) ||
                (text.ptr[i] == '\n' && is_blank_from(text, i + 1)))
                break;
            end = i + 1;
        }
        i = end;
    }
    *n_read += i - from;
    return found;
}

static bool is_export(td_str text, size_t at)
{
    static const char *const WORDS[] = {"default",   "const", "let",    "var",
                                        "function",  "class", "async",  "type",
                                        "interface", "enum",  "declare"};
    size_t i = skip_spaces(text, at), end = word_end(text, i);
    td_str word = td_str_slice(text, i, end);

    if (i < text.n && (text.ptr[i] == '{' || text.ptr[i] == '*'))
        return true;
    if (i == at || end >= text.n || (text.ptr[end] != ' ' && text.ptr[end] != '\n'))
        return false;
    for (size_t k = 0; k < sizeof(WORDS) / sizeof(*WORDS); k++)
        if (td_str_eq(word, td_str_from(WORDS[k])))
            return true;
    return false;
}

/* Whether a statement that could end at a line's end goes on in the next line. */
static bool goes_on(const scanner *s)
{
    td_str rest = td_str_slice(s->text, s->at, s->text.n);
    char last = last_of(s);

    if (rest.n == 0 || is_blank_from(s->text, s->at))
        return false;
    if (last && strchr("=,+&|?:", last))
        return true;
    if (last == '>' && s->last > 1 && s->text.ptr[s->last - 2] == '=')
        return true;
    return rest.ptr[0] == ' ' || rest.ptr[0] == '\t' || rest.ptr[0] == '.' || rest.ptr[0] == '?' ||
           td_str_starts(rest, TD_STR("from ")) || td_str_starts(rest, TD_STR("//")) ||
           td_str_starts(rest, TD_STR("/*"));
}

/* The line end before the first blank line: where a statement with open brackets is over. */
static size_t paragraph_end(td_str text, size_t at)
{
    size_t end = td_str_find_byte(text, '\n', at);

    while (end != TD_STR_NONE && !is_blank_from(text, end + 1))
        end = td_str_find_byte(text, '\n', end + 1);
    return end == TD_STR_NONE ? text.n : end;
}

size_t td_extract_mdx_script_module(td_str text, size_t at, size_t *n_read)
{
    td_str rest = td_str_slice(text, at, text.n);
    scanner s = {.text = text, .at = at + 6};
    size_t end = TD_STR_NONE;

    if (!(td_str_starts(rest, TD_STR("import")) && is_import(text, at + 6, n_read)) &&
        !(td_str_starts(rest, TD_STR("export")) && is_export(text, at + 6)))
        return TD_STR_NONE;
    while (s.at < text.n && !s.failed && end == TD_STR_NONE) {
        size_t from = s.at;
        bool is_line_end = text.ptr[from] == '\n' && s.depth == 0;

        step(&s);
        if (is_line_end && !goes_on(&s))
            end = from;
    }
    *n_read += s.at - at + s.n_vain;
    if (end == TD_STR_NONE && s.depth == 0 && !s.failed)
        end = text.n;
    return end == TD_STR_NONE ? paragraph_end(text, at) : end;
}

td_str td_extract_mdx_script_literal(td_str expression)
{
    td_str s = td_str_trim(expression);
    char quote = s.n ? s.ptr[0] : 0;

    if (s.n < 2 || (quote != '"' && quote != '\'' && quote != '`'))
        return (td_str){0};
    for (size_t i = 1; i < s.n; i++) {
        if (s.ptr[i] == quote)
            return i + 1 == s.n ? td_str_slice(s, 1, i) : (td_str){0};
        if (quote == '`' && s.ptr[i] == '$' && i + 1 < s.n && s.ptr[i + 1] == '{')
            return (td_str){0};
        i += s.ptr[i] == '\\';
    }
    return (td_str){0};
}
