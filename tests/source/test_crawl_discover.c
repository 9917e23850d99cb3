#include "source/crawl.h"
#include "source/site.h"

#define XML  "Content-Type: application/xml\r\n"
#define TEXT "Content-Type: text/plain\r\n"

static td_source_options mode_options(td_source_mode mode, uint32_t depth_max)
{
    td_source_options options = site_options();

    options.mode = mode;
    options.depth_max = depth_max;
    return options;
}

static void pages_of_a_named_sitemap_are_fetched_and_nothing_else(void **state)
{
    static const site_page pages[] = {
        {"/map.xml", 0, XML,
         "<urlset><url><loc>/a</loc></url><url><loc>http://other.invalid/x</loc></url>"
         "<url><loc>b?x=1&y=2</loc></url></urlset>"},
        {"/a", 0, NULL, "<a href=\"/c\">a"},
        {"/b?x=1&y=2", 0, NULL, "b"},
        {"/c", 0, NULL, "c"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);

    (void)state;
    site_expect(s, "/map.xml", &options, "+ /a\n+ /b?x=1&y=2\n");
    options.depth_max = 2;
    site_expect(s, "/map.xml", &options, "+ /a\n+ /b?x=1&y=2\n+ /c\n");
    site_stop(s);
}

static void sitemaps_of_robots_txt_come_before_the_usual_places(void **state)
{
    static const site_page pages[] = {
        {"/robots.txt", 0, TEXT, "Sitemap: /maps/one.xml\nUser-agent: *\nDisallow: /secret\n"},
        {"/maps/one.xml", 0, XML,
         "<sitemapindex><sitemap><loc>two.txt</loc></sitemap>"
         "<sitemap><loc>/maps/one.xml</loc></sitemap></sitemapindex>"},
        {"/maps/two.txt", 0, TEXT, "%s"},
        {"/a", 0, NULL, "a"},
        {"/secret", 0, NULL, "no"},
        {0},
    };
    site *s = site_start(pages);
    char list[300];
    site_page known[6];

    (void)state;
    memcpy(known, pages, sizeof(known));
    snprintf(list, sizeof(list), "%s/a\n%s/secret\n", s->url, s->url);
    known[2].body = list;
    s->pages = known;
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);
    site_expect(s, "/", &options, "+ /a\n- /secret: robots.txt forbids it\n");
    assert_int_equal(server_n_requests(s->server, "/sitemap.xml"), 0);
    assert_int_equal(server_n_requests(s->server, "/maps/one.xml"), 1);
    assert_int_equal(server_n_requests(s->server, "/"), 0);
    site_stop(s);
}

static void an_index_leads_three_levels_deep(void **state)
{
#define INDEX(to) "<sitemapindex><sitemap><loc>" to "</loc></sitemap></sitemapindex>"
    static const site_page pages[] = {
        {"/0.xml", 0, XML, INDEX("/1.xml")}, {"/1.xml", 0, XML, INDEX("/2.xml")},
        {"/2.xml", 0, XML, INDEX("/3.xml")}, {"/3.xml", 0, XML, INDEX("/4.xml")},
        {"/4.xml", 0, XML, INDEX("/5.xml")}, {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);

    (void)state;
    td_buf lines = site_crawl(s, "/0.xml", &options);
    td_buf_clear(&lines);
    assert_int_equal(server_n_requests(s->server, "/3.xml"), 1);
    assert_int_equal(server_n_requests(s->server, "/4.xml"), 0);
    site_stop(s);
}

static void an_index_that_names_itself_is_read_once(void **state)
{
    static const site_page pages[] = {
        {"/0.xml", 0, XML,
         "<sitemapindex><sitemap><loc>/0.xml</loc></sitemap><sitemap><loc>/1.xml</loc></sitemap>"
         "<sitemap><loc>/1.xml#x</loc></sitemap></sitemapindex>"},
        {"/1.xml", 0, XML, INDEX("/0.xml")},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);

    (void)state;
    td_buf lines = site_crawl(s, "/0.xml", &options);
    td_buf_clear(&lines);
    assert_int_equal(server_n_requests(s->server, "/0.xml"), 1);
    assert_int_equal(server_n_requests(s->server, "/1.xml"), 1);
    site_stop(s);
}

/* An index of ever more sitemaps that name no page. */
static bool endless_index(void *user, server_request *request)
{
    char body[8192];
    size_t n = 0;
    int at = 0;

    (void)user;
    n += (size_t)snprintf(body, sizeof(body), "<sitemapindex>");
    sscanf(request->path, "/%d.xml", &at);
    for (int i = 1; i <= 100; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "<sitemap><loc>/%d.xml</loc></sitemap>",
                              at * 100 + i);
    snprintf(body + n, sizeof(body) - n, "</sitemapindex>");
    return server_send(request, 200, XML, body);
}

static void sitemaps_without_end_end(void **state)
{
    site *s = site_start_with(NULL, endless_index);
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);
    td_page *page = NULL;
    char url[200];

    (void)state;
    options.no_robots = true;
    options.per_host_max = 6;
    snprintf(url, sizeof(url), "%s/0.xml", s->url);
    td_source *source = tree_open(url, &options);
    while (source->next(source, &page, NULL) == TANDEM_OK && page)
        td_page_free(page);
    assert_int_equal(server_n_requests(s->server, NULL), 1 + TD_SOURCE_SITEMAPS_MAX);
    assert_false(source->is_whole(source)); /* what is not seen is not gone */
    source->close(source);
    site_stop(s);
}

static void a_sitemap_that_is_none_is_named(void **state)
{
    static const site_page pages[] = {
        {"/robots.txt", 0, TEXT, "Sitemap: /gone.xml\nSitemap: /page.xml\n"},
        {"/page.xml", 0, NULL, "<!DOCTYPE html><html>not here</html>"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);

    (void)state;
    site_expect(s, "/", &options,
                "! /gone.xml: HTTP 404\n! /page.xml: it is an HTML page, no sitemap\n");
    site_stop(s);
}

static void a_search_that_finds_nothing_says_so(void **state)
{
    static const site_page pages[] = {{"/", 0, NULL, "x"}, {0}};
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_SITEMAP, 1);

    (void)state;
    td_buf lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "! /: no sitemap: robots.txt names none"));
    td_buf_clear(&lines);
    options.mode = TD_SOURCE_MODE_LLMS;
    lines = site_crawl(s, "/", &options);
    assert_non_null(strstr(lines.ptr, "! /: no llms.txt"));
    td_buf_clear(&lines);
    /* The pages themselves are there to be crawled. */
    options.mode = TD_SOURCE_MODE_AUTO;
    site_expect(s, "/", &options, "+ /\n");
    site_stop(s);
}

static void an_llms_txt_is_a_page_and_its_links_are_too(void **state)
{
    static const site_page pages[] = {
        {"/docs/llms.txt", 0, TEXT, "# Docs\n- [A](a.md): first\n- [B](/docs/b.html)\n"},
        {"/docs/a.md", 0, "Content-Type: text/markdown\r\n", "# A\n"},
        {"/docs/b.html", 0, NULL, "<a href=\"/docs/c.html\">"},
        {"/docs/c.html", 0, NULL, "c"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_LLMS, 1);

    (void)state;
    site_expect(s, "/docs/", &options, "+ /docs/llms.txt\n+ /docs/a.md\n+ /docs/b.html\n");
    site_expect(s, "/docs/llms.txt", &options, "+ /docs/llms.txt\n+ /docs/a.md\n+ /docs/b.html\n");
    site_stop(s);
}

static void a_page_for_every_address_is_no_llms_txt(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL, "<a href=\"/a\">"},
        {"/a", 0, NULL, "a"},
        {"/llms.txt", 0, NULL, "<html><a href=\"/b\">"},
        {"/sitemap.xml", 0, NULL, "<html><a href=\"/b\">"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_AUTO, 100);

    (void)state;
    site_expect(s, "/", &options, "+ /\n+ /a\n");
    site_stop(s);
}

static void auto_takes_all_that_a_site_has(void **state)
{
    static const site_page pages[] = {
        {"/", 0, NULL, "<a href=\"/linked\">"},
        {"/linked", 0, NULL, "l"},
        {"/llms.txt", 0, TEXT, "[m](/from-llms)"},
        {"/from-llms", 0, NULL, "m"},
        {"/sitemap.xml", 0, XML, "<urlset><url><loc>/from-map</loc></url></urlset>"},
        {"/from-map", 0, NULL, "<a href=\"/deep\">"},
        {"/deep", 0, NULL, "d"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_AUTO, 100);

    (void)state;
    site_expect_in_any_order(s, "/", &options,
                             "+ /\n+ /deep\n+ /from-llms\n+ /from-map\n+ /linked\n+ /llms.txt\n");
    site_stop(s);
}

static void a_start_page_may_turn_out_to_be_a_sitemap(void **state)
{
    static const site_page pages[] = {
        {"/pages", 0, XML, "<urlset><url><loc>/a</loc></url></urlset>"},
        {"/a", 0, NULL, "a"},
        {0},
    };
    site *s = site_start(pages);
    td_source_options options = mode_options(TD_SOURCE_MODE_AUTO, 100);

    (void)state;
    site_expect(s, "/pages", &options, "+ /a\n");
    site_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_a_named_sitemap_are_fetched_and_nothing_else),
        cmocka_unit_test(sitemaps_of_robots_txt_come_before_the_usual_places),
        cmocka_unit_test(an_index_leads_three_levels_deep),
        cmocka_unit_test(an_index_that_names_itself_is_read_once),
        cmocka_unit_test(sitemaps_without_end_end),
        cmocka_unit_test(a_sitemap_that_is_none_is_named),
        cmocka_unit_test(a_search_that_finds_nothing_says_so),
        cmocka_unit_test(an_llms_txt_is_a_page_and_its_links_are_too),
        cmocka_unit_test(a_page_for_every_address_is_no_llms_txt),
        cmocka_unit_test(auto_takes_all_that_a_site_has),
        cmocka_unit_test(a_start_page_may_turn_out_to_be_a_sitemap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
