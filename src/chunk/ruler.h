/* chunk/ruler.h - code points and lines before any byte of a text, without counting from its start.
 *
 * Threads:  read only once made
 */
#ifndef TD_CHUNK_RULER_H
#define TD_CHUNK_RULER_H

#include "base/arena.h"

typedef struct td_chunk_ruler {
    td_str text;
    struct td_chunk_ruler_mark *marks; /* one for each step of the text, and one past it */
    size_t n_marks;
} td_chunk_ruler;

/* Measures `text` (valid UTF-8), which must outlive the ruler; marks live in `arena`.
 * Errors: E_NOMEM, E_TOO_LARGE. Cost: linear, 16 bytes for each 512 of text. */
tandem_code td_chunk_ruler_init(td_chunk_ruler *ruler, td_str text, td_arena *arena,
                                tandem_error *err);

/* Code points, or newlines, that begin before `byte`. */
size_t td_chunk_ruler_chars(const td_chunk_ruler *ruler, size_t byte);
size_t td_chunk_ruler_newlines(const td_chunk_ruler *ruler, size_t byte);

/* Code points in bytes [start, end). */
size_t td_chunk_ruler_between(const td_chunk_ruler *ruler, size_t start, size_t end);

/* Where the text is `n_chars` code points past `byte`, or its end. Cost: logarithmic. */
size_t td_chunk_ruler_forward(const td_chunk_ruler *ruler, size_t byte, size_t n_chars);

#endif
