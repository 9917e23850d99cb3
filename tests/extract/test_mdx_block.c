#include "mdx_check.h"

static void data_of_a_component_is_a_list_in_its_lines(void **state)
{
    (void)state;
    assert_mdx("<Reference\n  keys={[\n    { name: 'a', description: 'b' },\n    {\n"
               "      name: 'c',\n    },\n  ]}\n/>\n\nd\n",
               "- **a**: b\n- **c**\n\n\n\n\n\n\n\nd\n");
    assert_mdx("1. x\n\n   <Reference\n     keys={[{ name: 'a' },\n            { name: 'b' }]}\n"
               "   />\n\n   y\n",
               "1. x\n\n   - **a**\n   - **b**\n\n\n\n   y\n");
}

static void data_without_lines_of_its_own_is_in_one_line(void **state)
{
    (void)state;
    assert_mdx("<Cards cards={[{ title: 'A' }, { title: 'B' }]} />\n\nc\n", "**A**, **B**\n\nc\n");
    assert_mdx("<Tabs label=\"T\" items={['npm', 'yarn']}>\n\na\n", "**T**, npm, yarn\n\na\n");
}

static void snippets_are_code(void **state)
{
    (void)state;
    assert_mdx("<Snippet text=\"npm i `a`\" />\n\nb\n", "``npm i `a```\n\nb\n");
    assert_mdx("<Snippet\n  text={`npm i`}\n  dark\n/>\n\nb\n", "```\nnpm i\n```\n\n\nb\n");
}

static void tables_of_html_are_tables(void **state)
{
    (void)state;
    assert_mdx("<table>\n  <tr>\n    <th style={{ a: 'b' }}>A</th><th>B</th>\n  </tr>\n  <tr>\n\n"
               "    <td>\n    `c|d` **e**\n    </td>\n    <td><a href=\"/f\">g</a> {h}</td>\n"
               "  </tr>\n</table>\n\ni\n",
               "| A | B |\n| --- | --- |\n| `c\\|d` **e** | [g](/f) |\n"
               "\n\n\n\n\n\n\n\n\n\ni\n");
    assert_mdx("<table><tr><td>a</td><td>b</td></tr></table>\n", "a b\n");
    assert_mdx("<Note a={[{ title: 'A', body: <table>\n<tr><th>b</th><th>c</th></tr>\n\n\n</table>"
               " }]}\n\n/>\n",
               "- **A**: b c\n\n\n\n\n\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_of_a_component_is_a_list_in_its_lines),
        cmocka_unit_test(data_without_lines_of_its_own_is_in_one_line),
        cmocka_unit_test(snippets_are_code),
        cmocka_unit_test(tables_of_html_are_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
