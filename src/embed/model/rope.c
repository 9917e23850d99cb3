#include "embed/model/rope.h"

#include "embed/kernels/kernels.h"

#include <math.h>
#include <stdlib.h>

void td_embed_model_rope_default(double base, size_t dim, double *inverse)
{
    for (size_t i = 0; i < dim / 2; i++)
        inverse[i] = pow(base, -2.0 * (double)i / (double)dim);
}

void td_embed_model_rope_ntk(double base, double factor, size_t dim, double *inverse)
{
    td_embed_model_rope_default(base * factor, dim, inverse);
    for (size_t i = 0; i < dim / 2; i++)
        inverse[i] /= pow(factor, 2.0 / (double)dim);
}

void td_embed_model_rope_mixed(double base, double factor, double mixed_b, size_t dim,
                               double *inverse)
{
    double a = log(factor) / pow((double)dim / 2, mixed_b);
    td_embed_model_rope_default(base, dim, inverse);
    for (size_t i = 0; i < dim / 2; i++)
        inverse[i] /= exp(a * pow((double)i + 1, mixed_b));
}

void td_embed_model_rope_fill(const double *inverse, size_t dim, size_t n_positions, float *angles)
{
    for (size_t p = 0; p < n_positions; p++, angles += dim) {
        for (size_t i = 0; i < dim / 2; i++) {
            angles[i] = (float)cos((double)p * inverse[i]);
            angles[dim / 2 + i] = (float)sin((double)p * inverse[i]);
        }
    }
}

tandem_code td_embed_model_rope_make(td_rope *rope, const double *inverse, tandem_error *err)
{
    rope->angles = td_embed_kernels_floats(rope->n_positions * rope->dim);
    if (!rope->angles)
        return td_fail_nomem(err, "rotary positions");
    td_embed_model_rope_fill(inverse, rope->dim, rope->n_positions, rope->angles);
    return TANDEM_OK;
}

void td_embed_model_rope_clear(td_rope *rope)
{
    free(rope->angles);
    *rope = (td_rope){0};
}

bool td_embed_model_rope_is_own(const td_rope *rope, size_t n_tokens)
{
    return rope->dynamic_factor > 0 && n_tokens > rope->trained;
}

void td_embed_model_rope_fill_own(const td_rope *rope, size_t n_tokens, float *angles)
{
    double inverse[TD_HEAD_DIM_MAX / 2], dim = (double)rope->dim, s = rope->dynamic_factor;
    double stretch = s * (double)n_tokens / (double)rope->trained - (s - 1);
    td_embed_model_rope_default(rope->base * pow(stretch, dim / (dim - 2)), rope->dim, inverse);
    td_embed_model_rope_fill(inverse, rope->dim, n_tokens, angles);
}
