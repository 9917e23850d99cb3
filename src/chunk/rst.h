/* chunk/rst.h - what reStructuredText has that Markdown has not; a part of blocks.c.
 *
 * Threads:  one owner
 */
#ifndef TD_CHUNK_RST_H
#define TD_CHUNK_RST_H

#include "chunk/blocks.h"

/* The block at blocks->at (a line that is not blank), if it is a title, a directive with code, a
 * literal block, a doctest or a table; false if it is anything else. */
bool td_chunk_rst_next(td_chunk_blocks *blocks, td_chunk_block *block_out);

/* Whether a line where a block may begin shows nothing to a reader: the name of a place (".. _x:"),
 * the language of what follows. It is in no chunk but one that it stands in the middle of. */
bool td_chunk_rst_is_silent(const td_chunk_blocks *blocks, const td_chunk_line *line);

#endif
