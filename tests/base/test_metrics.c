#include "base/metrics.h"
#include "base/thread.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static td_buf write_or_fail(void)
{
    td_buf buf = TD_BUF(1 << 22);
    assert_int_equal(td_metrics_write(&buf, NULL), TANDEM_OK);
    return buf;
}

static void assert_written(const char *part)
{
    td_buf buf = write_or_fail();
    if (!strstr(td_buf_str(&buf).ptr, part))
        fail_msg("no \"%s\" in\n%s", part, buf.ptr);
    td_buf_clear(&buf);
}

static void gives_the_same_metric_for_the_same_name_and_labels(void **state)
{
    (void)state;
    td_metric *gte = td_metrics_counter("test_same_total", "lane=\"gte\"");
    assert_ptr_equal(td_metrics_counter("test_same_total", "lane=\"gte\""), gte);
    assert_ptr_not_equal(td_metrics_counter("test_same_total", "lane=\"code\""), gte);
    assert_ptr_not_equal(td_metrics_counter("test_same_total", ""), gte);
}

static void counts_and_sets(void **state)
{
    (void)state;
    td_metric *counter = td_metrics_counter("test_counter_total", "");
    td_metrics_add(counter, 1);
    td_metrics_add(counter, 2.5);
    assert_true(td_metrics_value(counter) == 3.5);
    td_metric *gauge = td_metrics_gauge("test_gauge", "");
    td_metrics_set(gauge, 10);
    td_metrics_add(gauge, -4);
    assert_true(td_metrics_value(gauge) == 6);
}

static void writes_one_type_line_a_name_and_sorts(void **state)
{
    (void)state;
    td_metrics_add(td_metrics_counter("test_b_total", "lane=\"gte\""), 2);
    td_metrics_add(td_metrics_counter("test_b_total", "lane=\"code\""), 1);
    td_metrics_set(td_metrics_gauge("test_a", ""), 0.1);
    assert_written("# TYPE test_a gauge\n"
                   "test_a 0.1\n"
                   "# TYPE test_b_total counter\n"
                   "test_b_total{lane=\"code\"} 1\n"
                   "test_b_total{lane=\"gte\"} 2\n");
}

static void writes_numbers_that_read_back_the_same(void **state)
{
    (void)state;
    td_metric *gauge = td_metrics_gauge("test_number", "");
    td_metrics_set(gauge, 1e15 + 1);
    assert_written("test_number 1000000000000001\n");
    td_metrics_set(gauge, 1.0 / 3);
    assert_written("test_number 0.33333333333333331\n");
    td_metrics_set(gauge, -INFINITY);
    assert_written("test_number -Inf\n");
    td_metrics_set(gauge, NAN);
    assert_written("test_number NaN\n");
}

static void puts_a_value_into_the_first_bucket_that_holds_it(void **state)
{
    (void)state;
    td_metric *histogram = td_metrics_histogram("test_seconds", "lane=\"gte\"");
    static const double values[] = {0, -1, 0.0009765625, 0.001, 1, 1.5, 2, 1048576, 1048577};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        td_metrics_observe(histogram, values[i]);
    assert_written("# TYPE test_seconds histogram\n"
                   "test_seconds_bucket{lane=\"gte\",le=\"0.0009765625\"} 3\n"
                   "test_seconds_bucket{lane=\"gte\",le=\"0.001953125\"} 4\n");
    assert_written("le=\"0.5\"} 4\ntest_seconds_bucket{lane=\"gte\",le=\"1\"} 5\n"
                   "test_seconds_bucket{lane=\"gte\",le=\"2\"} 7\n");
    assert_written("le=\"524288\"} 7\ntest_seconds_bucket{lane=\"gte\",le=\"1048576\"} 8\n"
                   "test_seconds_bucket{lane=\"gte\",le=\"+Inf\"} 9\n"
                   "test_seconds_sum{lane=\"gte\"} 2097156.5019765627\n"
                   "test_seconds_count{lane=\"gte\"} 9\n");
}

static void a_value_that_is_no_number_does_not_spoil_the_sum(void **state)
{
    (void)state;
    td_metric *histogram = td_metrics_histogram("test_finite", "");
    td_metrics_observe(histogram, NAN);
    td_metrics_observe(histogram, INFINITY);
    td_metrics_observe(histogram, 3);
    assert_true(td_metrics_value(histogram) == 3);
    assert_written("test_finite_bucket{le=\"+Inf\"} 1\ntest_finite_sum 3\ntest_finite_count 1\n");
}

static void adds_nothing_when_all_do_not_fit(void **state)
{
    (void)state;
    td_metrics_add(td_metrics_counter("test_fit_total", ""), 1);
    td_buf buf = TD_BUF(60);
    assert_int_equal(td_buf_add(&buf, TD_STR("before"), NULL), TANDEM_OK);
    assert_int_equal(td_metrics_write(&buf, NULL), TANDEM_E_TOO_LARGE);
    assert_string_equal(buf.ptr, "before");
    td_buf_clear(&buf);
}

enum {
    N_ADDS = 20000,
    N_THREADS = 4
};

static void *add_many(void *user)
{
    (void)user;
    for (int i = 0; i < N_ADDS; i++) {
        td_metrics_add(td_metrics_counter("test_threads_total", ""), 1);
        td_metrics_observe(td_metrics_histogram("test_threads", ""), 1);
    }
    return NULL;
}

static void loses_no_addition_between_threads(void **state)
{
    (void)state;
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(td_thread_start(&threads[i], "add", add_many, NULL, NULL), TANDEM_OK);
    td_buf buf = write_or_fail(); /* while they add */
    td_buf_clear(&buf);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(td_metrics_value(td_metrics_counter("test_threads_total", "")) ==
                N_ADDS * N_THREADS);
    assert_written("test_threads_count 80000\n");
}

static void endless_labels_do_not_fill_memory(void **state) /* the last: nothing new fits then */
{
    (void)state;
    char labels[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(labels, sizeof(labels), "page=\"%d\"", i);
        td_metrics_add(td_metrics_counter("test_pages_total", labels), 1);
    }
    td_metric *beyond = td_metrics_counter("test_beyond_total", "");
    assert_ptr_equal(td_metrics_counter("test_other_total", ""), beyond);
    td_buf buf = write_or_fail();
    assert_null(strstr(buf.ptr, "test_beyond_total"));
    td_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_same_metric_for_the_same_name_and_labels),
        cmocka_unit_test(counts_and_sets),
        cmocka_unit_test(writes_one_type_line_a_name_and_sorts),
        cmocka_unit_test(writes_numbers_that_read_back_the_same),
        cmocka_unit_test(puts_a_value_into_the_first_bucket_that_holds_it),
        cmocka_unit_test(a_value_that_is_no_number_does_not_spoil_the_sum),
        cmocka_unit_test(adds_nothing_when_all_do_not_fit),
        cmocka_unit_test(loses_no_addition_between_threads),
        cmocka_unit_test(endless_labels_do_not_fill_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
