#include "extract/flatten_tag.h"
#include "support.h"

static td_flat_tag read_tag(const char *html, const char *written, size_t end)
{
    td_buf out = TD_BUF(1 << 16);
    td_flat_tag tag = {0};
    size_t at = 0;

    assert_int_equal(td_extract_flatten_tag(td_str_from(html), &at, &out, &tag, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), written);
    assert_int_equal(at, end);
    td_buf_clear(&out);
    return tag;
}

static void reads_a_start_tag(void **state)
{
    td_flat_tag tag = read_tag("<Span class=a>x", "<Span class=\"a\">", 14);

    (void)state;
    assert_str(tag.name, "Span");
    assert_str(tag.class_value, "a");
    assert_false(tag.is_end);
    assert_false(tag.has_others);
}

static void tells_a_tag_that_closes_itself(void **state)
{
    (void)state;
    assert_true(read_tag("<g id=x />", "<g id=\"x\"/>", 10).self_closing);
    assert_false(read_tag("<g id=x/>", "<g id=\"x/\">", 9).self_closing);
}

static void writes_nothing_for_an_end_tag(void **state)
{
    td_flat_tag tag = read_tag("</p class=x>y", "", 12);

    (void)state;
    assert_true(tag.is_end);
    assert_str(tag.name, "p");
}

static void finds_the_end_of_raw_text(void **state)
{
    size_t end = 0;
    td_str html = TD_STR("<title>a</titles></TITLE >b");

    (void)state;
    assert_str(td_extract_flatten_tag_raw(html, TD_TAG_TITLE, 7, &end), "a</titles>");
    assert_int_equal(end, 26);
    html = TD_STR("<script><!--<script></script>x</script>y");
    assert_str(td_extract_flatten_tag_raw(html, TD_TAG_SCRIPT, 8, &end), "<!--<script></script>x");
    assert_int_equal(end, html.n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_start_tag),
        cmocka_unit_test(tells_a_tag_that_closes_itself),
        cmocka_unit_test(writes_nothing_for_an_end_tag),
        cmocka_unit_test(finds_the_end_of_raw_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
