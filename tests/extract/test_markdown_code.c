#include "support.h"

static void keeps_every_byte_of_a_code_block(void **state)
{
    (void)state;
    assert_markdown("<pre>\n\n  a\t&lt;b&gt;\xC2\xA0\n\n<b>c</b>  \n\n</pre>",
                    "```\n\n  a\t<b>\xC2\xA0\n\nc  \n\n```\n");
}

static void fences_with_more_back_quotes_than_the_code_has(void **state)
{
    (void)state;
    assert_markdown("<pre>````</pre>", "`````\n````\n`````\n");
}

static void ends_lines_that_are_elements(void **state)
{
    (void)state;
    assert_markdown("<pre><div>a</div><div>b</div></pre>", "```\na\nb\n```\n");
    assert_markdown("<pre><code>a</code><code>b</code></pre>", "```\na\nb\n```\n");
    assert_markdown("<pre><input><code>a</code>\n<code>b</code><button>c</button></pre>",
                    "```\na\nb\n```\n");
    assert_markdown("<pre>x <code>a</code> <code>b</code></pre>", "```\nx a b\n```\n");
    assert_markdown("<pre>a<br>b<ol><li>c<li>d</ol></pre>", "```\na\nb\nc\nd\n```\n");
}

static void leaves_blank_code_away(void **state)
{
    (void)state;
    assert_markdown("<p>a</p><pre> \n </pre><pre></pre>", "a\n");
}

static void writes_code_in_one_line_where_no_block_may_stand(void **state)
{
    (void)state;
    assert_markdown("<h1>a <pre>b\nc</pre></h1>", "# a `b c`\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_byte_of_a_code_block),
        cmocka_unit_test(fences_with_more_back_quotes_than_the_code_has),
        cmocka_unit_test(ends_lines_that_are_elements),
        cmocka_unit_test(leaves_blank_code_away),
        cmocka_unit_test(writes_code_in_one_line_where_no_block_may_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
