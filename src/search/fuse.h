/* search/fuse.h - several ranked lists become one.
 *
 * Source:   reciprocal rank fusion: Cormack, Clarke, Buettcher, SIGIR 2009 (k = 60)
 * Threads:  pure functions
 */
#ifndef TD_SEARCH_FUSE_H
#define TD_SEARCH_FUSE_H

#include "base/arena.h"
#include "store/store.h"

enum {
    TD_SEARCH_N_LISTS = TANDEM_N_LANES + 1
}; /* a list a lane, and the words' */

typedef struct td_search_list {
    const td_store_found *items; /* [n], best first, each chunk once */
    size_t n;
    float weight;
} td_search_list;

typedef struct td_search_fused {
    int64_t chunk_id;
    double score;                     /* sum of weight / (60 + rank) over the lists that have it */
    uint32_t rank[TD_SEARCH_N_LISTS]; /* from 1; 0: not in that list */
    double list_score[TD_SEARCH_N_LISTS];
} td_search_fused;

/* Every chunk of the lists, best first, into fused_out [sum of n]; returns how many. Ties: the
 * better best rank, then the earlier list, then the lower id: the same order every time. */
size_t td_search_fuse(const td_search_list lists[TD_SEARCH_N_LISTS], td_search_fused *fused_out);

/* Whether `hit` says what one of `kept` [n] says already: the same text but for white space, or at
 * least half of the shorter one in common on the same page. hashes [n]: td_search_fuse_hash of the
 * texts of `kept`. */
td_hash td_search_fuse_hash(td_str text);
bool td_search_fuse_repeats(const tandem_hit *hit, td_hash hash, const tandem_hit *kept,
                            const td_hash *hashes, size_t n);

#endif
