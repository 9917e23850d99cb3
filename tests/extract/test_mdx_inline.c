#include "mdx_check.h"

static void expressions_go_and_leave_one_space(void **state)
{
    (void)state;
    assert_mdx("Run {a.b} it, {f({ x: '}' })}.\n", "Run it, .\n");
    assert_mdx("a {/* b\n\nc */} d\n", "a d\n");
    assert_mdx("{/* a */}\n\n{list.map((x) => <p>{x}</p>)}\n\nb\n", "\n\n\n\nb\n");
    assert_mdx("# {title}\n\n## Sub {/* #id */}\n\n## Sub {#id}\n", "\n\n## Sub\n\n## Sub\n");
}

static void strings_in_braces_are_text(void **state)
{
    (void)state;
    assert_mdx("a{' '}<B/>{'{b}'} {\"it's\"} {`c`} {'d' + e} {`${f}`}\n", "a {b} it's c\n");
    assert_mdx("<Code language=\"js\">{`\nlet a = \\`\\${b}\\`;\n  c();\n`}</Code>\n\nd\n",
               "```js\nlet a = `${b}`;\n  c();\n```\n\n\nd\n");
}

static void escaped_signs_and_code_spans_stay(void **state)
{
    static const char *const TEXT = "a \\{b} \\<C> `{d} <E>` ``f ` {g}`` `h\n{i}` j\n\n"
                                    "$\\frac{a}{b}$ 1 < 2 <https://a.example> <a@b.example>\n\n"
                                    "Map<String, Int> and <service>.<port>  \nnext\n";

    (void)state;
    assert_mdx(TEXT, TEXT);
    assert_mdx("`open {a}\n\nb`\n", "`open\n\nb`\n");
    assert_mdx("`open {a}\r\n \r\nb`\n", "`open\n\nb`\n");
    assert_mdx("`code {a}\n  `` {b}` c\n", "`code {a}\n  `` {b}` c\n");
}

static void tags_within_a_line_leave_their_words(void **state)
{
    (void)state;
    assert_mdx("a <B c=\"d\">two</B> e<F /> g <!-- h --> i\n", "a two e g i\n");
    assert_mdx("| a<br/>b | <p>c</p><p>d</p> |\n", "| a b | c d |\n");
    assert_mdx("x<sup>2</sup> H<sub>2</sub>O\n", "x^2 H2O\n");
    assert_mdx("Press <Kbd keys={['a', `}`]} onClick={() => { go(\"}\") }} {...p} x/> now\n",
               "Press a, } now\n");
}

static void headings_and_items_of_html_are_those_of_markdown(void **state)
{
    (void)state;
    assert_mdx(
        "<h2 className=\"a\">Two</h2>\n\n<ul>\n  <li>a</li>\n  <li>\n    b\n  </li>\n</ul>\n",
        "## Two\n\n\n- a\n\n- b\n\n\n");
    assert_mdx("<h2>{title}</h2>\ntext\n", "\ntext\n");
}

static void titles_are_bold_lines(void **state)
{
    (void)state;
    assert_mdx("<Card title=\"Next\" href=\"/next\">\nBody\n</Card>\n",
               "**[Next](/next)**\nBody\n\n");
    assert_mdx("<Card title=\"A\">B</Card>\n\nsee <Card title=\"C\"/> there\n",
               "**A** B\n\nsee C there\n");
    assert_mdx("<Tab title=\"a\" /><Tab title=\"b\" />\n", "**a** b\n");
}

static void styles_and_scripts_go_whole(void **state)
{
    (void)state;
    assert_mdx("<style>{`\n.a { b: c }\n`}</style>\n\nd <script>e</script>f\n", "\n\n\n\nd f\n");
    assert_mdx("<style>\n\na\n", "\n\na\n");
}

static void code_in_an_attribute_is_code(void **state)
{
    (void)state;
    assert_mdx("<Source language=\"sh\" code={`ls\ncd ..`} />\n\na\n",
               "```sh\nls\ncd ..\n```\n\n\na\n");
}

/* Or one long name before many of them would be written as often. */
static void a_language_is_that_of_one_block(void **state)
{
    (void)state;
    assert_mdx("<A lang=\"sh\">{`\na\n`}</A>\n\n{`\nb\n`}\n", "```sh\na\n```\n\n\n```\nb\n```\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_go_and_leave_one_space),
        cmocka_unit_test(strings_in_braces_are_text),
        cmocka_unit_test(escaped_signs_and_code_spans_stay),
        cmocka_unit_test(tags_within_a_line_leave_their_words),
        cmocka_unit_test(headings_and_items_of_html_are_those_of_markdown),
        cmocka_unit_test(titles_are_bold_lines),
        cmocka_unit_test(styles_and_scripts_go_whole),
        cmocka_unit_test(code_in_an_attribute_is_code),
        cmocka_unit_test(a_language_is_that_of_one_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
