/* route/hint.h - what a chunk's own text says about where it belongs.
 *
 * Threads:  pure functions
 */
#ifndef TD_ROUTE_HINT_H
#define TD_ROUTE_HINT_H

#include "base/str.h"

/* How much of a source text is comments and docstrings, and how much of them reads like sentences:
 * the share of "the", "of", "is" and the like among the words. Both 0..1. Cost: linear. */
typedef struct td_route_hint {
    float comment; /* comments' share of the text, by code points that are no white space */
    float comment_sentence; /* small words among the comments' */
} td_route_hint;

td_route_hint td_route_hint_of(td_str text, td_str language);

#endif
