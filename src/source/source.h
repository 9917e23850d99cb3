/* source/source.h - where pages come from: directories, single files, web sites.
 *
 * In:       what the user named
 * Out:      td_page after td_page; web pages give links back
 * Threads:  `next` from one thread at a time; `done` and `cancel` from any thread
 * Source:   gitignore(5); RFC 9309 (robots.txt); RFC 9110 (redirects, Retry-After)
 *
 * A directory gives its files in the byte order of their paths. What the ignore rules, `hidden` and
 * the globs rule out is no part of the source and does not come out; version control folders
 * (.git, .hg, .svn, ...) are never entered. All else comes out: what cannot be read as text is a
 * skipped page, what cannot be read at all a failed one.
 *
 * A page that is known is asked for by its ETag or Last-Modified. What is answered 304, what a
 * sitemap says has not changed since, and what is_fresh are TD_PAGE_UNCHANGED without a body;
 * whoever knew them knows their links too, and reports those. A page that came and whose bytes hash
 * to what is known is TD_PAGE_UNCHANGED *with* its body. A file that is unchanged has none.
 * Redirects are hops of the frontier: robots.txt, scope and delay hold for each, and a page that
 * leads to one already seen is skipped as its duplicate. X-Robots-Tag: links of a page with
 * nofollow are dropped here, noindex is the conductor's. Links whose address ends like an image, an
 * archive or a recording are not followed; such a page that the user named is asked for.
 */
#ifndef TD_SOURCE_H
#define TD_SOURCE_H

#include "base/buf.h"
#include "flow/document.h"
#include "flow/page.h"

typedef struct td_source td_source;

struct td_source {
    /* The next page, yours to free; *page_out is NULL at the end. Blocks until there is one.
     * Nothing is read, fetched or asked of `known` before the first call.
     * A page that is skipped or failed comes out too, with its reason: nothing vanishes.
     * Errors end the source: E_CANCELLED, E_NOMEM, E_NOT_FOUND for a root that is gone. */
    tandem_code (*next)(td_source *self, td_page **page_out, tandem_error *err);
    /* Every page that `next` gave must be reported once, with the links found on it (absolute
     * URLs; n may be 0): a crawl ends when nothing is queued and every page is reported. */
    void (*done)(td_source *self, td_str uri, const td_link *links, size_t n);
    /* Whether a page that `next` gave, and that is not reported yet, is only another spelling of
     * what it calls its canonical address, which the crawl has or will have: the page is then to be
     * skipped. True for addresses that differ in scheme, "www.", query, a slash or "index.html" at
     * the end alone; too many sites call their front page the canonical address of every page.
     * NULL: never. Any thread. */
    bool (*same_as)(td_source *self, const td_page *page, td_str canonical);
    /* Once every page is reported: whether what did not come out is gone. False for a crawl that
     * takes the named page alone, for one that pages_max ended, and for one that found more
     * addresses than it can keep. NULL: always. Any thread. */
    bool (*is_whole)(td_source *self);
    /* Draws an HTML page that `next` gave in options.browser; *page is then another one, with the
     * tree that its scripts made as body and hash, and `is_drawn`. Neither ETag nor Last-Modified
     * are kept: they tell nothing of what scripts fetch. NULL: there is no browser. Any thread, and
     * it takes as long as the page does, the site's timeout_ms at most.
     * Errors: E_UNSUPPORTED where no browser runs and it may be absent (said once in the log),
     * E_UNAVAILABLE where it may not; as td_source_render_page. The page is then as it was. */
    tandem_code (*draw)(td_source *self, td_page **page, tandem_error *err);
    /* Whether a page before it had the same bytes, which makes it one to skip. With a browser that
     * is asked here, once for each page with a body, since pages that are drawn are all the same
     * before; without one `next` has seen to it, and this is NULL. Any thread. */
    bool (*is_copy)(td_source *self, const td_page *page);
    /* Makes a waiting `next` return E_CANCELLED soon. */
    void (*cancel)(td_source *self);
    void (*close)(td_source *self);
    const char *kind; /* "dir", "file", "web" */
    td_str uri;       /* normal form of what the user named: absolute path or URL */
};

/* Whether an earlier run has the page; fills *known_out. Any thread. */
typedef bool (*td_source_known)(void *user, td_str uri, td_page_known *known_out);

/* Where a crawl finds its pages. depth_max counts in every mode: a sitemap's or an llms.txt's pages
 * are one link away from the start. */
typedef enum td_source_mode {
    TD_SOURCE_MODE_LINKS,   /* the start page, then its links */
    TD_SOURCE_MODE_SITEMAP, /* what sitemaps name: the start URL if it is one, else those of
                               robots.txt, else those in the usual places */
    TD_SOURCE_MODE_LLMS,    /* llms.txt and llms-full.txt with their text, and what they link to */
    TD_SOURCE_MODE_AUTO,    /* all of these, as far as they are there */
} td_source_mode;

/* A browser that draws pages for sources, one at a time. Chromium is started when the first page
 * asks for it, started anew after a number of pages or a crash, and ends with the handle. Its
 * requests are made as a crawl's are, with the limits and rules of the page's source.
 * Threads: draws may be asked for from any; close when no source uses it any more. */
typedef struct td_source_browser td_source_browser;

typedef struct td_source_browser_options {
    size_t struct_size;
    const char *program; /* NULL: what Chromium is called, in PATH */
    bool no_sandbox;     /* without Chromium's own sandbox, which root cannot have */
    bool may_be_absent;  /* where it cannot run `draw` says E_UNSUPPORTED, and the log why, once */
} td_source_browser_options;

/* Errors: E_NOT_FOUND, E_DENIED (root needs no_sandbox) unless may_be_absent. */
tandem_code td_source_browser_open(const td_source_browser_options *options,
                                   td_source_browser **browser_out, tandem_error *err);
void td_source_browser_close(td_source_browser *browser); /* NULL is fine */

typedef struct td_source_options {
    size_t struct_size;
    td_source_known known; /* NULL: everything is new */
    void *known_user;
    size_t file_bytes_max;   /* larger files are skipped and counted */
    const char *refuses_pdf; /* web: why a PDF's bytes are not asked for; NULL: they are; static */
    bool hidden;             /* also files and folders whose name starts with a dot */
    bool no_ignore;          /* do not honour .gitignore, .ignore, .tandemignore */
    const char *const *include; /* globs, see source/filter.h; none: all */
    size_t n_include;
    const char *const *exclude;
    size_t n_exclude;
    uint32_t depth_max; /* web: 0 = the named pages alone, links are not followed */
    uint32_t pages_max; /* web: pages fetched or failed; 0 = no limit */
    bool any_host;      /* web: follow links to other hosts too */
    bool below;         /* web: only below the start page: /a/b is a folder, /a/b.html is in /a */
    bool no_robots;     /* web: do not ask robots.txt (the user's own site) */
    uint32_t delay_ms;  /* web: between two requests to one host */
    uint32_t per_host_max;  /* web: requests at once to one host */
    uint32_t timeout_ms;    /* web: one request */
    bool allow_private;     /* web: private addresses beyond the one named */
    const char *user_agent; /* NULL: tandem's own */
    bool refuse_private;    /* web: also where the user named it; for those who serve others */
    uint32_t retry_wait_ms; /* web: before the second try, doubled before each later one */
    td_source_mode mode;    /* web */
    bool dry_run;           /* web: the start page and sitemaps are read, all else comes out as
                               TD_PAGE_LISTED, or as skipped with the reason why not */
    uint32_t variants_max;  /* web: queries of one path; 0: any number */
    uint64_t bytes_max;     /* web: of all bodies together; 0: no limit */
    uint32_t time_max_ms; /* web: of the whole crawl, requests under way are let finish; 0: none */
    td_source_browser *browser; /* web: draws pages; borrowed; NULL: none */
    const char *contact;        /* web: address or URL that user_agent names; NULL: none */
    const char *ca_file;        /* web: authorities to trust for https; NULL: the system's */
    uint32_t host_pages_max;    /* web: of one host, besides what was named; 0: no limit */
} td_source_options;

#define TD_SOURCE_OPTIONS                                                                      \
    (td_source_options)                                                                        \
    {                                                                                          \
        .struct_size = sizeof(td_source_options), .file_bytes_max = 10u << 20, .depth_max = 0, \
        .pages_max = 0, .per_host_max = 6, .timeout_ms = 30000, .retry_wait_ms = 1000,         \
        .variants_max = 500                                                                    \
    }

/* Opens what `name` is: an http(s) URL is a site, a directory a tree, a file a file.
 * Errors: E_NOT_FOUND, E_DENIED, E_INVALID, each naming it. */
tandem_code td_source_open(const char *name, const td_source_options *options,
                           td_source **source_out, tandem_error *err);

/* The source's normal name without opening it ("/srv/docs", "https://docs.x.org/"), so that two
 * spellings of one source are one. Appended to `out`. */
tandem_code td_source_name(const char *name, td_buf *out, tandem_error *err);

#endif
