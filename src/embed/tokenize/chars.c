#include "embed/tokenize/chars.h"

#include <stdlib.h>
#include <string.h>

enum {
    HANGUL_FIRST = 0xAC00,
    HANGUL_LAST = 0xD7A3,
    JAMO_L = 0x1100,
    JAMO_V = 0x1161,
    JAMO_T = 0x11A7, /* one before the first: 0 is "no final" */
    N_JAMO_V = 21,
    N_JAMO_T = 28,
};

static const td_fold_tables *const folds = &td_embed_tokenize_tables_fold;

static tandem_code add_block(td_chars *chars, const td_char *source, uint16_t *out,
                             tandem_error *err)
{
    if (chars->n_blocks == chars->capacity) {
        size_t capacity = chars->capacity ? chars->capacity * 2 : 64;
        void *blocks = realloc(chars->blocks, capacity * sizeof(*chars->blocks));
        if (!blocks)
            return td_fail_nomem(err, "a table of characters");
        chars->blocks = blocks;
        chars->capacity = capacity;
    }
    td_char *block = chars->blocks[chars->n_blocks];
    if (source)
        memcpy(block, source, sizeof(*chars->blocks));
    else
        memset(block, 0, sizeof(*chars->blocks));
    *out = (uint16_t)chars->n_blocks++;
    return TANDEM_OK;
}

static tandem_code set(td_chars *chars, uint32_t codepoint, td_char value, tandem_error *err)
{
    uint16_t *at = &chars->block[codepoint / TD_CHAR_BLOCK];
    tandem_code code = TANDEM_OK;
    /* The uniform blocks are shared: whoever differs gets a copy. */
    td_char copy[TD_CHAR_BLOCK];
    if (*at <= TD_CHAR_HANGUL) {
        memcpy(copy, chars->blocks[*at], sizeof(copy));
        TD_TRY(add_block(chars, copy, at, err));
    }
    chars->blocks[*at][codepoint % TD_CHAR_BLOCK] = value;

out:
    return code;
}

/* Whole blocks of one kind share one. */
static tandem_code set_range(td_chars *chars, const td_code_range *range, td_char_kind kind,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (uint32_t c = range->first; c <= range->last;) {
        if (c % TD_CHAR_BLOCK == 0 && c + TD_CHAR_BLOCK - 1 <= range->last) {
            chars->block[c / TD_CHAR_BLOCK] = (uint16_t)kind;
            c += TD_CHAR_BLOCK;
        } else {
            TD_TRY(set(chars, c++, td_embed_tokenize_chars_make(kind, 0), err));
        }
    }

out:
    return code;
}

static tandem_code set_class(td_chars *chars, td_code_class class, td_char_kind kind,
                             tandem_error *err)
{
    const td_code_ranges *ranges = &td_embed_tokenize_tables_class[class];
    tandem_code code = TANDEM_OK;
    for (size_t i = 0; i < ranges->n; i++)
        TD_TRY(set_range(chars, &ranges->items[i], kind, err));

out:
    return code;
}

/* Replaces codes[0..n) by what `result` (see td_fold_tables) stands for. */
static size_t unfold(uint32_t result, uint32_t codes[TD_FOLD_MAX])
{
    if (result < TD_FOLD_SEVERAL) {
        codes[0] = result;
        return 1;
    }
    size_t n = 0;
    for (const uint32_t *row = folds->several[result - TD_FOLD_SEVERAL]; n < TD_FOLD_MAX && row[n];
         n++)
        codes[n] = row[n];
    return n;
}

/* Lower case of a code point, once set_lower has put it into the table. */
static uint32_t lower_of(const td_chars *chars, uint32_t codepoint)
{
    td_char c = td_embed_tokenize_chars_get(chars, codepoint);
    bool one =
        td_embed_tokenize_chars_kind(c) != TD_CHAR_SEVERAL && td_embed_tokenize_chars_value(c) != 0;
    return one ? td_embed_tokenize_chars_value(c) : codepoint;
}

static td_char_kind kind_of_result(td_char_kind old, uint32_t result)
{
    if (old == TD_CHAR_CJK)
        return TD_CHAR_CJK;
    if (td_embed_tokenize_tables_has(TD_CLASS_PUNCT, result))
        return TD_CHAR_ALONE;
    return td_embed_tokenize_tables_has(TD_CLASS_PTSPACE, result) ? TD_CHAR_SPACE : TD_CHAR_WORD;
}

/* `codepoint` becomes codes[0..n). */
static tandem_code set_result(td_chars *chars, uint32_t codepoint, const uint32_t *codes, size_t n,
                              tandem_error *err)
{
    td_char_kind old = td_embed_tokenize_chars_kind(td_embed_tokenize_chars_get(chars, codepoint));

    /* Those are gone before the fold, or stand for themselves. */
    if (old == TD_CHAR_DROP || old == TD_CHAR_SPACE)
        return TANDEM_OK;
    if (n == 1)
        return set(chars, codepoint,
                   td_embed_tokenize_chars_make(kind_of_result(old, codes[0]), codes[0]), err);
    td_assert(chars->n_several < TD_CHAR_SEVERAL_MAX);
    memset(chars->several[chars->n_several], 0, sizeof(chars->several[0]));
    memcpy(chars->several[chars->n_several], codes, n * sizeof(codes[0]));
    return set(chars, codepoint,
               td_embed_tokenize_chars_make(TD_CHAR_SEVERAL, (uint32_t)chars->n_several++), err);
}

static tandem_code set_lower(td_chars *chars, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t codes[TD_FOLD_MAX];
    for (size_t i = 0; i < folds->n_lower; i++) {
        const td_lower_run *run = &folds->lower[i];
        for (uint32_t c = run->first; c <= run->last; c += run->step) {
            size_t n = unfold((uint32_t)((int32_t)c + run->distance), codes);
            TD_TRY(set_result(chars, c, codes, n, err));
        }
    }

out:
    return code;
}

/* Comes after set_lower: what is left when the accents are gone is looked up there. */
static tandem_code set_stripped(td_chars *chars, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t codes[TD_FOLD_MAX];
    for (size_t i = 0; i < folds->n_strip; i++) {
        const td_strip_run *run = &folds->strip[i];
        for (uint32_t k = 0; k < run->n; k++) {
            uint32_t stripped = folds->strip_pool[run->at + k];
            size_t n = unfold(stripped, codes);
            for (size_t m = 0; m < n; m++)
                codes[m] = lower_of(chars, codes[m]);
            if (stripped)
                TD_TRY(set_result(chars, run->first + k, codes, n, err));
        }
    }
    TD_TRY(set_range(chars, &(td_code_range){HANGUL_FIRST, HANGUL_LAST}, TD_CHAR_HANGUL, err));

out:
    return code;
}

static void set_ascii(td_chars *chars)
{
    memset(chars->ascii, TD_ASCII_OTHER, sizeof(chars->ascii));
    for (uint32_t byte = 0; byte < 0x80; byte++) {
        td_char c = td_embed_tokenize_chars_get(chars, byte);
        uint32_t value = td_embed_tokenize_chars_value(c) ? td_embed_tokenize_chars_value(c) : byte;
        switch (td_embed_tokenize_chars_kind(c)) {
        case TD_CHAR_WORD:
            chars->ascii[byte] = (uint8_t)value;
            break;
        case TD_CHAR_ALONE:
            chars->ascii[byte] = TD_ASCII_ALONE;
            break;
        case TD_CHAR_SPACE:
            chars->ascii[byte] = TD_ASCII_SPACE;
            break;
        default:
            break;
        }
    }
}

tandem_code td_embed_tokenize_chars_init(td_chars *chars, const td_bert_options *options,
                                         tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint16_t index = 0;

    *chars = (td_chars){.options = *options};
    /* One uniform block per kind, at the index of the kind. */
    for (uint32_t kind = 0; kind <= TD_CHAR_HANGUL; kind++) {
        TD_TRY(add_block(chars, NULL, &index, err));
        for (size_t i = 0; i < TD_CHAR_BLOCK; i++)
            chars->blocks[index][i] = td_embed_tokenize_chars_make((td_char_kind)kind, 0);
    }
    TD_TRY(set_class(chars, TD_CLASS_PUNCT, TD_CHAR_ALONE, err));
    TD_TRY(set_class(chars, TD_CLASS_PTSPACE, TD_CHAR_SPACE, err));
    if (options->strip_accents)
        TD_TRY(set_class(chars, TD_CLASS_MN, TD_CHAR_DROP, err));
    if (options->chinese_chars)
        TD_TRY(set_class(chars, TD_CLASS_CJK, TD_CHAR_CJK, err));
    if (options->clean_text) {
        TD_TRY(set_class(chars, TD_CLASS_SPACE, TD_CHAR_SPACE, err));
        TD_TRY(set_class(chars, TD_CLASS_DROP, TD_CHAR_DROP, err));
    }
    if (options->lowercase)
        TD_TRY(set_lower(chars, err));
    if (options->strip_accents)
        TD_TRY(set_stripped(chars, err));
    set_ascii(chars);

out:
    if (code != TANDEM_OK)
        td_embed_tokenize_chars_clear(chars);
    return code;
}

void td_embed_tokenize_chars_clear(td_chars *chars)
{
    free(chars->blocks);
    chars->blocks = NULL;
}

static size_t expand_hangul(uint32_t codepoint, td_char out[TD_FOLD_MAX])
{
    uint32_t index = codepoint - HANGUL_FIRST;
    uint32_t final = index % N_JAMO_T;
    out[0] = td_embed_tokenize_chars_make(TD_CHAR_WORD, JAMO_L + index / (N_JAMO_V * N_JAMO_T));
    out[1] = td_embed_tokenize_chars_make(TD_CHAR_WORD, JAMO_V + index / N_JAMO_T % N_JAMO_V);
    out[2] = td_embed_tokenize_chars_make(TD_CHAR_WORD, JAMO_T + final);
    return final ? 3 : 2;
}

size_t td_embed_tokenize_chars_expand(const td_chars *chars, uint32_t codepoint, td_char c,
                                      td_char out[TD_FOLD_MAX])
{
    if (td_embed_tokenize_chars_kind(c) == TD_CHAR_HANGUL)
        return expand_hangul(codepoint, out);
    if (td_embed_tokenize_chars_kind(c) != TD_CHAR_SEVERAL) {
        out[0] = td_embed_tokenize_chars_value(c)
                     ? c
                     : td_embed_tokenize_chars_make(td_embed_tokenize_chars_kind(c), codepoint);
        return 1;
    }
    size_t n = 0;
    for (const uint32_t *row = chars->several[td_embed_tokenize_chars_value(c)];
         n < TD_FOLD_MAX && row[n]; n++)
        out[n] = td_embed_tokenize_chars_make(td_embed_tokenize_tables_has(TD_CLASS_PUNCT, row[n])
                                                  ? TD_CHAR_ALONE
                                                  : TD_CHAR_WORD,
                                              row[n]);
    return n;
}
