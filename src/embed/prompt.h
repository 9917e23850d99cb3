/* embed/prompt.h - what a model wants in front of a text, where only its name is known.
 *
 * A model in this process has its prompts in its own files; a server does not tell them.
 * Threads:  pure functions over a constant table
 * Source:   the models' cards and config_sentence_transformers.json
 */
#ifndef TD_EMBED_PROMPT_H
#define TD_EMBED_PROMPT_H

#include "base/str.h"

/* The prompt of a role for the model of that name, "nomic-ai/CodeRankEmbed"; empty for a model that
 * has none, or that is not known. Static. */
td_str td_embed_prompt_of(const char *model, tandem_role role);

#endif
