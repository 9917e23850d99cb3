#include "extract/mdx.h"

#include "extract/mdx_reader.h"
#include "extract/mdx_script.h"
#include "extract/plain.h"

static size_t line_end(td_str text, size_t at)
{
    size_t end = td_str_find_byte(text, '\n', at);

    return end == TD_STR_NONE ? text.n : end;
}

static size_t skip_space(td_str text, size_t at)
{
    while (at < text.n && td_extract_mdx_reader_is_space(text.ptr[at]))
        at++;
    return at;
}

static tandem_code pay(td_mdx *r)
{
    tandem_code code = TANDEM_OK;

    for (; r->owed > 0; r->owed--)
        TD_TRY(td_buf_add_byte(r->out, '\n', r->err));
out:
    return code;
}

/* Behind a list or quote mark at `at`; `at` if there is none. */
static size_t mark_end(td_str text, size_t at)
{
    size_t i = at;

    if (i < text.n && strchr(">-*+", text.ptr[i])) {
        i++;
    } else {
        while (i < text.n && i - at < 9 && (unsigned)(text.ptr[i] - '0') < 10u)
            i++;
        if (i == at || i >= text.n || (text.ptr[i] != '.' && text.ptr[i] != ')'))
            return at;
        i++;
    }
    return text.ptr[at] == '>' || (i < text.n && td_extract_mdx_reader_is_space(text.ptr[i]))
               ? skip_space(text, i)
               : at;
}

static size_t body_of(td_str text, size_t at)
{
    size_t end = mark_end(text, at);

    while (end != at) {
        at = end;
        end = mark_end(text, at);
    }
    return at;
}

static size_t strip_of(const td_mdx *r)
{
    return r->n_open ? r->open[r->n_open - 1].strip : 0;
}

/* The first line of an element shows how far its content is indented. */
static void learn_indent(td_mdx *r)
{
    td_mdx_element *e = r->n_open ? &r->open[r->n_open - 1] : NULL;

    if (!e || e->content != TD_MDX_UNKNOWN)
        return;
    e->content = (ptrdiff_t)r->indent;
    if (e->content > e->indent)
        e->strip += (size_t)(e->content - e->indent);
}

/* How much of the line's indentation goes: that of the elements, and in them all that would make a
 * code block of it in Markdown, for MDX has none. */
static size_t indent_to_drop(td_mdx *r, size_t first)
{
    size_t drop = strip_of(r) < r->indent ? strip_of(r) : r->indent;
    size_t left = r->indent - drop;
    bool is_item = r->in.ptr[first] != '>' && mark_end(r->in, first) != first;

    if (is_item && (r->in_list || left < 4))
        r->in_list = true;
    else if (r->may_begin && left == 0)
        r->in_list = false;
    return r->n_open > 0 && !r->in_list && left >= 4 ? r->indent : drop;
}

/* A heading whose whole text went is none; nor does a line end in spaces that were inside it. */
static void trim_line(td_mdx *r)
{
    td_str line = td_str_slice(td_buf_str(r->out), r->out_line, r->out->n);

    while (line.n && td_extract_mdx_reader_is_space(line.ptr[line.n - 1]))
        line.n--;
    if (line.n > 0 && line.n <= 6 && line.ptr[0] == '#' &&
        td_extract_mdx_reader_run(line, 0) == line.n)
        line.n = 0;
    td_buf_cut(r->out, line.n ? r->out_line + line.n : r->out_begin);
    r->out_line = line.n ? r->out_line : r->out_begin;
}

/* A line outside fences, with what begins in it and ends in a later one. */
static tandem_code read_line(td_mdx *r, size_t first)
{
    tandem_code code = TANDEM_OK;
    size_t drop = indent_to_drop(r, first);

    r->body = body_of(r->in, first);
    r->began = r->touched = r->just_went = r->parts = false;
    r->out_line = r->out_begin = r->out->n;
    TD_TRY(td_buf_add(r->out, td_str_slice(r->in, r->at + drop, r->body), r->err));
    r->at = r->body;
    if (r->body == first && r->in.ptr[first] != '#')
        r->out_line = r->out->n;
    while (r->at < r->in.n && r->in.ptr[r->at] != '\n')
        TD_TRY(td_extract_mdx_inline_read(r));
    if (r->touched)
        trim_line(r);
    r->may_begin = r->began || td_extract_mdx_reader_at_line_start(r);
    if (r->at < r->in.n)
        TD_TRY(td_buf_add_byte(r->out, '\n', r->err));
    r->at++;
    if (r->may_begin)
        TD_TRY(pay(r));
out:
    return code;
}

/* Whether a fence, or a block of formulas, begins with the line's text. */
static bool begins_fence(td_mdx *r, size_t first)
{
    size_t body = body_of(r->in, first), n;
    td_str line = td_str_slice(r->in, body, line_end(r->in, body));
    char c = line.n ? line.ptr[0] : 0;

    if (c != '`' && c != '~' && c != '$')
        return false;
    n = td_extract_mdx_reader_run(line, 0);
    if (n < (c == '$' ? 2 : 3) || (c != '~' && td_str_find_byte(line, c, n) != TD_STR_NONE))
        return false;
    r->fence = c;
    r->fence_n = n;
    return true;
}

static bool ends_fence(const td_mdx *r, td_str line)
{
    size_t at = 0, n;

    while (at < line.n && (td_extract_mdx_reader_is_space(line.ptr[at]) || line.ptr[at] == '>'))
        at++;
    if (at == line.n || line.ptr[at] != r->fence)
        return false;
    n = td_extract_mdx_reader_run(line, at);
    return n >= r->fence_n && skip_space(line, at + n) == line.n;
}

/* A line as it is, but for the indentation of the elements around it. */
static tandem_code copy_line(td_mdx *r, size_t drop)
{
    tandem_code code = TANDEM_OK;
    size_t end = line_end(r->in, r->at);

    TD_TRY(td_buf_add(r->out, td_str_slice(r->in, r->at + drop, end), r->err));
    if (end < r->in.n)
        TD_TRY(td_buf_add_byte(r->out, '\n', r->err));
    r->at = end + 1;
out:
    return code;
}

static bool is_code(const td_mdx *r)
{
    return r->indent >= 4 && r->may_begin && r->n_open == 0 && !r->in_list;
}

static tandem_code next_line(td_mdx *r)
{
    tandem_code code = TANDEM_OK;
    size_t first = skip_space(r->in, r->at), end;
    bool blank = first >= r->in.n || r->in.ptr[first] == '\n';

    r->indent = first - r->at;
    if (r->fence) {
        td_str line = td_str_slice(r->in, r->at, line_end(r->in, r->at));

        r->may_begin = ends_fence(r, line);
        r->fence = r->may_begin ? 0 : r->fence;
        return copy_line(r, r->fence_strip < r->indent ? r->fence_strip : r->indent);
    }
    if (blank) {
        r->may_begin = true;
        r->n_marks = 0;
        TD_TRY(copy_line(r, r->indent));
        return pay(r);
    }
    learn_indent(r);
    if (r->may_begin && r->indent == 0 && td_extract_mdx_reader_may_search(r) &&
        (end = td_extract_mdx_script_module(r->in, r->at, &r->n_read)) != TD_STR_NONE) {
        r->owed +=
            td_extract_mdx_reader_count_lines(td_str_slice(r->in, r->at, end)) + (end < r->in.n);
        r->at = end + 1;
        return pay(r);
    }
    if (is_code(r)) /* MDX before its second version has code blocks by indentation */
        return copy_line(r, 0);
    if (begins_fence(r, first)) {
        r->lead = TD_STR("");
        r->fence_strip = indent_to_drop(r, first);
        return copy_line(r, r->fence_strip);
    }
    return read_line(r, first);
out:
    return code;
}

static tandem_code read_all(td_mdx *r)
{
    tandem_code code = TANDEM_OK;

    while (r->at < r->in.n)
        TD_TRY(next_line(r));
out:
    return code;
}

tandem_code td_extract_mdx_reader_nested(td_str text, unsigned nested, td_buf *out,
                                         tandem_error *err)
{
    td_mdx r = {.in = text, .nested = nested, .out = out, .err = err, .may_begin = true};

    return read_all(&r);
}

tandem_code td_extract_mdx_write(td_str text, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_mdx r = {.in = text, .out = out, .err = err, .may_begin = true};

    r.at = td_extract_plain_front_matter(text); /* stays for the reader of Markdown */
    TD_TRY(td_buf_add(out, td_str_slice(text, 0, r.at), err));
    if (r.at > 0 && r.at < text.n) {
        TD_TRY(td_buf_add_byte(out, '\n', err));
        r.at++;
    }
    TD_TRY(read_all(&r));
out:
    return code;
}
