/* chunk/tree.h - source code as a parser sees it, for the rows that scan.h has found.
 *
 * Threads:  pure functions
 * Source:   tree-sitter; it and its grammars are those of scripts/grammars.txt
 */
#ifndef TD_CHUNK_TREE_H
#define TD_CHUNK_TREE_H

#include "chunk/scan.h"

enum {
    TD_CHUNK_TREE_BYTES_MAX = 1 << 20, /* of source; a parser takes up to 60 times that */
};

/* Gives the rows [n] of bytes [start, end) the depth, flags and names that the syntax tree tells:
 * a row's depth is that of the outermost node that begins it. What the parser cannot make sense
 * of keeps the scanner's answer, moved to the depth where it stands; names stay the scanner's for
 * SQL and markup. Leaves the rows alone, and returns false, if there is no grammar for the
 * language, if the text is larger than TREE_BYTES_MAX, and if parsing takes more than 5 s, which
 * no text of that size is known to.
 *
 * Memory: the parser's own, freed on return. tree-sitter ends the program when there is none,
 * which the cap on the text makes as unlikely as it can be.
 * Cost: about 1 s for 5 MB. */
bool td_chunk_tree_refine(td_str text, size_t start, size_t end, td_str language,
                          td_chunk_row *rows, size_t n);

#endif
