#include "chunk/lines.h"
#include "split.h"

static void measures_indentation_with_tabs(void **state)
{
    (void)state;
    td_chunk_line line = td_chunk_lines_at(TD_STR("x\n \ta \r\nb"), 2);
    assert_int_equal(line.indent, 4);
    assert_int_equal(line.first, 4);
    assert_int_equal(line.last, 5);
    assert_int_equal(line.end, 8);
    line = td_chunk_lines_at(TD_STR(" \t \r\n"), 0);
    assert_true(td_chunk_lines_is_blank(&line));
}

static void reads_headings_as_commonmark_does(void **state)
{
    (void)state;
    td_str title;
    assert_int_equal(td_chunk_lines_atx(TD_STR("## A b ##"), &title), 2);
    assert_str(title, "A b");
    assert_int_equal(td_chunk_lines_atx(TD_STR("# C#"), &title), 1);
    assert_str(title, "C#");
    assert_int_equal(td_chunk_lines_atx(TD_STR("#"), &title), 1);
    assert_int_equal(td_chunk_lines_atx(TD_STR("#include <a>"), &title), 0);
    assert_int_equal(td_chunk_lines_atx(TD_STR("####### a"), &title), 0);
    assert_int_equal(td_chunk_lines_setext(TD_STR("===")), 1);
    assert_int_equal(td_chunk_lines_setext(TD_STR("--")), 2);
    assert_int_equal(td_chunk_lines_setext(TD_STR("--- a")), 0);
}

static void takes_no_long_row_of_tildes_for_a_fence(void **state)
{
    (void)state;
    td_str info;
    assert_int_equal(td_chunk_lines_fence(TD_STR("~~~~~~~~~~~~~~~~"), &info), 16);
    assert_int_equal(td_chunk_lines_fence(TD_STR("~~~~~~~~~~~~~~~~~"), &info), 0);
    assert_int_equal(td_chunk_lines_fence(TD_STR("~~~~~~~~~~~~~~~~~ c"), &info), 17);
}

static void closes_a_fence_by_its_own_mark_and_length_only(void **state)
{
    (void)state;
    assert_true(td_chunk_lines_closes(TD_STR("````"), '`', 3));
    assert_false(td_chunk_lines_closes(TD_STR("``"), '`', 3));
    assert_false(td_chunk_lines_closes(TD_STR("~~~"), '`', 3));
    assert_false(td_chunk_lines_closes(TD_STR("```c"), '`', 3));
}

static void tells_items_rules_and_tables(void **state)
{
    (void)state;
    assert_int_equal(td_chunk_lines_item(TD_STR("- a")), 2);
    assert_int_equal(td_chunk_lines_item(TD_STR("12) a")), 4);
    assert_int_equal(td_chunk_lines_item(TD_STR("#. a")), 3);
    assert_int_equal(td_chunk_lines_item(TD_STR("#.a")), 0);
    assert_int_equal(td_chunk_lines_item(TD_STR("# a")), 0);
    assert_int_equal(td_chunk_lines_item(TD_STR("-a")), 0);
    assert_int_equal(td_chunk_lines_item(TD_STR("1234567890. a")), 0);
    assert_true(td_chunk_lines_is_rule(TD_STR("* * *")));
    assert_false(td_chunk_lines_is_rule(TD_STR("--")));
    assert_true(td_chunk_lines_is_table_rule(TD_STR("| :--- | --: |")));
    assert_false(td_chunk_lines_is_table_rule(TD_STR("---")));
    assert_int_equal(td_chunk_lines_html(TD_STR("<div class>")), 3);
    assert_int_equal(td_chunk_lines_html(TD_STR("<https://a>")), 0);
    assert_int_equal(td_chunk_lines_ruler(TD_STR("~~~~"), 3), '~');
    assert_int_equal(td_chunk_lines_ruler(TD_STR("aaaa"), 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_indentation_with_tabs),
        cmocka_unit_test(reads_headings_as_commonmark_does),
        cmocka_unit_test(takes_no_long_row_of_tildes_for_a_fence),
        cmocka_unit_test(closes_a_fence_by_its_own_mark_and_length_only),
        cmocka_unit_test(tells_items_rules_and_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
