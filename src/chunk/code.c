#include "chunk/code.h"

#include "base/utf8.h"
#include "chunk/cut.h"
#include "chunk/scan.h"
#include "chunk/tree.h"

#include <stdlib.h>

enum {
    ROWS_MAX = 1 << 16, /* scanned at once; a longer file is cut there */
    LEVELS_MAX = 12,    /* of units inside units; each costs one more look at every row */
    ENCLOSING_MAX = 32,
    SYMBOL_BYTES_MAX = 240,
    SIGNATURE_BYTES_MAX = 240,
};

typedef struct enclosing {
    td_str name, head; /* head: all before its body */
    uint16_t depth;
} enclosing;

/* Pieces, rows [a, b) that stay together, gather in a run until the next one does not fit. */
typedef struct cutter {
    td_chunk_sink *sink;
    const td_chunk_part *part;
    td_chunk_row *rows;
    size_t n, end;                   /* rows in the window, byte behind it */
    size_t run_a, run_b;             /* the run; empty if equal */
    uint16_t run_depth;              /* the least of its pieces */
    size_t seen;                     /* rows that `around` has taken in */
    enclosing around[ENCLOSING_MAX]; /* declarations that are open before row `seen` */
    size_t n_around;
} cutter;

static size_t byte_of(const cutter *c, size_t row)
{
    return row < c->n ? c->rows[row].start : c->end;
}

static size_t size_of(const cutter *c, size_t a, size_t b)
{
    return td_chunk_sink_size(c->sink, &c->sink->code, byte_of(c, a), byte_of(c, b));
}

static bool fits_to(const cutter *c, size_t row, size_t end)
{
    return td_chunk_sink_size(c->sink, &c->sink->code, byte_of(c, row), end) <= c->sink->code.size;
}

static bool fits(const cutter *c, size_t a, size_t b)
{
    return fits_to(c, a, byte_of(c, b));
}

static bool has(const cutter *c, size_t row, unsigned flag)
{
    return (c->rows[row].flags & flag) != 0;
}

/* A row at which a unit could start at all. */
static bool is_startable(const cutter *c, size_t row)
{
    return !has(c, row, TD_CHUNK_ROW_INSIDE | TD_CHUNK_ROW_CLOSER);
}

/* A row that follows something complete: it begins a unit of its depth. */
static bool is_fresh(const cutter *c, size_t row)
{
    return row == 0 || has(c, row, TD_CHUNK_ROW_BLANK_BEFORE) ||
           c->rows[row - 1].depth > c->rows[row].depth || has(c, row - 1, TD_CHUNK_ROW_CLOSER);
}

static td_str head_of(const cutter *c, size_t row)
{
    size_t start = c->rows[row].start, n = c->rows[row].head_n;
    if (n == 0) {
        size_t behind = td_str_find_byte(c->sink->text, '\n', start);
        n = (behind == TD_STR_NONE ? c->end : behind) - start;
    }
    return td_str_slice(c->sink->text, start, start + n);
}

static void enter(cutter *c, size_t row)
{
    uint16_t depth = c->rows[row].depth;
    bool named = has(c, row, TD_CHUNK_ROW_NAMED);
    if (!is_startable(c, row) || !(named || is_fresh(c, row)))
        return;
    while (c->n_around > 0 && c->around[c->n_around - 1].depth >= depth)
        c->n_around--;
    if (named && c->n_around < ENCLOSING_MAX) {
        td_str name =
            td_str_slice(c->sink->text, c->rows[row].start + c->rows[row].name_offset,
                         c->rows[row].start + c->rows[row].name_offset + c->rows[row].name_n);
        c->around[c->n_around++] = (enclosing){name, head_of(c, row), depth};
    }
}

static size_t add_name(char *path, size_t n, td_str name)
{
    if (n + name.n + 1 > SYMBOL_BYTES_MAX)
        return n;
    if (n > 0 && name.n > 0)
        path[n++] = '.';
    for (size_t i = 0; i < name.n; i++) {
        bool twice = name.ptr[i] == ':' && i + 1 < name.n && name.ptr[i + 1] == ':';
        path[n++] = twice ? '.' : name.ptr[i];
        i += twice;
    }
    return n;
}

/* The symbol of rows [a, b): see code.h. Rows must be asked for in order. */
static td_str symbol_of(cutter *c, size_t a, size_t b)
{
    for (; c->seen < a; c->seen++)
        enter(c, c->seen);
    size_t best = b;
    for (size_t row = a; row < b; row++) {
        if (has(c, row, TD_CHUNK_ROW_NAMED) &&
            (best == b || c->rows[row].depth < c->rows[best].depth))
            best = row;
    }
    char path[SYMBOL_BYTES_MAX + 1];
    size_t n = 0, last = best < b ? best : a;
    for (; c->seen <= last && c->seen < b; c->seen++)
        enter(c, c->seen);
    for (size_t i = 0; i < c->n_around; i++)
        n = add_name(path, n, c->around[i].name);
    return n > 0 ? td_arena_copy(c->sink->arena, (td_str){path, n}) : TD_STR("");
}

/* Its symbols are keys: what stands behind them is no signature. */
static bool is_data(td_str language)
{
    static const char *const data[] = {"json", "yaml", "toml", "ini"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        if (td_str_eq(language, td_str_from(data[i])))
            return true;
    }
    return false;
}

/* The head of the declaration that the symbol last asked for ends with, on one line. */
static td_str signature_of(const cutter *c)
{
    char out[SIGNATURE_BYTES_MAX + 1];
    size_t n = 0;
    td_str head = c->n_around > 0 ? td_str_trim(c->around[c->n_around - 1].head) : TD_STR("");
    while (head.n > 0 && strchr("{: \t\r\n", head.ptr[head.n - 1]))
        head.n--;
    head.n = head.n > SIGNATURE_BYTES_MAX ? td_utf8_floor(head, SIGNATURE_BYTES_MAX) : head.n;
    for (size_t i = 0; i < head.n; i++) {
        char byte = head.ptr[i];
        bool space = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        if (!space)
            out[n++] = byte;
        else if (out[n - 1] != ' ')
            out[n++] = ' ';
    }
    return n > 0 ? td_arena_copy(c->sink->arena, (td_str){out, n}) : TD_STR("");
}

static tandem_code flush(cutter *c, tandem_error *err)
{
    if (c->run_a == c->run_b)
        return TANDEM_OK;
    td_chunk_part part = *c->part;
    part.symbol = symbol_of(c, c->run_a, c->run_b);
    if (part.heading.n == 0)
        part.heading = is_data(part.language) ? TD_STR("") : signature_of(c);
    if (!part.symbol.ptr || !part.heading.ptr)
        return td_arena_fail(c->sink->arena, err);
    part.start = byte_of(c, c->run_a);
    part.end = byte_of(c, c->run_b);
    c->run_a = c->run_b;
    tandem_code code = TANDEM_OK;
    size_t end = td_chunk_sink_drop_space(c->sink, part.start, part.end);
    /* Only a single row, or rows inside of one string, can be too long here. */
    while (code == TANDEM_OK &&
           td_chunk_sink_size(c->sink, &c->sink->code, part.start, end) > c->sink->code.size) {
        part.start = td_chunk_sink_skip_space(c->sink, part.start, end);
        size_t limit = td_chunk_measure_forward(&c->sink->code, part.start, c->sink->code.size);
        part.end = td_chunk_cut_at(c->sink->text, part.start, limit, TD_CHUNK_CUT_CODE);
        code = td_chunk_sink_add(c->sink, &part, err);
        part.start = part.end;
    }
    part.end = end;
    return code == TANDEM_OK ? td_chunk_sink_add(c->sink, &part, err) : code;
}

static bool begins_named(const cutter *c, size_t a, size_t b)
{
    for (size_t row = a; row < b && row < a + 64; row++) {
        if (has(c, row, TD_CHUNK_ROW_NAMED))
            return true;
        if (!has(c, row, TD_CHUNK_ROW_LEAD | TD_CHUNK_ROW_INSIDE))
            return false;
    }
    return false;
}

static tandem_code add_piece(cutter *c, size_t a, size_t b, tandem_error *err)
{
    size_t fair = c->sink->code.size / 3;
    tandem_code code = TANDEM_OK;
    if (c->run_a < c->run_b) {
        bool apart = size_of(c, c->run_a, c->run_b) >= fair &&
                     (c->rows[a].depth < c->run_depth ||
                      (size_of(c, a, b) >= fair && begins_named(c, a, b)));
        if (apart || !fits(c, c->run_a, b))
            code = flush(c, err);
    }
    if (c->run_a == c->run_b) {
        c->run_a = a;
        c->run_depth = c->rows[a].depth;
    }
    if (c->rows[a].depth < c->run_depth)
        c->run_depth = c->rows[a].depth;
    c->run_b = b;
    return code;
}

/* How a range is divided: at fresh rows of the least depth, or at any of that depth. */
typedef struct division {
    uint16_t depth;
    bool weak;
} division;

/* Whether a unit starts at `row`. `*lead` follows comments and decorators, which hold on to what
 * comes next; it must see every row of the range in order. */
static bool starts_unit(const cutter *c, size_t row, division by, bool *lead)
{
    bool held = *lead && !has(c, row, TD_CHUNK_ROW_BLANK_BEFORE);
    if (!has(c, row, TD_CHUNK_ROW_INSIDE))
        *lead = has(c, row, TD_CHUNK_ROW_LEAD);
    if (c->rows[row].depth != by.depth || !is_startable(c, row) || held)
        return false;
    return by.weak || is_fresh(c, row) || has(c, row, TD_CHUNK_ROW_NAMED | TD_CHUNK_ROW_LEAD);
}

/* The division of (a, b) at the least depth that is at least `floor`; false if there is none. */
static bool find_division(const cutter *c, size_t a, size_t b, uint32_t floor, division *by)
{
    uint32_t least = UINT32_MAX;
    for (size_t row = a + 1; row < b; row++) {
        if (is_startable(c, row) && c->rows[row].depth >= floor && c->rows[row].depth < least)
            least = c->rows[row].depth;
    }
    if (least == UINT32_MAX)
        return false;
    *by = (division){.depth = (uint16_t)least};
    bool lead = has(c, a, TD_CHUNK_ROW_LEAD);
    for (size_t row = a + 1; row < b; row++) {
        if (starts_unit(c, row, *by, &lead))
            return true;
    }
    by->weak = true;
    return true;
}

/* Nothing inside to go by: stanzas, or rows of a stanza that is too long. */
static tandem_code add_rows(cutter *c, size_t a, size_t b, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    while (code == TANDEM_OK && a < b) {
        size_t next = a + 1;
        while (next < b && !has(c, next, TD_CHUNK_ROW_BLANK_BEFORE))
            next++;
        if (fits(c, a, next)) {
            code = add_piece(c, a, next, err);
            a = next;
            continue;
        }
        for (; code == TANDEM_OK && a < next; a++)
            code = add_piece(c, a, a + 1, err);
    }
    return code;
}

/* Where in (a, b) a declaration would begin that fits without the start of its long comment; `b` if
 * it would not fit even then, or if there is nothing but comment. */
static size_t without_comment(const cutter *c, size_t a, size_t b)
{
    size_t end = td_chunk_sink_drop_space(c->sink, byte_of(c, a), byte_of(c, b));
    size_t first = b, row = a;
    for (; row < b && has(c, row, TD_CHUNK_ROW_LEAD | TD_CHUNK_ROW_INSIDE); row++) {
        if (first == b && row > a && !has(c, row, TD_CHUNK_ROW_INSIDE) && fits_to(c, row, end))
            first = row;
    }
    if (row == a || row == b)
        return b;
    return first < b || !fits_to(c, row, end) ? first : row;
}

static tandem_code add_units(cutter *c, size_t a, size_t b, uint32_t floor, int level,
                             tandem_error *err)
{
    division by;
    c->sink->n_lines_read += b - a;
    if (fits(c, a, b))
        return add_piece(c, a, b, err);
    size_t bare = without_comment(c, a, b);
    if (bare < b) {
        tandem_code first =
            fits(c, a, bare) ? add_piece(c, a, bare, err) : add_rows(c, a, bare, err);
        return first == TANDEM_OK ? add_piece(c, bare, b, err) : first;
    }
    if (level >= LEVELS_MAX || !find_division(c, a, b, floor, &by))
        return add_rows(c, a, b, err);

    /* A declaration that will take chunks of its own does not begin in its neighbour's. */
    tandem_code code = TANDEM_OK;
    if (begins_named(c, a, b) && size_of(c, c->run_a, c->run_b) >= c->sink->code.size / 3)
        code = flush(c, err);
    bool lead = has(c, a, TD_CHUNK_ROW_LEAD);
    size_t start = a, held = a; /* [held, start) is tiny and waits for what it may be the head of */
    for (size_t row = a + 1; row <= b && code == TANDEM_OK; row++) {
        if (row < b && !starts_unit(c, row, by, &lead))
            continue;
        bool tiny =
            by.weak && row < b && held == start && size_of(c, start, row) < c->sink->code.size / 8;
        if (tiny) {
            start = row;
            continue;
        }
        if (held < start && fits(c, start, row)) {
            code = add_piece(c, held, start, err);
            held = start;
        }
        if (code == TANDEM_OK)
            code = add_units(c, held, row, (uint32_t)by.depth + 1, level + 1, err);
        start = held = row;
    }
    return code;
}

static tandem_code split_window(cutter *c, tandem_error *err)
{
    if (c->n == 0)
        return TANDEM_OK;
    tandem_code code = add_units(c, 0, c->n, 0, 0, err);
    if (code == TANDEM_OK)
        code = flush(c, err);
    for (; c->seen < c->n; c->seen++)
        enter(c, c->seen);
    c->seen = c->run_a = c->run_b = 0;
    return code;
}

static size_t count_lines(td_str text)
{
    size_t n = 1, at = 0;
    while (n < ROWS_MAX && (at = td_str_find_byte(text, '\n', at)) != TD_STR_NONE) {
        n++;
        at++;
    }
    return n;
}

tandem_code td_chunk_code_split(td_chunk_sink *sink, const td_chunk_part *part, tandem_error *err)
{
    size_t capacity = count_lines(td_str_slice(sink->text, part->start, part->end));
    cutter c = {.sink = sink, .part = part, .rows = malloc(capacity * sizeof *c.rows)};
    if (!c.rows)
        return td_fail_nomem(err, "rows of a source file");

    tandem_code code = TANDEM_OK;
    td_chunk_scan scan;
    td_chunk_row row;
    bool whole = true;
    td_chunk_scan_init(&scan, sink->text, part->start, part->end, part->language);
    while (code == TANDEM_OK && td_chunk_scan_next(&scan, &row)) {
        if (c.n == capacity) {
            c.end = row.start;
            code = split_window(&c, err);
            c.n = 0;
            whole = false;
        }
        c.rows[c.n++] = row;
    }
    c.end = part->end;
    if (whole)
        td_chunk_tree_refine(sink->text, part->start, part->end, part->language, c.rows, c.n);
    if (code == TANDEM_OK)
        code = split_window(&c, err);
    free(c.rows);
    return code;
}
