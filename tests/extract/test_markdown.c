#include "support.h"

static void writes_headings_of_all_levels(void **state)
{
    (void)state;
    assert_markdown("<h1>a <em>b</em></h1><h3>c<br>d</h3><h6><a href=x>e</a></h6><h2> </h2>",
                    "# a b\n\n### c d\n\n###### e\n");
}

static void writes_code_at_the_margin_and_goes_on_with_the_list(void **state)
{
    (void)state;
    assert_markdown("<ol><li>a<pre>x</pre>b</li><li>c<ul><li>d</li></ul></li></ol>",
                    "1. a\n\n```\nx\n```\n\nb\n\n2. c\n   - d\n");
}

static void writes_lists_inside_quotations_and_quotations_inside_lists(void **state)
{
    (void)state;
    assert_markdown("<blockquote><p>a<ol><li>b</ol></blockquote><p>c", "> a\n>\n> 1. b\n\nc\n");
    assert_markdown("<ul><li><blockquote>a</blockquote></li><li>b</ul>", "- > a\n\n- b\n");
}

static void goes_no_deeper_than_a_line_can_show(void **state)
{
    td_str html = test_repeat("<blockquote>", 200, "x");
    td_document *document = test_read(BASE_URI, "text/html", html);

    (void)state;
    assert_true(document->text.n < 100);
    assert_true(td_str_ends(document->text, TD_STR("> x\n")));
    td_document_free(document);
    free((char *)(uintptr_t)html.ptr);
}

static void escapes_what_would_begin_another_block(void **state)
{
    (void)state;
    assert_markdown("<p>#tag</p><p># x</p><p>1) y</p><p>1.5 z</p><p>===</p><p>~~~</p><p>```</p>",
                    "#tag\n\n\\# x\n\n1\\) y\n\n1.5 z\n\n\\===\n\n\\~~~\n\n\\```\n");
}

static void writes_signatures_and_terms_as_bold_lines(void **state)
{
    (void)state;
    assert_markdown("<dl><dt class='sig sig-object'>f(<em>a</em>, *)</dt><dd><p>x</dd></dl>"
                    "<dl><dt><strong>t</strong> <code>c</code></dt><dd>y</dd></dl>",
                    "**`f(a, *)`**\n\nx\n\n- **t `c`**\n  y\n");
    assert_markdown("<div class=member-signature><span>static</span>&nbsp;<a href=x>T</a>&lt;A&gt;"
                    "&nbsp;<span>f</span><wbr>(A&nbsp;a)</div>words that follow",
                    "**`static T<A> f(A a)`**\n\nwords that follow\n");
}

static void terms_and_what_is_said_of_them_are_items(void **state)
{
    (void)state;
    assert_markdown("<dl><dt>a<dt>b<dd><p>c<p>d<dt>e<dd>f<dd>g<dt>h</dl>",
                    "- **a**\n  **b**\n  c\n\n  d\n\n- **e**\n  f\n\n  g\n\n- **h**\n");
    assert_markdown("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "- **a**\n  b\n- **c**\n  d\n");
    assert_markdown("<dl><div><dt>a<dd>b</div><div><dt>c<dd>d</div></dl>",
                    "- **a**\n  b\n- **c**\n  d\n");
    assert_markdown("<dl><dt>a<dd><ul><li>b</ul><dl><dt>c<dd>d</dl><dt>e<dd><pre>f</pre>g</dl>",
                    "- **a**\n  - b\n  - **c**\n    d\n- **e**\n\n```\nf\n```\n\ng\n");
    assert_markdown("<dl><dt>*a*<dd>b</dl>", "- **\\*a\\***\n  b\n");
    assert_markdown("<dl><dd>b<dt><dd>c</dl>", "b\n- c\n");
}

static void counts_lists_from_their_start(void **state)
{
    (void)state;
    assert_markdown("<ol start=9><li>a<li>b</ol>", "9. a\n10. b\n");
    assert_markdown("<ol start=99999999999999><li>a</ol>", "1. a\n");
    assert_markdown("<li>stray</li>", "- stray\n");
}

static void a_heading_is_not_written_twice_in_a_row(void **state)
{
    (void)state;
    assert_markdown("<div><h1>9 Lists</h1></div><h1>9 Lists</h1><p>a</p><h2>b</h2><h3>b</h3>"
                    "<p>c</p><h3>b</h3>",
                    "# 9 Lists\n\na\n\n## b\n\n### b\n\nc\n\n### b\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_headings_of_all_levels),
        cmocka_unit_test(writes_code_at_the_margin_and_goes_on_with_the_list),
        cmocka_unit_test(writes_lists_inside_quotations_and_quotations_inside_lists),
        cmocka_unit_test(goes_no_deeper_than_a_line_can_show),
        cmocka_unit_test(escapes_what_would_begin_another_block),
        cmocka_unit_test(writes_signatures_and_terms_as_bold_lines),
        cmocka_unit_test(terms_and_what_is_said_of_them_are_items),
        cmocka_unit_test(counts_lists_from_their_start),
        cmocka_unit_test(a_heading_is_not_written_twice_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
