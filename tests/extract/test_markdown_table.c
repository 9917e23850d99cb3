#include "support.h"

static void writes_a_data_table_with_its_bars_escaped(void **state)
{
    (void)state;
    assert_markdown("<table><tr><th>a|b<th>c<tr><td><ul><li>d<li>e</ul><td>f",
                    "| a\\|b | c |\n| --- | --- |\n| d e | f |\n");
}

static void fills_columns_that_other_cells_span(void **state)
{
    (void)state;
    assert_markdown("<table><tr><td rowspan=3>a<td>b<tr><td>c<tr><td>d</table>",
                    "| a | b |\n| --- | --- |\n|  | c |\n|  | d |\n");
    assert_markdown("<table><tr><td colspan=2>a<td>b<tr><td>c<td>d<td>e</table>",
                    "| a |  | b |\n| --- | --- | --- |\n| c | d | e |\n");
}

static void survives_spans_of_any_size(void **state)
{
    td_document *document =
        test_html("<table><tr><td colspan=9999999 rowspan=99999999>a<td>b<tr><td>c<td>d</table>");

    (void)state;
    assert_true(td_str_starts(document->text, TD_STR("| a |  |")));
    td_document_free(document);
}

static void lays_out_what_is_no_data(void **state)
{
    (void)state;
    assert_markdown("<table><tr><td>a<td>b</table>", "a\n\nb\n");
    assert_markdown("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>",
                    "a\n\nb\n\nc\n\nd\n");
    assert_markdown("<table><tr><td>a<td><table><tr><th>b<th>c<tr><td>d<td>e</table></table>",
                    "a\n\n| b | c |\n| --- | --- |\n| d | e |\n");
}

static void keeps_code_that_stands_in_cells(void **state)
{
    (void)state;
    assert_markdown("<table><tr><th>a<th>b<tr><td>c<td><pre>x\ny</pre></table>",
                    "a\n\nb\n\nc\n\n```\nx\ny\n```\n");
}

static void leaves_rows_without_cells_away(void **state)
{
    (void)state;
    assert_markdown("<table><tr></tr><tr><th>a<th>b<tr><tr><td>c</table>",
                    "| a | b |\n| --- | --- |\n| c |  |\n");
}

#define GRID                                                                                   \
    "<div class='summary-table three-column-summary'>"                                         \
    "<div class='table-header col-first'>Modifier</div>\n<div class=table-header>Method</div>" \
    "<div class=table-header>Description</div>\n"

static void boxes_of_javadoc_are_a_table(void **state)
{
    (void)state;
    assert_markdown(
        GRID "<div class=col-first><code>static&nbsp;int</code></div>"
             "<div class=col-second><code><a href=#a>put</a><wbr>(int&nbsp;n)</code>"
             "</div><div class=col-last><div class=block>Puts.</div></div>"
             "<div class=col-first><code>void</code></div><div class=col-second>"
             "<code>get()</code></div><div class=col-last>&nbsp;</div></div><p>words behind it",
        "| Modifier | Method | Description |\n| --- | --- | --- |\n"
        "| `static int` | `put(int n)` | Puts. |\n| `void` | `get()` |  |\n\nwords behind it\n");
    assert_markdown(GRID "</div>", "| Modifier | Method | Description |\n| --- | --- | --- |\n");
}

#define HEADS "Modifier\n\nMethod\n\nDescription\n\n"

static void boxes_that_do_not_fit_into_rows_are_text(void **state)
{
    (void)state;
    assert_markdown(GRID "<div>a</div></div>", HEADS "a\n");
    assert_markdown(GRID "<div>a</div><div>b</div><div><pre>c</pre></div></div>",
                    HEADS "a\n\nb\n\n```\nc\n```\n");
    assert_markdown(GRID "a<div>b</div><div>c</div><div>d</div></div>", HEADS "a\n\nb\n\nc\n\nd\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_data_table_with_its_bars_escaped),
        cmocka_unit_test(fills_columns_that_other_cells_span),
        cmocka_unit_test(survives_spans_of_any_size),
        cmocka_unit_test(lays_out_what_is_no_data),
        cmocka_unit_test(keeps_code_that_stands_in_cells),
        cmocka_unit_test(leaves_rows_without_cells_away),
        cmocka_unit_test(boxes_of_javadoc_are_a_table),
        cmocka_unit_test(boxes_that_do_not_fit_into_rows_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
