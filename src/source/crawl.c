#include "source/crawl.h"

#include "base/clock.h"
#include "base/log.h"
#include "source/answer.h"
#include "source/read.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEP_WAIT_MS = 1000,
    CONTENTS_MAX = 1000 * 1000,
};

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
    *entry = (td_source_given){NULL, td_source_frontier_key(page->uri), page->body.n, depth,
                               is_nofollow};
    pthread_mutex_lock(&crawl->lock);
    td_source_given **bucket = &crawl->given[entry->key % TD_SOURCE_GIVEN_BUCKETS];
    entry->next = *bucket;
    *bucket = entry;
    crawl->n_given++;
    crawl->n_fetching--;
    crawl->n_waiting++;
    crawl->n_given_bytes += page->body.n;
    crawl->n_pages += page->status != TD_PAGE_SKIPPED;
    td_net_hold(crawl->net, crawl->n_given_bytes);
    pthread_mutex_unlock(&crawl->lock);
    if (!td_queue_push(crawl->pages, page))
        td_page_free(page);
}

static bool is_nofollow(td_str x_robots_tag)
{
    return td_str_find(x_robots_tag, TD_STR("nofollow"), 0) != TD_STR_NONE ||
           td_str_eq_nocase(td_str_trim(x_robots_tag), TD_STR("none"));
}

/* Pages that are the same byte for byte are one: the first that came. */
bool td_source_crawl_is_copy(td_source_crawl *crawl, const td_page *page)
{
    uint64_t key, uri = td_source_frontier_key(page->uri);

    if (page->status != TD_PAGE_FETCHED && page->status != TD_PAGE_UNCHANGED)
        return false;
    memcpy(&key, page->hash.bytes, sizeof(key));
    pthread_mutex_lock(&crawl->lock);
    bool is_seen =
        td_source_keys_add(&crawl->contents, key | 1, CONTENTS_MAX) == TD_SOURCE_KEYS_THERE;
    is_seen = is_seen && !td_source_keys_has(&crawl->originals, uri);
    if (is_seen)
        td_source_keys_add(&crawl->copies, uri, CONTENTS_MAX);
    pthread_mutex_unlock(&crawl->lock);
    return is_seen;
}

void td_source_crawl_give_reply(td_source_crawl *crawl, td_source_target *target,
                                const td_net_reply *reply)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    if (td_source_answer_page(td_source_frontier_start(target), reply, &crawl->options, &page,
                              &err) != TANDEM_OK) {
        td_source_crawl_fail(crawl, err.code, err.message);
        td_source_frontier_drop(target);
        return;
    }
    /* Before they are drawn, the pages of an application are all the same. */
    if (!crawl->options.browser && td_source_crawl_is_copy(crawl, page)) {
        td_page_free(page);
        td_source_crawl_lose(crawl, target, TANDEM_OK, "the same bytes as a page before it");
        return;
    }
    if (target->role == TD_SOURCE_ROLE_LLMS)
        page->media_type = TD_STR("text/markdown");
    if (crawl->options.dry_run && page->status == TD_PAGE_FETCHED)
        page->status = TD_PAGE_LISTED;
    page->is_nofollow = is_nofollow(reply->x_robots_tag);
    give(crawl, page, target->depth, page->is_nofollow);
    td_source_frontier_drop(target);
}

bool td_source_crawl_known(const td_source_crawl *crawl, const td_source_target *target,
                           td_page_known *known_out)
{
    const td_source_options *options = &crawl->options;

    /* The links of an llms.txt are found by its text, which must come for that. */
    return options->known && target->role == TD_SOURCE_ROLE_PAGE &&
           options->known(options->known_user, td_source_frontier_start(target), known_out);
}

void td_source_crawl_give_unchanged(td_source_crawl *crawl, td_source_target *target,
                                    td_str final_uri, int status, const td_page_known *known)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    if (td_source_read_miss(td_source_frontier_start(target), final_uri, TANDEM_OK, &page, &err,
                            "%s", "") != TANDEM_OK) {
        td_source_crawl_fail(crawl, err.code, err.message);
        td_source_frontier_drop(target);
        return;
    }
    page->status = TD_PAGE_UNCHANGED;
    page->is_web = true;
    page->http_status = status;
    page->hash = known->hash;
    page->fetched_wall_ms = status ? td_clock_wall_ms() : known->fetched_wall_ms;
    if (td_source_crawl_is_copy(crawl, page)) {
        td_page_free(page);
        td_source_crawl_lose(crawl, target, TANDEM_OK, "the same bytes as a page before it");
        return;
    }
    give(crawl, page, target->depth, false);
    td_source_frontier_drop(target);
}

/* Whether the page need not even be asked for. The start page is: it may redirect, and the scope of
 * the crawl with it. */
static bool is_kept(const td_source_crawl *crawl, const td_source_target *target,
                    td_page_known *known_out)
{
    *known_out = (td_page_known){.etag = ""};
    if (target->depth == 0 || target->n_hops > 0 || crawl->options.dry_run ||
        !td_source_crawl_known(crawl, target, known_out))
        return false;
    return known_out->is_fresh ||
           (target->changed_ms >= 0 && known_out->fetched_wall_ms > target->changed_ms);
}

/* A page without bytes; `miss` is TANDEM_OK for one that is skipped. */
static void give_miss(td_source_crawl *crawl, td_str uri, td_str final_uri, uint32_t depth,
                      tandem_code miss, const char *reason)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    if (td_source_read_miss(uri, final_uri, miss, &page, &err, "%s", reason) != TANDEM_OK) {
        td_source_crawl_fail(crawl, err.code, err.message);
        return;
    }
    page->is_web = true;
    give(crawl, page, depth, false);
}

void td_source_crawl_pass(td_source_crawl *crawl, td_source_target *target)
{
    pthread_mutex_lock(&crawl->lock);
    crawl->n_fetching--;
    pthread_mutex_unlock(&crawl->lock);
    td_source_frontier_drop(target);
}

void td_source_crawl_lose(td_source_crawl *crawl, td_source_target *target, tandem_code miss,
                          const char *reason)
{
    if (target->is_guess) {
        td_source_crawl_pass(crawl, target);
        return;
    }
    crawl->has_reported = crawl->has_reported || miss != TANDEM_OK;
    give_miss(crawl, td_source_frontier_start(target), td_source_frontier_url(target),
              target->depth, miss, reason);
    td_source_frontier_drop(target);
}

void td_source_crawl_notice(td_source_crawl *crawl, td_str uri, tandem_code miss,
                            const char *reason)
{
    pthread_mutex_lock(&crawl->lock);
    crawl->n_fetching++;
    pthread_mutex_unlock(&crawl->lock);
    give_miss(crawl, uri, uri, UINT32_MAX, miss, reason);
}

/* A page that a dry run would ask for. */
static void list(td_source_crawl *crawl, td_source_target *target)
{
    td_page *page = NULL;
    td_str url = td_source_frontier_start(target);
    tandem_error err = {.code = TANDEM_OK};

    if (td_source_read_miss(url, url, TANDEM_OK, &page, &err, "%s", "") != TANDEM_OK) {
        td_source_crawl_fail(crawl, err.code, err.message);
    } else {
        page->status = TD_PAGE_LISTED;
        page->is_web = true;
        give(crawl, page, target->depth, false);
    }
    td_source_frontier_drop(target);
}

/* -- the io thread -- */

/* Whether a dry run only names it: all pages but the one whose links are to be listed. */
static bool is_listed(const td_source_crawl *crawl, const td_source_target *target)
{
    return crawl->options.dry_run && target->role == TD_SOURCE_ROLE_PAGE &&
           (target->depth > 0 || crawl->options.depth_max == 0);
}

static void start(td_source_crawl *crawl, td_source_target *target)
{
    td_source_host *host = target->host;
    td_str url = td_source_frontier_url(target);
    bool asks_robots = !crawl->options.no_robots && !target->why_not;

    if (host->closed == TANDEM_OK && asks_robots &&
        td_source_crawl_robots_is_due(host, td_clock_ms())) {
        td_source_crawl_robots_ask(crawl, target);
        return;
    }
    bool is_place = target->role == TD_SOURCE_ROLE_DISCOVER;
    bool is_forbidden = !is_place && host->robots && !td_source_robots_allows(host->robots, url);
    bool is_wanted = host->closed == TANDEM_OK && !target->why_not && !is_place && !is_forbidden &&
                     !is_listed(crawl, target);
    td_page_known known;
    bool is_enough = is_wanted && is_kept(crawl, target, &known);
    if (is_wanted && !is_enough) {
        td_source_crawl_fetch(crawl, target);
        return;
    }
    td_source_crawl_release(crawl, host);
    if (is_enough) {
        td_source_crawl_give_unchanged(crawl, target, url, 0, &known);
        return;
    }
    if (target->why_not) {
        td_source_crawl_lose(crawl, target, TANDEM_OK, target->why_not);
    } else if (host->closed != TANDEM_OK) {
        /* The search for places alone would end in silence. */
        target->is_guess = target->is_guess && crawl->options.mode == TD_SOURCE_MODE_AUTO;
        td_source_crawl_lose(crawl, target, host->closed, host->closed_reason);
    } else if (is_place) {
        td_source_crawl_discover_places(crawl, host);
        td_source_crawl_pass(crawl, target);
    } else if (is_forbidden) {
        td_source_crawl_lose(crawl, target, TANDEM_OK, "robots.txt forbids it");
    } else {
        list(crawl, target);
    }
}

/* Which limit of the whole crawl is reached; NULL if none is. */
static const char *reached_limit(const td_source_crawl *crawl)
{
    const td_source_options *options = &crawl->options;

    if (options->bytes_max && crawl->n_bytes >= options->bytes_max)
        return "bytes";
    if (options->time_max_ms && td_clock_ms() - crawl->begun_ms >= (int64_t)options->time_max_ms)
        return "time";
    return NULL;
}

/* The next target to start, counted as being fetched; NULL if there is none or no room. */
static td_source_target *take(td_source_crawl *crawl, int64_t *wait_ms_out)
{
    td_source_target *target = NULL;
    uint64_t most = crawl->options.pages_max ? crawl->options.pages_max : UINT64_MAX;

    bool is_stopped = reached_limit(crawl) != NULL;
    *wait_ms_out = INT64_MAX;
    pthread_mutex_lock(&crawl->lock);
    bool has_room = crawl->n_fetching + crawl->n_waiting < crawl->in_hand_max;
    bool is_laden = crawl->n_given_bytes >= TD_SOURCE_IN_HAND_BYTES_MAX;
    bool is_enough = crawl->n_pages + crawl->n_fetching >= most;
    if (has_room && !is_laden && !is_stopped && (!is_enough || crawl->options.dry_run))
        target = td_source_frontier_take(crawl->frontier, td_clock_ms(), wait_ms_out);
    if (target && is_enough && target->role == TD_SOURCE_ROLE_PAGE && !target->why_not)
        target->why_not = "past the limit of pages"; /* which a dry run lists */
    crawl->n_fetching += target != NULL;
    crawl->lacks_room = !has_room;
    crawl->is_laden = is_laden;
    crawl->is_woken = false;
    crawl->is_sated = td_source_frontier_is_sated(crawl->frontier);
    td_net_hold(crawl->net, crawl->n_given_bytes);
    pthread_mutex_unlock(&crawl->lock);
    if (*wait_ms_out < 0) {
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, TD_SOURCE_FRONTIER_LOST);
        *wait_ms_out = INT64_MAX;
    }
    return target;
}

/* The one page that stands for all links that did not fit into the frontier. */
static void report_left_out(td_source_crawl *crawl)
{
    td_page *page = NULL;
    tandem_error err = {.code = TANDEM_OK};

    pthread_mutex_lock(&crawl->lock);
    bool has_room = crawl->n_fetching + crawl->n_waiting < crawl->in_hand_max;
    char *url = has_room ? crawl->first_left_out : NULL;
    crawl->first_left_out = has_room ? NULL : crawl->first_left_out;
    crawl->n_fetching += url != NULL;
    pthread_mutex_unlock(&crawl->lock);
    if (!url)
        return;
    td_str name = td_str_from(url);
    td_log(TD_WARN, "source",
           "site=%s more than %d addresses or %d MiB of them: further links are "
           "left out",
           crawl->source.uri.ptr, TD_SOURCE_URLS_MAX, TD_SOURCE_FRONTIER_BYTES_MAX >> 20);
    if (td_source_read_miss(name, name, TANDEM_OK, &page, &err,
                            "more than %d addresses or %d MiB of them: this and all further links "
                            "are left out",
                            TD_SOURCE_URLS_MAX, TD_SOURCE_FRONTIER_BYTES_MAX >> 20) != TANDEM_OK)
        td_source_crawl_fail(crawl, err.code, err.message);
    else
        give(crawl, page, UINT32_MAX, true);
    free(url);
}

/* A crawl that a limit ends did not see all there is, and says so. */
static void report_limit(td_source_crawl *crawl)
{
    const char *limit = reached_limit(crawl);
    char reason[TD_SOURCE_REASON_N];

    if (!limit || crawl->is_stopped)
        return;
    pthread_mutex_lock(&crawl->lock);
    size_t n_left = td_source_frontier_n(crawl->frontier);
    bool has_room = crawl->n_fetching + crawl->n_waiting < crawl->in_hand_max;
    bool is_idle = crawl->n_fetching == 0 && crawl->n_given == 0;
    pthread_mutex_unlock(&crawl->lock);
    if (!has_room || !is_idle)
        return;
    crawl->is_stopped = true;
    if (n_left == 0)
        return;
    snprintf(reason, sizeof(reason), "the limit of %s is reached: %zu addresses are left out",
             limit, n_left);
    td_source_crawl_notice(crawl, td_buf_str(&crawl->uri),
                           strcmp(limit, "time") == 0 ? TANDEM_E_TIMEOUT : TANDEM_E_TOO_LARGE,
                           reason);
}

static bool is_over(td_source_crawl *crawl)
{
    pthread_mutex_lock(&crawl->lock);
    bool is_enough = crawl->options.pages_max && crawl->n_pages >= crawl->options.pages_max &&
                     !crawl->options.dry_run;
    bool is_empty = td_source_frontier_n(crawl->frontier) == 0 || crawl->is_stopped;
    bool over = crawl->n_fetching == 0 && !crawl->first_left_out &&
                (is_enough || (is_empty && crawl->n_given == 0));
    size_t n_left = td_source_frontier_n(crawl->frontier);
    over = over || crawl->failure.code != TANDEM_OK;
    pthread_mutex_unlock(&crawl->lock);
    if (over && is_enough && n_left > 0)
        td_log(TD_WARN, "source",
               "site=%s the limit of %u pages is reached: %zu addresses are left",
               crawl->source.uri.ptr, crawl->options.pages_max, n_left);
    else if (over)
        td_log(TD_INFO, "source", "site=%s pages=%llu addresses_left=%zu", crawl->source.uri.ptr,
               (unsigned long long)crawl->n_pages, n_left);
    return over;
}

/* What is told of the crawl as a whole, as soon as it is so. */
static void report(td_source_crawl *crawl)
{
    report_left_out(crawl);
    report_limit(crawl);
    td_source_crawl_discover_report(crawl);
}

void *td_source_crawl_run(void *user)
{
    td_source_crawl *crawl = user;
    tandem_error err = {.code = TANDEM_OK};

    crawl->begun_ms = td_clock_ms();
    for (;;) {
        int64_t wait_ms = INT64_MAX;
        td_source_target *target;
        if (atomic_load(&crawl->is_closing) || atomic_load(&crawl->is_cancelled))
            break;
        while ((target = take(crawl, &wait_ms)) != NULL)
            start(crawl, target);
        report(crawl);
        if (is_over(crawl))
            break;
        wait_ms = wait_ms < 0 ? 0 : wait_ms > STEP_WAIT_MS ? STEP_WAIT_MS : wait_ms;
        if (td_net_step(crawl->net, (uint32_t)wait_ms, &err) != TANDEM_OK)
            td_source_crawl_fail(crawl, err.code, err.message);
        td_source_crawl_single_look(crawl);
    }
    td_queue_end(crawl->pages);
    return NULL;
}
