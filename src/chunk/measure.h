/* chunk/measure.h - how large a part of a text is, in the unit that sizes are asked for in.
 *
 * Code points are counted exactly. Tokens are counted once, piece by piece of a few bytes, and
 * added up: a part's size is then the sum of the pieces it touches, which is right to a few tokens
 * where words are long. The sink counts each chunk itself, so no chunk is too large for that.
 * Threads:  read only once made
 */
#ifndef TD_CHUNK_MEASURE_H
#define TD_CHUNK_MEASURE_H

#include "chunk/chunk.h"
#include "chunk/ruler.h"

typedef struct td_chunk_measure {
    const td_chunk_ruler *ruler;
    td_chunk_meter meter;                  /* count NULL: code points */
    struct td_chunk_measure_piece *pieces; /* tokens: all of the text, and one past it */
    size_t n_pieces;
    size_t size, overlap; /* what a part may have, and repeat of the one before */
    size_t most;          /* what td_chunk_measure_text may say of a chunk */
} td_chunk_measure;

/* `ruler` must outlive the measure; pieces live in `arena`. The options must have been checked.
 * Errors: E_INVALID for a size that what the meter counts of an empty text leaves no room in;
 * E_NOMEM, E_TOO_LARGE, those of the meter.
 * Cost: linear; in tokens some 3 bytes for each byte of text. */
tandem_code td_chunk_measure_init(td_chunk_measure *measure, const td_chunk_ruler *ruler,
                                  const td_chunk_meter *meter, const td_chunk_options *options,
                                  td_arena *arena, tandem_error *err);

/* Of bytes [start, end). Cost: logarithmic. */
size_t td_chunk_measure_of(const td_chunk_measure *measure, size_t start, size_t end);

/* The last place to which a part from `start` on has at most n, or the text's end. */
size_t td_chunk_measure_forward(const td_chunk_measure *measure, size_t start, size_t n);

/* The first place from which a part up to `end` has at most n. */
size_t td_chunk_measure_back(const td_chunk_measure *measure, size_t end, size_t n);

/* What a text has by itself, as the meter counts it: exact. */
tandem_code td_chunk_measure_text(const td_chunk_measure *measure, td_str text, size_t *n_out,
                                  tandem_error *err);

#endif
