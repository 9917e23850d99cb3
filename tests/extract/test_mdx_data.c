#include "extract/mdx_data.h"
#include "support.h"

static void check(bool list, const char *expression, const char *expected, int line)
{
    td_buf out = TD_BUF(1 << 20);
    tandem_code (*write)(td_str, unsigned, td_buf *, tandem_error *) =
        list ? td_extract_mdx_data_list : td_extract_mdx_data_words;

    assert_int_equal(write(td_str_from(expression), 0, &out, NULL), TANDEM_OK);
    test_assert_str(td_buf_str(&out), expected, __FILE__, line);
    td_buf_clear(&out);
}
#define assert_words(expression, expected) check(false, (expression), (expected), __LINE__)
#define assert_list(expression, expected)  check(true, (expression), (expected), __LINE__)

static void words_are_what_is_written_in_strings_and_jsx(void **state)
{
    (void)state;
    assert_words("'it\\'s  ' +\n  \"so\"", "it's so");
    assert_words("`a\n  b ${c + `}`} d`", "a b d");
    assert_words("(<>A <code>b</code> of <a href=\"/c\">d</a>.</>)", "A `b` of [d](/c).");
    assert_words("{ hcl: 'Same', yaml: 'Same', json: 'Other' }", "Same Other");
    assert_words("a.b('c')", "");
    assert_words("'a' === b", "");
    assert_words("'a' ? 'b' : 'c'", "");
}

static void an_object_is_an_item_with_its_type_and_text(void **state)
{
    (void)state;
    assert_list("[{ name: 'id', type: 'string', required: true, description: 'The id.' },\n"
                " { \"name\": `to`, default: 5, type: \"'a' | `b`\" }]",
                "- **id** (`string`, required): The id.\n- **to** (`` 'a' | `b` ``, default `5`)");
    assert_list("[{ title: 'Start', href: '/start', icon: 'star', description: 'Begin.' }]",
                "- **[Start](/start)**: Begin.");
    assert_list("{ label: 'A', hint: 'Use it for three words', className: 'a b c d e' }",
                "- **A**: Use it for three words");
}

static void lists_in_an_object_are_below_it(void **state)
{
    (void)state;
    assert_list("[{name: 'a', children: [{name: 'b', properties: [{type: 'T', parameters:\n"
                "[{name: 'c'}]}]}]}, {items: ['x', 'y']}]",
                "- **a**\n  - **b**\n    - `T`\n      - **c**\n- x\n- y");
}

static void strings_in_a_row_are_one_line(void **state)
{
    (void)state;
    assert_list("['npm', \"yarn\", /* not */ `pnpm`,]", "npm, yarn, pnpm");
    assert_list("[1, 2]", "");
    assert_list("names", "");
    assert_list("[{ id: 'a', value: 1, on: () => { go('b, c'); } }]", "");
    assert_list("[...more, render((x) => 'a'), { name: 'b' }]", "- **b**");
}

static void comments_commas_and_brackets_in_strings_cut_nothing(void **state)
{
    (void)state;
    assert_list("[\n  // one, { name: 'x' }\n  { name: 'a', description: 'b, {c} [d' }, /* ] */\n"
                "  { name: <b>e, f</b> }\n]",
                "- **a**: b, {c} [d\n- **e, f**");
}

/* Deeper than anybody reads, and broken: the rest goes, and it takes no time. */
static void hostile_data_is_read_in_linear_time(void **state)
{
    static const char *const PIECES[] = {"[",  "{a:", "[{name:'a',b:", "<A b={[",
                                         "(",  "`${", "['a',",         "{description:",
                                         "<>", "'",   "{name:{",       "]",
                                         "a,", "<b {"};

    (void)state;
    for (size_t i = 0; i < sizeof(PIECES) / sizeof(*PIECES); i++) {
        td_str text = test_repeat(PIECES[i], 20000, "]");
        char *whole = malloc(text.n + 3);
        td_buf out = TD_BUF(4 << 20);

        assert_non_null(whole);
        snprintf(whole, text.n + 3, "[%s", text.ptr);
        assert_int_equal(td_extract_mdx_data_list(td_str_from(whole), 0, &out, NULL), TANDEM_OK);
        assert_int_equal(td_extract_mdx_data_words(td_str_from(whole), 0, &out, NULL), TANDEM_OK);
        td_buf_clear(&out);
        free(whole);
        free((char *)(uintptr_t)text.ptr);
    }
}

static void a_string_of_two_words_is_no_text_of_an_item(void **state)
{
    (void)state;
    assert_list("[{ name: 'a', x: 'two words' }]", "- **a**");
    assert_list("[{ name: 'a', x: 'now three words' }]", "- **a**: now three words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_of_two_words_is_no_text_of_an_item),
        cmocka_unit_test(words_are_what_is_written_in_strings_and_jsx),
        cmocka_unit_test(an_object_is_an_item_with_its_type_and_text),
        cmocka_unit_test(lists_in_an_object_are_below_it),
        cmocka_unit_test(strings_in_a_row_are_one_line),
        cmocka_unit_test(comments_commas_and_brackets_in_strings_cut_nothing),
        cmocka_unit_test(hostile_data_is_read_in_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
