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

static void a_host_gives_no_more_pages_than_it_may(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL, "<a href=\"/a\"><a href=\"/b\"><a href=\"/c\"><a href=\"/d\">"},
        {"/a", 0, NULL, "<a href=\"/e\">"},
        {"/b", 0, NULL, "b"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    options.host_pages_max = 2;
    site_expect(s, "/", &options,
                "+ /\n+ /a\n+ /b\n- /c: too many pages of this host: this and further ones are "
                "left out\n");
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

/* Crawls "/?start" and asks of each page whether it is a copy of what its body names. */
static td_buf crawl_with_canonicals(const site *s)
{
    td_source_options options = site_options();
    td_buf lines = TD_BUF(10000);
    char url[200];
    td_page *page = NULL;

    snprintf(url, sizeof(url), "%s/?start", s->url);
    td_source *source = tree_open(url, &options);
    while (source->next(source, &page, NULL) == TANDEM_OK && page) {
        size_t at = td_str_find(page->body, TD_STR("canonical="), 0);
        td_str rest =
            td_str_slice(page->body, at == TD_STR_NONE ? page->body.n : at + 10, page->body.n);
        td_str canonical = td_str_slice(rest, 0, td_str_find_byte(rest, '>', 0));
        bool is_copy = canonical.n > 0 && source->same_as(source, page, canonical);
        td_str path = td_str_slice(page->uri, strlen(s->url), page->uri.n);
        td_buf_add_fmt(&lines, NULL, "%c %.*s\n", is_copy ? '~' : '+', TD_STR_FMT(path));
        site_report(source, page);
        td_page_free(page);
    }
    source->close(source);
    return lines;
}

static void a_canonical_address_counts_where_it_is_another_spelling(void **state)
{
    static const site_page pages[] = {
        {"/?start", 0, NULL,
         "<canonical=/><a href=\"/a?utm=1\"><a href=\"/b/index.html\"><a href=\"/c\">"
         "<a href=\"/d?1\"><a href=\"/e?x\">"},
        {"/a?utm=1", 0, "Content-Type: text/html\r\n", "<canonical=/a>"}, /* the very same bytes */
        {"/a", 0, "Content-Type: text/html\r\n", "<canonical=/a>"},
        {"/b/index.html", 0, NULL, "<canonical=./>"},
        {"/b/", 0, NULL, "b"},
        {"/c", 0, NULL, "<canonical=/>"},      /* all too common, and wrong */
        {"/d?1", 0, NULL, "<canonical=/d?2>"}, /* each names the other: one must stay */
        {"/d?2", 0, NULL, "<canonical=/d?1>"},
        {"/e?x", 0, NULL, "<canonical=http://other.invalid/e>"},
        {0},
    };
    site *s = site_start(pages);

    (void)state;
    td_buf lines = crawl_with_canonicals(s);
    assert_string_equal(lines.ptr, "+ /?start\n~ /a?utm=1\n~ /b/index.html\n+ /c\n~ /d?1\n"
                                   "+ /e?x\n+ /a\n+ /b/\n+ /d?2\n");
    td_buf_clear(&lines);
    site_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calendar_ends_at_its_limit_and_says_so),
        cmocka_unit_test(a_host_gives_no_more_pages_than_it_may),
        cmocka_unit_test(folders_without_end_end),
        cmocka_unit_test(a_dry_run_lists_and_tells_why_not),
        cmocka_unit_test(a_canonical_address_counts_where_it_is_another_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
