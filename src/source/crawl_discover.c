/* What a site says of itself: sitemaps and llms.txt, from robots.txt and the usual places.
 *
 *  1. td_source_crawl_discover_open queues what the mode begins with. For a search that is a target
 *     that is never fetched: it waits, as every target does, until robots.txt is known.
 *  2. Then add_places queues the sitemaps that robots.txt names, or the usual places if it names
 *     none. The latter are guesses: if there is nothing, nobody is told.
 *  3. td_source_crawl_discover_take reads what comes and queues the addresses in it.
 *  4. A search that was all there was to do, and found nothing, is one failed page
 *     (td_source_crawl_discover_report).
 */
#include "base/log.h"
#include "source/answer.h"
#include "source/crawl.h"
#include "source/llms_txt.h"
#include "source/sitemap.h"

#include <stdio.h>

enum {
    URL_TEXT_BYTES = 32 * 1024,
    INDEX_LEVELS_MAX = 3,
};

static bool seeks_sitemaps(const td_source_crawl *crawl)
{
    return crawl->options.mode == TD_SOURCE_MODE_AUTO ||
           crawl->options.mode == TD_SOURCE_MODE_SITEMAP;
}

static bool seeks_llms(const td_source_crawl *crawl)
{
    return crawl->options.mode == TD_SOURCE_MODE_AUTO || crawl->options.mode == TD_SOURCE_MODE_LLMS;
}

/* Whether the start URL itself is what the mode looks for, by its name. */
static bool names_sitemap(td_str path)
{
    return td_str_ends_nocase(path, TD_STR(".xml")) || td_str_ends_nocase(path, TD_STR(".gz")) ||
           td_str_ends_nocase(path, TD_STR(".rss")) || td_str_ends_nocase(path, TD_STR(".atom")) ||
           (td_str_find(path, TD_STR("sitemap"), 0) != TD_STR_NONE &&
            td_str_ends_nocase(path, TD_STR(".txt")));
}

static bool add(td_source_crawl *crawl, td_str url, td_source_role role, bool is_guess)
{
    td_source_lead lead = {.url = url, .role = role, .is_guess = is_guess, .changed_ms = -1};

    return td_source_crawl_lead(crawl, &lead);
}

tandem_code td_source_crawl_discover_open(td_source_crawl *crawl, td_str url, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf place = TD_BUF(URL_TEXT_BYTES);
    td_source_mode mode = crawl->options.mode;
    td_net_url parts;
    bool ok = true;

    if (!td_net_url_split(url, &parts))
        TD_FAIL(err, TANDEM_E_INVALID, "not a usable URL: %.*s", TD_STR_FMT(url));
    bool is_sitemap = seeks_sitemaps(crawl) && names_sitemap(parts.path);
    bool is_llms = seeks_llms(crawl) && td_source_llms_txt_name(parts.path);
    if (is_sitemap || is_llms) {
        ok = add(crawl, url, is_sitemap ? TD_SOURCE_ROLE_SITEMAP : TD_SOURCE_ROLE_LLMS, false);
    } else {
        if (mode == TD_SOURCE_MODE_LINKS || mode == TD_SOURCE_MODE_AUTO)
            ok = add(crawl, url, TD_SOURCE_ROLE_PAGE, false);
        if (mode != TD_SOURCE_MODE_LINKS) {
            crawl->seeks = true;
            TD_TRY(td_net_url_resolve(url, TD_STR("/robots.txt"), &place, err));
            ok = ok && add(crawl, td_buf_str(&place), TD_SOURCE_ROLE_DISCOVER, true);
        }
    }
    if (!ok)
        TD_TRY(td_fail_nomem(err, "web source"));

out:
    td_buf_clear(&place);
    return code;
}

static void add_place(td_source_crawl *crawl, td_str reference, td_source_role role, bool is_guess)
{
    td_buf url = TD_BUF(URL_TEXT_BYTES);

    if (td_net_url_resolve(td_buf_str(&crawl->uri), reference, &url, NULL) == TANDEM_OK)
        add(crawl, td_buf_str(&url), role, is_guess);
    td_buf_clear(&url);
}

void td_source_crawl_discover_places(td_source_crawl *crawl, td_source_host *host)
{
    static const char *const sitemaps[] = {"/sitemap.xml", "/sitemap_index.xml", "sitemap.xml"};
    static const char *const llms[] = {"/llms.txt", "/llms-full.txt", "llms.txt", "llms-full.txt",
                                       "/.well-known/llms.txt"};
    const td_str *named = NULL;
    size_t n = host->robots ? td_source_robots_sitemaps(host->robots, &named) : 0;

    for (size_t i = 0; seeks_sitemaps(crawl) && i < n; i++)
        add_place(crawl, named[i], TD_SOURCE_ROLE_SITEMAP, false);
    for (size_t i = 0; seeks_sitemaps(crawl) && n == 0 && i < 3; i++)
        add_place(crawl, td_str_from(sitemaps[i]), TD_SOURCE_ROLE_SITEMAP, true);
    for (size_t i = 0; seeks_llms(crawl) && i < sizeof(llms) / sizeof(llms[0]); i++)
        add_place(crawl, td_str_from(llms[i]), TD_SOURCE_ROLE_LLMS, true);
}

/* -- what comes of them -- */

typedef struct found {
    td_source_crawl *crawl;
    const td_source_target *target;
    td_str base;
    td_buf url;
    size_t n;
} found;

/* An index may name thousands that name nothing: no other limit would end that. */
static bool has_room(td_source_crawl *crawl)
{
    if (crawl->n_sitemaps < TD_SOURCE_SITEMAPS_MAX) {
        crawl->n_sitemaps++;
        return true;
    }
    pthread_mutex_lock(&crawl->lock);
    bool is_first = !crawl->has_unread;
    crawl->has_unread = true; /* what is not seen is not gone */
    pthread_mutex_unlock(&crawl->lock);
    if (is_first)
        td_log(TD_WARN, "source", "site=%s more than %d sitemaps: further ones are left out",
               crawl->source.uri.ptr, TD_SOURCE_SITEMAPS_MAX);
    return false;
}

static void take_entry(void *user, const td_source_sitemap_entry *entry)
{
    found *f = user;
    td_source_lead lead = {.depth = 1, .changed_ms = entry->changed_ms};

    td_buf_cut(&f->url, 0);
    if (entry->is_sitemap && f->target->level >= INDEX_LEVELS_MAX)
        return;
    if (td_net_url_resolve(f->base, entry->loc, &f->url, NULL) != TANDEM_OK)
        return;
    if (entry->is_sitemap && !has_room(f->crawl))
        return;
    f->n++;
    lead.url = td_buf_str(&f->url);
    if (entry->is_sitemap) {
        lead.depth = 0;
        lead.role = TD_SOURCE_ROLE_SITEMAP;
        lead.level = (uint8_t)(f->target->level + 1);
    }
    td_source_crawl_lead(f->crawl, &lead);
}

static void take_link(void *user, td_str href)
{
    found *f = user;
    td_source_lead lead = {.depth = 1, .changed_ms = -1};

    td_buf_cut(&f->url, 0);
    if (td_net_url_resolve(f->base, href, &f->url, NULL) != TANDEM_OK)
        return;
    f->n++;
    lead.url = td_buf_str(&f->url);
    td_source_crawl_lead(f->crawl, &lead);
}

static void take_sitemap(td_source_crawl *crawl, td_source_target *target,
                         const td_net_reply *reply)
{
    tandem_error err = {.code = TANDEM_OK};
    found f = {crawl, target, reply->final_url, TD_BUF(URL_TEXT_BYTES), 0};
    size_t n = 0;
    tandem_code code = td_source_sitemap_read(reply->body, take_entry, &f, &n, &err);

    td_buf_clear(&f.url);
    crawl->n_found += f.n;
    td_log(TD_INFO, "source", "sitemap=%.*s entries=%zu", TD_STR_FMT(reply->final_url), n);
    if (n >= TD_SOURCE_SITEMAP_ENTRIES_MAX)
        td_log(TD_WARN, "source", "sitemap=%.*s further entries are left out after %zu",
               TD_STR_FMT(reply->final_url), n);
    if (code == TANDEM_OK)
        td_source_crawl_pass(crawl, target);
    else
        td_source_crawl_lose(crawl, target, code, err.message);
}

/* A site that answers every address with the same page has no llms.txt. */
static bool is_html(const td_net_reply *reply)
{
    td_str text = td_str_trim(reply->body);

    return td_str_eq(reply->media_type, TD_STR("text/html")) || td_str_starts(text, TD_STR("<"));
}

static bool take_llms(td_source_crawl *crawl, td_source_target *target, const td_net_reply *reply)
{
    if (is_html(reply)) {
        td_source_crawl_lose(crawl, target, TANDEM_E_FORMAT, "it is an HTML page, no llms.txt");
        return true;
    }
    found f = {crawl, target, reply->final_url, TD_BUF(URL_TEXT_BYTES), 0};
    size_t n = td_source_llms_txt_links(reply->body, take_link, &f);

    td_buf_clear(&f.url);
    crawl->n_found++;
    td_log(TD_INFO, "source", "llms=%.*s links=%zu", TD_STR_FMT(reply->final_url), n);
    return false; /* its own text is a page */
}

bool td_source_crawl_discover_take(td_source_crawl *crawl, td_source_target *target,
                                   const td_net_reply *reply)
{
    char reason[64];
    bool is_good = reply->code == TANDEM_OK && reply->status >= 200 && reply->status < 300;
    bool is_page = target->role == TD_SOURCE_ROLE_PAGE;

    /* The start page of a search may turn out to be a sitemap whatever its name. */
    if (is_page && !(is_good && target->depth == 0 && seeks_sitemaps(crawl) &&
                     td_source_sitemap_is_one(reply->body)))
        return false;
    if (reply->code != TANDEM_OK) {
        td_source_crawl_lose(crawl, target, reply->code, reply->error->message);
    } else if (!is_good) {
        snprintf(reason, sizeof(reason), "HTTP %d", reply->status);
        td_source_crawl_lose(crawl, target, td_source_answer_code(reply->status), reason);
    } else if (target->role == TD_SOURCE_ROLE_LLMS) {
        return take_llms(crawl, target, reply);
    } else {
        take_sitemap(crawl, target, reply);
    }
    return true;
}

void td_source_crawl_discover_report(td_source_crawl *crawl)
{
    static const char *const reasons[] = {
        [TD_SOURCE_MODE_SITEMAP] = "no sitemap: robots.txt names none and the usual places "
                                   "(/sitemap.xml, ...) have none; name it, or crawl with -r",
        [TD_SOURCE_MODE_LLMS] = "no llms.txt in the usual places (/llms.txt, /llms-full.txt, ...)",
    };
    td_source_mode mode = crawl->options.mode;

    pthread_mutex_lock(&crawl->lock);
    bool is_empty = crawl->seeks && crawl->n_found == 0 && mode != TD_SOURCE_MODE_AUTO &&
                    !crawl->has_reported && crawl->n_fetching == 0 && crawl->n_given == 0 &&
                    td_source_frontier_n(crawl->frontier) == 0;
    crawl->seeks = crawl->seeks && !is_empty;
    pthread_mutex_unlock(&crawl->lock);
    if (is_empty)
        td_source_crawl_notice(crawl, td_buf_str(&crawl->uri), TANDEM_E_NOT_FOUND, reasons[mode]);
}
