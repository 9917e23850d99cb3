/* embed/tokenize/tokenizer.h - the parts of a tokenizer, as load.c and load_vocab.c fill them.
 *
 * Threads:  read-only once made
 */
#ifndef TD_EMBED_TOKENIZE_TOKENIZER_H
#define TD_EMBED_TOKENIZE_TOKENIZER_H

#include "embed/tokenize/added.h"
#include "embed/tokenize/bpe.h"
#include "embed/tokenize/tokenize.h"
#include "embed/tokenize/wordpiece.h"

enum {
    TD_SPECIALS_MAX = 8 /* ids on one side of a text; known models have one */
};

typedef struct td_specials {
    uint32_t ids[TD_SPECIALS_MAX];
    size_t n;
} td_specials;

/* What the two kinds of tokenizer do differently. */
typedef struct td_tokenizer_kind {
    /* The normalised text: itself, or in `scratch`. */
    tandem_code (*normalize)(const td_tokenizer *tokenizer, td_str text, td_buf *scratch,
                             td_str *out, tandem_error *err);
    /* Appends ids of a text in which no added token is left. */
    tandem_code (*run)(const td_tokenizer *tokenizer, td_str text, td_ids *ids, tandem_error *err);
    /* `run` takes text that was not normalised, too. */
    bool normalizes_itself;
} td_tokenizer_kind;

extern const td_tokenizer_kind td_embed_tokenize_kind_wordpiece;
extern const td_tokenizer_kind td_embed_tokenize_kind_bpe;

struct td_tokenizer {
    const td_tokenizer_kind *kind;
    td_vocab vocab;            /* added tokens too */
    td_added raw;              /* tokens looked for in the text as it is */
    td_added normalized;       /* in the normalised text */
    td_specials before, after; /* [CLS] and [SEP] */
    td_wordpiece wordpiece;    /* one of these two, as `kind` says */
    td_bpe bpe;
};

/* Each fills an empty tokenizer; on failure it may be half filled. */
tandem_code td_embed_tokenize_load_json(td_tokenizer *tokenizer, td_str tokenizer_json,
                                        tandem_error *err);
tandem_code td_embed_tokenize_load_vocab(td_tokenizer *tokenizer, td_str vocab_txt, td_str config,
                                         tandem_error *err);

/* Registers an added token, whose id must fit the vocabulary; a normalised one is normalised, so
 * the kind and its options must be known.
 *
 *   where  "added_tokens[3]", for errors; `file` likewise */
tandem_code td_embed_tokenize_add_token(td_tokenizer *tokenizer, const char *file,
                                        const char *where, const td_added_token *token,
                                        bool normalized, tandem_error *err);

#endif
