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
    assert_markdown(
        "<pre>a\n\n<div><a class=viewcode-back href=x>[docs]</a>b\n c</div>\n\n\nd</pre>",
        "```\na\n\nb\n c\n\n\nd\n```\n");
    assert_markdown("<pre>a<br>b<ol><li>c<li>d</ol></pre>", "```\na\nb\nc\nd\n```\n");
}

static void leaves_gutters_buttons_and_labels_of_highlighters_away(void **state)
{
    (void)state;
    /* Rouge, without and with a gutter */
    assert_markdown("<div class='language-ruby highlighter-rouge'><div class=highlight><pre "
                    "class=highlight><code><span class=nb>puts</span> 1\n</code></pre></div></div>",
                    "```ruby\nputs 1\n```\n");
    assert_markdown(
        "<div class='language-ruby highlighter-rouge'><pre class=highlight><code><table "
        "class=rouge-table><tr><td class='rouge-gutter gl'><pre class=lineno>1\n2\n"
        "</pre></td><td class=rouge-code><pre>puts 1\nputs 2\n</pre></td></tr></table>"
        "</code></pre></div>",
        "```ruby\nputs 1\nputs 2\n```\n");
    /* Shiki, alone and in VitePress */
    assert_markdown("<pre class='shiki nord' data-language=rust><code><span class=line>fn a() {}"
                    "</span>\n<span class=line>b</span></code></pre>",
                    "```rust\nfn a() {}\nb\n```\n");
    assert_markdown("<div class='language-ts line-numbers-mode'><button class=copy></button><span "
                    "class=lang>ts</span><pre class=shiki><code><span class=line>let a</span>\n"
                    "<span class=line>b</span></code></pre><div class=line-numbers-wrapper><span "
                    "class=line-number>1</span><br><span class=line-number>2</span></div></div>",
                    "```typescript\nlet a\nb\n```\n");
    /* Prism */
    assert_markdown("<pre class='line-numbers language-css'><code class=language-css>a {}\nb {}"
                    "<span class=line-numbers-rows><span></span><span></span></span></code></pre>",
                    "```css\na {}\nb {}\n```\n");
    /* Pygments */
    assert_markdown("<table class=highlighttable><tr><td class=linenos><div class=linenodiv><pre>"
                    "<span>1</span>\n<span>2</span></pre></div></td><td class=code><div><pre>a\nb()"
                    "\n</pre></div></td></tr></table>",
                    "```\na\nb()\n```\n");
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
        cmocka_unit_test(leaves_gutters_buttons_and_labels_of_highlighters_away),
        cmocka_unit_test(leaves_blank_code_away),
        cmocka_unit_test(writes_code_in_one_line_where_no_block_may_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
