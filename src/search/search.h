/* search/search.h - from a question's vectors and words to ranked hits.
 *
 * In:       the query's vector in each lane's own space, and its text
 * Out:      hits, fused by reciprocal ranks
 * Threads:  any
 * Source:   reciprocal rank fusion: Cormack, Clarke, Buettcher, SIGIR 2009 (k = 60)
 */
#ifndef TD_SEARCH_H
#define TD_SEARCH_H

#include "store/store.h"

typedef struct td_search_options {
    size_t struct_size;
    uint32_t k;                    /* hits wanted, 1..1000 */
    bool exact;                    /* scan the full vectors instead of bits first */
    uint32_t oversample;           /* candidates that bits hand to the full vectors, times k */
    float weights[TANDEM_N_LANES]; /* of each lane's list in the fusion; 0 leaves it out */
    float text_weight;
    td_store_filter filter;
} td_search_options;

#define TD_SEARCH_OPTIONS                                                                       \
    (td_search_options)                                                                         \
    {                                                                                           \
        .struct_size = sizeof(td_search_options), .k = 10, .oversample = 20, .weights = {1, 1}, \
        .text_weight = 1                                                                        \
    }

typedef struct td_search_query {
    td_str text;
    const float *vectors[TANDEM_N_LANES]; /* NULL: that lane is left out */
    size_t dims[TANDEM_N_LANES];
} td_search_query;

/* The best hits, at most options->k. hits_out [k]; texts in `arena`.
 * Errors: E_INVALID (bounds), E_EMPTY (nothing to search by), the store's.
 * Cost: one pass over a lane's bits (dim / 8 bytes a chunk) per lane. */
tandem_code td_search(td_store *store, const td_search_query *query,
                      const td_search_options *options, td_arena *arena, tandem_hit *hits_out,
                      size_t *n_out, tandem_error *err);

#endif
