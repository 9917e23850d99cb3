#include "extract/skim.h"
#include "support.h"

#include <dirent.h>

static void check(const char *html, const char *expected)
{
    td_buf out = TD_BUF(1 << 20);

    assert_int_equal(td_extract_skim(td_str_from(html), &out, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), expected);
    td_buf_clear(&out);
}

static void keeps_the_head_and_the_links(void **state)
{
    (void)state;
    check(
        "<!DOCTYPE html><html lang=en><head><title>A &amp; B</title><meta name=robots content=none>"
        "</head><body><div class=x><p>text <a href='/a' onclick=\"f('>')\">the <b>a</b></a> text"
        "<table><tr><td><a href=b><img src=i alt=I></a></table><img alt=J></html>",
        "<html lang=\"en\"><title>A &amp; B</title><meta name=\"robots\" content=\"none\">"
        "<a href=\"/a\">the a</a><a href=\"b\"><img src=\"i\" alt=\"I\"></a>");
}

static void reads_no_links_where_there_are_none(void **state)
{
    (void)state;
    check("<!-- <a href=1>x</a> --><script>'<a href=2>'</script><style><a href=3></style>"
          "<textarea><a href=4></textarea><title><a href=5></title><p title='<a href=6>'>"
          "<p title=\"'<a href=7>\"><a href=8",
          "<title>&lt;a href=5></title>");
}

static void ends_what_is_left_open_before_the_next_begins(void **state)
{
    (void)state;
    check("<a href=1>one<a href=2>two</p>", "<a href=\"1\">one</a><a href=\"2\">two ");
    check("<h1>a<a href=1>b</h1>c</a>", "<h1>a<a href=\"1\">b</a></h1>");
    check("<a href=1><h1>a</a>b</h1><h1>c</h1>", "<a href=\"1\"><h1>a</h1></a>");
    check("<svg><svg><title/></svg><title>i</title>", "<svg></svg><title>i</title>");
}

static void keeps_words_apart(void **state)
{
    (void)state;
    check("<a href=1><div>a</div>b<br>c<span>d</span></a>", "<a href=\"1\"> a b cd</a>");
}

static void keeps_no_more_of_a_text_than_is_read(void **state)
{
    td_buf out = TD_BUF(1 << 20);
    td_str long_text = test_repeat("\xc3\xa4<i>", 5000, "</a>");
    td_str long_title = test_repeat("x", 9000, "</title>");

    (void)state;
    td_buf_add(&out, TD_STR("<a href=1>"), NULL);
    td_buf html = TD_BUF(1 << 20);
    td_buf_add(&html, td_buf_str(&out), NULL);
    td_buf_add(&html, long_text, NULL);
    td_buf_add(&html, TD_STR("<title>"), NULL);
    td_buf_add(&html, long_title, NULL);
    td_buf_cut(&out, 0);
    assert_int_equal(td_extract_skim(td_buf_str(&html), &out, NULL), TANDEM_OK);
    assert_true(out.n > 2000 && out.n < 4200);
    assert_int_equal(td_utf8_valid_n(td_buf_str(&out)), out.n);
    td_buf_clear(&out);
    td_buf_clear(&html);
    free((void *)long_text.ptr);
    free((void *)long_title.ptr);
}

static void keeps_so_many_elements_and_no_more(void **state)
{
    td_buf out = TD_BUF(64 << 20);
    td_str html = test_repeat("<a href=x>", 200100, "<title>t</title>");

    (void)state;
    assert_int_equal(td_extract_skim(html, &out, NULL), TANDEM_OK);
    /* The last of them is left open. */
    assert_int_equal(out.n, 200000 * strlen("<a href=\"x\"></a>") - strlen("</a>") +
                                strlen("<title>t</title>"));
    td_buf_clear(&out);
    free((void *)html.ptr);
}

static void assert_same(td_str a, td_str b, const char *what, const char *path)
{
    if (!td_str_eq(a, b))
        fail_msg("%s of %s: |%.*s| by links alone, |%.*s| by the whole", what, path, TD_STR_FMT(a),
                 TD_STR_FMT(b));
}

static td_document *links_of(td_str html)
{
    td_extract_options options = test_options();
    td_document *skimmed = NULL;

    options.links_only = true;
    assert_int_equal(test_read_with(BASE_URI, "text/html", html, &options, &skimmed, NULL),
                     TANDEM_OK);
    return skimmed;
}

/* The whole page's tree is the oracle. */
static size_t compare_text(td_str html, const char *path)
{
    td_document *skimmed = links_of(html), *whole = test_read(BASE_URI, "text/html", html);

    assert_same(skimmed->title, whole->title, "title", path);
    assert_same(skimmed->description, whole->description, "description", path);
    assert_same(skimmed->canonical, whole->canonical, "canonical address", path);
    assert_same(skimmed->natural_language, whole->natural_language, "language", path);
    assert_int_equal(skimmed->noindex, whole->noindex);
    assert_int_equal(skimmed->nofollow, whole->nofollow);
    for (size_t i = 0; i < whole->n_links && i < skimmed->n_links; i++) {
        assert_same(skimmed->links[i].href, whole->links[i].href, "link", path);
        assert_same(skimmed->links[i].text, whole->links[i].text, "link's text", path);
        assert_int_equal(skimmed->links[i].nofollow, whole->links[i].nofollow);
    }
    assert_int_equal(skimmed->n_links, whole->n_links);
    size_t n = whole->n_links;
    td_document_free(skimmed);
    td_document_free(whole);
    return n;
}

static size_t compare(const char *path)
{
    td_buf html = TD_BUF(1 << 24);

    assert_int_equal(td_os_read_file(path, 1 << 24, &html, NULL), TANDEM_OK);
    size_t n = compare_text(td_buf_str(&html), path);
    td_buf_clear(&html);
    return n;
}

/* In a drawing an element holds what follows if it does not say that it holds nothing, but for
 * those that end the drawing. */
static void reads_drawings_as_the_tree_has_them(void **state)
{
    static const char *const PAGES[] = {
        "<svg><link href=a><a href=1>x</a></svg><a href=2>y</a>",
        "<svg><area href=1 alt=x><base href=/b/><a href=2>y</a><p><a href=3>z</a>",
        "<svg><a href=1 />x<a href=2 />y</svg><a href=3>z</a>",
        "<svg><p><a href=1 />x</a>y<a href=2>z</a>",
        "<svg><a href=1><img alt=x></a><a href=2 />y</a>",
        "<svg><g><h1>t</h1><a href=1 />x</a></svg>",
        "<svg><foreignObject><p><a href=1>x</a></p></foreignObject></svg><a href=2>y</a>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(PAGES) / sizeof(*PAGES); i++) {
        td_buf html = TD_BUF(1000);

        assert_int_equal(td_buf_add_fmt(&html, NULL, "%s<p>text", PAGES[i]), TANDEM_OK);
        assert_true(compare_text(td_buf_str(&html), PAGES[i]) > 0);
        td_buf_clear(&html);
    }
}

static void assert_links(td_str html, size_t expected)
{
    td_document *document = links_of(html);

    assert_int_equal(document->n_links, expected);
    td_document_free(document);
    free((void *)html.ptr);
}

static void frames_within_frames_are_links(void **state)
{
    (void)state;
    check("<frameset><frame src=1><frameset><frame src=2></frameset><frame src=3></frameset>",
          "<frameset><frame src=\"1\"><frame src=\"2\"><frame src=\"3\">");
}

/* Each of these made a tree as deep as it has pieces, too large for its memory. */
static void deep_pages_keep_their_links(void **state)
{
    (void)state;
    assert_links(test_repeat("<frameset><frame src=a>", 150000, ""), 150000);
    assert_links(test_repeat("<svg><link href=a></link><a href=b>x", 99000, ""), 99000);
    assert_links(test_repeat("<svg><area href=a><a href=b>x", 99000, ""), 198000);
    assert_links(test_repeat("<svg><a href=\"a\"/>x", 150000, ""), 150000);
}

static size_t compare_folder(const char *folder_path)
{
    DIR *folder = opendir(folder_path);
    struct dirent *entry;
    size_t n = 0;

    while (folder && (entry = readdir(folder))) {
        char path[1024];

        snprintf(path, sizeof(path), "%s/%s", folder_path, entry->d_name);
        if (td_str_ends(td_str_from(entry->d_name), TD_STR(".html")))
            n += compare(path);
    }
    if (folder)
        closedir(folder);
    return n;
}

static void finds_the_links_that_the_whole_page_has(void **state)
{
    char path[1024];

    (void)state;
    snprintf(path, sizeof(path), "%s/extract", getenv("TANDEM_GOLDEN"));
    assert_true(compare_folder(path) > 10);
}

static void finds_the_links_of_the_python_documentation(void **state)
{
    (void)state;
    if (compare_folder("/usr/share/doc/python3-doc/html/tutorial") == 0) {
        print_message("package python3-doc is not installed\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_head_and_the_links),
        cmocka_unit_test(reads_no_links_where_there_are_none),
        cmocka_unit_test(ends_what_is_left_open_before_the_next_begins),
        cmocka_unit_test(keeps_words_apart),
        cmocka_unit_test(reads_drawings_as_the_tree_has_them),
        cmocka_unit_test(frames_within_frames_are_links),
        cmocka_unit_test(deep_pages_keep_their_links),
        cmocka_unit_test(keeps_no_more_of_a_text_than_is_read),
        cmocka_unit_test(keeps_so_many_elements_and_no_more),
        cmocka_unit_test(finds_the_links_that_the_whole_page_has),
        cmocka_unit_test(finds_the_links_of_the_python_documentation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
