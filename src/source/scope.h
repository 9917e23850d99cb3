/* source/scope.h - which links belong to a crawl.
 *
 * Threads:  none of its own; its owner guards it
 */
#ifndef TD_SOURCE_SCOPE_H
#define TD_SOURCE_SCOPE_H

#include "source/filter.h"

enum {
    TD_SOURCE_SCOPE_TEXT_N = 8300
};

typedef struct td_source_scope {
    const td_source_filter *filter;
    bool any_host, below;
    char host[300]; /* of the start page, without "www." */
    uint16_t port;
    bool is_usual_port;                  /* 80 of http or 443 of https */
    char folder[TD_SOURCE_SCOPE_TEXT_N]; /* "/docs/": of the start page */
} td_source_scope;

/* Centres the scope on a start page, a URL in normal form. */
void td_source_scope_set(td_source_scope *scope, td_str url);

/* Why a URL in normal form is outside: "another site", ...; NULL if it is inside. Static. */
const char *td_source_scope_excludes(const td_source_scope *scope, td_str url);

#endif
