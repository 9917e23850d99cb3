/* chunk/blocks.h - the blocks of a prose document, one after the other.
 *
 * A scanner over lines: no tree, no allocation, each line seen a bounded number of times.
 * Containers are flattened: a list item holds its nested items, but ends before a fence, so that
 * code in a list is code. Rules ("---") and the lines of fences belong to no block.
 * Threads:  one owner
 * Source:   CommonMark 0.31, GFM tables; reStructuredText specification of docutils
 */
#ifndef TD_CHUNK_BLOCKS_H
#define TD_CHUNK_BLOCKS_H

#include "chunk/bare.h"
#include "flow/document.h"

struct td_chunk_look;

typedef enum td_chunk_block_kind {
    TD_CHUNK_HEADING,
    TD_CHUNK_PARAGRAPH,
    TD_CHUNK_ITEM,  /* of a list, with what is nested in it */
    TD_CHUNK_TABLE, /* each line a row */
    TD_CHUNK_DATA,  /* front matter, HTML: prose of lines */
    TD_CHUNK_CODE,
} td_chunk_block_kind;

/* How sure it is that a code block is code. */
typedef enum td_chunk_code_mark {
    TD_CHUNK_CODE_FENCED,   /* between fences; info may say more */
    TD_CHUNK_CODE_LITERAL,  /* after "::" */
    TD_CHUNK_CODE_INDENTED, /* by four columns */
    TD_CHUNK_CODE_BARE,     /* not marked: found by its looks, and sure enough */
} td_chunk_code_mark;

typedef struct td_chunk_block {
    td_chunk_block_kind kind;
    size_t start, end;             /* whole lines, with the lines of fences */
    size_t inner_start, inner_end; /* CODE: the code itself */
    td_str info;                   /* CODE: info string; HEADING: title */
    size_t level;                  /* HEADING: 1..6 */
    td_chunk_code_mark mark;
    float sure; /* CODE_BARE: of that it is code, in nats a line; 0 if it has few lines */
} td_chunk_block;

enum {
    TD_CHUNK_BLOCKS_RECENT = 64,
    TD_CHUNK_BLOCKS_LISTS = 16,
};

typedef struct td_chunk_blocks {
    td_str text;
    td_format format;
    size_t at;                           /* the next line */
    size_t lists[TD_CHUNK_BLOCKS_LISTS]; /* columns of the text of each open list item, outermost
                                            first; what is deeper belongs to the last */
    size_t n_lists;
    bool after_blank;
    bool literal_next; /* RST: the paragraph before ended in "::" */
    char styles[12];   /* RST: underline characters by level; upper half: with overline */
    size_t n_styles;
    td_chunk_bare bare;
    td_chunk_bare_run run; /* the newest that `bare` gave */
    bool no_more_runs;
    td_chunk_bare_run recent[TD_CHUNK_BLOCKS_RECENT]; /* a ring of those before it, and it */
    size_t n_recent;
    size_t n_lines_read; /* with repeats; tests hold it linear */
} td_chunk_blocks;

void td_chunk_blocks_init(td_chunk_blocks *blocks, td_str text, td_format format);

/* False at the end. Cost of all calls together: linear. */
bool td_chunk_blocks_next(td_chunk_blocks *blocks, td_chunk_block *block_out);

/* Bytes of [start, end), which lie before the next block, on lines that look like unmarked code,
 * and are none as too little or not sure enough; of the newest 64 runs of lines. */
size_t td_chunk_blocks_code_bytes(const td_chunk_blocks *blocks, size_t start, size_t end);

/* Whether a block that was found by its looks (CODE_BARE) is code, all of it looked at. */
bool td_chunk_blocks_is_code(const td_chunk_block *block, const struct td_chunk_look *look);

/* A block that was found by its looks is no code after all. */
void td_chunk_blocks_refute(td_chunk_blocks *blocks, const td_chunk_block *block);

#endif
