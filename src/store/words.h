/* store/words.h - words for the keyword index: parts of identifiers, and questions made safe.
 *
 * The index keeps "read_line" and "readLine" as one word each. Their parts go into a column of
 * their own, so that "line" finds both, and "readLine" itself ranks higher. Changing what
 * td_store_words_parts gives for a text needs a schema step that fills chunk_words anew.
 * Threads:  pure functions
 */
#ifndef TD_STORE_WORDS_H
#define TD_STORE_WORDS_H

#include "base/buf.h"

/* Appends the parts of every identifier in `text` that has more than one, or a '_' at an end,
 * separated by spaces: "x = readLine(__init__)" gives "read Line init". Stops at the cap of `out`.
 * Cost: linear. */
void td_store_words_parts(td_str text, td_buf *out);

/* Appends an FTS5 expression for what a person typed: words are OR-ed, each also by its parts;
 * a "quoted part" is a phrase. Whatever stands in the text, the expression is valid; it is empty
 * when there is no word in it. Common English words are left out unless there are no others.
 * Words past the 64th are ignored. */
tandem_code td_store_words_query(td_str text, td_buf *out, tandem_error *err);

#endif
