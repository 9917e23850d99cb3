/* embed/kernels/narrow_dot.h - producers of 14 rows x 32 columns by 512-bit dot products: 28 sums,
 * 2 weights and 1 broadcast in the 32 registers. */
#ifndef TD_EMBED_KERNELS_NARROW_DOT_H
#define TD_EMBED_KERNELS_NARROW_DOT_H

#include "embed/kernels/avx512.h"
#include "embed/kernels/narrow.h"
#include "embed/kernels/vectors.h"

#include <string.h>

enum {
    NARROW_ROWS = 14,
    STEPS_MAX = 1 << 20, /* all of a row at once: the sums stay in registers */
    DOT_GROUPS = (NARROW_ROWS + 2) / 3,
};

static inline void tiles_begin(void)
{
}
static inline void tiles_end(void)
{
}

UNWATCHED static inline __m512i four_bytes(const uint8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof(four));
    return _mm512_set1_epi32(four);
}

static inline __m512i dot_int8(__m512i sum, __m512i a, __m512i weights)
{
    return _mm512_dpbusd_epi32(sum, a, weights);
}

/* Rows are reached as base, base + stride, base + 2 stride. Groups of 4 bytes, one at a time. */
#define DOT_OF(name, dot)                                                                   \
    UNWATCHED static ALWAYS void name(const size_t n_rows, const narrow_tile *work)         \
    {                                                                                       \
        const uint8_t *rows[DOT_GROUPS], *panel = work->panel, *ahead = work->ahead;        \
        const size_t stride = work->a_stride;                                               \
        int32_t *c = work->c;                                                               \
        __m512i sums[NARROW_ROWS][2];                                                       \
        UNROLL(14)                                                                          \
        for (size_t m = 0; m < n_rows; m++) {                                               \
            const int32_t *row = c + m * work->c_stride;                                    \
            sums[m][0] = work->add ? _mm512_loadu_si512(row) : _mm512_setzero_si512();      \
            sums[m][1] = work->add ? _mm512_loadu_si512(row + 16) : _mm512_setzero_si512(); \
        }                                                                                   \
        UNROLL(14)                                                                          \
        for (size_t g = 0; g < DOT_GROUPS; g++)                                             \
            rows[g] = work->a + (3 * g < n_rows ? 3 * g : 0) * stride;                      \
        for (size_t k = work->n_steps; k > 0; k--, panel += PANEL_HALF) {                   \
            for (size_t i = 4; i > 0; i--, panel += 4 * 64) {                               \
                UNROLL(4)                                                                   \
                for (size_t j = 0; j < 4; j++) {                                            \
                    __m512i left = _mm512_loadu_si512(panel + j * 64);                      \
                    __m512i right = _mm512_loadu_si512(panel + j * 64 + PANEL_HALF);        \
                    UNROLL(14)                                                              \
                    for (size_t m = 0; m < n_rows; m++) {                                   \
                        __m512i a = four_bytes(rows[m / 3] + m % 3 * stride + 4 * j);       \
                        sums[m][0] = dot(sums[m][0], a, left);                              \
                        sums[m][1] = dot(sums[m][1], a, right);                             \
                    }                                                                       \
                }                                                                           \
                UNROLL(14)                                                                  \
                for (size_t g = 0; g < DOT_GROUPS; g++)                                     \
                    rows[g] += 16;                                                          \
            }                                                                               \
            for (size_t i = work->ahead_lines; i > 0; i--, ahead += 64)                     \
                _mm_prefetch((const char *)ahead, _MM_HINT_T1);                             \
        }                                                                                   \
        UNROLL(14)                                                                          \
        for (size_t m = 0; m < n_rows; m++) {                                               \
            _mm512_storeu_si512(c + m * work->c_stride, sums[m][0]);                        \
            _mm512_storeu_si512(c + m * work->c_stride + 16, sums[m][1]);                   \
        }                                                                                   \
    }

#define DOT_CASE(name, n) \
case n:                   \
    name(n, work);        \
    break;
#define DOT_CASES(name) \
    DOT_CASE(name, 1)   \
    DOT_CASE(name, 2)   \
    DOT_CASE(name, 3)   \
    DOT_CASE(name, 4)   \
    DOT_CASE(name, 5)   \
    DOT_CASE(name, 6)   \
    DOT_CASE(name, 7)   \
    DOT_CASE(name, 8)   \
    DOT_CASE(name, 9)   \
    DOT_CASE(name, 10)  \
    DOT_CASE(name, 11)  \
    DOT_CASE(name, 12)  \
    DOT_CASE(name, 13)  \
    DOT_CASE(name, 14)

DOT_OF(dot_int8_of, dot_int8)

UNWATCHED static ALONE void tile_int8(size_t n_rows, const narrow_tile *work)
{
    switch (n_rows) {
        DOT_CASES(dot_int8_of)
    }
}

#ifdef HEADS_S16
static inline __m512i dot_s16(__m512i sum, __m512i a, __m512i weights)
{
    return _mm512_dpwssd_epi32(sum, a, weights);
}

DOT_OF(dot_s16_of, dot_s16)

UNWATCHED static ALONE void tile_s16(size_t n_rows, const narrow_tile *work)
{
    switch (n_rows) {
        DOT_CASES(dot_s16_of)
    }
}
#endif

#ifdef __AVX512BF16__
static inline __m512i dot_bf16(__m512i sum, __m512i a, __m512i weights)
{
    return _mm512_castps_si512(
        _mm512_dpbf16_ps(_mm512_castsi512_ps(sum), (__m512bh)a, (__m512bh)weights));
}

DOT_OF(dot_bf16_of, dot_bf16)

UNWATCHED static ALONE void tile_bf16(size_t n_rows, const narrow_tile *work)
{
    switch (n_rows) {
        DOT_CASES(dot_bf16_of)
    }
}
#endif

#endif
