/* store/words.h - words for the keyword index: parts of identifiers, and questions made safe.
 *
 * The index keeps "read_line" and "readLine" as one word each. Their parts go into a column of
 * their own, so that "line" finds both, and "readLine" itself ranks higher. Changing what
 * td_store_words_parts gives for a text needs a schema step that fills chunk_words anew.
 * Threads:  pure functions
 */
#ifndef TD_STORE_WORDS_H
#define TD_STORE_WORDS_H

#include "base/arena.h"
#include "base/buf.h"

/* Appends the parts of every identifier in `text` that has more than one, or a '_' at an end,
 * separated by spaces: "x = readLine(__init__)" gives "read Line init". Stops at the cap of `out`.
 * Cost: linear. */
void td_store_words_parts(td_str text, td_buf *out);

enum {
    TD_STORE_TERMS_MAX = 64
};

/* The terms of what a person typed, each a string of FTS5's syntax ("read_line" with its quotes):
 * nothing in the text is ever taken for syntax. They are every word, the parts of words that have
 * some, and each "quoted part" as a phrase. Common English words are left out unless there are no
 * others.
 * Terms past the 64th are ignored; none at all is no error. terms_out [64], in `arena`. */
tandem_code td_store_words_terms(td_str text, td_arena *arena, td_str terms_out[TD_STORE_TERMS_MAX],
                                 size_t *n_out, tandem_error *err);

#endif
