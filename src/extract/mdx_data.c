#include "extract/mdx_data.h"

#include "extract/mdx_reader.h"
#include "extract/mdx_script.h"
#include "extract/mdx_tag.h"

enum {
    DEPTH_MAX = 16,             /* lists in lists */
    READ_TIMES = 8 * DEPTH_MAX, /* of the text: a few times for each list that it is in */
    INDENT_MAX = 4,  /* of items; deeper ones stand there too, so that output stays linear */
    PROSE_WORDS = 3, /* as many make a sentence of a string, whatever its key is */
};

typedef struct data {
    td_buf *out;
    unsigned nested, depth;
    size_t n_read, n_read_max;
    tandem_error *err;
} data;

/* What an object says of itself. */
typedef struct facts {
    td_str title, link, type, standard;
    bool required;
} facts;

static data data_of(td_str expression, unsigned nested, td_buf *out, tandem_error *err)
{
    return (
        data){.out = out, .nested = nested, .n_read_max = expression.n * READ_TIMES, .err = err};
}

static bool is_in(td_str name, const char *names)
{
    td_str rest = td_str_from(names), word;

    while (td_str_next(&rest, ' ', &word))
        if (td_str_eq(name, word))
            return true;
    return false;
}

bool td_extract_mdx_data_is_for_programs(td_str name)
{
    return is_in(name,
                 "class className classNames style styles sx css icon icons src srcSet id key "
                 "image img slug variant color colors size width height d path viewBox points "
                 "fill stroke ref as component layout template theme align locale lang "
                 "language") ||
           td_str_ends(name, TD_STR("ClassName")) || td_str_ends(name, TD_STR("Style")) ||
           td_str_ends(name, TD_STR("Icon"));
}

static bool is_title(td_str key)
{
    return is_in(key, "title label heading header question term name prop property parameter "
                      "option");
}

static bool is_note(td_str key)
{
    return is_in(key, "description desc text body answer subtitle caption details detail note "
                      "message definition explanation summary help tooltip tip");
}

static bool is_target(td_str key)
{
    return is_in(key, "href link to url");
}

static bool is_space(char c)
{
    return td_extract_mdx_reader_is_space(c) || c == '\n';
}

/* White space is folded, and never stands first or twice. */
static tandem_code add_byte(data *d, size_t start, char c)
{
    if (!is_space(c))
        return td_buf_add_byte(d->out, c, d->err);
    return d->out->n == start || d->out->ptr[d->out->n - 1] == ' '
               ? TANDEM_OK
               : td_buf_add_byte(d->out, ' ', d->err);
}

static void trim_end(data *d, size_t start)
{
    size_t n = d->out->n;

    while (n > start && is_space(d->out->ptr[n - 1]))
        n--;
    td_buf_cut(d->out, n);
}

/* The string at *at, without the backslashes that it needs and, a template, without its holes. */
static tandem_code add_string(data *d, td_str text, size_t *at, size_t start)
{
    tandem_code code = TANDEM_OK;
    char quote = text.ptr[*at];
    size_t i = *at + 1;

    for (; i < text.n && text.ptr[i] != quote; i++) {
        char c = text.ptr[i];

        if (quote == '`' && c == '$' && i + 1 < text.n && text.ptr[i + 1] == '{') {
            size_t end = td_extract_mdx_script_braces(text, i + 1, false, &d->n_read);

            i = (end == TD_STR_NONE ? text.n : end) - 1;
            continue;
        }
        if (c == '\\' && i + 1 < text.n) {
            c = text.ptr[++i];
            c = c == 'n' || c == 't' ? ' ' : c;
        }
        TD_TRY(add_byte(d, start, c));
    }
    *at = i < text.n ? i + 1 : text.n;
out:
    return code;
}

/* Behind the JSX element or fragment that begins with the '<' at text[at]; its tags' names are not
 * compared. The text's end if it has none. */
static size_t element_end(data *d, td_str text, size_t at)
{
    size_t depth = 0;

    while (at < text.n) {
        td_mdx_tag tag;

        if (text.ptr[at] == '{') {
            size_t end = td_extract_mdx_script_braces(text, at, false, &d->n_read);

            at = end == TD_STR_NONE ? at + 1 : end;
        } else if (text.ptr[at] == '<' &&
                   td_extract_mdx_tag_read(text, at, false, &tag, &d->n_read)) {
            at = tag.end;
            depth += !tag.is_end && !tag.closes_itself;
            depth -= tag.is_end && depth > 0;
            if (depth == 0)
                return at;
        } else {
            at++;
        }
        if (d->n_read > d->n_read_max)
            break;
    }
    return text.n;
}

/* Where the value at `at` ends. */
static size_t value_end(data *d, td_str text, size_t at)
{
    size_t i = at;

    while (i < text.n && text.ptr[i] == '(')
        i = td_extract_mdx_script_skip(text, i + 1);
    return i < text.n && text.ptr[i] == '<'
               ? td_extract_mdx_script_value(text, element_end(d, text, i), &d->n_read)
               : td_extract_mdx_script_value(text, at, &d->n_read);
}

static tandem_code add_element(data *d, td_str text, size_t start)
{
    tandem_code code = TANDEM_OK;
    td_buf words = TD_BUF(d->out->n_max);

    if (d->nested >= TD_MDX_NESTED_MAX)
        return TANDEM_OK;
    TD_TRY(td_extract_mdx_reader_nested(text, d->nested + 1, &words, d->err));
    for (size_t i = 0; i < words.n; i++)
        TD_TRY(add_byte(d, start, words.ptr[i]));
out:
    td_buf_clear(&words);
    return code;
}

/* Where the next part of what is inside a list's or an object's brackets begins; TD_STR_NONE at the
 * end. */
static size_t next_part(const data *d, td_str rest)
{
    size_t at = td_extract_mdx_script_skip(rest, 0);

    while (at < rest.n && strchr(",;", rest.ptr[at]))
        at = td_extract_mdx_script_skip(rest, at + 1);
    return at >= rest.n || d->n_read > d->n_read_max ? TD_STR_NONE : at;
}

/* Cuts the value at `at` off; a bracket that nothing opened is one. */
static td_str cut_value(data *d, td_str *rest, size_t at)
{
    size_t end = value_end(d, *rest, at);
    td_str value = td_str_trim(td_str_slice(*rest, at, end));

    end += end == at;
    *rest = td_str_slice(*rest, end, rest->n);
    return value;
}

/* Cuts the next value off what is inside a list's brackets; false at the end. */
static bool next_value(data *d, td_str *rest, td_str *value_out)
{
    size_t at = next_part(d, *rest);

    if (at == TD_STR_NONE)
        return false;
    *value_out = cut_value(d, rest, at);
    return true;
}

/* The same of an object: "key: value", "'key': value"; what has no key is empty. */
static bool next_property(data *d, td_str *rest, td_str *key_out, td_str *value_out)
{
    size_t at = next_part(d, *rest), end;

    if (at == TD_STR_NONE)
        return false;
    end = at;
    if (strchr("'\"", rest->ptr[at])) {
        end = td_str_find_byte(*rest, rest->ptr[at], at + 1);
        at++;
        end = end == TD_STR_NONE ? rest->n : end;
    } else {
        while (end < rest->n && !is_space(rest->ptr[end]) && !strchr(":(,.[{}])", rest->ptr[end]))
            end++;
    }
    *key_out = td_str_slice(*rest, at, end);
    at = end < rest->n && strchr("'\"", rest->ptr[end]) ? end + 1 : end;
    at = td_extract_mdx_script_skip(*rest, at);
    if (at < rest->n && rest->ptr[at] == ':') {
        *value_out = cut_value(d, rest, td_extract_mdx_script_skip(*rest, at + 1));
    } else {
        cut_value(d, rest, at);
        *key_out = TD_STR("");
        *value_out = TD_STR("");
    }
    return true;
}

static td_str without_parentheses(td_str value)
{
    value = td_str_trim(value);
    while (value.n >= 2 && value.ptr[0] == '(' && value.ptr[value.n - 1] == ')')
        value = td_str_trim(td_str_slice(value, 1, value.n - 1));
    return value;
}

static td_str inside(td_str value)
{
    return td_str_slice(value, 1,
                        value.n && strchr("]}", value.ptr[value.n - 1]) ? value.n - 1 : value.n);
}

static bool is_string(td_str value)
{
    return value.n >= 2 && strchr("'\"`", value.ptr[0]);
}

static tandem_code add_words(data *d, td_str value);

/* All words in a list or an object, but those that are said already. */
static tandem_code add_all_words(data *d, td_str value)
{
    tandem_code code = TANDEM_OK;
    bool is_object = value.ptr[0] == '{';
    td_str rest = inside(value), key = TD_STR(""), part;
    size_t begun = d->out->n;

    if (d->depth >= DEPTH_MAX)
        return TANDEM_OK;
    d->depth++;
    while (is_object ? next_property(d, &rest, &key, &part) : next_value(d, &rest, &part)) {
        size_t before = d->out->n, from;
        td_str said;

        if (is_object && td_extract_mdx_data_is_for_programs(key))
            continue;
        if (before > begun)
            TD_TRY(td_buf_add(d->out, is_object ? TD_STR(" ") : TD_STR(", "), d->err));
        from = d->out->n;
        TD_TRY(add_words(d, part));
        said = td_str_slice(td_buf_str(d->out), from, d->out->n);
        if (said.n == 0 ||
            (is_object && td_str_eq(said, td_str_slice(td_buf_str(d->out), begun, before))))
            td_buf_cut(d->out, before);
    }
    d->depth--;
out:
    return code;
}

static tandem_code add_words(data *d, td_str value)
{
    tandem_code code = TANDEM_OK;
    size_t start = d->out->n, at = 0;

    value = without_parentheses(value);
    if (value.n && (value.ptr[0] == '[' || value.ptr[0] == '{'))
        return add_all_words(d, value);
    if (value.n && value.ptr[0] == '<')
        TD_TRY(add_element(d, value, start));
    while (at < value.n && strchr("'\"`", value.ptr[at])) {
        TD_TRY(add_string(d, value, &at, start));
        at = td_extract_mdx_script_skip(value, at);
        if (at < value.n && value.ptr[at] != '+') {
            td_buf_cut(d->out, start); /* a.b("text"), "a" === b: no text */
            goto out;
        }
        at = at < value.n ? td_extract_mdx_script_skip(value, at + 1) : at;
    }
    trim_end(d, start);
out:
    return code;
}

tandem_code td_extract_mdx_data_words(td_str expression, unsigned nested, td_buf *out,
                                      tandem_error *err)
{
    data d = data_of(expression, nested, out, err);

    return add_words(&d, expression);
}

static void read_facts(data *d, td_str object, facts *f)
{
    td_str rest = inside(object), key, value;

    *f = (facts){0};
    while (next_property(d, &rest, &key, &value)) {
        if (is_title(key) && f->title.n == 0)
            f->title = value;
        else if (is_target(key) && is_string(value) && f->link.n == 0)
            f->link = td_extract_mdx_script_literal(value);
        else if (is_in(key, "type") && is_string(value))
            f->type = value;
        else if (is_in(key, "default defaultValue"))
            f->standard = value;
        else if (is_in(key, "required isRequired"))
            f->required |= td_str_eq(value, TD_STR("true"));
    }
}

/* Back-quotes in the value make its own longer, unless they are what it is written with. */
static tandem_code add_code(data *d, td_str value)
{
    tandem_code code = TANDEM_OK;
    bool has_ticks = td_str_find_byte(value, '`', 0) != TD_STR_NONE && value.ptr[0] != '`';
    td_str opens = has_ticks ? TD_STR("`` ") : TD_STR("`");
    size_t before = d->out->n, start;

    TD_TRY(td_buf_add(d->out, opens, d->err));
    start = d->out->n;
    if (is_string(value))
        TD_TRY(add_words(d, value));
    else
        TD_TRY(td_buf_add(d->out, value, d->err));
    if (d->out->n == start)
        td_buf_cut(d->out, before);
    else
        TD_TRY(td_buf_add(d->out, has_ticks ? TD_STR(" ``") : opens, d->err));
out:
    return code;
}

/* A number, a word: what a default is written as. */
static bool is_plain(td_str value)
{
    return value.n > 0 && value.n < 40 && !strchr("[{(<'\"`", value.ptr[0]) &&
           td_str_find_byte(value, '(', 0) == TD_STR_NONE &&
           td_str_find_byte(value, '\n', 0) == TD_STR_NONE;
}

/* " (`type`, required, default `x`)" */
static tandem_code add_kind(data *d, const facts *f, bool after_title)
{
    tandem_code code = TANDEM_OK;
    bool has_default = is_string(f->standard) || is_plain(f->standard);
    size_t start = d->out->n, begun;

    if (after_title)
        TD_TRY(td_buf_add(d->out, TD_STR(" ("), d->err));
    begun = d->out->n;
    if (f->type.n)
        TD_TRY(add_code(d, f->type));
    if (f->required && after_title)
        TD_TRY(td_buf_add(d->out, d->out->n > begun ? TD_STR(", required") : TD_STR("required"),
                          d->err));
    if (has_default && after_title) {
        TD_TRY(td_buf_add(d->out, d->out->n > begun ? TD_STR(", default ") : TD_STR("default "),
                          d->err));
        TD_TRY(add_code(d, f->standard));
    }
    if (d->out->n == begun)
        td_buf_cut(d->out, start);
    else if (after_title)
        TD_TRY(td_buf_add_byte(d->out, ')', d->err));
out:
    return code;
}

static tandem_code add_title(data *d, const facts *f)
{
    tandem_code code = TANDEM_OK;
    size_t start = d->out->n, begun;
    td_str words;

    TD_TRY(td_buf_add(d->out, f->link.n ? TD_STR("**[") : TD_STR("**"), d->err));
    begun = d->out->n;
    TD_TRY(add_words(d, f->title));
    words = td_str_slice(td_buf_str(d->out), begun, d->out->n);
    if (words.n == 0 || (f->link.n == 0 && td_str_find_byte(words, '*', 0) != TD_STR_NONE)) {
        memmove(d->out->ptr + start, words.ptr, words.n); /* with emphasis of its own */
        td_buf_cut(d->out, start + words.n);
        goto out;
    }
    if (f->link.n)
        TD_TRY(td_buf_add_fmt(d->out, d->err, "](%.*s)", TD_STR_FMT(f->link)));
    TD_TRY(td_buf_add(d->out, TD_STR("**"), d->err));
out:
    return code;
}

/* A sentence is words for a reader, whatever its key is; "flex gap-2" under one that we know is
 * not. */
static bool is_prose(td_str value)
{
    size_t n_words = 1;

    if (!is_string(value))
        return false;
    for (size_t i = 1; i + 1 < value.n; i++) {
        if (strchr("{}=;_/", value.ptr[i]))
            return false;
        n_words += value.ptr[i] == ' ' && value.ptr[i + 1] != ' ';
    }
    return n_words >= PROSE_WORDS;
}

static tandem_code add_notes(data *d, td_str object, size_t start)
{
    tandem_code code = TANDEM_OK;
    td_str rest = inside(object), key, value;
    bool first = true;

    while (next_property(d, &rest, &key, &value)) {
        td_str plain = without_parentheses(value);
        bool words = is_note(key) || (is_in(key, "children content") && is_string(plain)) ||
                     (!is_title(key) && !is_in(key, "type default defaultValue") &&
                      (td_str_starts(plain, TD_STR("<")) || is_prose(plain)));
        size_t before = d->out->n, from;

        if (!words || td_extract_mdx_data_is_for_programs(key))
            continue;
        if (d->out->n > start)
            TD_TRY(td_buf_add(d->out, first ? TD_STR(": ") : TD_STR(" "), d->err));
        from = d->out->n;
        TD_TRY(add_words(d, value));
        if (d->out->n == from)
            td_buf_cut(d->out, before);
        else
            first = false;
    }
out:
    return code;
}

static tandem_code begin_line(data *d, size_t level)
{
    tandem_code code = TANDEM_OK;

    if (d->out->n)
        TD_TRY(td_buf_add_byte(d->out, '\n', d->err));
    TD_TRY(td_buf_add_times(d->out, ' ', 2 * (level < INDENT_MAX ? level : INDENT_MAX), d->err));
    TD_TRY(td_buf_add(d->out, TD_STR("- "), d->err));
out:
    return code;
}

static tandem_code add_items(data *d, td_str value, size_t level);

static tandem_code add_object(data *d, td_str object, size_t level)
{
    tandem_code code = TANDEM_OK;
    size_t before = d->out->n, start;
    td_str rest = inside(object), key, value;
    facts f;

    read_facts(d, object, &f);
    TD_TRY(begin_line(d, level));
    start = d->out->n;
    if (f.title.n)
        TD_TRY(add_title(d, &f));
    TD_TRY(add_kind(d, &f, d->out->n > start));
    TD_TRY(add_notes(d, object, start));
    if (d->out->n == start)
        td_buf_cut(d->out, before);
    else
        level++;
    while (next_property(d, &rest, &key, &value)) {
        value = without_parentheses(value);
        if (value.n && strchr("[{", value.ptr[0]) && !is_note(key) && !is_title(key) &&
            !td_extract_mdx_data_is_for_programs(key))
            TD_TRY(add_items(d, value, level));
    }
out:
    return code;
}

static tandem_code add_items(data *d, td_str value, size_t level)
{
    tandem_code code = TANDEM_OK;
    td_str rest, part;

    if (d->depth >= DEPTH_MAX)
        return TANDEM_OK;
    d->depth++;
    if (value.ptr[0] == '{') {
        TD_TRY(add_object(d, value, level));
        d->depth--;
        goto out;
    }
    rest = inside(value);
    while (next_value(d, &rest, &part)) {
        size_t before = d->out->n, start;

        part = without_parentheses(part);
        if (part.n && part.ptr[0] == '{') {
            TD_TRY(add_object(d, part, level));
            continue;
        }
        TD_TRY(begin_line(d, level));
        start = d->out->n;
        TD_TRY(add_words(d, part));
        if (d->out->n == start)
            td_buf_cut(d->out, before);
    }
    d->depth--;
out:
    return code;
}

/* ['npm', 'yarn']: the titles of tabs, words in a row. */
static bool is_row(data *d, td_str list)
{
    td_str rest = inside(list), part;
    bool row = false;

    while (next_value(d, &rest, &part)) {
        if (!is_string(part))
            return false;
        row = true;
    }
    return row;
}

tandem_code td_extract_mdx_data_list(td_str expression, unsigned nested, td_buf *out,
                                     tandem_error *err)
{
    data d = data_of(expression, nested, out, err);
    td_str value = without_parentheses(expression);

    if (value.n < 2 || !strchr("[{<", value.ptr[0]))
        return TANDEM_OK;
    if (value.ptr[0] == '<' || (value.ptr[0] == '[' && is_row(&d, value)))
        return add_words(&d, value);
    return add_items(&d, value, 0);
}
