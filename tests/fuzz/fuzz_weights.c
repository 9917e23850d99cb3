/* fuzz: embed/weights */
/* Any bytes as a safetensors file: what opens must be readable to its last byte. */
#include "embed/weights/weights.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tensor(const td_weights *weights, const char *name)
{
    const td_tensor *tensor = td_embed_weights_find(weights, name);
    const td_tensor *needed = NULL;
    if (!tensor || tensor->n_values == 0 || tensor->n_values > 1 << 16)
        return;
    if (td_embed_weights_need(weights, name, tensor->dims, tensor->n_dims, &needed, NULL) !=
        TANDEM_OK)
        return;
    float *out = malloc(tensor->n_values * sizeof(*out));
    if (out)
        (void)td_embed_weights_read_f32(weights, name, tensor->dims, tensor->n_dims, out, NULL);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that a read past its end is seen. */
    char *copy = malloc(size ? size : 1);
    td_weights *weights = NULL;
    tandem_error err;

    if (!copy)
        return 0;
    memcpy(copy, data, size);
    td_weights_shard shard = {TD_STR("fuzz"), {copy, size}};
    if (td_embed_weights_open(&shard, 1, &weights, &err) == TANDEM_OK) {
        read_tensor(weights, "a");
        read_tensor(weights, "b");
        read_tensor(weights, "");
        td_embed_weights_close(weights);
    }
    free(copy);
    return 0;
}
