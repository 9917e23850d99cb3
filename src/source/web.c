#include "source/web.h"

#include "source/browser.h"
#include "source/crawl.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECTIONS_MIN = 64, /* in all; more where one host may have more */
    HOSTS_MAX = 10 * 1000,
    URL_TEXT_BYTES = 32 * 1024,
};

/* The io thread starts with the first `next`: until then nothing is asked of the net or of `known`,
 * so that whoever opens a source can still prepare for it. */
static tandem_code start(td_source_crawl *crawl, tandem_error *err)
{
    if (crawl->is_running || atomic_load(&crawl->is_cancelled))
        return TANDEM_OK;
    tandem_code code = td_thread_start(&crawl->thread, "td-crawl", td_source_crawl_run, crawl, err);
    crawl->is_running = code == TANDEM_OK;
    return code;
}

/* Once until it has looked: a wake costs as much as a small request. */
static bool is_to_wake_locked(td_source_crawl *crawl)
{
    bool is_first = !crawl->is_woken;

    crawl->is_woken = true;
    return is_first;
}

static tandem_code next(td_source *self, td_page **page_out, tandem_error *err)
{
    td_source_crawl *crawl = (td_source_crawl *)self;
    void *page = NULL;
    tandem_error failure;

    tandem_code code = start(crawl, err);
    if (code != TANDEM_OK)
        return code;
    bool popped = !atomic_load(&crawl->is_cancelled) && td_queue_pop(crawl->pages, &page);
    if (atomic_load(&crawl->is_cancelled)) {
        td_page_free(page);
        return td_fail(err, TANDEM_E_CANCELLED, "cancelled");
    }
    pthread_mutex_lock(&crawl->lock);
    crawl->n_waiting -= popped;
    failure = crawl->failure;
    bool makes_room = popped && crawl->lacks_room && is_to_wake_locked(crawl);
    pthread_mutex_unlock(&crawl->lock);
    if (!popped && failure.code != TANDEM_OK)
        return td_fail(err, failure.code, "%s", failure.message);
    if (makes_room)
        td_net_wake(crawl->net);
    *page_out = page;
    return TANDEM_OK;
}

static void add_links(td_source_crawl *crawl, const td_link *links, size_t n, uint32_t depth)
{
    td_buf url = TD_BUF(URL_TEXT_BYTES);
    td_source_lead lead = {.depth = depth, .changed_ms = -1};

    for (size_t i = 0; i < n; i++) {
        if (atomic_load(&crawl->is_cancelled))
            break;
        td_buf_cut(&url, 0);
        if (links[i].nofollow || td_net_url_normal(links[i].href, &url, NULL) != TANDEM_OK)
            continue;
        lead.url = td_buf_str(&url);
        td_source_crawl_lead(crawl, &lead);
    }
    td_buf_clear(&url);
}

/* The entry of a page, out of the list. NULL if there is none. */
static td_source_given *take_given(td_source_crawl *crawl, td_str uri, bool keep)
{
    uint64_t key = td_source_frontier_key(uri);
    td_source_given **at = &crawl->given[key % TD_SOURCE_GIVEN_BUCKETS], *found;

    while (*at && (*at)->key != key)
        at = &(*at)->next;
    found = *at;
    if (found && !keep) {
        *at = found->next;
        crawl->n_given--;
    }
    return found;
}

static void done(td_source *self, td_str uri, const td_link *links, size_t n)
{
    td_source_crawl *crawl = (td_source_crawl *)self;

    pthread_mutex_lock(&crawl->lock);
    const td_source_given *entry = take_given(crawl, uri, true);
    uint32_t depth = entry ? entry->depth : UINT32_MAX;
    bool leads_on = entry && !entry->is_nofollow && depth < crawl->options.depth_max;
    pthread_mutex_unlock(&crawl->lock);
    if (leads_on)
        add_links(crawl, links, n, depth + 1);
    /* Only now: without this page's links and without the page the crawl might be over. */
    pthread_mutex_lock(&crawl->lock);
    td_source_given *last = take_given(crawl, uri, false);
    crawl->n_given_bytes -= last ? last->n_bytes : 0;
    bool is_sated = crawl->is_sated && td_source_frontier_n_hosts(crawl->frontier) == 1;
    bool is_awaited = crawl->is_laden || (!is_sated && !crawl->lacks_room);
    bool may_help = is_awaited && is_to_wake_locked(crawl);
    pthread_mutex_unlock(&crawl->lock);
    free(last);
    if (may_help)
        td_net_wake(crawl->net);
}

static bool same_as(td_source *self, const td_page *page, td_str canonical)
{
    td_source_crawl *crawl = (td_source_crawl *)self;

    pthread_mutex_lock(&crawl->lock);
    const td_source_given *entry = take_given(crawl, page->uri, true);
    uint32_t depth = entry ? entry->depth : 0;
    pthread_mutex_unlock(&crawl->lock);
    /* What the user named is what the user gets. */
    return depth > 0 && td_source_crawl_same_as(crawl, page, depth, canonical);
}

static bool is_whole(td_source *self)
{
    td_source_crawl *crawl = (td_source_crawl *)self;
    const td_source_options *options = &crawl->options;

    pthread_mutex_lock(&crawl->lock);
    bool is_cut = crawl->is_full || crawl->has_unread ||
                  (options->pages_max && crawl->n_pages >= options->pages_max &&
                   td_source_frontier_n(crawl->frontier) > 0);
    pthread_mutex_unlock(&crawl->lock);
    return !is_cut && (options->mode != TD_SOURCE_MODE_LINKS || options->depth_max > 0);
}

static tandem_code draw(td_source *self, td_page **page, tandem_error *err)
{
    td_source_crawl *crawl = (td_source_crawl *)self;
    td_source_site site = {&crawl->options, crawl->user_agent, crawl->named};

    return td_source_browser_draw(crawl->options.browser, &site, &crawl->is_cancelled, page, err);
}

static bool is_copy(td_source *self, const td_page *page)
{
    return td_source_crawl_is_copy((td_source_crawl *)self, page);
}

static void cancel(td_source *self)
{
    td_source_crawl *crawl = (td_source_crawl *)self;

    atomic_store(&crawl->is_cancelled, true);
    td_queue_end(crawl->pages);
    td_net_wake(crawl->net);
}

static void free_web(td_source_crawl *crawl)
{
    void *page = NULL;

    td_net_close(crawl->net); /* calls on_page, so the rest must still be there */
    while (crawl->pages && td_queue_try_pop(crawl->pages, &page))
        td_page_free(page);
    td_queue_free(crawl->pages);
    for (size_t i = 0; i < TD_SOURCE_GIVEN_BUCKETS; i++) {
        for (td_source_given *entry = crawl->given[i], *after; entry; entry = after) {
            after = entry->next;
            free(entry);
        }
    }
    td_source_frontier_free(crawl->frontier);
    td_source_trap_clear(&crawl->traps);
    td_source_keys_clear(&crawl->contents);
    td_source_keys_clear(&crawl->copies);
    td_source_keys_clear(&crawl->aliases);
    td_source_keys_clear(&crawl->originals);
    td_source_filter_free(crawl->filter);
    td_buf_clear(&crawl->uri);
    pthread_mutex_destroy(&crawl->lock);
    free(crawl->first_left_out);
    free(crawl->user_agent);
    free(crawl->named);
    free(crawl);
}

static void close_web(td_source *self)
{
    td_source_crawl *crawl = (td_source_crawl *)self;

    if (crawl->is_running) {
        atomic_store(&crawl->is_closing, true);
        td_queue_end(crawl->pages);
        td_net_wake(crawl->net);
        pthread_join(crawl->thread, NULL);
    }
    free_web(crawl);
}

/* -- opening -- */

static tandem_code name_host(td_source_crawl *crawl, td_str url, tandem_error *err)
{
    const td_source_options *options = &crawl->options;
    td_net_url parts;
    char named[1000];

    if (!td_net_url_split(url, &parts))
        return td_fail(err, TANDEM_E_INVALID, "not a usable URL: %.*s", TD_STR_FMT(url));
    if (td_str_from(options->user_agent).n > 500 || td_str_from(options->contact).n > 400)
        return td_fail(err, TANDEM_E_INVALID,
                       "a user agent or contact of more than 500 or 400 bytes: be brief");
    snprintf(named, sizeof(named), "%.*s:%u", TD_STR_FMT(parts.host), (unsigned)parts.port);
    crawl->named = strdup(named);
    snprintf(named, sizeof(named), "%s%s%s%s",
             options->user_agent ? options->user_agent : "tandem/" TANDEM_VERSION,
             options->contact ? " (+" : "", options->contact ? options->contact : "",
             options->contact ? ")" : "");
    for (const char *c = named; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return td_fail(err, TANDEM_E_INVALID,
                           "a user agent or contact with a control character");
    crawl->user_agent = strdup(named);
    return crawl->named && crawl->user_agent ? TANDEM_OK : td_fail_nomem(err, "web source");
}

static tandem_code open_net(td_source_crawl *crawl, tandem_error *err)
{
    const char *const allowed[1] = {crawl->named};
    td_net_options options = TD_NET_OPTIONS;

    options.user_agent = crawl->user_agent;
    options.connections_per_host_max = crawl->options.per_host_max;
    options.connections_max = CONNECTIONS_MIN;
    if (options.connections_max < options.connections_per_host_max)
        options.connections_max = options.connections_per_host_max;
    options.timeout_ms = crawl->options.timeout_ms;
    if (options.connect_timeout_ms > options.timeout_ms)
        options.connect_timeout_ms = options.timeout_ms;
    options.body_bytes_max = crawl->options.file_bytes_max;
    options.body_option = "--max-file-size";
    options.in_hand_bytes_max = TD_SOURCE_IN_HAND_BYTES_MAX;
    options.ca_file = crawl->options.ca_file;
    options.allow_private = crawl->options.allow_private;
    options.allowed = allowed;
    options.n_allowed = crawl->options.refuse_private ? 0 : 1;
    return td_net_open(&options, &crawl->net, err);
}

static tandem_code open_parts(td_source_crawl *crawl, td_str url, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add(&crawl->uri, url, err));
    TD_TRY(name_host(crawl, url, err));
    TD_TRY(td_source_filter_new(&crawl->options, &crawl->filter, err));
    TD_TRY(td_source_frontier_new(TD_SOURCE_URLS_MAX, HOSTS_MAX, crawl->options.per_host_max,
                                  crawl->options.delay_ms, &crawl->frontier, err));
    TD_TRY(open_net(crawl, err));
    /* One place more than rule 1 needs, for the page that report_left_out makes. */
    crawl->in_hand_max = TD_SOURCE_WAITING_MAX + crawl->options.per_host_max;
    crawl->pages = td_queue_new(crawl->in_hand_max + 1);
    if (!crawl->pages)
        TD_TRY(td_fail_nomem(err, "web source"));
    crawl->scope.filter = crawl->filter;
    crawl->scope.any_host = crawl->options.any_host;
    crawl->scope.below = crawl->options.below;
    td_source_scope_set(&crawl->scope, url);
    TD_TRY(td_source_crawl_discover_open(crawl, url, err));

out:
    return code;
}

tandem_code td_source_web_open(td_str url, const td_source_options *options, td_source **source_out,
                               tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_source_crawl *crawl = calloc(1, sizeof(*crawl));

    if (!crawl)
        return td_fail_nomem(err, "web source");
    crawl->options = *options;
    crawl->uri = TD_BUF(URL_TEXT_BYTES);
    pthread_mutex_init(&crawl->lock, NULL);
    TD_TRY(open_parts(crawl, url, err));
    crawl->source = (td_source){.next = next,
                                .done = done,
                                .same_as = same_as,
                                .is_whole = is_whole,
                                .draw = options->browser ? draw : NULL,
                                .is_copy = options->browser ? is_copy : NULL,
                                .cancel = cancel,
                                .close = close_web,
                                .kind = "web",
                                .uri = td_buf_str(&crawl->uri)};
    *source_out = &crawl->source;
    crawl = NULL;

out:
    if (crawl)
        free_web(crawl);
    return code;
}
