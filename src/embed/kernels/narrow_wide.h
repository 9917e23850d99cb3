/* embed/kernels/narrow_wide.h - producers for CPUs without dot products of bf16 or int8: inputs are
 * widened on the way, bf16 to f32, bytes to 16 bits. Exact for int8; the weights stay narrow in
 * memory.
 *
 * A table that has a producer of its own for int8 includes it first (narrow_dot.h).
 */
#ifndef TD_EMBED_KERNELS_NARROW_WIDE_H
#define TD_EMBED_KERNELS_NARROW_WIDE_H

#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <string.h>

enum {
    WIDE_STEPS = 12, /* of rows that are widened at once */
    WIDE_GROUPS = WIDE_STEPS * 16,
    WIDE_PASSES = TD_NARROW_WIDTH / WIDTH, /* a pass covers two vectors of columns */
#ifndef TD_EMBED_KERNELS_NARROW_DOT_H
    NARROW_ROWS = TILE_ROWS,
    STEPS_MAX = 1 << 20,
#endif
};

#ifndef TD_EMBED_KERNELS_NARROW_DOT_H
static inline void tiles_begin(void)
{
}
static inline void tiles_end(void)
{
}
#endif

/* Part of a tile: both inputs (bf16) or both pairs (int8) of each group stand beside each other. */
typedef struct wide_part {
    const uint32_t *a;           /* [n_rows][WIDE_STRIDE] */
    const uint8_t *left, *right; /* each a vector of columns of the panel's first group */
    size_t n_steps;
    float *c; /* f32 or s32 */
    size_t c_stride;
    bool add;
} wide_part;
enum {
    WIDE_STRIDE = 2 * WIDE_GROUPS + 16, /* off the power of two */
};

UNWATCHED static inline vec wide_bf16(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return v_set(x);
}

UNWATCHED static ALWAYS void wide_bf16_of(const size_t n_rows, const wide_part *part)
{
    const uint32_t *a = part->a;
    vec sums[TILE_ROWS][2];

    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        const float *c = part->c + m * part->c_stride;
        sums[m][0] = part->add ? v_load(c) : v_set(0);
        sums[m][1] = part->add ? v_load(c + VECTOR_FLOATS) : v_set(0);
    }
    for (size_t k = 0; k < part->n_steps * 16; k++, a += 2) {
        size_t at = k / 16 * PANEL_STEP + k % 16 * 64;
        UNROLL(2)
        for (size_t odd = 0; odd < 2; odd++) {
            vec left = odd ? v_odd_bf16(part->left + at) : v_even_bf16(part->left + at);
            vec right = odd ? v_odd_bf16(part->right + at) : v_even_bf16(part->right + at);
            UNROLL(14)
            for (size_t m = 0; m < n_rows; m++) {
                vec x = wide_bf16(a[m * WIDE_STRIDE + odd]);
                sums[m][0] = v_fma(x, left, sums[m][0]);
                sums[m][1] = v_fma(x, right, sums[m][1]);
            }
        }
    }
    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        v_store(part->c + m * part->c_stride, sums[m][0]);
        v_store(part->c + m * part->c_stride + VECTOR_FLOATS, sums[m][1]);
    }
}

#define WIDE_CASE(name, n) \
case n:                    \
    name(n, part);         \
    break;
#if TILE_ROWS > 6
#    define WIDE_CASES(name) \
        WIDE_CASE(name, 1)   \
        WIDE_CASE(name, 2)   \
        WIDE_CASE(name, 3)   \
        WIDE_CASE(name, 4)   \
        WIDE_CASE(name, 5)   \
        WIDE_CASE(name, 6)   \
        WIDE_CASE(name, 7)   \
        WIDE_CASE(name, 8)   \
        WIDE_CASE(name, 9)   \
        WIDE_CASE(name, 10)  \
        WIDE_CASE(name, 11)  \
        WIDE_CASE(name, 12)  \
        WIDE_CASE(name, 13)  \
        WIDE_CASE(name, 14)
#else
#    define WIDE_CASES(name) \
        WIDE_CASE(name, 1)   \
        WIDE_CASE(name, 2)   \
        WIDE_CASE(name, 3)   \
        WIDE_CASE(name, 4)   \
        WIDE_CASE(name, 5)   \
        WIDE_CASE(name, 6)
#endif

UNWATCHED static ALONE void wide_bf16_part(size_t n_rows, const wide_part *part)
{
    switch (n_rows) {
        WIDE_CASES(wide_bf16_of)
    }
}

/* Parts of the rows widened, one after another, and for each all columns of the panel. */
UNWATCHED static ALWAYS void wide_tile(size_t n_rows, const narrow_tile *work,
                                       const uint32_t even_mask, const int even_left,
                                       const uint32_t odd_mask, const int odd_right,
                                       void (*multiply)(size_t n_rows, const wide_part *part))
{
    uint32_t a[TILE_ROWS * WIDE_STRIDE];

    for (size_t from = 0; from < work->n_steps; from += WIDE_STEPS) {
        size_t left = work->n_steps - from, n = left < WIDE_STEPS ? left : WIDE_STEPS;
        for (size_t m = 0; m < n_rows; m++) {
            const uint8_t *row = work->a + m * work->a_stride + from * TD_NARROW_STEP;
            uint32_t *to = a + m * WIDE_STRIDE;
            for (size_t g = 0; g < n * 16; g++) {
                uint32_t four;
                memcpy(&four, row + 4 * g, sizeof(four));
                to[2 * g] = four << even_left & even_mask;
                to[2 * g + 1] = four >> odd_right & odd_mask;
            }
        }
        for (size_t pass = 0; pass < WIDE_PASSES; pass++) {
            const uint8_t *panel =
                work->panel + from * PANEL_STEP + pass * (PANEL_STEP / WIDE_PASSES);
            wide_part part = {.a = a,
                              .left = panel,
                              .right = panel + (WIDE_PASSES == 1 ? PANEL_HALF : 32),
                              .n_steps = n,
                              .c = (float *)work->c + pass * WIDTH,
                              .c_stride = work->c_stride,
                              .add = work->add || from > 0};
            multiply(n_rows, &part);
        }
    }
}

UNWATCHED static ALONE void tile_bf16(size_t n_rows, const narrow_tile *work)
{
    wide_tile(n_rows, work, 0xffff0000, 16, 0xffff0000, 0, wide_bf16_part);
}

#ifndef TD_EMBED_KERNELS_NARROW_DOT_H

UNWATCHED static ALWAYS void wide_int8_of(const size_t n_rows, const wide_part *part)
{
    const uint32_t *a = part->a;
    int32_t *c = (int32_t *)part->c;
    ivec sums[TILE_ROWS][2];

    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        const int32_t *row = c + m * part->c_stride;
        sums[m][0] = part->add ? w_load(row) : w_set(0);
        sums[m][1] = part->add ? w_load(row + VECTOR_FLOATS) : w_set(0);
    }
    for (size_t k = 0; k < part->n_steps * 16; k++, a += 2) {
        size_t at = k / 16 * PANEL_STEP + k % 16 * 64;
        UNROLL(2)
        for (size_t odd = 0; odd < 2; odd++) {
            ivec left =
                odd ? w_odd_bytes(w_load(part->left + at)) : w_even_bytes(w_load(part->left + at));
            ivec right = odd ? w_odd_bytes(w_load(part->right + at))
                             : w_even_bytes(w_load(part->right + at));
            UNROLL(14)
            for (size_t m = 0; m < n_rows; m++) {
                ivec x = w_set((int32_t)a[m * WIDE_STRIDE + odd]);
                sums[m][0] = w_add(sums[m][0], w_dot(x, left));
                sums[m][1] = w_add(sums[m][1], w_dot(x, right));
            }
        }
    }
    UNROLL(14)
    for (size_t m = 0; m < n_rows; m++) {
        w_store(c + m * part->c_stride, sums[m][0]);
        w_store(c + m * part->c_stride + VECTOR_FLOATS, sums[m][1]);
    }
}

UNWATCHED static ALONE void wide_int8_part(size_t n_rows, const wide_part *part)
{
    switch (n_rows) {
        WIDE_CASES(wide_int8_of)
    }
}

UNWATCHED static ALONE void tile_int8(size_t n_rows, const narrow_tile *work)
{
    wide_tile(n_rows, work, 0x00ff00ff, 0, 0x00ff00ff, 8, wide_int8_part);
}

#endif

#endif
