#include "extract/flatten.h"
#include "support.h"

static void check_at(size_t nesting_max, const char *html, const char *expected)
{
    td_buf out = TD_BUF(1 << 20);

    assert_int_equal(td_extract_flatten(td_str_from(html), nesting_max, &out, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), expected);
    td_buf_clear(&out);
}

static void check(const char *html, const char *expected)
{
    check_at(500, html, expected);
}

static void leaves_an_ordinary_page_as_it_is(void **state)
{
    (void)state;
    check("<!DOCTYPE html><p class=\"a\">x &amp; <b>y</b></p>",
          "<!DOCTYPE html><p class=\"a\">x &amp; <b>y</b></p>");
}

static void drops_scripts_styles_and_comments(void **state)
{
    (void)state;
    check("a<script>if (a < b) \"</p>\"</script>b<style>p{}</style>c<!-- <p> -- >-->d", "abcd");
    check("a<script><!-- document.write('<script>x</script>') --></script>b", "ab");
    check("a<!-->b<!--->c<?php x?>d</ x>e<![if !IE]>f", "abcdef");
}

static void goes_on_behind_a_frame_that_closes_itself(void **state)
{
    (void)state;
    check("a<iframe src=x />b<p>c</p>", "ab<p>c</p>");
    check("a<iframe>b<p>c</p></iframe>d", "ad");
}

static void leaves_out_start_tags_past_the_limit_with_their_end_tags(void **state)
{
    (void)state;
    check_at(2, "<div><div><div>x</div><b>y</b></div></div>", "<div><div><br>x<br>y</div></div>");
    check_at(2, "<div><div><div><div>x</div></div></div></div><p>z</p>",
             "<div><div><br>x<br></div></div><p>z</p>");
}

static void does_not_count_elements_that_end_by_themselves(void **state)
{
    (void)state;
    check_at(2, "<ul><li>a<li>b<li>c</ul>", "<ul><li>a<li>b<li>c</ul>");
    check_at(1, "<p>a<p>b<br>c<p>d", "<p>a<p>b<br>c<p>d");
    check_at(3, "<table><tr><td>a<td>b<tr><td>c</table>", "<table><tr><td>a<td>b<tr><td>c</table>");
    check_at(2, "<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a<dd>b<dt>c</dl>");
}

/* An end tag does not leave a select, nor does a list's item end what a search stands in. */
static void counts_elements_that_a_tree_builder_keeps_open(void **state)
{
    (void)state;
    check_at(2, "<div><select></div></select><div>x", "<div><select></div></select><div>x");
    check_at(3, "<div><select></div></select><div><div>x",
             "<div><select></div></select><div><div>x");
    check_at(3, "<dd><search><dd><search>x", "<dd><search><dd><br>x");
}

static void lets_no_element_without_an_end_tag_hold_what_follows_in_a_drawing(void **state)
{
    (void)state;
    check("<svg><input>a<input/>b</svg><input>c", "<svg><input/>a<input/>b</svg><input>c");
    check("<math><wbr id=x>a", "<math><wbr id=\"x\"/>a");
}

static void ignores_what_a_tree_builder_ignores(void **state)
{
    (void)state;
    check("<td>x</td>", "x</td>");
    check("<select><div>a</div><option>b</select>", "<select>a</div><option>b</select>");
    check("<body id=a><body id=b>x", "<body id=\"a\">x");
}

static void keeps_each_known_attribute_once(void **state)
{
    (void)state;
    check("<a onclick=x href=y href=z ID='q\"r' hidden>t", "<a href=\"y\" id='q\"r' hidden=\"\">t");
    check("<p style=\"color:red\">a<p style='x; Display : NONE'>b", "<p>a<p hidden=\"\">b");
    check("<a href=a/b/>x", "<a href=\"a/b/\">x");
}

static void reopens_no_more_formatting_than_32(void **state)
{
    td_str html = test_repeat("<b>", 40, "x");
    td_buf out = TD_BUF(1 << 20);

    (void)state;
    assert_int_equal(td_extract_flatten(html, 500, &out, NULL), TANDEM_OK);
    assert_int_equal(out.n, 32 * 3 + 1);
    td_buf_clear(&out);
    free((char *)(uintptr_t)html.ptr);
}

static void writes_raw_text_so_that_no_tag_can_hide_in_it(void **state)
{
    (void)state;
    check("<svg><title><div></title>", "<svg><title>&lt;div></title>");
    check("<xmp><p>&amp;</xmp>x", "<pre>&lt;p>&amp;amp;</pre>x");
    check("<plaintext><p>", "<pre>&lt;p></pre>");
}

static void leaves_text_and_line_ends_when_no_element_may_be_open(void **state)
{
    (void)state;
    check_at(0, "<title>t</title><p>a<b>b</b><p>c<br>d", "\nab\nc\nd");
}

static void drops_a_tag_that_never_ends(void **state)
{
    (void)state;
    check("a<p class=\"b", "a");
    check("a<p class", "a");
    check("a<", "a&lt;");
    check("a < b <3", "a &lt; b &lt;3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_an_ordinary_page_as_it_is),
        cmocka_unit_test(drops_scripts_styles_and_comments),
        cmocka_unit_test(goes_on_behind_a_frame_that_closes_itself),
        cmocka_unit_test(leaves_out_start_tags_past_the_limit_with_their_end_tags),
        cmocka_unit_test(does_not_count_elements_that_end_by_themselves),
        cmocka_unit_test(counts_elements_that_a_tree_builder_keeps_open),
        cmocka_unit_test(lets_no_element_without_an_end_tag_hold_what_follows_in_a_drawing),
        cmocka_unit_test(ignores_what_a_tree_builder_ignores),
        cmocka_unit_test(keeps_each_known_attribute_once),
        cmocka_unit_test(reopens_no_more_formatting_than_32),
        cmocka_unit_test(writes_raw_text_so_that_no_tag_can_hide_in_it),
        cmocka_unit_test(leaves_text_and_line_ends_when_no_element_may_be_open),
        cmocka_unit_test(drops_a_tag_that_never_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
