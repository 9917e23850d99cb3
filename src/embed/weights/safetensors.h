/* embed/weights/safetensors.h - one shard's header into a list of tensors.
 *
 * In:       a whole safetensors file, untrusted
 * Out:      td_tensor items, each checked against the file's size; together they tile the data
 * Source:   huggingface/safetensors: 8 bytes little-endian length, JSON, data without holes
 */
#ifndef TD_EMBED_WEIGHTS_SAFETENSORS_H
#define TD_EMBED_WEIGHTS_SAFETENSORS_H

#include "embed/weights/weights.h"

typedef struct td_tensor_list {
    td_tensor *items; /* their names are their own copies */
    size_t n, capacity;
} td_tensor_list;

/* Appends the shard's tensors. On failure the list may hold some: clear it all the same.
 * Errors: E_FORMAT naming file and tensor, E_TOO_LARGE for a header past its caps, E_NOMEM. */
tandem_code td_embed_weights_safetensors_read(const td_weights_shard *shard, td_tensor_list *list,
                                              tandem_error *err);
void td_embed_weights_safetensors_clear(td_tensor_list *list);

#endif
