#include "base/buf.h"
#include "source/llms_txt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void note(void *user, td_str href)
{
    td_buf_add_fmt(user, NULL, "%.*s\n", TD_STR_FMT(href));
}

static void expect(const char *text, const char *expected)
{
    td_buf lines = TD_BUF(10000);

    td_source_llms_txt_links(td_str_from(text), note, &lines);
    assert_string_equal(lines.ptr ? lines.ptr : "", expected);
    td_buf_clear(&lines);
}

static void the_links_of_the_lists_are_found(void **state)
{
    (void)state;
    expect("# Docs\n\n> About\n\n## Guide\n\n"
           "- [Start](https://a.example/start.md): how to begin\n"
           "- [Next](next.md \"the next\")\n* [Odd](</a b.md>) and [more](/x_(y).md)\n"
           "1. <https://a.example/auto>\n",
           "https://a.example/start.md\nnext.md\n/a b.md\n/x_(y).md\nhttps://a.example/auto\n");
}

static void bare_addresses_end_before_the_punctuation(void **state)
{
    (void)state;
    expect("https://a.example/one\nSee http://a.example/two, or (https://a.example/x_y).\n"
           "| https://a.example/t|\n**https://a.example/b**\n",
           "https://a.example/one\nhttp://a.example/two\nhttps://a.example/x_y\n"
           "https://a.example/t\nhttps://a.example/b\n");
}

static void a_link_whose_name_is_an_address_counts_both(void **state)
{
    (void)state;
    expect("[https://a.example/](https://a.example/x)",
           "https://a.example/\nhttps://a.example/x\n");
}

static void code_and_fragments_are_no_links(void **state)
{
    (void)state;
    expect("```sh\ncurl https://a.example/code\n```\n[up](#top) []() [x](\n[y](z", "z\n");
}

static void the_file_is_told_by_its_name(void **state)
{
    (void)state;
    assert_true(td_source_llms_txt_name(TD_STR("/llms.txt")));
    assert_true(td_source_llms_txt_name(TD_STR("/docs/llms-full.txt")));
    assert_false(td_source_llms_txt_name(TD_STR("/my-llms.txt")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_links_of_the_lists_are_found),
        cmocka_unit_test(bare_addresses_end_before_the_punctuation),
        cmocka_unit_test(a_link_whose_name_is_an_address_counts_both),
        cmocka_unit_test(code_and_fragments_are_no_links),
        cmocka_unit_test(the_file_is_told_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
