/* embed/kernels/narrow_dot.h - producers of TILE_ROWS rows by the dot products that a table has: of
 * four bytes, of two 16-bit whole numbers, of two bf16. Two vectors of columns at a time: the sums,
 * two weights and a broadcast fill the registers. */
#ifndef TD_EMBED_KERNELS_NARROW_DOT_H
#define TD_EMBED_KERNELS_NARROW_DOT_H

#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <string.h>

enum {
    NARROW_ROWS = TILE_ROWS,
    STEPS_MAX = 1 << 20, /* all of a row at once: the sums stay in registers */
    DOT_GROUPS = (NARROW_ROWS + 2) / 3,
    DOT_PASSES = TD_NARROW_WIDTH / WIDTH,
    DOT_RIGHT = DOT_PASSES == 1 ? PANEL_HALF : 4 * VECTOR_FLOATS, /* bytes on from the left one */
};
_Static_assert(DOT_PASSES <= 2, "a pass is a half of the panel");

static inline void tiles_begin(void)
{
}
static inline void tiles_end(void)
{
}

UNWATCHED static inline ivec four_bytes(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof(four));
    return w_set(four);
}

/* Rows are reached as base, base + stride, base + 2 stride. Groups of 4 bytes, one at a time. */
#define DOT_OF(name, dot)                                                                \
    UNWATCHED static ALWAYS void name##_of(const size_t n_rows, const narrow_tile *work) \
    {                                                                                    \
        const uint8_t *rows[DOT_GROUPS], *panel = work->panel, *ahead = work->ahead;     \
        const size_t stride = work->a_stride;                                            \
        int32_t *c = work->c;                                                            \
        ivec sums[NARROW_ROWS][2];                                                       \
        UNROLL(14)                                                                       \
        for (size_t m = 0; m < n_rows; m++) {                                            \
            const int32_t *row = c + m * work->c_stride;                                 \
            sums[m][0] = work->add ? w_load(row) : w_set(0);                             \
            sums[m][1] = work->add ? w_load(row + VECTOR_FLOATS) : w_set(0);             \
        }                                                                                \
        UNROLL(14)                                                                       \
        for (size_t g = 0; g < DOT_GROUPS; g++)                                          \
            rows[g] = work->a + (3 * g < n_rows ? 3 * g : 0) * stride;                   \
        for (size_t k = work->n_steps; k > 0; k--, panel += PANEL_HALF) {                \
            for (size_t i = 4; i > 0; i--, panel += 4 * 64) {                            \
                UNROLL(4)                                                                \
                for (size_t j = 0; j < 4; j++) {                                         \
                    ivec left = w_load(panel + j * 64);                                  \
                    ivec right = w_load(panel + j * 64 + DOT_RIGHT);                     \
                    UNROLL(14)                                                           \
                    for (size_t m = 0; m < n_rows; m++) {                                \
                        ivec a = four_bytes(rows[m / 3] + m % 3 * stride + 4 * j);       \
                        sums[m][0] = dot(sums[m][0], a, left);                           \
                        sums[m][1] = dot(sums[m][1], a, right);                          \
                    }                                                                    \
                }                                                                        \
                UNROLL(14)                                                               \
                for (size_t g = 0; g < DOT_GROUPS; g++)                                  \
                    rows[g] += 16;                                                       \
            }                                                                            \
            for (size_t i = work->ahead_lines; i > 0; i--, ahead += 64)                  \
                _mm_prefetch((const char *)ahead, _MM_HINT_T1);                          \
        }                                                                                \
        UNROLL(14)                                                                       \
        for (size_t m = 0; m < n_rows; m++) {                                            \
            w_store(c + m * work->c_stride, sums[m][0]);                                 \
            w_store(c + m * work->c_stride + VECTOR_FLOATS, sums[m][1]);                 \
        }                                                                                \
    }                                                                                    \
                                                                                         \
    UNWATCHED static ALONE void name(size_t n_rows, const narrow_tile *work)             \
    {                                                                                    \
        narrow_tile part = *work;                                                        \
        for (size_t pass = 0; pass < DOT_PASSES; pass++) {                               \
            EACH_N_ROWS(n_rows, name##_of, &part);                                       \
            part.panel += PANEL_HALF;                                                    \
            part.c = (int32_t *)part.c + WIDTH;                                          \
            part.ahead_lines = 0;                                                        \
        }                                                                                \
    }

#ifdef HAS_BYTE_DOTS
DOT_OF(tile_int8, w_dot_bytes)
#endif

#ifdef HEADS_S16
DOT_OF(tile_s16, w_dot)
#endif

#ifdef __AVX512BF16__
DOT_OF(tile_bf16, w_dot_bf16)
#endif

#endif
