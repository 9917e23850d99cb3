/* source/frontier.h - what a crawl has still to fetch, by host and depth, and what it has seen.
 *
 * In:       URLs in normal form, from links and redirects
 * Out:      the next one that may be fetched now, breadth first
 * Threads:  none of its own; web.c guards it with its lock
 *
 * States of a target, and what moves it on:
 *  1. queued   packed, or in its host's heap      td_source_frontier_push, _put_back
 *  2. delayed  in the heap of those that wait    td_source_frontier_delay (a retry)
 *  3. taken    the caller's, its host is busier  td_source_frontier_take
 * and from 3 back to 1 or 2, or to td_source_frontier_drop. Time is the caller's, so tests need
 * no clock.
 */
#ifndef TD_SOURCE_FRONTIER_H
#define TD_SOURCE_FRONTIER_H

#include "base/error.h"
#include "base/str.h"
#include "source/robots.h"

enum {
    TD_SOURCE_HOPS_MAX = 10,
    TD_SOURCE_REASON_N = 300,
    TD_SOURCE_FRONTIER_BYTES_MAX = 256 << 20, /* of all addresses that were ever seen */
};

typedef struct td_source_frontier td_source_frontier;

typedef enum td_source_robots_state {
    TD_SOURCE_ROBOTS_UNKNOWN,
    TD_SOURCE_ROBOTS_ASKED, /* nothing of the host is taken meanwhile */
    TD_SOURCE_ROBOTS_KNOWN, /* `robots`; NULL allows all */
} td_source_robots_state;

/* One scheme, host and port. */
typedef struct td_source_host {
    char *origin; /* "https://example.com:8443" */
    td_source_robots_state robots_state;
    td_source_robots *robots;
    uint32_t robots_tries;
    int64_t delay_ms;  /* between the end of a request and the start of the next */
    int64_t resume_ms; /* nothing starts before */
    int64_t robots_ms; /* when robots.txt became known */
    int64_t pause_ms;  /* learnt: as delay_ms */
    uint32_t n_max;    /* learnt: requests at once; 0: as many as any host */
    uint32_t n_eased;  /* good answers in a row */
    uint32_t n_active;
    uint32_t n_lost_in_row; /* requests without any answer, since the last answer */
    uint32_t n_lost_waits;  /* how often it waited for that reason, since then ... */
    int64_t lost_until_ms;  /* ... the last time until here */
    uint32_t n_connections; /* of HTTP/1 that have answered, */
    uint32_t n_of_last;     /* ... and how many answers the last one gave since its first, */
    int64_t answered_ms;    /* ... of all answers the last, */
    int64_t alone_ms;      /* ... and the last behind which nothing was under way: crawl_single.c */
    bool is_single;        /* one request at a time: it answers on one connection alone */
    uint32_t n_busy_waits; /* how often it waited since it said that it is asked too much, ... */
    int64_t busy_until_ms; /* ... the last time until here; since then it has not answered well */
    tandem_code closed;    /* not TANDEM_OK: nothing is fetched from here any more, because: */
    char closed_reason[TD_SOURCE_REASON_N];
} td_source_host;

/* What a target is fetched for. */
typedef enum td_source_role {
    TD_SOURCE_ROLE_PAGE,
    TD_SOURCE_ROLE_SITEMAP,  /* its entries are queued; it is no page itself */
    TD_SOURCE_ROLE_LLMS,     /* an llms.txt: a page whose links are queued as well */
    TD_SOURCE_ROLE_DISCOVER, /* never fetched: once the host's robots.txt is known, the usual
                                places of the others are queued (crawl_discover.c) */
} td_source_role;

/* An address on its way into the frontier. */
typedef struct td_source_lead {
    td_str url; /* normal form */
    uint32_t depth;
    td_source_role role;
    uint8_t level;       /* of a sitemap: how many indexes led to it */
    bool is_guess;       /* nobody named it: if it is not there, nobody is told */
    int64_t changed_ms;  /* when a sitemap says that it changed last; -1: not said */
    const char *why_not; /* static: it comes out as skipped for this reason, unfetched */
} td_source_lead;

typedef struct td_source_target {
    td_source_host *host; /* of the present hop */
    uint64_t order;       /* depth, then arrival */
    int64_t changed_ms;   /* as in the lead, like the next five */
    const char *why_not;
    uint32_t depth;
    td_source_role role;
    uint8_t level;
    bool is_guess;
    uint16_t n_tries, n_hops;
    char *hop;      /* URL of the present hop after a redirect; NULL before the first */
    uint64_t *hops; /* [TD_SOURCE_HOPS_MAX + 1] keys of the hops before; NULL before the first */
    uint32_t url_n;
    char url[]; /* as it was found */
} td_source_target;

typedef enum td_source_pushed {
    TD_SOURCE_PUSHED,
    TD_SOURCE_SEEN,      /* queued or fetched before */
    TD_SOURCE_FULL,      /* the frontier knows as many URLs or hosts as it may, or bytes of them */
    TD_SOURCE_NO_MEMORY, /* or its temporary file cannot be read */
} td_source_pushed;

/* Errors: E_NOMEM. urls_max and hosts_max count what was ever seen. */
tandem_code td_source_frontier_new(size_t urls_max, size_t hosts_max, uint32_t per_host_max,
                                   int64_t delay_ms, td_source_frontier **frontier_out,
                                   tandem_error *err);
void td_source_frontier_free(td_source_frontier *frontier); /* NULL is fine */

/* Queues an address that was not seen before. */
td_source_pushed td_source_frontier_add(td_source_frontier *frontier, const td_source_lead *lead);

/* The same for a page. */
td_source_pushed td_source_frontier_push(td_source_frontier *frontier, td_str url, uint32_t depth);

/* Whether an address was seen. */
bool td_source_frontier_has(td_source_frontier *frontier, td_str url);

/* The next target that may start at now_ms, or NULL; *wait_ms_out is then how long until one may,
 * INT64_MAX if only something else than time can help, -1 if there is no memory for it. One of a
 * closed host is always ready. */
td_source_target *td_source_frontier_take(td_source_frontier *frontier, int64_t now_ms,
                                          int64_t *wait_ms_out);

/* Whether no address at all could start now, known or not: there is one host alone, and nothing but
 * the end of one of its requests helps. */
bool td_source_frontier_is_sated(const td_source_frontier *frontier);

/* Hosts ever seen, and each of them in the order they came. */
size_t td_source_frontier_n_hosts(const td_source_frontier *frontier);
td_source_host *td_source_frontier_host(const td_source_frontier *frontier, size_t i);

/* Ends a request to the host: it may take another, after its delay. */
void td_source_frontier_release(td_source_host *host, int64_t now_ms);

/* The host answered that it is asked too much: half as many requests at once, and a pause between
 * them that doubles, from pause_ms to half a minute. */
void td_source_frontier_slow(const td_source_frontier *frontier, td_source_host *host,
                             int64_t pause_ms);

/* The host answered as it should. After every ten such answers in a row it is asked a little more
 * again, up to where it began. */
void td_source_frontier_ease(const td_source_frontier *frontier, td_source_host *host);

/* A taken target goes back to where it was. False when out of memory; it is then dropped. */
bool td_source_frontier_put_back(td_source_frontier *frontier, td_source_target *target);

/* A taken target waits until then. False when out of memory; it is then dropped. */
bool td_source_frontier_delay(td_source_frontier *frontier, td_source_target *target,
                              int64_t until_ms);

/* A taken target was redirected: `url` becomes its present hop and it is queued again.
 * TD_SOURCE_SEEN leaves it taken, as do the failures. */
td_source_pushed td_source_frontier_follow(td_source_frontier *frontier, td_source_target *target,
                                           td_str url);

/* Whether the target has been at `url` itself: a redirect back there is a circle. */
bool td_source_frontier_was_at(const td_source_target *target, td_str url);

/* Frees a taken target. NULL is fine. */
void td_source_frontier_drop(td_source_target *target);

/* URL of the present hop; URL as found. */
td_str td_source_frontier_url(const td_source_target *target);
td_str td_source_frontier_start(const td_source_target *target);

/* Targets queued or delayed; URLs ever seen. */
size_t td_source_frontier_n(const td_source_frontier *frontier);
size_t td_source_frontier_n_seen(const td_source_frontier *frontier);

/* One number for a URL; two URLs share it once in 2^64 pairs. */
uint64_t td_source_frontier_key(td_str url);

#endif
