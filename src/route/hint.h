/* route/hint.h - what a chunk's own text says about where it belongs.
 *
 * Threads:  pure functions
 */
#ifndef TD_ROUTE_HINT_H
#define TD_ROUTE_HINT_H

#include "base/str.h"

/* How much of a source text is comments and docstrings, and how much of that reads like sentences.
 * Both 0..1, by bytes that are no white space and by words. Cost: linear. */
typedef struct td_route_hint {
    float comment;  /* share of the text */
    float sentence; /* share of the comments' words that are small connecting words */
} td_route_hint;

td_route_hint td_route_hint_of(td_str text, td_str language);

#endif
