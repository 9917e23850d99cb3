/* embed/tokenize/wordpiece.h - BERT's normaliser, pre-tokeniser and model in one pass.
 *
 * In:       a piece of text between two added tokens
 * Out:      ids
 * Threads:  read-only once made
 * Source:   tokenizers 0.23.3, BertNormalizer + BertPreTokenizer + WordPiece;
 *           tests/golden/tokenizer/tokenizer-bert.json
 */
#ifndef TD_EMBED_TOKENIZE_WORDPIECE_H
#define TD_EMBED_TOKENIZE_WORDPIECE_H

#include "embed/tokenize/chars.h"
#include "embed/tokenize/ids.h"
#include "embed/tokenize/lookup.h"

enum {
    TD_WORD_CHARS_MAX = 1000 /* a model may ask for less; 100 is usual */
};

typedef struct td_wordpiece {
    td_chars chars;
    td_lookup starts; /* tokens that start a word */
    td_lookup inner;  /* tokens that go on with one, without their prefix "##" */
    uint32_t unk;
    size_t word_chars_max;
} td_wordpiece;

/* Fills the two tables from `vocab`, which must outlive the model.
 *
 *   prefix  what marks a token that goes on with a word, mostly "##"; may be empty
 * Errors: E_FORMAT for tokens made to collide, E_NOMEM. */
tandem_code td_embed_tokenize_wordpiece_init(td_wordpiece *model, const td_vocab *vocab,
                                             td_str prefix, tandem_error *err);
void td_embed_tokenize_wordpiece_clear(td_wordpiece *model);

/* Ids of `text`; stops early once `ids` is full. Bytes that are no UTF-8 count as U+FFFD.
 * Cost: linear; allocates nothing. */
void td_embed_tokenize_wordpiece_run(const td_wordpiece *model, td_str text, td_ids *ids);

#endif
