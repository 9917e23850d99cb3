#include "extract/markdown_escape.h"
#include "support.h"

static void assert_at(const char *line, size_t expected)
{
    assert_int_equal(td_extract_markdown_escape_line(td_str_from(line)), expected);
}

static void what_begins_a_block_needs_a_backslash(void **state)
{
    (void)state;
    assert_at("- a", 0);
    assert_at("+ a", 0);
    assert_at("* a", 0);
    assert_at("-", 0);
    assert_at("+", 0);
    assert_at("# a", 0);
    assert_at("###### ", 0);
    assert_at("> a", 0);
    assert_at("1. a", 1);
    assert_at("12) a", 2);
    assert_at("1.", 1);
    assert_at("~~~ a", 0);
    assert_at("``` a", 0);
    assert_at("===", 0);
    assert_at("- - -", 0);
    assert_at("[a]: b", 0);
}

static void what_begins_none_stays_as_it_is(void **state)
{
    (void)state;
    assert_at("", TD_STR_NONE);
    assert_at("-a", TD_STR_NONE);
    assert_at("#a", TD_STR_NONE);
    assert_at("####### a", TD_STR_NONE);
    assert_at("1.5", TD_STR_NONE);
    assert_at("1234567890. a", TD_STR_NONE);
    assert_at("```a``` b", TD_STR_NONE);
    assert_at("[a] b", TD_STR_NONE);
    assert_at("[a](b): c", TD_STR_NONE);
    assert_at("**a**", TD_STR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_begins_a_block_needs_a_backslash),
        cmocka_unit_test(what_begins_none_stays_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
