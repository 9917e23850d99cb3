/* embed/tokenize/tokenize.h - text to ids, as the model's own tokenizer does it.
 *
 * In:       tokenizer.json or vocab.txt (+ tokenizer_config.json), untrusted
 * Out:      ids
 * Threads:  a td_tokenizer is read-only once made; any thread
 * Source:   Hugging Face tokenizers (BertNormalizer, BertPreTokenizer, WordPiece), measured;
 *           tests/golden/expected/tokenizer-bert.json holds it
 */
#ifndef TD_EMBED_TOKENIZE_H
#define TD_EMBED_TOKENIZE_H

#include "base/error.h"
#include "base/str.h"

typedef struct td_tokenizer td_tokenizer;

/* From tokenizer.json's bytes, or (ptr NULL) vocab.txt's; `config` is tokenizer_config.json, may be
 * empty. All borrowed during the call only.
 * Errors: E_FORMAT and E_UNSUPPORTED, naming file and field. */
tandem_code td_embed_tokenize_open(td_str tokenizer_json, td_str vocab_txt, td_str config,
                                   td_tokenizer **tokenizer_out, tandem_error *err);
void td_embed_tokenize_close(td_tokenizer *tokenizer);

/* Ids of `prompt` + `text` with [CLS] and [SEP], at most n_max (>= 2) of them.
 *
 *   text           valid UTF-8, NUL bytes allowed
 *   ids            [n_max]  caller's
 *   truncated_out  whether ids were left out
 * Errors: E_NOMEM. Cost: linear; allocates nothing for texts of usual size. */
tandem_code td_embed_tokenize_text(const td_tokenizer *tokenizer, td_str prompt, td_str text,
                                   uint32_t *ids, size_t n_max, size_t *n_out, bool *truncated_out,
                                   tandem_error *err);

/* Number of ids; every id is below it. */
size_t td_embed_tokenize_n_vocab(const td_tokenizer *tokenizer);

/* The token of an id; ptr NULL if there is none. Borrowed. */
td_str td_embed_tokenize_token(const td_tokenizer *tokenizer, uint32_t id);

#endif
