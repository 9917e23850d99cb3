#include "base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void never_goes_back(void **state)
{
    (void)state;
    int64_t us = td_clock_us();
    int64_t ms = td_clock_ms();
    assert_true(us > 0);
    for (int i = 0; i < 1000; i++) {
        int64_t next = td_clock_us();
        assert_true(next >= us);
        us = next;
    }
    assert_true(td_clock_ms() >= ms);
    assert_true(td_clock_us() / 1000 >= ms);
}

static void wall_time_is_of_this_century(void **state)
{
    (void)state;
    assert_true(td_clock_wall_ms() > INT64_C(1700000000000));
    assert_true(td_clock_wall_ms() < INT64_C(4102444800000));
}

static void assert_iso(int64_t wall_ms, const char *expected)
{
    char text[TD_CLOCK_ISO_N];
    td_clock_iso(wall_ms, text);
    assert_string_equal(text, expected);
}

static void writes_dates_of_four_digit_years(void **state)
{
    (void)state;
    assert_iso(0, "1970-01-01T00:00:00Z");
    assert_iso(INT64_C(1795421700999), "2026-11-23T08:15:00Z");
    assert_iso(-1, "1969-12-31T23:59:59Z");
    assert_iso(-1000, "1969-12-31T23:59:59Z");
    assert_iso(INT64_MAX, "9999-12-31T23:59:59Z");
    assert_iso(INT64_MIN, "0000-01-01T00:00:00Z");
}

static void a_deadline_in_the_past_is_over_at_once(void **state)
{
    (void)state;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    assert_int_equal(td_clock_cond_init(&cond, NULL), TANDEM_OK);
    struct timespec deadline = td_clock_deadline(-5);
    pthread_mutex_lock(&lock);
    assert_int_equal(pthread_cond_timedwait(&cond, &lock, &deadline), ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    pthread_cond_destroy(&cond);
}

static void a_deadline_lies_as_far_ahead_as_told(void **state)
{
    (void)state;
    int64_t before = td_clock_ms();
    struct timespec deadline = td_clock_deadline(12345);
    int64_t after = td_clock_ms();
    int64_t ms = (int64_t)deadline.tv_sec * 1000 + deadline.tv_nsec / 1000000;
    assert_true(ms >= before + 12345 && ms <= after + 12345);
    assert_in_range(deadline.tv_nsec, 0, 999999999);
    assert_true(td_clock_deadline(INT64_MAX).tv_sec > deadline.tv_sec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_goes_back),
        cmocka_unit_test(wall_time_is_of_this_century),
        cmocka_unit_test(writes_dates_of_four_digit_years),
        cmocka_unit_test(a_deadline_in_the_past_is_over_at_once),
        cmocka_unit_test(a_deadline_lies_as_far_ahead_as_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
