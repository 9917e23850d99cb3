#include "mdx_check.h"

static void targets_of_links_are_kept(void **state)
{
    (void)state;
    assert_mdx("See <Link to=\"/a\">the docs</Link>, <a href='b.html'>b</a>.\n",
               "See [the docs](/a), [b](b.html).\n");
    assert_mdx("<Button href={\"/c\"}> Go </Button>now\n", "[Go](/c) now\n");
    assert_mdx("<Card href=\"/d\">\n  Text\n</Card>\n\ne\n", "\n[Text](/d)\n\n\ne\n");
    assert_mdx("<a\n  href=\"/f\"\n>\n  over\n  lines\n</a>\n", "\n\n\n[over\nlines](/f)\n\n");
}

static void targets_that_lead_nowhere_are_not(void **state)
{
    (void)state;
    assert_mdx("<a href=\"#x\">a</a> <a href={url}>b</a> <a href=\"/c\"></a>d\n", "a b d\n");
    assert_mdx("<a href=\"javascript:f()\">a</a> <a href=\"/b c\">b</a>\n", "a b\n");
    assert_mdx("<a href=\"/a\">\n\nb\n\n</a>\n", "\n\nb\n\n\n");
    assert_mdx("<a href=\"/a\">no end\n\nb</a>\n", "no end\n\nb\n");
}

static void code_and_emphasis_of_html_are_those_of_markdown(void **state)
{
    (void)state;
    assert_mdx("a <code>b_c</code> <strong>d</strong> <em>e</em> <B>f</B>\n",
               "a `b_c` **d** *e* f\n");
    assert_mdx("<b>a <strong>b</strong> c</b>\n", "**a b c**\n");
    assert_mdx("<a href=\"/a\"><code>{'{b}'}</code></a>\n", "[`{b}`](/a)\n");
    assert_mdx("## <a href=\"/a\">T</a>\n\n- <b>x</b>: y\n", "## [T](/a)\n\n- **x**: y\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_of_links_are_kept),
        cmocka_unit_test(targets_that_lead_nowhere_are_not),
        cmocka_unit_test(code_and_emphasis_of_html_are_those_of_markdown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
