/* embed/kernels/tiles.h - the f32 kernels, written once for every vector width, and the table.
 *
 * The file of an instruction set includes its `vec` (avx2.h, avx512.h), its narrow producers (see
 * narrow.h) and then this file. A panel is two vectors wide.
 *
 * Order of summation (what makes a row's result independent of its neighbours):
 *   1. a product sums over its inputs from first to last in one accumulator, whatever the number of
 *      rows in the tile;
 *   2. a LayerNorm's and a softmax's sum goes over vectors from left to right, then over lanes;
 *   3. attention's key blocks begin at the text's own first token (with a window: at a place that
 *      depends on the query's place in its own text alone).
 */
#ifndef TD_EMBED_KERNELS_TILES_H
#define TD_EMBED_KERNELS_TILES_H

#include "embed/kernels/narrow_heads.h"
#include "embed/kernels/narrow_linear.h"
#include "embed/kernels/narrow_rows.h"
#include "embed/kernels/vectors.h"

#include <math.h>
#include <string.h>

enum {
    LINE_FLOATS = 16,
    AHEAD_TILES = WIDTH / LINE_FLOATS,     /* that ask for one panel, between them */
    PART_INPUTS = 16 * 1024 / (WIDTH * 4), /* of a panel that stays in L1 */
    CHUNK_ROWS = 12 * TILE_ROWS,
    KEY_BLOCK = 8 * 32,             /* keys between two updates of the online softmax */
    SCORES_STRIDE = KEY_BLOCK + 16, /* rows off the power of two, see td_embed_kernels_stride */
    HEAD_STRIDE = TD_HEAD_DIM_MAX + 16,
    ROW_GROUPS = (TILE_ROWS + 2) / 3, /* rows are reached as base, base + stride, base + 2 stride */
};

/* One tile: c [n_rows, WIDTH] = or += a [n_rows, k] * panel [k, WIDTH]. */
typedef struct tile_work {
    const float *a;
    size_t a_stride;
    const float *panel;
    size_t k;
    float *c;
    size_t c_stride;
    bool add;
    const float *ahead; /* what is asked for meanwhile, a line for each k */
} tile_work;

UNWATCHED static ALWAYS void tile_of(const size_t n_rows, const tile_work *work)
{
    const float *panel = work->panel, *ahead = work->ahead;
    const size_t stride = work->a_stride;
    const float *rows[ROW_GROUPS];
    vec sums[TILE_ROWS][2];

    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        const float *c = work->c + m * work->c_stride;
        sums[m][0] = work->add ? v_load(c) : v_set(0);
        sums[m][1] = work->add ? v_load(c + VECTOR_FLOATS) : v_set(0);
    }
    UNROLL(14)
    for (size_t g = 0; g < ROW_GROUPS; g++)
        rows[g] = work->a + (3 * g < n_rows ? 3 * g : 0) * stride;
    for (size_t k = work->k; k > 0; k--, panel += WIDTH, ahead += LINE_FLOATS) {
        _mm_prefetch((const char *)ahead, _MM_HINT_T1);
        vec left = v_load(panel), right = v_load(panel + VECTOR_FLOATS);
        UNROLL(14)
        for (size_t m = 0; m < n_rows; m++) {
            vec a = v_set(rows[m / 3][m % 3 * stride]);
            sums[m][0] = v_fma(a, left, sums[m][0]);
            sums[m][1] = v_fma(a, right, sums[m][1]);
        }
        UNROLL(14)
        for (size_t g = 0; g < ROW_GROUPS; g++)
            rows[g]++;
    }
    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        v_store(work->c + m * work->c_stride, sums[m][0]);
        v_store(work->c + m * work->c_stride + VECTOR_FLOATS, sums[m][1]);
    }
}

UNWATCHED static ALONE void tile(size_t n_rows, const tile_work *work)
{
    EACH_N_ROWS(n_rows, tile_of, work);
}

/* ---- linear ---- */

/* One finished vector to its place; n may be cut by the matrix's last column. */
UNWATCHED static ALWAYS void put(float *to, size_t n, vec x, bool add)
{
    if (n >= VECTOR_FLOATS) {
        v_store(to, add ? v_add(v_load(to), x) : x);
    } else if (n > 0) {
        v_store_n(to, n, add ? v_add(v_load_n(to, n), x) : x);
    }
}

/* A tile of products becomes outputs. `activation` is a constant, so each has its own loop. */
UNWATCHED static ALWAYS void finish(const td_activation activation, const td_matrix *matrix,
                                    size_t panel, const float *products, size_t n_rows,
                                    const td_epilogue *epilogue, float *out)
{
    size_t first = panel * matrix->n_panel_out, left = matrix->n_out - first;
    size_t n_left = left < VECTOR_FLOATS ? left : VECTOR_FLOATS;
    size_t n_right = left - n_left < VECTOR_FLOATS ? left - n_left : VECTOR_FLOATS;
    vec bias_left = v_load(matrix->bias + panel * WIDTH);
    vec bias_right = v_load(matrix->bias + panel * WIDTH + VECTOR_FLOATS);

    out += first;
    for (size_t m = 0; m < n_rows; m++, products += WIDTH, out += epilogue->out_stride) {
        vec x = v_add(v_load(products), bias_left);
        vec y = v_add(v_load(products + VECTOR_FLOATS), bias_right);
        if (matrix->gated) {
            put(out, n_left, v_mul(x, v_activate(activation, y)), epilogue->add);
        } else {
            put(out, n_left, v_activate(activation, x), epilogue->add);
            put(out + VECTOR_FLOATS, n_right, v_activate(activation, y), epilogue->add);
        }
    }
}

UNWATCHED static void finish_any(const td_matrix *matrix, size_t panel, const float *products,
                                 size_t n_rows, const td_epilogue *epilogue, float *out)
{
    switch (epilogue->activation) {
    case TD_ACTIVATION_NONE:
        finish(TD_ACTIVATION_NONE, matrix, panel, products, n_rows, epilogue, out);
        break;
    case TD_ACTIVATION_GELU:
        finish(TD_ACTIVATION_GELU, matrix, panel, products, n_rows, epilogue, out);
        break;
    case TD_ACTIVATION_GELU_TANH:
        finish(TD_ACTIVATION_GELU_TANH, matrix, panel, products, n_rows, epilogue, out);
        break;
    case TD_ACTIVATION_SILU:
        finish(TD_ACTIVATION_SILU, matrix, panel, products, n_rows, epilogue, out);
        break;
    case TD_ACTIVATION_SIGMOID:
        finish(TD_ACTIVATION_SIGMOID, matrix, panel, products, n_rows, epilogue, out);
        break;
    }
}

/* At most a chunk of rows times one panel. Part of the panel outside, row tiles inside: the part
 * stays in L1 while the rows pass by, and a finished tile meets its epilogue while it is still
 * there. */
static void chunk(const td_matrix *matrix, size_t panel, const float *x, size_t n_rows,
                  const td_epilogue *epilogue, float *out)
{
    const size_t x_stride = td_embed_kernels_stride(matrix->n_in), n_in = matrix->n_in;
    size_t n_parts = (n_in + PART_INPUTS - 1) / PART_INPUTS, step = (n_in + n_parts - 1) / n_parts;
    _Alignas(64) float products[CHUNK_ROWS * WIDTH];
    tile_work work = {.a_stride = x_stride, .c_stride = WIDTH};

    for (size_t from = 0; from < n_in; from += step) {
        work.k = n_in - from < step ? n_in - from : step;
        work.add = from > 0;
        work.panel = matrix->panels + (panel * n_in + from) * WIDTH;
        work.ahead = work.panel + n_in * WIDTH;
        for (size_t row = 0; row < n_rows; row += TILE_ROWS) {
            size_t n = n_rows - row < TILE_ROWS ? n_rows - row : TILE_ROWS;
            work.a = x + row * x_stride + from;
            work.c = products + row * WIDTH;
            if (row >= AHEAD_TILES * TILE_ROWS) /* the next panel has been asked for */
                work.ahead = work.panel;
            tile(n, &work);
            work.ahead += work.k * LINE_FLOATS;
            if (from + work.k == n_in)
                finish_any(matrix, panel, work.c, n, epilogue, out + row * epilogue->out_stride);
        }
    }
}

static tandem_code linear(const td_matrix *matrix, const float *x, size_t n_rows, size_t panel_from,
                          size_t panel_to, const td_epilogue *epilogue)
{
    const size_t x_stride = td_embed_kernels_stride(matrix->n_in);

    for (size_t panel = panel_from; panel < panel_to; panel++) {
        for (size_t row = 0; row < n_rows; row += CHUNK_ROWS) {
            size_t n = n_rows - row < CHUNK_ROWS ? n_rows - row : CHUNK_ROWS;
            chunk(matrix, panel, x + row * x_stride, n, epilogue,
                  epilogue->out + row * epilogue->out_stride);
        }
    }
    return TANDEM_OK;
}

/* ---- rows ---- */

static void norm_row(const float *x, size_t n, const float *weight, const float *bias, float eps,
                     float *out)
{
    size_t whole = n / VECTOR_FLOATS * VECTOR_FLOATS, rest = n - whole;
    vec sum = v_load_n(x + whole, rest);
    for (size_t i = 0; i < whole; i += VECTOR_FLOATS)
        sum = v_add(sum, v_load(x + i));
    float mean_value = v_sum(sum) / (float)n;

    vec mean = v_set(mean_value), squares = v_set(0);
    for (size_t i = 0; i < whole; i += VECTOR_FLOATS) {
        vec d = v_sub(v_load(x + i), mean);
        squares = v_fma(d, d, squares);
    }
    float total = v_sum(squares);
    for (size_t i = whole; i < n; i++)
        total += (x[i] - mean_value) * (x[i] - mean_value);

    vec scale = v_set(1.0f / sqrtf(total / (float)n + eps));
    for (size_t i = 0; i < n; i += VECTOR_FLOATS) {
        size_t here = n - i;
        if (here >= VECTOR_FLOATS) {
            vec y = v_mul(v_mul(v_sub(v_load(x + i), mean), scale), v_load(weight + i));
            v_store(out + i, bias ? v_add(y, v_load(bias + i)) : y);
        } else {
            vec y =
                v_mul(v_mul(v_sub(v_load_n(x + i, here), mean), scale), v_load_n(weight + i, here));
            v_store_n(out + i, here, bias ? v_add(y, v_load_n(bias + i, here)) : y);
        }
    }
}

static void norm(const float *x, size_t n_rows, size_t n, const float *weight, const float *bias,
                 float eps, float *out)
{
    size_t stride = td_embed_kernels_stride(n);
    for (size_t r = 0; r < n_rows; r++)
        norm_row(x + r * stride, n, weight, bias, eps, out + r * stride);
}

static void rope(float *row, size_t n_heads, size_t head_dim, const float *angles)
{
    size_t half = head_dim / 2, whole = half / VECTOR_FLOATS * VECTOR_FLOATS;
    const float *cosines = angles, *sines = angles + half;

    for (size_t h = 0; h < n_heads; h++, row += head_dim) {
        for (size_t i = 0; i < whole; i += VECTOR_FLOATS) {
            vec a = v_load(row + i), b = v_load(row + half + i);
            vec c = v_load(cosines + i), s = v_load(sines + i);
            v_store(row + i, v_sub(v_mul(a, c), v_mul(b, s)));
            v_store(row + half + i, v_add(v_mul(b, c), v_mul(a, s)));
        }
        for (size_t i = whole; i < half; i++) {
            float a = row[i], b = row[half + i];
            row[i] = a * cosines[i] - b * sines[i];
            row[half + i] = b * cosines[i] + a * sines[i];
        }
    }
}

/* ---- attention ---- */

/* Keys and values of one head, packed into panels, and the state of one tile of queries. */
typedef struct head_work {
    const td_attention *work;
    size_t n_keys; /* rounded up to whole panels */
    size_t n_value_panels;
    const float *keys;       /* [n_keys / WIDTH][head_dim][WIDTH] */
    const float *values;     /* [n_value_panels][n_keys][WIDTH] */
    size_t query, n_queries; /* this tile's */
    float most[TILE_ROWS], sum[TILE_ROWS];
    _Alignas(64) float queries[TILE_ROWS * HEAD_STRIDE];
    _Alignas(64) float scores[TILE_ROWS * SCORES_STRIDE];
    _Alignas(64) float out[TILE_ROWS * HEAD_STRIDE];
} head_work;

static void pack_keys(const td_attention *work, size_t n_keys, float *keys)
{
    for (size_t j = 0; j < n_keys; j += WIDTH) {
        for (size_t i = 0; i < work->head_dim; i++) {
            for (size_t c = 0; c < WIDTH; c++)
                *keys++ = j + c < work->n_tokens ? work->k[(j + c) * work->stride + i] : 0;
        }
    }
}

static void pack_values(const td_attention *work, size_t n_keys, float *values)
{
    for (size_t i = 0; i < work->head_dim; i += WIDTH) {
        size_t n = work->head_dim - i < WIDTH ? work->head_dim - i : WIDTH;
        for (size_t j = 0; j < n_keys; j++, values += WIDTH) {
            memset(values, 0, WIDTH * sizeof(float));
            if (j < work->n_tokens)
                memcpy(values, work->v + j * work->stride + i, n * sizeof(float));
        }
    }
}

/* Copies a tile of queries, scaled so that the softmax may use powers of two. */
static void start_tile(head_work *head, size_t query)
{
    const td_attention *work = head->work;
    float scale = 1.44269504f / sqrtf((float)work->head_dim);
    size_t left = work->n_queries - query;

    head->query = query;
    head->n_queries = left < TILE_ROWS ? left : TILE_ROWS;
    for (size_t m = 0; m < head->n_queries; m++) {
        const float *q = work->q + (query + m) * work->stride;
        for (size_t i = 0; i < work->head_dim; i++)
            head->queries[m * HEAD_STRIDE + i] = q[i] * scale;
        head->most[m] = -INFINITY;
        head->sum[m] = 0;
        memset(head->out + m * HEAD_STRIDE, 0, head->n_value_panels * WIDTH * sizeof(float));
    }
}

/* Scores of the tile's queries with keys [from, to), `to` a multiple of WIDTH. */
static void score(head_work *head, size_t from, size_t to)
{
    tile_work work = {.a = head->queries,
                      .a_stride = HEAD_STRIDE,
                      .k = head->work->head_dim,
                      .c = head->scores,
                      .c_stride = SCORES_STRIDE};
    for (size_t j = from; j < to; j += WIDTH, work.c += WIDTH) {
        work.ahead = work.panel = head->keys + j * head->work->head_dim;
        tile(head->n_queries, &work);
    }
}

/* Which of the keys [from, to) a query may see, as places in the block. */
static void visible(const head_work *head, size_t m, size_t from, size_t to, size_t *first_out,
                    size_t *end_out)
{
    size_t query = head->query + m, window = head->work->window, n = head->work->n_tokens;
    size_t first = query > window ? query - window : 0;
    size_t end = window < n - query ? query + window + 1 : n;

    end = end < n ? end : n;
    first = first > from ? first : from;
    end = end < to ? end : to;
    *first_out = first < to ? first - from : to - from;
    *end_out = end > from ? end - from : 0;
}

/* One row's scores become its softmax's numerators under the largest score so far. */
static void soften_row(head_work *head, size_t m, size_t from, size_t to)
{
    float *scores = head->scores + m * SCORES_STRIDE;
    float *out = head->out + m * HEAD_STRIDE;
    size_t n = to - from, first, end;

    visible(head, m, from, to, &first, &end);
    if (first >= end) {
        memset(scores, 0, n * sizeof(float));
        return;
    }
    for (size_t j = 0; j < first; j++)
        scores[j] = -INFINITY;
    for (size_t j = end; j < n; j++)
        scores[j] = -INFINITY;
    vec most = v_set(head->most[m]);
    for (size_t j = 0; j < n; j += VECTOR_FLOATS)
        most = v_max(most, v_load(scores + j));
    float now = v_most(most);
    if (now > head->most[m] && head->sum[m] > 0) {
        float shrink = exp2f(head->most[m] - now);
        head->sum[m] *= shrink;
        for (size_t i = 0; i < head->work->head_dim; i++)
            out[i] *= shrink;
    }
    head->most[m] = now;

    vec shift = v_set(now), sum = v_set(0);
    for (size_t j = 0; j < n; j += VECTOR_FLOATS) {
        vec p = v_exp2(v_sub(v_load(scores + j), shift));
        v_store(scores + j, p);
        sum = v_add(sum, p);
    }
    head->sum[m] += v_sum(sum);
}

/* Adds the block's share to the tile's outputs. */
static void gather(head_work *head, size_t from, size_t to)
{
    tile_work work = {.a = head->scores,
                      .a_stride = SCORES_STRIDE,
                      .k = to - from,
                      .c = head->out,
                      .c_stride = HEAD_STRIDE,
                      .add = true};
    for (size_t i = 0; i < head->n_value_panels; i++, work.c += WIDTH) {
        work.ahead = work.panel = head->values + (i * head->n_keys + from) * WIDTH;
        tile(head->n_queries, &work);
    }
}

static void attend_tile(head_work *head, size_t query)
{
    const td_attention *work = head->work;
    size_t first = 0, end = head->n_keys;

    start_tile(head, query);
    if (work->window < work->n_tokens) {
        size_t last = query + head->n_queries - 1;
        first = query > work->window ? (query - work->window) / WIDTH * WIDTH : 0;
        size_t stop = (last + work->window + WIDTH) / WIDTH * WIDTH;
        end = stop < end ? stop : end;
    }
    for (size_t from = first; from < end; from += KEY_BLOCK) {
        size_t to = end - from < KEY_BLOCK ? end : from + KEY_BLOCK;
        score(head, from, to);
        for (size_t m = 0; m < head->n_queries; m++)
            soften_row(head, m, from, to);
        gather(head, from, to);
    }
    for (size_t m = 0; m < head->n_queries; m++) {
        float *out = work->out + (query + m) * work->out_stride, share = 1.0f / head->sum[m];
        for (size_t i = 0; i < work->head_dim; i++)
            out[i] = head->out[m * HEAD_STRIDE + i] * share;
    }
}

static void attention(const td_attention *work)
{
    head_work head;
    float *keys = work->scratch;

    head.work = work;
    head.n_keys = (work->n_tokens + WIDTH - 1) / WIDTH * WIDTH;
    head.n_value_panels = (work->head_dim + WIDTH - 1) / WIDTH;
    head.keys = keys;
    head.values = keys + head.n_keys * work->head_dim;
    pack_keys(work, head.n_keys, keys);
    pack_values(work, head.n_keys, keys + head.n_keys * work->head_dim);
    for (size_t query = 0; query < work->n_queries; query += TILE_ROWS)
        attend_tile(&head, query);
}

static const td_narrow NARROW = {
    .tile_rows = NARROW_ROWS,
    .block_bytes = BLOCK_BYTES,
    .bf16_is_fast = BF16_IS_FAST,
    .int8_is_fast = INT8_IS_FAST,
#ifdef HAS_PAIR_DOTS
    .int8_adds_pairs = true,
#endif
    .linear = narrow_linear,
    .norm = narrow_norm,
    .code = narrow_code,
    .attention = narrow_attention,
};

const td_kernels TABLE = {
    .name = TABLE_NAME,
    .narrow = &NARROW,
    .tile_rows = TILE_ROWS,
    .panel_width = WIDTH,
    .linear = linear,
    .norm = norm,
    .rope = rope,
    .attention = attention,
};

#endif
