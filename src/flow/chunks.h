/* flow/chunks.h - the chunks of one document, in its order.
 *
 * The texts of the chunks are slices of the document's text: keep the document as long.
 * Threads:  one owner at a time
 */
#ifndef TD_FLOW_CHUNKS_H
#define TD_FLOW_CHUNKS_H

#include "tandem/value.h"

#include "base/arena.h"

typedef struct td_chunks {
    tandem_chunk *items; /* [n], in the arena that was given to the splitter */
    size_t n;
} td_chunks;

#endif
