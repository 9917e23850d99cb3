/* chunk/plain.h - what a model reads of a chunk: its words, and where it stands.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_PLAIN_H
#define TD_CHUNK_PLAIN_H

#include "base/buf.h"

/* Appends Markdown without the targets of its links and images, "[a](http://b)" becomes "a", and
 * without the backslashes that keep signs from meaning something. Code between
 * back-ticks, or in fences of them or of tildes, stays as it is.
 * Errors: E_NOMEM, E_TOO_LARGE (the buffer's cap). Cost: linear, but for labels of links, which
 * move once. */
tandem_code td_chunk_plain_add(td_str markdown, td_buf *out, tandem_error *err);

#endif
