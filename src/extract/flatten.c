/* A tree builder looks through its open elements for nearly every tag, so its cost is nesting times
 * tags, and a few bytes of HTML can make it quadratic. This pass keeps a model of the open elements
 * that never has fewer than the tree builder has:
 *  1. whatever the tree builder closes by itself is closed here only where that is certain
 *     (close_implied), so the model is at least as deep as the tree;
 *  2. a start tag past the limit is left out and remembered as "not written", so that its end tag
 *     is left out too (handle_end);
 *  3. what the tree builder would ignore (parts of tables outside tables, blocks inside a select)
 *     is left out, since the model could not tell what it would do to the depth (is_ignored). */
#include "extract/flatten.h"

#include "extract/flatten_tag.h"
#include "extract/tag.h"

#include <stdlib.h>

enum {
    N_NAMES = 1024,       /* elements of the table, then hashes of unknown names */
    STACK_SPARE = 4096,   /* remembered start tags that were left out */
    FORMAT_OPEN_MAX = 32, /* every open one is made anew in each paragraph that follows */
    SEARCH_STEPS_MAX = 1000,
};

typedef struct entry {
    uint16_t name; /* td_tag, or past TD_N_TAGS a hash */
    bool written;
} entry;

typedef struct flattener {
    td_str in;
    td_buf *out;
    size_t nesting_max;
    entry *stack;
    size_t n_stack, n_stack_max, n_written;
    uint16_t open[N_NAMES]; /* entries of that name on the stack */
    size_t n_format_open;   /* formatting elements without their end tag, closed or not */
    bool foreign;           /* inside svg or math, as far as is known for certain */
    bool has_html, has_body;
    tandem_error *err;
    uint64_t shadows; /* the open templates, a bit each; 1: its tags are left out */
} flattener;

static uint16_t name_of(td_tag tag, td_str name)
{
    uint32_t hash = 2166136261u;

    if (tag != TD_TAG_UNKNOWN)
        return (uint16_t)tag;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ ((uint8_t)name.ptr[i] | 0x20u)) * 16777619u;
    return (uint16_t)(TD_N_TAGS + hash % (N_NAMES - TD_N_TAGS));
}

static unsigned flags_of(uint16_t name)
{
    return name < TD_N_TAGS ? td_extract_tag_flags((td_tag)name) : 0;
}

static void pop_to(flattener *f, size_t n)
{
    while (f->n_stack > n) {
        const entry *top = &f->stack[--f->n_stack];

        f->open[top->name]--;
        f->n_written -= top->written;
        if (top->name == TD_TAG_SVG || top->name == TD_TAG_MATH)
            f->foreign = false;
    }
}

static void push(flattener *f, uint16_t name, bool written)
{
    if (f->n_stack == f->n_stack_max)
        return;
    f->stack[f->n_stack++] = (entry){name, written};
    f->open[name]++;
    f->n_written += written;
}

/* Place of the nearest open `name` that no element with one of the `stop` flags hides, or of
 * `also`; TD_STR_NONE. */
static size_t find_open(const flattener *f, uint16_t name, uint16_t also, unsigned stop)
{
    size_t steps = 0;

    for (size_t i = f->n_stack; i > 0 && steps < SEARCH_STEPS_MAX; i--, steps++) {
        uint16_t here = f->stack[i - 1].name;

        if (here == name || here == also)
            return i - 1;
        if (flags_of(here) & stop)
            return TD_STR_NONE;
    }
    return TD_STR_NONE;
}

/* Like find_open, but only the table itself hides. */
static size_t find_in_table(const flattener *f, uint16_t name, uint16_t also)
{
    for (size_t i = f->n_stack, steps = 0; i > 0 && steps < SEARCH_STEPS_MAX; i--, steps++) {
        uint16_t here = f->stack[i - 1].name;

        if (here == name || here == also)
            return i - 1;
        if (here == TD_TAG_TABLE || here == TD_TAG_TEMPLATE || here == TD_TAG_HTML)
            return TD_STR_NONE;
    }
    return TD_STR_NONE;
}

/* List items look past these three special elements. */
static size_t find_item(const flattener *f, uint16_t name, uint16_t also)
{
    for (size_t i = f->n_stack, steps = 0; i > 0 && steps < SEARCH_STEPS_MAX; i--, steps++) {
        uint16_t here = f->stack[i - 1].name;

        if (here == name || here == also)
            return i - 1;
        if ((flags_of(here) & (TD_TAG_IS_SPECIAL | TD_TAG_IS_BOUNDARY)) && here != TD_TAG_DIV &&
            here != TD_TAG_P && here != TD_TAG_ADDRESS)
            return TD_STR_NONE;
    }
    return TD_STR_NONE;
}

static bool is_row_group(td_tag tag)
{
    return tag == TD_TAG_TBODY || tag == TD_TAG_THEAD || tag == TD_TAG_TFOOT;
}

static bool is_table_part(td_tag tag)
{
    return tag == TD_TAG_TD || tag == TD_TAG_TH || tag == TD_TAG_TR || is_row_group(tag) ||
           tag == TD_TAG_CAPTION || tag == TD_TAG_COL || tag == TD_TAG_COLGROUP;
}

static void close_row_group(flattener *f)
{
    for (size_t i = f->n_stack; i > 0; i--) {
        td_tag here =
            f->stack[i - 1].name < TD_N_TAGS ? (td_tag)f->stack[i - 1].name : TD_TAG_UNKNOWN;

        if (here == TD_TAG_TABLE || here == TD_TAG_TEMPLATE)
            return;
        if (is_row_group(here)) {
            pop_to(f, i - 1);
            return;
        }
    }
}

/* Elements that this start tag ends without an end tag of their own. */
static void close_implied(flattener *f, td_tag tag)
{
    size_t at = TD_STR_NONE;

    if (f->open[TD_TAG_SVG] || f->open[TD_TAG_MATH])
        return;
    if (td_extract_tag_is(tag, TD_TAG_CLOSES_P) && f->open[TD_TAG_P] && tag != TD_TAG_SUMMARY) {
        at = find_open(f, TD_TAG_P, TD_TAG_P, TD_TAG_IS_SPECIAL | TD_TAG_IS_BOUNDARY);
        if (at != TD_STR_NONE)
            pop_to(f, at);
    }
    at = TD_STR_NONE;
    if (tag == TD_TAG_LI && f->open[TD_TAG_LI])
        at = find_item(f, TD_TAG_LI, TD_TAG_LI);
    else if ((tag == TD_TAG_DT || tag == TD_TAG_DD) && (f->open[TD_TAG_DT] || f->open[TD_TAG_DD]))
        at = find_item(f, TD_TAG_DT, TD_TAG_DD);
    else if (tag == TD_TAG_TD || tag == TD_TAG_TH)
        at = find_in_table(f, TD_TAG_TD, TD_TAG_TH);
    else if (tag == TD_TAG_TR)
        at = find_in_table(f, TD_TAG_TR, TD_TAG_TR);
    else if (is_row_group(tag))
        close_row_group(f);
    else if (tag == TD_TAG_OPTION && f->n_stack && f->stack[f->n_stack - 1].name == TD_TAG_OPTION)
        at = f->n_stack - 1;
    if (at != TD_STR_NONE)
        pop_to(f, at);
}

/* Start tags that a tree builder would not turn into an element. */
static bool is_ignored(flattener *f, td_tag tag)
{
    if (f->open[TD_TAG_SELECT] && tag != TD_TAG_OPTION && tag != TD_TAG_OPTGROUP) {
        size_t at = find_open(f, TD_TAG_SELECT, TD_TAG_SELECT, 0);

        if (at == TD_STR_NONE || !(is_table_part(tag) || tag == TD_TAG_SELECT ||
                                   tag == TD_TAG_INPUT || tag == TD_TAG_TEXTAREA))
            return true;
        pop_to(f, at);
        if (tag == TD_TAG_SELECT)
            return true;
    }
    if (is_table_part(tag) && !f->open[TD_TAG_TABLE])
        return true;
    if (tag == TD_TAG_HTML || tag == TD_TAG_BODY) {
        bool *seen = tag == TD_TAG_HTML ? &f->has_html : &f->has_body;
        bool again = *seen;

        *seen = true;
        return again;
    }
    return false;
}

/* Where a tag was that is left out: words must not run together. */
static tandem_code write_break(flattener *f, td_tag tag)
{
    td_str mark = f->nesting_max > 0 ? TD_STR("<br>") : TD_STR("\n");

    if (!td_extract_tag_is(tag, TD_TAG_IS_BLOCK) || td_str_ends(td_buf_str(f->out), mark))
        return TANDEM_OK;
    return td_buf_add(f->out, mark, f->err);
}

static bool closes_itself(const flattener *f, td_tag tag, const td_flat_tag *token)
{
    if (td_extract_tag_is(tag, TD_TAG_IS_VOID))
        return true;
    return token->self_closing &&
           (tag == TD_TAG_SVG || tag == TD_TAG_MATH || (f->foreign && tag == TD_TAG_UNKNOWN));
}

/* Spans that only colour code: half the tags of a page with highlighted examples. Keywords stay,
 * since they tell code that was understood from code that was not ("ln" counts lines). */
static bool only_colours(td_tag tag, const td_flat_tag *token)
{
    td_str c = token->class_value;

    if (tag != TD_TAG_SPAN || token->has_others)
        return false;
    return c.n == 0 || (c.n <= 2 && c.ptr[0] != 'k' && !td_str_eq(c, TD_STR("ln"))) ||
           td_str_eq(c, TD_STR("pre")) || td_str_starts(c, TD_STR("token ")) ||
           (td_str_starts(c, TD_STR("hljs-")) && !td_str_starts(c, TD_STR("hljs-ln")));
}

/* Inside svg and math "<input>" holds what follows; "<input/>" holds nothing anywhere. */
static tandem_code close_in_foreign(flattener *f)
{
    if (!f->open[TD_TAG_SVG] && !f->open[TD_TAG_MATH])
        return TANDEM_OK;
    td_buf_cut(f->out, f->out->n - 1);
    return td_buf_add(f->out, TD_STR("/>"), f->err);
}

/* The start tag is already written at `mark`; decides whether it stays. */
static tandem_code handle_start(flattener *f, td_tag tag, const td_flat_tag *token, size_t mark)
{
    uint16_t name = name_of(tag, token->name);
    bool format = td_extract_tag_is(tag, TD_TAG_IS_FORMAT);
    bool room;

    if (is_ignored(f, tag)) {
        td_buf_cut(f->out, mark);
        return TANDEM_OK;
    }
    if (tag != TD_TAG_UNKNOWN && tag != TD_TAG_A && tag != TD_TAG_TITLE && tag != TD_TAG_STYLE)
        f->foreign = false; /* most HTML elements end an svg; not sure which: assume all */
    close_implied(f, tag);
    if (closes_itself(f, tag, token)) {
        if (f->nesting_max > 0)
            return token->self_closing ? TANDEM_OK : close_in_foreign(f);
        td_buf_cut(f->out, mark);
        return write_break(f, tag == TD_TAG_BR ? TD_TAG_P : tag);
    }
    room = f->n_written < f->nesting_max && f->n_stack < f->n_stack_max;
    if ((format && f->n_format_open >= FORMAT_OPEN_MAX) || only_colours(tag, token))
        room = false;
    push(f, name, room);
    if (!room) {
        td_buf_cut(f->out, mark);
        return write_break(f, tag);
    }
    f->n_format_open += format;
    if (tag == TD_TAG_SVG || tag == TD_TAG_MATH)
        f->foreign = true;
    return TANDEM_OK;
}

static size_t find_for_end(const flattener *f, td_tag tag, uint16_t name)
{
    unsigned stop = TD_TAG_IS_BOUNDARY;

    if (!f->open[name])
        return TD_STR_NONE;
    if (tag == TD_TAG_TABLE || is_table_part(tag))
        return find_in_table(f, name, name);
    if (tag == TD_TAG_LI)
        return find_item(f, name, name);
    if (!td_extract_tag_is(tag, TD_TAG_IS_SPECIAL) || tag == TD_TAG_P)
        stop |= TD_TAG_IS_SPECIAL;
    return find_open(f, name, name, stop);
}

static tandem_code handle_end(flattener *f, td_tag tag, const td_flat_tag *token)
{
    uint16_t name = name_of(tag, token->name);
    size_t at = find_for_end(f, tag, name);
    bool written = f->nesting_max > 0;
    tandem_code code = TANDEM_OK;

    if (tag == TD_TAG_P || tag == TD_TAG_BR)
        f->foreign = false;
    if (td_extract_tag_is(tag, TD_TAG_IS_FORMAT) && f->n_format_open > 0 && f->open[name])
        f->n_format_open--;
    if (at != TD_STR_NONE) {
        written = f->stack[at].written;
        pop_to(f, at);
    }
    if (!written)
        return write_break(f, tag);
    TD_TRY(td_buf_add(f->out, TD_STR("</"), f->err));
    TD_TRY(td_buf_add(f->out, token->name, f->err));
    TD_TRY(td_buf_add_byte(f->out, '>', f->err));
out:
    return code;
}

/* What the page's author wrote of a formula that MathJax sets: kramdown, MathJax 2. */
static tandem_code write_formula(flattener *f, td_str tex)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add(f->out, TD_STR("<math><annotation encoding=\"application/x-tex\">"), f->err));
    TD_TRY(td_extract_flatten_tag_write_raw(tex, false, f->out, f->err));
    TD_TRY(td_buf_add(f->out, TD_STR("</annotation></math>"), f->err));
out:
    return code;
}

/* An element that holds raw text; *at stands behind its start tag and moves behind its end tag. */
static tandem_code handle_raw(flattener *f, td_tag tag, size_t *at, size_t mark)
{
    td_str name =
        td_extract_tag_name(tag == TD_TAG_XMP || tag == TD_TAG_PLAINTEXT ? TD_TAG_PRE : tag);
    size_t end_at = 0;
    td_str text = td_extract_flatten_tag_raw(f->in, tag, *at, &end_at);
    tandem_code code = TANDEM_OK;

    *at = end_at;
    if (tag == TD_TAG_SCRIPT && f->nesting_max > 0 &&
        td_str_find(td_str_slice(td_buf_str(f->out), mark, f->out->n), TD_STR("math/tex"), 0) !=
            TD_STR_NONE) {
        td_buf_cut(f->out, mark);
        return write_formula(f, text);
    }
    if (tag != TD_TAG_TITLE && tag != TD_TAG_XMP && tag != TD_TAG_PLAINTEXT) {
        td_buf_cut(f->out, mark);
        return TANDEM_OK;
    }
    td_buf_cut(f->out, mark);
    if (f->nesting_max == 0 && tag == TD_TAG_TITLE)
        return TANDEM_OK;
    if (f->nesting_max > 0)
        TD_TRY(td_buf_add_fmt(f->out, f->err, "<%.*s>", TD_STR_FMT(name)));
    TD_TRY(td_extract_flatten_tag_write_raw(text, tag == TD_TAG_TITLE, f->out, f->err));
    if (f->nesting_max > 0)
        TD_TRY(td_buf_add_fmt(f->out, f->err, "</%.*s>", TD_STR_FMT(name)));
out:
    return code;
}

/* A template that a browser puts in its place at once (declarative shadow DOM) is no more than its
 * content, of which both its tags are left out here. */
static bool is_shadow(flattener *f, td_tag tag, const td_flat_tag *token, td_str source)
{
    bool shadow = false;

    if (tag != TD_TAG_TEMPLATE || token->self_closing)
        return false;
    if (token->is_end) {
        shadow = f->shadows & 1;
        f->shadows >>= 1;
        return shadow;
    }
    for (size_t i = 0; i + 14 <= source.n && !shadow; i++)
        shadow = (source.ptr[i] | 0x20) == 's' &&
                 td_str_starts_nocase(td_str_slice(source, i, source.n), TD_STR("shadowrootmode"));
    f->shadows = f->shadows << 1 | shadow;
    return shadow;
}

static tandem_code handle_tag(flattener *f, size_t *at)
{
    size_t mark = f->out->n, start = *at;
    td_flat_tag token = {0};
    td_tag tag;
    tandem_code code = td_extract_flatten_tag(f->in, at, f->out, &token, f->err);

    if (code != TANDEM_OK || token.name.n == 0)
        return code;
    tag = td_extract_tag_find(token.name);
    if (is_shadow(f, tag, &token, td_str_slice(f->in, start, *at))) {
        td_buf_cut(f->out, mark);
        return write_break(f, TD_TAG_DIV);
    }
    if (token.is_end)
        return handle_end(f, tag, &token);
    if (td_extract_tag_is(tag, TD_TAG_IS_RAW) || tag == TD_TAG_PLAINTEXT) {
        /* "<iframe/>" is XHTML sent as HTML: taken by the letter, the rest of the page would be
         * the frame's text. */
        if (token.self_closing && (f->foreign || tag == TD_TAG_IFRAME)) {
            td_buf_cut(f->out, mark);
            return TANDEM_OK;
        }
        return handle_raw(f, tag, at, mark);
    }
    return handle_start(f, tag, &token, mark);
}

static tandem_code run(flattener *f)
{
    tandem_code code = TANDEM_OK;
    size_t at = 0;

    while (at < f->in.n) {
        size_t less = td_str_find_byte(f->in, '<', at);

        less = less == TD_STR_NONE ? f->in.n : less;
        TD_TRY(td_buf_add(f->out, td_str_slice(f->in, at, less), f->err));
        at = less;
        if (at < f->in.n)
            TD_TRY(handle_tag(f, &at));
    }
out:
    return code;
}

tandem_code td_extract_flatten(td_str html, size_t nesting_max, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    flattener f = {.in = html, .out = out, .nesting_max = nesting_max, .err = err};

    f.n_stack_max = nesting_max + STACK_SPARE;
    f.stack = calloc(f.n_stack_max, sizeof(*f.stack));
    if (!f.stack)
        TD_TRY(td_fail_nomem(err, "list of open elements"));
    TD_TRY(td_buf_reserve(out, html.n, err));
    TD_TRY(run(&f));
out:
    free(f.stack);
    return code;
}
