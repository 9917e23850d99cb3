/* embed/kernels/avx512.c - tiles of 14 rows x 32 columns: 28 sums, 2 weights and 1 broadcast in the
 * 32 registers. */
#include "embed/kernels/tables.h"

#if TANDEM_HAVE_X86

#    include <immintrin.h>

#    define VECTOR_FLOATS 16
#    define TILE_ROWS     14
#    define TABLE_NAME    "avx512"
#    define TABLE         td_embed_kernels_avx512

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
static inline float v_most(vec x)
{
    return _mm512_reduce_max_ps(x);
}

#    include "embed/kernels/tiles.h"

#endif
