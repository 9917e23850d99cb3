/* embed/kernels/plain.c - the definition of every kernel, in plain C.
 *
 * Written to be read, not to be fast; still a tile at a time, since a CPU without a table of its
 * own runs on this one.
 */
#include "embed/kernels/tables.h"

#include <math.h>
#include <string.h>

enum {
    ROWS = 4,
    WIDTH = 16
};

float td_embed_kernels_plain_activate(td_activation activation, float x)
{
    switch (activation) {
    case TD_ACTIVATION_GELU:
        return 0.5f * x * (1.0f + erff(x * 0.70710678f));
    case TD_ACTIVATION_GELU_TANH:
        return 0.5f * x * (1.0f + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case TD_ACTIVATION_SILU:
        return x / (1.0f + expf(-x));
    case TD_ACTIVATION_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case TD_ACTIVATION_NONE:
        break;
    }
    return x;
}

/* Products of up to ROWS rows with one panel. */
static void multiply(const float *x, size_t x_stride, size_t n_rows, const float *panel,
                     size_t n_in, float tile[ROWS][WIDTH])
{
    memset(tile, 0, sizeof(float) * ROWS * WIDTH);
    for (size_t k = 0; k < n_in; k++) {
        for (size_t m = 0; m < n_rows; m++) {
            for (size_t c = 0; c < WIDTH; c++)
                tile[m][c] += x[m * x_stride + k] * panel[k * WIDTH + c];
        }
    }
}

void td_embed_kernels_plain_finish(const td_matrix *matrix, size_t panel, const float *products,
                                   const td_epilogue *epilogue, float *row)
{
    const float *bias = matrix->bias + panel * matrix->kernels->panel_width;
    size_t first = panel * matrix->n_panel_out, n = matrix->n_panel_out;
    n = matrix->n_out - first < n ? matrix->n_out - first : n;

    for (size_t c = 0; c < n; c++) {
        float value = products[c] + bias[c];
        if (matrix->gated) {
            size_t gate = c + matrix->n_panel_out;
            value *=
                td_embed_kernels_plain_activate(epilogue->activation, products[gate] + bias[gate]);
        } else {
            value = td_embed_kernels_plain_activate(epilogue->activation, value);
        }
        row[first + c] = epilogue->add ? row[first + c] + value : value;
    }
}

static tandem_code linear(const td_matrix *matrix, const float *x, size_t n_rows, size_t panel_from,
                          size_t panel_to, const td_epilogue *epilogue)
{
    size_t x_stride = td_embed_kernels_stride(matrix->n_in);
    float tile[ROWS][WIDTH];

    for (size_t panel = panel_from; panel < panel_to; panel++) {
        const float *weights = matrix->panels + panel * matrix->n_in * WIDTH;
        for (size_t row = 0; row < n_rows; row += ROWS) {
            size_t n = n_rows - row < ROWS ? n_rows - row : ROWS;
            multiply(x + row * x_stride, x_stride, n, weights, matrix->n_in, tile);
            for (size_t m = 0; m < n; m++)
                td_embed_kernels_plain_finish(matrix, panel, tile[m], epilogue,
                                              epilogue->out + (row + m) * epilogue->out_stride);
        }
    }
    return TANDEM_OK;
}

void td_embed_kernels_plain_norm(const float *x, size_t n_rows, size_t n, const float *weight,
                                 const float *bias, float eps, float *out)
{
    size_t stride = td_embed_kernels_stride(n);
    for (size_t r = 0; r < n_rows; r++, x += stride, out += stride) {
        float sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[i];
        float mean = sum / (float)n;
        for (size_t i = 0; i < n; i++)
            squares += (x[i] - mean) * (x[i] - mean);
        float scale = 1.0f / sqrtf(squares / (float)n + eps);
        for (size_t i = 0; i < n; i++)
            out[i] = (x[i] - mean) * scale * weight[i] + (bias ? bias[i] : 0);
    }
}

void td_embed_kernels_plain_rope(float *row, size_t n_heads, size_t head_dim, const float *angles)
{
    size_t half = head_dim / 2;
    const float *cosines = angles, *sines = angles + half;
    for (size_t h = 0; h < n_heads; h++, row += head_dim) {
        for (size_t i = 0; i < half; i++) {
            float a = row[i], b = row[i + half];
            row[i] = a * cosines[i] - b * sines[i];
            row[i + half] = b * cosines[i] + a * sines[i];
        }
    }
}

/* Scores of one query over keys [from, to), then their softmax's numerators; returns their sum. */
static float weigh(const td_attention *work, size_t query, size_t from, size_t to, float *scores)
{
    const float *q = work->q + query * work->stride;
    float scale = 1.0f / sqrtf((float)work->head_dim), most = -INFINITY, sum = 0;

    for (size_t j = from; j < to; j++) {
        const float *k = work->k + j * work->stride;
        float product = 0;
        for (size_t i = 0; i < work->head_dim; i++)
            product += q[i] * k[i];
        scores[j] = product * scale;
        most = scores[j] > most ? scores[j] : most;
    }
    for (size_t j = from; j < to; j++) {
        scores[j] = expf(scores[j] - most);
        sum += scores[j];
    }
    return sum;
}

void td_embed_kernels_plain_attention(const td_attention *work)
{
    float *scores = work->scratch;
    for (size_t query = 0; query < work->n_queries; query++) {
        float *out = work->out + query * work->out_stride;
        size_t from = query > work->window ? query - work->window : 0;
        size_t to =
            work->n_tokens - query > work->window ? query + work->window + 1 : work->n_tokens;
        to = to < work->n_tokens ? to : work->n_tokens;
        float sum = weigh(work, query, from, to, scores);
        memset(out, 0, work->head_dim * sizeof(float));
        for (size_t j = from; j < to; j++) {
            const float *v = work->v + j * work->stride;
            for (size_t i = 0; i < work->head_dim; i++)
                out[i] += scores[j] / sum * v[i];
        }
    }
}

const td_kernels td_embed_kernels_plain = {
    .name = "plain",
    .narrow = &td_embed_kernels_narrow_plain,
    .tile_rows = ROWS,
    .panel_width = WIDTH,
    .linear = linear,
    .norm = td_embed_kernels_plain_norm,
    .rope = td_embed_kernels_plain_rope,
    .attention = td_embed_kernels_plain_attention,
};
