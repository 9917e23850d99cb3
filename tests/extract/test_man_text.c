#include "extract/man_text.h"
#include "support.h"

static void check(const char *source, const char *expected)
{
    td_buf out = TD_BUF(1000);

    assert_int_equal(td_extract_man_text_add(&out, td_str_from(source), true, NULL), TANDEM_OK);
    assert_str(td_buf_str(&out), expected);
    assert_int_equal(td_utf8_valid_n(td_buf_str(&out)), out.n);
    td_buf_clear(&out);
}

static void drops_fonts_and_sizes(void **state)
{
    (void)state;
    check("\\fBbold\\fR \\f[CW]code\\fP \\f(BIx\\s-1y\\s0\\s+(12z", "bold code xyz");
    check("a\\&b\\|c\\%d\\/e\\,f\\:g", "abcdefg");
}

static void resolves_glyphs_and_strings(void **state)
{
    (void)state;
    check("\\-\\-all \\(lqx\\(rq \\[u20AC] \\(co \\e \\*(lqy\\*R \\[aq]\\(aq",
          "--all \xE2\x80\x9Cx\xE2\x80\x9D \xE2\x82\xAC \xC2\xA9 \\ \xE2\x80\x9Cy\xC2\xAE ''");
    check("caf\\['e] \\(:o", "cafe o");
    check("\\[u110000] \\[uD800]", "u110000 uD800");
}

static void leaves_out_what_moves_the_pen(void **state)
{
    (void)state;
    check("a\\h'-1n'b\\v'3'c\\n(.xd\\w'text'e", "abcde");
    check("a \\\" comment", "a ");
}

static void escapes_a_tag_and_survives_a_cut_escape(void **state)
{
    (void)state;
    check("<file> a < b", "\\<file> a < b");
    check("a\\", "a");
    check("a\\f", "a");
    check("a\\(", "a");
    check("a\\[x", "a[x");
    check("\\\xC3\xA9\\f\xC3\xA9\\(\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9");
}

static void cuts_arguments_at_spaces_but_not_in_quotes(void **state)
{
    td_str rest = TD_STR(" one \"two three\" fo\\ ur \\\" comment"), argument;

    (void)state;
    assert_true(td_extract_man_text_next(&rest, &argument));
    assert_str(argument, "one");
    assert_true(td_extract_man_text_next(&rest, &argument));
    assert_str(argument, "two three");
    assert_true(td_extract_man_text_next(&rest, &argument));
    assert_str(argument, "fo\\ ur");
    assert_false(td_extract_man_text_next(&rest, &argument));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_fonts_and_sizes),
        cmocka_unit_test(resolves_glyphs_and_strings),
        cmocka_unit_test(leaves_out_what_moves_the_pen),
        cmocka_unit_test(escapes_a_tag_and_survives_a_cut_escape),
        cmocka_unit_test(cuts_arguments_at_spaces_but_not_in_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
