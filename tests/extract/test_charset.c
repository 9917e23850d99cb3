#include "extract/charset.h"
#include "support.h"

static void check(const char *body, size_t n, const char *header, const char *expected)
{
    td_buf buf = TD_BUF(1 << 20);
    td_str text = {0};

    assert_int_equal(td_extract_charset_decode((td_str){body, n}, td_str_from(header), &buf, &text,
                                               NULL),
                     TANDEM_OK);
    assert_str(text, expected);
    td_buf_clear(&buf);
}
#define CHECK(body, header, expected) check((body), sizeof(body) - 1, (header), (expected))

static void leaves_valid_utf8_where_it_is(void **state)
{
    td_buf buf = TD_BUF(0);
    td_str body = TD_STR("caf\xC3\xA9"), text = {0};

    (void)state;
    assert_int_equal(td_extract_charset_decode(body, TD_STR(""), &buf, &text, NULL), TANDEM_OK);
    assert_ptr_equal(text.ptr, body.ptr);
}

static void believes_a_byte_order_mark_before_the_header(void **state)
{
    (void)state;
    CHECK("\xEF\xBB\xBF"
          "caf\xC3\xA9",
          "iso-8859-1", "caf\xC3\xA9");
    CHECK("\xFF\xFE"
          "a\0\xE9\0",
          "utf-8", "a\xC3\xA9");
    CHECK("\xFE\xFF"
          "\0a\0\xE9",
          "", "a\xC3\xA9");
}

static void believes_the_header_before_the_page(void **state)
{
    (void)state;
    CHECK("<meta charset=utf-8>\xE9", "ISO-8859-1", "<meta charset=utf-8>\xC3\xA9");
    CHECK("\xE9", " 'latin1' ", "\xC3\xA9");
    CHECK("\x80", "us-ascii", "\xE2\x82\xAC");
}

static void reads_the_label_in_the_page(void **state)
{
    (void)state;
    CHECK("<meta charset=\"windows-1251\">\xCF", "", "<meta charset=\"windows-1251\">\xD0\x9F");
    CHECK("<META http-equiv=Content-Type content='text/html; charset=Shift_JIS'>\x83\x65", "",
          "<META http-equiv=Content-Type content='text/html; charset=Shift_JIS'>\xE3\x83\x86");
    CHECK("<?xml version='1.0' encoding='iso-8859-2'?>\xB1", "",
          "<?xml version='1.0' encoding='iso-8859-2'?>\xC4\x85");
    CHECK("#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = '\xE9'", "",
          "#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx = '\xC3\xA9'");
    CHECK("<meta charset=utf-16>caf\xC3\xA9", "", "<meta charset=utf-16>caf\xC3\xA9");
}

static void takes_bytes_that_are_no_utf8_as_windows_1252(void **state)
{
    (void)state;
    CHECK("na\xEFve \x93quoted\x94", "", "na\xC3\xAFve \xE2\x80\x9Cquoted\xE2\x80\x9D");
    CHECK("\xE9", "no-such-charset", "\xC3\xA9");
}

static void replaces_what_is_not_valid_and_never_lets_a_nul_through(void **state)
{
    (void)state;
    CHECK("a\xFF"
          "b",
          "utf-8",
          "a\xEF\xBF\xBD"
          "b");
    CHECK("a\0b", "utf-8",
          "a\xEF\xBF\xBD"
          "b");
    CHECK("\xFF\xFE"
          "a\0\0\0b\0",
          "",
          "a\xEF\xBF\xBD"
          "b");
    CHECK("\xFF\xFE"
          "a\0b",
          "", "a\xEF\xBF\xBD");
    CHECK("\x83\x65\x83", "sjis", "\xE3\x83\x86\xEF\xBF\xBD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_valid_utf8_where_it_is),
        cmocka_unit_test(believes_a_byte_order_mark_before_the_header),
        cmocka_unit_test(believes_the_header_before_the_page),
        cmocka_unit_test(reads_the_label_in_the_page),
        cmocka_unit_test(takes_bytes_that_are_no_utf8_as_windows_1252),
        cmocka_unit_test(replaces_what_is_not_valid_and_never_lets_a_nul_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
