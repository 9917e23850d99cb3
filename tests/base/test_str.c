#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void compares_bytes_and_takes_no_notice_of_where_they_lie(void **state)
{
    (void)state;
    char copy[] = "abc";
    assert_true(td_str_eq(TD_STR("abc"), td_str_from(copy)));
    assert_false(td_str_eq(TD_STR("abc"), TD_STR("abd")));
    assert_false(td_str_eq(TD_STR("abc"), TD_STR("ab")));
    assert_true(td_str_eq((td_str){0}, TD_STR("")));
    assert_true(td_str_eq(td_str_from(NULL), TD_STR("")));
}

static void folds_ascii_case_only(void **state)
{
    (void)state;
    assert_true(td_str_eq_nocase(TD_STR("Content-TYPE"), TD_STR("content-type")));
    assert_false(td_str_eq_nocase(TD_STR("a"), TD_STR("ab")));
    assert_false(td_str_eq_nocase(TD_STR("\xC3\x89"), TD_STR("\xC3\xA9"))); /* E acute, e acute */
    assert_false(td_str_eq_nocase(TD_STR("@"), TD_STR("`")));
    assert_false(td_str_eq_nocase(TD_STR("["), TD_STR("{")));
}

static void knows_how_a_text_starts_and_ends(void **state)
{
    (void)state;
    td_str s = TD_STR("README.Md");
    assert_true(td_str_starts(s, TD_STR("READ")));
    assert_false(td_str_starts(s, TD_STR("read")));
    assert_true(td_str_starts_nocase(s, TD_STR("read")));
    assert_true(td_str_ends(s, TD_STR(".Md")));
    assert_false(td_str_ends(s, TD_STR(".md")));
    assert_true(td_str_ends_nocase(s, TD_STR(".md")));
    assert_true(td_str_starts(s, TD_STR("")) && td_str_ends(s, TD_STR("")));
    assert_false(td_str_starts(TD_STR("ab"), TD_STR("abc")));
    assert_false(td_str_ends_nocase(TD_STR("bc"), TD_STR("abc")));
}

static void orders_by_bytes_then_by_length(void **state)
{
    (void)state;
    assert_true(td_str_compare(TD_STR("a"), TD_STR("b")) < 0);
    assert_true(td_str_compare(TD_STR("ab"), TD_STR("a")) > 0);
    assert_true(td_str_compare(TD_STR("\x80"), TD_STR("a")) > 0);
    assert_int_equal(td_str_compare(TD_STR("a"), TD_STR("a")), 0);
    assert_int_equal(td_str_compare((td_str){0}, TD_STR("")), 0);
    assert_true(td_str_compare((td_str){0}, TD_STR("a")) < 0);
}

static void finds_the_first_match_from_an_offset(void **state)
{
    (void)state;
    td_str s = TD_STR("one two two");
    assert_int_equal(td_str_find(s, TD_STR("two"), 0), 4);
    assert_int_equal(td_str_find(s, TD_STR("two"), 5), 8);
    assert_int_equal(td_str_find(s, TD_STR("two"), 9), TD_STR_NONE);
    assert_int_equal(td_str_find(s, TD_STR("three"), 0), TD_STR_NONE);
    assert_int_equal(td_str_find(s, TD_STR("x"), 99), TD_STR_NONE);
    assert_int_equal(td_str_find(s, TD_STR(""), 3), 3);
    assert_int_equal(td_str_find(s, TD_STR(""), s.n), s.n);
    assert_int_equal(td_str_find((td_str){0}, TD_STR("x"), 0), TD_STR_NONE);
}

static void finds_a_byte_from_either_end(void **state)
{
    (void)state;
    td_str s = TD_STR("a/b/c");
    assert_int_equal(td_str_find_byte(s, '/', 0), 1);
    assert_int_equal(td_str_find_byte(s, '/', 2), 3);
    assert_int_equal(td_str_find_byte(s, '/', 4), TD_STR_NONE);
    assert_int_equal(td_str_find_byte(s, '/', 5), TD_STR_NONE);
    assert_int_equal(td_str_find_last_byte(s, '/'), 3);
    assert_int_equal(td_str_find_last_byte(s, 'a'), 0);
    assert_int_equal(td_str_find_last_byte(s, 'x'), TD_STR_NONE);
    assert_int_equal(td_str_find_byte(TD_STR("\xFF"), '\xFF', 0), 0);
}

static void clamps_a_slice_to_its_text(void **state)
{
    (void)state;
    td_str s = TD_STR("abcdef");
    assert_true(td_str_eq(td_str_slice(s, 1, 3), TD_STR("bc")));
    assert_true(td_str_eq(td_str_slice(s, 4, 99), TD_STR("ef")));
    assert_int_equal(td_str_slice(s, 99, 3).n, 0);
    assert_int_equal(td_str_slice(s, 99, 999).n, 0);
}

static void trims_both_ends_and_nothing_inside(void **state)
{
    (void)state;
    assert_true(td_str_eq(td_str_trim(TD_STR(" \t\r\n a b\v\f ")), TD_STR("a b")));
    assert_int_equal(td_str_trim(TD_STR(" \n ")).n, 0);
    assert_int_equal(td_str_trim((td_str){0}).n, 0);
}

static void cuts_parts_off_without_an_empty_last_one(void **state)
{
    (void)state;
    td_str rest = TD_STR("a,,b,");
    td_str part;
    assert_true(td_str_next(&rest, ',', &part));
    assert_true(td_str_eq(part, TD_STR("a")));
    assert_true(td_str_next(&rest, ',', &part));
    assert_int_equal(part.n, 0);
    assert_true(td_str_next(&rest, ',', &part));
    assert_true(td_str_eq(part, TD_STR("b")));
    assert_false(td_str_next(&rest, ',', &part));
    assert_true(td_str_eq(part, TD_STR("b")));
}

static void reads_a_whole_number_or_nothing(void **state)
{
    (void)state;
    uint64_t value = 5;
    assert_true(td_str_to_u64(TD_STR("0"), &value) && value == 0);
    assert_true(td_str_to_u64(TD_STR("007"), &value) && value == 7);
    assert_true(td_str_to_u64(TD_STR("18446744073709551615"), &value) && value == UINT64_MAX);
    value = 5;
    assert_false(td_str_to_u64(TD_STR("18446744073709551616"), &value));
    assert_false(td_str_to_u64(TD_STR("99999999999999999999"), &value));
    assert_false(td_str_to_u64(TD_STR(""), &value));
    assert_false(td_str_to_u64(TD_STR("-1"), &value));
    assert_false(td_str_to_u64(TD_STR("+1"), &value));
    assert_false(td_str_to_u64(TD_STR("1 "), &value));
    assert_int_equal(value, 5);
}

static void counts_edits_and_swaps_of_neighbours(void **state)
{
    (void)state;
    assert_int_equal(td_str_distance(TD_STR("limit"), TD_STR("limit"), 3), 0);
    assert_int_equal(td_str_distance(TD_STR("limit"), TD_STR("limti"), 3), 1);
    assert_int_equal(td_str_distance(TD_STR("limit"), TD_STR("limits"), 3), 1);
    assert_int_equal(td_str_distance(TD_STR("limit"), TD_STR("imit"), 3), 1);
    assert_int_equal(td_str_distance(TD_STR("limit"), TD_STR("lamit"), 3), 1);
    assert_int_equal(td_str_distance(TD_STR("kitten"), TD_STR("sitting"), 9), 3);
    assert_int_equal(td_str_distance(TD_STR("ab"), TD_STR("ba"), 1), 1);
    assert_int_equal(td_str_distance(TD_STR("badc"), TD_STR("abcd"), 2), 2);
    assert_int_equal(td_str_distance(TD_STR(""), TD_STR("abc"), 5), 3);
    assert_int_equal(td_str_distance(TD_STR(""), TD_STR(""), 0), 0);
}

static void stops_counting_past_the_most(void **state)
{
    (void)state;
    assert_int_equal(td_str_distance(TD_STR("abcdef"), TD_STR("uvwxyz"), 2), 3);
    assert_int_equal(td_str_distance(TD_STR("a"), TD_STR("abcdef"), 2), 3);
    assert_int_equal(td_str_distance(TD_STR("ab"), TD_STR("ba"), 0), 1);
    char much[200];
    memset(much, 'a', sizeof(much));
    td_str text = {much, sizeof(much)};
    assert_int_equal(td_str_distance(text, text, 4), 5);
    assert_int_equal(td_str_distance(text, TD_STR("a"), SIZE_MAX), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes_and_takes_no_notice_of_where_they_lie),
        cmocka_unit_test(folds_ascii_case_only),
        cmocka_unit_test(knows_how_a_text_starts_and_ends),
        cmocka_unit_test(orders_by_bytes_then_by_length),
        cmocka_unit_test(finds_the_first_match_from_an_offset),
        cmocka_unit_test(finds_a_byte_from_either_end),
        cmocka_unit_test(clamps_a_slice_to_its_text),
        cmocka_unit_test(trims_both_ends_and_nothing_inside),
        cmocka_unit_test(cuts_parts_off_without_an_empty_last_one),
        cmocka_unit_test(reads_a_whole_number_or_nothing),
        cmocka_unit_test(counts_edits_and_swaps_of_neighbours),
        cmocka_unit_test(stops_counting_past_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
