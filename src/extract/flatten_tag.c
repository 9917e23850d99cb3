#include "extract/flatten_tag.h"

enum {
    VALUE_BYTES_MAX = 16 << 10
}; /* no href, class or text in an attribute is that long */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_alpha(char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26u;
}

static size_t skip_space(td_str s, size_t at)
{
    while (at < s.n && is_space(s.ptr[at]))
        at++;
    return at;
}

/* Behind the next `what`, or the end. */
static size_t behind(td_str s, td_str what, size_t from)
{
    size_t at = td_str_find(s, what, from);

    return at == TD_STR_NONE ? s.n : at + what.n;
}

/* Behind a comment whose text starts at `from`. */
static size_t comment_end(td_str s, size_t from)
{
    td_str rest = td_str_slice(s, from, s.n);

    if (td_str_starts(rest, TD_STR(">")))
        return from + 1;
    if (td_str_starts(rest, TD_STR("->")))
        return from + 2;
    for (size_t at = from; (at = td_str_find(s, TD_STR("--"), at)) != TD_STR_NONE; at++) {
        size_t next = at + 2;

        if (next < s.n && s.ptr[next] == '!')
            next++;
        if (next < s.n && s.ptr[next] == '>')
            return next + 1;
    }
    return s.n;
}

/* Whether a style attribute says "display: none". */
static bool hides(td_str style)
{
    for (size_t at = 0; (at = td_str_find_byte(style, ':', at)) != TD_STR_NONE; at++) {
        size_t name_end = at;

        while (name_end > 0 && is_space(style.ptr[name_end - 1]))
            name_end--;
        if (td_str_ends_nocase(td_str_slice(style, 0, name_end), TD_STR("display")) &&
            td_str_starts_nocase(td_str_slice(style, skip_space(style, at + 1), style.n),
                                 TD_STR("none")))
            return true;
    }
    return false;
}

typedef struct attribute {
    td_str name, value;
    td_str whole; /* name="value" just so; else empty */
    bool has_value;
} attribute;

/* Reads one attribute at s[*at], which is neither space, '/' nor '>'. False at the end of input. */
static bool read_attribute(td_str s, size_t *at, attribute *attribute_out)
{
    size_t i = *at, start = *at;
    attribute a = {0};

    if (s.ptr[i] == '=')
        i++;
    while (i < s.n && !is_space(s.ptr[i]) && s.ptr[i] != '/' && s.ptr[i] != '>' && s.ptr[i] != '=')
        i++;
    a.name = td_str_slice(s, start, i);
    start = skip_space(s, i);
    if (start < s.n && s.ptr[start] == '=') {
        char quote;

        i = skip_space(s, start + 1);
        if (i >= s.n)
            return false;
        quote = s.ptr[i];
        a.has_value = quote != '>';
        if (quote == '"' || quote == '\'') {
            start = i + 1;
            i = td_str_find_byte(s, quote, start);
            if (i == TD_STR_NONE)
                return false;
            a.value = td_str_slice(s, start, i++);
            if (quote == '"' && a.name.ptr + a.name.n + 2 == a.value.ptr)
                a.whole = td_str_slice(s, *at, i);
        } else {
            start = i;
            while (i < s.n && !is_space(s.ptr[i]) && s.ptr[i] != '>')
                i++;
            a.value = td_str_slice(s, start, i);
        }
    }
    *at = i;
    *attribute_out = a;
    return true;
}

static tandem_code write_attribute(const attribute *a, uint32_t *seen, td_flat_tag *tag,
                                   td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_attribute id = td_extract_tag_attribute_find(a->name);
    td_str quote = TD_STR("\""), value = a->value, name;

    if (value.n > VALUE_BYTES_MAX)
        return TANDEM_OK;
    if (id == TD_ATTRIBUTE_STYLE && hides(value)) {
        id = TD_ATTRIBUTE_HIDDEN;
        value.n = 0;
    }
    if (id == TD_N_ATTRIBUTES || id == TD_ATTRIBUTE_STYLE || (*seen & (1u << id)))
        return TANDEM_OK;
    if (td_str_find_byte(value, '"', 0) != TD_STR_NONE) {
        if (td_str_find_byte(value, '\'', 0) != TD_STR_NONE)
            return TANDEM_OK; /* both kinds in an unquoted value: no writer means that */
        quote = TD_STR("'");
    }
    *seen |= 1u << id;
    if (id == TD_ATTRIBUTE_CLASS)
        tag->class_value = value;
    else
        tag->has_others = true;
    TD_TRY(td_buf_add_byte(out, ' ', err));
    name = td_extract_tag_attribute_name(id);
    if (a->whole.n && td_str_eq(a->name, name)) {
        TD_TRY(td_buf_add(out, a->whole, err));
        return TANDEM_OK;
    }
    TD_TRY(td_buf_add(out, name, err));
    if (a->has_value || id == TD_ATTRIBUTE_HIDDEN) {
        TD_TRY(td_buf_add_byte(out, '=', err));
        TD_TRY(td_buf_add(out, quote, err));
        TD_TRY(td_buf_add(out, value, err));
        TD_TRY(td_buf_add(out, quote, err));
    }
out:
    return code;
}

_Static_assert(TD_N_ATTRIBUTES <= 32, "a bit for each attribute");

/* Attributes up to and with the '>'. *at becomes html.n when the tag never ends. */
static tandem_code copy_attributes(td_str html, size_t *at, td_buf *out, td_flat_tag *tag,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t seen = 0;
    size_t i = *at;

    for (;;) {
        attribute a;

        tag->self_closing = false;
        while (i < html.n && (is_space(html.ptr[i]) || html.ptr[i] == '/'))
            tag->self_closing = html.ptr[i++] == '/';
        if (i >= html.n || html.ptr[i] == '>')
            break;
        if (!read_attribute(html, &i, &a)) {
            i = html.n;
            break;
        }
        if (!tag->is_end)
            TD_TRY(write_attribute(&a, &seen, tag, out, err));
    }
    if (i < html.n) {
        if (!tag->is_end)
            TD_TRY(td_buf_add(out, tag->self_closing ? TD_STR("/>") : TD_STR(">"), err));
    } else {
        tag->name.n = 0;
    }
    *at = i < html.n ? i + 1 : html.n;
out:
    return code;
}

/* "<!...", "<?...", "</" and something that is no name. */
static tandem_code skip_other(td_str html, size_t *at, td_buf *out, tandem_error *err)
{
    td_str rest = td_str_slice(html, *at, html.n);
    size_t start = *at;

    if (td_str_starts(rest, TD_STR("<!--"))) {
        *at = comment_end(html, start + 4);
    } else if (td_str_starts_nocase(rest, TD_STR("<!doctype"))) {
        *at = behind(html, TD_STR(">"), start);
        return td_buf_add(out, td_str_slice(html, start, *at), err);
    } else if (td_str_starts(rest, TD_STR("<![CDATA["))) {
        /* Text inside svg or math, a comment elsewhere: gone either way. */
        *at = behind(html, TD_STR(">"), start);
    } else if (rest.n > 1 && (rest.ptr[1] == '!' || rest.ptr[1] == '?' || rest.ptr[1] == '/')) {
        *at = rest.n > 2 ? behind(html, TD_STR(">"), start) : html.n;
    } else {
        *at = start + 1;
        return td_buf_add(out, TD_STR("&lt;"), err);
    }
    return TANDEM_OK;
}

tandem_code td_extract_flatten_tag(td_str html, size_t *at, td_buf *out, td_flat_tag *tag_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_flat_tag tag = {0};
    size_t mark = out->n;
    size_t i = *at + 1;

    if (i < html.n && html.ptr[i] == '/') {
        tag.is_end = true;
        i++;
    }
    if (i >= html.n || !is_alpha(html.ptr[i]))
        return skip_other(html, at, out, err);
    tag.name.ptr = html.ptr + i;
    while (i < html.n && !is_space(html.ptr[i]) && html.ptr[i] != '/' && html.ptr[i] != '>')
        i++;
    tag.name.n = (size_t)(html.ptr + i - tag.name.ptr);
    if (!tag.is_end)
        TD_TRY(td_buf_add(out, td_str_slice(html, *at, i), err));
    TD_TRY(copy_attributes(html, &i, out, &tag, err));
    if (tag.name.n == 0)
        td_buf_cut(out, mark);
    *at = i;
    *tag_out = tag;
out:
    return code;
}

static bool tag_at(td_str html, size_t at, td_str name)
{
    td_str rest = td_str_slice(html, at, html.n);

    if (rest.n <= name.n || !td_str_starts_nocase(rest, name))
        return false;
    return is_space(rest.ptr[name.n]) || rest.ptr[name.n] == '/' || rest.ptr[name.n] == '>';
}

/* Scripts may hold a script tag inside an HTML comment (13.2.5.27, "double escaped"). */
static size_t script_end(td_str html, size_t from)
{
    bool escaped = false, twice = false;

    for (size_t i = from; i < html.n; i++) {
        td_str rest = td_str_slice(html, i, html.n);

        if (html.ptr[i] == '-' && td_str_starts(rest, TD_STR("-->"))) {
            escaped = twice = false;
        } else if (html.ptr[i] != '<') {
            continue;
        } else if (td_str_starts(rest, TD_STR("<!--"))) {
            escaped = true;
            i += 3;
            if (td_str_starts(td_str_slice(html, i + 1, html.n), TD_STR(">")) ||
                td_str_starts(td_str_slice(html, i + 1, html.n), TD_STR("->")))
                escaped = false;
        } else if (escaped && !twice && tag_at(html, i + 1, TD_STR("script"))) {
            twice = true;
        } else if (tag_at(html, i + 1, TD_STR("/script"))) {
            if (!twice)
                return i;
            twice = false;
        }
    }
    return html.n;
}

td_str td_extract_flatten_tag_raw(td_str html, td_tag tag, size_t from, size_t *end_out)
{
    td_str name = td_extract_tag_name(tag);
    size_t at = from;

    if (tag == TD_TAG_PLAINTEXT) {
        at = html.n;
    } else if (tag == TD_TAG_SCRIPT) {
        at = script_end(html, from);
    } else {
        for (;; at++) {
            at = td_str_find(html, TD_STR("</"), at);
            if (at == TD_STR_NONE || tag_at(html, at + 2, name))
                break;
        }
        at = at == TD_STR_NONE ? html.n : at;
    }
    *end_out = at < html.n ? behind(html, TD_STR(">"), at) : html.n;
    return td_str_slice(html, from, at);
}

tandem_code td_extract_flatten_tag_write_raw(td_str text, bool entities, td_buf *out,
                                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t from = 0;

    for (size_t i = 0; i < text.n; i++) {
        bool less = text.ptr[i] == '<';

        if (!less && (entities || text.ptr[i] != '&'))
            continue;
        TD_TRY(td_buf_add(out, td_str_slice(text, from, i), err));
        TD_TRY(td_buf_add(out, less ? TD_STR("&lt;") : TD_STR("&amp;"), err));
        from = i + 1;
    }
    TD_TRY(td_buf_add(out, td_str_slice(text, from, text.n), err));
out:
    return code;
}
