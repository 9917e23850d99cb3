/* embed/kernels/narrow_heads.h - attention of one head in bf16, for every table.
 *
 * Keys and values are packed once into panels as td_matrix has them, so that both products are
 * the linear layers' own: scores = queries * keys, out = weights * values. Per tile of queries and
 * block of keys: scores, their softmax in place, out. Where positions turn queries and keys, that
 * happens on the way into the panel and into a copy of the tile's queries.
 */
#ifndef TD_EMBED_KERNELS_NARROW_HEADS_H
#define TD_EMBED_KERNELS_NARROW_HEADS_H

#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <math.h>
#include <string.h>

typedef struct narrow_head {
    const td_narrow_attention *work;
    size_t n_keys;           /* rounded up to whole panels */
    size_t dim;              /* of a head, rounded up to whole steps */
    size_t query, n_queries; /* this tile's */
    float most[NARROW_ROWS], sum[NARROW_ROWS];
    uint8_t *keys;     /* [n_keys / 32 panels][dim / 32 steps] */
    uint8_t *values;   /* [dim / 32 panels][n_keys / 32 steps] */
    uint8_t *scores;   /* [NARROW_ROWS_MAX] rows of SCORES_BYTES */
    float *out;        /* [NARROW_ROWS_MAX][dim] */
    uint16_t *queries; /* [NARROW_ROWS_MAX][dim]; not used where rows are read as they lie */
} narrow_head;

/* One row of a head, turned by its angles if it has any, zeros up to `dim`. */
static void copy_row(const uint16_t *row, const float *angles, size_t head_dim, size_t dim,
                     uint16_t *out)
{
    size_t half = angles ? head_dim / 2 : 0, whole = half / VECTOR_FLOATS * VECTOR_FLOATS;
    const float *cosines = angles, *sines = angles + half;

    if (!angles)
        memcpy(out, row, head_dim * sizeof(*out));
    for (size_t i = 0; i < whole; i += VECTOR_FLOATS) {
        vec a = v_load_bf16(row + i), b = v_load_bf16(row + half + i);
        vec c = v_load(cosines + i), s = v_load(sines + i);
        v_store_bf16(out + i, v_sub(v_mul(a, c), v_mul(b, s)));
        v_store_bf16(out + half + i, v_add(v_mul(b, c), v_mul(a, s)));
    }
    for (size_t i = whole; i < half; i++) {
        float a = from_bf16(row[i]), b = from_bf16(row[half + i]);
        out[i] = to_bf16(a * cosines[i] - b * sines[i]);
        out[half + i] = to_bf16(b * cosines[i] + a * sines[i]);
    }
    memset(out + head_dim, 0, (dim - head_dim) * sizeof(*out));
}

static bool is_as_it_lies(const narrow_head *head)
{
    return !head->work->angles && head->dim == head->work->head_dim;
}

/* 16 keys at a time: each four bytes of a key stand in a group of their own. */
static void pack_narrow_keys(const narrow_head *head)
{
    const td_narrow_attention *work = head->work;
    _Alignas(64) uint16_t rows[16 * TD_HEAD_DIM_MAX];

    for (size_t key = 0; key < head->n_keys; key += 16) {
        const uint16_t *from = work->k + key * work->stride;
        size_t stride = work->stride;
        uint8_t *to =
            head->keys + key / 32 * (head->dim / 32) * PANEL_STEP + key % 32 / 16 * PANEL_HALF;
        if (!is_as_it_lies(head) || key + 16 > work->n_tokens) {
            for (size_t i = 0; i < 16; i++) {
                if (key + i < work->n_tokens)
                    copy_row(work->k + (key + i) * work->stride,
                             work->angles ? work->angles[key + i] : NULL, work->head_dim, head->dim,
                             rows + i * head->dim);
                else
                    memset(rows + i * head->dim, 0, head->dim * sizeof(*rows));
            }
            from = rows;
            stride = head->dim;
        }
        for (size_t i = 0; i < head->dim; i += 32, to += PANEL_STEP)
            turn_square((const uint8_t *)(from + i), stride * sizeof(*from), to);
    }
}

static void pack_narrow_values(const narrow_head *head)
{
    static const uint16_t zeros[TD_HEAD_DIM_MAX];
    const td_narrow_attention *work = head->work;
    uint16_t rows[2][TD_HEAD_DIM_MAX];
    bool cut = head->dim != work->head_dim;

    for (size_t key = 0; key < head->n_keys; key += 2) {
        const uint16_t *pair[2];
        for (size_t i = 0; i < 2; i++) {
            bool here = key + i < work->n_tokens;
            pair[i] = here ? work->v + (key + i) * work->stride : zeros;
            if (cut && here) {
                copy_row(pair[i], NULL, work->head_dim, head->dim, rows[i]);
                pair[i] = rows[i];
            }
        }
        uint8_t *to = head->values + key / 32 * PANEL_STEP + key % 32 / 2 * 64;
        for (size_t i = 0; i < head->dim; i += 16) {
            size_t panel = i / 32 * (head->n_keys / 32) * PANEL_STEP;
            pair_rows(pair[0] + i, pair[1] + i, to + panel + i % 32 / 16 * PANEL_HALF);
        }
    }
}

/* Scores of the tile's queries with keys [from, to), `to` a multiple of 32. */
static void narrow_score(const narrow_head *head, size_t from, size_t to)
{
    const td_narrow_attention *work = head->work;
    bool lies = is_as_it_lies(head);
    narrow_tile tile = {
        .a = (const uint8_t *)(lies ? work->q + head->query * work->stride : head->queries),
        .a_stride = (lies ? work->stride : head->dim) * sizeof(uint16_t),
        .n_steps = head->dim / 32,
        .c_stride = SCORES_BYTES / 4,
    };
    for (size_t key = from; key < to; key += 32) {
        tile.panel = head->keys + key / 32 * tile.n_steps * PANEL_STEP;
        tile.c = head->scores + (key - from) * sizeof(float);
        tile_bf16(head->n_queries, &tile);
    }
}

/* Which of the keys [from, to) a query may see, as places in the block. */
static void narrow_visible(const narrow_head *head, size_t m, size_t from, size_t to,
                           size_t *first_out, size_t *end_out)
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

/* What was gathered under a smaller maximum shrinks to the new one. */
static void shrink_row(narrow_head *head, size_t m, float factor)
{
    vec by = v_set(factor);
    head->sum[m] *= factor;
    for (size_t i = 0; i < head->dim; i += VECTOR_FLOATS)
        v_store(head->out + m * head->dim + i, v_mul(v_load(head->out + m * head->dim + i), by));
}

/* One row's scores become, as bf16 in their place, its softmax's numerators under the largest score
 * so far. */
static void narrow_soften(narrow_head *head, size_t m, size_t from, size_t to)
{
    uint8_t *row = head->scores + m * SCORES_BYTES;
    float *scores = (float *)row, scale = 1.44269504f / sqrtf((float)head->work->head_dim);
    uint16_t *weights = (uint16_t *)row;
    size_t n = to - from, first, end;

    narrow_visible(head, m, from, to, &first, &end);
    if (first >= end) {
        memset(weights, 0, n * sizeof(*weights));
        return;
    }
    for (size_t j = 0; j < first; j++)
        scores[j] = -INFINITY;
    for (size_t j = end; j < n; j++)
        scores[j] = -INFINITY;
    vec most = v_set(head->most[m]), other = most;
    for (size_t j = 0; j < n; j += 2 * VECTOR_FLOATS) {
        most = v_max(most, v_load(scores + j));
        other = v_max(other, v_load(scores + j + VECTOR_FLOATS));
    }
    float now = v_most(v_max(most, other));
    if (now > head->most[m] && head->sum[m] > 0)
        shrink_row(head, m, exp2f((head->most[m] - now) * scale));
    head->most[m] = now;

    vec by = v_set(scale), shift = v_set(-now * scale), sum = v_set(0), sum_other = sum;
    for (size_t j = 0; j < n; j += 2 * VECTOR_FLOATS) {
        vec p = v_exp2_rough(v_fma(v_load(scores + j), by, shift));
        vec q = v_exp2_rough(v_fma(v_load(scores + j + VECTOR_FLOATS), by, shift));
        v_store_bf16(weights + j, p);
        v_store_bf16(weights + j + VECTOR_FLOATS, q);
        sum = v_add(sum, p);
        sum_other = v_add(sum_other, q);
    }
    head->sum[m] += v_sum(v_add(sum, sum_other));
    /* What may not be seen has come out as 2^-126: too little for a sum that is at least 1, but a
     * weight has to be 0, whatever other queries make a tile's blocks longer. */
    memset(weights, 0, first * sizeof(*weights));
    memset(weights + end, 0, (n - end) * sizeof(*weights));
}

/* Adds the block's share to the tile's outputs. */
static void narrow_gather(const narrow_head *head, size_t from, size_t to, bool add)
{
    narrow_tile tile = {.a = head->scores,
                        .a_stride = SCORES_BYTES,
                        .n_steps = (to - from) / 32,
                        .c_stride = head->dim,
                        .add = add};
    for (size_t i = 0; i < head->dim; i += 32) {
        tile.panel = head->values + (i / 32 * (head->n_keys / 32) + from / 32) * PANEL_STEP;
        tile.c = head->out + i;
        tile_bf16(head->n_queries, &tile);
    }
}

static void narrow_start_tile(narrow_head *head, size_t query)
{
    const td_narrow_attention *work = head->work;
    size_t left = work->n_queries - query;

    head->query = query;
    head->n_queries = left < NARROW_ROWS ? left : NARROW_ROWS;
    for (size_t m = 0; m < head->n_queries; m++) {
        head->most[m] = -INFINITY;
        head->sum[m] = 0;
        if (!is_as_it_lies(head))
            copy_row(work->q + (query + m) * work->stride,
                     work->angles ? work->angles[query + m] : NULL, work->head_dim, head->dim,
                     head->queries + m * head->dim);
    }
}

static void narrow_attend_tile(narrow_head *head, size_t query)
{
    const td_narrow_attention *work = head->work;
    size_t first = 0, end = head->n_keys;

    narrow_start_tile(head, query);
    if (work->window < work->n_tokens) {
        size_t last = query + head->n_queries - 1;
        first = query > work->window ? (query - work->window) / 32 * 32 : 0;
        size_t stop = (last + work->window + 32) / 32 * 32;
        end = stop < end ? stop : end;
    }
    for (size_t from = first; from < end; from += NARROW_KEYS) {
        size_t to = end - from < NARROW_KEYS ? end : from + NARROW_KEYS;
        narrow_score(head, from, to);
        for (size_t m = 0; m < head->n_queries; m++)
            narrow_soften(head, m, from, to);
        narrow_gather(head, from, to, from > first);
    }
    for (size_t m = 0; m < head->n_queries; m++) {
        uint16_t *out = work->out + (query + m) * work->out_stride;
        const float *sums = head->out + m * head->dim;
        vec share = v_set(1.0f / head->sum[m]);
        uint16_t row[TD_HEAD_DIM_MAX + VECTOR_FLOATS];
        for (size_t i = 0; i < work->head_dim; i += VECTOR_FLOATS)
            v_store_bf16(row + i, v_mul(v_load(sums + i), share));
        memcpy(out, row, work->head_dim * sizeof(*out));
    }
}

static void narrow_attention(const td_narrow_attention *work)
{
    narrow_head head = {.work = work};

    head.n_keys = (work->n_tokens + 31) / 32 * 32;
    head.dim = (work->head_dim + 31) / 32 * 32;
    head.keys = work->scratch;
    head.values = head.keys + head.n_keys * head.dim * sizeof(uint16_t);
    head.scores = head.values + head.n_keys * head.dim * sizeof(uint16_t);
    head.out = (float *)(head.scores + (size_t)NARROW_ROWS_MAX * SCORES_BYTES);
    head.queries = (uint16_t *)(head.out + NARROW_ROWS_MAX * head.dim);
    pack_narrow_keys(&head);
    pack_narrow_values(&head);
    tiles_begin();
    for (size_t query = 0; query < work->n_queries; query += NARROW_ROWS)
        narrow_attend_tile(&head, query);
    tiles_end();
}

#endif
