#include "chunk/rst.h"

enum {
    TITLE_BYTES_MAX = 300
};

static td_chunk_line line_at(td_chunk_blocks *blocks, size_t at)
{
    blocks->n_lines_read++;
    return td_chunk_lines_at(blocks->text, at);
}

static td_str body_of(const td_chunk_blocks *blocks, const td_chunk_line *line)
{
    return td_chunk_lines_body(blocks->text, line);
}

/* The level of an underline's style: in the order in which the document uses them. An overlined
 * style is another one; it is kept with its high bit set. */
static size_t level_of(td_chunk_blocks *blocks, char mark, bool overlined)
{
    char style = (char)(mark | (overlined ? 0x80 : 0));
    size_t level = 0;
    while (level < blocks->n_styles && blocks->styles[level] != style)
        level++;
    if (level == blocks->n_styles && level < sizeof blocks->styles)
        blocks->styles[blocks->n_styles++] = style;
    return level < 6 ? level + 1 : 6;
}

static bool take_title(td_chunk_blocks *blocks, td_str title, size_t level, size_t end,
                       td_chunk_block *block_out)
{
    *block_out = (td_chunk_block){
        .kind = TD_CHUNK_HEADING, .start = blocks->at, .end = end, .info = title, .level = level};
    blocks->at = end;
    blocks->after_blank = false;
    blocks->n_lists = 0;
    return true;
}

/* "Title" over a ruler as long as itself, or between two equal rulers. */
static bool next_title(td_chunk_blocks *blocks, const td_chunk_line *first,
                       td_chunk_block *block_out)
{
    if (first->end >= blocks->text.n)
        return false;
    td_str top = body_of(blocks, first);
    td_chunk_line second = line_at(blocks, first->end);
    td_str next = body_of(blocks, &second);
    char over = td_chunk_lines_ruler(top, 3);
    if (over != '\0' && next.n > 0 && next.n <= TITLE_BYTES_MAX && second.end < blocks->text.n) {
        td_chunk_line third = line_at(blocks, second.end);
        if (td_str_eq(body_of(blocks, &third), top))
            return take_title(blocks, next, level_of(blocks, over, true), third.end, block_out);
    }
    char under = td_chunk_lines_ruler(next, 3);
    if (over != '\0' || under == '\0' || first->indent > 0 || top.n > TITLE_BYTES_MAX ||
        next.n * 2 < top.n)
        return false;
    return take_title(blocks, top, level_of(blocks, under, false), second.end, block_out);
}

/* Lines indented by more than `indent`, and the blank ones between them. */
static size_t indented_end(td_chunk_blocks *blocks, size_t at, size_t indent)
{
    size_t end = at;
    while (at < blocks->text.n) {
        td_chunk_line line = line_at(blocks, at);
        at = line.end;
        if (td_chunk_lines_is_blank(&line))
            continue;
        if (line.indent <= indent)
            break;
        end = line.end;
    }
    return end;
}

static bool take_code(td_chunk_blocks *blocks, size_t inner_start, size_t end, td_str info,
                      td_chunk_code_mark mark, td_chunk_block *block_out)
{
    *block_out = (td_chunk_block){.kind = TD_CHUNK_CODE,
                                  .start = blocks->at,
                                  .end = end,
                                  .inner_start = inner_start,
                                  .inner_end = end,
                                  .info = info,
                                  .mark = mark};
    blocks->at = end;
    blocks->after_blank = false;
    return true;
}

/* ".. code-block:: python", its options, a blank line, and the code. */
static bool next_directive(td_chunk_blocks *blocks, const td_chunk_line *first,
                           td_chunk_block *block_out)
{
    static const char *const names[] = {".. code-block::",      ".. sourcecode::", ".. code::",
                                        ".. highlight-block::", ".. ipython::",    ".. prompt::"};
    td_str body = body_of(blocks, first);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        td_str name = td_str_from(names[i]);
        if (!td_str_starts(body, name))
            continue;
        size_t end = indented_end(blocks, first->end, first->indent);
        size_t inner = first->end;
        while (inner < end) {
            td_chunk_line line = line_at(blocks, inner);
            td_str option = body_of(blocks, &line);
            if (option.n > 0 && option.ptr[0] != ':')
                break;
            inner = line.end;
        }
        td_str info = td_str_trim(td_str_slice(body, name.n, body.n));
        end = end > first->end ? end : first->end;
        return take_code(blocks, inner < end ? inner : end, end, info, TD_CHUNK_CODE_FENCED,
                         block_out);
    }
    return false;
}

/* What stands, further in, below a paragraph that ended in "::". */
static bool next_literal(td_chunk_blocks *blocks, const td_chunk_line *first,
                         td_chunk_block *block_out)
{
    bool expected = blocks->literal_next;
    blocks->literal_next = false;
    if (!expected || first->indent == 0)
        return false;
    size_t end = indented_end(blocks, first->start, first->indent - 1);
    return take_code(blocks, first->start, end, (td_str){"", 0}, TD_CHUNK_CODE_LITERAL, block_out);
}

static size_t stanza_end(td_chunk_blocks *blocks, size_t at)
{
    while (at < blocks->text.n) {
        td_chunk_line line = line_at(blocks, at);
        if (td_chunk_lines_is_blank(&line))
            break;
        at = line.end;
    }
    return at;
}

/* Grid tables begin with "+---", simple ones with "====  ====". */
static bool is_table_border(td_str body)
{
    size_t n_marks = 0;
    for (size_t i = 0; i < body.n; i++) {
        char c = body.ptr[i];
        if (c != '=' && c != '-' && c != '+' && c != ' ')
            return false;
        n_marks += c != ' ';
    }
    return n_marks >= 4 && ((body.ptr[0] == '+' && body.ptr[1] == '-') ||
                            (body.ptr[0] == '=' && td_str_find_byte(body, ' ', 0) != TD_STR_NONE));
}

static bool next_table(td_chunk_blocks *blocks, const td_chunk_line *first,
                       td_chunk_block *block_out)
{
    if (!is_table_border(body_of(blocks, first)))
        return false;
    *block_out = (td_chunk_block){.kind = TD_CHUNK_TABLE,
                                  .start = blocks->at,
                                  .end = stanza_end(blocks, first->end)};
    blocks->at = block_out->end;
    blocks->after_blank = false;
    return true;
}

bool td_chunk_rst_is_silent(const td_chunk_blocks *blocks, const td_chunk_line *line)
{
    static const char *const names[] = {".. highlight::", ".. currentmodule::",
                                        ".. py:currentmodule::", ".. default-domain::"};
    td_str body = body_of(blocks, line);

    if (line->indent > 0 || !td_str_starts(body, TD_STR(".. ")))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (td_str_starts(body, td_str_from(names[i])))
            return true;
    /* With an address behind the colon it is a link's, and may be looked for. */
    return td_str_starts(body, TD_STR(".. _")) && body.ptr[body.n - 1] == ':';
}

bool td_chunk_rst_next(td_chunk_blocks *blocks, td_chunk_block *block_out)
{
    td_chunk_line first = line_at(blocks, blocks->at);
    if (next_literal(blocks, &first, block_out) || next_directive(blocks, &first, block_out) ||
        next_title(blocks, &first, block_out) || next_table(blocks, &first, block_out))
        return true;
    if (td_str_starts(body_of(blocks, &first), TD_STR(">>> ")) && blocks->after_blank)
        return take_code(blocks, first.start, stanza_end(blocks, first.start), TD_STR("python"),
                         TD_CHUNK_CODE_FENCED, block_out);
    return false;
}
