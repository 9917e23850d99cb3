#include "embed/weights/weights.h"

#include "embed/weights/numbers.h"
#include "embed/weights/safetensors.h"

#include <stdio.h>
#include <stdlib.h>

struct td_weights {
    td_tensor_list list; /* sorted by name */
    td_str first_file;
};

static int by_name(const void *a, const void *b)
{
    return td_str_compare(((const td_tensor *)a)->name, ((const td_tensor *)b)->name);
}

static tandem_code check_unique(const td_tensor_list *list, tandem_error *err)
{
    for (size_t i = 1; i < list->n; i++) {
        if (td_str_eq(list->items[i].name, list->items[i - 1].name))
            return td_fail(err, TANDEM_E_FORMAT, "%.*s: tensor \"%.*s\" is also in %.*s",
                           TD_STR_FMT(list->items[i].file), TD_STR_FMT(list->items[i].name),
                           TD_STR_FMT(list->items[i - 1].file));
    }
    return TANDEM_OK;
}

const td_tensor *td_embed_weights_find(const td_weights *weights, const char *name)
{
    td_tensor key = {.name = td_str_from(name)};
    if (weights->list.n == 0)
        return NULL;
    return bsearch(&key, weights->list.items, weights->list.n, sizeof(key), by_name);
}

void td_embed_weights_sizes(const td_weights *weights, td_weights_sizes *sizes_out)
{
    td_weights_sizes sizes = {0};
    for (size_t i = 0; i < weights->list.n; i++) {
        const td_tensor *tensor = &weights->list.items[i];
        sizes.n_values += tensor->n_values; /* no more than bytes of files that are mapped */
        if (tensor->n_values > sizes.n_largest) {
            sizes.n_largest = tensor->n_values;
            sizes.largest_bytes = tensor->data_bytes;
        }
    }
    *sizes_out = sizes;
}

/* Ties each I8 tensor to its `<name>_scale`. One without stays unreadable, which is only an error
 * if somebody needs it. */
static void find_scales(td_weights *weights)
{
    for (size_t i = 0; i < weights->list.n; i++) {
        td_tensor *tensor = &weights->list.items[i];
        char name[1024];
        int n = snprintf(name, sizeof(name), "%.*s_scale", TD_STR_FMT(tensor->name));
        if (tensor->dtype != TD_DTYPE_I8 || tensor->n_dims == 0 || n >= (int)sizeof(name))
            continue;
        const td_tensor *scale = td_embed_weights_find(weights, name);
        if (scale && scale->dtype == TD_DTYPE_F32 && scale->n_dims == 1 &&
            scale->dims[0] == tensor->dims[0])
            tensor->scale = scale;
    }
}

tandem_code td_embed_weights_open(const td_weights_shard *shards, size_t n_shards,
                                  td_weights **weights_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_weights *weights = calloc(1, sizeof(*weights));

    if (!weights) {
        code = td_fail_nomem(err, "weights");
        goto out;
    }
    weights->first_file = n_shards > 0 ? shards[0].file : TD_STR("weights");
    for (size_t i = 0; i < n_shards; i++)
        TD_TRY(td_embed_weights_safetensors_read(&shards[i], &weights->list, err));
    if (weights->list.n > 0)
        qsort(weights->list.items, weights->list.n, sizeof(td_tensor), by_name);
    TD_TRY(check_unique(&weights->list, err));
    find_scales(weights);
    *weights_out = weights;
    weights = NULL;

out:
    td_embed_weights_close(weights);
    return code;
}

void td_embed_weights_close(td_weights *weights)
{
    if (!weights)
        return;
    td_embed_weights_safetensors_clear(&weights->list);
    free(weights);
}

static void shape_text(const uint64_t *dims, size_t n_dims, char out[96])
{
    size_t n = 0;
    out[n++] = '[';
    for (size_t i = 0; i < n_dims && n < 64; i++)
        n +=
            (size_t)snprintf(out + n, 96 - n, "%s%llu", i ? ", " : "", (unsigned long long)dims[i]);
    snprintf(out + n, 96 - n, "]");
}

static bool same_shape(const td_tensor *tensor, const uint64_t *dims, size_t n_dims)
{
    return tensor->n_dims == n_dims &&
           (n_dims == 0 || memcmp(tensor->dims, dims, n_dims * sizeof(*dims)) == 0);
}

tandem_code td_embed_weights_need(const td_weights *weights, const char *name, const uint64_t *dims,
                                  size_t n_dims, const td_tensor **tensor_out, tandem_error *err)
{
    const td_tensor *tensor = td_embed_weights_find(weights, name);
    char have[96], want[96];

    if (!tensor)
        return td_fail(err, TANDEM_E_FORMAT, "%.*s: tensor \"%s\" is missing",
                       TD_STR_FMT(weights->first_file), name);
    if (!same_shape(tensor, dims, n_dims)) {
        shape_text(tensor->dims, tensor->n_dims, have);
        shape_text(dims, n_dims, want);
        return td_fail(err, TANDEM_E_FORMAT,
                       "%.*s: tensor \"%s\" has shape %s, config.json asks for %s",
                       TD_STR_FMT(tensor->file), name, have, want);
    }
    if (tensor->dtype == TD_DTYPE_OTHER)
        return td_fail(err, TANDEM_E_FORMAT,
                       "%.*s: tensor \"%s\" is of a dtype other than F32, F16, BF16 and I8",
                       TD_STR_FMT(tensor->file), name);
    if (tensor->dtype == TD_DTYPE_I8 && !tensor->scale)
        return td_fail(err, TANDEM_E_FORMAT,
                       "%.*s: tensor \"%s\" is I8 but \"%s_scale\", F32 with one value a row, is "
                       "missing",
                       TD_STR_FMT(tensor->file), name, name);
    *tensor_out = tensor;
    return TANDEM_OK;
}

void td_embed_weights_read_row(const td_tensor *tensor, size_t row, float *out)
{
    size_t n_rows = tensor->n_dims > 0 ? (size_t)tensor->dims[0] : 1;
    size_t n = tensor->n_values / n_rows;
    size_t bytes = n * td_embed_weights_numbers_bytes(tensor->dtype);
    float scale = 1;

    td_assert_hot(row < n_rows);
    if (tensor->scale)
        td_embed_weights_numbers_read(tensor->scale->data + 4 * row, TD_DTYPE_F32, 1, 1, &scale);
    td_embed_weights_numbers_read(tensor->data + row * bytes, tensor->dtype, scale, n, out);
}

const float *td_embed_weights_get_row(const td_tensor *tensor, size_t row)
{
    const uint32_t one = 1;
    size_t n = tensor->n_values / (tensor->n_dims > 0 ? (size_t)tensor->dims[0] : 1);
    const uint8_t *data = tensor->data + row * n * sizeof(float);

    if (tensor->dtype != TD_DTYPE_F32 || (uintptr_t)data % _Alignof(float) != 0 ||
        *(const uint8_t *)&one == 0)
        return NULL;
    return (const float *)(const void *)data;
}

tandem_code td_embed_weights_read_f32(const td_weights *weights, const char *name,
                                      const uint64_t *dims, size_t n_dims, float *out,
                                      tandem_error *err)
{
    const td_tensor *tensor = NULL;
    tandem_code code = td_embed_weights_need(weights, name, dims, n_dims, &tensor, err);
    if (code != TANDEM_OK || tensor->n_values == 0)
        return code;
    size_t n_rows = n_dims > 0 ? (size_t)dims[0] : 1;
    for (size_t row = 0; row < n_rows; row++)
        td_embed_weights_read_row(tensor, row, out + row * (tensor->n_values / n_rows));
    return TANDEM_OK;
}
