/* hub/cache.h - one model's folder in the Hugging Face cache, written so that no reader ever sees
 * half of anything.
 *
 *     models--ORG--NAME/blobs/HASH              the bytes of a file, by its hash
 *                       blobs/HASH.incomplete   those that have come so far
 *                       snapshots/COMMIT/PATH   a link to ../../blobs/HASH
 *                       refs/main               the commit that a branch is at
 *     .locks/models--ORG--NAME/HASH.lock        held (flock) while a blob is fetched
 *
 * Order of a pull: blobs, each synced and renamed once its hash is right; then links; last the ref.
 * Every step goes from an open folder to the next without following links, so that no link in the
 * cache leads a write out of it.
 * Threads:  one owner
 * Source:   huggingface_hub 2.4.0, file_download.py
 */
#ifndef TD_HUB_CACHE_H
#define TD_HUB_CACHE_H

#include "base/buf.h"
#include "hub/listing.h"

enum {
    TD_HUB_CACHE_PATH_MAX = 4096
};

typedef struct td_hub_cache {
    td_buf path; /* of the model's folder */
    int repo, blobs, locks;
} td_hub_cache;

#define TD_HUB_CACHE                                                                \
    (td_hub_cache)                                                                  \
    {                                                                               \
        .path = TD_BUF(TD_HUB_CACHE_PATH_MAX), .repo = -1, .blobs = -1, .locks = -1 \
    }

/* The cache's folder: $HF_HUB_CACHE, $HF_HOME/hub, or ~/.cache/huggingface/hub. Appended. */
tandem_code td_hub_cache_folder(td_buf *path, tandem_error *err);

/* Appends "/models--ORG--NAME". */
tandem_code td_hub_cache_add_folder_of(td_buf *path, td_str id, tandem_error *err);

/* Opens a model's folder, making what is missing. Errors: E_DENIED for a link where a folder must
 * be, as td_fail_errno. */
tandem_code td_hub_cache_open(td_str id, td_hub_cache *cache_out, tandem_error *err);
void td_hub_cache_close(td_hub_cache *cache); /* TD_HUB_CACHE is fine */

/* Takes the lock of a blob; false in *taken_out when another has it. Errors: as td_fail_errno. */
tandem_code td_hub_cache_try_lock(td_hub_cache *cache, const td_hub_file *file, int *lock_out,
                                  bool *taken_out, tandem_error *err);

/* Whether the blob is here, whole, with the right hash. Cost: reads all of it. */
tandem_code td_hub_cache_has(const td_hub_cache *cache, const td_hub_file *file, bool *has_out,
                             tandem_error *err);

/* The blob under way, for reading and writing; E_DENIED for what is no regular file. */
tandem_code td_hub_cache_part_open(const td_hub_cache *cache, const td_hub_file *file, int *fd_out,
                                   uint64_t *n_bytes_out, tandem_error *err);
/* Makes it the blob: synced, then renamed. */
tandem_code td_hub_cache_part_keep(const td_hub_cache *cache, const td_hub_file *file, int fd,
                                   tandem_error *err);
/* Throws it away. */
void td_hub_cache_part_drop(const td_hub_cache *cache, const td_hub_file *file);

/* Bytes of it that have come so far. */
uint64_t td_hub_cache_part_bytes(const td_hub_cache *cache, const td_hub_file *file);

/* Bytes that may still be written to where the blobs are. */
uint64_t td_hub_cache_free_bytes(const td_hub_cache *cache);

/* snapshots/COMMIT/PATH becomes a link to the blob. */
tandem_code td_hub_cache_link(const td_hub_cache *cache, const char *commit,
                              const td_hub_file *file, tandem_error *err);

/* refs/REVISION becomes COMMIT; nothing for a revision that is the commit. */
tandem_code td_hub_cache_refer(const td_hub_cache *cache, td_str revision, const char *commit,
                               tandem_error *err);

#endif
