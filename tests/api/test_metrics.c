#include "tandem/tandem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void tells_what_was_counted_as_prometheus_reads_it(void **state)
{
    char *text = NULL;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(tandem_metrics_count("tandem_http_requests_total",
                                              "route=\"/embed\",code=\"200\"", 1, NULL),
                         TANDEM_OK);
    assert_int_equal(tandem_metrics_observe("tandem_http_request_seconds", "route=\"/embed\"", 0.25,
                                            NULL),
                     TANDEM_OK);
    assert_int_equal(tandem_metrics_count("plain_total", "", 0.5, NULL), TANDEM_OK);
    assert_int_equal(tandem_metrics_copy(&text, &n, NULL), TANDEM_OK);
    assert_int_equal(strlen(text), n);
    assert_non_null(strstr(text, "# TYPE tandem_http_requests_total counter\n"
                                 "tandem_http_requests_total{route=\"/embed\",code=\"200\"} 3\n"));
    assert_non_null(strstr(text, "tandem_http_request_seconds_bucket{route=\"/embed\",le=\"0.25\"} "
                                 "1\n"));
    assert_non_null(strstr(text, "plain_total 0.5\n"));
    free(text);
}

static void refuses_what_prometheus_would_not_read(void **state)
{
    static const char *const names[] = {"", "1st", "a-b", "a b", "a{", "\n"};
    static const char *const labels[] = {
        "x",      "x=1",      "x=\"1", "x=\"1\",",       "x=\"a\nb\"", "x=\"a\\q\"",
        "=\"1\"", "x=\"1\" ", ",",     "x=\"1\"y=\"2\"", "x=\"\\"};
    tandem_error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(tandem_metrics_count(names[i], "", 1, &error), TANDEM_E_INVALID);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        assert_int_equal(tandem_metrics_count("good_total", labels[i], 1, &error),
                         TANDEM_E_INVALID);
    assert_int_equal(tandem_metrics_count("good_total", "x=\"a\\\\\\\"\\n\",y=\"\"", 1, &error),
                     TANDEM_OK);
    assert_int_equal(tandem_metrics_count(NULL, "", 1, &error), TANDEM_E_INVALID);
    assert_int_equal(tandem_metrics_copy(NULL, NULL, &error), TANDEM_E_INVALID);
}

static void a_name_has_one_kind(void **state)
{
    tandem_error error = {0};

    (void)state;
    assert_int_equal(tandem_metrics_count("once_total", "x=\"1\"", 1, NULL), TANDEM_OK);
    assert_int_equal(tandem_metrics_observe("once_total", "x=\"2\"", 1, &error), TANDEM_E_INVALID);
    assert_non_null(strstr(error.message, "once_total"));
    assert_int_equal(tandem_metrics_observe("once_total", "x=\"1\"", 1, &error), TANDEM_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_was_counted_as_prometheus_reads_it),
        cmocka_unit_test(refuses_what_prometheus_would_not_read),
        cmocka_unit_test(a_name_has_one_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
