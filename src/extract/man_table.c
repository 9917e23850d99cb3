#include "extract/man_writer.h"

tandem_code td_extract_man_table(td_man *m, bool on)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_man_code(m, false));
    TD_TRY(td_extract_man_flush(m));
    m->in_table = m->table_head = on;
    m->cell_open = false;
    m->table_tab = '\t';
    m->n_rows = 0;
    td_buf_cut(&m->line, 0);
out:
    return code;
}

/* Format lines end with a line whose last byte is a full stop; options may name the separator. */
static void read_format(td_man *m, td_str line)
{
    size_t tab = td_str_find(line, TD_STR("tab("), 0);
    td_str text = td_str_trim(line);

    if (tab == TD_STR_NONE)
        tab = td_str_find(line, TD_STR("tab ("), 0);
    if (tab != TD_STR_NONE) {
        tab = td_str_find_byte(line, '(', tab);
        if (tab + 1 < line.n && !(line.ptr[tab + 1] & 0x80)) /* one byte, never part of one more */
            m->table_tab = line.ptr[tab + 1];
    }
    if (text.n && text.ptr[text.n - 1] == '.')
        m->table_head = false;
}

static tandem_code end_row(td_man *m)
{
    tandem_code code = TANDEM_OK;

    if (m->n_rows == 0 && m->out->n)
        TD_TRY(td_buf_add_byte(m->out, '\n', m->err));
    TD_TRY(td_buf_add_byte(m->out, '|', m->err));
    TD_TRY(td_buf_add(m->out, td_buf_str(&m->line), m->err));
    TD_TRY(td_buf_add_byte(m->out, '\n', m->err));
    if (m->n_rows++ == 0) {
        TD_TRY(td_buf_add_byte(m->out, '|', m->err));
        while (m->n_cells-- > 0)
            TD_TRY(td_buf_add(m->out, TD_STR(" --- |"), m->err));
        TD_TRY(td_buf_add_byte(m->out, '\n', m->err));
    }
out:
    td_buf_cut(&m->line, 0);
    m->n_cells = 0;
    return code;
}

/* Text of a cell; a bar in it would make two cells. */
static tandem_code add_text(td_man *m, td_str text)
{
    tandem_code code = TANDEM_OK;
    td_str part;

    TD_TRY(td_buf_add_byte(&m->line, ' ', m->err));
    text = td_str_trim(text);
    while (td_str_next(&text, '|', &part)) {
        TD_TRY(td_extract_man_text_add(&m->line, part, true, m->err));
        if (text.n)
            TD_TRY(td_buf_add(&m->line, TD_STR("\\|"), m->err));
    }
out:
    return code;
}

static tandem_code end_cell(td_man *m)
{
    m->n_cells++;
    return td_buf_add(&m->line, TD_STR(" |"), m->err);
}

/* Cells up to the end of the line; one that opens with T{ goes on in the next lines. */
static tandem_code add_cells(td_man *m, td_str line)
{
    tandem_code code = TANDEM_OK;
    td_str cell;

    while (td_str_next(&line, m->table_tab, &cell)) {
        cell = td_str_trim(cell);
        if (td_str_ends(cell, TD_STR("T{"))) {
            if (cell.n > 2)
                TD_TRY(add_text(m, td_str_slice(cell, 0, cell.n - 2)));
            m->cell_open = true;
            return TANDEM_OK;
        }
        TD_TRY(add_text(m, cell));
        TD_TRY(end_cell(m));
    }
    TD_TRY(end_row(m));
out:
    return code;
}

static tandem_code open_cell_line(td_man *m, td_str line)
{
    tandem_code code = TANDEM_OK;
    td_str macro, word;

    if (td_str_starts(line, TD_STR("T}"))) {
        m->cell_open = false;
        TD_TRY(end_cell(m));
        line = td_str_slice(line, 2, line.n);
        if (line.n && line.ptr[0] == m->table_tab)
            return add_cells(m, td_str_slice(line, 1, line.n));
        return end_row(m);
    }
    if (line.n && line.ptr[0] == '.') {
        bool joined = line.n > 2 && line.ptr[1] != ' ' && line.ptr[2] != ' ';

        td_extract_man_text_next(&line, &macro);
        for (bool first = true; td_extract_man_text_next(&line, &word); first = false) {
            if (first || !joined)
                TD_TRY(td_buf_add_byte(&m->line, ' ', m->err));
            TD_TRY(td_extract_man_text_add(&m->line, word, true, m->err));
        }
        return TANDEM_OK;
    }
    TD_TRY(add_text(m, line));
out:
    return code;
}

tandem_code td_extract_man_table_line(td_man *m, td_str line)
{
    td_str text = td_str_trim(line);

    if (m->table_head) {
        read_format(m, line);
        return TANDEM_OK;
    }
    if (m->cell_open)
        return open_cell_line(m, line);
    if (td_str_eq(text, TD_STR("_")) || td_str_eq(text, TD_STR("=")) || text.n == 0)
        return TANDEM_OK;
    if (td_str_starts(line, TD_STR(".T&"))) {
        m->table_head = true;
        return TANDEM_OK;
    }
    return text.ptr[0] == '.' && text.n < 4 ? TANDEM_OK : add_cells(m, line);
}
