#include "source/binary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_binary_name_is_told_by_its_last_suffix(void **state)
{
    (void)state;
    assert_true(td_source_binary_name(TD_STR("a/b.PNG")));
    assert_true(td_source_binary_name(TD_STR("x.tar.gz")));
    assert_false(td_source_binary_name(TD_STR("printf.3.gz")));
    assert_false(td_source_binary_name(TD_STR("x.png.md")));
    assert_false(td_source_binary_name(TD_STR("a.png/readme")));
    assert_false(td_source_binary_name(TD_STR(".so")));
    assert_false(td_source_binary_name(TD_STR("a/.zip")));
    assert_false(td_source_binary_name(TD_STR("png")));
    assert_false(td_source_binary_name(TD_STR("a.")));
    assert_false(td_source_binary_name(TD_STR("")));
    assert_false(td_source_binary_name(TD_STR("main.ts")));
}

static void bytes_are_binary_by_a_nul_or_a_known_start(void **state)
{
    static char late[TD_SOURCE_BINARY_HEAD_BYTES + 10];

    (void)state;
    assert_non_null(td_source_binary_bytes(TD_STR("a\0b")));
    assert_null(td_source_binary_bytes(TD_STR("%PDF-1.7\n\0")));
    assert_null(td_source_binary_bytes(TD_STR("\x1f\x8b\x08\0")));
    assert_null(td_source_binary_bytes(TD_STR("\xff\xfe"
                                              "a\0")));
    assert_null(td_source_binary_bytes(TD_STR("")));
    assert_null(td_source_binary_bytes(TD_STR("\xff\xfeh\0i\0")));
    assert_null(td_source_binary_bytes(TD_STR("\xfe\xff\0h\0i")));
    assert_null(td_source_binary_bytes(TD_STR("caf\xe9 in Latin-1")));
    assert_null(td_source_binary_bytes(TD_STR("PK is no archive")));
    memset(late, 'x', sizeof(late));
    late[TD_SOURCE_BINARY_HEAD_BYTES] = '\0';
    assert_null(td_source_binary_bytes((td_str){late, sizeof(late)}));
    late[TD_SOURCE_BINARY_HEAD_BYTES - 1] = '\0';
    assert_non_null(td_source_binary_bytes((td_str){late, sizeof(late)}));
}

static void text_types_are_told_from_the_rest(void **state)
{
    static const char *const text[] = {"",
                                       "text/html",
                                       "text/x-anything",
                                       "application/json",
                                       "application/ld+json",
                                       "application/atom+xml",
                                       "application/xhtml+xml",
                                       "application/x-ipynb+json",
                                       "application/pdf",
                                       "application/x-pdf"};
    static const char *const other[] = {"image/png",        "image/svg+xml",
                                        "application/pdfs", "application/octet-stream",
                                        "video/mp4",        "textual",
                                        "application/zip",  "multipart/x-mixed-replace"};

    (void)state;
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
        assert_true(td_source_binary_is_text_type(td_str_from(text[i])));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        assert_false(td_source_binary_is_text_type(td_str_from(other[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binary_name_is_told_by_its_last_suffix),
        cmocka_unit_test(bytes_are_binary_by_a_nul_or_a_known_start),
        cmocka_unit_test(text_types_are_told_from_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
