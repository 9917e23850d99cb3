/* embed/tokenize/vocab.h - the token of an id. A lookup (lookup.h) goes the other way.
 *
 * Threads:  read-only once filled
 */
#ifndef TD_EMBED_TOKENIZE_VOCAB_H
#define TD_EMBED_TOKENIZE_VOCAB_H

#include "base/buf.h"

enum {
    TD_VOCAB_IDS_MAX = 1 << 21,         /* the largest in use has 2^18 */
    TD_VOCAB_BYTES_MAX = 64 * (1 << 20) /* of all tokens; keeps offsets in 32 bits */
};

#define TD_NO_ID UINT32_MAX

typedef struct td_vocab_item {
    uint32_t at;           /* bytes[at, at + n) */
    uint32_t n : 31;       /* 0: no such id */
    uint32_t is_added : 1; /* not the model's own: it never comes out of a word */
} td_vocab_item;

typedef struct td_vocab {
    td_buf bytes;
    td_vocab_item *items;
    size_t n_ids, capacity; /* the largest id + 1 */
} td_vocab;

#define TD_VOCAB ((td_vocab){.bytes = TD_BUF(TD_VOCAB_BYTES_MAX)})

/* Gives `id` a token (again: the old one is forgotten). An empty token leaves the id without one.
 * Errors: E_TOO_LARGE past the caps, E_NOMEM. */
tandem_code td_embed_tokenize_vocab_set(td_vocab *vocab, uint32_t id, td_str token, bool is_added,
                                        tandem_error *err);
void td_embed_tokenize_vocab_clear(td_vocab *vocab);

/* The token; ptr NULL if there is none. Borrowed. */
td_str td_embed_tokenize_vocab_get(const td_vocab *vocab, uint32_t id);

#endif
