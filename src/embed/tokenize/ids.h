/* embed/tokenize/ids.h - ids on their way out, up to the caller's limit. */
#ifndef TD_EMBED_TOKENIZE_IDS_H
#define TD_EMBED_TOKENIZE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_ids {
    uint32_t *items; /* [n_max], the caller's */
    size_t n, n_max;
    bool full; /* an id had no room: nothing that follows can matter */
} td_ids;

static inline void td_embed_tokenize_ids_add(td_ids *ids, uint32_t id)
{
    if (ids->n < ids->n_max)
        ids->items[ids->n++] = id;
    else
        ids->full = true;
}

#endif
