#include "source/crawl.h"

#include "base/clock.h"
#include "base/log.h"
#include "source/answer.h"
#include "source/binary.h"
#include "source/read.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    BUSY_TRIES_MAX = 5, /* of a page that is answered 429 or 503 */
    LOST_IN_ROW_MAX = 5,
    STEP_WAIT_MS = 1000,
};

/* One request to a page or a robots.txt. */
typedef struct fetch {
    td_source_crawl *crawl;
    td_source_target *target; /* NULL for a robots.txt */
    td_source_host *host;
} fetch;

void td_source_crawl_fail(td_source_crawl *crawl, tandem_code code, const char *message)
{
    pthread_mutex_lock(&crawl->lock);
    if (crawl->failure.code == TANDEM_OK)
        td_fail(&crawl->failure, code, "%s", message);
    pthread_mutex_unlock(&crawl->lock);
    td_queue_end(crawl->pages);
}

/* -- pages out -- */

/* Hands a page to `next`. It was counted in n_fetching. The page is ours no more. */
static void give(td_source_crawl *crawl, td_page *page, uint32_t depth, bool is_nofollow)
{
    td_source_given *entry = malloc(sizeof(*entry));

    if (!entry) {
        td_page_free(page);
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: page of a crawl");
        return;
    }
    *entry = (td_source_given){NULL, td_source_frontier_key(page->uri), depth, is_nofollow};
    pthread_mutex_lock(&crawl->lock);
    entry->next = crawl->given;
    crawl->given = entry;
    crawl->n_fetching--;
    crawl->n_waiting++;
    crawl->n_pages += page->status != TD_PAGE_SKIPPED;
    pthread_mutex_unlock(&crawl->lock);
    if (!td_queue_push(crawl->pages, page))
        td_page_free(page);
}

static bool is_nofollow(td_str x_robots_tag)
{
    return td_str_find(x_robots_tag, TD_STR("nofollow"), 0) != TD_STR_NONE ||
           td_str_eq_nocase(td_str_trim(x_robots_tag), TD_STR("none"));
}

static void give_reply(td_source_crawl *crawl, td_source_target *target, const td_net_reply *reply)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    if (td_source_answer_page(td_source_frontier_start(target), reply, &crawl->options, &page,
                              &err) != TANDEM_OK)
        td_source_crawl_fail(crawl, err.code, err.message);
    else
        give(crawl, page, target->depth, is_nofollow(reply->x_robots_tag));
    td_source_frontier_drop(target);
}

static void give_miss(td_source_crawl *crawl, td_source_target *target, tandem_code miss,
                      const char *reason)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    if (td_source_read_miss(td_source_frontier_start(target), td_source_frontier_url(target), miss,
                            &page, &err, "%s", reason) != TANDEM_OK) {
        td_source_crawl_fail(crawl, err.code, err.message);
    } else {
        page->is_web = true;
        give(crawl, page, target->depth, false);
    }
    td_source_frontier_drop(target);
}

/* -- failures and retries -- */

void td_source_crawl_close_host(td_source_host *host, tandem_code code, const char *reason)
{
    if (host->closed != TANDEM_OK)
        return;
    host->closed = code;
    snprintf(host->closed_reason, sizeof(host->closed_reason), "%s", reason);
    td_log(TD_WARN, "source", "host=%s given up: %s", host->origin, reason);
}

/* The wait before the try after `n_tries`: 1, 2, 4 s unless the options say otherwise. */
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
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: frontier");
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
    if (target->n_tries >= BUSY_TRIES_MAX)
        return false;
    /* One more, because the clock's milliseconds are cut: never too early. */
    if (target->host->resume_ms < now_ms + wait_ms + 1)
        target->host->resume_ms = now_ms + wait_ms + 1;
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

/* A host that does not answer page after page is not asked for the ten thousand others. */
static void count_lost(td_source_host *host, const td_net_reply *reply)
{
    char reason[TD_SOURCE_REASON_N];

    if (reply->code == TANDEM_E_NOT_FOUND)
        td_source_crawl_close_host(host, reply->code, reply->error->message); /* no such host */
    bool is_lost = reply->code == TANDEM_E_NETWORK || reply->code == TANDEM_E_TIMEOUT;
    host->n_lost_in_row = is_lost ? host->n_lost_in_row + 1 : 0;
    if (host->n_lost_in_row < LOST_IN_ROW_MAX)
        return;
    snprintf(reason, sizeof(reason), "%d pages in a row without an answer, the last: %.200s",
             LOST_IN_ROW_MAX, reply->error->message);
    td_source_crawl_close_host(host, reply->code, reason);
}

/* -- redirects -- */

static bool is_start(const td_source_target *target)
{
    return target->depth == 0;
}

/* Why the hop to `url` is not made; empty if it is. The code says whether that is a failure. */
static tandem_code refuse_hop(const td_source_crawl *crawl, const td_source_target *target,
                              td_str url, char *reason)
{
    const char *outside = is_start(target) ? NULL : td_source_scope_excludes(&crawl->scope, url);

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
        give_miss(crawl, target, code, reason);
        return;
    }
    if (is_start(target))
        td_source_scope_set(&crawl->scope, url);
    pthread_mutex_lock(&crawl->lock);
    td_source_pushed pushed = td_source_frontier_follow(crawl->frontier, target, url);
    crawl->n_fetching -= pushed == TD_SOURCE_PUSHED;
    pthread_mutex_unlock(&crawl->lock);
    if (pushed == TD_SOURCE_NO_MEMORY) {
        td_source_frontier_drop(target);
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: frontier");
    } else if (pushed != TD_SOURCE_PUSHED) {
        snprintf(reason, sizeof(reason), "redirects to %.*s, which is %s", 200, url.ptr,
                 pushed == TD_SOURCE_SEEN ? "crawled already" : "past the limit of addresses");
        give_miss(crawl, target, TANDEM_OK, reason);
    }
}

/* -- requests -- */

static bool want_body(void *user, int status, td_str media_type)
{
    (void)user;
    (void)status;
    return td_source_binary_is_text_type(media_type);
}

static void release(td_source_crawl *crawl, td_source_host *host)
{
    pthread_mutex_lock(&crawl->lock);
    td_source_frontier_release(host, td_clock_ms());
    pthread_mutex_unlock(&crawl->lock);
}

static void on_page(void *user, const td_net_reply *reply)
{
    fetch *f = user;
    td_source_crawl *crawl = f->crawl;
    td_source_target *target = f->target;

    free(f);
    release(crawl, target->host);
    if (reply->code == TANDEM_E_CANCELLED) {
        td_source_frontier_drop(target);
        return;
    }
    if (reply->location.n > 0)
        follow(crawl, target, reply->location);
    else if (!retry(crawl, target, reply)) {
        count_lost(target->host, reply);
        give_reply(crawl, target, reply);
    }
}

static void start_page(td_source_crawl *crawl, td_source_target *target)
{
    tandem_error err = {.code = TANDEM_OK};
    fetch *f = malloc(sizeof(*f));

    if (!f) {
        td_source_frontier_drop(target);
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, "out of memory: request");
        return;
    }
    *f = (fetch){crawl, target, target->host};
    td_net_request request = {
        .url = td_source_frontier_url(target),
        .accept = TD_STR("text/html,application/xhtml+xml,text/*;q=0.9,*/*;q=0.5"),
        .done = on_page,
        .user = f,
        .want = want_body,
        .keep_redirects = true,
    };
    if (td_net_get(crawl->net, &request, &err) == TANDEM_OK)
        return;
    free(f);
    release(crawl, target->host);
    give_miss(crawl, target, err.code, err.message);
}

/* -- the io thread -- */

static void start(td_source_crawl *crawl, td_source_target *target)
{
    td_source_host *host = target->host;
    td_str url = td_source_frontier_url(target);

    if (host->closed != TANDEM_OK) {
        release(crawl, host);
        give_miss(crawl, target, host->closed, host->closed_reason);
    } else if (!crawl->options.no_robots && host->robots_state == TD_SOURCE_ROBOTS_UNKNOWN) {
        td_source_crawl_robots_ask(crawl, target);
    } else if (host->robots && !td_source_robots_allows(host->robots, url)) {
        release(crawl, host);
        give_miss(crawl, target, TANDEM_OK, "robots.txt forbids it");
    } else {
        start_page(crawl, target);
    }
}

/* The next target to start, counted as being fetched; NULL if there is none or no room. */
static td_source_target *take(td_source_crawl *crawl, int64_t *wait_ms_out)
{
    td_source_target *target = NULL;
    uint64_t most = crawl->options.pages_max ? crawl->options.pages_max : UINT64_MAX;

    *wait_ms_out = INT64_MAX;
    pthread_mutex_lock(&crawl->lock);
    if (crawl->n_fetching + crawl->n_waiting < TD_SOURCE_WAITING_MAX &&
        crawl->n_pages + crawl->n_fetching < most)
        target = td_source_frontier_take(crawl->frontier, td_clock_ms(), wait_ms_out);
    crawl->n_fetching += target != NULL;
    pthread_mutex_unlock(&crawl->lock);
    return target;
}

/* The one page that stands for all links that did not fit into the frontier. */
static void report_left_out(td_source_crawl *crawl)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    pthread_mutex_lock(&crawl->lock);
    bool has_room = crawl->n_fetching + crawl->n_waiting < TD_SOURCE_WAITING_MAX;
    char *url = has_room ? crawl->first_left_out : NULL;
    crawl->first_left_out = has_room ? NULL : crawl->first_left_out;
    crawl->n_fetching += url != NULL;
    pthread_mutex_unlock(&crawl->lock);
    if (!url)
        return;
    td_str name = td_str_from(url);
    td_log(TD_WARN, "source", "site=%s more than %d addresses: further links are left out",
           crawl->source.uri.ptr, TD_SOURCE_URLS_MAX);
    if (td_source_read_miss(name, name, TANDEM_OK, &page, &err,
                            "more than %d addresses: this and all further links are left out",
                            TD_SOURCE_URLS_MAX) != TANDEM_OK)
        td_source_crawl_fail(crawl, err.code, err.message);
    else
        give(crawl, page, UINT32_MAX, true);
    free(url);
}

static bool is_over(td_source_crawl *crawl)
{
    pthread_mutex_lock(&crawl->lock);
    bool is_enough = crawl->options.pages_max && crawl->n_pages >= crawl->options.pages_max;
    bool over = crawl->n_fetching == 0 && !crawl->first_left_out &&
                (is_enough || (td_source_frontier_n(crawl->frontier) == 0 && !crawl->given));
    size_t n_left = td_source_frontier_n(crawl->frontier);
    over = over || crawl->failure.code != TANDEM_OK;
    pthread_mutex_unlock(&crawl->lock);
    if (over)
        td_log(TD_INFO, "source", "site=%s pages=%llu addresses_left=%zu", crawl->source.uri.ptr,
               (unsigned long long)crawl->n_pages, n_left);
    return over;
}

void *td_source_crawl_run(void *user)
{
    td_source_crawl *crawl = user;
    tandem_error err = {.code = TANDEM_OK};

    while (!atomic_load(&crawl->is_closing) && !atomic_load(&crawl->is_cancelled) &&
           !is_over(crawl)) {
        int64_t wait_ms = INT64_MAX;
        td_source_target *target;
        report_left_out(crawl);
        while ((target = take(crawl, &wait_ms)) != NULL)
            start(crawl, target);
        wait_ms = wait_ms < 0 ? 0 : wait_ms > STEP_WAIT_MS ? STEP_WAIT_MS : wait_ms;
        if (is_over(crawl))
            break;
        if (td_net_step(crawl->net, (uint32_t)wait_ms, &err) != TANDEM_OK)
            td_source_crawl_fail(crawl, err.code, err.message);
    }
    td_queue_end(crawl->pages);
    return NULL;
}
