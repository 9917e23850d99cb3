/* embed/packed_cache.h - packed weights, and what was found out about them, kept on disk from one
 * start to the next: $XDG_CACHE_HOME/tandem/packed.
 *
 * A file is named after all that decides its content; inside it says the same once more, and what
 * does not fit is not believed. A folder that can't be read or written, or that holds rubbish,
 * costs time and nothing else: no function here can fail.
 *
 * Threads:  any; several processes
 */
#ifndef TD_EMBED_PACKED_CACHE_H
#define TD_EMBED_PACKED_CACHE_H

#include "embed/model/model.h"
#include "flow/model_files.h"

typedef struct td_packed_cache {
    char folder[1024]; /* empty: nothing is kept */
    uint64_t bytes_max;
} td_packed_cache;

/* bytes_max 0: nothing is kept. */
void td_embed_packed_cache_init(td_packed_cache *cache, uint64_t bytes_max);

/* What a file is about. */
typedef struct td_packed_key {
    const td_model_files *files;
    const td_kernels *kernels;
    td_precision precision;
} td_packed_key;

/* How near a precision's vectors of the samples are to those in f32. */
typedef struct td_check {
    size_t n_samples; /* 0: not known */
    double mean, least;
} td_check;

/* False: not known. */
bool td_embed_packed_cache_get_check(const td_packed_cache *cache, const td_packed_key *key,
                                     td_check *check_out);
void td_embed_packed_cache_put_check(const td_packed_cache *cache, const td_packed_key *key,
                                     const td_check *check);

#endif
