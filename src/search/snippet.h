/* search/snippet.h - the part of a chunk that shows why it was found, on one line.
 *
 * Threads:  pure functions
 */
#ifndef TD_SEARCH_SNIPPET_H
#define TD_SEARCH_SNIPPET_H

#include "base/arena.h"

/* About 200 code points of `text` (whole words, white space folded) with as many different words of
 * `query` as possible, as early as possible; the beginning when it has none. Control characters and
 * bytes that are no UTF-8 are left out: it is safe on a terminal. In `arena`.
 * Errors: E_NOMEM, E_TOO_LARGE (the arena's cap).
 * Cost: linear in the text times words of the query. */
tandem_code td_search_snippet(td_str text, td_str query, td_arena *arena, td_str *snippet_out,
                              tandem_error *err);

#endif
