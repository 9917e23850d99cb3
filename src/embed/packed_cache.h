/* embed/packed_cache.h - packed weights, kept on disk from one start to the next:
 * $XDG_CACHE_HOME/tandem/packed. Packing takes most of a start; mapping what is packed does not.
 *
 * A file is named after model, precision and kernels. Inside it says all that decides its content:
 * the model files' revision and identity, program, kernels, precision, and how a small matrix packs
 * today. A hash stands before each part and is checked before the part is used. What does not fit
 * is thrown away. Files are renamed into place; they are not synced, since a torn one is found out.
 *
 * A folder that can't be read or written, or a full disk, costs time and nothing else: one warning
 * a process, and no function here can fail. All files together stay below `bytes_max`; those used
 * longest ago go first.
 *
 * Threads:  any; several processes
 */
#ifndef TD_EMBED_PACKED_CACHE_H
#define TD_EMBED_PACKED_CACHE_H

#include "base/os.h"
#include "embed/model/model.h"
#include "flow/model_files.h"

typedef struct td_packed_cache {
    char folder[1024]; /* empty: nothing is kept, since the user has no such folder */
    uint64_t bytes_max;
    uint64_t bytes_min; /* a smaller model is packed as soon as it is read */
} td_packed_cache;

void td_embed_packed_cache_init(td_packed_cache *cache);

/* What a file is about. */
typedef struct td_packed_key {
    const td_model_files *files; /* without an identity nothing is kept or found */
    const td_kernels *kernels;
    td_precision precision;
} td_packed_key;

/* A file that is mapped; blocks lie in it. */
typedef struct td_packed {
    td_os_map map;
    td_blocks blocks;
} td_packed;

/* False: there is none that can be used, and `packed_out` is not written. */
bool td_embed_packed_cache_open(const td_packed_cache *cache, const td_packed_key *key,
                                td_packed *packed_out);
void td_embed_packed_cache_close(td_packed *packed); /* an empty struct is fine */

/* Cost: writes all blocks to memory that the system takes to disk later. */
void td_embed_packed_cache_put(const td_packed_cache *cache, const td_packed_key *key,
                               const td_blocks *blocks);

/* Takes the file away. */
void td_embed_packed_cache_drop(const td_packed_cache *cache, const td_packed_key *key);

#endif
