#include "schedule/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_code_has_the_verdict_of_the_design(void **state)
{
    (void)state;
    for (int c = TANDEM_OK + 1; c < TANDEM_N_CODES; c++) {
        td_verdict verdict = td_schedule_retry_judge((tandem_code)c);
        assert_int_equal(verdict == TD_VERDICT_AGAIN, tandem_code_retry((tandem_code)c));
    }
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_TIMEOUT), TD_VERDICT_AGAIN);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_BUSY), TD_VERDICT_AGAIN);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_TOO_LARGE), TD_VERDICT_HALVE);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_FORMAT), TD_VERDICT_HALVE);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_NOMEM), TD_VERDICT_HALVE);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_INVALID), TD_VERDICT_HALVE);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_DENIED), TD_VERDICT_LANE);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_NOT_FOUND), TD_VERDICT_LANE);
    assert_int_equal(td_schedule_retry_judge(TANDEM_E_INTERNAL), TD_VERDICT_FAIL);
}

static void waits_double_up_to_five_seconds_within_a_quarter(void **state)
{
    (void)state;
    static const uint32_t bases[] = {1000, 2000, 4000, 5000, 5000};
    uint64_t seed = 42;
    for (uint32_t tries = 1; tries <= 5; tries++) {
        uint32_t base = bases[tries - 1], least = UINT32_MAX, most = 0;
        for (int i = 0; i < 1000; i++) {
            uint32_t wait = td_schedule_retry_wait_ms(1000, tries, 0, &seed);
            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        uint32_t cap = base * 5 / 4 < 5000 ? base * 5 / 4 : 5000;
        assert_true(least >= base * 3 / 4 && least < base * 8 / 10);
        assert_true(most <= cap && most > cap * 95 / 100);
    }
}

static void retry_after_is_never_cut_short_nor_a_fifth_too_long(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++) {
        uint32_t wait = td_schedule_retry_wait_ms(1000, 1, 20000, &seed);
        assert_true(wait >= 20000 && wait <= 22000);
    }
    uint32_t wait = td_schedule_retry_wait_ms(1000, 1, UINT32_MAX / 2, &seed);
    assert_true(wait >= UINT32_MAX / 2);
}

static void no_backoff_means_no_wait_and_seeds_differ(void **state)
{
    (void)state;
    uint64_t a = 1, b = 2;
    assert_int_equal(td_schedule_retry_wait_ms(0, 9, 0, &a), 0);
    int n_same = 0;
    for (int i = 0; i < 100; i++)
        n_same +=
            td_schedule_retry_wait_ms(1000, 1, 0, &a) == td_schedule_retry_wait_ms(1000, 1, 0, &b);
    assert_true(n_same < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_the_verdict_of_the_design),
        cmocka_unit_test(waits_double_up_to_five_seconds_within_a_quarter),
        cmocka_unit_test(retry_after_is_never_cut_short_nor_a_fifth_too_long),
        cmocka_unit_test(no_backoff_means_no_wait_and_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
