/* chunk/units.h - rows and nested items, which stay whole in a table or list that does not fit.
 *
 * A row of a table is a line; in a grid of reStructuredText ("+---+") it goes to the next border,
 * and in a simple table ("===  ===") lines whose first column is blank go on with it.
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_UNITS_H
#define TD_CHUNK_UNITS_H

#include "chunk/blocks.h"
#include "chunk/measure.h"

/* Where a chunk that has [at, limit) of `block`, an item or a table, may end so that no row and
 * no item inside it is cut that would fit by itself: behind `limit` by white space at most. `at`
 * itself if what begins there would fit, but not up to `limit`; TD_STR_NONE if nothing need be kept
 * whole, whatever lies at `limit`. `at` is a line's first visible byte, or lies in a line that was
 * cut. Cost: linear in what fits, for each of at most 16 items inside each other. */
size_t td_chunk_units_cut(const td_chunk_block *block, const td_chunk_measure *measure, size_t at,
                          size_t limit);

#endif
