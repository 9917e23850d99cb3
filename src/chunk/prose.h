/* chunk/prose.h - Markdown, reStructuredText and plain text into chunks.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_PROSE_H
#define TD_CHUNK_PROSE_H

#include "chunk/sink.h"

/* Cuts sink->text. Errors: E_NOMEM, E_TOO_LARGE. Cost: linear. */
tandem_code td_chunk_prose_split(td_chunk_sink *sink, td_format format, tandem_error *err);

#endif
