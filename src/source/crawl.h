/* source/crawl.h - the io thread of a crawl: what is fetched when, and what comes of it.
 *
 * Inside source only: web.c opens and closes a crawl and speaks with the conductor, crawl.c is its
 * thread, crawl_fetch.c one request and its answer, crawl_lead.c judges addresses, crawl_discover.c
 * looks for sitemaps and llms.txt, crawl_robots.c asks each host for its robots.txt, crawl_single.c
 * finds those that answer one at a time.
 *
 * An io thread owns the td_net; the lock guards what other threads touch too. It is held while
 * addresses are looked up in a temporary file (keys.h), since whoever comes second needs them too.
 *
 * A page's way:  frontier --take--> fetching --on_answer--> pages (queue) --next--> the conductor
 *                   ^                  | retry, redirect                             |
 *                   +------------------+---------------------- done (links) ---------+
 *
 *  1. n_fetching + n_waiting <= in_hand_max, so that a push to `pages` never blocks the io thread
 *     and a slow conductor stops the crawl instead of filling memory.
 *  2. A page is in `given` from the moment it is queued until `done`. The crawl is over when
 *     nothing is fetched, queued or given (or pages_max is reached and nothing is fetched).
 *     TD_SOURCE_IN_HAND_BYTES_MAX of pages given, and of those that are only coming, stop it too.
 *  3. A host is asked for its robots.txt before anything else; meanwhile its targets stay queued.
 *  4. Only the io thread takes targets and changes hosts and the scope. The scope moves while the
 *     start page is fetched, so a sitemap's or an llms.txt's pages may be judged by either.
 */
#ifndef TD_SOURCE_CRAWL_H
#define TD_SOURCE_CRAWL_H

#include "base/error.h"
#include "base/queue.h"
#include "base/thread.h"
#include "net/net.h"
#include "source/frontier.h"
#include "source/keys.h"
#include "source/scope.h"
#include "source/source.h"
#include "source/trap.h"

enum {
    TD_SOURCE_GIVEN_BUCKETS = 256,
    TD_SOURCE_WAITING_MAX = 64,             /* pages, besides a host's full number of requests */
    TD_SOURCE_IN_HAND_BYTES_MAX = 64 << 20, /* of pages that come, wait, or are given */
    TD_SOURCE_URLS_MAX = 1000 * 1000,
    TD_SOURCE_SITEMAPS_MAX = 1000, /* that indexes name */
    TD_SOURCE_TRIES_MAX = 3,
    TD_SOURCE_BUSY_WAIT_MS_MAX = 120 * 1000,        /* a host that asks for longer is given up */
    TD_SOURCE_ROBOTS_AGE_MS_MAX = 24 * 3600 * 1000, /* RFC 9309 2.4 */
};

/* Why a crawl ends whose frontier says TD_SOURCE_NO_MEMORY. */
#define TD_SOURCE_FRONTIER_LOST \
    "the list of addresses is lost: out of memory, or its temporary file cannot be read"

/* A page that `next` gave, or will give, and that is not reported yet. */
typedef struct td_source_given {
    struct td_source_given *next;
    uint64_t key;
    size_t n_bytes; /* of its body */
    uint32_t depth;
    bool is_nofollow;
} td_source_given;

typedef struct td_source_crawl {
    td_source source;
    td_source_options options;
    char *user_agent, *named; /* named: "host:port" of the start URL */
    td_buf uri;
    td_source_filter *filter;
    td_net *net;
    td_queue *pages;
    pthread_t thread;
    bool is_running;
    td_stop is_cancelled, is_closing;
    /* the io thread's own */
    bool seeks;         /* for sitemaps or an llms.txt; false once it is told that there are none */
    bool has_reported;  /* something that was named could not be had */
    bool is_stopped;    /* by a limit, which is told */
    size_t in_hand_max; /* pages fetched and not taken, and requests */
    uint64_t n_found;   /* addresses in sitemaps, and llms.txts */
    uint32_t n_sitemaps; /* of them */
    uint64_t n_bytes;
    int64_t begun_ms;
    int64_t look_ms;      /* when td_source_crawl_single_look is to look again */
    pthread_mutex_t lock; /* rank 2: guards all below */
    td_source_scope scope;
    td_source_frontier *frontier;
    td_source_traps traps;
    td_source_keys contents;  /* hashes of pages that are out: the same again is skipped, */
    td_source_keys copies;    /* ... which makes it one of these */
    td_source_keys aliases;   /* pages that were skipped for their canonical address, */
    td_source_keys originals; /* ... which is one of these, and not skipped as a copy of them */
    td_source_given *given[TD_SOURCE_GIVEN_BUCKETS]; /* by key */
    size_t n_given;
    size_t n_fetching, n_waiting, n_given_bytes;
    bool lacks_room;      /* the io thread waits for `next` to take a page */
    bool is_laden;        /* ... for `done`: the pages that are given are too large together */
    bool is_sated;        /* it waits for an answer, and new links to its one host are no help */
    bool is_woken;        /* it will look again: nobody else need wake it */
    uint64_t n_pages;     /* fetched or failed, for pages_max */
    char *first_left_out; /* a URL that did not fit into the frontier; reported once */
    bool is_full;
    bool has_unread;      /* sitemaps, more than TD_SOURCE_SITEMAPS_MAX */
    tandem_error failure; /* what ended the crawl early */
} td_source_crawl;

/* The io thread; the argument is the td_source_crawl. */
void *td_source_crawl_run(void *user);

/* Ends the crawl: `next` returns the failure once the pages before it are out. Any thread. */
void td_source_crawl_fail(td_source_crawl *crawl, tandem_code code, const char *message);

/* As td_source.is_copy. */
bool td_source_crawl_is_copy(td_source_crawl *crawl, const td_page *page);

/* Nothing is fetched from the host any more; its pages fail with the reason. */
void td_source_crawl_close_host(td_source_host *host, tandem_code code, const char *reason);

/* The wait before the try after `n_tries`: 1, 2, 4 s unless the options say otherwise. */
int64_t td_source_crawl_backoff_ms(const td_source_crawl *crawl, uint32_t n_tries);

/* Ends a request to the host. */
void td_source_crawl_release(td_source_crawl *crawl, td_source_host *host);

/* What becomes of a target that was taken and whose host was released; each takes it. */
void td_source_crawl_give_reply(td_source_crawl *crawl, td_source_target *target,
                                const td_net_reply *reply);
/* A page that was skipped (TANDEM_OK) or failed; nothing at all if it was a guess. */
void td_source_crawl_lose(td_source_crawl *crawl, td_source_target *target, tandem_code miss,
                          const char *reason);
/* Nothing: it has served its purpose. */
void td_source_crawl_pass(td_source_crawl *crawl, td_source_target *target);

/* A page that is as `known` says, so nothing of it came. */
void td_source_crawl_give_unchanged(td_source_crawl *crawl, td_source_target *target,
                                    td_str final_uri, int status, const td_page_known *known);
/* What is known of the target's page; false if it is to be fetched whatever is known. */
bool td_source_crawl_known(const td_source_crawl *crawl, const td_source_target *target,
                           td_page_known *known_out);

/* A page of no target, to tell something about the whole crawl. `uri` names what it is about. */
void td_source_crawl_notice(td_source_crawl *crawl, td_str uri, tandem_code miss,
                            const char *reason);

/* crawl_fetch.c: asks for the target. */
void td_source_crawl_fetch(td_source_crawl *crawl, td_source_target *target);

/* crawl_lead.c: as td_source.same_as, for a page of that depth. */
bool td_source_crawl_same_as(td_source_crawl *crawl, const td_page *page, uint32_t depth,
                             td_str canonical);

/* crawl_lead.c: queues an address if it is new and belongs to the crawl. False: out of memory, and
 * the crawl ends. Any thread. */
bool td_source_crawl_lead(td_source_crawl *crawl, const td_source_lead *lead);

/* crawl_discover.c: queues what the crawl's mode begins with. Errors: E_INVALID, E_NOMEM. */
tandem_code td_source_crawl_discover_open(td_source_crawl *crawl, td_str url, tandem_error *err);
/* Queues sitemaps and llms.txts of the start host, whose robots.txt is known. */
void td_source_crawl_discover_places(td_source_crawl *crawl, td_source_host *host);
/* Reads a sitemap or llms.txt. False: the target is a page, and still the caller's. */
bool td_source_crawl_discover_take(td_source_crawl *crawl, td_source_target *target,
                                   const td_net_reply *reply);
/* Says so if the search is over and nothing was found. */
void td_source_crawl_discover_report(td_source_crawl *crawl);

/* crawl_single.c: an answer came, so long after it was asked for; and what is to be seen of hosts
 * of which none came, once a second. */
void td_source_crawl_single_note(td_source_crawl *crawl, td_source_host *host,
                                 const td_net_reply *reply, int64_t spent_ms);
void td_source_crawl_single_look(td_source_crawl *crawl);

/* crawl_robots.c: asks for the host's robots.txt; the target, taken and counted as being fetched,
 * waits in its queue meanwhile. */
void td_source_crawl_robots_ask(td_source_crawl *crawl, td_source_target *target);

/* Whether the host must be asked first: never yet, or a day ago. */
bool td_source_crawl_robots_is_due(const td_source_host *host, int64_t now_ms);

#endif
