#include "extract/source_table.h"

#include "extract/flatten.h"
#include "extract/main_content.h"
#include "extract/markdown.h"
#include "extract/mdx_reader.h"
#include "extract/mdx_script.h"
#include "extract/mdx_tag.h"

enum {
    TABLE_BYTES_MAX = 1 << 20,
    TABLES_FREE = 1000, /* in any text; one of so many bytes besides, for each needs a parser */
    BYTES_OF_TABLE = 512,
    NESTING_MAX = 100
};

/* The table's source on its way to HTML. */
typedef struct maker {
    td_str in;
    size_t at;
    bool is_mdx, bold;
    bool endless;    /* a comment has no end, so that no later one has */
    size_t line_end; /* of the line that was looked at last */
    td_str link;     /* the component that is one and still open */
    size_t n_read;
    td_buf *out;
    tandem_error *err;
} maker;

static bool starts_tag(td_str text, size_t at, td_str tag)
{
    td_str rest = td_str_slice(text, at, text.n);

    return td_str_starts_nocase(rest, tag) && rest.n > tag.n &&
           strchr(" \t\r\n>/", rest.ptr[tag.n]);
}

size_t td_extract_source_table_max(td_str text)
{
    return TABLES_FREE + text.n / BYTES_OF_TABLE;
}

size_t td_extract_source_table_end(td_str text, size_t at, size_t *n_read)
{
    td_str table = td_str_slice(text, at, at + TABLE_BYTES_MAX);
    size_t i = 1, end = TD_STR_NONE;

    while ((i = td_str_find_byte(table, '<', i)) != TD_STR_NONE && end == TD_STR_NONE) {
        if (starts_tag(table, i, TD_STR("<table")) || starts_tag(table, i, TD_STR("<pre")))
            break;
        if (td_str_starts_nocase(td_str_slice(table, i, table.n), TD_STR("</table>")))
            end = i + strlen("</table>");
        i++;
    }
    *n_read += end != TD_STR_NONE ? end : i != TD_STR_NONE ? i : table.n;
    if (end == TD_STR_NONE || td_str_find_byte(td_str_slice(table, 0, end), '\n', 0) >= end ||
        td_str_find(td_str_slice(table, 0, end), TD_STR("```"), 0) < end)
        return TD_STR_NONE;
    return at + end;
}

static tandem_code add_escaped(maker *m, td_str text)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.ptr[i];

        if (c == '<')
            TD_TRY(td_buf_add(m->out, TD_STR("&lt;"), m->err));
        else if (c == '&')
            TD_TRY(td_buf_add(m->out, TD_STR("&amp;"), m->err));
        else
            TD_TRY(td_buf_add_byte(m->out, c, m->err));
    }
out:
    return code;
}

/* A tag with those attributes whose values are known. */
static tandem_code add_tag(maker *m, const td_mdx_tag *tag)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add_fmt(m->out, m->err, tag->is_end ? "</%.*s" : "<%.*s", TD_STR_FMT(tag->name)));
    for (size_t i = 0; i < tag->n_attributes; i++) {
        const td_mdx_attribute *a = &tag->attributes[i];
        td_str value = a->value, literal = td_extract_mdx_script_literal(value);

        if (a->in_braces)
            value = literal.n ? literal : td_str_trim(value);
        if (td_str_find_byte(value, '"', 0) == TD_STR_NONE &&
            td_str_find_byte(value, '{', 0) == TD_STR_NONE)
            TD_TRY(td_buf_add_fmt(m->out, m->err, " %.*s=\"%.*s\"", TD_STR_FMT(a->name),
                                  TD_STR_FMT(value)));
    }
    TD_TRY(td_buf_add_byte(m->out, '>', m->err));
out:
    return code;
}

/* Of a component only where it leads to. */
static tandem_code add_component(maker *m, const td_mdx_tag *tag)
{
    td_str target = td_extract_mdx_tag_target(tag);

    if (tag->is_end && m->link.n && td_str_eq(m->link, tag->name)) {
        m->link = TD_STR("");
        return td_buf_add(m->out, TD_STR("</a>"), m->err);
    }
    if (target.n == 0 || m->link.n || tag->closes_itself ||
        td_str_find_byte(target, '"', 0) != TD_STR_NONE)
        return TANDEM_OK;
    m->link = tag->name;
    return td_buf_add_fmt(m->out, m->err, "<a href=\"%.*s\">", TD_STR_FMT(target));
}

static bool is_component(td_str name)
{
    return name.n == 0 || (unsigned)(name.ptr[0] - 'A') < 26u ||
           td_str_find_byte(name, '.', 0) != TD_STR_NONE;
}

/* Tags of HTML are kept, those of components go, and a '<' that begins none is text. */
static tandem_code read_tag(maker *m)
{
    tandem_code code = TANDEM_OK;
    td_mdx_tag tag;
    size_t end;

    if (!m->endless && td_str_starts(td_str_slice(m->in, m->at, m->in.n), TD_STR("<!--"))) {
        end = td_str_find(m->in, TD_STR("-->"), m->at);
        m->endless = end == TD_STR_NONE;
        if (!m->endless) {
            m->at = end + 3;
            goto out;
        }
    }
    if (!m->is_mdx) {
        TD_TRY(td_buf_add_byte(m->out, m->in.ptr[m->at++], m->err));
        goto out;
    }
    if (m->n_read / TD_MDX_READ_TIMES > m->in.n ||
        !td_extract_mdx_tag_read(m->in, m->at, false, &tag, &m->n_read)) {
        m->at++;
        TD_TRY(td_buf_add(m->out, TD_STR("&lt;"), m->err));
        goto out;
    }
    m->at = tag.end;
    if (is_component(tag.name))
        TD_TRY(add_component(m, &tag));
    else
        TD_TRY(add_tag(m, &tag));
out:
    return code;
}

static tandem_code read_expression(maker *m)
{
    tandem_code code = TANDEM_OK;
    size_t end = m->n_read / TD_MDX_READ_TIMES > m->in.n
                     ? TD_STR_NONE
                     : td_extract_mdx_script_braces(m->in, m->at, false, &m->n_read);

    if (end == TD_STR_NONE)
        return td_buf_add_byte(m->out, m->in.ptr[m->at++], m->err);
    TD_TRY(add_escaped(m, td_extract_mdx_script_literal(td_str_slice(m->in, m->at + 1, end - 1))));
    m->at = end;
out:
    return code;
}

/* Of the present line. Its signs ask for it one after the other. */
static size_t line_end(maker *m)
{
    if (m->line_end <= m->at)
        m->line_end = td_str_find_byte(m->in, '\n', m->at);
    return m->line_end;
}

/* Code between back-quotes, which authors of Markdown write in HTML too. */
static tandem_code read_code(maker *m)
{
    tandem_code code = TANDEM_OK;
    size_t n = td_extract_mdx_reader_run(m->in, m->at), from = m->at + n, end = from;
    size_t limit = line_end(m);

    while (end < m->in.n && end < limit &&
           (m->in.ptr[end] != '`' || td_extract_mdx_reader_run(m->in, end) != n))
        end += m->in.ptr[end] == '`' ? td_extract_mdx_reader_run(m->in, end) : 1;
    if (end >= m->in.n || end >= limit) {
        m->at = from;
        return td_buf_add_times(m->out, '`', n, m->err);
    }
    TD_TRY(td_buf_add(m->out, TD_STR("<code>"), m->err));
    TD_TRY(add_escaped(m, td_str_slice(m->in, from, end)));
    TD_TRY(td_buf_add(m->out, TD_STR("</code>"), m->err));
    m->at = end + n;
out:
    return code;
}

/* "**", which begins or ends what is bold if its pair stands in the same line. */
static tandem_code read_stars(maker *m)
{
    size_t next = td_str_find(m->in, TD_STR("**"), m->at + 2);
    bool pairs = next != TD_STR_NONE && next < line_end(m);

    m->at += 2;
    if (!m->bold && !pairs)
        return td_buf_add(m->out, TD_STR("**"), m->err);
    m->bold = !m->bold;
    return td_buf_add(m->out, m->bold ? TD_STR("<b>") : TD_STR("</b>"), m->err);
}

static tandem_code make_html(maker *m)
{
    tandem_code code = TANDEM_OK;

    while (m->at < m->in.n) {
        char c = m->in.ptr[m->at], next = m->at + 1 < m->in.n ? m->in.ptr[m->at + 1] : 0;

        if (c == '<') {
            TD_TRY(read_tag(m));
        } else if (c == '{' && m->is_mdx) {
            TD_TRY(read_expression(m));
        } else if (c == '`') {
            TD_TRY(read_code(m));
        } else if (c == '*' && next == '*') {
            TD_TRY(read_stars(m));
        } else {
            m->at += c == '\\' && m->is_mdx && next;
            TD_TRY(td_buf_add_byte(m->out, m->in.ptr[m->at++], m->err));
        }
    }
out:
    return code;
}

/* Without an error's text: one that is too large is none. */
static tandem_code make_table(td_str source, bool is_mdx, td_buf *made)
{
    tandem_code code = TANDEM_OK;
    td_extract_options options = TD_EXTRACT_OPTIONS;
    td_arena *arena = td_arena_new(TD_EXTRACT_SCRATCH_BYTES);
    td_buf html = TD_BUF(source.n * 8 + 1024), flat = TD_BUF(source.n * 32 + 4096);
    maker m = {.in = source, .is_mdx = is_mdx, .out = &html};
    td_tree tree = {0};

    if (!arena)
        TD_TRY(TANDEM_E_NOMEM);
    TD_TRY(make_html(&m));
    TD_TRY(td_extract_flatten(td_buf_str(&html), NESTING_MAX, &flat, NULL));
    TD_TRY(td_extract_tree_parse(td_buf_str(&flat), arena, &tree, NULL));
    td_extract_main_content_drop_hidden(&tree);
    TD_TRY(td_extract_markdown_write(&tree, td_extract_main_content_body(&tree), TD_STR(""),
                                     &options, arena, made, NULL));
out:
    td_buf_clear(&html);
    td_buf_clear(&flat);
    td_arena_free(arena);
    return code;
}

tandem_code td_extract_source_table_write(td_str source, bool is_mdx, td_buf *out,
                                          tandem_error *err)
{
    td_buf made = TD_BUF(out->n_max);
    tandem_code code = make_table(source, is_mdx, &made);
    td_str text = td_str_trim(td_buf_str(&made));

    if (code == TANDEM_OK && td_str_find(text, TD_STR("\n| --- |"), 0) != TD_STR_NONE)
        code = td_buf_add(out, text, err);
    else if (code == TANDEM_E_TOO_LARGE)
        code = TANDEM_OK;
    else if (code != TANDEM_OK)
        code = td_fail_nomem(err, "table");
    td_buf_clear(&made);
    return code;
}

static size_t count_lines(td_str text)
{
    return td_extract_mdx_reader_count_lines(text);
}

/* The table in the line at *at, behind the text `before`, if it fits into its lines; moves *at
 * behind its last line then. What is left of the lines stands empty below it. */
static tandem_code replace_one(td_str text, td_str before, size_t *at, size_t *n_read, td_buf *out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf table = TD_BUF(out->n_max);
    size_t from = td_str_find_byte(text, '<', *at), line_end, n, n_had;
    size_t end = td_extract_source_table_end(text, from, n_read);
    td_str rest;

    if (end == TD_STR_NONE)
        goto out;
    line_end = td_str_find_byte(text, '\n', end);
    line_end = line_end == TD_STR_NONE ? text.n : line_end;
    rest = td_str_slice(text, line_end < text.n ? line_end + 1 : text.n, text.n);
    if (td_str_trim(td_str_slice(text, end, line_end)).n)
        goto out;
    TD_TRY(td_extract_source_table_write(td_str_slice(text, from, end), false, &table, err));
    n = count_lines(td_buf_str(&table));
    n_had = count_lines(td_str_slice(text, from, end));
    if (table.n == 0 || n > n_had ||
        (n == n_had && rest.n && rest.ptr[0] != '\n' && rest.ptr[0] != '\r'))
        goto out;
    TD_TRY(td_buf_add(out, before, err));
    TD_TRY(td_buf_add(out, td_buf_str(&table), err));
    TD_TRY(td_buf_add_times(out, '\n', n_had - n, err));
    *at = line_end;
out:
    td_buf_clear(&table);
    return code;
}

/* The fence that is open behind the line, its signs; empty if none is. `open`: that before it. A
 * fence ends with as many signs as it began with, and with nothing behind them. */
static td_str fence_after(td_str line, td_str open)
{
    size_t n;

    line = td_str_trim(line);
    if (!td_str_starts(line, TD_STR("```")) && !td_str_starts(line, TD_STR("~~~")))
        return open;
    n = td_extract_mdx_reader_run(line, 0);
    if (open.n)
        return line.ptr[0] == open.ptr[0] && n >= open.n && n == line.n ? TD_STR("") : open;
    return line.ptr[0] == '`' && td_str_find_byte(line, '`', n) != TD_STR_NONE
               ? open
               : td_str_slice(line, 0, n);
}

tandem_code td_extract_source_table_replace(td_str text, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t at = 0, copied = 0, n_read = 0, n_tables = 0;
    td_str fence = TD_STR("");

    while (at < text.n) {
        size_t end = td_str_find_byte(text, '\n', at), first = at;
        td_str line = td_str_slice(text, at, end);

        fence = fence_after(line, fence);
        while (first < text.n && text.ptr[first] == ' ')
            first++;
        if (fence.n == 0 && first - at < 4 && starts_tag(text, first, TD_STR("<table")) &&
            n_read / TD_MDX_READ_TIMES <= text.n &&
            n_tables++ < td_extract_source_table_max(text)) {
            td_str before = td_str_slice(text, copied, at);
            size_t next = at;

            TD_TRY(replace_one(text, before, &next, &n_read, out, err));
            if (next != at) {
                copied = next;
                end = next < text.n ? next : TD_STR_NONE;
            }
        }
        at = end == TD_STR_NONE ? text.n : end + 1;
    }
    if (copied > 0)
        TD_TRY(td_buf_add(out, td_str_slice(text, copied, text.n), err));
out:
    return code;
}
