/* search/bits.h - scores of one-bit rows against a query, and dot products of full vectors.
 *
 * A row has a bit for each dimension: 1 where the value is > 0. The query is not cut down to signs:
 * its values are rounded to whole numbers of 6 bits, and these are laid out as 6 planes of bits.
 * The score, the sum of the query's numbers where the row has a 1, is then a weighted sum of
 * popcount(row & plane). Against signs on both sides (Hamming) this needs a third of the candidates
 * for the same recall (bench/search/README.md).
 *
 * Threads:  pure functions
 */
#ifndef TD_SEARCH_BITS_H
#define TD_SEARCH_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TD_SEARCH_BITS_PLANES = 6,
    TD_SEARCH_BITS_PLACES = 8, /* of planes; the two that are left over are 0 */
    TD_SEARCH_BITS_DIM_MAX = 16384,
};

typedef struct td_search_bits_query {
    size_t n_words; /* of 64 dimensions each; the last may be partly empty */
    uint64_t planes[TD_SEARCH_BITS_DIM_MAX / 64][TD_SEARCH_BITS_PLACES]; /* lowest first; the 6th
                                                                            counts negative */
} td_search_bits_query;

/* values [dim], finite, dim <= TD_SEARCH_BITS_DIM_MAX. */
void td_search_bits_prepare(const float *values, size_t dim, td_search_bits_query *query_out);

/* One way to compute both, for one kind of CPU. All give the same bits of result. */
typedef struct td_search_bits_kernel {
    const char *name;
    /* scores_out [n] of rows [n, row_bytes] at any address. */
    void (*score)(const td_search_bits_query *query, const uint8_t *rows, size_t n,
                  size_t row_bytes, int32_t *scores_out);
    /* Sum of a[i] * b[i]. 32 partial sums, added pairwise: the same on every CPU. */
    float (*dot)(const float *a, const float *b, size_t dim);
} td_search_bits_kernel;

/* The best one for this CPU. Static. */
const td_search_bits_kernel *td_search_bits_best(void);

/* The i-th one that this CPU can run, the portable one first; NULL past the last. */
const td_search_bits_kernel *td_search_bits_get(size_t i);

#endif
