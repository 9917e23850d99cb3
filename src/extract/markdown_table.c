#include "extract/markdown_writer.h"

enum {
    COLUMNS_MAX = 64,
    CELL_BYTES_MAX = 2000, /* longer cells are pages laid out by a table */
    LIST_BYTES_MAX = 600,  /* a cell with a list longer than this loses too much in one line */
};

static bool is_cell(const td_node *node)
{
    return node->tag == TD_TAG_TD || node->tag == TD_TAG_TH;
}

static bool says_layout(const td_node *node)
{
    td_str role = td_extract_tree_get(node, TD_ATTRIBUTE_ROLE);

    return td_str_eq_nocase(role, TD_STR("presentation")) ||
           td_str_eq_nocase(role, TD_STR("none")) ||
           td_extract_tree_has_class(node, TD_STR("footnote")) ||
           td_extract_tree_has_class(node, TD_STR("citation"));
}

static bool is_big(td_tag tag)
{
    return tag == TD_TAG_TABLE || tag == TD_TAG_PRE || tag == TD_TAG_BLOCKQUOTE ||
           tag == TD_TAG_DL || (tag >= TD_TAG_H1 && tag <= TD_TAG_H6);
}

/* Whether one line can hold what is in the cell. */
static bool cell_fits(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;
    size_t n = 0;
    bool list = false;

    for (uint32_t i = at + 1; i < nodes[at].end; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED) {
            i = nodes[i].end - 1;
            continue;
        }
        if (is_big(nodes[i].tag))
            return false;
        list |= nodes[i].tag == TD_TAG_LI;
        n += td_str_trim(nodes[i].text).n;
    }
    return n <= (list ? LIST_BYTES_MAX : CELL_BYTES_MAX);
}

bool td_extract_markdown_table_is_data(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;
    size_t n_rows = 0, n_cells = 0, n_cells_max = 0;
    bool heads = false;

    if (md->single || says_layout(&nodes[at]))
        return false;
    for (uint32_t i = at + 1; i < nodes[at].end; i++) {
        if (nodes[i].flags & TD_NODE_DROPPED) {
            i = nodes[i].end - 1;
        } else if (nodes[i].tag == TD_TAG_TR) {
            n_rows++;
            n_cells = 0;
        } else if (is_cell(&nodes[i])) {
            if (!cell_fits(md, i))
                return false;
            heads |= nodes[i].tag == TD_TAG_TH;
            n_cells_max = ++n_cells > n_cells_max ? n_cells : n_cells_max;
            i = nodes[i].end - 1;
        }
    }
    return n_cells_max >= 2 && n_cells_max <= COLUMNS_MAX && (n_rows >= 2 || heads);
}

typedef struct table {
    uint32_t n_columns;
    uint32_t spanned[COLUMNS_MAX]; /* rows that a cell above still reaches into */
} table;

static uint32_t span_of(const td_node *node, td_attribute name, uint32_t max)
{
    uint64_t n = 1;

    if (!td_str_to_u64(td_extract_tree_get(node, name), &n) || n == 0)
        n = 1;
    return n > max ? max : (uint32_t)n;
}

/* The next column that no cell from above fills. */
static uint32_t free_column(const table *t, uint32_t column)
{
    while (column < COLUMNS_MAX && t->spanned[column] > 0)
        column++;
    return column;
}

static void take_columns(table *t, uint32_t *column, const td_node *cell)
{
    uint32_t rows = span_of(cell, TD_ATTRIBUTE_ROWSPAN, 1000);
    uint32_t columns = span_of(cell, TD_ATTRIBUTE_COLSPAN, COLUMNS_MAX);

    for (uint32_t i = 0; i < columns && *column < COLUMNS_MAX; i++)
        t->spanned[(*column)++] = rows;
}

static void end_row(table *t)
{
    for (uint32_t i = 0; i < COLUMNS_MAX; i++)
        t->spanned[i] -= t->spanned[i] > 0;
}

static tandem_code add_cell(td_md *md)
{
    tandem_code code = TANDEM_OK;
    td_str text;

    TD_TRY(td_extract_markdown_escape_signs(md));
    text = td_str_trim(td_buf_str(&md->line));
    for (size_t i = 0; i < text.n; i++) {
        char c = text.ptr[i] == '\n' ? ' ' : text.ptr[i];

        if (c == '|')
            TD_TRY(td_buf_add_byte(md->out, '\\', md->err));
        TD_TRY(td_buf_add_byte(md->out, c, md->err));
    }
    td_buf_cut(&md->line, 0);
    md->space = false;
    md->closed_at = md->code_closed_at = 0;
out:
    return code;
}

static tandem_code write_cell(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;

    md->single++;
    code = td_extract_markdown_walk(md, at + 1, md->tree->nodes[at].end);
    md->single--;
    if (code == TANDEM_OK)
        code = add_cell(md);
    if (code == TANDEM_OK)
        code = td_buf_add(md->out, TD_STR(" |"), md->err);
    return code;
}

static tandem_code write_empty(td_md *md, uint32_t from, uint32_t to)
{
    tandem_code code = TANDEM_OK;

    for (uint32_t i = from; i < to; i++)
        TD_TRY(td_buf_add(md->out, TD_STR("  |"), md->err));
out:
    return code;
}

static uint32_t next_cell(const td_tree *tree, uint32_t i, uint32_t end)
{
    while (i < end && ((tree->nodes[i].flags & TD_NODE_DROPPED) || !is_cell(&tree->nodes[i])))
        i = (tree->nodes[i].flags & TD_NODE_DROPPED) ? tree->nodes[i].end : i + 1;
    return i;
}

static tandem_code write_row(td_md *md, table *t, uint32_t at, td_md_gap gap)
{
    const td_tree *tree = md->tree;
    uint32_t end = tree->nodes[at].end, column = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_start_line(md, gap));
    TD_TRY(td_buf_add_byte(md->out, '|', md->err));
    for (uint32_t i = next_cell(tree, at + 1, end); i < end;
         i = next_cell(tree, tree->nodes[i].end, end)) {
        uint32_t from = column, first = free_column(t, column);

        if (first >= t->n_columns)
            break;
        TD_TRY(write_empty(md, from, first));
        column = first;
        TD_TRY(td_buf_add_byte(md->out, ' ', md->err));
        TD_TRY(write_cell(md, i));
        take_columns(t, &column, &tree->nodes[i]);
        TD_TRY(write_empty(md, first + 1, column < t->n_columns ? column : t->n_columns));
    }
    TD_TRY(write_empty(md, column, t->n_columns));
    end_row(t);
out:
    return code;
}

static tandem_code write_rule(td_md *md, uint32_t n_columns)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_start_line(md, TD_MD_LINE));
    TD_TRY(td_buf_add_byte(md->out, '|', md->err));
    for (uint32_t c = 0; c < n_columns; c++)
        TD_TRY(td_buf_add(md->out, TD_STR(" --- |"), md->err));
out:
    return code;
}

/* Writes the rows, or only counts the columns when `write` is false. */
static tandem_code each_row(td_md *md, table *t, uint32_t at, bool write)
{
    const td_tree *tree = md->tree;
    uint32_t end = tree->nodes[at].end;
    tandem_code code = TANDEM_OK;
    bool first = true;

    for (uint32_t i = at + 1; i < end; i++) {
        uint32_t column = 0, row_end = tree->nodes[i].end;

        if ((tree->nodes[i].flags & TD_NODE_DROPPED) || tree->nodes[i].tag == TD_TAG_CAPTION) {
            i = row_end - 1;
            continue;
        }
        if (tree->nodes[i].tag != TD_TAG_TR || next_cell(tree, i + 1, row_end) == row_end)
            continue;
        if (write) {
            TD_TRY(write_row(md, t, i, first ? TD_MD_BLANK : TD_MD_LINE));
            if (first)
                TD_TRY(write_rule(md, t->n_columns));
        } else {
            for (uint32_t c = next_cell(tree, i + 1, row_end); c < row_end;
                 c = next_cell(tree, tree->nodes[c].end, row_end)) {
                column = free_column(t, column);
                take_columns(t, &column, &tree->nodes[c]);
            }
            t->n_columns = column > t->n_columns ? column : t->n_columns;
            end_row(t);
        }
        first = false;
        i = row_end - 1;
    }
out:
    return code;
}

static tandem_code write_caption(td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;
    tandem_code code = TANDEM_OK;

    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end) {
        if (nodes[i].tag != TD_TAG_CAPTION || (nodes[i].flags & TD_NODE_DROPPED))
            continue;
        TD_TRY(td_extract_markdown_walk(md, i + 1, nodes[i].end));
        TD_TRY(td_extract_markdown_flush(md));
    }
out:
    return code;
}

tandem_code td_extract_markdown_table_write(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    table t = {0};

    TD_TRY(td_extract_markdown_flush(md));
    TD_TRY(write_caption(md, at));
    TD_TRY(each_row(md, &t, at, false));
    memset(t.spanned, 0, sizeof(t.spanned));
    TD_TRY(each_row(md, &t, at, true));
    md->gap = TD_MD_BLANK;
out:
    return code;
}

/* How many boxes make a row: those that head the columns come first. */
static uint32_t grid_columns(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;
    uint32_t n = 0;

    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end)
        n += td_extract_tree_has_class(&nodes[i], TD_STR("table-header"));
    return n;
}

bool td_extract_markdown_table_is_grid(const td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;
    uint32_t n_columns, n = 0;

    if (md->single || !td_extract_tree_has_class(&nodes[at], TD_STR("summary-table")))
        return false;
    n_columns = grid_columns(md, at);
    if (n_columns < 2 || n_columns > COLUMNS_MAX)
        return false;
    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end) {
        if (nodes[i].tag == TD_TAG_TEXT && td_str_trim(nodes[i].text).n == 0)
            continue;
        if (nodes[i].tag != TD_TAG_DIV || (nodes[i].flags & TD_NODE_DROPPED) || !cell_fits(md, i))
            return false;
        n++;
    }
    return n % n_columns == 0;
}

tandem_code td_extract_markdown_table_write_grid(td_md *md, uint32_t at)
{
    const td_node *nodes = md->tree->nodes;
    uint32_t n_columns = grid_columns(md, at), n = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_markdown_flush(md));
    for (uint32_t i = at + 1; i < nodes[at].end; i = nodes[i].end) {
        if (nodes[i].tag == TD_TAG_TEXT)
            continue;
        if (n == n_columns)
            TD_TRY(write_rule(md, n_columns));
        if (n % n_columns == 0) {
            TD_TRY(td_extract_markdown_start_line(md, n ? TD_MD_LINE : TD_MD_BLANK));
            TD_TRY(td_buf_add_byte(md->out, '|', md->err));
        }
        TD_TRY(td_buf_add_byte(md->out, ' ', md->err));
        TD_TRY(write_cell(md, i));
        n++;
    }
    if (n == n_columns)
        TD_TRY(write_rule(md, n_columns));
    md->gap = TD_MD_BLANK;
out:
    return code;
}
