/* chunk/language_table.h - the weights of language.c and bare.c.
 *
 * Of features (features.h) that were chosen for what they tell: a multinomial logistic regression
 * over languages, and a chain over lines that are code or not. Trained by tools/language/train.py,
 * which writes the .c file.
 * Threads:  static tables
 */
#ifndef TD_CHUNK_LANGUAGE_TABLE_H
#define TD_CHUNK_LANGUAGE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum {
    TD_CHUNK_LANGUAGE_TABLE_TOP_BITS = 13, /* of a key, by which it is found */
    TD_CHUNK_LANGUAGE_TABLE_ZERO = 79,     /* weights are printable bytes; this one stands for 0 */
    TD_CHUNK_LANGUAGE_TABLE_GAPS = 9,
    TD_CHUNK_LANGUAGE_TABLE_VOTES = 5,
};

/* Each class by its name; is_code says what the class counts as. */
typedef struct td_chunk_language_table_class {
    const char *language;
    int is_code;
} td_chunk_language_table_class;

typedef struct td_chunk_language_table_values {
    uint32_t fingerprint; /* of the features that were read in training */
    const td_chunk_language_table_class *classes;
    size_t n_classes;
    const uint16_t *starts; /* [2^TOP_BITS + 1]: the first key with those bits */
    const uint32_t *keys;   /* [n_rows], sorted */
    size_t n_rows;
    /* [n_rows + 1, n_classes + 2]: a weight of the lines' chain, one of each class, a NUL. The last
     * row has the classes' biases. */
    const char *rows;
    float row_step, line_step; /* what one step of a weight is */
    float length_power;        /* a count c of n features counts sqrt(c) / n ^ length_power */
    float line_bias;
    /* What a paragraph's odds (td_chunk_look_odds()) count for, if it has 1, 2, 3, 5, 9 lines or
     * more. */
    float votes[TD_CHUNK_LANGUAGE_TABLE_VOTES];
    /* By what is between two lines: blank lines (none, one, more) * 3 + indentation (as before,
     * more, less); from [is code] to [is code]. */
    float turns[TD_CHUNK_LANGUAGE_TABLE_GAPS][2][2];
} td_chunk_language_table_values;

extern const td_chunk_language_table_values td_chunk_language_table;

/* The row of a feature; n_rows if it has none. */
static inline size_t td_chunk_language_table_find(uint32_t feature)
{
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    const uint16_t *range = table->starts + (feature >> (32 - TD_CHUNK_LANGUAGE_TABLE_TOP_BITS));
    for (size_t i = range[0]; i < range[1]; i++) {
        if (table->keys[i] == feature)
            return i;
    }
    return table->n_rows;
}

/* [1 + n_classes] weights of a row, each more by TD_CHUNK_LANGUAGE_TABLE_ZERO than it means. */
static inline const char *td_chunk_language_table_row(size_t row)
{
    return td_chunk_language_table.rows + row * (td_chunk_language_table.n_classes + 2);
}

#endif
