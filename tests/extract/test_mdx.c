#include "mdx_check.h"

static void module_statements_go_and_leave_their_lines(void **state)
{
    (void)state;
    assert_mdx("import A from 'a'\nimport {\n  B,\n} from \"b\"\nimport './c.css'\n\n# T\n",
               "\n\n\n\n\n\n# T\n");
    assert_mdx(
        "# T\n\nexport const a = {\n  b: 'x',\n\n  c: () => {\n    return `}`\n  },\n}\n\nz\n",
        "# T\n\n\n\n\n\n\n\n\n\nz\n");
    assert_mdx("export default ({ children }) =>\n  <Layout>\n    {children}\n  </Layout>\n\nz\n",
               "\n\n\n\n\nz\n");
}

static void sentences_that_begin_like_statements_stay(void **state)
{
    (void)state;
    assert_mdx("import duties rose from low to high\n", "import duties rose from low to high\n");
    assert_mdx("export regulations apply.\n", "export regulations apply.\n");
    assert_mdx("One may\nimport a from 'b'\n", "One may\nimport a from 'b'\n");
    assert_mdx("importing goods\n\nimport('a')\n", "importing goods\n\nimport('a')\n");
}

static void tags_go_and_the_text_between_them_stays(void **state)
{
    (void)state;
    assert_mdx("<Note>\n  Read **this**.\n</Note>\n", "\nRead **this**.\n\n");
    assert_mdx("<>\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n- x\n  - y\n\n</>\n",
               "\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n- x\n  - y\n\n\n");
}

static void indentation_of_elements_is_taken_from_their_lines(void **state)
{
    (void)state;
    assert_mdx(
        "<Tabs>\n    <Tab label=\"A\">\n\n        ```sh\n        if x\n          y\n        ```\n"
        "\n        ## H\n\n        - a\n          - b\n    </Tab>\n</Tabs>\nend\n",
        "\n**A**\n\n```sh\nif x\n  y\n```\n\n## H\n\n- a\n  - b\n\n\nend\n");
    assert_mdx("1. a\n\n   <Note>\n   b\n   </Note>\n\n   c\n", "1. a\n\n\n   b\n\n\n   c\n");
}

static void code_by_indentation_is_outside_elements_only(void **state)
{
    (void)state;
    assert_mdx("a\n\n    {b} <c>\n    import d from 'e'\n\n      f\n\n{g}\n",
               "a\n\n    {b} <c>\n    import d from 'e'\n\n      f\n\n\n");
    assert_mdx("<A>\n\nb\n\n        {c} d\n</A>\n", "\n\nb\n\nd\n\n");
    assert_mdx("- a\n\n  - b\n\n    c\n", "- a\n\n  - b\n\n    c\n");
}

static void fences_stay_byte_for_byte(void **state)
{
    static const char *const TEXT =
        "```jsx title=\"a {b}\"\nimport A from 'a'\n\n<A b={c}>{d}</A>\n"
        "    x\n```\n\n~~~~\n```\n{/* e */}\n~~~\n~~~~\n\n> ```\n> {f}\n> ```\n"
        "\n- ```\n  {g}\n  ```\n\n$$\nx^{2}\n$$\n\n```\n{open";

    (void)state;
    assert_mdx(TEXT, TEXT);
}

static void lines_that_were_in_one_tag_do_not_cut_a_paragraph(void **state)
{
    (void)state;
    assert_mdx("one <A\n  b=\"c\"\n/> two\nthree\n\nfour\n", "one two\nthree\n\n\n\nfour\n");
    assert_mdx("<A\n  b=\"c\"\n/>\n\ntwo\n", "\n\n\n\ntwo\n");
}

static void front_matter_stays(void **state)
{
    td_document *document = test_read("/d/a.mdx", "",
                                      TD_STR("---\ntitle: A {b}\nx: <C>\n---\nimport D from 'd'\n\n"
                                             "text <E/>here\n"));

    (void)state;
    assert_str(document->title, "A {b}");
    assert_int_equal(document->format, TD_FORMAT_MARKDOWN);
    assert_str(document->text, "---\ntitle: A {b}\nx: <C>\n---\n\n\ntext here\n");
    td_document_free(document);
    assert_mdx("---\nno end {a}\n", "---\nno end\n");
    assert_mdx("---\na: {b}\n---c: {d}\n----\n...\ne {f} g\n",
               "---\na: {b}\n---c: {d}\n----\n...\ne g\n");
}

static void what_has_no_end_costs_nothing_else(void **state)
{
    (void)state;
    assert_mdx("a { b\n\n# H\n\nc\n", "a { b\n\n# H\n\nc\n");
    assert_mdx("{ b\n\n# H } c\n", "{ b\n\n# H } c\n");
    assert_mdx("<A b={c\n\n## H\n\n}\n", "<A b={c\n\n## H\n\n}\n");
    assert_mdx("<A b=\"c\n\nd\n", "<A b=\"c\n\nd\n");
    assert_mdx("</A>\n\n<B>\n\nc </D> e\n", "\n\n\n\nc e\n");
    assert_mdx("export const a = {\n  b,\n\n# H\n\nc\n", "\n\n\n# H\n\nc\n");
    assert_mdx("{/* open\n\nc\n", "{/* open\n\nc\n");
    assert_mdx("<!-- open\n\nc\n", "<!-- open\n\nc\n");
    assert_mdx("", "");
}

/* Each piece looks for an end that is not there: without a bound on that, hours. */
static void hostile_text_is_read_in_linear_time(void **state)
{
    static const char *const PIECES[] = {"{",     "<a ",       "<a b={",       "{`${",
                                         "`a``b", "<style>\n", "export {\n\n", "import a\n",
                                         "(/[",   "{\"\\",     "<!--",         "$x",
                                         "<A\n",  "> - ",      "{'a ",         "<a b='"};

    (void)state;
    for (size_t i = 0; i < sizeof(PIECES) / sizeof(*PIECES); i++) {
        td_str text = test_repeat(PIECES[i], 100000, "\n\nlast\n");
        td_buf out = TD_BUF(4 << 20);

        assert_int_equal(td_extract_mdx_write(text, &out, NULL), TANDEM_OK);
        assert_true(td_str_ends(td_buf_str(&out), TD_STR("last\n")));
        td_buf_clear(&out);
        free((char *)(uintptr_t)text.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(module_statements_go_and_leave_their_lines),
        cmocka_unit_test(sentences_that_begin_like_statements_stay),
        cmocka_unit_test(tags_go_and_the_text_between_them_stays),
        cmocka_unit_test(indentation_of_elements_is_taken_from_their_lines),
        cmocka_unit_test(code_by_indentation_is_outside_elements_only),
        cmocka_unit_test(fences_stay_byte_for_byte),
        cmocka_unit_test(lines_that_were_in_one_tag_do_not_cut_a_paragraph),
        cmocka_unit_test(front_matter_stays),
        cmocka_unit_test(what_has_no_end_costs_nothing_else),
        cmocka_unit_test(hostile_text_is_read_in_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
