#include "schedule/circuit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static td_circuit after_failures(int n, int64_t now_us)
{
    td_circuit circuit = {0};
    for (int i = 0; i < n; i++)
        td_schedule_circuit_bad(&circuit, false, now_us);
    return circuit;
}

static void four_failures_leave_it_closed_and_the_fifth_opens_it(void **state)
{
    (void)state;
    td_circuit circuit = after_failures(4, 100);
    assert_int_equal(circuit.state, TD_CIRCUIT_CLOSED);
    td_schedule_circuit_bad(&circuit, false, 200);
    assert_int_equal(circuit.state, TD_CIRCUIT_OPEN);
    assert_int_equal(circuit.open_until_us, 200 + TD_CIRCUIT_OPEN_US);
}

static void an_answer_in_between_starts_the_count_anew(void **state)
{
    (void)state;
    td_circuit circuit = after_failures(4, 100);
    td_schedule_circuit_good(&circuit);
    for (int i = 0; i < 4; i++)
        td_schedule_circuit_bad(&circuit, false, 200);
    assert_int_equal(circuit.state, TD_CIRCUIT_CLOSED);
}

static void a_late_failure_does_not_hold_it_open_longer(void **state)
{
    (void)state;
    td_circuit circuit = after_failures(5, 100);
    td_schedule_circuit_bad(&circuit, false, 5000);
    assert_int_equal(circuit.open_until_us, 100 + TD_CIRCUIT_OPEN_US);
}

static void one_probe_goes_and_decides(void **state)
{
    (void)state;
    td_circuit circuit = after_failures(5, 0);
    assert_true(td_schedule_circuit_begin(&circuit));
    assert_false(td_schedule_circuit_begin(&circuit));
    td_schedule_circuit_bad(&circuit, true, TD_CIRCUIT_OPEN_US);
    assert_int_equal(circuit.state, TD_CIRCUIT_OPEN);
    assert_int_equal(circuit.open_until_us, 2 * (int64_t)TD_CIRCUIT_OPEN_US);
    assert_true(td_schedule_circuit_begin(&circuit));
    td_schedule_circuit_good(&circuit);
    assert_int_equal(circuit.state, TD_CIRCUIT_CLOSED);
    assert_false(td_schedule_circuit_begin(&circuit));
}

static void three_failed_probes_in_a_row_mean_dead(void **state)
{
    (void)state;
    td_circuit circuit = after_failures(5, 0);
    for (int i = 0; i < TD_CIRCUIT_PROBES_MAX; i++) {
        assert_false(td_schedule_circuit_dead(&circuit));
        assert_true(td_schedule_circuit_begin(&circuit));
        td_schedule_circuit_bad(&circuit, true, 0);
    }
    assert_true(td_schedule_circuit_dead(&circuit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_failures_leave_it_closed_and_the_fifth_opens_it),
        cmocka_unit_test(an_answer_in_between_starts_the_count_anew),
        cmocka_unit_test(a_late_failure_does_not_hold_it_open_longer),
        cmocka_unit_test(one_probe_goes_and_decides),
        cmocka_unit_test(three_failed_probes_in_a_row_mean_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
