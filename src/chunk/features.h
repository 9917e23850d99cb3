/* chunk/features.h - what a text looks like, in numbers: its tokens and the shape of its lines.
 *
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_FEATURES_H
#define TD_CHUNK_FEATURES_H

#include "base/str.h"

/* Parts of a line or of a text that the scorer weighs, each as a share (0..1) of the lines, bytes
 * or words. The order is the order of the weights in language_table.c. */
/* clang-format off */
#define TD_CHUNK_SHAPES(X)                                                                         \
    X(END_SEMICOLON) X(END_OPEN) X(END_CLOSE) X(END_COMMA) X(END_COLON) X(END_STOP) X(END_LETTER)  \
    X(START_HASH) X(START_SLASH) X(START_STAR) X(START_DASH) X(START_ANGLE) X(START_PROMPT)        \
    X(START_UPPER) X(START_LOWER) X(START_DIGIT) X(START_CLOSE) X(START_DIFF) X(START_STAMP)       \
    X(INDENT_NONE) X(INDENT_TAB) X(INDENT_TWO) X(INDENT_FOUR) X(LINE_SHORT) X(LINE_LONG)           \
    X(LINE_HUGE) X(LINE_PIPES) X(LINE_COMMAS)                                                      \
    X(LETTERS) X(DIGITS) X(UPPERS) X(BRACKETS) X(SEMICOLONS) X(EQUALS) X(ANGLES) X(QUOTES)         \
    X(SLASHES) X(SPACES) X(OTHER_PUNCT) X(NOT_ASCII)                                               \
    X(STOP_ENGLISH) X(STOP_OTHER) X(WORD_CAPITAL) X(WORD_SNAKE) X(WORD_CAMEL) X(WORD_ALL_CAPS)     \
    X(WORD_CALL) X(WORD_PAIR) X(WORD_LONG)
/* clang-format on */

typedef enum td_chunk_shape {
#define TD_CHUNK_SHAPE_ENUM(name) TD_CHUNK_SHAPE_##name,
    TD_CHUNK_SHAPES(TD_CHUNK_SHAPE_ENUM)
#undef TD_CHUNK_SHAPE_ENUM
    TD_CHUNK_N_SHAPES
} td_chunk_shape;

/* Long texts are judged by three samples of this many bytes: start, middle, end. */
enum {
    TD_CHUNK_FEATURES_SAMPLE_BYTES = 4096
};

/* The token as text, with '^' before the first of a line, '$' before the last, ' ' before all. */
typedef void (*td_chunk_features_each)(void *user, td_str token);

/* Every word and every run of punctuation of the samples, and the shares. `shapes_out` is written
 * whole. Cost: linear in the samples. */
void td_chunk_features_read(td_str text, td_chunk_features_each each, void *user,
                            float shapes_out[TD_CHUNK_N_SHAPES]);

#endif
