/* route/route.h - which lane a chunk goes to.
 *
 * In:       a chunk with is_code, language and confidence, as the chunker found them
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

/* Sets the lane of every chunk. Data that is no program (JSON, YAML, CSV, logs ...) and markup
 * count as the chunker's is_code says; a chunk of code that is mostly comment prose goes to gte. */
void td_route_set(td_chunks *chunks, td_route_rule rule);

#endif
