/* chunk/sink.h - where the parts of a document become its chunks.
 *
 * The sink trims a part, gives it its offsets in characters and lines, and keeps it.
 * Threads:  one owner
 */
#ifndef TD_CHUNK_SINK_H
#define TD_CHUNK_SINK_H

#include "base/error.h"
#include "chunk/chunk.h"
#include "chunk/measure.h"

typedef struct td_chunk_sink {
    td_str text; /* of the document */
    td_arena *arena;
    td_chunk_ruler ruler;
    td_chunk_measure prose, code; /* how large their parts are, and may be */
    /* Of code that goes where prose goes; both NULL where one meter counts all. */
    td_chunk_meter prose_meter;
    bool (*is_prose)(td_str text, td_str language);
    tandem_chunk *items;
    size_t n, capacity;
    size_t n_lines_read; /* by the cutters, with repeats; tests hold it linear */
} td_chunk_sink;

/* A part of the document: bytes, and what is said of them. Texts are static, in the document or in
 * the sink's arena. */
typedef struct td_chunk_part {
    size_t start, end;
    bool is_code;
    float confidence;
    td_str language, heading, symbol;
} td_chunk_part;

/* The options must have been checked; the sink must stay where it is.
 *
 *   code_alone  no part will be prose
 * Errors: as td_chunk_ruler_init and td_chunk_measure_init. */
tandem_code td_chunk_sink_init(td_chunk_sink *sink, td_str text, const td_chunk_options *options,
                               bool code_alone, td_arena *arena, tandem_error *err);

/* Keeps a part; one of white space alone is dropped. Where sizes are in tokens, a part that has
 * more than was thought becomes several. Errors: E_NOMEM, E_TOO_LARGE, those of the meter. */
tandem_code td_chunk_sink_add(td_chunk_sink *sink, const td_chunk_part *part, tandem_error *err);

/* Where the first code point in [start, end) stands that is no white space; `end` if none does. */
size_t td_chunk_sink_skip_space(const td_chunk_sink *sink, size_t start, size_t end);

/* Behind the last code point in [start, end) that is no white space; `start` if none is. */
size_t td_chunk_sink_drop_space(const td_chunk_sink *sink, size_t start, size_t end);

/* What a chunk of [start, end) would have by a measure of the sink: white space at both ends is no
 * part of it. Cost: logarithmic, and that white space. */
size_t td_chunk_sink_size(const td_chunk_sink *sink, const td_chunk_measure *measure, size_t start,
                          size_t end);

#endif
