/* Servers that answer on one connection alone and leave all others waiting until it is closed, as
 * those with one thread do. Whoever opens six connections gets one page after the other on the
 * first of them, and five time-outs.
 *
 *  1. One connection has answered, again and again for a second, others never: what waits on them
 *     is put back into the frontier, and the host has one request at a time from then on.
 *  2. The same once the only one that has answered has nothing to do any more.
 *  3. A page that takes long then, all by itself, says that the others may have been slow and no
 *     more than that: the host has as many requests as before, and is not suspected again.
 */
#include "base/clock.h"
#include "base/log.h"
#include "source/crawl.h"

#include <stdio.h>

enum {
    ANSWERS_MIN = 16, /* on a network far away the first has three answers before others have one */
    WAIT_MS = 1000,
    URL_BYTES = 700,
};

static bool is_suspect(const td_source_host *host)
{
    return host->n_connections == 1 && host->n_active > 0 && !host->is_single;
}

static void put_back(td_source_crawl *crawl, td_source_host *host)
{
    char url[URL_BYTES];

    snprintf(url, sizeof(url), "%s/", host->origin);
    size_t n = td_net_put_back(crawl->net, td_str_from(url));
    host->is_single = n > 0;
    if (n > 0)
        td_log(TD_INFO, "source", "host=%s answers on one connection alone: one page at a time",
               host->origin);
}

void td_source_crawl_single_note(td_source_crawl *crawl, td_source_host *host,
                                 const td_net_reply *reply, int64_t spent_ms)
{
    if (reply->code != TANDEM_OK || reply->http_version > 11)
        return;
    host->answered_ms = td_clock_ms();
    host->n_connections += reply->is_new_connection;
    host->n_of_last = reply->is_new_connection ? 0 : host->n_of_last + 1;
    if (host->n_active == 0)
        host->alone_ms = host->answered_ms;
    if (host->is_single && spent_ms >= WAIT_MS) {
        host->is_single = false;
        host->n_connections = 2;
    }
    if (is_suspect(host) && host->n_of_last >= ANSWERS_MIN &&
        host->answered_ms - host->alone_ms >= WAIT_MS)
        put_back(crawl, host);
}

void td_source_crawl_single_look(td_source_crawl *crawl)
{
    int64_t now_ms = td_clock_ms();
    size_t n = 0;

    if (now_ms < crawl->look_ms)
        return;
    crawl->look_ms = now_ms + WAIT_MS;
    pthread_mutex_lock(&crawl->lock);
    n = td_source_frontier_n_hosts(crawl->frontier);
    pthread_mutex_unlock(&crawl->lock);
    for (size_t i = 0; i < n; i++) {
        pthread_mutex_lock(&crawl->lock);
        td_source_host *host = td_source_frontier_host(crawl->frontier, i);
        pthread_mutex_unlock(&crawl->lock);
        if (is_suspect(host) && now_ms - host->answered_ms >= WAIT_MS)
            put_back(crawl, host);
    }
}
