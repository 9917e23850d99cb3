#include "support.h"

static void lists_of_sections_are_sections(void **state)
{
    (void)state;
    assert_markdown("<ul><li><section><h2>A</h2><ul><li><h3>B</h3>b</li></ul></section></li>"
                    "<li><img alt=''><h2>C</h2></li><li>d</ul>",
                    "## A\n\n### B\n\nb\n\n## C\n\n- d\n");
    assert_markdown("<ol><li><h3>A</h3>a</ol><ul><li>b<h3>C</h3></ul>",
                    "1. ### A\n\n   a\n\n- b\n\n  ### C\n");
}

static void reads_formulas_from_their_source(void **state)
{
    (void)state;
    assert_markdown("<p>a <math alttext='x^2'><mi>x</mi></math> b</p>", "a x^2 b\n");
    assert_markdown(
        "<p><math><semantics><mi>x</mi><annotation>\\pi</annotation></semantics></math>", "\\pi\n");
}

static void writes_rules_between_parts_only(void **state)
{
    (void)state;
    assert_markdown("<hr><p>a</p><hr><p>b</p>", "a\n\n---\n\nb\n");
}

static void raised_numbers_are_exponents(void **state)
{
    (void)state;
    assert_markdown(
        "<p>x<sup>2</sup> 10<sup>-3</sup> a<sup>n</sup> see <sup>1</sup> b<sup>note</sup>",
        "x^2 10^-3 a^n see 1 bnote\n");
}

static void pictures_are_what_is_said_in_their_stead(void **state)
{
    (void)state;
    assert_markdown("<p>a <img alt='The flow'> b <img alt='../_images/flow.PNG'>"
                    "<img alt='see flow.png'>",
                    "a The flow b see flow.png\n");
}

static void boxes_are_ticked_in_lists_only(void **state)
{
    (void)state;
    assert_markdown("<ul><li><input type=checkbox checked>a<li><input type=checkbox>b</ul>"
                    "<p>c <input type=checkbox>d",
                    "- [x] a\n- [ ] b\n\nc d\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_sections_are_sections),
        cmocka_unit_test(reads_formulas_from_their_source),
        cmocka_unit_test(writes_rules_between_parts_only),
        cmocka_unit_test(raised_numbers_are_exponents),
        cmocka_unit_test(pictures_are_what_is_said_in_their_stead),
        cmocka_unit_test(boxes_are_ticked_in_lists_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
