/* hub/listing.h - what a hub says a model consists of: the reply of /api/models/ID/revision/R.
 *
 * The reply is untrusted: names that could leave a folder, sizes and hashes that are none, and
 * what comes twice are refused before anything is made of them.
 * Threads:  one owner
 * Source:   huggingface_hub 2.4.0, ModelInfo (sha, siblings with blobs=true)
 */
#ifndef TD_HUB_LISTING_H
#define TD_HUB_LISTING_H

#include "base/error.h"
#include "hub/names.h"

enum {
    TD_HUB_HASH_BYTES_MAX = 64,
    TD_HUB_FILES_MAX = 256, /* that the engine needs; a model of many shards has about 200 */
    TD_HUB_LISTING_BYTES_MAX = 16 << 20,
};

typedef struct td_hub_file {
    char path[TD_HUB_PATH_BYTES_MAX + 1];
    char hash[TD_HUB_HASH_BYTES_MAX + 1]; /* 64 digits SHA-256, 40 of git; "": not told */
    uint64_t n_bytes;                     /* UINT64_MAX: not told */
} td_hub_file;

typedef struct td_hub_listing {
    char commit[TD_HUB_HASH_BYTES_MAX + 1];
    td_hub_file files[TD_HUB_FILES_MAX];
    size_t n_files;
} td_hub_listing;

/* Keeps the files that the engine needs; of whole weights and shards the whole ones.
 * Errors: E_FORMAT naming the field; E_UNSUPPORTED for a model without config.json, weights or
 * tokenizer in a form that can be read, saying what it has instead; E_TOO_LARGE. */
tandem_code td_hub_listing_read(td_str json, td_hub_listing *listing_out, tandem_error *err);

#endif
