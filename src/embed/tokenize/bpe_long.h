/* embed/tokenize/bpe_long.h - merging in pieces too long for a search through all pairs.
 *
 * A queue ordered by rank and place takes the place of the search. A piece longer than a window is
 * merged a window at a time: what is far from the window's end is kept, the next window starts
 * where that ends, and if its first token is not the one that the window before had there, the
 * piece is merged anew in one go. So memory stays bounded for a text of one endless word.
 *
 * Threads:  pure functions on a read-only model
 * Source:   invariant 3 of bpe.h
 */
#ifndef TD_EMBED_TOKENIZE_BPE_LONG_H
#define TD_EMBED_TOKENIZE_BPE_LONG_H

#include "embed/tokenize/bpe.h"

enum {
    TD_BPE_WINDOW = 8192 /* bytes */
};

/* Ids of one piece. `window` is TD_BPE_WINDOW but in tests. Errors: E_NOMEM, E_TOO_LARGE. */
tandem_code td_embed_tokenize_bpe_long_run(const td_bpe *bpe, td_str piece, size_t window,
                                           td_ids *ids, tandem_error *err);

#endif
