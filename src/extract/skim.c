/* Only what is needed is read tag by tag; of all other tags only the end is looked for. What is
 * open is closed before the next of its kind begins, so nesting in the result is bounded. */
#include "extract/skim.h"

#include "base/utf8.h"
#include "extract/flatten_tag.h"
#include "extract/tag.h"

enum {
    TEXT_BYTES_MAX = 2000,     /* of a link or heading: more of it than this is read by nobody */
    ELEMENTS_MAX = 200 * 1000, /* a tree of more does not fit into its memory */
};

typedef struct skimmer {
    td_str in;
    td_buf *out;
    td_tag open[2]; /* a link and a heading, in the order in which they began */
    size_t n_open;
    size_t n_text;     /* bytes of text since the last of them began */
    size_t n_elements; /* kept */
    bool had_heading, had_html, had_frameset, in_svg;
    tandem_error *err;
} skimmer;

static bool is_open(const skimmer *k, td_tag tag)
{
    return (k->n_open > 0 && k->open[0] == tag) || (k->n_open > 1 && k->open[1] == tag);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/* Behind the '>' of a tag whose name ends at `i`. */
static size_t tag_end(td_str s, size_t i)
{
    while (i < s.n && s.ptr[i] != '>') {
        if (s.ptr[i++] != '=')
            continue;
        while (i < s.n && is_space(s.ptr[i]))
            i++;
        if (i < s.n && (s.ptr[i] == '"' || s.ptr[i] == '\'')) {
            i = td_str_find_byte(s, s.ptr[i], i + 1);
            i = i == TD_STR_NONE ? s.n : i + 1;
        } else {
            while (i < s.n && !is_space(s.ptr[i]) && s.ptr[i] != '>')
                i++;
        }
    }
    return i < s.n ? i + 1 : s.n;
}

/* The name of the tag that begins at s[at]; empty if none does. */
static td_str name_at(td_str s, size_t at)
{
    size_t i = at;

    if (i >= s.n || (unsigned)((s.ptr[i] | 0x20) - 'a') >= 26u)
        return TD_STR("");
    while (i < s.n && !is_space(s.ptr[i]) && s.ptr[i] != '/' && s.ptr[i] != '>')
        i++;
    return td_str_slice(s, at, i);
}

/* Ends the element, and what was opened in it. */
static tandem_code close_open(skimmer *k, td_tag tag)
{
    tandem_code code = TANDEM_OK;

    while (is_open(k, tag)) {
        td_str name = td_extract_tag_name(k->open[--k->n_open]);
        TD_TRY(td_buf_add_fmt(k->out, k->err, "</%.*s>", TD_STR_FMT(name)));
    }
out:
    return code;
}

/* Words on both sides of a tag that is left out must not run together. */
static tandem_code part_words(skimmer *k, td_tag tag)
{
    bool parts = k->n_open > 0 && (tag == TD_TAG_BR || td_extract_tag_is(tag, TD_TAG_IS_BLOCK));

    return parts ? td_buf_add_byte(k->out, ' ', k->err) : TANDEM_OK;
}

static tandem_code handle_end(skimmer *k, td_tag tag)
{
    if (tag == TD_TAG_A || tag == TD_TAG_H1)
        return close_open(k, tag);
    if (tag != TD_TAG_SVG || !k->in_svg)
        return part_words(k, tag);
    k->in_svg = false;
    return td_buf_add(k->out, TD_STR("</svg>"), k->err);
}

static bool is_first(bool *had)
{
    bool first = !*had;

    *had = true;
    return first;
}

static bool is_wanted(skimmer *k, td_tag tag)
{
    if (k->n_elements == ELEMENTS_MAX)
        return false;
    switch (tag) {
    case TD_TAG_H1:
        return is_first(&k->had_heading);
    case TD_TAG_HTML:
        return is_first(&k->had_html);
    case TD_TAG_SVG:
        return is_first(&k->in_svg);
    case TD_TAG_FRAMESET: /* all frames fit into one: nested, each would make the tree deeper */
        return is_first(&k->had_frameset);
    case TD_TAG_IMG:
        return is_open(k, TD_TAG_A);
    default:
        return tag == TD_TAG_A || tag == TD_TAG_META || tag == TD_TAG_LINK || tag == TD_TAG_BASE ||
               tag == TD_TAG_AREA || tag == TD_TAG_FRAME;
    }
}

/* The text of an element that ends with its own end tag alone, which begins at *at. */
static tandem_code handle_raw(skimmer *k, td_tag tag, size_t *at)
{
    tandem_code code = TANDEM_OK;
    td_str text = td_extract_flatten_tag_raw(k->in, tag, *at, at);

    if (tag != TD_TAG_TITLE)
        goto out;
    TD_TRY(td_buf_add(k->out, TD_STR("<title>"), k->err));
    TD_TRY(
        td_extract_flatten_tag_write_raw(td_utf8_head(text, TEXT_BYTES_MAX), true, k->out, k->err));
    TD_TRY(td_buf_add(k->out, TD_STR("</title>"), k->err));
out:
    return code;
}

/* What holds nothing in HTML holds all that follows in an svg, unless it says that it does not. */
static tandem_code close_in_svg(skimmer *k)
{
    td_buf_cut(k->out, k->out->n - 1);
    return td_buf_add(k->out, TD_STR("/>"), k->err);
}

/* A start tag that stays. */
static tandem_code handle_element(skimmer *k, td_tag tag, size_t *at)
{
    tandem_code code = TANDEM_OK;
    td_flat_tag token = {0};

    k->n_elements++;
    if (tag == TD_TAG_A)
        TD_TRY(close_open(k, tag));
    TD_TRY(td_extract_flatten_tag(k->in, at, k->out, &token, k->err));
    if (k->in_svg && token.name.n && !token.self_closing && td_extract_tag_is(tag, TD_TAG_IS_VOID))
        TD_TRY(close_in_svg(k));
    if (k->in_svg && tag == TD_TAG_A && token.self_closing)
        goto out;
    if ((tag == TD_TAG_A || tag == TD_TAG_H1) && token.name.n) {
        k->open[k->n_open++] = tag;
        k->n_text = 0;
    }
    if (tag == TD_TAG_SVG && token.self_closing)
        k->in_svg = false;
out:
    return code;
}

/* Start tags of HTML that end an svg, and a few more of which no svg is made. */
static bool ends_svg(td_tag tag)
{
    return td_extract_tag_is(tag, TD_TAG_IS_BLOCK | TD_TAG_IS_FORMAT) || tag == TD_TAG_IMG ||
           tag == TD_TAG_META || tag == TD_TAG_BR || tag == TD_TAG_SPAN || tag == TD_TAG_EMBED ||
           tag == TD_TAG_SUB || tag == TD_TAG_SUP || tag == TD_TAG_VAR;
}

static tandem_code handle_start(skimmer *k, td_tag tag, size_t *at, size_t end)
{
    tandem_code code = TANDEM_OK;

    if (k->in_svg && ends_svg(tag)) {
        k->in_svg = false;
        TD_TRY(td_buf_add(k->out, TD_STR("</svg>"), k->err));
    }
    if (td_extract_tag_is(tag, TD_TAG_IS_RAW) || tag == TD_TAG_PLAINTEXT) {
        bool closes_itself = td_str_ends(td_str_slice(k->in, *at, end), TD_STR("/>"));

        *at = end;
        if (!closes_itself || !(k->in_svg || tag == TD_TAG_IFRAME))
            code = handle_raw(k, tag, at);
    } else if (is_wanted(k, tag)) {
        code = handle_element(k, tag, at);
    } else {
        *at = end;
        code = part_words(k, tag);
    }
out:
    return code;
}

/* What begins with '<' at in[*at]. */
static tandem_code handle_markup(skimmer *k, size_t *at)
{
    bool is_end = *at + 1 < k->in.n && k->in.ptr[*at + 1] == '/';
    td_str name = name_at(k->in, *at + 1 + is_end);
    size_t mark = k->out->n;
    td_flat_tag token = {0};
    tandem_code code = TANDEM_OK;

    if (name.n == 0) {
        code = td_extract_flatten_tag(k->in, at, k->out, &token, k->err);
        if (k->n_open == 0)
            td_buf_cut(k->out, mark);
        return code;
    }
    td_tag tag = td_extract_tag_find(name);
    size_t end = tag_end(k->in, *at + 1 + is_end + name.n);
    if (!is_end)
        return handle_start(k, tag, at, end);
    *at = end;
    return handle_end(k, tag);
}

tandem_code td_extract_skim(td_str html, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    skimmer k = {.in = html, .out = out, .err = err};
    size_t at = 0;

    while (at < html.n) {
        size_t less = td_str_find_byte(html, '<', at);

        less = less == TD_STR_NONE ? html.n : less;
        if (k.n_open > 0 && k.n_text < TEXT_BYTES_MAX) {
            td_str text = td_utf8_head(td_str_slice(html, at, less), TEXT_BYTES_MAX - k.n_text);
            TD_TRY(td_buf_add(out, text, err));
            k.n_text += text.n + 1; /* an end even of a link that is cut into empty pieces */
        }
        at = less;
        if (at < html.n)
            TD_TRY(handle_markup(&k, &at));
    }
out:
    return code;
}
