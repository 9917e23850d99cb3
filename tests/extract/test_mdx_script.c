#include "extract/mdx_script.h"
#include "support.h"

static size_t braces(const char *text, bool in_paragraph)
{
    size_t n_read = 0;

    return td_extract_mdx_script_braces(td_str_from(text), 0, in_paragraph, &n_read);
}

#define assert_whole(text) assert_int_equal(braces((text), false), strlen(text))

static void braces_in_strings_templates_comments_and_patterns_do_not_count(void **state)
{
    (void)state;
    assert_whole("{}");
    assert_whole("{ '}' + \"}\" + '\\'}' }");
    assert_whole("{`} ${ { a: `}` } } }`}");
    assert_whole("{ a /* } */ // }\n}");
    assert_whole("{ x.replace(/[/}]\\}/g, '') }");
    assert_whole("{ a / b }");
}

static void apostrophes_and_addresses_in_elements_open_nothing(void **state)
{
    (void)state;
    assert_whole("{ok && <p>Don't {x} at http://a.example/b</p>}");
    assert_whole("{ok && <p>say \"no</p>}");
    assert_whole("{ok && <br />}");
}

static void no_end_is_none(void **state)
{
    (void)state;
    assert_int_equal(braces("{ a", false), TD_STR_NONE);
    assert_int_equal(braces("{ ` }", false), TD_STR_NONE);
    assert_int_equal(braces("{ /* }", false), TD_STR_NONE);
    assert_int_equal(braces("{\n# Heading\n}", false), TD_STR_NONE);
    assert_int_equal(braces("{\n```\n}", false), TD_STR_NONE);
    assert_int_equal(braces("{\n\n}", true), TD_STR_NONE);
    assert_int_equal(braces("{\n\n}", false), 4);
    assert_int_equal(braces("{\\", false), TD_STR_NONE);
}

static void the_space_in_which_a_search_ends_is_counted(void **state)
{
    static const char *const TEXTS[] = {"{\n              \n}", "{`\n             \n`}"};

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++) {
        size_t n_read = 0;

        assert_int_equal(td_extract_mdx_script_braces(td_str_from(TEXTS[i]), 0, true, &n_read),
                         TD_STR_NONE);
        assert_true(n_read > 10);
    }
}

static void assert_module(const char *text, size_t expected)
{
    size_t n_read = 0;

    assert_int_equal(td_extract_mdx_script_module(td_str_from(text), 0, &n_read), expected);
}

static void a_statement_ends_at_a_line_end_outside_brackets(void **state)
{
    (void)state;
    assert_module("import a from 'b'\ntext", 17);
    assert_module("import a, { b as c } from 'd';", 30);
    assert_module("import {\n  a,\n} from 'b'\n\nc", 24);
    assert_module("import 'a'\n", 10);
    assert_module("export * from 'a'\n", 17);
    assert_module("export const a =\n  1 +\n  2\n\nb", 26);
    assert_module("export const a = () => {\n\n}\nb", 27);
    assert_module("export const a = b\n  .c()\n# d", 25);
}

static void words_are_no_statement(void **state)
{
    (void)state;
    assert_module("import a", TD_STR_NONE);
    assert_module("import a is from here", TD_STR_NONE);
    assert_module("imports from 'a'", TD_STR_NONE);
    assert_module("export a", TD_STR_NONE);
    assert_module("export constants", TD_STR_NONE);
    assert_module("text", TD_STR_NONE);
    assert_module("", TD_STR_NONE);
}

static void a_statement_without_end_reaches_to_the_blank_line(void **state)
{
    (void)state;
    assert_module("export const a = {\n  b\n\nc", 22);
    assert_module("export const a = `b\n\nc", 19);
}

static void assert_literal(const char *expression, const char *expected)
{
    td_str literal = td_extract_mdx_script_literal(td_str_from(expression));

    assert_int_equal(literal.ptr != NULL, expected != NULL);
    if (expected)
        assert_str(literal, expected);
}

static void one_string_is_a_literal(void **state)
{
    (void)state;
    assert_literal(" 'a' ", "a");
    assert_literal("\"it's\"", "it's");
    assert_literal("`a\\`b`", "a\\`b");
    assert_literal("''", "");
    assert_literal("'a' + 'b'", NULL);
    assert_literal("`${a}`", NULL);
    assert_literal("'a", NULL);
    assert_literal("'a\\'", NULL);
    assert_literal("a", NULL);
    assert_literal("", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(braces_in_strings_templates_comments_and_patterns_do_not_count),
        cmocka_unit_test(apostrophes_and_addresses_in_elements_open_nothing),
        cmocka_unit_test(no_end_is_none),
        cmocka_unit_test(the_space_in_which_a_search_ends_is_counted),
        cmocka_unit_test(a_statement_ends_at_a_line_end_outside_brackets),
        cmocka_unit_test(words_are_no_statement),
        cmocka_unit_test(a_statement_without_end_reaches_to_the_blank_line),
        cmocka_unit_test(one_string_is_a_literal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
