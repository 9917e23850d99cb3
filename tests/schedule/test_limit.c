#include "schedule/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A server that does `capacity` batches of 1000 tokens a second at a time, each in one second;
 * beyond that they share. */
static void serve(td_limit *limit, double capacity, int n)
{
    for (int i = 0; i < n; i++) {
        uint32_t out = td_schedule_limit_now(limit);
        double seconds = out > capacity ? out / capacity : 1;
        td_schedule_limit_good(limit, 1000, seconds, out);
    }
}

static void a_local_lanes_limit_stands_still(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(true, 16);
    assert_int_equal(td_schedule_limit_now(&limit), 16);
    td_schedule_limit_drop(&limit, 0, 1);
    serve(&limit, 2, 100);
    assert_int_equal(td_schedule_limit_now(&limit), 16);
}

static void a_small_maximum_is_used_from_the_start(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 2);
    assert_int_equal(td_schedule_limit_now(&limit), 2);
}

static void it_grows_while_the_server_bears_it_up_to_the_maximum(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 64);
    assert_true(td_schedule_limit_now(&limit) < 8);
    serve(&limit, 1000, 300);
    assert_int_equal(td_schedule_limit_now(&limit), 64);
}

static void it_stays_near_what_the_server_can_do(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 64);
    serve(&limit, 8, 500);
    uint32_t now = td_schedule_limit_now(&limit);
    assert_true(now >= 8 && now <= 24);
}

static void a_server_that_became_slower_for_good_is_not_starved(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 64);
    serve(&limit, 1000, 300);
    for (int i = 0; i < 500; i++)
        td_schedule_limit_good(&limit, 1000, 10, td_schedule_limit_now(&limit));
    assert_true(td_schedule_limit_now(&limit) >= 4);
}

static void it_does_not_grow_where_it_is_not_used(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 64);
    for (int i = 0; i < 300; i++)
        td_schedule_limit_good(&limit, 1000, 1, 1);
    assert_true(td_schedule_limit_now(&limit) <= 4);
}

static void a_burst_of_failures_counts_once_and_one_is_the_least(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 64);
    serve(&limit, 1000, 300);
    for (int i = 0; i < 10; i++)
        td_schedule_limit_drop(&limit, 100 + i, 200); /* all begun before the first decrease */
    uint32_t once = td_schedule_limit_now(&limit);
    assert_true(once >= 30 && once < 45);
    for (int64_t t = 1; t < 30; t++)
        td_schedule_limit_drop(&limit, 1000 * t, 1000 * t + 500);
    assert_int_equal(td_schedule_limit_now(&limit), 1);
    serve(&limit, 1000, 300);
    assert_true(td_schedule_limit_now(&limit) > 30);
}

static void small_batches_do_not_look_like_a_slow_server(void **state)
{
    (void)state;
    td_limit limit = td_schedule_limit_of(false, 16);
    for (int i = 0; i < 200; i++) {
        uint32_t out = td_schedule_limit_now(&limit);
        td_schedule_limit_good(&limit, i % 2 ? 1000 : 50, i % 2 ? 1 : 0.5, out);
    }
    assert_true(td_schedule_limit_now(&limit) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_local_lanes_limit_stands_still),
        cmocka_unit_test(a_small_maximum_is_used_from_the_start),
        cmocka_unit_test(it_grows_while_the_server_bears_it_up_to_the_maximum),
        cmocka_unit_test(it_stays_near_what_the_server_can_do),
        cmocka_unit_test(a_server_that_became_slower_for_good_is_not_starved),
        cmocka_unit_test(it_does_not_grow_where_it_is_not_used),
        cmocka_unit_test(a_burst_of_failures_counts_once_and_one_is_the_least),
        cmocka_unit_test(small_batches_do_not_look_like_a_slow_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
