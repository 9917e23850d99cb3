/* source/site.h (tests) - a small web site on loopback and a whole crawl over it.
 *
 * The conductor's part is played here: links are whatever stands in href="...".
 */
#ifndef TEST_SOURCE_SITE_H
#define TEST_SOURCE_SITE_H

#include "base/clock.h"
#include "net/net.h"
#include "net/server.h"
#include "source/tree.h"

typedef struct site_page {
    const char *path;
    int status;          /* 0: 200 */
    const char *headers; /* NULL: text/html */
    const char *body;
} site_page;

typedef struct site {
    const site_page *pages; /* ends with an empty path; what is not there is 404 */
    server *server;
    char url[100]; /* "http://127.0.0.1:PORT" */
} site;

/* A plain page ends with its own path, so that no two are the same. */
static inline bool site_send_plain(server_request *request, const char *path, const char *body)
{
    char text[16384];

    snprintf(text, sizeof(text), "%s<!-- %s -->", body, path);
    return server_send(request, 200, "Content-Type: text/html\r\n", text);
}

static inline bool site_answer(void *user, server_request *request)
{
    const site *s = user;

    for (const site_page *page = s->pages; page->path; page++) {
        if (strcmp(page->path, request->path) != 0)
            continue;
        if (!page->status && !page->headers && page->body && page->body[0])
            return site_send_plain(request, page->path, page->body);
        return server_send(request, page->status ? page->status : 200,
                           page->headers ? page->headers : "Content-Type: text/html\r\n",
                           page->body ? page->body : "");
    }
    return server_send(request, 404, "", "not here");
}

static inline site *site_start_with(const site_page *pages, server_handler handler)
{
    site *s = calloc(1, sizeof(*s));

    s->pages = pages;
    s->server = server_start(handler, s);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", s->server->port);
    return s;
}

static inline site *site_start(const site_page *pages)
{
    return site_start_with(pages, site_answer);
}

static inline void site_stop(site *s)
{
    server_stop(s->server);
    free(s);
}

/* One request at a time, so that pages come in the order of the frontier; retries at once. */
static inline td_source_options site_options(void)
{
    td_source_options options = TD_SOURCE_OPTIONS;

    options.per_host_max = 1;
    options.depth_max = 100;
    options.retry_wait_ms = 1;
    return options;
}

enum {
    SITE_LINKS_MAX = 1000
};

/* Reports the page with its links, as the conductor does. */
static inline void site_report(td_source *source, const td_page *page)
{
    td_link links[SITE_LINKS_MAX];
    td_buf urls[SITE_LINKS_MAX];
    size_t n = 0, at = 0;

    while (n < SITE_LINKS_MAX &&
           (at = td_str_find(page->body, TD_STR("href=\""), at)) != TD_STR_NONE) {
        size_t start = at + 6, end = td_str_find_byte(page->body, '"', start);
        urls[n] = TD_BUF(100000);
        at = start;
        if (end != TD_STR_NONE &&
            td_net_url_resolve(page->final_uri, td_str_slice(page->body, start, end), &urls[n],
                               NULL) == TANDEM_OK) {
            bool nofollow =
                td_str_starts(td_str_slice(page->body, end, page->body.n), TD_STR("\" nofollow"));
            links[n] = (td_link){td_buf_str(&urls[n]), {"", 0}, nofollow};
            n++;
        }
    }
    source->done(source, page->uri, links, n);
    for (size_t i = 0; i < n; i++)
        td_buf_clear(&urls[i]);
}

/* As tree_pages, but with links; the site's own address is left out of the lines. */
static inline td_buf site_crawl(const site *s, const char *path, const td_source_options *options)
{
    static const char marks[] = {'+', '=', '-', '!', '?'};
    td_buf lines = TD_BUF(64 << 20);
    char url[2200];
    tandem_error err = {0};

    snprintf(url, sizeof(url), "%s%s", s->url, path);
    td_source *source = tree_open(url, options);
    for (;;) {
        td_page *page = NULL;
        if (source->next(source, &page, &err) != TANDEM_OK)
            fail_msg("%s", err.message);
        if (!page)
            break;
        td_str uri = page->uri;
        if (td_str_starts(uri, td_str_from(s->url)))
            uri = td_str_slice(uri, strlen(s->url), uri.n);
        assert_int_equal(td_buf_add_fmt(&lines, NULL, "%c %.*s%s%.*s\n", marks[page->status],
                                        TD_STR_FMT(uri), page->reason.n ? ": " : "",
                                        TD_STR_FMT(page->reason)),
                         TANDEM_OK);
        site_report(source, page);
        td_page_free(page);
    }
    source->close(source);
    return lines;
}

/* %s in `expected` stands for the site's own address. */
static inline void site_expect(const site *s, const char *path, const td_source_options *options,
                               const char *expected)
{
    td_buf lines = site_crawl(s, path, options), wanted = TD_BUF(1 << 20);
    td_str rest = td_str_from(expected);

    for (size_t at; (at = td_str_find(rest, TD_STR("%s"), 0)) != TD_STR_NONE;) {
        td_buf_add(&wanted, td_str_slice(rest, 0, at), NULL);
        td_buf_add(&wanted, td_str_from(s->url), NULL);
        rest = td_str_slice(rest, at + 2, rest.n);
    }
    td_buf_add(&wanted, rest, NULL);
    assert_string_equal(lines.ptr ? lines.ptr : "", wanted.ptr);
    td_buf_clear(&lines);
    td_buf_clear(&wanted);
}

static inline int site_compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* For pages found in several ways at once, which come as they are answered. `expected`: sorted. */
static inline void site_expect_in_any_order(const site *s, const char *path,
                                            const td_source_options *options, const char *expected)
{
    td_buf lines = site_crawl(s, path, options), sorted = TD_BUF(1 << 20);
    char *line[64], *rest = NULL;
    size_t n = 0;

    assert_non_null(lines.ptr);
    for (char *at = strtok_r(lines.ptr, "\n", &rest); at && n < 64;
         at = strtok_r(NULL, "\n", &rest))
        line[n++] = at;
    qsort(line, n, sizeof(*line), site_compare_lines);
    for (size_t i = 0; i < n; i++)
        td_buf_add_fmt(&sorted, NULL, "%s\n", line[i]);
    assert_string_equal(sorted.ptr, expected);
    td_buf_clear(&lines);
    td_buf_clear(&sorted);
}

#endif
