/* embed/kernels/narrow_plain.c - the definition of the narrow kernels, in plain C.
 *
 * Written to be read. What a table's own producer sums in another order, or its rougher functions
 * round otherwise, may differ in bf16's last place; int8 products before the epilogue do not.
 */
#include "embed/kernels/narrow.h"
#include "embed/kernels/tables.h"

#include <math.h>
#include <string.h>

/* ---- linear ---- */

/* Input k of a panel's column, as the matrix holds it: 4 bytes a group, 16 groups a step. */
static const uint8_t *weight_at(const td_matrix *matrix, size_t panel, size_t column, size_t byte)
{
    size_t step = panel * matrix->n_steps + byte / TD_NARROW_STEP;
    return matrix->codes + step * PANEL_STEP + column / 16 * PANEL_HALF +
           byte % TD_NARROW_STEP / 4 * 64 + column % 16 * 4 + byte % 4;
}

static float bf16_at(const uint8_t *bytes)
{
    uint16_t x;
    memcpy(&x, bytes, sizeof(x));
    return from_bf16(x);
}

static float product_bf16(const td_matrix *matrix, size_t panel, size_t column, const uint8_t *row)
{
    float sum = 0;
    for (size_t k = 0; k < matrix->n_in; k++)
        sum += bf16_at(row + 2 * k) * bf16_at(weight_at(matrix, panel, column, 2 * k));
    return sum;
}

static float product_int8(const td_matrix *matrix, size_t panel, size_t column, const uint8_t *row,
                          td_row_scale scale)
{
    size_t at = panel * TD_NARROW_WIDTH + column;
    int32_t sum = 0;
    for (size_t k = 0; k < matrix->n_in; k++)
        sum += row[k] * (int8_t)*weight_at(matrix, panel, column, k);
    return ((float)sum - scale.zero * matrix->sums[at]) * (scale.scale * matrix->scales[at]);
}

/* One output to its place in the row that starts at `row`; without a gate, that is the value. */
static void finish(const td_matrix *matrix, size_t column, float value, float gate,
                   const td_epilogue *e, size_t row)
{
    float y = td_embed_kernels_plain_activate(e->activation, gate);
    y = matrix->gated ? value * y : y;
    if (e->out_bf16)
        e->out_bf16[row + column] = to_bf16(y);
    else if (column < matrix->n_out)
        e->out[row + column] = e->add ? e->out[row + column] + y : y;
}

static void linear(const td_matrix *matrix, const td_rows *x, size_t n_rows, size_t panel_from,
                   size_t panel_to, const td_epilogue *epilogue)
{
    const size_t n_out = matrix->n_panel_out;
    float products[TD_NARROW_WIDTH];

    for (size_t panel = panel_from; panel < panel_to; panel++) {
        for (size_t r = 0; r < n_rows; r++) {
            const uint8_t *row = x->values + r * x->stride;
            for (size_t c = 0; c < TD_NARROW_WIDTH; c++)
                products[c] = matrix->bias[panel * TD_NARROW_WIDTH + c] +
                              (matrix->precision == TD_PRECISION_INT8
                                   ? product_int8(matrix, panel, c, row, x->scales[r])
                                   : product_bf16(matrix, panel, c, row));
            for (size_t c = 0; c < n_out; c++)
                finish(matrix, panel * n_out + c, products[c],
                       products[matrix->gated ? c + n_out : c], epilogue, r * epilogue->out_stride);
        }
    }
    /* The next product reads whole steps, but a gated panel is half a step of bf16 wide. */
    bool odd = epilogue->out_bf16 && matrix->gated && matrix->n_panels % 2 == 1;
    for (size_t r = 0; odd && panel_to == matrix->n_panels && r < n_rows; r++)
        memset(epilogue->out_bf16 + r * epilogue->out_stride + matrix->n_panels * n_out, 0,
               TD_NARROW_STEP / 2);
}

/* ---- rows ---- */

/* A row's values, whatever they are made of. */
typedef struct row_source {
    const float *x;
    const uint16_t *bf16; /* in place of x */
    const td_norming *work;
    float mean, scale; /* with work->weight */
} row_source;

static float value_at(const row_source *s, size_t i)
{
    if (s->bf16)
        return from_bf16(s->bf16[i]);
    if (!s->work->weight)
        return s->x[i];
    return (s->x[i] - s->mean) * s->scale * s->work->weight[i] +
           (s->work->bias ? s->work->bias[i] : 0);
}

/* Asymmetric: 255 steps from the least to the largest value, zero among them. */
static td_row_scale code_row(const row_source *s, size_t n, float *out, uint8_t *codes)
{
    float least = 0, most = 0, bad = 0;
    for (size_t i = 0; i < n; i++) {
        float x = value_at(s, i);
        least = x < least ? x : least;
        most = x > most ? x : most;
        bad += x * 0; /* NaN if a value is not finite: rounding would hide it */
    }
    td_row_scale scale = {.scale = (most - least) / 255};
    float inverse = scale.scale > 0 ? 1 / scale.scale : 0;
    scale.zero = nearbyintf(-least * inverse);
    for (size_t i = 0; i < n; i++) {
        float x = value_at(s, i), code = nearbyintf(x * inverse + scale.zero);
        codes[i] = code > 0 ? code < 255 ? (uint8_t)code : 255 : 0;
        if (out)
            out[i] = x;
    }
    scale.scale += bad;
    return scale;
}

static void find_mean(row_source *s)
{
    float sum = 0, squares = 0, n = (float)s->work->n;
    for (size_t i = 0; i < s->work->n; i++)
        sum += s->x[i];
    s->mean = sum / n;
    for (size_t i = 0; i < s->work->n; i++)
        squares += (s->x[i] - s->mean) * (s->x[i] - s->mean);
    s->scale = 1.0f / sqrtf(squares / n + s->work->eps);
}

static void norm(const float *x, size_t n_rows, const td_norming *work)
{
    size_t stride = td_embed_kernels_stride(work->n), n = work->n;

    for (size_t r = 0; r < n_rows; r++) {
        row_source s = {.x = x + r * stride, .work = work};
        float *out = work->out ? work->out + r * stride : NULL;
        uint8_t *coded = work->coded.values ? work->coded.values + r * work->coded.stride : NULL;
        if (work->weight)
            find_mean(&s);
        if (coded && work->precision == TD_PRECISION_INT8) {
            work->coded.scales[r] = code_row(&s, n, out, coded);
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            float y = value_at(&s, i);
            if (coded)
                ((uint16_t *)coded)[i] = to_bf16(y);
            if (out)
                out[i] = y;
        }
        if (coded)
            memset(coded + 2 * n, 0, (n + 31) / 32 * 64 - 2 * n);
    }
}

static void code(const uint16_t *x, size_t x_stride, size_t n_rows, size_t n, const td_rows *coded)
{
    for (size_t r = 0; r < n_rows; r++) {
        row_source s = {.bf16 = x + r * x_stride};
        coded->scales[r] = code_row(&s, n, NULL, coded->values + r * coded->stride);
    }
}

/* ---- attention ---- */

/* A row of queries or keys, turned by its position and rounded again, as the fast ones have it. */
static void turned(const uint16_t *x, const float *angles, size_t head_dim, float *out)
{
    for (size_t i = 0; i < head_dim; i++)
        out[i] = from_bf16(x[i]);
    if (!angles)
        return;
    td_embed_kernels_plain_rope(out, 1, head_dim, angles);
    for (size_t i = 0; i < head_dim; i++)
        out[i] = from_bf16(to_bf16(out[i]));
}

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Keys as f32, then scores: both in the scratch. */
static void attention(const td_narrow_attention *work)
{
    size_t n = work->n_tokens, dim = work->head_dim;
    float *scores = (float *)work->scratch, q[TD_HEAD_DIM_MAX], k[TD_HEAD_DIM_MAX];
    float scale = 1.0f / sqrtf((float)dim);

    for (size_t i = 0; i < work->n_queries; i++) {
        size_t from = i > work->window ? i - work->window : 0;
        size_t to = n - i > work->window ? i + work->window + 1 : n;
        float most = -INFINITY, sum = 0, out[TD_HEAD_DIM_MAX] = {0};
        to = to < n ? to : n;
        turned(work->q + i * work->stride, work->angles ? work->angles[i] : NULL, dim, q);
        for (size_t j = from; j < to; j++) {
            turned(work->k + j * work->stride, work->angles ? work->angles[j] : NULL, dim, k);
            scores[j] = dot(q, k, dim);
            most = scores[j] > most ? scores[j] : most;
        }
        for (size_t j = from; j < to; j++) {
            float weight = expf((scores[j] - most) * scale);
            sum += weight;
            weight = from_bf16(to_bf16(weight));
            for (size_t d = 0; d < dim; d++)
                out[d] += weight * from_bf16(work->v[j * work->stride + d]);
        }
        for (size_t d = 0; d < dim; d++)
            work->out[i * work->out_stride + d] = to_bf16(out[d] / sum);
    }
}

const td_narrow td_embed_kernels_narrow_plain = {
    .tile_rows = 4,
    .block_bytes = (size_t)512 * 1024,
    .linear = linear,
    .norm = norm,
    .code = code,
    .attention = attention,
};
