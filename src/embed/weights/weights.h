/* embed/weights/weights.h - tensors by name out of safetensors files, mapped, not copied.
 *
 * In:       the bytes of model.safetensors (or its shards), untrusted
 * Out:      td_tensor: where it lies, its shape, its type; checked against the file's size
 * Threads:  read-only once made; any thread
 * Source:   safetensors format, 8-byte length, JSON header, data
 */
#ifndef TD_EMBED_WEIGHTS_H
#define TD_EMBED_WEIGHTS_H

#include "base/error.h"
#include "base/str.h"

typedef enum td_dtype {
    TD_DTYPE_F32,
    TD_DTYPE_F16,
    TD_DTYPE_BF16,
    TD_DTYPE_I8,
    TD_DTYPE_OTHER, /* sized right, not readable as numbers here */
} td_dtype;

enum {
    TD_TENSOR_DIMS_MAX = 8
};

typedef struct td_tensor {
    td_str name;
    td_dtype dtype;
    size_t n_dims;
    uint64_t dims[TD_TENSOR_DIMS_MAX];
    size_t n_values;
    const uint8_t *data; /* little-endian, not aligned */
    size_t data_bytes;
    td_str file;                   /* the shard, for errors */
    const struct td_tensor *scale; /* of an I8 tensor [rows, ...]: `<name>_scale`, F32 [rows] */
} td_tensor;

typedef struct td_weights td_weights;

typedef struct td_weights_shard {
    td_str file; /* name for errors */
    td_str bytes;
} td_weights_shard;

/* Reads the headers of all shards. Borrows the bytes: a mapped file must not shrink meanwhile (the
 * system answers that with SIGBUS). Errors: E_FORMAT naming file and tensor. */
tandem_code td_embed_weights_open(const td_weights_shard *shards, size_t n_shards,
                                  td_weights **weights_out, tandem_error *err);
void td_embed_weights_close(td_weights *weights);

/* NULL if there is none of that name. */
const td_tensor *td_embed_weights_find(const td_weights *weights, const char *name);

/* How much there is, by the headers: values of all tensors, and the largest tensor's. */
typedef struct td_weights_sizes {
    size_t n_values, n_largest, largest_bytes;
} td_weights_sizes;
void td_embed_weights_sizes(const td_weights *weights, td_weights_sizes *sizes_out);

/* Reads a tensor as f32, row-major. An I8 tensor [rows, ...] needs a companion `<name>_scale` F32
 * [rows]: value = q * scale[row].
 *
 *   dims, n_dims  the shape that the architecture demands
 *   out           [product of dims] f32, caller's
 * Errors: E_FORMAT naming the tensor, its shape and the one expected, or its type. */
tandem_code td_embed_weights_read_f32(const td_weights *weights, const char *name,
                                      const uint64_t *dims, size_t n_dims, float *out,
                                      tandem_error *err);

/* The tensor must be there with this shape and a readable type; E_FORMAT otherwise. */
tandem_code td_embed_weights_need(const td_weights *weights, const char *name, const uint64_t *dims,
                                  size_t n_dims, const td_tensor **tensor_out, tandem_error *err);

/* Reads row `row` (of the first dimension) of a readable tensor that `need` gave.
 *
 *   out  [n_values / dims[0]] f32, caller's */
void td_embed_weights_read_row(const td_tensor *tensor, size_t row, float *out);

/* The same row where it lies, borrowed from the file; NULL where it has to be read: it is of
 * another type than f32, not aligned, or this machine's bytes go the other way. */
const float *td_embed_weights_get_row(const td_tensor *tensor, size_t row);

#endif
