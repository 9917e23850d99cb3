/* embed/model/pooling.h - one vector per text, from one row per token.
 *
 * Threads:  pure functions
 * Source:   "Pooling" and "Normalize" of sentence-transformers
 */
#ifndef TD_EMBED_MODEL_POOLING_H
#define TD_EMBED_MODEL_POOLING_H

#include "base/error.h"

#include <stddef.h>

/* Mean of the rows.
 *
 *   rows  [n_rows, dim], `stride` floats apart
 *   out   [dim], written only on success
 * Errors: E_EMPTY without rows: zeros have no direction and would look like success. */
tandem_code td_embed_model_pooling_mean(const float *rows, size_t stride, size_t n_rows, size_t dim,
                                        float *out, tandem_error *err);

/* Scales a vector to length 1. Errors: E_FORMAT if it is zero or not finite. */
tandem_code td_embed_model_pooling_normalize(float *vector, size_t dim, tandem_error *err);

#endif
