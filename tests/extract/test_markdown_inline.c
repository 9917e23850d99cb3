#include "support.h"

static void keeps_white_space_outside_of_marks(void **state)
{
    (void)state;
    assert_markdown("<p>a<b> b </b>c <i>\n</i>d", "a **b** c d\n");
    assert_markdown("<p><b>a<br></b>b", "**a** b\n");
}

static void joins_marks_that_stand_side_by_side(void **state)
{
    (void)state;
    assert_markdown("<p><b>a</b><b>b</b> <b>c</b>", "**ab** **c**\n");
    assert_markdown("<p><code>a</code><code>b</code><code>c`d</code>", "`ab` ``c`d``\n");
}

static void chooses_back_quotes_that_the_code_does_not_hold(void **state)
{
    (void)state;
    assert_markdown("<p><code>a``b</code>", "```a``b```\n");
    assert_markdown("<p><code>`a</code>", "`` `a ``\n");
    assert_markdown("<p>x<code> y  z </code>", "x `y z`\n");
}

static void writes_links_that_lead_somewhere(void **state)
{
    (void)state;
    assert_markdown("<p><a href=/a>x</a> <a href='javascript:y'>y</a> <a name=z>z</a>",
                    "[x](https://docs.example.org/a) y z\n");
    assert_markdown("<p><a href='/a b|c'>x]</a>", "[x\\]](https://docs.example.org/a%20b|c)\n");
    assert_markdown("<p><a href='\n/a\nb '><code>x</code></a>",
                    "[`x`](https://docs.example.org/ab)\n");
    assert_markdown("<p>x<a href=/a><img></a>y", "xy\n");
    assert_markdown("<p><a href='/a?q#b (c'>x</a>, <a href='b/#'>y</a>",
                    "[x](https://docs.example.org/a?q#b%20%28c), "
                    "[y](https://docs.example.org/b/#)\n");
}

static void leaves_links_around_blocks_away(void **state)
{
    (void)state;
    assert_markdown("<a href=/a><div>x</div><div>y</div></a>", "x\n\ny\n");
}

static void escapes_only_what_would_be_a_tag(void **state)
{
    (void)state;
    assert_markdown("<p>a&lt;b &lt;/c &lt; d &lt;3", "a\\<b \\</c < d <3\n");
    assert_markdown("<h1>A&lt;b&gt;</h1>", "# A\\<b>\n");
}

static void escapes_what_would_be_a_link_an_image_or_an_entity(void **state)
{
    (void)state;
    assert_markdown("<p>[a](b) [c] a[i] ]d", "[a\\](b) [c] a[i] ]d\n");
    assert_markdown("<p>yes!<a href=/a>x</a> no! <a href=/a>y</a>",
                    "yes\\![x](https://docs.example.org/a) no! "
                    "[y](https://docs.example.org/a)\n");
    assert_markdown("<p>&amp;lt; &amp;#38; &amp;x41; a&amp;b R&amp;D; &amp; &amp;;",
                    "\\&lt; \\&#38; \\&x41; a&b R&D; & &;\n");
}

static void breaks_lines_where_the_page_does(void **state)
{
    (void)state;
    assert_markdown("<p>a<br> b<br/><br/>c<br>", "a  \nb\n\nc\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_white_space_outside_of_marks),
        cmocka_unit_test(joins_marks_that_stand_side_by_side),
        cmocka_unit_test(chooses_back_quotes_that_the_code_does_not_hold),
        cmocka_unit_test(writes_links_that_lead_somewhere),
        cmocka_unit_test(leaves_links_around_blocks_away),
        cmocka_unit_test(escapes_only_what_would_be_a_tag),
        cmocka_unit_test(escapes_what_would_be_a_link_an_image_or_an_entity),
        cmocka_unit_test(breaks_lines_where_the_page_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
