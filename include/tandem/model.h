/* tandem/model.h - models from a hub into the local Hugging Face cache.
 *
 * Threads:  any; two pulls of one file, in one process or in two, take turns
 */
#ifndef TANDEM_MODEL_H
#define TANDEM_MODEL_H

#include "tandem/error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tandem_pull_event {
    TANDEM_PULL_LISTED, /* the hub said what there is: totals are known */
    TANDEM_PULL_BYTES,  /* time went by; some bytes may have come */
    TANDEM_PULL_FILE,   /* one file is here, whole and checked */
    TANDEM_PULL_WAIT,   /* something is waited for: `reason` says what */
} tandem_pull_event;

/* How a pull comes along. Texts are borrowed for the call. */
typedef struct tandem_pull_progress {
    tandem_pull_event event;
    const char *id, *revision; /* "org/name", the commit */
    const char *file;          /* the one at hand, "1_Pooling/config.json"; "" before the first */
    const char *reason;        /* of TANDEM_PULL_WAIT, else "" */
    uint64_t file_bytes;       /* of the file at hand, in all */
    bool was_here;             /* of TANDEM_PULL_FILE: nothing of it was fetched */
    size_t n_files, n_files_total;
    uint64_t bytes, bytes_total; /* of all files; what was here before counts as done */
    uint64_t fetched;            /* bytes that came over the network */
    double seconds;
} tandem_pull_progress;

/* Called from the pulling thread, several times a second; false ends the pull with E_CANCELLED. */
typedef bool (*tandem_pull_watch)(void *user, const tandem_pull_progress *progress);

typedef struct tandem_pull_options {
    size_t struct_size;
    const char *endpoint;    /* NULL: https://huggingface.co */
    const char *token;       /* NULL: none; goes to the endpoint's scheme, host and port alone */
    bool offline;            /* ask no one: a model that is not here is E_NOT_FOUND */
    bool allow_private;      /* follow redirects to private addresses beyond the endpoint's own; an
                              * endpoint on loopback by http may lead there anyway */
    tandem_pull_watch watch; /* may be NULL */
    void *user;
} tandem_pull_options;

#define TANDEM_PULL_OPTIONS                        \
    (tandem_pull_options)                          \
    {                                              \
        .struct_size = sizeof(tandem_pull_options) \
    }

typedef struct tandem_pull_summary {
    char id[256];       /* "Alibaba-NLP/gte-base-en-v1.5" */
    char revision[72];  /* the commit */
    char path[4096];    /* of the snapshot, to load it by */
    size_t n_files;     /* that the engine needs */
    size_t n_fetched;   /* of them, those that were not here */
    uint64_t bytes;     /* of all files */
    uint64_t fetched;   /* bytes that came over the network */
    uint64_t resumed;   /* bytes that an earlier, broken pull had left, and were not asked again */
    uint64_t discarded; /* bytes that came and were wrong, or came twice */
    double seconds;
} tandem_pull_summary;

/* Brings the files that the engine needs of a model into the Hugging Face cache ($HF_HUB_CACHE,
 * $HF_HOME/hub, ~/.cache/huggingface/hub), each checked by length and hash; what is there, whole,
 * is not fetched again. A pull that was cut goes on where it ended. Until all is there and right,
 * the model in the cache is the one before.
 *
 *   name  "gte", "coderank" or "org/name", with "@revision" (a branch, tag or commit) if wanted
 * Errors: E_INVALID for a name that is none; E_DENIED (401, 403; a redirect to what is no https),
 * E_NOT_FOUND, E_BUSY (429), E_FORMAT for a lying length or hash, E_NO_SPACE, E_UNSUPPORTED for
 * a model without safetensors, the network's. */
tandem_code tandem_model_pull(const char *name, const tandem_pull_options *options,
                              tandem_pull_summary *summary_out, tandem_error *err);

#ifdef __cplusplus
}
#endif

#endif
