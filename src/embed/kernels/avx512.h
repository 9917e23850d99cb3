/* embed/kernels/avx512.h - `vec` and its v_ functions for AVX-512, see vectors.h. */
#ifndef TD_EMBED_KERNELS_AVX512_H
#define TD_EMBED_KERNELS_AVX512_H

#include "embed/kernels/tables.h"

#include <immintrin.h>

#define VECTOR_FLOATS 16
#define TILE_ROWS     14

typedef __m512 vec;

static inline vec v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
static inline void v_store(float *p, vec x)
{
    _mm512_storeu_ps(p, x);
}
static inline __mmask16 mask_of(size_t n)
{
    return (__mmask16)((1u << n) - 1);
}
/* The first n < VECTOR_FLOATS lanes; zeros behind. */
static inline vec v_load_n(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps(mask_of(n), p);
}
static inline void v_store_n(float *p, size_t n, vec x)
{
    _mm512_mask_storeu_ps(p, mask_of(n), x);
}
static inline vec v_set(float x)
{
    return _mm512_set1_ps(x);
}
static inline vec v_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}
static inline vec v_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}
static inline vec v_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}
static inline vec v_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}
/* 1 / x, relative error 1e-7 */
static inline vec v_reciprocal(vec x)
{
    vec guess = _mm512_rcp14_ps(x);
    return _mm512_mul_ps(guess, _mm512_fnmadd_ps(x, guess, _mm512_set1_ps(2)));
}
/* a * b + c */
static inline vec v_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
static inline vec v_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}
static inline vec v_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}
static inline vec v_round(vec x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/* x * 2^n for whole n from -126 to 127 */
static inline vec v_scale(vec x, vec n)
{
    return _mm512_scalef_ps(x, n);
}
/* y, but 0 where x < limit; y where x is no number */
static inline vec v_zero_below(vec x, vec limit, vec y)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, limit, _CMP_NLT_UQ), y);
}
static inline float v_sum(vec x)
{
    return _mm512_reduce_add_ps(x);
}
static inline float v_least(vec x)
{
    return _mm512_reduce_min_ps(x);
}
static inline float v_most(vec x)
{
    return _mm512_reduce_max_ps(x);
}

/* ---- bf16 and bytes ---- */

static inline vec v_load_bf16(const uint16_t *p)
{
    __m256i half = _mm256_loadu_si256((const __m256i *)p);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* To the nearest, ties to even; a NaN stays one. */
static inline __m256i bf16_of(vec x)
{
#ifdef __AVX512BF16__
    return (__m256i)_mm512_cvtneps_pbh(x);
#else
    __m512i bits = _mm512_castps_si512(x);
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    __mmask16 no_number = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    up = _mm512_mask_or_epi32(up, no_number, bits, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(up, 16));
#endif
}
static inline void v_store_bf16(uint16_t *p, vec x)
{
    _mm256_storeu_si256((__m256i *)p, bf16_of(x));
}

/* Of pairs of bf16: the first ones and the second ones. */
static inline vec v_even_bf16(const uint8_t *pairs)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(pairs), 16));
}
static inline vec v_odd_bf16(const uint8_t *pairs)
{
    __m512i high = _mm512_set1_epi32((int32_t)0xffff0000);
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(pairs), high));
}

typedef __m512i ivec; /* s32, or pairs of s16 */

static inline ivec w_load(const void *p)
{
    return _mm512_loadu_si512(p);
}
static inline void w_store(void *p, ivec x)
{
    _mm512_storeu_si512(p, x);
}
static inline ivec w_set(int32_t x)
{
    return _mm512_set1_epi32(x);
}
/* sum + the sums of the products of pairs. The sum stays where it is: gcc would rather add two
 * products first and has no registers for them. */
static inline ivec w_dot(ivec sum, ivec a, ivec b)
{
#ifdef __AVX512VNNI__
    return _mm512_dpwssd_epi32(sum, a, b);
#else
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
    __asm__("" : "+v"(sum));
    return sum;
#endif
}
#ifdef __AVX512BF16__
/* The same of f32 and pairs of bf16. */
static inline ivec w_dot_bf16(ivec sum, ivec a, ivec b)
{
    return _mm512_castps_si512(
        _mm512_dpbf16_ps(_mm512_castsi512_ps(sum), (__m512bh)a, (__m512bh)b));
}
#endif
#ifdef __AVX512VNNI__
#    define HAS_BYTE_DOTS
/* sum + the sums of the products of four u8 and four s8. */
static inline ivec w_dot_bytes(ivec sum, ivec a, ivec b)
{
    return _mm512_dpbusd_epi32(sum, a, b);
}
#endif
/* Of four bytes: 0 and 2, or 1 and 3, as pairs. */
static inline ivec w_even_s8(ivec x)
{
    return _mm512_srai_epi16(_mm512_slli_epi16(x, 8), 8);
}
static inline ivec w_odd_s8(ivec x)
{
    return _mm512_srai_epi16(x, 8);
}
static inline ivec w_even_u8(ivec x)
{
    return _mm512_and_si512(x, _mm512_set1_epi16(0xff));
}
static inline ivec w_odd_u8(ivec x)
{
    return _mm512_srli_epi16(x, 8);
}

static inline vec v_load_s32(const int32_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_loadu_si512(p));
}
/* Whole numbers from 0 to 255 (others: to the nearer end) as bytes. */
static inline void v_store_u8(uint8_t *p, vec x)
{
    _mm_storeu_si128((__m128i *)p, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(v_max(x, v_set(0)))));
}

/* Whole numbers within 16 bits (others: to the nearer end; no number: some whole one). */
static inline void v_store_s16(uint16_t *p, vec x)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(x)));
}
/* The first n of them; n may be more than a vector. */
static inline void v_store_s16_cut(uint16_t *p, size_t n, vec x)
{
    __mmask16 mask = n < 16 ? mask_of(n) : 0xffff;
    _mm512_mask_cvtsepi32_storeu_epi16(p, mask, _mm512_cvtps_epi32(x));
}
/* Of sizes as the bits of bf16, the larger ones: `most` and those of the first n <= 32 values. */
static inline ivec w_most_bf16(ivec most, const uint16_t *p, size_t n)
{
    __mmask32 mask = n < 32 ? (1u << n) - 1 : 0xffffffff;
    __m512i sizes = _mm512_and_si512(_mm512_maskz_loadu_epi16(mask, p), _mm512_set1_epi16(0x7fff));
    return _mm512_max_epu16(most, sizes);
}
static inline ivec w_most(ivec a, ivec b)
{
    return _mm512_max_epu16(a, b);
}
static inline uint16_t w_most_lane(ivec x)
{
    __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i quarter =
        _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    __m128i least = _mm_minpos_epu16(_mm_xor_si128(quarter, _mm_set1_epi16(-1)));
    return (uint16_t)~_mm_cvtsi128_si32(least);
}

/* Columns 0 to 15 of two bf16 rows as the pairs of a panel's group. */
static inline void pair_rows(const uint16_t *first, const uint16_t *second, uint8_t *out)
{
    __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)first));
    __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)second));
    _mm512_storeu_si512(out, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

/* 16 rows of 16 dwords, `stride` bytes apart, become columns. */
static inline void turn_square(const uint8_t *rows, size_t stride, uint8_t *out)
{
    __m512i r[16], t[16];
    for (size_t i = 0; i < 16; i++)
        r[i] = _mm512_loadu_si512(rows + i * stride);
    for (size_t i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (size_t i = 0; i < 4; i++) { /* r[4 i + j]: dword j of each four, of rows 4 i to 4 i + 3 */
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for (size_t i = 0; i < 4; i++) { /* quarters 0 and 2, 1 and 3 */
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 8] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (size_t i = 0; i < 4; i++) {
        _mm512_storeu_si512(out + i * 64, _mm512_shuffle_i32x4(t[i], t[i + 4], 0x88));
        _mm512_storeu_si512(out + (i + 4) * 64, _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0x88));
        _mm512_storeu_si512(out + (i + 8) * 64, _mm512_shuffle_i32x4(t[i], t[i + 4], 0xdd));
        _mm512_storeu_si512(out + (i + 12) * 64, _mm512_shuffle_i32x4(t[i + 8], t[i + 12], 0xdd));
    }
}

#endif
