/* chunk/features.h - what a line of text looks like, as numbers: hashes of its words and marks, of
 * what stands beside what, and of their shapes.
 *
 * The weights of language_table.c belong to these hashes: who changes what is hashed trains again
 * (tools/language). A test compares td_chunk_features_fingerprint() with the table's.
 * Threads:  pure functions
 */
#ifndef TD_CHUNK_FEATURES_H
#define TD_CHUNK_FEATURES_H

#include "base/str.h"

enum {
    TD_CHUNK_FEATURES_LINE_BYTES = 384, /* of a longer line its start is read */
    TD_CHUNK_FEATURES_MAX = TD_CHUNK_FEATURES_LINE_BYTES * 3 + 16,
};

typedef struct td_chunk_features {
    uint32_t items[TD_CHUNK_FEATURES_MAX];
    size_t n;
} td_chunk_features;

/* The features of a line without white space at its ends; `indent` is what it is indented by, in
 * columns, and `tab` whether a tab does. None if the line is blank. Cost: linear in the bytes that
 * are read. */
void td_chunk_features_read(td_str body, size_t indent, bool tab, td_chunk_features *features_out);

/* A number that changes with what is hashed. */
uint32_t td_chunk_features_fingerprint(void);

#endif
