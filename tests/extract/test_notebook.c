#include "extract/notebook.h"
#include "support.h"

static void check(const char *json, tandem_code expected_code, const char *expected)
{
    td_buf out = TD_BUF(1 << 16);

    assert_int_equal(td_extract_notebook_write(td_str_from(json), &out, NULL), expected_code);
    assert_str(td_buf_str(&out), expected);
    td_buf_clear(&out);
}

static void reads_cells_whose_source_is_a_list_or_a_text(void **state)
{
    (void)state;
    check("{\"cells\":[{\"cell_type\":\"markdown\",\"source\":[\"# a\\n\",\"b\"]},"
          "{\"cell_type\":\"code\",\"source\":\"x\"}]}",
          TANDEM_OK, "# a\nb\n\n```python\nx\n```\n");
}

static void knows_the_language_of_the_kernel(void **state)
{
    (void)state;
    check("{\"metadata\":{\"kernelspec\":{\"language\":\"R\"}},"
          "\"cells\":[{\"cell_type\":\"code\",\"source\":\"x\"}]}",
          TANDEM_OK, "```r\nx\n```\n");
}

static void reads_the_older_format(void **state)
{
    (void)state;
    check("{\"worksheets\":[{\"cells\":[{\"cell_type\":\"code\",\"input\":[\"x\"]}]}]}", TANDEM_OK,
          "```python\nx\n```\n");
}

static void headings_of_the_older_format_are_headings(void **state)
{
    (void)state;
    check("{\"worksheets\":[{\"cells\":[{\"cell_type\":\"heading\",\"level\":2,\"source\":[\"A\"]},"
          "{\"cell_type\":\"heading\",\"level\":99,\"source\":\"B\"},"
          "{\"cell_type\":\"heading\",\"source\":\"C\"}]}]}",
          TANDEM_OK, "## A\n\n###### B\n\n# C\n");
}

static void a_cell_may_be_in_another_language(void **state)
{
    (void)state;
    check("{\"cells\":[{\"cell_type\":\"code\",\"source\":\"%%bash\\nls\"},"
          "{\"cell_type\":\"code\",\"source\":\"%%html\"},"
          "{\"cell_type\":\"code\",\"source\":\"%%timeit -n 3\\nf()\"},"
          "{\"cell_type\":\"markdown\",\"source\":\"%%bash\"}]}",
          TANDEM_OK,
          "```shell\n%%bash\nls\n```\n\n```html\n%%html\n```\n\n"
          "```python\n%%timeit -n 3\nf()\n```\n\n%%bash\n");
}

static void says_format_for_what_is_no_notebook(void **state)
{
    (void)state;
    check("", TANDEM_E_FORMAT, "");
    check("[1]", TANDEM_E_FORMAT, "");
    check("{\"cells\":3}", TANDEM_E_FORMAT, "");
    check("{\"cells\":[", TANDEM_E_FORMAT, "");
}

static void skips_cells_that_are_none(void **state)
{
    (void)state;
    check("{\"cells\":[1,null,{},{\"cell_type\":7,\"source\":{}},{\"source\":[1,\"x\"]}]}",
          TANDEM_OK, "x\n");
}

static void leaves_no_nul_in_the_text(void **state)
{
    (void)state;
    check("{\"cells\":[{\"source\":\"a\\u0000b\"}]}", TANDEM_OK,
          "a\xEF\xBF\xBD"
          "b\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_cells_whose_source_is_a_list_or_a_text),
        cmocka_unit_test(knows_the_language_of_the_kernel),
        cmocka_unit_test(reads_the_older_format),
        cmocka_unit_test(headings_of_the_older_format_are_headings),
        cmocka_unit_test(a_cell_may_be_in_another_language),
        cmocka_unit_test(says_format_for_what_is_no_notebook),
        cmocka_unit_test(skips_cells_that_are_none),
        cmocka_unit_test(leaves_no_nul_in_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
