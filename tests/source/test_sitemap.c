#include "base/os.h"
#include "source/sitemap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The entries as lines: "loc", "loc @changed", "> loc" for a sitemap. */
static void note(void *user, const td_source_sitemap_entry *entry)
{
    td_buf *lines = user;

    td_buf_add_fmt(lines, NULL, "%s%.*s", entry->is_sitemap ? "> " : "", TD_STR_FMT(entry->loc));
    if (entry->changed_ms >= 0)
        td_buf_add_fmt(lines, NULL, " @%lld", (long long)entry->changed_ms);
    td_buf_add_byte(lines, '\n', NULL);
}

static tandem_code read_lines(td_str bytes, td_buf *lines, size_t *n_out, tandem_error *err)
{
    *lines = TD_BUF(64 << 20);
    return td_source_sitemap_read(bytes, note, lines, n_out, err);
}

static void expect(td_str bytes, const char *expected)
{
    td_buf lines;
    tandem_error err = {0};
    size_t n = 0;

    if (read_lines(bytes, &lines, &n, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    assert_string_equal(lines.ptr ? lines.ptr : "", expected);
    td_buf_clear(&lines);
}

static void refuse(td_str bytes, tandem_code code, const char *reason)
{
    td_buf lines;
    tandem_error err = {0};
    size_t n = 0;

    assert_int_equal(read_lines(bytes, &lines, &n, &err), code);
    if (!strstr(err.message, reason))
        fail_msg("%s", err.message);
    td_buf_clear(&lines);
}

/* Lines of a golden file; n_first of them are compared with `first`. */
static void check_golden(const char *name, size_t n_expected, const char *first)
{
    char path[4096];
    td_buf bytes = TD_BUF(4 << 20), lines;
    tandem_error err = {0};
    size_t n = 0;

    snprintf(path, sizeof(path), "%s/sitemap/%s", getenv("TANDEM_GOLDEN"), name);
    assert_int_equal(td_os_read_file(path, bytes.n_max, &bytes, NULL), TANDEM_OK);
    if (read_lines(td_buf_str(&bytes), &lines, &n, &err) != TANDEM_OK)
        fail_msg("%s: %s", name, err.message);
    if (n != n_expected || !td_str_starts(td_buf_str(&lines), td_str_from(first)))
        fail_msg("%s: %zu entries: %.200s", name, n, lines.ptr);
    td_buf_clear(&bytes);
    td_buf_clear(&lines);
}

static void every_golden_file_gives_its_addresses(void **state)
{
    (void)state;
    check_golden("sitemap.txt", 2, "http://www.domain.com/page1.html\n");
    check_golden("sitemap.txt.gz", 5, "http://www.example.com/\n");
    check_golden("sitemap-with-bom.txt", 2, "http://www.domain.com/page1.html\n");
    check_golden("do-not-visit.txt", 1, "http://www.example.com/do-not-visit-here\n");
    check_golden("sitemap.ns.xml", 2, "http://www.example.com/1\nhttp://www.example.com/2\n");
    check_golden("sitemap.badns.xml", 2, "http://www.example.com/1\nhttp://www.example.com/2\n");
    check_golden("sitemap.index.xml", 15,
                 "> https://example.com/sitemap.jss?portalCode=10260&lang=en\n");
    check_golden("xmlSitemap.gz", 5, "http://www.example.com/ @1104623999999\n");
    check_golden("atom.xml", 1, "http://example.org/2003/12/13/atom03");
    check_golden("rss/feed.rss", 3, "https://www.example.com/blog/post/1\n");
    check_golden("rss/xmlRss_pubDate.xml", 7, "http://www.example.com/article_1\n");
    check_golden("extension/hebdenbridgetimes-articles-sitemap.xml", 74, "http");
    check_golden("extension/pagemaps-sitemap.xml", 2, "http");
    check_golden("extension/shinpaideshou-news-sitemap.xml", 3, "http");
    check_golden("extension/sitemap-images.xml", 1, "http");
    check_golden("extension/sitemap-links.xml", 3, "http");
    check_golden("extension/sitemap-mobile.xml", 3, "http");
    check_golden("extension/sitemap-news.xml", 2, "http");
    check_golden("extension/sitemap-videos-tvshow.xml", 1, "http");
    check_golden("extension/sitemap-videos.xml", 3, "http");
}

static void only_the_loc_of_an_entry_is_its_address(void **state)
{
    (void)state;
    expect(TD_STR("<s:urlset><loc>http://a/0</loc><s:url><image:image><image:loc>http://a/i"
                  "</image:loc></image:image><s:lastmod>2024-05-01</s:lastmod>"
                  "<s:loc> http://a/1\n</s:loc></s:url><url/></s:urlset>"),
           "http://a/1 @1714607999999\n");
    expect(TD_STR("<sitemapindex><sitemap><loc>http://a/m.xml</loc></sitemap></sitemapindex>"),
           "> http://a/m.xml\n");
    expect(TD_STR("<urlset/>"), "");
}

static void a_bare_ampersand_is_read_as_meant(void **state)
{
    (void)state;
    expect(TD_STR("<urlset><url><loc>http://a/?x=1&y=2&amp;z=&#51;&nbsp;</loc></url></urlset>"),
           "http://a/?x=1&y=2&z=3&nbsp;\n");
}

static void what_is_no_sitemap_is_named(void **state)
{
    (void)state;
    refuse(TD_STR("<!DOCTYPE html><html><p>Not found"), TANDEM_E_FORMAT, "an HTML page");
    refuse(TD_STR("<?xml version='1.0'?><HTML/>"), TANDEM_E_FORMAT, "an HTML page");
    refuse(TD_STR("<svg/>"), TANDEM_E_FORMAT, "it begins with svg");
    refuse(TD_STR("User-agent: *\n"), TANDEM_E_FORMAT, "neither XML nor a list");
    refuse(TD_STR(" \n"), TANDEM_E_FORMAT, "empty");
    refuse(TD_STR("\x1f\x8b\x08 damaged"), TANDEM_E_FORMAT, "damaged gzip");
    refuse(TD_STR("<urlset>\n<url><loc>http://a/1</loc></url>\n<url>"), TANDEM_E_FORMAT,
           "line 3: no element found (1 addresses before it)");
}

static void entities_are_refused_before_they_grow(void **state)
{
    (void)state;
    refuse(TD_STR("<!DOCTYPE urlset [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><urlset><url><loc>"
                  "http://a/&b;</loc></url></urlset>"),
           TANDEM_E_FORMAT, "declares an entity");
    refuse(TD_STR("<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><urlset/>"),
           TANDEM_E_FORMAT, "declares an entity");
}

static void entries_past_the_limit_and_endless_texts_are_left_out(void **state)
{
    td_buf text = TD_BUF(64 << 20), lines;
    size_t n = 0;

    (void)state;
    td_buf_add(&text, TD_STR("<urlset>"), NULL);
    for (int i = 0; i < 60000; i++)
        td_buf_add_fmt(&text, NULL, "<url><loc>http://a/%d</loc></url>", i);
    td_buf_add(&text, TD_STR("</urlset>"), NULL);
    assert_int_equal(read_lines(td_buf_str(&text), &lines, &n, NULL), TANDEM_OK);
    assert_int_equal(n, TD_SOURCE_SITEMAP_ENTRIES_MAX);
    td_buf_clear(&lines);

    td_buf_cut(&text, 0);
    td_buf_add(&text, TD_STR("<urlset><url><loc>http://a/"), NULL);
    for (int i = 0; i < 10000; i++)
        td_buf_add(&text, TD_STR("xxxx"), NULL);
    td_buf_add(&text, TD_STR("</loc></url><url><loc>http://a/1</loc></url></urlset>"), NULL);
    expect(td_buf_str(&text), "http://a/1\n");

    /* A reference cuts the text in pieces, of which the last does not fit: it is no part of it. */
    td_buf_cut(&text, 0);
    td_buf_add(&text, TD_STR("<urlset><url><loc>http://a/"), NULL);
    for (int i = 0; i < 8100; i++)
        td_buf_add_byte(&text, 'x', NULL);
    td_buf_add(&text, TD_STR("&amp;"), NULL);
    for (int i = 0; i < 1000; i++)
        td_buf_add_byte(&text, 'y', NULL);
    td_buf_add(&text, TD_STR("</loc></url><url><loc>http://a/1</loc></url></urlset>"), NULL);
    expect(td_buf_str(&text), "http://a/1\n");
    td_buf_clear(&text);
}

static void a_time_is_the_last_moment_that_it_can_mean(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01", 86399999},
        {"1970", 31535999999},
        {"1970-12", 31535999999},
        {"2024-02-29T12:00:00Z", 1709208000999},
        {"2024-02-29T12:00Z", 1709208059999},
        {"2024-02-29T12:00:00.123+02:00", 1709200800999},
        {"2024-02-29T12:00:00-0130", 1709213400999},
        {" 2024-02-29 12:00:00 ", 1709208000999},
        {"29 Feb 2024", -1},
        {"2024-13-01", -1},
        {"2024-02-29T25:00Z", -1},
        {"2024-02-29T12:00:00 CET", -1},
        {"1969-12-31", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (td_source_sitemap_time(td_str_from(cases[i].text)) != cases[i].ms)
            fail_msg("%s: %lld", cases[i].text,
                     (long long)td_source_sitemap_time(td_str_from(cases[i].text)));
}

static void a_sitemap_is_told_by_its_head(void **state)
{
    (void)state;
    assert_true(td_source_sitemap_is_one(TD_STR("<?xml?>\n<urlset xmlns=''>")));
    assert_true(td_source_sitemap_is_one(TD_STR("<sitemapindex>")));
    assert_false(td_source_sitemap_is_one(TD_STR("<html><pre>&lt;urlset>")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_file_gives_its_addresses),
        cmocka_unit_test(only_the_loc_of_an_entry_is_its_address),
        cmocka_unit_test(a_bare_ampersand_is_read_as_meant),
        cmocka_unit_test(what_is_no_sitemap_is_named),
        cmocka_unit_test(entities_are_refused_before_they_grow),
        cmocka_unit_test(entries_past_the_limit_and_endless_texts_are_left_out),
        cmocka_unit_test(a_time_is_the_last_moment_that_it_can_mean),
        cmocka_unit_test(a_sitemap_is_told_by_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
