#include "base/clock.h"
#include "base/log.h"
#include "source/answer.h"
#include "source/crawl.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DELAY_MS_MAX = 30 * 1000, /* a longer Crawl-delay is cut to this */
    URL_BYTES = 700,
};

typedef struct fetch {
    td_source_crawl *crawl;
    td_source_host *host;
} fetch;

/* RFC 9309 2.3.1: 4xx allows all; an error of the server or the net forbids all. */
static void take_robots(td_source_crawl *crawl, td_source_host *host, const td_net_reply *reply)
{
    char reason[TD_SOURCE_REASON_N];
    td_source_robots *robots = NULL;
    int status = reply->code == TANDEM_OK ? reply->status : 0;
    td_str agent = td_source_robots_token(td_str_from(crawl->user_agent));

    if (reply->code != TANDEM_OK) {
        snprintf(reason, sizeof(reason), "%.250s (asked for robots.txt)", reply->error->message);
        td_source_crawl_close_host(host, reply->code, reason);
    } else if (status >= 500 || status == 429) {
        snprintf(reason, sizeof(reason), "robots.txt cannot be read (HTTP %d): nothing is fetched",
                 status);
        td_source_crawl_close_host(host, td_source_answer_code(status), reason);
    } else if (status >= 200 && status < 300 &&
               td_source_robots_new(reply->body, agent, &robots, NULL) != TANDEM_OK) {
        td_source_crawl_close_host(host, TANDEM_E_NOMEM, "out of memory: robots.txt");
    }
    td_source_robots_free(host->robots);
    host->robots = robots;
    host->robots_state = TD_SOURCE_ROBOTS_KNOWN;
    host->robots_ms = td_clock_ms();
    int64_t delay_ms = robots ? td_source_robots_delay_ms(robots) : -1;
    if (delay_ms > DELAY_MS_MAX)
        td_log(TD_WARN, "source", "host=%s asks for %lld ms between requests, gets %d",
               host->origin, (long long)delay_ms, DELAY_MS_MAX);
    delay_ms = delay_ms > DELAY_MS_MAX ? DELAY_MS_MAX : delay_ms;
    host->delay_ms = delay_ms > host->delay_ms ? delay_ms : host->delay_ms;
}

static bool retry_robots(const td_source_crawl *crawl, td_source_host *host,
                         const td_net_reply *reply)
{
    tandem_code code =
        reply->code != TANDEM_OK ? reply->code : td_source_answer_code(reply->status);
    int64_t asked_ms = 0, wait_ms;

    host->robots_tries++;
    if (!tandem_code_retry(code) || host->robots_tries >= TD_SOURCE_TRIES_MAX)
        return false;
    wait_ms = td_source_crawl_backoff_ms(crawl, host->robots_tries);
    if (reply->code == TANDEM_OK &&
        td_net_retry_after(reply->retry_after, td_clock_wall_ms(), &asked_ms))
        wait_ms = asked_ms > wait_ms ? asked_ms : wait_ms;
    if (wait_ms > TD_SOURCE_BUSY_WAIT_MS_MAX)
        return false;
    host->resume_ms = td_clock_ms() + wait_ms;
    host->robots_state = TD_SOURCE_ROBOTS_UNKNOWN;
    return true;
}

static void on_robots(void *user, const td_net_reply *reply)
{
    fetch *f = user;
    td_source_crawl *crawl = f->crawl;
    td_source_host *host = f->host;

    free(f);
    crawl->n_bytes += reply->n_read;
    pthread_mutex_lock(&crawl->lock);
    if (reply->is_put_back)
        host->robots_state = TD_SOURCE_ROBOTS_UNKNOWN;
    else if (reply->code != TANDEM_E_CANCELLED && !retry_robots(crawl, host, reply))
        take_robots(crawl, host, reply);
    td_source_frontier_release(host, td_clock_ms());
    pthread_mutex_unlock(&crawl->lock);
    td_source_crawl_single_note(crawl, host, reply, 0);
}

bool td_source_crawl_robots_is_due(const td_source_host *host, int64_t now_ms)
{
    return host->robots_state == TD_SOURCE_ROBOTS_UNKNOWN ||
           (host->robots_state == TD_SOURCE_ROBOTS_KNOWN &&
            now_ms - host->robots_ms >= TD_SOURCE_ROBOTS_AGE_MS_MAX);
}

void td_source_crawl_robots_ask(td_source_crawl *crawl, td_source_target *target)
{
    char url[URL_BYTES];
    td_source_host *host = target->host;
    tandem_error err = {.code = TANDEM_OK};
    fetch *f = malloc(sizeof(*f));

    snprintf(url, sizeof(url), "%s/robots.txt", host->origin);
    pthread_mutex_lock(&crawl->lock);
    host->robots_state = TD_SOURCE_ROBOTS_ASKED;
    bool ok = td_source_frontier_put_back(crawl->frontier, target) && f;
    crawl->n_fetching--;
    pthread_mutex_unlock(&crawl->lock);
    if (!ok) {
        free(f);
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: request");
        return;
    }
    *f = (fetch){crawl, host};
    td_net_request request = {
        .url = td_str_from(url),
        /* One byte more than is read, so that the parser sees that there was more. */
        .body_bytes_max = TD_SOURCE_ROBOTS_BYTES_MAX + 1,
        .body_cut = true,
        .done = on_robots,
        .user = f,
    };
    if (td_net_get(crawl->net, &request, &err) == TANDEM_OK)
        return;
    td_net_reply reply = {.code = err.code, .error = &err};
    on_robots(f, &reply);
}
