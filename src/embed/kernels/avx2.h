/* embed/kernels/avx2.h - `vec` and its v_ functions for AVX2, see vectors.h. */
#ifndef TD_EMBED_KERNELS_AVX2_H
#define TD_EMBED_KERNELS_AVX2_H

#include "embed/kernels/tables.h"

#include <immintrin.h>
#include <string.h>

#define VECTOR_FLOATS 8
#define TILE_ROWS     6

typedef __m256 vec;

static inline vec v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
static inline void v_store(float *p, vec x)
{
    _mm256_storeu_ps(p, x);
}
static inline __m256i mask_of(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}
/* The first n < VECTOR_FLOATS lanes; zeros behind. */
static inline vec v_load_n(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, mask_of(n));
}
static inline void v_store_n(float *p, size_t n, vec x)
{
    _mm256_maskstore_ps(p, mask_of(n), x);
}
static inline vec v_set(float x)
{
    return _mm256_set1_ps(x);
}
static inline vec v_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}
static inline vec v_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}
static inline vec v_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}
static inline vec v_div(vec a, vec b)
{
    return _mm256_div_ps(a, b);
}
/* 1 / x, relative error 1e-6 */
static inline vec v_reciprocal(vec x)
{
    vec guess = _mm256_rcp_ps(x);
    return _mm256_mul_ps(guess, _mm256_fnmadd_ps(x, guess, _mm256_set1_ps(2)));
}
/* a * b + c */
static inline vec v_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}
static inline vec v_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}
static inline vec v_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}
static inline vec v_round(vec x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* x * 2^n for whole n from -126 to 127 */
static inline vec v_scale(vec x, vec n)
{
    __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}
/* y, but 0 where x < limit; y where x is no number */
static inline vec v_zero_below(vec x, vec limit, vec y)
{
    return _mm256_and_ps(_mm256_cmp_ps(x, limit, _CMP_NLT_UQ), y);
}
static inline float v_sum(vec x)
{
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}
static inline float v_least(vec x)
{
    __m128 half = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_min_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_min_ss(half, _mm_shuffle_ps(half, half, 1)));
}
static inline float v_most(vec x)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}

/* ---- bf16 and bytes ---- */

static inline vec v_load_bf16(const uint16_t *p)
{
    __m128i half = _mm_loadu_si128((const __m128i *)p);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

/* To the nearest, ties to even; a NaN stays one. */
static inline void v_store_bf16(uint16_t *p, vec x)
{
    __m256i bits = _mm256_castps_si256(x);
    __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    __m256i no_number = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    up = _mm256_srli_epi32(_mm256_blendv_epi8(up, quiet, no_number), 16);
    up = _mm256_permute4x64_epi64(_mm256_packus_epi32(up, up), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(up));
}

/* Of pairs of bf16: the first ones and the second ones. */
static inline vec v_even_bf16(const uint8_t *pairs)
{
    __m256i both = _mm256_loadu_si256((const __m256i *)pairs);
    return _mm256_castsi256_ps(_mm256_slli_epi32(both, 16));
}
static inline vec v_odd_bf16(const uint8_t *pairs)
{
    __m256i both = _mm256_loadu_si256((const __m256i *)pairs);
    return _mm256_castsi256_ps(_mm256_and_si256(both, _mm256_set1_epi32((int32_t)0xffff0000)));
}

typedef __m256i ivec; /* s32, or pairs of s16 */

static inline ivec w_load(const void *p)
{
    return _mm256_loadu_si256(p);
}
static inline void w_store(void *p, ivec x)
{
    _mm256_storeu_si256(p, x);
}
static inline ivec w_set(int32_t x)
{
    return _mm256_set1_epi32(x);
}
/* sum + the sums of the products of pairs. The sum stays where it is: gcc would rather add two
 * products first and has no registers for them. */
static inline ivec w_dot(ivec sum, ivec a, ivec b)
{
#ifdef __AVXVNNI__
    return _mm256_dpwssd_avx_epi32(sum, a, b);
#else
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    __asm__("" : "+x"(sum));
    return sum;
#endif
}
#ifdef __AVXVNNI__
#    define HAS_BYTE_DOTS
/* sum + the sums of the products of four u8 and four s8. */
static inline ivec w_dot_bytes(ivec sum, ivec a, ivec b)
{
    return _mm256_dpbusd_avx_epi32(sum, a, b);
}
#else
#    define HAS_PAIR_DOTS
/* The same where no two neighbouring products add up to more than 16 bits hold. */
static inline ivec w_dot_pairs(ivec sum, ivec a, ivec b)
{
    return w_dot(sum, _mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1));
}
#endif
/* Eight bytes as s32. */
static inline ivec w_load_u8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
}
/* Of four bytes: 0 and 2, or 1 and 3, as pairs. */
static inline ivec w_even_s8(ivec x)
{
    return _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8);
}
static inline ivec w_odd_s8(ivec x)
{
    return _mm256_srai_epi16(x, 8);
}
static inline ivec w_even_u8(ivec x)
{
    return _mm256_and_si256(x, _mm256_set1_epi16(0xff));
}
static inline ivec w_odd_u8(ivec x)
{
    return _mm256_srli_epi16(x, 8);
}

/* 8 rows of 8 dwords become columns; strides in dwords. */
static inline void w_turn(const int32_t *rows, size_t stride, int32_t *out, size_t out_stride)
{
    __m256i r[8], t[8];
    for (size_t i = 0; i < 8; i++)
        r[i] = w_load(rows + i * stride);
    for (size_t i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (size_t i = 0; i < 2; i++) { /* r[4 i + j]: dword j of each four, of rows 4 i to 4 i + 3 */
        r[4 * i] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for (size_t i = 0; i < 4; i++) {
        w_store(out + i * out_stride, _mm256_permute2x128_si256(r[i], r[4 + i], 0x20));
        w_store(out + (4 + i) * out_stride, _mm256_permute2x128_si256(r[i], r[4 + i], 0x31));
    }
}

/* 8 rows of 16 bytes become columns. */
static inline void turn_bytes(const uint8_t *rows, size_t stride, uint8_t *out, size_t out_stride)
{
    __m128i r[8], t[8];
    for (size_t i = 0; i < 8; i++)
        r[i] = _mm_loadu_si128((const __m128i *)(rows + i * stride));
    for (size_t i = 0; i < 4; i++) {
        t[i] = _mm_unpacklo_epi8(r[2 * i], r[2 * i + 1]);
        t[4 + i] = _mm_unpackhi_epi8(r[2 * i], r[2 * i + 1]);
    }
    for (size_t i = 0; i < 8; i += 4) { /* bytes 2 i to 2 i + 7 as fours: rows 0 to 3, 4 to 7 */
        r[i] = _mm_unpacklo_epi16(t[i], t[i + 1]);
        r[i + 1] = _mm_unpacklo_epi16(t[i + 2], t[i + 3]);
        r[i + 2] = _mm_unpackhi_epi16(t[i], t[i + 1]);
        r[i + 3] = _mm_unpackhi_epi16(t[i + 2], t[i + 3]);
    }
    for (size_t i = 0; i < 8; i += 2, out += 4 * out_stride) {
        __m128i first = _mm_unpacklo_epi32(r[i], r[i + 1]);
        __m128i last = _mm_unpackhi_epi32(r[i], r[i + 1]);
        _mm_storel_epi64((__m128i *)out, first);
        _mm_storeh_pd((double *)(out + out_stride), _mm_castsi128_pd(first));
        _mm_storel_epi64((__m128i *)(out + 2 * out_stride), last);
        _mm_storeh_pd((double *)(out + 3 * out_stride), _mm_castsi128_pd(last));
    }
}

static inline vec v_load_s32(const int32_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)p));
}
/* Whole numbers from 0 to 255 (others: to the nearer end) as bytes. */
static inline void v_store_u8(uint8_t *p, vec x)
{
    __m256i words = _mm256_cvtps_epi32(x);
    words = _mm256_packus_epi32(words, words);
    words = _mm256_permute4x64_epi64(words, 0x08);
    words = _mm256_packus_epi16(words, words);
    _mm_storel_epi64((__m128i *)p, _mm256_castsi256_si128(words));
}

/* Whole numbers within 16 bits (others: to the nearer end; no number: some whole one). */
static inline void v_store_s16(uint16_t *p, vec x)
{
    __m256i words = _mm256_cvtps_epi32(x);
    words = _mm256_permute4x64_epi64(_mm256_packs_epi32(words, words), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(words));
}
/* The first n of them; n may be more than a vector. */
static inline void v_store_s16_cut(uint16_t *p, size_t n, vec x)
{
    uint16_t whole[VECTOR_FLOATS];
    v_store_s16(n < VECTOR_FLOATS ? whole : p, x);
    if (n < VECTOR_FLOATS)
        memcpy(p, whole, n * sizeof(*p));
}
/* Of sizes as the bits of bf16, the larger ones: `most` and those of the first n <= 16 values. */
static inline ivec w_most_bf16(ivec most, const uint16_t *p, size_t n)
{
    uint16_t part[16] = {0};
    if (n < 16)
        p = memcpy(part, p, n * sizeof(*p));
    return _mm256_max_epu16(most, _mm256_and_si256(w_load(p), _mm256_set1_epi16(0x7fff)));
}
static inline ivec w_most(ivec a, ivec b)
{
    return _mm256_max_epu16(a, b);
}
static inline uint16_t w_most_lane(ivec x)
{
    __m128i half = _mm_max_epu16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m128i least = _mm_minpos_epu16(_mm_xor_si128(half, _mm_set1_epi16(-1)));
    return (uint16_t)~_mm_cvtsi128_si32(least);
}

/* Columns 0 to 15 of two bf16 rows as the pairs of a panel's group. */
static inline void pair_rows(const uint16_t *first, const uint16_t *second, uint8_t *out)
{
    for (size_t i = 0; i < 2; i++, first += 8, second += 8, out += 32) {
        __m256i low = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)first));
        __m256i high = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)second));
        _mm256_storeu_si256((__m256i *)out, _mm256_or_si256(low, _mm256_slli_epi32(high, 16)));
    }
}

/* 16 rows of 16 dwords, `stride` bytes apart, become columns. */
static inline void turn_square(const uint8_t *rows, size_t stride, uint8_t *out)
{
    for (size_t row = 0; row < 16; row++) {
        uint32_t dwords[16];
        memcpy(dwords, rows + row * stride, sizeof(dwords));
        for (size_t i = 0; i < 16; i++)
            memcpy(out + i * 64 + row * 4, &dwords[i], 4);
    }
}

#endif
