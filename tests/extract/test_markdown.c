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
                    "**`f(a, *)`**\n\nx\n\n**t `c`**\n\ny\n");
    assert_markdown("<div class=member-signature><span>static</span>&nbsp;<a href=x>T</a>&lt;A&gt;"
                    "&nbsp;<span>f</span><wbr>(A&nbsp;a)</div>words that follow",
                    "**`static T<A> f(A a)`**\n\nwords that follow\n");
}

static void lists_of_sections_are_sections(void **state)
{
    (void)state;
    assert_markdown("<ul><li><section><h2>A</h2><ul><li><h3>B</h3>b</li></ul></section></li>"
                    "<li><img alt=''><h2>C</h2></li><li>d</ul>",
                    "## A\n\n### B\n\nb\n\n## C\n\n- d\n");
    assert_markdown("<ol><li><h3>A</h3>a</ol><ul><li>b<h3>C</h3></ul>",
                    "1. ### A\n\n   a\n\n- b\n\n  ### C\n");
}

static void counts_lists_from_their_start(void **state)
{
    (void)state;
    assert_markdown("<ol start=9><li>a<li>b</ol>", "9. a\n10. b\n");
    assert_markdown("<ol start=99999999999999><li>a</ol>", "1. a\n");
    assert_markdown("<li>stray</li>", "- stray\n");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_headings_of_all_levels),
        cmocka_unit_test(writes_code_at_the_margin_and_goes_on_with_the_list),
        cmocka_unit_test(writes_lists_inside_quotations_and_quotations_inside_lists),
        cmocka_unit_test(goes_no_deeper_than_a_line_can_show),
        cmocka_unit_test(escapes_what_would_begin_another_block),
        cmocka_unit_test(writes_signatures_and_terms_as_bold_lines),
        cmocka_unit_test(lists_of_sections_are_sections),
        cmocka_unit_test(counts_lists_from_their_start),
        cmocka_unit_test(reads_formulas_from_their_source),
        cmocka_unit_test(writes_rules_between_parts_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
