/* hub/hub.h - from a model's name to its files, checked.
 *
 * In:       "minilm" (embedded), a directory, or a hub name whose files lie in the local cache
 * Out:      td_model_files
 * Threads:  any
 * Source:   layout of the Hugging Face cache: models--ORG--NAME/refs/main, snapshots/REVISION
 */
#ifndef TD_HUB_H
#define TD_HUB_H

#include "tandem/model.h"

#include "base/error.h"
#include "flow/model_files.h"

/* The embedded default model's files, borrowed from the program; never fails. */
td_model_files *td_hub_embedded(void);

/* Finds a model: NULL, "" or "minilm" is the embedded one; a path to a directory; or "org/name" in
 * the Hugging Face cache ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub), with "@revision"
 * for another than main. "gte" and "coderank" are short for Alibaba-NLP/gte-base-en-v1.5 and
 * nomic-ai/CodeRankEmbed. Maps every file that the engine may read.
 * Errors: E_NOT_FOUND (says where it looked and what to do), E_FORMAT for a directory without
 * config.json, weights or tokenizer (names the missing file). */
tandem_code td_hub_find(const char *name, td_model_files **files_out, tandem_error *err);

/* tandem_model_pull, its arguments checked: "org/name@revision" into the Hugging Face cache. */
tandem_code td_hub_pull(const char *name, const tandem_pull_options *options,
                        tandem_pull_summary *summary_out, tandem_error *err);

/* A model that is here, usable or not. */
typedef struct td_hub_listed {
    td_str id;     /* "org/name" of main, else "org/name@revision" */
    td_str origin; /* "embedded", or the snapshot's path */
    td_str revision;
    uint64_t n_bytes;            /* of its files */
    const td_model_files *files; /* NULL: `error` says why it can't be used */
    const tandem_error *error;
} td_hub_listed;

/* The embedded model, and every revision in the Hugging Face cache, by name. All is good inside the
 * callback. */
typedef void (*td_hub_each)(void *user, const td_hub_listed *listed);
tandem_code td_hub_list(td_hub_each each, void *user, tandem_error *err);

#endif
