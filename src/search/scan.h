/* search/scan.h - the chunks of one lane that are nearest to a vector.
 *
 * Bits first: one pass over the lane's one-bit rows keeps the best candidates, whose full vectors
 * then decide. Exact: one pass over the full vectors.
 * Threads:  any
 */
#ifndef TD_SEARCH_SCAN_H
#define TD_SEARCH_SCAN_H

#include "store/store.h"

/* The best so far of a stream, at most n_max: a heap with the worst on top. Higher score is better;
 * of two equal ones the lower id. */
typedef struct td_search_scan_top {
    td_store_found *items; /* [n_max], the caller's */
    size_t n, n_max;
} td_search_scan_top;

void td_search_scan_top_add(td_search_scan_top *top, int64_t chunk_id, double score);
/* Sorts the items, best first; nothing may be added afterwards. */
void td_search_scan_top_sort(td_search_scan_top *top);

typedef struct td_search_scan_options {
    bool exact;
    size_t n_candidates; /* that bits hand to the full vectors */
    const int64_t *ids;  /* only these chunks, ascending; NULL: all */
    size_t n_ids;
} td_search_scan_options;

/* Best first into found [n_max] with their cosines.
 *
 *   vector   [dim], of length 1   borrowed
 *
 * Cost: dim / 8 bytes read for each chunk of the lane; exact: 4 * dim. Candidates cost a look-up
 * each. A filter that leaves few chunks is answered by their vectors alone. */
tandem_code td_search_scan(td_store *store, tandem_lane lane, const float *vector, size_t dim,
                           const td_search_scan_options *options, td_store_found *found,
                           size_t n_max, size_t *n_out, tandem_error *err);

#endif
