/* embed/tokenize/load.h - tokenizer.json, read by three files: what is common, and one a model.
 *
 * Threads:  one owner
 */
#ifndef TD_EMBED_TOKENIZE_LOAD_H
#define TD_EMBED_TOKENIZE_LOAD_H

#include "embed/tokenize/json.h"
#include "embed/tokenize/tokenizer.h"

typedef struct td_loader {
    td_tokenizer *tokenizer;
    td_json_file file;
    const td_json *model; /* file.root's "model", an object */
} td_loader;

/* Two halves of a model: options that normalising added tokens needs, and tables, which take only
 * the tokens of a vocabulary that is complete. Errors: E_FORMAT, E_UNSUPPORTED, E_NOMEM. */
tandem_code td_embed_tokenize_load_wordpiece_options(const td_loader *loader, tandem_error *err);
tandem_code td_embed_tokenize_load_wordpiece_tables(const td_loader *loader, tandem_error *err);
tandem_code td_embed_tokenize_load_bpe_options(const td_loader *loader, tandem_error *err);
tandem_code td_embed_tokenize_load_bpe_tables(const td_loader *loader, tandem_error *err);

/* The step named `key` ("normalizer") at the root and its type; a Sequence of one is that one.
 * `*object_out` is NULL if there is none. */
tandem_code td_embed_tokenize_load_step(const td_loader *loader, const char *key,
                                        const td_json **object_out, td_str *type_out,
                                        tandem_error *err);

/* E_UNSUPPORTED: "tokenizer.json: normalizer.type is "X": supported ...". */
tandem_code td_embed_tokenize_load_fail_type(const td_loader *loader, const char *where,
                                             td_str type, const char *supported, tandem_error *err);

/* The id of a token that model.vocab must have; `where` names who wants it. */
tandem_code td_embed_tokenize_load_id(const td_loader *loader, const char *where, td_str token,
                                      uint32_t *id_out, tandem_error *err);

#endif
