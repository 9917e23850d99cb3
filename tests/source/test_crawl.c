#include "source/crawl.h"
#include "source/site.h"

static void an_x_robots_tag_can_forbid_to_follow(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL, "<a href=\"/a\">"},
        {"/a", 0, "Content-Type: text/html\r\nX-Robots-Tag: noindex, nofollow\r\n",
         "<a href=\"/b\">"},
        {"/b", 0, NULL, "x"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options, "+ /\n+ /a\n");
    site_stop(s);
}

static void the_same_bytes_at_two_addresses_are_one_page(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL, "<a href=\"/a\"><a href=\"/b\"><a href=\"/c\">"},
        {"/a", 0, "Content-Type: text/html\r\n", "same <a href=\"/d\">"},
        {"/b", 0, "Content-Type: text/html\r\n", "same <a href=\"/d\">"},
        {"/c", 404, "Content-Type: text/html\r\n", "same <a href=\"/d\">"},
        {"/d", 0, NULL, "d"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options,
                "+ /\n+ /a\n- /b: the same bytes as a page before it\n! /c: HTTP 404\n+ /d\n");
    site_stop(s);
}

static bool endless(void *user, server_request *request)
{
    static _Thread_local char body[1100];
    const site *s = user;

    memset(body, 'x', 1000);
    snprintf(body + 1000, 100, "<a href=\"/%d\">", server_n_requests(s->server, NULL));
    return server_html(request, body);
}

static void bytes_and_time_have_a_limit_that_is_told(void **state)
{
    site *s = site_start_with(NULL, endless);
    td_source_options options = site_options();

    (void)state;
    options.no_robots = true;
    options.bytes_max = 5000;
    options.depth_max = UINT32_MAX;
    td_buf lines = site_crawl(s, "/", &options);
    assert_int_equal(server_n_requests(s->server, NULL), 5);
    assert_non_null(strstr(lines.ptr, "! /: the limit of bytes is reached: 1 addresses are left"));
    td_buf_clear(&lines);
    options.bytes_max = 0;
    options.time_max_ms = 20;
    lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "! /: the limit of time is reached: 1 addresses are left"));
    td_buf_clear(&lines);
    site_stop(s);
}

/* Pages without a length, larger than a page may be, of which the same is read as of any other. */
static bool too_large(void *user, server_request *request)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
    static _Thread_local char body[4000];

    (void)user;
    if (strcmp(request->path, "/") == 0)
        return server_html(request, "<a href=\"/1\"><a href=\"/2\"><a href=\"/3\"><a href=\"/4\">");
    memset(body, 'x', sizeof(body));
    server_write(request, head, sizeof(head) - 1);
    server_write(request, body, sizeof(body));
    return false;
}

static void bytes_of_pages_that_are_left_out_count_too(void **state)
{
    site *s = site_start_with(NULL, too_large);
    td_source_options options = site_options();

    (void)state;
    options.no_robots = true;
    options.file_bytes_max = 1000;
    options.bytes_max = 1500;
    td_buf lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "! /: the limit of bytes is reached: "));
    assert_null(strstr(lines.ptr, "/4"));
    td_buf_clear(&lines);
    site_stop(s);
}

static char agent[300];

static bool note_agent(void *user, server_request *request)
{
    (void)user;
    const char *at = strstr(request->text, "User-Agent: ");

    snprintf(agent, sizeof(agent), "%.*s", (int)strcspn(at, "\r"), at);
    return server_html(request, "x");
}

static void a_webmaster_is_told_whom_to_ask(void **state)
{
    site *s = site_start_with(NULL, note_agent);
    td_source_options options = site_options();
    td_source *source = NULL;

    (void)state;
    options.contact = "https://example.org/bot";
    site_expect(s, "/", &options, "+ /\n");
    assert_string_equal(agent, "User-Agent: tandem/" TANDEM_VERSION " (+https://example.org/bot)");
    options.contact = "a\r\nX: y";
    assert_int_equal(td_source_open("http://a.invalid/", &options, &source, NULL),
                     TANDEM_E_INVALID);
    site_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_x_robots_tag_can_forbid_to_follow),
        cmocka_unit_test(the_same_bytes_at_two_addresses_are_one_page),
        cmocka_unit_test(bytes_and_time_have_a_limit_that_is_told),
        cmocka_unit_test(bytes_of_pages_that_are_left_out_count_too),
        cmocka_unit_test(a_webmaster_is_told_whom_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
