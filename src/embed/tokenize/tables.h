/* embed/tokenize/tables.h - what the reference tokenizers think of each code point, as measured.
 *
 * The library's tables are of several Unicode versions at once (classes of 8.0, newer folding), so
 * neither libc nor utf8proc has them. tables.c is made by tools/unicode/make_tables.py.
 */
#ifndef TD_EMBED_TOKENIZE_TABLES_H
#define TD_EMBED_TOKENIZE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_code_range {
    uint32_t first, last;
} td_code_range;

typedef struct td_code_ranges {
    const td_code_range *items; /* ascending, apart */
    size_t n;
} td_code_ranges;

typedef enum td_code_class {
    TD_CLASS_DROP,    /* clean_text removes it (tested before SPACE) */
    TD_CLASS_SPACE,   /* clean_text turns it into U+0020 */
    TD_CLASS_CJK,     /* handle_chinese_chars puts U+0020 on both sides */
    TD_CLASS_MN,      /* strip_accents removes it */
    TD_CLASS_PUNCT,   /* BertPreTokenizer makes it a word of its own */
    TD_CLASS_PTSPACE, /* BertPreTokenizer splits there and removes it */
    TD_CLASS_GPT2_LETTER,
    TD_CLASS_GPT2_NUMBER,
    TD_CLASS_GPT2_SPACE,
    TD_CLASS_N
} td_code_class;

/* strip_accents: `first + i` becomes strip_pool[at + i]; 0 means itself. */
typedef struct td_strip_run {
    uint32_t first, n, at;
} td_strip_run;

/* lowercase: first, first + step, ... last become themselves + distance. */
typedef struct td_lower_run {
    uint32_t first, last, step;
    int32_t distance;
} td_lower_run;

enum {
    TD_FOLD_MAX = 3,
    TD_FOLD_SEVERAL = 0x110000 /* a result r from here on is the row several[r - this] */
};

typedef struct td_fold_tables {
    const td_strip_run *strip;
    size_t n_strip;
    const uint32_t *strip_pool;
    const td_lower_run *lower;
    size_t n_lower;
    const uint32_t (*several)[TD_FOLD_MAX]; /* 0 ends a shorter one */
} td_fold_tables;

extern const td_code_ranges td_embed_tokenize_tables_class[TD_CLASS_N];
extern const td_fold_tables td_embed_tokenize_tables_fold;

static inline bool td_embed_tokenize_tables_has(td_code_class class, uint32_t codepoint)
{
    const td_code_ranges *ranges = &td_embed_tokenize_tables_class[class];
    size_t low = 0, high = ranges->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (ranges->items[mid].last < codepoint)
            low = mid + 1;
        else
            high = mid;
    }
    return low < ranges->n && ranges->items[low].first <= codepoint;
}

#endif
