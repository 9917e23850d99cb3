/* serve/decode.h - token ids back to text.
 *
 * Threads:  any
 * Source:   WordPiece ("##ing") and byte-level BPE ("Ġhello"), as the `tokenizers` library decodes
 */
#ifndef SERVE_DECODE_H
#define SERVE_DECODE_H

#include "tandem/tandem.h"

/* Whether an id is [CLS], [SEP], <s> or the like. */
bool decode_is_special(tandem_str token);

/* The text of n ids, malloc'ed; NULL for an id that the model has not, or when memory is out. */
char *decode_ids(tandem_embedder *embedder, const uint32_t *ids, size_t n, bool skip_special);

#endif
