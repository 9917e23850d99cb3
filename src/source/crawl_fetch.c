/* One request of a crawl and what its answer leads to: a page, another hop, another try. */
#include "base/clock.h"
#include "base/log.h"
#include "source/answer.h"
#include "source/binary.h"
#include "source/crawl.h"
#include "source/sitemap.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BUSY_TRIES_MAX = 5,  /* of a page that is answered 429 or 503 */
    BUSY_WAITS_MAX = 10, /* of a host that answers nothing else: three minutes or more */
    LOST_IN_ROW_MAX = 5,
    LOST_WAITS_MAX = TD_SOURCE_TRIES_MAX - 1, /* as one page has */
};

typedef struct fetch {
    td_source_crawl *crawl;
    td_source_target *target;
    td_page_known known; /* what the request was made conditional by */
    bool is_conditional;
    int64_t begun_ms;
} fetch;

/* -- failures and retries -- */

void td_source_crawl_close_host(td_source_host *host, tandem_code code, const char *reason)
{
    if (host->closed != TANDEM_OK)
        return;
    host->closed = code;
    snprintf(host->closed_reason, sizeof(host->closed_reason), "%s", reason);
    td_log(TD_WARN, "source", "host=%s given up: %s", host->origin, reason);
}

int64_t td_source_crawl_backoff_ms(const td_source_crawl *crawl, uint32_t n_tries)
{
    return (int64_t)crawl->options.retry_wait_ms << (n_tries > 0 ? n_tries - 1 : 0);
}

/* A target leaves the fetching state without a page. */
static void put_off(td_source_crawl *crawl, td_source_target *target, int64_t until_ms)
{
    pthread_mutex_lock(&crawl->lock);
    bool ok = td_source_frontier_delay(crawl->frontier, target, until_ms);
    crawl->n_fetching--;
    pthread_mutex_unlock(&crawl->lock);
    if (!ok)
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, TD_SOURCE_FRONTIER_LOST);
}

/* A body that found no room beside the others: its turn comes again, after the host's delay. */
static void put_back(td_source_crawl *crawl, td_source_target *target)
{
    pthread_mutex_lock(&crawl->lock);
    bool ok = td_source_frontier_put_back(crawl->frontier, target);
    crawl->n_fetching--;
    pthread_mutex_unlock(&crawl->lock);
    if (!ok)
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, TD_SOURCE_FRONTIER_LOST);
}

/* 429 and 503 count against the host, not the page: backing off the page alone would let its
 * siblings hit the same wall. True if the target was put off. */
static bool back_off(td_source_crawl *crawl, td_source_target *target, const td_net_reply *reply)
{
    char reason[TD_SOURCE_REASON_N];
    int64_t now_ms = td_clock_ms(), asked_ms = 0;
    int64_t wait_ms = td_source_crawl_backoff_ms(crawl, target->n_tries);

    if (td_net_retry_after(reply->retry_after, td_clock_wall_ms(), &asked_ms))
        wait_ms = asked_ms > wait_ms ? asked_ms : wait_ms;
    if (wait_ms > TD_SOURCE_BUSY_WAIT_MS_MAX) {
        snprintf(reason, sizeof(reason), "HTTP %d: the server asks to come back in %lld s",
                 reply->status, (long long)(wait_ms / 1000));
        td_source_crawl_close_host(target->host, td_source_answer_code(reply->status), reason);
        return false;
    }
    if (target->host->n_busy_waits > BUSY_WAITS_MAX) {
        snprintf(reason, sizeof(reason), "HTTP %d to all that is asked for, %d waits long",
                 reply->status, BUSY_WAITS_MAX);
        td_source_crawl_close_host(target->host, td_source_answer_code(reply->status), reason);
    }
    if (target->n_tries >= BUSY_TRIES_MAX || target->host->closed != TANDEM_OK)
        return false;
    /* One more, because the clock's milliseconds are cut: never too early. */
    if (target->host->resume_ms < now_ms + wait_ms + 1)
        target->host->resume_ms = now_ms + wait_ms + 1;
    target->host->busy_until_ms = target->host->resume_ms;
    put_off(crawl, target, now_ms + wait_ms + 1);
    return true;
}

/* True if the target was put off for another try. */
static bool retry(td_source_crawl *crawl, td_source_target *target, const td_net_reply *reply)
{
    tandem_code code =
        reply->code != TANDEM_OK ? reply->code : td_source_answer_code(reply->status);

    target->n_tries++;
    if (reply->code == TANDEM_OK && (reply->status == 429 || reply->status == 503))
        return back_off(crawl, target, reply);
    if (!tandem_code_retry(code) || target->n_tries >= TD_SOURCE_TRIES_MAX)
        return false;
    put_off(crawl, target, td_clock_ms() + td_source_crawl_backoff_ms(crawl, target->n_tries));
    return true;
}

/* Requests that many in a row got no answer to: the host waits, as a page does for its next try, or
 * it would be asked for all its other pages meanwhile. */
static void wait_for_host(const td_source_crawl *crawl, td_source_host *host,
                          const td_net_reply *reply)
{
    char reason[TD_SOURCE_REASON_N];
    int64_t now_ms = td_clock_ms();

    if (host->lost_until_ms > now_ms) /* of those that were under way */
        return;
    if (host->n_lost_waits < LOST_WAITS_MAX) {
        host->lost_until_ms = now_ms + td_source_crawl_backoff_ms(crawl, ++host->n_lost_waits) + 1;
        if (host->resume_ms < host->lost_until_ms)
            host->resume_ms = host->lost_until_ms;
        return;
    }
    snprintf(reason, sizeof(reason), "page after page without an answer, the last: %.200s",
             reply->error->message);
    td_source_crawl_close_host(host, reply->code, reason);
}

/* A host that does not answer page after page is not asked for the ten thousand others. */
static void count_lost(const td_source_crawl *crawl, td_source_host *host,
                       const td_net_reply *reply)
{
    if (reply->code == TANDEM_E_NOT_FOUND)
        td_source_crawl_close_host(host, reply->code, reply->error->message); /* no such host */
    if (reply->code != TANDEM_E_NETWORK && reply->code != TANDEM_E_TIMEOUT) {
        host->n_lost_in_row = host->n_lost_waits = 0;
        return;
    }
    if (++host->n_lost_in_row >= LOST_IN_ROW_MAX)
        wait_for_host(crawl, host, reply);
}

/* The host's own speed, learnt from its answers. Those to requests that were under way when it
 * first said that they are too many say it once: six at once would else make the pause 32 times as
 * long. */
static void pace(td_source_crawl *crawl, td_source_host *host, const td_net_reply *reply)
{
    bool is_busy = reply->status == 429 || reply->status == 503;

    if (reply->code != TANDEM_OK || (is_busy && td_clock_ms() < host->busy_until_ms))
        return;
    host->n_busy_waits = is_busy ? host->n_busy_waits + 1 : 0;
    pthread_mutex_lock(&crawl->lock);
    if (is_busy)
        td_source_frontier_slow(crawl->frontier, host, crawl->options.retry_wait_ms);
    else
        td_source_frontier_ease(crawl->frontier, host);
    pthread_mutex_unlock(&crawl->lock);
}

/* -- redirects -- */

static bool is_start(const td_source_target *target)
{
    return target->depth == 0 && target->role == TD_SOURCE_ROLE_PAGE;
}

/* Why the hop to `url` is not made; empty if it is. The code says whether that is a failure. */
static tandem_code refuse_hop(const td_source_crawl *crawl, const td_source_target *target,
                              td_str url, char *reason)
{
    /* A sitemap may lie on another host than the pages that it names. */
    bool is_page = target->role == TD_SOURCE_ROLE_PAGE && !is_start(target);
    const char *outside = is_page ? td_source_scope_excludes(&crawl->scope, url) : NULL;

    reason[0] = '\0';
    if (td_source_frontier_was_at(target, url)) {
        snprintf(reason, TD_SOURCE_REASON_N, "redirects in a circle, back to %.*s", 200, url.ptr);
        return TANDEM_E_FORMAT;
    }
    if (target->n_hops >= TD_SOURCE_HOPS_MAX) {
        snprintf(reason, TD_SOURCE_REASON_N, "more than %d redirects, the last one to %.*s",
                 TD_SOURCE_HOPS_MAX, 200, url.ptr);
        return TANDEM_E_FORMAT;
    }
    if (outside)
        snprintf(reason, TD_SOURCE_REASON_N, "redirects out of the crawl (%s) to %.*s", outside,
                 200, url.ptr);
    return TANDEM_OK;
}

static void follow(td_source_crawl *crawl, td_source_target *target, td_str url)
{
    char reason[TD_SOURCE_REASON_N];
    tandem_code code = refuse_hop(crawl, target, url, reason);

    if (reason[0]) {
        td_source_crawl_lose(crawl, target, code, reason);
        return;
    }
    pthread_mutex_lock(&crawl->lock);
    if (is_start(target))
        td_source_scope_set(&crawl->scope, url);
    td_source_pushed pushed = td_source_frontier_follow(crawl->frontier, target, url);
    crawl->n_fetching -= pushed == TD_SOURCE_PUSHED;
    pthread_mutex_unlock(&crawl->lock);
    if (pushed == TD_SOURCE_NO_MEMORY) {
        td_source_frontier_drop(target);
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, TD_SOURCE_FRONTIER_LOST);
    } else if (pushed != TD_SOURCE_PUSHED) {
        snprintf(reason, sizeof(reason), "redirects to %.*s, which is %s", 200, url.ptr,
                 pushed == TD_SOURCE_SEEN ? "crawled already" : "past the limit of addresses");
        td_source_crawl_lose(crawl, target, TANDEM_OK, reason);
    }
}

/* -- requests -- */

static bool want_body(void *user, int status, td_str media_type)
{
    const fetch *f = user;

    (void)status;
    if (f->crawl->options.refuses_pdf && td_source_binary_is_pdf_type(media_type))
        return false;
    return f->target->role != TD_SOURCE_ROLE_PAGE || td_source_binary_is_text_type(media_type);
}

void td_source_crawl_release(td_source_crawl *crawl, td_source_host *host)
{
    pthread_mutex_lock(&crawl->lock);
    td_source_frontier_release(host, td_clock_ms());
    pthread_mutex_unlock(&crawl->lock);
}

static void on_answer(void *user, const td_net_reply *reply)
{
    fetch *f = user;
    td_source_crawl *crawl = f->crawl;
    td_source_target *target = f->target;

    td_page_known known = f->known;
    bool is_conditional = f->is_conditional;
    int64_t spent_ms = td_clock_ms() - f->begun_ms;

    free(f);
    td_source_crawl_release(crawl, target->host);
    if (reply->code == TANDEM_E_CANCELLED) {
        td_source_frontier_drop(target);
        return;
    }
    crawl->n_bytes += reply->n_read;
    if (reply->is_put_back) {
        put_back(crawl, target);
        return;
    }
    td_source_crawl_single_note(crawl, target->host, reply, spent_ms);
    pace(crawl, target->host, reply);
    count_lost(crawl, target->host, reply);
    if (reply->code == TANDEM_OK && reply->status == 304 && is_conditional) {
        td_source_crawl_give_unchanged(crawl, target, reply->final_url, reply->status, &known);
    } else if (reply->location.n > 0) {
        follow(crawl, target, reply->location);
    } else if (!retry(crawl, target, reply) &&
               !td_source_crawl_discover_take(crawl, target, reply)) {
        td_source_crawl_give_reply(crawl, target, reply);
    }
}

void td_source_crawl_fetch(td_source_crawl *crawl, td_source_target *target)
{
    tandem_error err = {.code = TANDEM_OK};
    fetch *f = malloc(sizeof(*f));
    bool is_page = target->role == TD_SOURCE_ROLE_PAGE;

    if (!f) {
        td_source_frontier_drop(target);
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: request");
        return;
    }
    *f = (fetch){.crawl = crawl, .target = target, .begun_ms = td_clock_ms()};
    /* What is known is of the address itself: where it leads to now may be another page. */
    f->is_conditional = !crawl->options.dry_run && target->n_hops == 0 &&
                        td_source_crawl_known(crawl, target, &f->known) &&
                        (f->known.etag[0] || f->known.last_modified[0]);
    td_net_request request = {
        .url = td_source_frontier_url(target),
        .accept =
            is_page ? TD_STR("text/html,application/xhtml+xml,text/*;q=0.9,*/*;q=0.5") : TD_STR(""),
        .body_bytes_max = target->role == TD_SOURCE_ROLE_SITEMAP ? TD_SOURCE_SITEMAP_BYTES_MAX : 0,
        .if_none_match = td_str_from(f->is_conditional ? f->known.etag : ""),
        .if_modified_since = td_str_from(f->is_conditional ? f->known.last_modified : ""),
        .done = on_answer,
        .user = f,
        .want = want_body,
        .keep_redirects = true,
    };
    if (td_net_get(crawl->net, &request, &err) == TANDEM_OK)
        return;
    free(f);
    td_source_crawl_release(crawl, target->host);
    td_source_crawl_lose(crawl, target, err.code, err.message);
}
