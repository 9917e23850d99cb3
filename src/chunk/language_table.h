/* chunk/language_table.h - the weights of the scorer in language.c.
 *
 * A multinomial logistic regression, trained by tools/language/train.py, which writes the .c file.
 * Threads:  static tables
 */
#ifndef TD_CHUNK_LANGUAGE_TABLE_H
#define TD_CHUNK_LANGUAGE_TABLE_H

#include <stddef.h>

enum {
    TD_CHUNK_LANGUAGE_TABLE_TOKEN_BYTES = 12
};

/* Each class by its name; is_code says what the class counts as. */
typedef struct td_chunk_language_table_class {
    const char *language;
    int is_code;
} td_chunk_language_table_class;

typedef struct td_chunk_language_table_values {
    const td_chunk_language_table_class *classes;
    size_t n_classes;
    /* Rows of TOKEN_BYTES of token, padded with spaces and sorted, then a weight per class. */
    const char *const *tokens;
    size_t n_tokens;
    /* A row of weights for each shape of features.h, then one of biases. */
    const char *const *shapes;
    /* A weight is a printable byte: see td_chunk_language_table_weight(). */
    float token_step, shape_step;
} td_chunk_language_table_values;

extern const td_chunk_language_table_values td_chunk_language_table;

/* '#' .. '~' without '?' and '\\' stand for -44 .. 45 steps. */
static inline int td_chunk_language_table_weight(char byte)
{
    return byte - '#' - (byte > '?') - (byte > '\\') - 44;
}

#endif
