/* embed/kernels/narrow_heads.h - attention of one head over bf16 rows, for every table.
 *
 * Its products are of bf16 (heads_bf16.h) or, in a table that says HEADS_S16, of 16-bit whole
 * numbers (heads_s16.h). Keys and values are packed once into panels as td_matrix has them, so that
 * both products are the linear layers' own: scores = queries * keys, out = weights * values. Per
 * tile of queries and block of keys: scores, their softmax in place, out. Where positions turn
 * queries and keys, that happens on the way into the panel and into a copy of the tile's queries.
 */
#ifndef TD_EMBED_KERNELS_NARROW_HEADS_H
#define TD_EMBED_KERNELS_NARROW_HEADS_H

#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <math.h>
#include <string.h>

/* What turns a head's numbers into whole ones and back: heads_s16.h. */
typedef struct whole_scales {
    float key, key_by;
    float query[NARROW_ROWS], weight[NARROW_ROWS];
    float value[TD_HEAD_DIM_MAX + VECTOR_FLOATS], value_by[TD_HEAD_DIM_MAX + VECTOR_FLOATS];
} whole_scales;

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
    whole_scales scales;
} narrow_head;

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

#ifdef HEADS_S16
#    include "embed/kernels/heads_s16.h"
#else
#    include "embed/kernels/heads_bf16.h"
#endif

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
                    key_row(head, key + i, rows + i * head->dim);
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
    bool lies = value_lies(head);

    for (size_t key = 0; key < head->n_keys; key += 2) {
        const uint16_t *pair[2];
        for (size_t i = 0; i < 2; i++) {
            bool here = key + i < work->n_tokens;
            pair[i] = here ? work->v + (key + i) * work->stride : zeros;
            if (!lies && here) {
                value_row(head, key + i, rows[i]);
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
        tile_head(head->n_queries, &tile);
    }
}

/* The block's share of the tile's outputs. */
static void narrow_gather(const narrow_head *head, size_t from, size_t to, bool add, void *c)
{
    narrow_tile tile = {.a = head->scores,
                        .a_stride = SCORES_BYTES,
                        .n_steps = (to - from) / 32,
                        .c_stride = head->dim,
                        .add = add};
    for (size_t i = 0; i < head->dim; i += 32) {
        tile.panel = head->values + (i / 32 * (head->n_keys / 32) + from / 32) * PANEL_STEP;
        tile.c = (float *)c + i;
        tile_head(head->n_queries, &tile);
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
            query_row(head, m);
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
            soften_block(head, m, from, to);
        gather_block(head, from, to, from > first);
    }
    for (size_t m = 0; m < head->n_queries; m++) {
        uint16_t *out = work->out + (query + m) * work->out_stride;
        const float *sums = head->out + m * head->dim;
        vec share = v_set(1.0f / head->sum[m]);
        uint16_t row[TD_HEAD_DIM_MAX + VECTOR_FLOATS];
        for (size_t i = 0; i < work->head_dim; i += VECTOR_FLOATS)
            v_store_bf16(row + i, v_mul(value_of(head, sums, i), share));
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
    find_scales(&head);
    pack_narrow_keys(&head);
    pack_narrow_values(&head);
    tiles_begin();
    for (size_t query = 0; query < work->n_queries; query += NARROW_ROWS)
        narrow_attend_tile(&head, query);
    tiles_end();
}

#endif
