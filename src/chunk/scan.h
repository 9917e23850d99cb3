/* chunk/scan.h - a light scanner over source code: how deep each line is, and what it begins.
 *
 * Threads:  one owner
 */
#ifndef TD_CHUNK_SCAN_H
#define TD_CHUNK_SCAN_H

#include "chunk/syntax.h"

enum {
    TD_CHUNK_ROW_BLANK_BEFORE = 1 << 0, /* or the first of all */
    TD_CHUNK_ROW_INSIDE = 1 << 1,       /* begins inside a string or a block comment */
    TD_CHUNK_ROW_CLOSER = 1 << 2,       /* ends what was opened before: "}", "end", "else" */
    TD_CHUNK_ROW_LEAD = 1 << 3,         /* a comment, decorator or attribute: goes with the next */
    TD_CHUNK_ROW_NAMED = 1 << 4,        /* begins a declaration */
};

/* A line of code that is not blank. */
typedef struct td_chunk_row {
    size_t start;         /* byte in the text */
    uint16_t depth;       /* brackets open before it (closers at its start counted), or columns */
    uint16_t name_offset; /* from start, of the declared name */
    uint16_t head_n;      /* bytes from start to the declaration's body; 0: the line */
    uint8_t name_n;       /* bytes; 0: declares nothing */
    uint8_t flags;
} td_chunk_row;

typedef struct td_chunk_scan {
    td_str text;
    size_t at, end;
    td_str language;
    const td_chunk_syntax *syntax;
    size_t depth;
    int inside;     /* what goes on over lines; 0: nothing */
    char until[24]; /* what ends it */
    bool blank_before;
    char last;             /* the last byte of the line before that is no white space */
    uint16_t if_depth[16]; /* at the open #ifs, so that an #else begins as deep as its #if */
    size_t n_ifs;
} td_chunk_scan;

/* Scans bytes [start, end) of `text`. */
void td_chunk_scan_init(td_chunk_scan *scan, td_str text, size_t start, size_t end,
                        td_str language);

/* The next line that is not blank; false at the end. Cost of all calls: linear. */
bool td_chunk_scan_next(td_chunk_scan *scan, td_chunk_row *row_out);

#endif
