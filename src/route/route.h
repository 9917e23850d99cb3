/* route/route.h - which lane a chunk goes to.
 *
 * In:       a chunk with is_code and language, as the chunker found them
 * Out:      its lane
 * Threads:  pure functions
 */
#ifndef TD_ROUTE_H
#define TD_ROUTE_H

#include "flow/chunks.h"

typedef enum td_route_rule {
    TD_ROUTE_AUTO,     /* code to coderank, prose to gte */
    TD_ROUTE_GTE,      /* everything to gte */
    TD_ROUTE_CODERANK, /* everything to coderank */
} td_route_rule;

/* Whether code is nearly all comments and docstrings that read like sentences. Cost: linear. */
bool td_route_is_prose(td_str text, td_str language);

/* Sets the lane of every chunk. With TD_ROUTE_AUTO is_code decides (data and markup count as the
 * chunker says), but for one: code of which more than 80 % is comments and docstrings that read
 * like sentences goes to gte. Prose always goes there. Cost: linear in the texts of code. */
void td_route_set(td_chunks *chunks, td_route_rule rule);

#endif
