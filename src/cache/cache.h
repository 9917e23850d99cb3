/* cache/cache.h - vectors that were made before: model, prompt and text in, vector out.
 *
 * In:       keys (td_cache_key)
 * Out:      the very vector that the model would make (batch invariance makes it bit-equal)
 * Threads:  any
 */
#ifndef TD_CACHE_H
#define TD_CACHE_H

#include "base/error.h"
#include "base/hash.h"

typedef struct td_cache td_cache;

/* Key of one text: everything that could change its vector. `model` is the embedder's fingerprint
 * (id, revision, precision, prompt of this role). */
td_hash td_cache_key(td_str model, tandem_role role, td_str text);

/* What a cache did in this process, and holds. */
typedef struct td_cache_counts {
    uint64_t n_hits, n_misses, n_stored, n_evicted;
    uint64_t bytes, bytes_max; /* of vectors; bytes_max 0: no limit */
} td_cache_counts;

struct td_cache {
    /* The vector under `key` into out [dim]; *found_out false when there is none (or one of another
     * dim or with a broken checksum, which is dropped). */
    tandem_code (*get)(td_cache *self, td_hash key, float *out, size_t dim, bool *found_out,
                       tandem_error *err);
    /* Stores n vectors [n, dim] in one transaction; a key that is there already is left alone. */
    tandem_code (*put)(td_cache *self, const td_hash *keys, const float *vectors, size_t n,
                       size_t dim, tandem_error *err);
    void (*get_counts)(td_cache *self, td_cache_counts *counts_out);
    void (*close)(td_cache *self);
};

/* The table `cache` in the SQLite file at `path` (made if absent). At most `bytes_max` of vectors
 * are kept, the least lately used go first; 0: no limit. */
tandem_code td_cache_open_sqlite(const char *path, uint64_t bytes_max, td_cache **cache_out,
                                 tandem_error *err);

#endif
