/* Which of the addresses that a crawl finds are queued. */
#include "source/binary.h"
#include "source/crawl.h"

#include <stdlib.h>

enum {
    ALIASES_MAX = 1000 * 1000,
    URL_TEXT_BYTES = 32 * 1024,
};

/* Why a page of another page, sitemap or llms.txt is not for this crawl; NULL if it is. */
static const char *excludes_locked(const td_source_crawl *crawl, const td_net_url *parts,
                                   td_str url)
{
    if (td_source_binary_name(parts->path))
        return "an image, an archive or a recording by its name";
    return td_source_scope_excludes(&crawl->scope, url);
}

static td_source_pushed push_locked(td_source_crawl *crawl, td_source_lead *lead,
                                    const td_net_url *parts)
{
    const char *why = lead->why_not;
    td_source_trap_limits limits = {crawl->options.variants_max, crawl->options.host_pages_max};

    td_source_trapped trapped = why || lead->depth == 0
                                    ? TD_SOURCE_TRAP_NONE
                                    : td_source_trap_count(&crawl->traps, parts, limits, &why);
    if (trapped == TD_SOURCE_TRAP_MORE && !crawl->options.dry_run)
        return TD_SOURCE_SEEN;
    lead->why_not = why;
    td_source_pushed pushed = td_source_frontier_add(crawl->frontier, lead);
    if (pushed == TD_SOURCE_FULL && !crawl->is_full) {
        crawl->is_full = true;
        crawl->first_left_out = strndup(lead->url.ptr, lead->url.n);
    }
    return pushed;
}

static td_source_pushed judge_locked(td_source_crawl *crawl, const td_source_lead *lead)
{
    td_source_lead copy = *lead;
    td_net_url parts;

    /* First, since most links of a site lead to what was seen. */
    if (td_source_frontier_has(crawl->frontier, lead->url) || !td_net_url_split(lead->url, &parts))
        return TD_SOURCE_SEEN;
    if (lead->role == TD_SOURCE_ROLE_PAGE && lead->depth > 0)
        copy.why_not = excludes_locked(crawl, &parts, lead->url);
    if (copy.why_not && !crawl->options.dry_run)
        return TD_SOURCE_SEEN;
    return push_locked(crawl, &copy, &parts);
}

bool td_source_crawl_lead(td_source_crawl *crawl, const td_source_lead *lead)
{
    pthread_mutex_lock(&crawl->lock);
    td_source_pushed pushed = judge_locked(crawl, lead);
    pthread_mutex_unlock(&crawl->lock);
    if (pushed == TD_SOURCE_NO_MEMORY)
        td_source_crawl_fail(crawl, TANDEM_E_NOMEM, TD_SOURCE_FRONTIER_LOST);
    return pushed != TD_SOURCE_NO_MEMORY;
}

/* The path without what most servers fill in: "/a/index.html", "/a/" and "/a" are one. */
static td_str bare_path(td_str path)
{
    static const char *const names[] = {"index.html", "index.htm", "index.php"};
    size_t slash = td_str_find_last_byte(path, '/');
    td_str last = td_str_slice(path, slash + 1, path.n);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (td_str_eq(last, td_str_from(names[i])))
            path = td_str_slice(path, 0, slash + 1);
    return td_str_ends(path, TD_STR("/")) ? td_str_slice(path, 0, path.n - 1) : path;
}

static td_str bare_host(td_str host)
{
    return td_str_starts(host, TD_STR("www.")) ? td_str_slice(host, 4, host.n) : host;
}

static bool is_spelling(td_str one, td_str other)
{
    td_net_url a, b;

    return td_net_url_split(one, &a) && td_net_url_split(other, &b) &&
           td_str_eq(bare_host(a.host), bare_host(b.host)) &&
           td_str_eq(bare_path(a.path), bare_path(b.path));
}

/* The page is an alias of `other`, unless that is one of this page, or was skipped as a copy of it:
 * two pages that stand for each other would else both be gone. */
static bool take_alias_locked(td_source_crawl *crawl, td_str uri, td_str other)
{
    uint64_t key = td_source_frontier_key(other);

    if (td_source_keys_has(&crawl->aliases, key) || td_source_keys_has(&crawl->copies, key) ||
        !td_source_frontier_has(crawl->frontier, other))
        return false;
    return td_source_keys_add(&crawl->originals, key, ALIASES_MAX) <= TD_SOURCE_KEYS_THERE &&
           td_source_keys_add(&crawl->aliases, td_source_frontier_key(uri), ALIASES_MAX) <=
               TD_SOURCE_KEYS_THERE;
}

bool td_source_crawl_same_as(td_source_crawl *crawl, const td_page *page, uint32_t depth,
                             td_str canonical)
{
    td_buf url = TD_BUF(URL_TEXT_BYTES);
    bool is_same = false;

    if (td_net_url_resolve(page->final_uri, canonical, &url, NULL) == TANDEM_OK) {
        td_str other = td_buf_str(&url);
        td_source_lead lead = {.url = other, .depth = depth, .changed_ms = -1};
        if (!td_str_eq(other, page->uri) && !td_str_eq(other, page->final_uri) &&
            is_spelling(page->final_uri, other) && td_source_crawl_lead(crawl, &lead)) {
            pthread_mutex_lock(&crawl->lock);
            is_same = take_alias_locked(crawl, page->uri, other);
            pthread_mutex_unlock(&crawl->lock);
        }
    }
    td_buf_clear(&url);
    return is_same;
}
