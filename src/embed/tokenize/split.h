/* embed/tokenize/split.h - text into the pieces within which byte-level BPE merges.
 *
 * Threads:  pure functions
 * Source:   the GPT-2 pattern, 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|
 *           ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ with the reference library's classes (tables.h)
 */
#ifndef TD_EMBED_TOKENIZE_SPLIT_H
#define TD_EMBED_TOKENIZE_SPLIT_H

#include "base/str.h"

/* Bytes of the piece that starts at `at` < text.n; at least 1. A byte that is no UTF-8 counts as a
 * character that is neither letter, number nor space. Cost of all pieces of a text: linear. */
size_t td_embed_tokenize_split_next(td_str text, size_t at);

#endif
