/* chunk/grammars.h - which languages have a grammar, and what the tree must know of each.
 *
 * Threads:  static tables
 */
#ifndef TD_CHUNK_GRAMMARS_H
#define TD_CHUNK_GRAMMARS_H

#include "base/str.h"

typedef struct td_chunk_grammar {
    const char *language;
    const struct TSLanguage *(*get)(void);
    /* Kinds of nodes that declare something, with a space before and behind each; NULL: the
     * scanner knows the names. */
    const char *declarations;
    const char *other; /* the grammar to try when this one finds errors; NULL: none */
} td_chunk_grammar;

/* NULL if there is none, which is so for all where tandem was built without grammars. */
const td_chunk_grammar *td_chunk_grammars_find(td_str language);

#endif
