#include "source/crawl.h"
#include "source/site.h"

enum {
    PAGES_MAX = 100
};

/* Answers on its first connection alone, until that is closed. */
typedef struct single {
    site site;
    pthread_mutex_t lock;
    int fd; /* of the first; 0: none yet */
    int n_pages;
} single;

/* As far as the client goes: it leaves when it gives up. */
static bool leave_waiting(server_request *request)
{
    char byte[1];

    while (recv(request->fd, byte, 1, 0) > 0) {
    }
    return false;
}

static bool answer_single(void *user, server_request *request)
{
    single *s = user;
    char body[16 * PAGES_MAX];
    size_t n = 0;

    pthread_mutex_lock(&s->lock);
    s->fd = s->fd ? s->fd : request->fd;
    bool is_first = s->fd == request->fd;
    pthread_mutex_unlock(&s->lock);
    if (!is_first)
        return leave_waiting(request);
    if (strcmp(request->path, "/") != 0)
        return server_html(request, request->path);
    for (int i = 0; i < s->n_pages; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "<a href=\"/%d\">", i);
    return server_html(request, body);
}

/* Without help pages that wait on other connections would fail, time-out after time-out. */
static void crawl_single(int n_pages, bool no_robots)
{
    single s = {.lock = PTHREAD_MUTEX_INITIALIZER, .n_pages = n_pages};
    td_source_options options = site_options();
    int n_fetched = 0;

    s.site.server = server_start(answer_single, &s);
    snprintf(s.site.url, sizeof(s.site.url), "http://127.0.0.1:%u", s.site.server->port);
    options.no_robots = no_robots;
    options.per_host_max = 6;
    options.timeout_ms = 600 * 1000;
    td_buf lines = site_crawl(&s.site, "/", &options);
    for (const char *at = lines.ptr; (at = strstr(at, "+ /")); at++)
        n_fetched++;
    td_buf_clear(&lines);
    server_stop(s.site.server);
    assert_int_equal(n_fetched, 1 + n_pages);
}

static void a_server_of_one_connection_gives_all_its_pages(void **state)
{
    (void)state;
    crawl_single(PAGES_MAX, true);
    crawl_single(PAGES_MAX, false);
}

static void so_does_one_of_few_pages(void **state)
{
    (void)state;
    crawl_single(3, false);
}

/* Of a host by itself, in no net: to put anything back there ends the test. */
static char origin[] = "http://127.0.0.1:1";

static void a_page_that_is_slow_by_itself_ends_the_suspicion(void **state)
{
    td_source_crawl crawl = {.n_given = 0};
    td_source_host host = {.origin = origin, .n_connections = 1, .is_single = true};
    td_net_reply reply = {.code = TANDEM_OK, .status = 200, .http_version = 11};

    (void)state;
    td_source_crawl_single_note(&crawl, &host, &reply, 999);
    assert_true(host.is_single);
    td_source_crawl_single_note(&crawl, &host, &reply, 1000);
    assert_false(host.is_single);
    host.alone_ms = 0; /* long ago */
    host.n_active = 5;
    for (int i = 0; i < 100; i++)
        td_source_crawl_single_note(&crawl, &host, &reply, 0); /* would put back */
    assert_false(host.is_single);
}

/* On a network far away one connection may be ahead by many answers for a moment. */
static void one_connection_that_is_ahead_for_less_than_a_second_is_no_reason(void **state)
{
    td_source_crawl crawl = {.n_given = 0};
    td_source_host host = {.origin = origin, .n_connections = 1};
    td_net_reply reply = {.code = TANDEM_OK, .status = 200, .http_version = 11};

    (void)state;
    td_source_crawl_single_note(&crawl, &host, &reply, 0);
    assert_true(host.alone_ms > 0);
    assert_int_equal(host.alone_ms, host.answered_ms);
    host.n_active = 5;
    host.alone_ms += 3600 * 1000; /* as if the clock stood still */
    for (int i = 0; i < 100; i++)
        td_source_crawl_single_note(&crawl, &host, &reply, 0); /* would put back */
    assert_false(host.is_single);
}

/* All streams of HTTP/2 have one connection. */
static void one_connection_of_http_2_is_no_reason(void **state)
{
    td_source_crawl crawl = {.n_given = 0};
    td_source_host host = {.origin = origin, .n_active = 5};
    td_net_reply reply = {.code = TANDEM_OK, .status = 200, .http_version = 20};

    (void)state;
    reply.is_new_connection = true;
    for (int i = 0; i < 100; i++, reply.is_new_connection = false)
        td_source_crawl_single_note(&crawl, &host, &reply, 0);
    assert_int_equal(host.n_connections, 0);
    assert_false(host.is_single);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_of_one_connection_gives_all_its_pages),
        cmocka_unit_test(so_does_one_of_few_pages),
        cmocka_unit_test(a_page_that_is_slow_by_itself_ends_the_suspicion),
        cmocka_unit_test(one_connection_that_is_ahead_for_less_than_a_second_is_no_reason),
        cmocka_unit_test(one_connection_of_http_2_is_no_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
