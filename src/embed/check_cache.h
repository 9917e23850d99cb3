/* embed/check_cache.h - how near each precision of a model came to f32, kept on disk from one start
 * to the next: $XDG_CACHE_HOME/tandem/checks. The check takes a second or more; its result does not
 * change with the same files, kernels and program.
 *
 * A file is named after all that decides its content; inside it says the same once more, and what
 * does not fit is not believed. A folder that can't be read or written, or that holds rubbish,
 * costs time and nothing else: no function here can fail.
 *
 * Threads:  any; several processes
 */
#ifndef TD_EMBED_CHECK_CACHE_H
#define TD_EMBED_CHECK_CACHE_H

#include "embed/model/model.h"
#include "flow/model_files.h"

typedef struct td_check_cache {
    char folder[1024]; /* empty: nothing is kept, since the user has no such folder */
} td_check_cache;

void td_embed_check_cache_init(td_check_cache *cache);

/* What a file is about. */
typedef struct td_check_key {
    const td_model_files *files;
    const td_kernels *kernels;
    td_precision precision;
    int engine_version; /* TD_ENGINE_VERSION */
} td_check_key;

/* How near a precision's vectors of the samples are to those in f32. */
typedef struct td_check {
    size_t n_samples; /* 0: not known */
    double mean, least;
} td_check;

/* False: not known. */
bool td_embed_check_cache_get(const td_check_cache *cache, const td_check_key *key,
                              td_check *check_out);
void td_embed_check_cache_put(const td_check_cache *cache, const td_check_key *key,
                              const td_check *check);

#endif
