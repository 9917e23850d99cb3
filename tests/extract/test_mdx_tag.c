#include "extract/mdx_tag.h"
#include "support.h"

static bool read(const char *text, bool in_paragraph, td_mdx_tag *tag)
{
    size_t n_read = 0;

    return td_extract_mdx_tag_read(td_str_from(text), 0, in_paragraph, tag, &n_read);
}

static void reads_names_ends_and_attributes(void **state)
{
    td_mdx_tag tag;

    (void)state;
    assert_true(read("<Tabs.Item a b='c' d = {e} {...f} g:h=\"i > j\">x", false, &tag));
    assert_str(tag.name, "Tabs.Item");
    assert_false(tag.is_end || tag.closes_itself);
    assert_int_equal(tag.end, strlen("<Tabs.Item a b='c' d = {e} {...f} g:h=\"i > j\">"));
    assert_int_equal(tag.n_attributes, 4);
    assert_str(tag.attributes[1].value, "c");
    assert_str(tag.attributes[2].value, "e");
    assert_true(tag.attributes[2].in_braces);
    assert_str(tag.attributes[3].value, "i > j");
    assert_true(read("</a >", false, &tag) && tag.is_end);
    assert_true(read("<a/>", false, &tag) && tag.closes_itself);
    assert_true(read("<>", false, &tag) && tag.name.n == 0);
    assert_true(read("</>", false, &tag) && tag.is_end);
    assert_true(read("<A\n  b={() => { c('>') }}\n/>", true, &tag) && tag.closes_itself);
}

static void what_is_no_tag_is_none(void **state)
{
    static const char *const TEXTS[] = {"<",         "< a>",      "<1>",    "<a",       "<a b=c>",
                                        "<a b=\"c>", "</",        "<a /b>", "</a b>",   "<a, b>",
                                        "<a b={c>",  "<a b=",     "<a b",   "<a\n\n\n", "<a:b//c>",
                                        "<a@b.c>",   "<a b={{c}>"};
    td_mdx_tag tag;

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++)
        if (read(TEXTS[i], false, &tag))
            fail_msg("%s", TEXTS[i]);
}

static void in_a_paragraph_a_blank_line_ends_the_search(void **state)
{
    td_mdx_tag tag;

    (void)state;
    assert_true(read("<a\n\nb=\"c\n\nd\" e={\n\n}>", false, &tag));
    assert_false(read("<a\n\nb>", true, &tag));
    assert_false(read("<a b=\"c\n\nd\">", true, &tag));
    assert_false(read("<a b=\"c\r\n \r\nd\">", true, &tag));
    assert_true(read("<a b=\"c\r\n d\">", true, &tag));
    assert_false(read("<a b={\n\n}>", true, &tag));
}

static void counts_the_space_in_which_a_search_ends(void **state)
{
    static const char *const TEXTS[] = {"<a               ", "<a b             ",
                                        "<a b=            ", "<a {b}           ",
                                        "<a              \n\n>"};
    td_mdx_tag tag;

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++) {
        size_t n_read = 0;

        assert_false(td_extract_mdx_tag_read(td_str_from(TEXTS[i]), 0, true, &tag, &n_read));
        assert_true(n_read > 10);
    }
}

static void reads_over_attributes_past_the_limit(void **state)
{
    td_str text = test_repeat("<a", 1, "");
    td_str many = test_repeat(" b=\"c\"", 100, ">");
    char whole[1000];
    td_mdx_tag tag;

    (void)state;
    snprintf(whole, sizeof(whole), "%s%s", text.ptr, many.ptr);
    assert_true(read(whole, false, &tag));
    assert_int_equal(tag.n_attributes, TD_MDX_ATTRIBUTES_MAX);
    assert_int_equal(tag.end, strlen(whole));
    free((char *)(uintptr_t)text.ptr);
    free((char *)(uintptr_t)many.ptr);
}

static void assert_shown(const char *text, const char *expected)
{
    td_buf out = TD_BUF(1000);
    td_mdx_tag tag;

    assert_true(read(text, false, &tag));
    assert_int_equal(td_extract_mdx_tag_write(&tag, true, 0, &out, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), expected);
    td_buf_clear(&out);
}

static void shows_what_a_page_shows(void **state)
{
    (void)state;
    assert_shown("<Card title=\"A  b\" href=\"/c\" icon=\"d\">", "**[A b](/c)**");
    assert_shown("<Card title='A' description={\"it's\"} />", "**A** it's");
    assert_shown("<TabItem value=\"linux\" label=\"Linux\">", "**Linux**");
    assert_shown("<Tab value=\"npm\">", "**npm**");

    assert_shown("<ParamField path=\"id\" type=\"string\">", "**id**");
    assert_shown("<ResponseField name={'id'}>", "**id**");
    assert_shown("<img src=\"a.png\" alt=\"A picture\" />", "A picture");
    assert_shown("<Frame caption=\"B\">", "B");
}

static void shows_nothing_of_what_is_for_programs(void **state)
{
    (void)state;
    assert_shown("<Icon name=\"star\" />", "");
    assert_shown("<Card title={t('a')} />", "");
    assert_shown("<iframe title=\"a\" />", "");
    assert_shown("<Select value=\"a\" />", "");
    assert_shown("<Tabs items={names} />", "");
    assert_shown("<Card title=\"\" />", "");
}

static void names_the_language_of_code(void **state)
{
    td_mdx_tag tag;

    (void)state;
    assert_true(read("<CodeBlock language=\"js\" code={`a()`} />", false, &tag));
    assert_str(td_extract_mdx_tag_language(&tag), "js");
    assert_str(td_extract_mdx_tag_code(&tag), "a()");
    assert_true(read("<CodeBlock lang=\"a b\">", false, &tag));
    assert_str(td_extract_mdx_tag_language(&tag), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_ends_and_attributes),
        cmocka_unit_test(what_is_no_tag_is_none),
        cmocka_unit_test(in_a_paragraph_a_blank_line_ends_the_search),
        cmocka_unit_test(counts_the_space_in_which_a_search_ends),
        cmocka_unit_test(reads_over_attributes_past_the_limit),
        cmocka_unit_test(shows_what_a_page_shows),
        cmocka_unit_test(shows_nothing_of_what_is_for_programs),
        cmocka_unit_test(names_the_language_of_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
