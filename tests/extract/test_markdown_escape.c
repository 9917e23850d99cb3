#include "extract/markdown_writer.h"
#include "support.h"

static void assert_at(const char *line, size_t expected)
{
    assert_int_equal(td_extract_markdown_escape_line(td_str_from(line)), expected);
}

static void what_begins_a_block_needs_a_backslash(void **state)
{
    (void)state;
    assert_at("- a", 0);
    assert_at("+ a", 0);
    assert_at("* a", 0);
    assert_at("-", 0);
    assert_at("+", 0);
    assert_at("# a", 0);
    assert_at("###### ", 0);
    assert_at("> a", 0);
    assert_at("1. a", 1);
    assert_at("12) a", 2);
    assert_at("1.", 1);
    assert_at("~~~ a", 0);
    assert_at("``` a", 0);
    assert_at("===", 0);
    assert_at("- - -", 0);
    assert_at("[a]: b", 0);
}

static void what_begins_none_stays_as_it_is(void **state)
{
    (void)state;
    assert_at("", TD_STR_NONE);
    assert_at("-a", TD_STR_NONE);
    assert_at("#a", TD_STR_NONE);
    assert_at("####### a", TD_STR_NONE);
    assert_at("1.5", TD_STR_NONE);
    assert_at("1234567890. a", TD_STR_NONE);
    assert_at("```a``` b", TD_STR_NONE);
    assert_at("[a] b", TD_STR_NONE);
    assert_at("[a](b): c", TD_STR_NONE);
    assert_at("**a**", TD_STR_NONE);
}

static void signs_that_would_pair_get_a_backslash(void **state)
{
    (void)state;
    assert_markdown("<p>the __init__ and __main__", "the \\_\\_init__ and \\_\\_main__\n");
    assert_markdown("<p>2*3*4", "2\\*3*4\n");
    assert_markdown("<p>*a and b* c", "\\*a and b* c\n");
    assert_markdown("<p>(*a*)", "(\\*a*)\n");
    assert_markdown("<p>a ~~b~~", "a \\~\\~b~~\n");
    assert_markdown("<p>a `b` c", "a \\`b` c\n");
    assert_markdown("<p>a<br>*b<br>c*", "a  \n\\*b  \nc*\n");
}

static void signs_that_pair_with_nothing_stay(void **state)
{
    (void)state;
    assert_markdown("<p>snake_case_name and _private but *args, **kwargs",
                    "snake_case_name and _private but *args, **kwargs\n");
    assert_markdown("<p>a * b * c, 2 * 3, ~5 and ~6, ~~~~ a",
                    "a * b * c, 2 * 3, ~5 and ~6, ~~~~ a\n");
    assert_markdown("<p>it`s one back-quote", "it`s one back-quote\n");
    assert_markdown("<p>a</p><p>*b", "a\n\n*b\n");
    assert_markdown("<p>b* a", "b* a\n");
}

/* Marks of our own are told from the text's signs. */
static void signs_beside_marks_get_a_backslash_where_they_would_join_them(void **state)
{
    (void)state;
    assert_markdown("<p><b>a</b> and <i>b</i>", "**a** and *b*\n");
    assert_markdown("<p>*a <i>b</i>", "\\*a *b*\n");
    assert_markdown("<p><i>a</i> b*", "*a* b\\*\n");
    assert_markdown("<p><i>*args</i>", "*\\*args*\n");
    assert_markdown("<p><code>a*b</code> *c <code>__d__*</code> _e", "`a*b` *c `__d__*` _e\n");
    assert_markdown("<p>_a <a href=/b_c_>d_</a>", "\\_a [d_](https://docs.example.org/b_c_)\n");
    assert_markdown("<p>_a <a href=https://x.example/_b_>https://x.example/_b_</a> _c",
                    "\\_a https://x.example/_b_ _c\n");
    assert_markdown("<table><tr><th>*a*<th>b|<tr><td>__c__<td>d</table>",
                    "| \\*a* | b\\| |\n| --- | --- |\n| \\_\\_c__ | d |\n");
}

static void a_line_of_signs_is_read_in_linear_time(void **state)
{
    static const char *const PIECES[] = {"*a ", "_a_ ",      "` `` ",
                                         "*",   "<i>*</i>_", "`<code>a</code>"};

    (void)state;
    for (size_t i = 0; i < sizeof(PIECES) / sizeof(*PIECES); i++) {
        td_str html = test_repeat(PIECES[i], 100000, "");
        td_document *document = test_read(BASE_URI, "text/html", html);

        assert_true(document->text.n >= 100000);
        td_document_free(document);
        free((char *)(uintptr_t)html.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_begins_a_block_needs_a_backslash),
        cmocka_unit_test(what_begins_none_stays_as_it_is),
        cmocka_unit_test(signs_that_would_pair_get_a_backslash),
        cmocka_unit_test(signs_that_pair_with_nothing_stay),
        cmocka_unit_test(signs_beside_marks_get_a_backslash_where_they_would_join_them),
        cmocka_unit_test(a_line_of_signs_is_read_in_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
