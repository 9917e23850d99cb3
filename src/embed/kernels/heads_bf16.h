/* embed/kernels/heads_bf16.h - attention's operands in bf16: rows as they lie, or turned by their
 * positions and rounded again. Part of narrow_heads.h. */
#ifndef TD_EMBED_KERNELS_HEADS_BF16_H
#define TD_EMBED_KERNELS_HEADS_BF16_H

#define tile_head tile_bf16

static void find_scales(narrow_head *head)
{
    (void)head;
}

static bool is_as_it_lies(const narrow_head *head)
{
    return !head->work->angles && head->dim == head->work->head_dim;
}

static bool value_lies(const narrow_head *head)
{
    return head->dim == head->work->head_dim;
}

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

static void query_row(narrow_head *head, size_t m)
{
    const td_narrow_attention *work = head->work;
    size_t query = head->query + m;
    copy_row(work->q + query * work->stride, work->angles ? work->angles[query] : NULL,
             work->head_dim, head->dim, head->queries + m * head->dim);
}

static void key_row(const narrow_head *head, size_t key, uint16_t *out)
{
    const td_narrow_attention *work = head->work;
    copy_row(work->k + key * work->stride, work->angles ? work->angles[key] : NULL, work->head_dim,
             head->dim, out);
}

static void value_row(const narrow_head *head, size_t key, uint16_t *out)
{
    const td_narrow_attention *work = head->work;
    copy_row(work->v + key * work->stride, NULL, work->head_dim, head->dim, out);
}

/* One row's scores become, as bf16 in their place, its softmax's numerators under the largest score
 * so far. */
static void soften_block(narrow_head *head, size_t m, size_t from, size_t to)
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

/* The block's share of the tile's outputs, written after this file. */
static void narrow_gather(const narrow_head *head, size_t from, size_t to, bool add, void *c);

static void gather_block(const narrow_head *head, size_t from, size_t to, bool add)
{
    narrow_gather(head, from, to, add, head->out);
}

static ALWAYS vec value_of(const narrow_head *head, const float *sums, size_t i)
{
    (void)head;
    return v_load(sums + i);
}

#endif
