#include "extract/mdx_reader.h"
#include "extract/mdx_tag.h"
#include "extract/source_table.h"

enum {
    FENCE_LINES = 3, /* that a fence around one line has beside that of its tag */
    PREFIX_MAX = 8   /* an indentation that is more is no list's */
};

static size_t longest_run(td_str text, char c)
{
    size_t best = 0;

    for (size_t at = 0; (at = td_str_find_byte(text, c, at)) != TD_STR_NONE;) {
        size_t n = td_extract_mdx_reader_run(text, at);

        best = n > best ? n : best;
        at += n;
    }
    return best;
}

tandem_code td_extract_mdx_block_literal(td_mdx *r, td_str text)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < text.n; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.n && strchr("\\`'\"$", text.ptr[i + 1]))
            i++;
        TD_TRY(td_buf_add_byte(r->out, text.ptr[i], r->err));
    }
out:
    return code;
}

/* One line of code where the file has no lines to spare for a fence. */
static tandem_code add_span(td_mdx *r, td_str text, size_t n)
{
    tandem_code code = TANDEM_OK;

    if (!td_extract_mdx_reader_at_line_start(r) &&
        !td_extract_mdx_reader_is_space(r->out->ptr[r->out->n - 1]))
        TD_TRY(td_buf_add_byte(r->out, ' ', r->err));
    TD_TRY(td_buf_add_times(r->out, '`', n, r->err));
    TD_TRY(td_extract_mdx_block_literal(r, text));
    TD_TRY(td_buf_add_times(r->out, '`', n, r->err));
    r->language = TD_STR("");
    r->parts = true;
    r->just_went = false;
out:
    return code;
}

tandem_code td_extract_mdx_block_code(td_mdx *r, td_str text)
{
    tandem_code code = TANDEM_OK;
    size_t n = longest_run(text, '`') + 1, n_lines;
    td_str whole = text;

    while (whole.n && td_extract_mdx_reader_is_space(whole.ptr[whole.n - 1]))
        whole.n--;
    if (r->owed < FENCE_LINES && td_str_find_byte(whole, '\n', 0) == TD_STR_NONE)
        return add_span(r, whole, n);
    n = n < 3 ? 3 : n;
    if (!td_extract_mdx_reader_at_line_start(r))
        TD_TRY(td_extract_mdx_inline_end_line(r));
    TD_TRY(td_buf_add_times(r->out, '`', n, r->err));
    TD_TRY(td_buf_add(r->out, r->language, r->err));
    r->language = TD_STR("");
    if (whole.n == 0 || whole.ptr[0] != '\n')
        TD_TRY(td_extract_mdx_inline_end_line(r));
    n_lines = td_extract_mdx_reader_count_lines(whole);
    r->owed -= r->owed < n_lines ? r->owed : n_lines;
    TD_TRY(td_extract_mdx_block_literal(r, whole));
    if (r->out->ptr[r->out->n - 1] != '\n')
        TD_TRY(td_extract_mdx_inline_end_line(r));
    TD_TRY(td_buf_add_times(r->out, '`', n, r->err));
    TD_TRY(td_extract_mdx_inline_end_line(r));
    r->out_line = r->out_begin = r->out->n;
out:
    return code;
}

/* Lines of their own, indented as the present one is. */
static tandem_code add_lines(td_mdx *r, td_str lines)
{
    tandem_code code = TANDEM_OK;
    size_t indent = r->out_line - r->out_begin;
    td_str line;

    if (indent > PREFIX_MAX)
        indent = 0;
    if (!td_extract_mdx_reader_at_line_start(r)) {
        TD_TRY(td_extract_mdx_inline_end_line(r));
        TD_TRY(td_buf_add_times(r->out, ' ', indent, r->err));
    }
    for (bool first = true; td_str_next(&lines, '\n', &line); first = false) {
        if (!first)
            TD_TRY(td_buf_add_times(r->out, ' ', indent, r->err));
        TD_TRY(td_buf_add(r->out, line, r->err));
        TD_TRY(td_extract_mdx_inline_end_line(r));
    }
    r->out_line = r->out_begin = r->out->n;
    r->lead = TD_STR("");
out:
    return code;
}

/* Items that have no line of their own in the file. */
static tandem_code add_in_line(td_mdx *r, td_str lines, bool goes_on)
{
    tandem_code code = TANDEM_OK;
    td_str line, between = goes_on ? TD_STR(", ") : TD_STR(" ");

    if (td_extract_mdx_reader_at_line_start(r)) {
        TD_TRY(td_buf_add(r->out, r->lead, r->err));
        between = TD_STR("");
    } else if (!goes_on && td_extract_mdx_reader_is_space(r->out->ptr[r->out->n - 1])) {
        between = TD_STR("");
    }
    r->lead = TD_STR("");
    while (td_str_next(&lines, '\n', &line)) {
        line = td_str_trim(line);
        if (td_str_starts(line, TD_STR("- ")))
            line = td_str_slice(line, 2, line.n);
        TD_TRY(td_buf_add(r->out, between, r->err));
        TD_TRY(td_buf_add(r->out, line, r->err));
        between = TD_STR(", ");
    }
    r->parts = true;
    r->just_went = false;
out:
    return code;
}

tandem_code td_extract_mdx_block_data(td_mdx *r, const td_mdx_tag *tag, bool goes_on)
{
    tandem_code code = TANDEM_OK;
    td_buf list = TD_BUF(r->out->n_max);
    td_str text;

    TD_TRY(td_extract_mdx_tag_data(tag, r->nested, &list, r->err));
    text = td_buf_str(&list);
    if (text.n == 0)
        goto out;
    if (td_str_starts(text, TD_STR("- ")) && td_extract_mdx_reader_count_lines(text) < r->owed)
        TD_TRY(add_lines(r, text));
    else
        TD_TRY(add_in_line(r, text, goes_on));
out:
    td_buf_clear(&list);
    return code;
}

tandem_code td_extract_mdx_block_table(td_mdx *r, size_t start)
{
    tandem_code code = TANDEM_OK;
    td_buf table = TD_BUF(r->out->n_max);
    td_str source;
    size_t end;

    if (r->nested > 0 || r->n_tables++ >= td_extract_source_table_max(r->in))
        goto out;
    end = td_extract_source_table_end(r->in, start, &r->n_read);
    if (end == TD_STR_NONE)
        goto out;
    source = td_str_slice(r->in, start, end);
    TD_TRY(td_extract_source_table_write(source, true, &table, r->err));
    if (table.n == 0 || td_extract_mdx_reader_count_lines(td_buf_str(&table)) >
                            td_extract_mdx_reader_count_lines(source))
        goto out;
    r->owed += td_extract_mdx_reader_count_lines(td_str_slice(r->in, r->at, end));
    r->at = end;
    TD_TRY(add_lines(r, td_buf_str(&table)));
out:
    td_buf_clear(&table);
    return code;
}
