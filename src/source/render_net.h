/* source/render_net.h - what a page asks for while it is drawn, asked as a crawl asks.
 *
 * In:       requests that a browser wants to make
 * Out:      their answers, or a refusal; the browser itself opens no connection
 * Threads:  one owner, the one that steps the td_net
 *
 * Each request goes by td_net, so scheme, address, size and time are checked as for a page, on
 * every hop: a redirect is an answer, which the browser follows with a request of its own. Each
 * host is asked for its robots.txt first, and obeyed. Cookies are neither sent nor taken. Scripts
 * are kept, so that the next page of a site does not fetch them again.
 */
#ifndef TD_SOURCE_RENDER_NET_H
#define TD_SOURCE_RENDER_NET_H

#include "net/net.h"
#include "source/source.h"

typedef struct td_source_render_net td_source_render_net;

/* Whose page is drawn: the crawl's options and names. Borrowed while a page is drawn. */
typedef struct td_source_site {
    const td_source_options *options;
    const char *user_agent;
    const char *named; /* "host:port" that the user named */
} td_source_site;

typedef struct td_source_answer {
    const char *refusal; /* why there is none; NULL: there is */
    int status;
    const td_net_field *fields;
    size_t n_fields;
    td_str body;
} td_source_answer;

/* Called once for each request, at once or from td_net_step; not for those that td_..._end drops.
 */
typedef void (*td_source_answered)(void *user, const td_source_answer *answer);

typedef struct td_source_ask {
    td_str url, method;
    td_str post, post_type; /* of a POST */
    const td_net_field *fields;
    size_t n_fields;
    bool is_script; /* kept for pages after this one */
    td_source_answered answered;
    void *user;
} td_source_ask;

/* Errors: E_NOMEM. */
tandem_code td_source_render_net_new(td_source_render_net **net_out, tandem_error *err);
void td_source_render_net_free(td_source_render_net *net); /* NULL is fine */

/* A page begins; what is kept of another site is forgotten. Errors: as td_net_open. */
tandem_code td_source_render_net_begin(td_source_render_net *net, const td_source_site *site,
                                       tandem_error *err);
/* The page is over: what is still asked for is dropped. */
void td_source_render_net_end(td_source_render_net *net);

/* Everything in `ask` is copied. */
void td_source_render_net_ask(td_source_render_net *net, const td_source_ask *ask);

/* Requests that have no answer yet. */
size_t td_source_render_net_n_active(const td_source_render_net *net);

/* What to step; NULL between end and begin. */
td_net *td_source_render_net_get(td_source_render_net *net);

#endif
