#include "extract/content_related.h"
#include "support.h"

#define TEXT  "Words that make up the text of the page and are many more than a few."
#define LINKS "<ul><li><a href=/1>Another article</a><li><a href=/2>One more of them</a></ul>"

static void knows_headings_in_several_languages(void **state)
{
    static const char *const LINES[] = {"Related Articles", "Auch interessant:",
                                        "Leggi anche",      "\xC3\x84hnliche Beitr\xC3\xA4ge",
                                        "Lees ook...",      "READ NEXT"};
    static const char *const OTHERS[] = {"Related work", "See also", "Further reading", "", "Rel"};

    (void)state;
    for (size_t i = 0; i < sizeof(LINES) / sizeof(*LINES); i++)
        assert_true(td_extract_content_related_is_heading(td_str_from(LINES[i])));
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(*OTHERS); i++)
        assert_false(td_extract_content_related_is_heading(td_str_from(OTHERS[i])));
}

static void knows_what_blog_software_says(void **state)
{
    (void)state;
    assert_true(td_extract_content_related_is_said_by_software(TD_STR("Comments are closed.")));
    assert_true(td_extract_content_related_is_said_by_software(
        TD_STR("This site uses Akismet to reduce spam. Learn how your data is processed.")));
    assert_false(td_extract_content_related_is_said_by_software(TD_STR("Comments are code.")));
}

static void drops_lists_of_other_articles(void **state)
{
    (void)state;
    assert_markdown("<main><p>" TEXT "</p><h3>Related articles</h3>" LINKS "</main>", TEXT "\n");
    assert_markdown("<main><p>" TEXT "</p><div><div><b>Lesen Sie auch</b></div></div>" LINKS
                    "<h2>More</h2><p>b</p></main>",
                    TEXT "\n\n## More\n\nb\n");
    assert_markdown("<main><p>" TEXT "</p><p>Comments are closed.</p></main>", TEXT "\n");
}

static void keeps_what_only_sounds_so(void **state)
{
    (void)state;
    assert_markdown("<main><h3>Related</h3><p>" TEXT "</p></main>", "### Related\n\n" TEXT "\n");
    assert_markdown("<main><pre>make</pre><h2>Related</h2><p><a href=https://b.example>It</a></p>",
                    "```\nmake\n```\n\n## Related\n\n[It](https://b.example)\n");
    assert_markdown("<main><h1>Most read</h1><p><a href=https://b.example>" TEXT "</a></p></main>",
                    "# Most read\n\n[" TEXT "](https://b.example)\n");
}

static void keeps_code_below_such_a_heading(void **state)
{
    td_document *document =
        test_html("<meta property=og:type content=article><main><p>" TEXT " " TEXT
                  "</p><h3>Related articles</h3>" LINKS "<pre>make</pre></main>");

    (void)state;
    assert_true(td_str_find(document->text, TD_STR("```"), 0) != TD_STR_NONE);
    td_document_free(document);
}

/* Each may reach to the page's end: ten thousand on a page took minutes. */
static void looks_below_no_more_than_a_hundred_headings(void **state)
{
    (void)state;
    for (size_t n = 99; n <= 100; n++) {
        td_str page = test_repeat("<p>Related</p>", n,
                                  "<p>" TEXT "</p><h3>Related articles</h3>" LINKS "<h2>b</h2>");
        td_document *document = test_html(page.ptr);
        bool kept = td_str_find(document->text, TD_STR("Another"), 0) != TD_STR_NONE;

        assert_int_equal(kept, n == 100);
        td_document_free(document);
        free((char *)(uintptr_t)page.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_headings_in_several_languages),
        cmocka_unit_test(knows_what_blog_software_says),
        cmocka_unit_test(drops_lists_of_other_articles),
        cmocka_unit_test(keeps_what_only_sounds_so),
        cmocka_unit_test(keeps_code_below_such_a_heading),
        cmocka_unit_test(looks_below_no_more_than_a_hundred_headings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
