#include "net/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void a_content_type_splits_into_type_and_charset(void **state)
{
    static const char *const cases[][3] = {
        {"text/html", "text/html", ""},
        {"Text/HTML; Charset=UTF-8", "text/html", "utf-8"},
        {"text/html;charset=\"iso-8859-1\"", "text/html", "iso-8859-1"},
        {" text/html ; a=b ; charset = x; charset=Y ", "text/html", "y"},
        {"", "", ""},
        {";charset=x", "", "x"},
        {";;;", "", ""},
        {"text/html; charset=\"", "text/html", "\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[100];
        td_str media_type, charset;
        snprintf(text, sizeof(text), "%s", cases[i][0]);
        td_net_header_split_type(td_str_from(text), &media_type, &charset);
        assert_true(td_str_eq(media_type, td_str_from(cases[i][1])));
        assert_true(td_str_eq(charset, td_str_from(cases[i][2])));
    }
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    /* 1994-11-15T08:12:31Z */
    const int64_t wall_ms = 784887151000;
    int64_t wait_ms = -1;

    (void)state;
    assert_true(td_net_retry_after(TD_STR(" 120 "), wall_ms, &wait_ms));
    assert_int_equal(wait_ms, 120000);
    assert_true(td_net_retry_after(TD_STR("0"), wall_ms, &wait_ms));
    assert_int_equal(wait_ms, 0);
    assert_true(td_net_retry_after(TD_STR("Tue, 15 Nov 1994 08:12:41 GMT"), wall_ms, &wait_ms));
    assert_int_equal(wait_ms, 10000);
    assert_true(td_net_retry_after(TD_STR("Tue, 15 Nov 1994 08:12:21 GMT"), wall_ms, &wait_ms));
    assert_int_equal(wait_ms, 0);
    assert_true(td_net_retry_after(TD_STR("18446744073709551615"), wall_ms, &wait_ms));
    assert_int_equal(wait_ms, INT64_MAX);
    assert_false(td_net_retry_after(TD_STR(""), wall_ms, &wait_ms));
    assert_false(td_net_retry_after(TD_STR("soon"), wall_ms, &wait_ms));
    assert_false(td_net_retry_after(TD_STR("-1"), wall_ms, &wait_ms));
    wait_ms = 0;
    assert_true(td_net_retry_after(TD_STR("99999999999999999999999"), wall_ms, &wait_ms));
    assert_true(wait_ms == INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_content_type_splits_into_type_and_charset),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
