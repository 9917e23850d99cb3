#include "chunk/blocks.h"

#include "chunk/chunk.h"
#include "chunk/rst.h"

enum {
    FRONT_LINES_MAX = 200,
    TITLE_BYTES_MAX = 300,
    BARE_CHARS_MIN = 80,
    BARE_LINES_MIN = 3,
    BARE_LINES_FEW = 8,
};

/* How sure a run of unmarked code must be, in nats. Markdown has marks for code: what has none
 * there is seldom code. */
static const float BARE_SURE_TEXT = 2, BARE_SURE_MARKUP = 8;

/* What nobody marked as code must be likely to be in one of two languages, and its lines fairly so
 * where there are many; or surely code: lists of names and the like look like code too, but of no
 * language in particular, and not all of their lines do. */
static const float BARE_NAMED_MIN = 0.7f, BARE_FAIR_MIN = 0.25f;
static const float BARE_CODE_MIN = 0.95f, BARE_SURE_MIN = 1.2f;

static td_chunk_line line_at(td_chunk_blocks *blocks, size_t at)
{
    blocks->n_lines_read++;
    return td_chunk_lines_at(blocks->text, at);
}

static td_str body_of(const td_chunk_blocks *blocks, const td_chunk_line *line)
{
    return td_chunk_lines_body(blocks->text, line);
}

void td_chunk_blocks_init(td_chunk_blocks *blocks, td_str text, td_format format)
{
    *blocks = (td_chunk_blocks){.text = text, .format = format, .after_blank = true};
    td_chunk_bare_init(&blocks->bare, text, format);
}

/* Columns of the text of the innermost list item that is open; 0 if none is. */
static size_t list_indent(const td_chunk_blocks *blocks)
{
    return blocks->n_lists > 0 ? blocks->lists[blocks->n_lists - 1] : 0;
}

/* Closes the items that a line so far in does not belong to; "1. a" is often continued by two
 * columns. */
static void close_items(td_chunk_blocks *blocks, size_t indent)
{
    while (indent + 1 < list_indent(blocks))
        blocks->n_lists--;
}

static void open_item(td_chunk_blocks *blocks, const td_chunk_line *line, size_t marker)
{
    close_items(blocks, line->indent);
    if (blocks->n_lists < TD_CHUNK_BLOCKS_LISTS)
        blocks->lists[blocks->n_lists++] = line->indent + marker;
}

/* To the next line that is not blank; false at the end. */
static bool skip_blank(td_chunk_blocks *blocks)
{
    while (blocks->at < blocks->text.n) {
        td_chunk_line line = line_at(blocks, blocks->at);
        if (!td_chunk_lines_is_blank(&line))
            return true;
        blocks->at = line.end;
        blocks->after_blank = true;
    }
    return false;
}

/* The run of unmarked code that ends behind `at`; NULL if there is none. */
static const td_chunk_bare_run *run_at(td_chunk_blocks *blocks, size_t at)
{
    size_t n_before = blocks->bare.n_lines_read;
    while (!blocks->no_more_runs && blocks->run.end <= at) {
        blocks->no_more_runs = !td_chunk_bare_next(&blocks->bare, &blocks->run);
        blocks->recent[blocks->n_recent++ % TD_CHUNK_BLOCKS_RECENT] = blocks->run;
    }
    blocks->n_lines_read += blocks->bare.n_lines_read - n_before;
    return blocks->no_more_runs ? NULL : &blocks->run;
}

size_t td_chunk_blocks_code_bytes(const td_chunk_blocks *blocks, size_t start, size_t end)
{
    size_t n = 0, n_runs = blocks->n_recent;
    n_runs = n_runs < TD_CHUNK_BLOCKS_RECENT ? n_runs : TD_CHUNK_BLOCKS_RECENT;
    for (size_t i = 0; i < n_runs; i++) {
        const td_chunk_bare_run *run = &blocks->recent[i];
        size_t from = run->start > start ? run->start : start;
        size_t to = run->end < end ? run->end : end;
        n += to > from ? to - from : 0;
    }
    return n;
}

void td_chunk_blocks_refute(td_chunk_blocks *blocks, const td_chunk_block *block)
{
    for (size_t i = 0; i < TD_CHUNK_BLOCKS_RECENT; i++) {
        if (blocks->recent[i].start >= block->start && blocks->recent[i].end <= block->end)
            blocks->recent[i] = (td_chunk_bare_run){.n_lines = 0};
    }
}

bool td_chunk_blocks_is_code(const td_chunk_block *block, const td_chunk_look *look)
{
    bool fair = block->sure == 0 || block->sure >= BARE_FAIR_MIN;
    bool named = look->named + look->second_named >= BARE_NAMED_MIN;
    return (look->code >= 0.5f && named && fair) ||
           (look->code >= BARE_CODE_MIN && block->sure >= BARE_SURE_MIN);
}

static bool take_to(td_chunk_blocks *blocks, td_chunk_block_kind kind, size_t end,
                    td_chunk_block *block_out)
{
    *block_out = (td_chunk_block){.kind = kind, .start = blocks->at, .end = end};
    blocks->at = end;
    blocks->after_blank = false;
    return true;
}

/* "---" to "---" at the very start, with a key in between. */
static bool next_front_matter(td_chunk_blocks *blocks, td_chunk_block *block_out)
{
    if (blocks->at != 0 || blocks->format == TD_FORMAT_RST)
        return false;
    td_chunk_line first = line_at(blocks, 0);
    td_str mark = body_of(blocks, &first);
    bool toml = td_str_eq(mark, TD_STR("+++"));
    if (first.indent > 0 || (!toml && !td_str_eq(mark, TD_STR("---"))))
        return false;
    bool has_key = false;
    size_t at = first.end;
    for (int n = 0; n < FRONT_LINES_MAX && at < blocks->text.n; n++) {
        td_chunk_line line = line_at(blocks, at);
        td_str body = body_of(blocks, &line);
        at = line.end;
        if (td_str_eq(body, mark) || (!toml && td_str_eq(body, TD_STR("..."))))
            return has_key && take_to(blocks, TD_CHUNK_DATA, at, block_out);
        has_key |= td_str_find_byte(body, toml ? '=' : ':', 0) != TD_STR_NONE;
    }
    return false;
}

static bool next_fence(td_chunk_blocks *blocks, const td_chunk_line *line,
                       td_chunk_block *block_out)
{
    td_str body = body_of(blocks, line), info;
    size_t n = td_chunk_lines_fence(body, &info);
    if (n == 0 || line->indent > list_indent(blocks) + 3)
        return false;
    size_t at = line->end, inner_end = blocks->text.n;
    while (at < blocks->text.n) {
        td_chunk_line next = line_at(blocks, at);
        if (td_chunk_lines_closes(body_of(blocks, &next), body.ptr[0], n)) {
            inner_end = next.start;
            at = next.end;
            break;
        }
        at = next.end;
    }
    size_t inner_start = line->end;
    take_to(blocks, TD_CHUNK_CODE, at, block_out);
    block_out->inner_start = inner_start;
    block_out->inner_end = inner_end;
    block_out->info = info;
    return true;
}

static bool next_indented(td_chunk_blocks *blocks, const td_chunk_line *first,
                          td_chunk_block *block_out)
{
    size_t columns = list_indent(blocks) + 4;
    if (first->indent < columns || !blocks->after_blank || blocks->format != TD_FORMAT_MARKDOWN)
        return false;
    size_t end = first->end;
    for (size_t at = first->end; at < blocks->text.n;) {
        td_chunk_line line = line_at(blocks, at);
        at = line.end;
        if (td_chunk_lines_is_blank(&line))
            continue;
        if (line.indent < columns)
            break;
        end = line.end;
    }
    take_to(blocks, TD_CHUNK_CODE, end, block_out);
    block_out->inner_start = block_out->start;
    block_out->inner_end = end;
    block_out->mark = TD_CHUNK_CODE_INDENTED;
    return true;
}

/* Where the lines up to the next blank one end. */
static size_t stanza_end(td_chunk_blocks *blocks, size_t at, size_t *n_lines)
{
    while (at < blocks->text.n) {
        td_chunk_line line = line_at(blocks, at);
        if (td_chunk_lines_is_blank(&line))
            break;
        ++*n_lines;
        at = line.end;
    }
    return at;
}

/* HTML, quotes, tables and headings of Markdown have their own meaning. A heading has a blank line
 * behind it; "# ..." over a line of code is its comment. */
static bool is_markup(td_chunk_blocks *blocks, size_t at)
{
    td_chunk_line line = line_at(blocks, at);
    td_str title;
    if (strchr("<>|", blocks->text.ptr[line.first]))
        return true;
    if (td_chunk_lines_atx(body_of(blocks, &line), &title) == 0 || line.end >= blocks->text.n)
        return false;
    td_chunk_line next = line_at(blocks, line.end);
    return td_chunk_lines_is_blank(&next);
}

/* Whether code that nobody marked begins with the line at `at`: enough of it, and sure. */
static bool begins_bare(td_chunk_blocks *blocks, size_t at)
{
    const td_chunk_bare_run *run = run_at(blocks, at);
    float least = blocks->format == TD_FORMAT_TEXT ? BARE_SURE_TEXT : BARE_SURE_MARKUP;
    if (!run || run->start != at || (blocks->format == TD_FORMAT_MARKDOWN && is_markup(blocks, at)))
        return false;
    return run->n_lines >= BARE_LINES_MIN && run->end - run->start >= BARE_CHARS_MIN &&
           run->sure >= least;
}

static td_chunk_block bare_block(const td_chunk_blocks *blocks)
{
    const td_chunk_bare_run *run = &blocks->run;
    return (td_chunk_block){
        .kind = TD_CHUNK_CODE,
        .start = run->start,
        .end = run->end,
        .inner_start = run->start,
        .inner_end = run->end,
        .mark = TD_CHUNK_CODE_BARE,
        .sure = run->n_lines > BARE_LINES_FEW ? run->sure / (float)run->n_lines : 0,
    };
}

static bool next_bare(td_chunk_blocks *blocks, td_chunk_block *block_out)
{
    if (!begins_bare(blocks, blocks->at))
        return false;
    *block_out = bare_block(blocks);
    blocks->at = block_out->end;
    blocks->after_blank = false;
    return true;
}

/* The same inside of a list item, which nothing tears apart that is no code when all of it is
 * looked at. */
static bool begins_bare_inside(td_chunk_blocks *blocks, size_t at)
{
    if (!begins_bare(blocks, at))
        return false;
    td_chunk_block block = bare_block(blocks);
    td_chunk_look look = td_chunk_look_at(td_str_slice(blocks->text, block.start, block.end));
    if (td_chunk_blocks_is_code(&block, &look))
        return true;
    td_chunk_blocks_refute(blocks, &block);
    return false;
}

/* A line that ends the paragraph or item before it. */
static bool interrupts(td_chunk_blocks *blocks, const td_chunk_line *line)
{
    td_str body = body_of(blocks, line), part;
    if (begins_bare(blocks, line->start))
        return true;
    if (td_chunk_lines_fence(body, &part) > 0 && blocks->format != TD_FORMAT_RST)
        return true;
    if (line->indent > 3 || blocks->format == TD_FORMAT_RST)
        return false;
    if (blocks->format == TD_FORMAT_MARKDOWN && td_chunk_lines_atx(body, &part) > 0)
        return true;
    return td_chunk_lines_is_rule(body);
}

/* RST: a last line that ends in "::" says that literal text follows; a directive does not. */
static bool promises_literal(td_chunk_blocks *blocks, size_t last)
{
    td_chunk_line line = line_at(blocks, last);
    td_str body = body_of(blocks, &line);
    return blocks->format == TD_FORMAT_RST && td_str_ends(body, TD_STR("::")) &&
           !td_str_starts(body, TD_STR(".. "));
}

/* A line of RST that begins code inside a list item. */
static bool begins_code(td_chunk_blocks *blocks, const td_chunk_line *line, size_t last,
                        bool after_blank)
{
    td_str body = body_of(blocks, line);
    return blocks->format == TD_FORMAT_RST && after_blank &&
           (td_str_starts(body, TD_STR(".. code")) || td_str_starts(body, TD_STR(".. source")) ||
            promises_literal(blocks, last));
}

/* Outside of lists an ordered one interrupts only with 1, as CommonMark has it: a line may begin
 * with a year. */
static bool item_interrupts(const td_chunk_blocks *blocks, td_str body)
{
    size_t n = td_chunk_lines_item(body);
    if (n == 0 || n > body.n)
        return false;
    return blocks->n_lists > 0 || body.ptr[0] < '0' || body.ptr[0] > '9' ||
           (body.ptr[0] == '1' && n == 3);
}

static bool next_item(td_chunk_blocks *blocks, const td_chunk_line *first,
                      td_chunk_block *block_out)
{
    size_t marker = td_chunk_lines_item(body_of(blocks, first));
    if (marker == 0)
        return false;
    size_t content = first->indent + marker, end = first->end, last = first->start;
    bool after_blank = false;
    open_item(blocks, first, marker);
    for (size_t at = first->end; at < blocks->text.n;) {
        td_chunk_line line = line_at(blocks, at);
        at = line.end;
        if (td_chunk_lines_is_blank(&line)) {
            after_blank = true;
            continue;
        }
        td_str body = body_of(blocks, &line), info;
        size_t nested = td_chunk_lines_item(body);
        bool inside = line.indent + 1 >= content;
        if (td_chunk_lines_fence(body, &info) > 0 || (!inside && after_blank) ||
            begins_code(blocks, &line, last, after_blank) || begins_bare_inside(blocks, line.start))
            break;
        if (!inside && (interrupts(blocks, &line) || nested > 0))
            break;
        if (nested > 0)
            open_item(blocks, &line, nested);
        else if (after_blank)
            close_items(blocks, line.indent);
        if (nested == 0 && after_blank && line.indent >= list_indent(blocks) + 4)
            break;
        after_blank = false;
        last = line.start;
        end = line.end;
    }
    blocks->literal_next = promises_literal(blocks, last);
    return take_to(blocks, TD_CHUNK_ITEM, end, block_out);
}

/* Comments and elements whose blank lines are their own. */
static bool next_html(td_chunk_blocks *blocks, const td_chunk_line *first,
                      td_chunk_block *block_out)
{
    static const char *const pairs[][2] = {{"<!--", "-->"},
                                           {"<pre", "</pre>"},
                                           {"<script", "</script>"},
                                           {"<style", "</style>"},
                                           {"<textarea", "</textarea>"}};
    td_str body = body_of(blocks, first);
    if (first->indent > 3 || td_chunk_lines_html(body) == 0)
        return false;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!td_str_starts_nocase(body, td_str_from(pairs[i][0])))
            continue;
        size_t found = td_str_find(blocks->text, td_str_from(pairs[i][1]), first->first);
        size_t end = blocks->text.n;
        if (found != TD_STR_NONE)
            end = line_at(blocks, found).end;
        return take_to(blocks, TD_CHUNK_DATA, end, block_out);
    }
    return false;
}

static bool next_table(td_chunk_blocks *blocks, const td_chunk_line *first,
                       td_chunk_block *block_out)
{
    if (td_str_find_byte(body_of(blocks, first), '|', 0) == TD_STR_NONE ||
        first->end >= blocks->text.n)
        return false;
    td_chunk_line rule = line_at(blocks, first->end);
    if (!td_chunk_lines_is_table_rule(body_of(blocks, &rule)))
        return false;
    size_t n_lines = 0;
    return take_to(blocks, TD_CHUNK_TABLE, stanza_end(blocks, rule.end, &n_lines), block_out);
}

static bool next_atx(td_chunk_blocks *blocks, const td_chunk_line *line, td_chunk_block *block_out)
{
    td_str title;
    size_t level = td_chunk_lines_atx(body_of(blocks, line), &title);
    if (level == 0 || line->indent > 3)
        return false;
    if (blocks->format == TD_FORMAT_TEXT) {
        /* In plain text "# ..." is a comment as often as a heading; a heading stands alone. */
        td_chunk_line next = *line;
        if (line->end < blocks->text.n)
            next = line_at(blocks, line->end);
        if (!blocks->after_blank || (next.start > line->start && !td_chunk_lines_is_blank(&next)))
            return false;
    }
    take_to(blocks, TD_CHUNK_HEADING, line->end, block_out);
    block_out->info = title;
    block_out->level = level;
    blocks->n_lists = 0;
    return true;
}

/* "Title" over "=====" or "-----". */
static bool next_setext(td_chunk_blocks *blocks, const td_chunk_line *line,
                        td_chunk_block *block_out)
{
    td_str title = body_of(blocks, line);
    if (line->indent > 3 || line->end >= blocks->text.n || title.n > TITLE_BYTES_MAX)
        return false;
    td_chunk_line under = line_at(blocks, line->end);
    td_str ruler = body_of(blocks, &under);
    size_t level = td_chunk_lines_setext(ruler);
    if (level == 0 || under.indent > 3 || ruler.n < 2 || (level == 2 && ruler.n < 3))
        return false;
    take_to(blocks, TD_CHUNK_HEADING, under.end, block_out);
    block_out->info = title;
    block_out->level = level;
    blocks->n_lists = 0;
    return true;
}

static bool next_paragraph(td_chunk_blocks *blocks, const td_chunk_line *first,
                           td_chunk_block *block_out)
{
    size_t end = first->end, last = first->start;
    while (end < blocks->text.n) {
        td_chunk_line line = line_at(blocks, end);
        if (td_chunk_lines_is_blank(&line) || interrupts(blocks, &line) ||
            item_interrupts(blocks, body_of(blocks, &line)))
            break;
        last = line.start;
        end = line.end;
    }
    blocks->literal_next = promises_literal(blocks, last);
    return take_to(blocks, TD_CHUNK_PARAGRAPH, end, block_out);
}

bool td_chunk_blocks_next(td_chunk_blocks *blocks, td_chunk_block *block_out)
{
    if (next_front_matter(blocks, block_out))
        return true;
    while (skip_blank(blocks)) {
        td_chunk_line line = line_at(blocks, blocks->at);
        bool item = td_chunk_lines_item(body_of(blocks, &line)) > 0;
        if (blocks->after_blank && !item)
            close_items(blocks, line.indent);
        if (blocks->format == TD_FORMAT_RST && td_chunk_rst_is_silent(blocks, &line)) {
            blocks->literal_next = false;
            blocks->at = line.end;
            continue;
        }
        if (blocks->format == TD_FORMAT_RST) {
            if (td_chunk_rst_next(blocks, block_out) || next_bare(blocks, block_out) ||
                next_item(blocks, &line, block_out))
                return true;
            return next_paragraph(blocks, &line, block_out);
        }
        if (next_fence(blocks, &line, block_out) || next_indented(blocks, &line, block_out) ||
            next_bare(blocks, block_out) || next_atx(blocks, &line, block_out))
            return true;
        if (line.indent <= 3 && td_chunk_lines_is_rule(body_of(blocks, &line))) {
            blocks->at = line.end;
            continue;
        }
        return next_html(blocks, &line, block_out) || next_item(blocks, &line, block_out) ||
               next_table(blocks, &line, block_out) || next_setext(blocks, &line, block_out) ||
               next_paragraph(blocks, &line, block_out);
    }
    return false;
}
