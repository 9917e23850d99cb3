/* embed/kernels/narrow_rows.h - rows into the form in which they are multiplied. */
#ifndef TD_EMBED_KERNELS_NARROW_ROWS_H
#define TD_EMBED_KERNELS_NARROW_ROWS_H

#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <math.h>

/* What is known of a row that becomes u8. */
typedef struct row_range {
    vec least, most;
    vec bad; /* 0, or NaN if a value is not finite: rounding would hide it */
} row_range;

static ALWAYS row_range range_of_nothing(void)
{
    return (row_range){v_set(0), v_set(0), v_set(0)};
}
static ALWAYS void range_add(row_range *range, vec x)
{
    range->least = v_min(range->least, x);
    range->most = v_max(range->most, x);
    range->bad = v_fma(x, v_set(0), range->bad);
}

/* Zero is always within the range, so that it has a code of its own. */
static ALWAYS td_row_scale range_scale(const row_range *range, float *inverse_out)
{
    float least = v_least(range->least), most = v_most(range->most);
    float scale = (most - least) / 255;
    float inverse = scale > 0 ? 1 / scale : 0;
    *inverse_out = inverse;
    return (td_row_scale){scale + v_sum(range->bad), nearbyintf(-least * inverse)};
}

/* y of a norm, for the columns from i on: as the row has them, without `weight`. */
typedef struct norm_row_state {
    const float *x;
    const td_norming *work;
    vec mean, scale;
} norm_row_state;

static ALWAYS vec normed(const norm_row_state *s, size_t i)
{
    size_t left = s->work->n - i;
    vec x = v_load_cut(s->x + i, left);
    if (!s->work->weight)
        return x;
    vec y = v_mul(v_mul(v_sub(x, s->mean), s->scale), v_load_cut(s->work->weight + i, left));
    return s->work->bias ? v_add(y, v_load_cut(s->work->bias + i, left)) : y;
}

static void find_mean(norm_row_state *s)
{
    size_t n = s->work->n, whole = n / VECTOR_FLOATS * VECTOR_FLOATS;
    vec sum = v_load_n(s->x + whole, n - whole), squares = v_set(0);

    for (size_t i = 0; i < whole; i += VECTOR_FLOATS)
        sum = v_add(sum, v_load(s->x + i));
    float mean = v_sum(sum) / (float)n;
    s->mean = v_set(mean);
    for (size_t i = 0; i < whole; i += VECTOR_FLOATS) {
        vec d = v_sub(v_load(s->x + i), s->mean);
        squares = v_fma(d, d, squares);
    }
    float total = v_sum(squares);
    for (size_t i = whole; i < n; i++)
        total += (s->x[i] - mean) * (s->x[i] - mean);
    s->scale = v_set(1.0f / sqrtf(total / (float)n + s->work->eps));
}

static void write_bf16(const norm_row_state *s, float *out, uint16_t *coded)
{
    size_t n = s->work->n, end = (n + 31) / 32 * 32, i = 0;
    for (; i < n; i += VECTOR_FLOATS) {
        vec y = normed(s, i);
        if (out)
            v_store_cut(out + i, n - i, y);
        v_store_bf16(coded + i, y);
    }
    for (; i < end; i += VECTOR_FLOATS)
        v_store_bf16(coded + i, v_set(0));
}

/* Twice over the row: y is cheaper made again than kept. */
static td_row_scale write_int8(const norm_row_state *s, float *out, uint8_t *coded)
{
    row_range range = range_of_nothing();
    float inverse;
    for (size_t i = 0; i < s->work->n; i += VECTOR_FLOATS)
        range_add(&range, normed(s, i));
    td_row_scale scale = range_scale(&range, &inverse);
    vec steps = v_set(inverse), zero = v_set(scale.zero);
    for (size_t i = 0; i < s->work->n; i += VECTOR_FLOATS) {
        vec y = normed(s, i);
        if (out)
            v_store_cut(out + i, s->work->n - i, y);
        v_store_u8(coded + i, v_fma(y, steps, zero));
    }
    return scale;
}

static void narrow_norm(const float *x, size_t n_rows, const td_norming *work)
{
    size_t stride = td_embed_kernels_stride(work->n);
    const td_rows *coded = &work->coded;

    for (size_t r = 0; r < n_rows; r++) {
        norm_row_state s = {.x = x + r * stride, .work = work, .mean = v_set(0), .scale = v_set(0)};
        float *out = work->out ? work->out + r * stride : NULL;
        if (work->weight)
            find_mean(&s);
        if (!coded->values) {
            for (size_t i = 0; i < work->n; i += VECTOR_FLOATS)
                v_store_cut(out + i, work->n - i, normed(&s, i));
        } else if (work->precision == TD_PRECISION_INT8) {
            coded->scales[r] = write_int8(&s, out, coded->values + r * coded->stride);
        } else {
            write_bf16(&s, out, (uint16_t *)(coded->values + r * coded->stride));
        }
    }
}

static void narrow_code(const uint16_t *x, size_t x_stride, size_t n_rows, size_t n,
                        const td_rows *coded)
{
    for (size_t r = 0; r < n_rows; r++, x += x_stride) {
        uint8_t *to = coded->values + r * coded->stride;
        row_range range = range_of_nothing();
        float inverse;
        for (size_t i = 0; i < n; i += VECTOR_FLOATS)
            range_add(&range, v_load_bf16_cut(x + i, n - i));
        coded->scales[r] = range_scale(&range, &inverse);
        vec steps = v_set(inverse), zero = v_set(coded->scales[r].zero);
        for (size_t i = 0; i < n; i += VECTOR_FLOATS)
            v_store_u8(to + i, v_fma(v_load_bf16_cut(x + i, n - i), steps, zero));
    }
}

#endif
