/* embed/kernels/avx2.c - tiles of 6 rows x 16 columns: 12 sums, 2 weights and 1 broadcast in the 16
 * registers. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    include <immintrin.h>

#    define VECTOR_FLOATS 8
#    define TILE_ROWS     6
#    define TABLE_NAME    "avx2"
#    define TABLE         td_embed_kernels_avx2

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
static inline float v_most(vec x)
{
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}

#    include "embed/kernels/tiles.h"

#endif
