/* chunk/chunk.h - cuts a document into chunks at its own joints; code and prose apart.
 *
 * In:       td_document
 * Out:      td_chunks whose texts are slices of the document's text
 * Threads:  pure functions; call from any thread
 */
#ifndef TD_CHUNK_H
#define TD_CHUNK_H

#include "base/error.h"
#include "flow/chunks.h"
#include "flow/document.h"

typedef struct td_chunk_options {
    size_t struct_size;
    uint32_t size_chars;    /* a chunk's text is at most this many code points, 64..100000 */
    uint32_t overlap_chars; /* of prose with the chunk before it; < size_chars */
} td_chunk_options;

#define TD_CHUNK_OPTIONS                                                                  \
    (td_chunk_options)                                                                    \
    {                                                                                     \
        .struct_size = sizeof(td_chunk_options), .size_chars = 1600, .overlap_chars = 200 \
    }

/* Cuts. Arrays, headings and symbols live in `arena`; texts point into document->text. White space
 * alone makes no chunk. chunks_out->items[i].lane is left for route to set.
 * Errors: E_INVALID for options out of range, E_NOMEM, E_TOO_LARGE (the arena's cap).
 * Cost: linear in the text. */
tandem_code td_chunk_split(const td_document *document, const td_chunk_options *options,
                           td_arena *arena, td_chunks *chunks_out, tandem_error *err);

/* What a model is to read of a chunk: code as it is; prose under its heading path and without the
 * targets of its links, which are most of the tokens of a reference page and none of its meaning.
 * Lives in `arena`, or is the chunk's own text. Errors: E_NOMEM, E_TOO_LARGE (the arena's cap). */
tandem_code td_chunk_model_text(const tandem_chunk *chunk, td_arena *arena, td_str *text_out,
                                tandem_error *err);

/* How code-like a text is on its own, and what it most likely is (static text). Code: programs,
 * markup and configuration (HTML, CSS, JSON, YAML, TOML, INI, make ...), diffs, shell sessions
 * ("console"). Not code: prose ("markdown"), logs and stack traces ("log"), tables of values
 * ("csv"). "unknown" is code of no known language. Long texts are judged by samples. Cost:
 * linear. */
typedef struct td_chunk_look {
    float code;       /* 0..1; >= 0.5: code */
    float confidence; /* of that decision, 0.5..1 */
    td_str language;
} td_chunk_look;
td_chunk_look td_chunk_look_at(td_str text);

#endif
