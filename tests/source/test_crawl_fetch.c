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

enum {
    BURST = 12
};

/* All pages are asked for at once, which is too much; from then on the site is itself again. */
typedef struct burst {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_come;
} burst;

static bool answer_burst(void *user, server_request *request)
{
    burst *b = user;
    char body[1000];
    size_t n = 0;

    if (strcmp(request->path, "/") == 0) {
        for (int i = 0; i < BURST; i++)
            n += (size_t)snprintf(body + n, sizeof(body) - n, "<a href=\"/%d\">", i);
        return server_html(request, body);
    }
    pthread_mutex_lock(&b->lock);
    bool is_busy = b->n_come++ < BURST;
    pthread_cond_broadcast(&b->changed);
    while (b->n_come < BURST)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return is_busy ? server_send(request, 429, "", "too much")
                   : server_html(request, request->path);
}

/* If each counted for itself, the host would be given up, and its pause 2,000 times as long. */
static void answers_to_a_burst_that_was_too_much_count_as_one(void **state)
{
    burst b = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    server *s = server_start(answer_burst, &b);
    site as_site = {.server = s};
    td_source_options options = site_options();
    size_t n_fetched = 0;

    (void)state;
    snprintf(as_site.url, sizeof(as_site.url), "http://127.0.0.1:%u", s->port);
    options.no_robots = true;
    options.per_host_max = BURST;
    options.retry_wait_ms = 50; /* longer than all answers to the burst take */
    td_buf lines = site_crawl(&as_site, "/", &options);
    for (const char *at = lines.ptr; (at = strstr(at, "+ /")); at++)
        n_fetched++;
    assert_int_equal(n_fetched, 1 + BURST);
    td_buf_clear(&lines);
    server_stop(s);
}

static bool always_busy(void *user, server_request *request)
{
    char body[4000];
    size_t n = 0;

    (void)user;
    if (strcmp(request->path, "/") != 0)
        return server_send(request, 503, "", "busy");
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "<a href=\"/%d\">", i);
    return server_html(request, body);
}

static void a_host_that_is_busy_for_good_is_given_up(void **state)
{
    site *s = site_start_with(NULL, always_busy);
    td_source_options options = site_options();
    size_t n_failed = 0;

    (void)state;
    options.no_robots = true;
    td_buf lines = site_crawl(s, "/", &options);
    for (const char *at = lines.ptr; (at = strstr(at, "! /")); at++)
        n_failed++;
    assert_int_equal(n_failed, 100);
    assert_non_null(strstr(lines.ptr, "! /99: HTTP 503 to all that is asked for, 10 waits long\n"));
    assert_int_equal(server_n_requests(s->server, NULL), 1 + 11);
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
    (void)user;
    if (strcmp(request->path, "/") == 0)
        return server_html(request, "<a href=\"/endless\"><a href=\"/video\">"
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
    td_buf lines = site_crawl(s, "/", &options);
    assert_non_null(
        strstr(lines.ptr, "- /endless: larger than the limit of 307200 bytes (--max-file-size)\n"));
    assert_non_null(strstr(lines.ptr, "- /video: no text: video/mp4\n"));
    assert_non_null(strstr(lines.ptr, "- /nul: binary file\n"));
    assert_non_null(strstr(lines.ptr, "+ /fine\n"));
    td_buf_clear(&lines);
    site_stop(s);
}

static bool never_answer(void *user, server_request *request)
{
    char byte[1];

    (void)user;
    while (recv(request->fd, byte, 1, 0) > 0) {
    }
    return false;
}

static void a_page_that_never_comes_fails_by_its_time_out(void **state)
{
    site *s = site_start_with(NULL, never_answer);
    td_source_options options = site_options();

    (void)state;
    options.no_robots = true;
    options.timeout_ms = 50;
    td_buf lines = site_crawl(s, "/", &options);
    /* "did not finish its answer within 50 ms", or "does not answer" where it was not even asked */
    assert_true(td_str_starts(td_buf_str(&lines), TD_STR("! /: 127.0.0.1 d")));
    td_buf_clear(&lines);
    site_stop(s);
}

/* -- bodies that find no room -- */

enum {
    HELD_BYTES = 40 << 20,
    MUCH_BYTES = 25 << 20, /* which finds no room beside it, however its buffer grows */
    CROWD_DELAY_MS = 400,
    MUCH_MAX = 64,
};

/* /held stays with the conductor until /much has been given up, and /slow is older than it. */
typedef struct crowd {
    server *other;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_much;
    int64_t much_ms[MUCH_MAX]; /* when it was asked for */
    bool is_given_up, may_end;
} crowd;

static bool answer_slow(void *user, server_request *request)
{
    crowd *c = user;

    pthread_mutex_lock(&c->lock);
    while (!c->may_end)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
    return server_html(request, "slow");
}

static bool answer_much(crowd *c, server_request *request)
{
    char *body = malloc(MUCH_BYTES);

    memset(body, 'm', MUCH_BYTES);
    pthread_mutex_lock(&c->lock);
    c->much_ms[c->n_much++ % MUCH_MAX] = td_clock_ms();
    pthread_mutex_unlock(&c->lock);
    server_send_bytes(request, 200, "Content-Type: text/html\r\n", body, MUCH_BYTES);
    free(body);
    pthread_mutex_lock(&c->lock);
    c->is_given_up = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return true;
}

static bool answer_crowd(void *user, server_request *request)
{
    crowd *c = user;
    char body[200];

    if (strcmp(request->path, "/much") == 0)
        return answer_much(c, request);
    if (strcmp(request->path, "/held") == 0) {
        char *held = malloc(HELD_BYTES);
        memset(held, 'h', HELD_BYTES);
        server_send_bytes(request, 200, "Content-Type: text/html\r\n", held, HELD_BYTES);
        free(held);
        return true;
    }
    snprintf(body, sizeof(body),
             "<a href=\"http://127.0.0.1:%u/slow\"><a href=\"/held\"><a href=\"/much\">",
             c->other->port);
    return server_html(request, body);
}

/* The conductor's part; returns how many pages were fetched. */
static int conduct_crowd(crowd *c, td_source *source)
{
    int n = 0;

    for (td_page *page = NULL;; n++) {
        assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
        if (!page)
            return n;
        assert_int_equal(page->status, TD_PAGE_FETCHED);
        if (td_str_ends(page->uri, TD_STR("/held"))) {
            pthread_mutex_lock(&c->lock);
            while (!c->is_given_up)
                pthread_cond_wait(&c->changed, &c->lock);
            c->may_end = true;
            pthread_cond_broadcast(&c->changed);
            pthread_mutex_unlock(&c->lock);
        }
        site_report(source, page);
        td_page_free(page);
    }
}

static void a_body_that_found_no_room_waits_for_its_turn_again(void **state)
{
    crowd c = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    server *s = server_start(answer_crowd, &c);
    td_source_options options = site_options();
    char url[2200];

    (void)state;
    c.other = server_start(answer_slow, &c);
    options.no_robots = options.any_host = options.allow_private = true;
    options.delay_ms = CROWD_DELAY_MS;
    options.file_bytes_max = HELD_BYTES;
    td_source *source = tree_open(server_url(s, "/", url), &options);
    assert_int_equal(conduct_crowd(&c, source), 4);
    source->close(source);
    /* Once in vain, or more often where what is held is let go of late. */
    assert_in_range(c.n_much, 2, MUCH_MAX);
    for (int i = 1; i < c.n_much; i++)
        assert_true(c.much_ms[i] - c.much_ms[i - 1] >= CROWD_DELAY_MS);
    server_stop(s);
    server_stop(c.other);
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
        cmocka_unit_test(answers_to_a_burst_that_was_too_much_count_as_one),
        cmocka_unit_test(a_host_that_is_busy_for_good_is_given_up),
        cmocka_unit_test(a_host_that_asks_for_an_hour_is_given_up),
        cmocka_unit_test(a_site_that_goes_away_ends_in_a_true_summary),
        cmocka_unit_test(hostile_pages_cost_a_reason_and_the_rest_is_crawled),
        cmocka_unit_test(a_page_that_never_comes_fails_by_its_time_out),
        cmocka_unit_test(a_body_that_found_no_room_waits_for_its_turn_again),
    };
    memset(filler, 'x', sizeof(filler));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
