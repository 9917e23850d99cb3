/* source/crawl.h - the io thread of a crawl: what is fetched when, and what comes of it.
 *
 * Inside source only: web.c opens and closes a crawl and speaks with the conductor, crawl.c is its
 * thread, crawl_robots.c asks each host for its robots.txt.
 *
 * An io thread owns the td_net; the lock guards what other threads touch too.
 *
 * A page's way:  frontier --take--> fetching --on_page--> pages (queue) --next--> the conductor
 *                   ^                  | retry, redirect                             |
 *                   +------------------+---------------------- done (links) ---------+
 *
 *  1. n_fetching + n_waiting <= WAITING_MAX, so that a push to `pages` never blocks the io thread
 *     and a slow conductor stops the crawl instead of filling memory.
 *  2. A page is in `given` from the moment it is queued until `done`. The crawl is over when
 *     nothing is fetched, queued or given (or pages_max is reached and nothing is fetched).
 *  3. A host is asked for its robots.txt before anything else; meanwhile its targets stay queued.
 *  4. Only the io thread takes targets and changes hosts and the scope. The scope moves only while
 *     the start page is fetched, when nobody else can look at it yet.
 */
#ifndef TD_SOURCE_CRAWL_H
#define TD_SOURCE_CRAWL_H

#include "base/error.h"
#include "base/queue.h"
#include "base/thread.h"
#include "net/net.h"
#include "source/frontier.h"
#include "source/scope.h"
#include "source/source.h"

enum {
    TD_SOURCE_WAITING_MAX = 64,
    TD_SOURCE_URLS_MAX = 1000 * 1000,
    TD_SOURCE_TRIES_MAX = 3,
    TD_SOURCE_BUSY_WAIT_MS_MAX = 120 * 1000, /* a host that asks for longer is given up */
};

/* A page that `next` gave, or will give, and that is not reported yet. */
typedef struct td_source_given {
    struct td_source_given *next;
    uint64_t key;
    uint32_t depth;
    bool is_nofollow;
} td_source_given;

typedef struct td_source_crawl {
    td_source source;
    td_source_options options;
    char *user_agent, *named; /* named: "host:port" of the start URL */
    td_buf uri;
    td_source_filter *filter;
    td_source_scope scope;
    td_net *net;
    td_queue *pages;
    pthread_t thread;
    bool is_running;
    td_stop is_cancelled, is_closing;
    pthread_mutex_t lock; /* rank 2: guards all below */
    td_source_frontier *frontier;
    td_source_given *given;
    size_t n_fetching, n_waiting;
    uint64_t n_pages;     /* fetched or failed, for pages_max */
    char *first_left_out; /* a URL that did not fit into the frontier; reported once */
    bool is_full;
    tandem_error failure; /* what ended the crawl early */
} td_source_crawl;

/* The io thread; the argument is the td_source_crawl. */
void *td_source_crawl_run(void *user);

/* Ends the crawl: `next` returns the failure once the pages before it are out. Any thread. */
void td_source_crawl_fail(td_source_crawl *crawl, tandem_code code, const char *message);

/* Nothing is fetched from the host any more; its pages fail with the reason. */
void td_source_crawl_close_host(td_source_host *host, tandem_code code, const char *reason);

/* The wait before the try after `n_tries`: 1, 2, 4 s unless the options say otherwise. */
int64_t td_source_crawl_backoff_ms(const td_source_crawl *crawl, uint32_t n_tries);

/* crawl_robots.c: asks for the host's robots.txt; the target, taken and counted as being fetched,
 * waits in its queue meanwhile. */
void td_source_crawl_robots_ask(td_source_crawl *crawl, td_source_target *target);

#endif
