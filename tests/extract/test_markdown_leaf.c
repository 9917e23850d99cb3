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

static void a_summary_without_details_is_no_title(void **state)
{
    (void)state;
    assert_markdown("<details><summary>More</summary><p>b</p></details>", "**More**\n\nb\n");
    assert_markdown(
        "<section><summary><h4>About</h4><pre>f()</pre><p>It is.</p></summary></section>",
        "#### About\n\n```\nf()\n```\n\nIt is.\n");
}

static void signatures_of_doxygen_are_code_in_bold(void **state)
{
    (void)state;
    assert_markdown(
        "<table class=memberdecls><tr class=heading><td colspan=2><h2>Functions</h2></td></tr>"
        "<tr class=\"memitem:a1\"><td class=memItemLeft>int&#160;</td>"
        "<td class=memItemRight><a href=\"#a1\">f</a> (void)</td></tr>"
        "<tr class=\"memdesc:a1\"><td></td><td class=mdescRight>Does it.</td></tr></table>"
        "<h2>f()</h2><div class=memproto><table class=memname><tr><td class=memname>int f</td>"
        "<td>(</td><td class=paramtype>void</td><td>)</td></tr></table></div>",
        "## Functions\n\n**`int f (void)`**\n\nDoes it.\n\n## f()\n\n**`int f ( void )`**\n");
}

static void rows_of_classes_keep_their_links(void **state)
{
    (void)state;
    assert_markdown(
        "<table><tr class=\"memitem:\"><td>struct&#160;</td><td>"
        "<a href=structA.html>A</a></td></tr><tr><td></td><td>Holds it.</td></tr></table>",
        "| struct | [A](https://docs.example.org/structA.html) |\n| --- | --- |\n"
        "|  | Holds it. |\n");
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
        cmocka_unit_test(a_summary_without_details_is_no_title),
        cmocka_unit_test(signatures_of_doxygen_are_code_in_bold),
        cmocka_unit_test(rows_of_classes_keep_their_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
