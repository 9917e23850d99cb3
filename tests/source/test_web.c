#include "source/crawl.h"
#include "source/site.h"
#include "source/web.h"

static const site_page tree_site[] = {
    {"/", 0, NULL,
     "<a href=\"a\"><a href=\"/b#x\"><a href=\"./b\"><a href=\"http://other.invalid/\">"
     "<a href=\"mailto:x@y\"><a href=\"/pic.png\"><a href=\"/private\" nofollow>"},
    {"/a", 0, NULL, "<a href=\"/a/1\"><a href=\"/\"><a href=\"/a/2\">"},
    {"/b", 0, NULL, "<a href=\"/b/1\"><a href=\"/a/1\">"},
    {"/a/1", 0, NULL, "<a href=\"/deep\">"},
    {"/a/2", 0, NULL, "x"},
    {"/b/1", 0, NULL, "x"},
    {"/deep", 0, NULL, "x"},
    {0},
};

static void a_site_is_crawled_breadth_first_and_each_page_once(void **state)
{
    site *s = site_start(tree_site);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/", &options, "+ /\n+ /a\n+ /b\n+ /a/1\n+ /a/2\n+ /b/1\n+ /deep\n");
    assert_int_equal(server_n_requests(s->server, NULL), 8); /* and robots.txt */
    assert_int_equal(server_n_connections(s->server), 1);
    site_stop(s);
}

static void the_depth_is_counted_in_links(void **state)
{
    site *s = site_start(tree_site);
    td_source_options options = site_options();

    (void)state;
    options.depth_max = 0;
    site_expect(s, "/", &options, "+ /\n");
    options.depth_max = 1;
    site_expect(s, "/", &options, "+ /\n+ /a\n+ /b\n");
    options.depth_max = 2;
    site_expect(s, "/", &options, "+ /\n+ /a\n+ /b\n+ /a/1\n+ /a/2\n+ /b/1\n");
    site_stop(s);
}

static void the_number_of_pages_is_a_limit(void **state)
{
    site *s = site_start(tree_site);
    td_source_options options = site_options();

    (void)state;
    options.pages_max = 1;
    site_expect(s, "/", &options, "+ /\n");
    options.pages_max = 4;
    site_expect(s, "/", &options, "+ /\n+ /a\n+ /b\n+ /a/1\n");
    options.per_host_max = 6;
    td_buf lines = site_crawl(s, "/", &options);
    size_t n = 0;
    for (size_t i = 0; i < lines.n; i++)
        n += lines.ptr[i] == '\n';
    assert_int_equal(n, 4);
    td_buf_clear(&lines);
    site_stop(s);
}

static void below_and_globs_keep_the_crawl_in_its_place(void **state)
{
    static const char *const exclude[] = {"/a/2"};
    site *s = site_start(tree_site);
    td_source_options options = site_options();

    (void)state;
    options.below = true;
    site_expect(s, "/a", &options, "+ /a\n+ /a/1\n+ /a/2\n");
    options.exclude = exclude;
    options.n_exclude = 1;
    site_expect(s, "/a", &options, "+ /a\n+ /a/1\n");
    site_stop(s);
}

static void a_binary_page_that_was_named_is_asked_for_and_skipped(void **state)
{
    static const site_page pages[] = {
        {"/x.png", 0, "Content-Type: image/png\r\n", "\x89PNG"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = site_options();

    (void)state;
    site_expect(s, "/x.png", &options, "- /x.png: no text: image/png\n");
    site_stop(s);
}

/* Of what site_answer sends. */
static td_hash hash_of(const site_page *page)
{
    char text[1000];

    snprintf(text, sizeof(text), "%s<!-- %s -->", page->body, page->path);
    return td_hash_of(td_str_from(text));
}

static bool knows_all(void *user, td_str uri, td_page_known *known_out)
{
    const site_page *pages = user;

    for (; pages->path; pages++)
        if (td_str_ends(uri, td_str_from(pages->path)) && strlen(pages->path) > 1) {
            *known_out = (td_page_known){.hash = hash_of(pages)};
            return true;
        }
    *known_out = (td_page_known){.hash = hash_of(&tree_site[0])};
    return true;
}

static void an_unchanged_site_is_still_followed_to_its_end(void **state)
{
    site *s = site_start(tree_site);
    td_source_options options = site_options();

    (void)state;
    options.known = knows_all;
    options.known_user = (void *)tree_site;
    site_expect(s, "/", &options, "= /\n= /a\n= /b\n= /a/1\n= /a/2\n= /b/1\n= /deep\n");
    site_stop(s);
}

/* Answers every path; each page links to two more, for ever. */
static bool endless_site(void *user, server_request *request)
{
    char body[5000];

    (void)user;
    snprintf(body, sizeof(body), "<a href=\"%.1000s0/\"><a href=\"%.1000s1/\">", request->path,
             request->path);
    return strstr(request->path, "robots") ? server_send(request, 404, "", "")
                                           : server_html(request, body);
}

static void cancel_ends_a_crawl_that_waits(void **state)
{
    site *s = site_start_with(NULL, endless_site);
    td_source_options options = site_options();
    td_page *page = NULL;

    (void)state;
    td_source *source = tree_open(s->url, &options);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    /* The page is not reported: nothing more comes, and `next` would wait. */
    source->cancel(source);
    td_page_free(page);
    page = NULL;
    assert_int_equal(source->next(source, &page, NULL), TANDEM_E_CANCELLED);
    assert_null(page);
    source->close(source);
    site_stop(s);
}

static void closing_in_the_middle_loses_nothing_but_the_crawl(void **state)
{
    site *s = site_start_with(NULL, endless_site);
    td_source_options options = site_options();

    (void)state;
    options.per_host_max = 6;
    td_source *source = tree_open(s->url, &options);
    for (int i = 0; i < 50; i++) {
        td_page *page = NULL;
        assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
        assert_non_null(page);
        site_report(source, page);
        td_page_free(page);
    }
    source->close(source);
    site_stop(s);
}

/* One page with more links than fit into the queue of pages. */
static bool wide_site(void *user, server_request *request)
{
    static char body[64 * 1024];
    size_t n = 0;

    (void)user;
    if (strcmp(request->path, "/") != 0)
        return server_html(request, "x");
    for (int i = 0; i < 900; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "<a href=\"/p%d\">", i);
    return server_html(request, body);
}

static void a_slow_conductor_stops_the_crawl_not_the_memory(void **state)
{
    site *s = site_start_with(NULL, wide_site);
    td_source_options options = site_options();
    td_page *page = NULL;
    int n_pages = 1;

    (void)state;
    options.per_host_max = 6;
    options.no_robots = true;
    td_source *source = tree_open(s->url, &options);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    site_report(source, page);
    td_page_free(page);
    /* With n pages taken the server is asked for 64 more and a host's six, and for no other. */
    for (; n_pages < 100; n_pages++) {
        assert_int_equal(server_wait(s->server, n_pages + 70), n_pages + 70);
        assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
        source->done(source, page->uri, NULL, 0);
        td_page_free(page);
    }
    for (;; n_pages++) {
        assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
        if (!page)
            break;
        source->done(source, page->uri, NULL, 0);
        td_page_free(page);
    }
    assert_int_equal(n_pages, 901);
    source->close(source);
    site_stop(s);
}

enum {
    HEAVY_BYTES = 8 << 20
};

/* Pages of 8 MiB, each another. */
static bool heavy_site(void *user, server_request *request)
{
    if (strcmp(request->path, "/") == 0)
        return wide_site(user, request);
    char *body = malloc(HEAVY_BYTES);
    assert_non_null(body);
    memset(body, ' ', HEAVY_BYTES);
    memcpy(body, request->path, strlen(request->path));
    bool stays = server_send_bytes(request, 200, "Content-Type: text/html\r\n", body, HEAVY_BYTES);
    free(body);
    return stays;
}

static size_t given_bytes(td_source *source)
{
    td_source_crawl *crawl = (td_source_crawl *)source;

    pthread_mutex_lock(&crawl->lock);
    size_t n = crawl->n_given_bytes;
    pthread_mutex_unlock(&crawl->lock);
    return n;
}

static void few_heavy_pages_stop_the_crawl_as_many_light_ones_do(void **state)
{
    site *s = site_start_with(NULL, heavy_site);
    td_source_options options = site_options();
    td_page *page = NULL;

    (void)state;
    options.no_robots = true;
    options.per_host_max = 12;
    td_source *source = tree_open(s->url, &options);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    site_report(source, page);
    td_page_free(page);
    for (int n_pages = 1; n_pages < 10; n_pages++) {
        server_wait(s->server, n_pages + 8);
        assert_in_range(given_bytes(source), 0, TD_SOURCE_IN_HAND_BYTES_MAX + HEAVY_BYTES);
        assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
        assert_int_equal(page->body.n, HEAVY_BYTES);
        source->done(source, page->uri, NULL, 0);
        td_page_free(page);
    }
    source->close(source);
    site_stop(s);
}

static void two_hundred_thousand_links_are_taken_in(void **state)
{
    enum {
        N = 200 * 1000
    };
    static const site_page pages[] = {{"/", 0, NULL, "x"}, {0}};
    site *s = site_start(pages);
    td_source_options options = site_options();
    td_page *page = NULL;
    td_link *links = calloc(N, sizeof(*links));
    char *text = malloc((size_t)N * 60);
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        int bytes = sprintf(text + n, "%s/page/%zu?a=b", s->url, i / 2); /* each twice */
        links[i].href = (td_str){text + n, (size_t)bytes};
        n += (size_t)bytes;
    }
    options.pages_max = 20;
    td_source *source = tree_open(s->url, &options);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    source->done(source, page->uri, links, N);
    td_page_free(page);
    td_buf lines = tree_pages(source);
    assert_non_null(strstr(lines.ptr, "/page/0?a=b: HTTP 404"));
    assert_non_null(strstr(lines.ptr, "/page/18?a=b"));
    assert_null(strstr(lines.ptr, "/page/19?a=b"));
    td_buf_clear(&lines);
    source->close(source);
    free(links);
    free(text);
    site_stop(s);
}

static void options_out_of_range_are_refused(void **state)
{
    td_source_options options = site_options();
    td_source *source = NULL;

    (void)state;
    options.per_host_max = 0;
    assert_int_equal(td_source_open("http://127.0.0.1/", &options, &source, NULL),
                     TANDEM_E_INVALID);
    options = site_options();
    options.timeout_ms = 0;
    assert_int_equal(td_source_open("http://127.0.0.1/", &options, &source, NULL),
                     TANDEM_E_INVALID);
    assert_null(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_is_crawled_breadth_first_and_each_page_once),
        cmocka_unit_test(the_depth_is_counted_in_links),
        cmocka_unit_test(the_number_of_pages_is_a_limit),
        cmocka_unit_test(below_and_globs_keep_the_crawl_in_its_place),
        cmocka_unit_test(a_binary_page_that_was_named_is_asked_for_and_skipped),
        cmocka_unit_test(an_unchanged_site_is_still_followed_to_its_end),
        cmocka_unit_test(cancel_ends_a_crawl_that_waits),
        cmocka_unit_test(closing_in_the_middle_loses_nothing_but_the_crawl),
        cmocka_unit_test(a_slow_conductor_stops_the_crawl_not_the_memory),
        cmocka_unit_test(few_heavy_pages_stop_the_crawl_as_many_light_ones_do),
        cmocka_unit_test(two_hundred_thousand_links_are_taken_in),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
