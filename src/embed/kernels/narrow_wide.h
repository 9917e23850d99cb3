/* embed/kernels/narrow_wide.h - producers for CPUs without dot products of bf16 or int8: inputs are
 * widened on the way, bf16 to f32, bytes to 16 bits. Exact for int8; the weights stay narrow in
 * memory. Int8 only where narrow_dot.h has no producer for it.
 */
#ifndef TD_EMBED_KERNELS_NARROW_WIDE_H
#define TD_EMBED_KERNELS_NARROW_WIDE_H

#include "embed/kernels/narrow_dot.h"

enum {
    WIDE_STEPS = 8, /* of rows that are widened at once */
    WIDE_GROUPS = WIDE_STEPS * 16,
    WIDE_PASSES = TD_NARROW_WIDTH / WIDTH, /* a pass covers two vectors of columns */
};

/* Part of a tile: rows as wide_row has them. */
typedef struct wide_part {
    const uint32_t *a;           /* [n_rows][WIDE_STRIDE] */
    const uint8_t *left, *right; /* each a vector of columns of the panel's first group */
    size_t n_steps;
    float *c; /* f32 or s32 */
    size_t c_stride;
    bool add;
    const uint8_t *ahead; /* see narrow_tile */
    size_t ahead_lines;
} wide_part;
enum {
    WIDE_STRIDE = 2 * WIDE_GROUPS + 16, /* off the power of two */
};

UNWATCHED static ALWAYS void wide_ask_ahead(const wide_part *part, size_t step)
{
    const uint8_t *ahead = part->ahead + step * part->ahead_lines * 64;
    for (size_t i = part->ahead_lines; i > 0; i--, ahead += 64)
        _mm_prefetch((const char *)ahead, _MM_HINT_T1);
}

/* bf16 as f32, in order. */
UNWATCHED static ALWAYS void wide_bf16_row(const uint8_t *row, size_t n_groups, uint32_t *to)
{
    for (size_t i = 0; i < 2 * n_groups; i += VECTOR_FLOATS)
        v_store((float *)to + i, v_load_bf16((const uint16_t *)row + i));
}

UNWATCHED static ALWAYS void wide_bf16_of(const size_t n_rows, const wide_part *part)
{
    const float *a = (const float *)part->a;
    const uint8_t *left_at = part->left, *right_at = part->right;
    vec sums[TILE_ROWS][2];

    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        const float *c = part->c + m * part->c_stride;
        sums[m][0] = part->add ? v_load(c) : v_set(0);
        sums[m][1] = part->add ? v_load(c + VECTOR_FLOATS) : v_set(0);
    }
    for (size_t k = 0; k < part->n_steps; k++, left_at += PANEL_HALF, right_at += PANEL_HALF) {
        for (size_t g = 16; g > 0; g--, a += 2, left_at += 64, right_at += 64) {
            UNROLL(2)
            for (size_t odd = 0; odd < 2; odd++) {
                vec left = odd ? v_odd_bf16(left_at) : v_even_bf16(left_at);
                vec right = odd ? v_odd_bf16(right_at) : v_even_bf16(right_at);
                UNROLL(14)
                for (size_t m = 0; m < n_rows; m++) {
                    vec x = v_set(a[m * WIDE_STRIDE + odd]);
                    sums[m][0] = v_fma(x, left, sums[m][0]);
                    sums[m][1] = v_fma(x, right, sums[m][1]);
                }
            }
        }
        wide_ask_ahead(part, k);
    }
    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        v_store(part->c + m * part->c_stride, sums[m][0]);
        v_store(part->c + m * part->c_stride + VECTOR_FLOATS, sums[m][1]);
    }
}

UNWATCHED static ALONE void wide_bf16_part(size_t n_rows, const wide_part *part)
{
    EACH_N_ROWS(n_rows, wide_bf16_of, part);
}

/* Parts of the rows widened, one after another, and for each all columns of the panel. */
UNWATCHED static ALWAYS void wide_tile(size_t n_rows, const narrow_tile *work,
                                       void (*const widen)(const uint8_t *row, size_t n_groups,
                                                           uint32_t *to),
                                       void (*const multiply)(size_t n_rows, const wide_part *part))
{
    _Alignas(64) uint32_t a[TILE_ROWS * WIDE_STRIDE];

    for (size_t from = 0; from < work->n_steps; from += WIDE_STEPS) {
        size_t left = work->n_steps - from, n = left < WIDE_STEPS ? left : WIDE_STEPS;
        const uint8_t *row = work->a + from * TD_NARROW_STEP;
        for (size_t m = 0; m < n_rows; m++, row += work->a_stride)
            widen(row, n * 16, a + m * WIDE_STRIDE);
        for (size_t pass = 0; pass < WIDE_PASSES; pass++) {
            const uint8_t *panel =
                work->panel + from * PANEL_STEP + pass * (PANEL_STEP / WIDE_PASSES);
            wide_part part = {.a = a,
                              .left = panel,
                              .right = panel + (WIDE_PASSES == 1 ? PANEL_HALF : 32),
                              .n_steps = n,
                              .c = (float *)work->c + pass * WIDTH,
                              .c_stride = work->c_stride,
                              .add = work->add || from > 0,
                              .ahead = work->ahead + from * work->ahead_lines * 64,
                              .ahead_lines = pass == 0 ? work->ahead_lines : 0};
            multiply(n_rows, &part);
        }
    }
}

UNWATCHED static ALONE void tile_bf16(size_t n_rows, const narrow_tile *work)
{
    wide_tile(n_rows, work, wide_bf16_row, wide_bf16_part);
}

#ifndef HAS_BYTE_DOTS

/* Bytes 0 and 2 of each four as a pair of 16 bits, and WIDE_GROUPS further on 1 and 3. */
UNWATCHED static ALWAYS void wide_int8_row(const uint8_t *row, size_t n_groups, uint32_t *to)
{
    for (size_t g = 0; g < n_groups; g += VECTOR_FLOATS) {
        ivec four = w_load(row + 4 * g);
        w_store(to + g, w_even_u8(four));
        w_store(to + WIDE_GROUPS + g, w_odd_u8(four));
    }
}

UNWATCHED static ALWAYS void wide_int8_of(const size_t n_rows, const wide_part *part)
{
    const uint32_t *a = part->a;
    const uint8_t *left_at = part->left, *right_at = part->right;
    int32_t *c = (int32_t *)part->c;
    ivec sums[TILE_ROWS][2];

    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        const int32_t *row = c + m * part->c_stride;
        sums[m][0] = part->add ? w_load(row) : w_set(0);
        sums[m][1] = part->add ? w_load(row + VECTOR_FLOATS) : w_set(0);
    }
    for (size_t k = 0; k < part->n_steps; k++, left_at += PANEL_HALF, right_at += PANEL_HALF) {
        for (size_t g = 16; g > 0; g--, a++, left_at += 64, right_at += 64) {
            UNROLL(2)
            for (size_t odd = 0; odd < 2; odd++) {
                ivec left = odd ? w_odd_s8(w_load(left_at)) : w_even_s8(w_load(left_at));
                ivec right = odd ? w_odd_s8(w_load(right_at)) : w_even_s8(w_load(right_at));
                UNROLL(14)
                for (size_t m = 0; m < n_rows; m++) {
                    ivec x = w_set((int32_t)a[m * WIDE_STRIDE + odd * WIDE_GROUPS]);
                    sums[m][0] = w_dot(sums[m][0], x, left);
                    sums[m][1] = w_dot(sums[m][1], x, right);
                }
            }
        }
        wide_ask_ahead(part, k);
    }
    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        w_store(c + m * part->c_stride, sums[m][0]);
        w_store(c + m * part->c_stride + VECTOR_FLOATS, sums[m][1]);
    }
}

UNWATCHED static ALONE void wide_int8_part(size_t n_rows, const wide_part *part)
{
    EACH_N_ROWS(n_rows, wide_int8_of, part);
}

UNWATCHED static ALONE void tile_int8(size_t n_rows, const narrow_tile *work)
{
    wide_tile(n_rows, work, wide_int8_row, wide_int8_part);
}

#endif

#endif
