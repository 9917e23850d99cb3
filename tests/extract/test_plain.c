#include "extract/plain.h"
#include "support.h"

static void takes_the_first_heading_of_markdown_for_its_title(void **state)
{
    static const char *const CASES[][2] = {
        {"text\n\n# Title #\n", "Title"},
        {"Title\n=====\n", "Title"},
        {"```\n# no\n```\n# Yes\n", "Yes"},
        {"## Only second\n", "x.md"},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; CASES[i][1]; i++) {
        td_document *d = test_read("x.md", "", td_str_from(CASES[i][0]));

        assert_str(d->title, CASES[i][1]);
        assert_str(d->text, CASES[i][0]);
        td_document_free(d);
    }
}

static void reads_a_front_matter_and_leaves_it_in_the_text(void **state)
{
    const char *text = "---\ntitle: \"A: b\"\ndate: 2024-01-02\nauthor: Ada\ntags:\n  - x\n"
                       "description: 'D'\n---\n# H\n";
    td_document *d = test_read("x.md", "", td_str_from(text));

    (void)state;
    assert_str(d->title, "A: b");
    assert_str(d->date, "2024-01-02");
    assert_str(d->author, "Ada");
    assert_str(d->description, "D");
    assert_str(d->text, text);
    td_document_free(d);
}

static void takes_a_rule_for_no_front_matter(void **state)
{
    td_document *d = test_read("x.md", "", TD_STR("---\ntitle: x\n"));

    (void)state;
    assert_str(d->title, "x.md");
    td_document_free(d);
}

static void a_front_matter_ends_at_a_line_of_its_own(void **state)
{
    td_document *d = test_read("x.md", "", TD_STR("---\na: b\n---c\ntitle: x\n...\ndate: y\n"));

    (void)state;
    assert_str(d->title, "x");
    assert_str(d->date, "");
    td_document_free(d);
    assert_int_equal(td_extract_plain_front_matter(TD_STR("---\na: b\n--- \nc")), 13);
    assert_int_equal(td_extract_plain_front_matter(TD_STR("---\na: b\n----\nc")), 0);
    assert_int_equal(td_extract_plain_front_matter(TD_STR(" ---\na: b\n---\nc")), 0);
}

static void takes_an_underlined_line_for_the_title_of_rst(void **state)
{
    td_document *d = test_read("x.rst", "", TD_STR(".. x\n\n=====\nTitle\n=====\n\ntext\n"));

    (void)state;
    assert_str(d->title, "Title");
    td_document_free(d);
}

static void cuts_a_long_title_between_characters(void **state)
{
    td_str title = test_repeat("\xE2\x82\xAC", 500, "");
    char page[2000];
    td_document *d;

    (void)state;
    snprintf(page, sizeof(page), "---\ntitle: %s\n---\ntext\n", title.ptr);
    d = test_read("x.md", "", td_str_from(page));
    assert_int_equal(d->title.n, 999);
    td_document_free(d);
    free((char *)(uintptr_t)title.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_first_heading_of_markdown_for_its_title),
        cmocka_unit_test(reads_a_front_matter_and_leaves_it_in_the_text),
        cmocka_unit_test(takes_a_rule_for_no_front_matter),
        cmocka_unit_test(a_front_matter_ends_at_a_line_of_its_own),
        cmocka_unit_test(takes_an_underlined_line_for_the_title_of_rst),
        cmocka_unit_test(cuts_a_long_title_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
