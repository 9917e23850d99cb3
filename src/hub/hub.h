/* hub/hub.h - from a model's name to its files, checked.
 *
 * In:       "minilm" (embedded), a directory, or a hub name whose files lie in the Hugging Face cache
 * Out:      td_model_files
 * Threads:  any
 */
#ifndef TD_HUB_H
#define TD_HUB_H

#include "base/error.h"
#include "flow/model_files.h"

/* The embedded default model's files, borrowed from the program; never fails. */
const td_model_files *td_hub_embedded(void);

/* Finds a model: NULL or "" or "minilm" is the embedded one; a path to a directory; or "org/name"
 * in $HF_HOME (default ~/.cache/huggingface). Maps every file that the engine may read.
 * Errors: E_NOT_FOUND (says where it looked and what to do), E_FORMAT for a directory without
 * config.json, weights or tokenizer (names the missing file). */
tandem_code td_hub_find(const char *name, td_model_files **files_out, tandem_error *err);

/* Names of models in the Hugging Face cache, and the embedded one. */
typedef void (*td_hub_each)(void *user, const td_model_files *files);
tandem_code td_hub_list(td_hub_each each, void *user, tandem_error *err);

#endif
