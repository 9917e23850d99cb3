#include "source/crawl.h"
#include "source/site.h"

#include <time.h>

/* -- redirects -- */

static const site_page redirects[] = {
    {"/", 0, NULL,
     "<a href=\"/once\"><a href=\"/dup\"><a href=\"/ring1\"><a href=\"/self\">"
     "<a href=\"/out\"><a href=\"/ftp\"><a href=\"/n0\">"},
    {"/once", 301, "Location: /target\r\n", ""},
    {"/target", 0, NULL, "<a href=\"below\"><a href=\"/target\">"},
    {"/below", 0, NULL, "x"},
    {"/dup", 302, "Location: /target#again\r\n", ""},
    {"/ring1", 302, "Location: /ring2\r\n", ""},
    {"/ring2", 302, "Location: /ring1\r\n", ""},
    {"/self", 302, "Location: /self\r\n", ""},
    {"/out", 302, "Location: http://elsewhere.invalid/x\r\n", ""},
    {"/ftp", 302, "Location: ftp://elsewhere.invalid/x\r\n", ""},
    {"/n0", 302, "Location: /n1\r\n", ""},
    {"/n1", 302, "Location: /n2\r\n", ""},
    {"/n2", 302, "Location: /n3\r\n", ""},
    {"/n3", 302, "Location: /n4\r\n", ""},
    {"/n4", 302, "Location: /n5\r\n", ""},
    {"/n5", 302, "Location: /n6\r\n", ""},
    {"/n6", 302, "Location: /n7\r\n", ""},
    {"/n7", 302, "Location: /n8\r\n", ""},
    {"/n8", 302, "Location: /n9\r\n", ""},
    {"/n9", 302, "Location: /n10\r\n", ""},
    {"/n10", 302, "Location: /n11\r\n", ""},
    {0},
};

static void each_hop_of_a_redirect_is_judged_like_a_link(void **state)
{
    site *s = site_start(redirects);
    td_source_options options = site_options();

    (void)state;
    site_expect(
        s, "/", &options,
        "+ /\n+ /once\n"
        "- /dup: redirects to %s/target, which is crawled already\n"
        "! /ring1: redirects in a circle, back to %s/ring1\n"
        "! /self: redirects in a circle, back to %s/self\n"
        "- /out: redirects out of the crawl (another site) to http://elsewhere.invalid/x\n"
        "! /ftp: not a usable URL: ftp://elsewhere.invalid/x: it must start with http:// or "
        "https://\n"
        "! /n0: more than 10 redirects, the last one to %s/n11\n"
        "+ /below\n");
    assert_int_equal(server_n_requests(s->server, "/target"), 1);
    site_stop(s);
}

static bool redirect_to_user(void *user, server_request *request)
{
    const site *s = user;
    return server_redirect(request, 302, s->pages ? s->pages->path : "/");
}

/* The site that answers the start page is the site of the crawl. */
static void the_scope_moves_with_the_start_page(void **state)
{
    static const site_page pages[] = {{"/docs/", 0, NULL, "<a href=\"a\"><a href=\"/other\">"},
                                      {"/docs/a", 0, NULL, "x"},
                                      {"/other", 0, NULL, "x"},
                                      {0}};
    site *target = site_start(pages);
    char to[200], start[200];
    site_page there = {to, 0, NULL, NULL};
    td_source_options options = site_options();

    (void)state;
    snprintf(to, sizeof(to), "%s/docs/", target->url);
    site *s = site_start_with(&there, redirect_to_user);
    options.allow_private = true;
    options.below = true;
    options.no_robots = true;
    td_buf lines = site_crawl(s, "/old", &options);
    snprintf(start, sizeof(start), "+ /old\n+ %s/docs/a\n", target->url);
    assert_string_equal(lines.ptr, start);
    td_buf_clear(&lines);
    site_stop(s);
    site_stop(target);
}

/* -- private addresses -- */

static void a_site_cannot_lead_to_another_private_place(void **state)
{
    static const site_page secrets[] = {{"/", 0, NULL, "secret"}, {0}};
    site *secret = site_start(secrets);
    char body[400], to[300];
    const site_page pages[] = {{"/", 0, NULL, body},
                               {"/r", 302, to, ""},
                               {"/robots.txt", 404, NULL, ""},
                               {0}};
    td_source_options options = site_options();

    (void)state;
    snprintf(body, sizeof(body), "<a href=\"%s/\"><a href=\"/r\"><a href=\"http://[::1]:%u/\">",
             secret->url, secret->server->port);
    snprintf(to, sizeof(to), "Location: %s/x\r\n", secret->url);
    site *s = site_start(pages);
    options.any_host = true;
    td_buf lines = site_crawl(s, "/", &options);
    size_t n_refused = 0;
    for (const char *at = lines.ptr; (at = strstr(at, "private addresses are refused")); at++)
        n_refused++;
    assert_int_equal(n_refused, 3);
    assert_null(strstr(lines.ptr + 4, "+ "));
    assert_int_equal(server_n_connections(secret->server), 0);
    td_buf_clear(&lines);
    site_stop(s);

    /* For others even the named one is refused. */
    options.refuse_private = true;
    lines = site_crawl(secret, "/", &options);
    assert_non_null(strstr(lines.ptr, "! /: 127.0.0.1 is a loopback address"));
    assert_int_equal(server_n_connections(secret->server), 0);
    td_buf_clear(&lines);
    site_stop(secret);
}

/* -- failures -- */

static void a_start_page_that_fails_is_one_failed_page_and_the_end(void **state)
{
    static const site_page pages[] = {{"/empty", 0, NULL, ""},
                                      {"/gone", 410, NULL, "gone"},
                                      {"/deny", 403, NULL, "no"},
                                      {0}};
    site *s = site_start(pages);
    td_source_options options = site_options();
    char url[100], expected[400];

    (void)state;
    site_expect(s, "/empty", &options, "! /empty: the answer is empty\n");
    site_expect(s, "/gone", &options, "! /gone: HTTP 410\n");
    site_expect(s, "/deny", &options, "! /deny: HTTP 403\n");
    site_expect(s, "/nothing", &options, "! /nothing: HTTP 404\n");
    assert_int_equal(server_n_requests(s->server, "/gone"), 1);
    site_stop(s);

    tree_expect("http://no-such-host.invalid/", &options,
                "! http://no-such-host.invalid/: unknown host no-such-host.invalid: check its name "
                "and this machine's network (asked for robots.txt)\n");
    uint16_t port = server_dead_port();
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    snprintf(expected, sizeof(expected),
             "! %s: 127.0.0.1 refuses connections on port %u: is a server running there?\n", url,
             port);
    options.no_robots = true;
    tree_expect(url, &options, expected);
}

/* Fails as often as the number in its path says, then answers. */
static bool flaky_site(void *user, server_request *request)
{
    const site *s = user;
    const char *path = request->path;
    int n = server_n_requests(s->server, path);
    int status = 0, fails = 0;

    if (strcmp(path, "/") == 0)
        return server_html(request, "<a href=\"/500/2\"><a href=\"/500/3\"><a href=\"/429/4\">"
                                    "<a href=\"/503/5\"><a href=\"/cut/2\"><a href=\"/cut/9\">");
    if (sscanf(path, "/cut/%d", &fails) == 1 && n <= fails)
        return false;
    if (sscanf(path, "/%d/%d", &status, &fails) == 2 && n <= fails)
        return server_send(request, status, "Retry-After: 0\r\n", "later");
    return server_html(request, path);
}

static void what_may_pass_is_tried_three_times_and_a_busy_host_five(void **state)
{
    site *s = site_start_with(NULL, flaky_site);
    td_source_options options = site_options();

    (void)state;
    options.no_robots = true;
    td_buf lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "+ /500/2\n"));
    assert_non_null(strstr(lines.ptr, "! /500/3: HTTP 500\n"));
    assert_non_null(strstr(lines.ptr, "+ /429/4\n"));
    assert_non_null(strstr(lines.ptr, "! /503/5: HTTP 503\n"));
    assert_non_null(strstr(lines.ptr, "+ /cut/2\n"));
    assert_non_null(strstr(lines.ptr, "! /cut/9: the connection to 127.0.0.1"));
    assert_int_equal(server_n_requests(s->server, "/500/3"), 3);
    assert_int_equal(server_n_requests(s->server, "/429/4"), 5);
    assert_int_equal(server_n_requests(s->server, "/503/5"), 5);
    td_buf_clear(&lines);
    site_stop(s);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

typedef struct busy_site {
    site *site;
    double busy_at, next_at;
} busy_site;

static busy_site busy;

static bool answer_busy(void *user, server_request *request)
{
    (void)user;
    if (strcmp(request->path, "/") == 0)
        return server_html(request, "<a href=\"/a\"><a href=\"/b\"><a href=\"/c\">");
    if (busy.busy_at == 0) {
        busy.busy_at = now();
        return server_send(request, 429, "Retry-After: 1\r\n", "busy");
    }
    if (busy.next_at == 0)
        busy.next_at = now();
    return server_html(request, request->path);
}

static void retry_after_holds_back_the_whole_host(void **state)
{
    site *s = site_start_with(NULL, answer_busy);
    td_source_options options = site_options();

    (void)state;
    busy = (busy_site){0};
    options.no_robots = true;
    td_buf lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "+ /a\n"));
    assert_true(busy.next_at - busy.busy_at >= 0.999); /* at least; never too early */
    td_buf_clear(&lines);
    site_stop(s);
}

static void a_host_that_asks_for_an_hour_is_given_up(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL, "<a href=\"/a\"><a href=\"/b\">"},
        {"/a", 503, "Retry-After: 3600\r\n", ""},
        {"/b", 0, NULL, "x"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options,
                "+ /\n! /a: HTTP 503\n! /b: HTTP 503: the server asks to come back in 3600 s\n");
    assert_int_equal(server_n_requests(s->server, "/b"), 0);
    site_stop(s);
}

static bool vanishing_site(void *user, server_request *request)
{
    static char body[10000];
    size_t n = 0;

    (void)user;
    if (strcmp(request->path, "/") != 0)
        return false; /* cuts the connection */
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "<a href=\"/%d\">", i);
    return server_html(request, body);
}

/* Crawls a site of which all but the first page is gone; how many requests that took. */
static uint64_t crawl_vanishing(uint32_t delay_ms)
{
    site *s = site_start_with(NULL, vanishing_site);
    td_source_options options = site_options();
    size_t n_failed = 0;

    options.no_robots = true;
    options.delay_ms = delay_ms;
    td_buf lines = site_crawl(s, "/", &options);
    for (const char *at = lines.ptr; (at = strstr(at, "! /")); at++)
        n_failed++;
    assert_int_equal(n_failed, 100);
    assert_non_null(strstr(lines.ptr, "page after page without an answer"));
    uint64_t n_requests = server_n_requests(s->server, NULL);
    td_buf_clear(&lines);
    site_stop(s);
    return n_requests;
}

static void a_site_that_goes_away_ends_in_a_true_summary(void **state)
{
    (void)state;
    /* Three times as many as a host is asked at once, the last of them while it is given up. */
    assert_true(crawl_vanishing(0) <= 1 + 4 * 6);
    /* One after the other: five, and two after a wait each (libcurl repeats one on a connection
     * that was closed). */
    assert_true(crawl_vanishing(1) <= 1 + 2 * 7);
}

/* -- hostile answers -- */

static char filler[64 * 1024]; /* of "x"; filled by main, since servers have many threads */

static bool hostile_site(void *user, server_request *request)
{
    char byte[1];

    (void)user;
    if (strcmp(request->path, "/") == 0)
        return server_html(request, "<a href=\"/endless\"><a href=\"/video\"><a href=\"/hang\">"
                                    "<a href=\"/nul\"><a href=\"/fine\">");
    if (strcmp(request->path, "/endless") == 0 || strcmp(request->path, "/video") == 0) {
        const char *type = request->path[1] == 'v' ? "video/mp4" : "text/html";
        char head[100];
        int n = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n", type);
        server_write(request, head, (size_t)n);
        while (send(request->fd, filler, sizeof(filler), MSG_NOSIGNAL) > 0) {
        }
        return false;
    }
    if (strcmp(request->path, "/hang") == 0) {
        while (recv(request->fd, byte, 1, 0) > 0) {
        }
        return false;
    }
    if (strcmp(request->path, "/nul") == 0)
        return server_send_bytes(request, 200, "Content-Type: text/html\r\n", "a\0b", 3);
    return server_html(request, "fine");
}

static void hostile_pages_cost_a_reason_and_the_rest_is_crawled(void **state)
{
    site *s = site_start_with(NULL, hostile_site);
    td_source_options options = site_options();

    (void)state;
    options.no_robots = true;
    options.file_bytes_max = 300 * 1024;
    options.timeout_ms = 300;
    td_buf lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "- /endless: larger than the limit of 307200 bytes\n"));
    assert_non_null(strstr(lines.ptr, "- /video: no text: video/mp4\n"));
    assert_non_null(strstr(lines.ptr, "- /nul: binary file\n"));
    assert_non_null(strstr(lines.ptr, "! /hang: 127.0.0.1 did not finish its answer"));
    assert_non_null(strstr(lines.ptr, "+ /fine\n"));
    td_buf_clear(&lines);
    site_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hop_of_a_redirect_is_judged_like_a_link),
        cmocka_unit_test(the_scope_moves_with_the_start_page),
        cmocka_unit_test(a_site_cannot_lead_to_another_private_place),
        cmocka_unit_test(a_start_page_that_fails_is_one_failed_page_and_the_end),
        cmocka_unit_test(what_may_pass_is_tried_three_times_and_a_busy_host_five),
        cmocka_unit_test(retry_after_holds_back_the_whole_host),
        cmocka_unit_test(a_host_that_asks_for_an_hour_is_given_up),
        cmocka_unit_test(a_site_that_goes_away_ends_in_a_true_summary),
        cmocka_unit_test(hostile_pages_cost_a_reason_and_the_rest_is_crawled),
    };
    memset(filler, 'x', sizeof(filler));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
