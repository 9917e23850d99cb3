/* embed/kernels/heads_s16.h - attention's operands as 16-bit whole numbers, where a table has them
 * faster than f32: VNNI and AVX-VNNI twice as fast, AVX2 by half. Part of narrow_heads.h.
 *
 * Each query has a scale of its own, all keys of a text one, each column of its values one: they
 * depend on nothing but the text. A block's weights are scaled by their sum, so that what is added
 * up stays below 2^31 however flat they are, and by their own largest, so that many small ones far
 * from the text's largest keep their part. The sums are exact, hence equal in any order. All of
 * it is finer than bf16: 11 bits below the largest of a row instead of 8 of each number.
 */
#ifndef TD_EMBED_KERNELS_HEADS_S16_H
#define TD_EMBED_KERNELS_HEADS_S16_H

#define tile_head tile_s16

enum {
    WHOLE_KEY = (1 << 12) - 1,
    WHOLE_VALUE = (1 << 11) - 1,
    WHOLE_MOST = (1 << 15) - 1,
    /* Of a block's weights: with half of each that is rounded up, times WHOLE_VALUE below 2^31. */
    WHOLE_SUM = (1 << 20) - 2 * NARROW_KEYS,
};

/* Of queries: head_dim products with a key stay below 2^31. */
static float whole_query(const narrow_head *head)
{
    size_t most = ((size_t)1 << 19) / head->work->head_dim;
    return (float)(most < WHOLE_MOST ? most : WHOLE_MOST);
}

/* What takes numbers up to `most` to whole ones up to `whole`, and back; most is no number or
 * infinite: so is what comes back. */
static void find_scale(float most, float whole, float *scale_out, float *by_out)
{
    *scale_out = most > 1e-30f || most != most ? most / whole : 0;
    *by_out = most > 1e-30f && most < INFINITY ? whole / most : 0;
}

enum {
    SIZES = TD_HEAD_DIM_MAX / WIDTH
};

/* The largest size of each column of n rows. */
static void find_sizes(const uint16_t *rows, size_t stride, size_t n, size_t dim, ivec *sizes)
{
    for (size_t i = 0; i < dim; i += WIDTH) {
        ivec most = w_set(0);
        for (size_t r = 0; r < n; r++)
            most = w_most_bf16(most, rows + r * stride + i, dim - i);
        sizes[i / WIDTH] = most;
    }
}

/* The largest of them all: an infinite one or a NaN is larger than any other. */
static float most_of(const ivec *sizes, size_t dim)
{
    ivec most = sizes[0];
    for (size_t i = WIDTH; i < dim; i += WIDTH)
        most = w_most(most, sizes[i / WIDTH]);
    return from_bf16(w_most_lane(most));
}

static void find_scales(narrow_head *head)
{
    const td_narrow_attention *work = head->work;
    whole_scales *scales = &head->scales;
    size_t dim = work->head_dim;
    ivec sizes[SIZES];
    uint16_t columns[TD_HEAD_DIM_MAX];

    find_sizes(work->k, work->stride, work->n_tokens, dim, sizes);
    /* Turning adds two of them, each by at most 1. */
    find_scale(most_of(sizes, dim) * (work->angles ? 2.0f : 1.0f), WHOLE_KEY, &scales->key,
               &scales->key_by);
    find_sizes(work->v, work->stride, work->n_tokens, dim, sizes);
    memcpy(columns, sizes, dim * sizeof(*columns));
    for (size_t i = 0; i < dim; i++)
        find_scale(from_bf16(columns[i]), WHOLE_VALUE, &scales->value[i], &scales->value_by[i]);
}

static bool is_as_it_lies(const narrow_head *head)
{
    (void)head;
    return false;
}

static bool value_lies(const narrow_head *head)
{
    (void)head;
    return false;
}

/* One row of a head, turned by its angles if it has any, whole, zeros up to `dim`. */
static void whole_row(const narrow_head *head, const uint16_t *row, const float *angles, float by,
                      uint16_t *out)
{
    size_t n = head->work->head_dim, half = angles ? n / 2 : 0;
    size_t whole = half / VECTOR_FLOATS * VECTOR_FLOATS;
    const float *cosines = angles, *sines = angles + half;
    vec scale = v_set(by);

    memset(out + n / 32 * 32, 0, (head->dim - n / 32 * 32) * sizeof(*out));
    for (size_t i = 0; i < whole; i += VECTOR_FLOATS) {
        vec a = v_mul(v_load_bf16(row + i), scale), b = v_mul(v_load_bf16(row + half + i), scale);
        vec c = v_load(cosines + i), s = v_load(sines + i);
        v_store_s16(out + i, v_sub(v_mul(a, c), v_mul(b, s)));
        v_store_s16(out + half + i, v_add(v_mul(b, c), v_mul(a, s)));
    }
    for (size_t i = whole; i < half; i++) {
        float a = from_bf16(row[i]) * by, b = from_bf16(row[half + i]) * by;
        out[i] = (uint16_t)(int16_t)nearbyintf(a * cosines[i] - b * sines[i]);
        out[half + i] = (uint16_t)(int16_t)nearbyintf(b * cosines[i] + a * sines[i]);
    }
    for (size_t i = 0; !angles && i < n; i += VECTOR_FLOATS)
        v_store_s16_cut(out + i, n - i, v_mul(v_load_bf16_cut(row + i, n - i), scale));
}

static void query_row(narrow_head *head, size_t m)
{
    const td_narrow_attention *work = head->work;
    const uint16_t *row = work->q + (head->query + m) * work->stride;
    const float *angles = work->angles ? work->angles[head->query + m] : NULL;
    float by, log2_e = 1.44269504f / sqrtf((float)work->head_dim);
    ivec sizes[SIZES];

    find_sizes(row, 0, 1, work->head_dim, sizes);
    find_scale(most_of(sizes, work->head_dim) * (angles ? 2.0f : 1.0f), whole_query(head),
               &head->scales.query[m], &by);
    head->scales.query[m] *= head->scales.key * log2_e;
    whole_row(head, row, angles, by, head->queries + m * head->dim);
}

static void key_row(const narrow_head *head, size_t key, uint16_t *out)
{
    const td_narrow_attention *work = head->work;
    whole_row(head, work->k + key * work->stride, work->angles ? work->angles[key] : NULL,
              head->scales.key_by, out);
}

static void value_row(const narrow_head *head, size_t key, uint16_t *out)
{
    const td_narrow_attention *work = head->work;
    const uint16_t *row = work->v + key * work->stride;
    size_t n = work->head_dim;

    memset(out + n / 32 * 32, 0, (head->dim - n / 32 * 32) * sizeof(*out));
    for (size_t i = 0; i < n; i += VECTOR_FLOATS)
        v_store_s16_cut(out + i, n - i,
                        v_mul(v_load_bf16_cut(row + i, n - i), v_load(head->scales.value_by + i)));
}

/* A row's scores as f32 in their place, -infinity where they may not be seen; the largest. */
static float scale_scores(const narrow_head *head, size_t m, size_t n, size_t first, size_t end)
{
    float *scores = (float *)(head->scores + m * SCORES_BYTES);
    vec by = v_set(head->scales.query[m]), most = v_set(head->most[m]), other = most;

    for (size_t j = 0; j < n; j += 2 * VECTOR_FLOATS) {
        const int32_t *at = (const int32_t *)scores + j;
        vec a = v_mul(v_load_s32(at), by), b = v_mul(v_load_s32(at + VECTOR_FLOATS), by);
        v_store(scores + j, a);
        v_store(scores + j + VECTOR_FLOATS, b);
        if (first <= j && j + 2 * VECTOR_FLOATS <= end) {
            most = v_max(most, a);
            other = v_max(other, b);
        }
    }
    for (size_t j = 0; j < first; j++)
        scores[j] = -INFINITY;
    for (size_t j = end; j < n; j++)
        scores[j] = -INFINITY;
    /* The ends of what is seen. */
    size_t left = first / WIDTH * WIDTH, right = (end - 1) / WIDTH * WIDTH;
    most = v_max(most, v_max(v_load(scores + left), v_load(scores + left + VECTOR_FLOATS)));
    other = v_max(other, v_max(v_load(scores + right), v_load(scores + right + VECTOR_FLOATS)));
    return v_most(v_max(most, other));
}

/* One row's scores become, as whole numbers in their place, its softmax's numerators under the
 * largest score so far. */
static void soften_block(narrow_head *head, size_t m, size_t from, size_t to)
{
    uint8_t *row = head->scores + m * SCORES_BYTES;
    float *scores = (float *)row;
    uint16_t *weights = (uint16_t *)row;
    size_t n = to - from, first, end;

    narrow_visible(head, m, from, to, &first, &end);
    head->scales.weight[m] = 0;
    if (first >= end) {
        memset(weights, 0, n * sizeof(*weights));
        return;
    }
    float now = scale_scores(head, m, n, first, end);
    if (now > head->most[m] && head->sum[m] > 0)
        shrink_row(head, m, exp2f(head->most[m] - now));
    head->most[m] = now;

    vec shift = v_set(now), sum = v_set(0), sum_other = sum, most = v_set(0x1p-60f);
    for (size_t j = 0; j < n; j += 2 * VECTOR_FLOATS) {
        vec p = v_exp2_rough(v_sub(v_load(scores + j), shift));
        vec q = v_exp2_rough(v_sub(v_load(scores + j + VECTOR_FLOATS), shift));
        v_store(scores + j, p);
        v_store(scores + j + VECTOR_FLOATS, q);
        sum = v_add(sum, p);
        sum_other = v_add(sum_other, q);
        most = v_max(most, v_max(p, q));
    }
    float total = v_sum(v_add(sum, sum_other)), by = WHOLE_SUM / total;
    float by_most = WHOLE_MOST / v_most(most);
    by = by > by_most ? by_most : by;
    head->sum[m] += total;
    head->scales.weight[m] = 1 / by;
    vec scale = v_set(by); /* at most 2^75: takes 2^-126 of what may not be seen to 0 */
    for (size_t j = 0; j < n; j += VECTOR_FLOATS)
        v_store_s16(weights + j, v_mul(v_load(scores + j), scale));
}

/* The block's share of the tile's outputs, written after this file. */
static void narrow_gather(const narrow_head *head, size_t from, size_t to, bool add, void *c);

static void gather_block(const narrow_head *head, size_t from, size_t to, bool add)
{
    _Alignas(64) int32_t sums[NARROW_ROWS * TD_HEAD_DIM_MAX];

    narrow_gather(head, from, to, false, sums);
    for (size_t m = 0; m < head->n_queries; m++) {
        vec by = v_set(head->scales.weight[m]);
        float *out = head->out + m * head->dim;
        for (size_t i = 0; i < head->dim; i += VECTOR_FLOATS) {
            vec x = v_mul(v_load_s32(sums + m * head->dim + i), by);
            v_store(out + i, add ? v_add(v_load(out + i), x) : x);
        }
    }
}

static ALWAYS vec value_of(const narrow_head *head, const float *sums, size_t i)
{
    return v_mul(v_load(sums + i), v_load(head->scales.value + i));
}

#endif
