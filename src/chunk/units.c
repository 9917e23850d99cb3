#include "chunk/units.h"

#include "chunk/lines.h"

enum {
    OPEN_MAX = 16,    /* items inside items that are kept whole */
    MARKER_BYTES = 16 /* of a line, which say whether it begins an item */
};

typedef struct item {
    size_t start, first, indent;
} item;

static size_t skip_space(td_str text, size_t at)
{
    while (at < text.n && (text.ptr[at] == ' ' || (text.ptr[at] >= '\t' && text.ptr[at] <= '\r')))
        at++;
    return at;
}

/* The block's text, but no more of it than what fits could have: a line that goes on behind that is
 * too long, however long it is. */
static td_str reach(const td_chunk_block *block, const td_chunk_measure *measure, size_t limit)
{
    td_str text = td_str_slice(measure->ruler->text, 0, block->end);
    size_t behind = skip_space(text, limit); /* no row or item that counts begins behind it */
    size_t least = skip_space(text, td_chunk_measure_forward(measure, behind, measure->size));
    return least + MARKER_BYTES < text.n ? td_str_slice(text, 0, least + MARKER_BYTES) : text;
}

static bool fits_to(td_str text, const td_chunk_measure *measure, size_t start, size_t end)
{
    size_t first = td_chunk_lines_at(text, start).first;
    return end <= td_chunk_measure_forward(measure, first, measure->size);
}

/* Whether the row that ended with the line `before` goes on with the next one; `first` is the
 * table's first line. */
static bool goes_on(td_str text, const td_chunk_line *first, td_str before, size_t next)
{
    char mark = text.ptr[first->first];
    if (next >= text.n || (mark != '+' && mark != '='))
        return false;
    if (mark == '+')
        return !td_str_starts(before, TD_STR("+-")) && !td_str_starts(before, TD_STR("+="));
    return td_chunk_lines_at(text, next).indent > first->indent;
}

static size_t cut_rows(td_str text, const td_chunk_block *block, const td_chunk_measure *measure,
                       size_t at, size_t limit)
{
    td_chunk_line first = td_chunk_lines_at(text, block->start), line;
    for (size_t row = at, next = at; row < text.n; row = next) {
        bool whole;
        do {
            line = td_chunk_lines_at(text, next);
            next = line.end;
            whole = line.last <= limit || fits_to(text, measure, row, line.last);
        } while (whole && goes_on(text, &first, td_chunk_lines_body(text, &line), next));
        if (line.last > limit)
            return whole || row > at ? row : TD_STR_NONE;
    }
    return TD_STR_NONE;
}

/* Whether a line that is not blank ends the item. */
static bool ends_item(const item *one, const td_chunk_line *line, bool begins, bool after_blank)
{
    return (begins || after_blank) && line->indent <= one->indent;
}

/* Whether all of the item, which ends with the text at the latest, fits by itself. */
static bool fits(td_str text, const td_chunk_measure *measure, const item *one)
{
    size_t limit = td_chunk_measure_forward(measure, one->first, measure->size);
    bool after_blank = false;
    for (size_t at = one->start; at < text.n;) {
        td_chunk_line line = td_chunk_lines_at(text, at);
        bool blank = td_chunk_lines_is_blank(&line);
        bool begins = td_chunk_lines_item(td_chunk_lines_body(text, &line)) > 0;
        if (!blank && at > one->start && ends_item(one, &line, begins, after_blank))
            return true;
        if (!blank && line.last > limit)
            return false;
        after_blank = blank;
        at = line.end;
    }
    return true;
}

static size_t cut_items(td_str text, const td_chunk_measure *measure, size_t at, size_t limit)
{
    td_chunk_line line = td_chunk_lines_at(text, at);
    item open[OPEN_MAX]; /* around the line, outermost first */
    size_t n = 0;
    bool after_blank = false;
    for (; line.start < text.n; line = td_chunk_lines_at(text, line.end)) {
        bool begins = td_chunk_lines_item(td_chunk_lines_body(text, &line)) > 0;
        bool blank = td_chunk_lines_is_blank(&line);
        while (!blank && n > 0 && ends_item(&open[n - 1], &line, begins, after_blank))
            n--;
        if (begins && n < OPEN_MAX)
            open[n++] = (item){line.start, line.first, line.indent};
        if ((!blank && line.last > limit) || line.end >= text.n)
            break;
        after_blank = blank;
    }
    for (size_t i = 0; i < n; i++) {
        if (fits(text, measure, &open[i]))
            return open[i].start;
    }
    return line.start >= limit ? line.start : TD_STR_NONE;
}

size_t td_chunk_units_cut(const td_chunk_block *block, const td_chunk_measure *measure, size_t at,
                          size_t limit)
{
    td_str text = measure->ruler->text;
    size_t line = at, cut = TD_STR_NONE;
    while (line > block->start && (text.ptr[line - 1] == ' ' || text.ptr[line - 1] == '\t'))
        line--; /* how far it is indented says what is inside what */
    if (block->kind == TD_CHUNK_TABLE)
        cut = cut_rows(reach(block, measure, limit), block, measure, line, limit);
    else if (block->kind == TD_CHUNK_ITEM)
        cut = cut_items(reach(block, measure, limit), measure, line, limit);
    return cut < at ? at : cut;
}
