#include "extract/mdx_reader.h"
#include "extract/mdx_tag.h"
#include "extract/tag.h"

enum {
    PARAGRAPH_BYTES_MAX = 4000
};

/* Whether "</name>" stands before the next blank line. */
static bool ends_in_paragraph(td_mdx *r, td_str name)
{
    size_t at = r->at, n_max = r->at + PARAGRAPH_BYTES_MAX;
    bool ends = false, blank = false;

    while (at < r->in.n && at < n_max && !blank && !ends) {
        char c = r->in.ptr[at++];

        if (c == '\n') {
            while (at < r->in.n && td_extract_mdx_reader_is_space(r->in.ptr[at]))
                at++;
            blank = at < r->in.n && r->in.ptr[at] == '\n';
        } else if (c == '<' && at < r->in.n && r->in.ptr[at] == '/') {
            td_str rest = td_str_slice(r->in, at + 1, r->in.n);

            ends = td_str_starts(rest, name) && rest.n > name.n && rest.ptr[name.n] == '>';
        }
    }
    r->n_read += at - r->at;
    return ends;
}

void td_extract_mdx_mark_open(td_mdx *r, const td_mdx_tag *tag)
{
    td_mdx_mark mark = {.name = tag->name};
    bool is_html = tag->name.n > 0 && (unsigned)(tag->name.ptr[0] - 'a') < 26u;
    td_tag kind = is_html ? td_extract_tag_find(tag->name) : TD_TAG_UNKNOWN;
    td_str target = td_extract_mdx_tag_target(tag);

    if (target.n && !td_extract_mdx_tag_has_title(tag)) {
        mark.opens = TD_STR("[");
        mark.closes = TD_STR("](");
        mark.target = target;
    } else if (kind == TD_TAG_CODE || kind == TD_TAG_KBD) {
        mark.opens = mark.closes = TD_STR("`");
    } else if (kind == TD_TAG_STRONG || kind == TD_TAG_B) {
        mark.opens = mark.closes = TD_STR("**");
    } else if (kind == TD_TAG_EM || kind == TD_TAG_I) {
        mark.opens = mark.closes = TD_STR("*");
    }
    if (mark.opens.n == 0 || r->n_marks == TD_MDX_MARKS_MAX || !td_extract_mdx_reader_may_search(r))
        return;
    for (size_t i = 0; i < r->n_marks; i++)
        if (td_str_eq(r->marks[i].opens, mark.opens))
            return;
    if (ends_in_paragraph(r, tag->name))
        r->marks[r->n_marks++] = mark;
}

bool td_extract_mdx_mark_waits(const td_mdx *r)
{
    return r->n_marks > 0 && !r->marks[r->n_marks - 1].written;
}

tandem_code td_extract_mdx_mark_write(td_mdx *r)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < r->n_marks; i++) {
        if (!r->marks[i].written)
            TD_TRY(td_buf_add(r->out, r->marks[i].opens, r->err));
        r->marks[i].written = true;
    }
out:
    return code;
}

/* Puts `text` behind the last byte of `out` that is no white space. */
static tandem_code add_before_space(td_mdx *r, td_str text)
{
    tandem_code code = TANDEM_OK;
    size_t n = r->out->n, at = n;

    while (at > 0 &&
           (td_extract_mdx_reader_is_space(r->out->ptr[at - 1]) || r->out->ptr[at - 1] == '\n'))
        at--;
    TD_TRY(td_buf_add(r->out, text, r->err));
    memmove(r->out->ptr + at + text.n, r->out->ptr + at, n - at);
    memcpy(r->out->ptr + at, text.ptr, text.n);
    r->out_line += r->out_line > at ? text.n : 0;
    r->out_begin += r->out_begin > at ? text.n : 0;
out:
    return code;
}

tandem_code td_extract_mdx_mark_close(td_mdx *r, td_str name)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = r->n_marks; i-- > 0;) {
        td_mdx_mark mark = r->marks[i];

        if (!td_str_eq(mark.name, name))
            continue;
        memmove(&r->marks[i], &r->marks[i + 1], (--r->n_marks - i) * sizeof(mark));
        if (!mark.written)
            return TANDEM_OK;
        TD_TRY(add_before_space(r, mark.closes));
        if (mark.target.n) {
            TD_TRY(add_before_space(r, mark.target));
            TD_TRY(add_before_space(r, TD_STR(")")));
        }
        return TANDEM_OK;
    }
out:
    return code;
}
