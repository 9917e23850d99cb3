#include "extract/source_table.h"
#include "support.h"

static void check(const char *text, const char *expected, int line)
{
    td_buf out = TD_BUF(4 << 20);

    assert_int_equal(td_extract_source_table_replace(td_str_from(text), &out, NULL), TANDEM_OK);
    test_assert_str(td_buf_str(&out), expected, __FILE__, line);
    td_buf_clear(&out);
}
#define assert_replaced(text, expected) check((text), (expected), __LINE__)
#define assert_kept(text)               check((text), "", __LINE__)

static void a_table_keeps_its_lines_and_all_else_its_bytes(void **state)
{
    (void)state;
    assert_replaced("a {b}\n\n<table>\n<tr><th>A</th><th>B|C</th></tr>\n<tr><td><b>x</b></td>\n"
                    "<td>`y<z>` &lt;w&gt;</td></tr>\n</table>\n\n<b>c</b>  \n",
                    "a {b}\n\n| A | B\\|C |\n| --- | --- |\n| **x** | `y<z>` \\<w> |\n\n\n\n"
                    "<b>c</b>  \n");
}

static void a_table_that_is_no_data_stays(void **state)
{
    (void)state;
    assert_kept("<table><tr><td>a</td><td>b</td></tr></table>\n");
    assert_kept("<table>\n<tr>\n<td>one cell</td>\n</tr>\n</table>\n");
    assert_kept("<table>\n<tr>\n<td><pre>a</pre></td><td>b</td>\n</tr>\n<tr><td>c</td>\n"
                "<td>d</td></tr>\n</table>\n");
    assert_kept("<table>\n<tr>\n<td>no end</td><td>b</td>\n");
    assert_kept("a <table>\n<tr><td>a</td><td>b</td></tr>\n<tr><td>a</td></tr>\n</table>\n");
    assert_kept("<table>\n<tr><th>a</th><th>b</th></tr>\n</table> text\n");
    assert_kept("no table\n");
    assert_kept("");
}

static void a_table_in_code_stays(void **state)
{
    (void)state;
    assert_kept("```\n<table>\n<tr><th>a</th><th>b</th></tr>\n\n</table>\n```\n");
    assert_kept("~~~\n```\n<table>\n<tr><th>a</th><th>b</th></tr>\n\n</table>\n~~~\n");
    assert_kept("````\n```\n<table>\n<tr><th>a</th><th>b</th></tr>\n\n</table>\n````\n");
    assert_kept("```\n```c\n<table>\n<tr><th>a</th><th>b</th></tr>\n\n</table>\n```\n");
    assert_kept("```a``` b\n\n```\n<table>\n<tr><th>a</th><th>b</th></tr>\n\n</table>\n```\n");
    assert_kept("    <table>\n    <tr><th>a</th><th>b</th></tr>\n\n    </table>\n");
}

static void a_table_without_a_line_to_spare_needs_a_blank_one_below(void **state)
{
    (void)state;
    assert_kept("<table>\n<tr><th>a<th>b\n<tr><td>c<td>d</table>\ntext\n");
    assert_replaced("<table>\n<tr><th>a<th>b\n<tr><td>c<td>d</table>\n\ntext\n",
                    "| a | b |\n| --- | --- |\n| c | d |\n\ntext\n");
}

static void links_and_spans_are_those_of_html_pages(void **state)
{
    (void)state;
    assert_replaced("<table>\n<tr><th colspan=2>A</th></tr>\n<tr><td><a href=\"b.md\">b</a></td>\n"
                    "<td><code>c</code></td></tr>\n</table>\n",
                    "| A |  |\n| --- | --- |\n| [b](b.md) | `c` |\n\n\n");
}

static void of_too_many_tables_the_rest_stays(void **state)
{
    td_str text = test_repeat("<table>\n<th>a<th>b\n\n</table>\n", 3000, "");
    td_buf out = TD_BUF(1 << 20);
    size_t n = 0;

    (void)state;
    assert_int_equal(td_extract_source_table_replace(text, &out, NULL), TANDEM_OK);
    for (size_t at = 0; (at = td_str_find(td_buf_str(&out), TD_STR("| --- |"), at)) != TD_STR_NONE;
         at++)
        n += out.ptr[at - 1] == '\n';
    assert_int_equal(n, td_extract_source_table_max(text));
    assert_true(n >= 1000 && n < 3000);
    td_buf_clear(&out);
    free((char *)(uintptr_t)text.ptr);
}

static void replace(td_str text)
{
    td_buf out = TD_BUF(8 << 20);

    assert_int_equal(td_extract_source_table_replace(text, &out, NULL), TANDEM_OK);
    td_buf_clear(&out);
}

/* Each took minutes where a comment's or a line's end was looked for once for each sign. */
static void hostile_signs_in_a_table_are_read_in_linear_time(void **state)
{
    static const char *const PIECES[] = {"<!--", "`a`", "**a"};

    (void)state;
    for (size_t i = 0; i < sizeof(PIECES) / sizeof(*PIECES); i++) {
        td_str signs = test_repeat(PIECES[i], 50000, "</td></tr>\n</table>\n");
        char *text = malloc(signs.n + 32);

        assert_non_null(text);
        memcpy(text, "<table>\n<tr><td>", 16);
        memcpy(text + 16, signs.ptr, signs.n);
        replace((td_str){text, signs.n + 16});
        free(text);
        free((char *)(uintptr_t)signs.ptr);
    }
}

static void hostile_tables_are_read_in_linear_time(void **state)
{
    static const char *const PIECES[] = {"<table>\n", "<table\n", "<table>\n<tr><td>a<td>b\n",
                                         "<table>\n</table>\n", "<table>`\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(PIECES) / sizeof(*PIECES); i++) {
        td_str text = test_repeat(PIECES[i], 20000, "\n");

        replace(text);
        free((char *)(uintptr_t)text.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_keeps_its_lines_and_all_else_its_bytes),
        cmocka_unit_test(a_table_that_is_no_data_stays),
        cmocka_unit_test(a_table_in_code_stays),
        cmocka_unit_test(a_table_without_a_line_to_spare_needs_a_blank_one_below),
        cmocka_unit_test(links_and_spans_are_those_of_html_pages),
        cmocka_unit_test(of_too_many_tables_the_rest_stays),
        cmocka_unit_test(hostile_signs_in_a_table_are_read_in_linear_time),
        cmocka_unit_test(hostile_tables_are_read_in_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
