#include "search/bits.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

enum {
    SUMS = 32,
    VALUE_MAX = 31
}; /* 6 bits: -32..31; -32 is not used */

void td_search_bits_prepare(const float *values, size_t dim, td_search_bits_query *query_out)
{
    float most = 0;

    for (size_t i = 0; i < dim; i++)
        most = fmaxf(most, fabsf(values[i]));
    query_out->n_words = (dim + 63) / 64;
    memset(query_out->planes, 0, query_out->n_words * sizeof(query_out->planes[0]));
    for (size_t i = 0; i < dim; i++) {
        int number = most > 0 ? (int)lrintf(values[i] / most * VALUE_MAX) : 0;
        for (int p = 0; p < TD_SEARCH_BITS_PLANES; p++)
            query_out->planes[i / 64][p] |= (uint64_t)(((unsigned)number >> p) & 1) << (i % 64);
    }
}

/* -- bodies, compiled once for each kind of CPU -- */

#define BODY static inline __attribute__((always_inline))

BODY uint64_t load_word(const uint8_t *row, size_t word, size_t row_bytes)
{
    uint64_t bits = 0;
    size_t left = row_bytes - word * 8;

    if (left >= 8) /* of known size: one load */
        memcpy(&bits, row + word * 8, 8);
    else
        memcpy(&bits, row + word * 8, left);
    return bits;
}

/* n_words is a constant where it is worth it, so that the loops unroll. */
BODY void score_rows(const td_search_bits_query *query, const uint8_t *rows, size_t n,
                     size_t row_bytes, size_t n_words, int32_t *scores_out)
{
    for (size_t i = 0; i < n; i++, rows += row_bytes) {
        int32_t counts[TD_SEARCH_BITS_PLANES] = {0};
        for (size_t w = 0; w < n_words; w++) {
            uint64_t bits = load_word(rows, w, row_bytes);
            for (int p = 0; p < TD_SEARCH_BITS_PLANES; p++)
                counts[p] += __builtin_popcountll(bits & query->planes[w][p]);
        }
        scores_out[i] = counts[0] + 2 * counts[1] + 4 * counts[2] + 8 * counts[3] + 16 * counts[4] -
                        32 * counts[5];
    }
}

BODY void score_any(const td_search_bits_query *query, const uint8_t *rows, size_t n,
                    size_t row_bytes, int32_t *scores_out)
{
    if (row_bytes == 48)
        score_rows(query, rows, n, 48, 6, scores_out);
    else if (row_bytes == 96)
        score_rows(query, rows, n, 96, 12, scores_out);
    else
        score_rows(query, rows, n, row_bytes, query->n_words, scores_out);
}

/* The products of all whole groups of SUMS dimensions, added up into parts [SUMS] in registers of
 * the target's width: each sum gets the same values in the same order, whatever the width. */
#define ADD_PRODUCTS(width, a, b, dim, parts)                                       \
    do {                                                                            \
        typedef float floats __attribute__((vector_size((width) * sizeof(float)))); \
        floats total[SUMS / (width)] = {0}, x, y;                                   \
        for (size_t i = 0; i + SUMS <= (dim); i += SUMS)                            \
            for (size_t v = 0; v < SUMS / (width); v++) {                           \
                memcpy(&x, (a) + i + v * (width), sizeof(x));                       \
                memcpy(&y, (b) + i + v * (width), sizeof(y));                       \
                total[v] += x * y;                                                  \
            }                                                                       \
        memcpy((parts), total, sizeof(total));                                      \
    } while (0)

/* The last dimensions, then the sums of all, pairwise. */
BODY float finish_dot(float parts[SUMS], const float *a, const float *b, size_t dim)
{
    size_t whole = dim / SUMS * SUMS;

    for (size_t i = whole; i < dim; i++)
        parts[i - whole] += a[i] * b[i];
    for (size_t half = SUMS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            parts[i] += parts[i + half];
    return parts[0];
}

static float dot_portable(const float *a, const float *b, size_t dim)
{
    float parts[SUMS];

    ADD_PRODUCTS(4, a, b, dim, parts);
    return finish_dot(parts, a, b, dim);
}

static void score_portable(const td_search_bits_query *query, const uint8_t *rows, size_t n,
                           size_t row_bytes, int32_t *scores_out)
{
    score_any(query, rows, n, row_bytes, scores_out);
}

#if defined(__x86_64__)
#    define AVX2   __attribute__((target("avx2,popcnt")))
#    define AVX512 __attribute__((target("avx512f,avx512vl,avx512vpopcntdq")))

AVX2 static float dot_avx2(const float *a, const float *b, size_t dim)
{
    float parts[SUMS];

    ADD_PRODUCTS(8, a, b, dim, parts);
    return finish_dot(parts, a, b, dim);
}

AVX2 static void score_avx2(const td_search_bits_query *query, const uint8_t *rows, size_t n,
                            size_t row_bytes, int32_t *scores_out)
{
    score_any(query, rows, n, row_bytes, scores_out);
}

AVX512 static float dot_avx512(const float *a, const float *b, size_t dim)
{
    float parts[SUMS];

    ADD_PRODUCTS(16, a, b, dim, parts);
    return finish_dot(parts, a, b, dim);
}

/* One register holds the counts of all planes: a word of the row meets them at once. */
AVX512 static void score_avx512(const td_search_bits_query *query, const uint8_t *rows, size_t n,
                                size_t row_bytes, int32_t *scores_out)
{
    const __m256i weights = _mm256_setr_epi32(1, 2, 4, 8, 16, -32, 0, 0);

    for (size_t i = 0; i < n; i++, rows += row_bytes) {
        __m512i counts = _mm512_setzero_si512();
        for (size_t w = 0; w < query->n_words; w++) {
            __m512i bits = _mm512_set1_epi64((long long)load_word(rows, w, row_bytes));
            __m512i planes = _mm512_loadu_si512(query->planes[w]);
            counts = _mm512_add_epi64(counts, _mm512_popcnt_epi64(_mm512_and_si512(bits, planes)));
        }
        __m256i sums = _mm256_mullo_epi32(_mm512_cvtepi64_epi32(counts), weights);
        __m128i half =
            _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
        scores_out[i] = _mm_cvtsi128_si32(half);
    }
}
#endif

static const td_search_bits_kernel KERNELS[] = {
    {"portable", score_portable, dot_portable},
#if defined(__x86_64__)
    {"avx2", score_avx2, dot_avx2},
    {"avx512", score_avx512, dot_avx512},
#endif
};
enum {
    N_KERNELS = sizeof(KERNELS) / sizeof(KERNELS[0])
};

static bool can_run(size_t i)
{
#if defined(__x86_64__)
    if (i == 1)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    if (i == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vpopcntdq");
#endif
    return i == 0;
}

const td_search_bits_kernel *td_search_bits_get(size_t i)
{
    for (size_t at = 0; at < N_KERNELS; at++)
        if (can_run(at) && i-- == 0)
            return &KERNELS[at];
    return NULL;
}

const td_search_bits_kernel *td_search_bits_best(void)
{
    size_t best = 0;

    for (size_t i = 0; i < N_KERNELS; i++)
        if (can_run(i))
            best = i;
    return &KERNELS[best];
}
