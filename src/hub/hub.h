/* hub/hub.h - from a model's name to its files, checked.
 *
 * In:       "minilm" (embedded), a directory, or a hub name whose files lie in the local cache
 * Out:      td_model_files
 * Threads:  any
 * Source:   layout of the Hugging Face cache: models--ORG--NAME/refs/main, snapshots/REVISION
 */
#ifndef TD_HUB_H
#define TD_HUB_H

#include "base/error.h"
#include "flow/model_files.h"

/* The embedded default model's files, borrowed from the program; never fails. */
td_model_files *td_hub_embedded(void);

/* Finds a model: NULL, "" or "minilm" is the embedded one; a path to a directory; or "org/name" in
 * the Hugging Face cache ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub). "gte" and
 * "coderank" are short for Alibaba-NLP/gte-base-en-v1.5 and nomic-ai/CodeRankEmbed. Maps every file
 * that the engine may read.
 * Errors: E_NOT_FOUND (says where it looked and what to do), E_FORMAT for a directory without
 * config.json, weights or tokenizer (names the missing file). */
tandem_code td_hub_find(const char *name, td_model_files **files_out, tandem_error *err);

/* The embedded model, and every usable one of the Hugging Face cache. `files` is good inside the
 * callback. */
typedef void (*td_hub_each)(void *user, const td_model_files *files);
tandem_code td_hub_list(td_hub_each each, void *user, tandem_error *err);

#endif
