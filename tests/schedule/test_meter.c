#include "schedule/meter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* From `ms` on these lanes have so many batches in flight and so many full batches queued. */
static void step(td_meter *meter, int64_t ms, uint32_t gte_out, uint32_t code_out, size_t gte_full,
                 size_t code_full)
{
    uint32_t out[] = {gte_out, code_out};
    size_t full[] = {gte_full, code_full};
    td_strategy_state state = {.in_flight_max = 4, .now_us = ms * 1000, .parallel = true};
    for (int l = 0; l < TANDEM_N_LANES; l++)
        state.lanes[l] = (td_lane_view){.in_flight = out[l],
                                        .limit = 4,
                                        .items_max = 8,
                                        .tokens_max = 1000,
                                        .n_queued = full[l] * 8,
                                        .n_inside = full[l] * 8 + out[l],
                                        .due_us = INT64_MAX};
    td_schedule_meter_step(meter, ms * 1000, &state);
}

static td_schedule_progress read(const td_meter *meter, int64_t ms)
{
    td_schedule_progress p = {0};
    td_schedule_meter_read(meter, ms * 1000, &p);
    return p;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void times_of_two_lanes_that_overlap_add_up(void **state)
{
    (void)state;
    td_meter meter = {0};
    step(&meter, 1000, 0, 0, 1, 1);
    step(&meter, 2000, 1, 1, 0, 0);
    step(&meter, 5000, 1, 0, 0, 0); /* coderank is out of work: gte alone counts no longer */
    step(&meter, 6000, 0, 0, 0, 0);
    td_schedule_progress p = read(&meter, 9000);
    assert_true(near(p.lanes[0].busy_seconds, 4));
    assert_true(near(p.lanes[1].busy_seconds, 3));
    assert_true(near(p.both_busy_seconds, 3));
    assert_true(near(p.wall_seconds, 4));
    assert_true(near(p.speedup, 7.0 / 4));
    assert_true(near(p.overlap_ratio, 1));
}

static void a_lane_that_could_work_and_does_not_lowers_the_ratio(void **state)
{
    (void)state;
    td_meter meter = {0};
    step(&meter, 0, 1, 0, 0, 2); /* coderank waits with full batches: as sequential does */
    step(&meter, 3000, 1, 1, 0, 1);
    step(&meter, 4000, 0, 0, 0, 0);
    td_schedule_progress p = read(&meter, 4000);
    assert_true(near(p.overlap_ratio, 0.25));
    assert_true(near(p.speedup, 5.0 / 4));
}

static void reading_in_the_middle_counts_the_batches_that_run(void **state)
{
    (void)state;
    td_meter meter = {0};
    step(&meter, 0, 2, 0, 0, 0);
    td_schedule_progress p = read(&meter, 2500);
    assert_true(near(p.lanes[0].busy_seconds, 2.5) && near(p.wall_seconds, 2.5));
    p = read(&meter, 3500);
    assert_true(near(p.lanes[0].busy_seconds, 3.5));
}

static void times_in_the_wrong_order_are_counted_once(void **state)
{
    (void)state;
    td_meter meter = {0};
    step(&meter, 0, 1, 0, 0, 0);
    step(&meter, 1000, 1, 0, 0, 0);
    step(&meter, 600, 1, 0, 0, 0);
    step(&meter, 1000, 0, 0, 0, 0);
    assert_true(near(read(&meter, 2000).lanes[0].busy_seconds, 1));
}

static void nothing_that_ran_gives_zeros(void **state)
{
    (void)state;
    td_meter meter = {0};
    step(&meter, 5000, 0, 0, 0, 0);
    td_schedule_progress p = read(&meter, 9000);
    assert_true(p.wall_seconds == 0 && p.speedup == 0 && p.overlap_ratio == 0);
}

static void a_retry_is_counted_under_its_reason(void **state)
{
    (void)state;
    td_lane_metrics metrics;
    td_schedule_meter_open(TANDEM_LANE_GTE, &metrics);
    td_metric *timeouts =
        td_metrics_counter("tandem_retries_total", "lane=\"gte\",reason=\"timeout\"");
    double before = td_metrics_value(timeouts);
    td_batch_event event = {.code = TANDEM_E_TIMEOUT, .n_tokens = 10, .end_us = 1000};
    event.settled = TD_SETTLED_RETRIED;
    td_schedule_meter_batch(&metrics, &event);
    event.settled = TD_SETTLED_FAILED;
    td_schedule_meter_batch(&metrics, &event);
    assert_true(td_metrics_value(timeouts) - before == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_two_lanes_that_overlap_add_up),
        cmocka_unit_test(a_lane_that_could_work_and_does_not_lowers_the_ratio),
        cmocka_unit_test(reading_in_the_middle_counts_the_batches_that_run),
        cmocka_unit_test(times_in_the_wrong_order_are_counted_once),
        cmocka_unit_test(nothing_that_ran_gives_zeros),
        cmocka_unit_test(a_retry_is_counted_under_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
