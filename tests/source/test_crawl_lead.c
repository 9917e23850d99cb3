#include "source/crawl.h"
#include "source/site.h"

static void a_calendar_ends_at_its_limit_and_says_so(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL,
         "<a href=\"/c?d=1\"><a href=\"/c?d=2\"><a href=\"/c?d=3\"><a href=\"/c?d=4\">"
         "<a href=\"/c\"><a href=\"/c?d=1\">"},
        {"/c", 0, NULL, "no day"},
        {"/c?d=1", 0, NULL, "1"},
        {"/c?d=2", 0, NULL, "2"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    options.variants_max = 2;
    site_expect(s, "/", &options,
                "+ /\n+ /c?d=1\n+ /c?d=2\n- /c?d=3: too many variants of this address by query: "
                "this and further ones are left out\n+ /c\n");
    site_stop(s);
}

static bool endless(void *user, server_request *request)
{
    (void)user;
    char body[2300];

    if (strcmp(request->path, "/robots.txt") == 0)
        return server_send(request, 404, "", "");
    snprintf(body, sizeof(body), "%s <a href=\"deeper/\">", request->path);
    return server_html(request, body);
}

static void folders_without_end_end(void **state)
{
    site *s = site_start_with(NULL, endless);
    td_source_options options = site_options();

    (void)state;
    td_buf lines = site_crawl(s, "/", &options);
    assert_int_equal(server_n_requests(s->server, NULL), 2 + TD_SOURCE_TRAP_REPEATS_MAX);
    td_buf_clear(&lines);
    site_stop(s);
}

static void a_dry_run_lists_and_tells_why_not(void **state)
{
    static const site_page pages[] = {
        {"/robots.txt", 0, "Content-Type: text/plain\r\n", "User-agent: *\nDisallow: /p\n"},
        {"/", 0, NULL,
         "<a href=\"/a\"><a href=\"/p/x\"><a href=\"http://other.invalid/\"><a href=\"/x.png\">"
         "<a href=\"/no\">"},
        {"/a", 0, NULL, "<a href=\"/b\">"},
        {0},
    };
    static const char *const exclude[] = {"no"};
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    options.dry_run = true;
    options.exclude = exclude;
    options.n_exclude = 1;
    site_expect(s, "/", &options,
                "? /\n? /a\n- /p/x: robots.txt forbids it\n- http://other.invalid/: another site\n"
                "- /x.png: an image, an archive or a recording by its name\n"
                "- /no: ruled out by the patterns\n");
    assert_int_equal(server_n_requests(s->server, NULL), 2);
    /* A page alone is not even asked for. */
    options.depth_max = 0;
    site_expect(s, "/", &options, "? /\n");
    assert_int_equal(server_n_requests(s->server, "/"), 1);
    site_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calendar_ends_at_its_limit_and_says_so),
        cmocka_unit_test(folders_without_end_end),
        cmocka_unit_test(a_dry_run_lists_and_tells_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
