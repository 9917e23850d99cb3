/* embed/tokenize/chars.h - what BERT's normaliser and pre-tokeniser together do to one code point.
 *
 * Their five steps (clean_text, Chinese characters, accents, lower case, split) look at one code
 * point at a time, so one table says the outcome of all of them; it is made once per tokenizer,
 * with the steps that the model switches on.
 * Threads:  read-only once made
 * Source:   tables.h; equal for every code point, tests/golden/tokenizer/bert-codepoints.json
 */
#ifndef TD_EMBED_TOKENIZE_CHARS_H
#define TD_EMBED_TOKENIZE_CHARS_H

#include "base/error.h"
#include "embed/tokenize/tables.h"

typedef struct td_bert_options {
    bool clean_text, chinese_chars, strip_accents, lowercase;
} td_bert_options;

typedef enum td_char_kind {
    TD_CHAR_WORD,    /* part of a word */
    TD_CHAR_ALONE,   /* a word of its own */
    TD_CHAR_CJK,     /* the same, by spaces on both sides of it */
    TD_CHAR_SPACE,   /* between words */
    TD_CHAR_DROP,    /* nothing at all */
    TD_CHAR_SEVERAL, /* `value` is a row of td_chars.several */
    TD_CHAR_HANGUL,  /* two or three jamo, by arithmetic */
} td_char_kind;

/* A kind and a value: for WORD, ALONE, CJK the code point it becomes, 0 for itself. */
typedef uint32_t td_char;

static inline td_char td_embed_tokenize_chars_make(td_char_kind kind, uint32_t value)
{
    return value << 3 | (uint32_t)kind;
}

static inline td_char_kind td_embed_tokenize_chars_kind(td_char c)
{
    return (td_char_kind)(c & 7);
}

static inline uint32_t td_embed_tokenize_chars_value(td_char c)
{
    return c >> 3;
}

enum {
    TD_CHAR_BLOCK = 256,
    TD_CHAR_BLOCKS = 0x110000 / TD_CHAR_BLOCK,
    TD_CHAR_SEVERAL_MAX = 64, /* the tables have 42 and one from lower case */
    /* What td_chars.ascii says of a byte that is no part of a word. */
    TD_ASCII_SPACE = 0x80,
    TD_ASCII_ALONE = 0x81,
    TD_ASCII_OTHER = 0x82, /* not ASCII, or dropped: ask td_embed_tokenize_chars_get */
};

typedef struct td_chars {
    uint8_t ascii[256]; /* by byte: the byte it becomes within a word, or one of the above */
    td_bert_options options;
    uint16_t block[TD_CHAR_BLOCKS];
    td_char (*blocks)[TD_CHAR_BLOCK];
    size_t n_blocks, capacity;
    uint32_t several[TD_CHAR_SEVERAL_MAX][TD_FOLD_MAX];
    size_t n_several;
} td_chars;

/* Errors: E_NOMEM. */
tandem_code td_embed_tokenize_chars_init(td_chars *chars, const td_bert_options *options,
                                         tandem_error *err);
void td_embed_tokenize_chars_clear(td_chars *chars);

/* `codepoint` below 0x110000. */
static inline td_char td_embed_tokenize_chars_get(const td_chars *chars, uint32_t codepoint)
{
    return chars->blocks[chars->block[codepoint / TD_CHAR_BLOCK]][codepoint % TD_CHAR_BLOCK];
}

/* The 1 to 3 code points, with their kinds and never value 0, that a WORD, ALONE, CJK, SEVERAL or
 * HANGUL one becomes. */
size_t td_embed_tokenize_chars_expand(const td_chars *chars, uint32_t codepoint, td_char c,
                                      td_char out[TD_FOLD_MAX]);

#endif
