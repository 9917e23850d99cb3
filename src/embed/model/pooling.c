#include "embed/model/pooling.h"

#include <math.h>

tandem_code td_embed_model_pooling_mean(const float *rows, size_t stride, size_t n_rows, size_t dim,
                                        float *out, tandem_error *err)
{
    if (n_rows == 0)
        return td_fail(err, TANDEM_E_EMPTY, "no tokens to take the mean of");
    for (size_t i = 0; i < dim; i++)
        out[i] = rows[i];
    for (size_t r = 1; r < n_rows; r++) {
        const float *row = rows + r * stride;
        for (size_t i = 0; i < dim; i++)
            out[i] += row[i];
    }
    for (size_t i = 0; i < dim; i++)
        out[i] /= (float)n_rows;
    return TANDEM_OK;
}

tandem_code td_embed_model_pooling_normalize(float *vector, size_t dim, tandem_error *err)
{
    double squares = 0;
    for (size_t i = 0; i < dim; i++)
        squares += (double)vector[i] * vector[i];
    double length = sqrt(squares);
    if (!isfinite(length))
        return td_fail(err, TANDEM_E_FORMAT, "the model's vector is not finite");
    if (length < 1e-12)
        return td_fail(err, TANDEM_E_FORMAT, "the model's vector is zero: it has no direction");
    for (size_t i = 0; i < dim; i++)
        vector[i] = (float)(vector[i] / length);
    return TANDEM_OK;
}
