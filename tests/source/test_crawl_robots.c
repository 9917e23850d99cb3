#include "source/crawl.h"
#include "source/site.h"

#include <time.h>

static void what_robots_txt_forbids_is_not_asked_for(void **state)
{
    static const site_page pages[] = {
        {"/robots.txt", 0, "Content-Type: text/plain\r\n",
         "User-agent: *\nDisallow: /\n\nUser-agent: tandem\nDisallow: /secret\nAllow: /\n"},
        {"/", 0, NULL, "<a href=\"/a\"><a href=\"/secret/b\"><a href=\"/r\">"},
        {"/a", 0, NULL, "x"},
        {"/r", 302, "Location: /secret/c\r\n", ""},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options,
                "+ /\n+ /a\n- /secret/b: robots.txt forbids it\n- /r: robots.txt forbids it\n");
    assert_int_equal(server_n_requests(s->server, "/robots.txt"), 1);
    assert_int_equal(server_n_requests(s->server, "/secret/b"), 0);
    assert_int_equal(server_n_requests(s->server, "/secret/c"), 0);
    options.user_agent = "OtherBot/1.0";
    site_expect(s, "/", &options, "- /: robots.txt forbids it\n");
    options.no_robots = true;
    site_expect(s, "/secret/b", &options, "! /secret/b: HTTP 404\n");
    site_stop(s);
}

static void without_a_robots_txt_all_is_allowed(void **state)
{
    static const int statuses[] = {404, 403, 401, 410, 204};

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        const site_page pages[] = {{"/robots.txt", statuses[i], NULL, ""},
                                   {"/", 0, NULL, "x"},
                                   {0}};
        site *s = site_start(pages);
        td_source_options options = site_options();
        site_expect(s, "/", &options, "+ /\n");
        site_stop(s);
    }
}

static void a_server_that_fails_on_robots_txt_forbids_all(void **state)
{
    static const site_page pages[] = {{"/robots.txt", 503, NULL, "later"},
                                      {"/", 0, NULL, "x"},
                                      {0}};
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options,
                "! /: robots.txt cannot be read (HTTP 503): nothing is fetched\n");
    assert_int_equal(server_n_requests(s->server, "/robots.txt"), 3);
    assert_int_equal(server_n_requests(s->server, "/"), 0);
    site_stop(s);
}

static bool robots_at_the_third_try(void *user, server_request *request)
{
    const site *s = user;

    if (strcmp(request->path, "/robots.txt") != 0)
        return server_html(request, "x");
    if (server_n_requests(s->server, "/robots.txt") < 3)
        return false;
    return server_send(request, 200, "", "User-agent: *\nDisallow: /x\n");
}

static void robots_txt_is_tried_again_before_a_host_is_given_up(void **state)
{
    site *s = site_start_with(NULL, robots_at_the_third_try);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options, "+ /\n");
    site_expect(s, "/x", &options, "- /x: robots.txt forbids it\n");
    site_stop(s);
}

static void a_robots_txt_that_is_moved_is_followed_and_a_long_one_cut(void **state)
{
    char *text = malloc(700 * 1024);
    const site_page pages[] = {{"/robots.txt", 302, "Location: /elsewhere.txt\r\n", ""},
                               {"/elsewhere.txt", 0, "", text},
                               {"/a", 0, NULL, "x"},
                               {0}};
    td_source_options options = site_options();

    (void)state;
    size_t n = (size_t)sprintf(text, "User-agent: *\nDisallow: /b\n");
    while (n < 690 * 1024)
        n += (size_t)sprintf(text + n, "# nothing but a long comment line\n");
    sprintf(text + n, "Disallow: /a\n");
    site *s = site_start(pages);
    site_expect(s, "/a", &options, "+ /a\n");
    site_expect(s, "/b", &options, "- /b: robots.txt forbids it\n");
    site_stop(s);
    free(text);
}

typedef struct times {
    double at[10];
    int n;
} times;

static times seen;

static bool note_time(void *user, server_request *request)
{
    struct timespec now;

    (void)user;
    clock_gettime(CLOCK_MONOTONIC, &now);
    seen.at[seen.n++ % 10] = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    if (strcmp(request->path, "/robots.txt") == 0)
        return server_send(request, 200, "", "User-agent: *\nCrawl-delay: 0.05\n");
    return site_send_plain(request, request->path, "<a href=\"/a\"><a href=\"/b\"><a href=\"/c\">");
}

static void requests_are_never_closer_than_the_delay(void **state)
{
    site *s = site_start_with(NULL, note_time);
    td_source_options options = site_options();

    (void)state;
    seen = (times){0};
    options.per_host_max = 6;
    td_buf lines = site_crawl(s, "/", &options);
    td_buf_clear(&lines);
    assert_int_equal(seen.n, 5);
    for (int i = 1; i < seen.n; i++)
        assert_true(seen.at[i] - seen.at[i - 1] >= 0.0499);
    seen = (times){0};
    options.delay_ms = 60; /* the longer of the two holds */
    lines = site_crawl(s, "/", &options);
    td_buf_clear(&lines);
    for (int i = 1; i < seen.n; i++)
        assert_true(seen.at[i] - seen.at[i - 1] >= 0.0599);
    site_stop(s);
}

static void robots_txt_is_asked_for_again_after_a_day(void **state)
{
    const int64_t day_ms = 24 * 3600 * 1000;
    td_source_host host = {.robots_state = TD_SOURCE_ROBOTS_UNKNOWN};

    (void)state;
    assert_true(td_source_crawl_robots_is_due(&host, 5));
    host.robots_state = TD_SOURCE_ROBOTS_ASKED;
    assert_false(td_source_crawl_robots_is_due(&host, 2 * day_ms));
    host.robots_state = TD_SOURCE_ROBOTS_KNOWN;
    host.robots_ms = 1000;
    assert_false(td_source_crawl_robots_is_due(&host, 999 + day_ms));
    assert_true(td_source_crawl_robots_is_due(&host, 1000 + day_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_robots_txt_forbids_is_not_asked_for),
        cmocka_unit_test(without_a_robots_txt_all_is_allowed),
        cmocka_unit_test(a_server_that_fails_on_robots_txt_forbids_all),
        cmocka_unit_test(robots_txt_is_tried_again_before_a_host_is_given_up),
        cmocka_unit_test(a_robots_txt_that_is_moved_is_followed_and_a_long_one_cut),
        cmocka_unit_test(requests_are_never_closer_than_the_delay),
        cmocka_unit_test(robots_txt_is_asked_for_again_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
