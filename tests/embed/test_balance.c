#include "embed/balance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static td_balance balance_of(size_t n)
{
    td_balance balance = {.n = n};
    return balance;
}

static size_t pick(td_balance *balance, uint32_t asked, int64_t now_us, td_balance_answer expected)
{
    size_t member = 99;
    int64_t until_us = 0;

    assert_int_equal(td_embed_balance_pick(balance, asked, now_us, &member, &until_us), expected);
    return member;
}

static void the_one_with_the_fewest_outstanding_is_next(void **state)
{
    td_balance balance = balance_of(3);

    (void)state;
    assert_int_equal(pick(&balance, 0, 0, TD_BALANCE_CALL), 0);
    assert_int_equal(pick(&balance, 0, 0, TD_BALANCE_CALL), 1);
    assert_int_equal(pick(&balance, 0, 0, TD_BALANCE_CALL), 2);
    td_embed_balance_back(&balance, 1);
    assert_int_equal(pick(&balance, 0, 0, TD_BALANCE_CALL), 1);
    td_embed_balance_back(&balance, 2);
    td_embed_balance_back(&balance, 0);
    assert_int_equal(pick(&balance, 0, 0, TD_BALANCE_CALL), 0); /* its last turn is longest ago */
}

static void one_that_failed_is_left_out_and_then_probed_by_one_caller(void **state)
{
    td_balance balance = balance_of(2);

    (void)state;
    assert_int_equal(pick(&balance, 0, 0, TD_BALANCE_CALL), 0);
    td_embed_balance_back(&balance, 0);
    assert_true(td_embed_balance_bad(&balance, 0, 0));
    assert_int_equal(pick(&balance, 0, TD_BALANCE_OUT_US - 1, TD_BALANCE_CALL), 1);
    assert_int_equal(pick(&balance, 0, TD_BALANCE_OUT_US, TD_BALANCE_PROBE), 0);
    assert_int_equal(pick(&balance, 0, TD_BALANCE_OUT_US, TD_BALANCE_CALL), 1);
    td_embed_balance_back(&balance, 0);
    td_embed_balance_good(&balance, 0);
    assert_int_equal(pick(&balance, 0, TD_BALANCE_OUT_US, TD_BALANCE_CALL), 0);
}

static void each_failed_probe_leaves_it_out_for_longer_up_to_a_limit(void **state)
{
    td_balance balance = balance_of(2);
    int64_t now_us = 0, wait_us = TD_BALANCE_OUT_US;

    (void)state;
    td_embed_balance_bad(&balance, 1, 0);
    for (int i = 0; i < 10; i++) {
        now_us += wait_us;
        assert_int_equal(balance.members[1].out_until_us, now_us);
        assert_int_equal(pick(&balance, 0, now_us, TD_BALANCE_PROBE), 1);
        td_embed_balance_back(&balance, 1);
        assert_false(td_embed_balance_bad(&balance, 1, now_us));
        wait_us = wait_us * 2 > TD_BALANCE_OUT_US_MAX ? TD_BALANCE_OUT_US_MAX : wait_us * 2;
    }
    assert_int_equal(wait_us, TD_BALANCE_OUT_US_MAX);
}

static void failures_from_before_it_was_left_out_count_once(void **state)
{
    td_balance balance = balance_of(2);

    (void)state;
    assert_true(td_embed_balance_bad(&balance, 0, 0));
    assert_false(td_embed_balance_bad(&balance, 0, 10));
    assert_int_equal(balance.members[0].out_until_us, TD_BALANCE_OUT_US);
}

static void where_none_is_good_the_first_due_is_probed_at_once(void **state)
{
    td_balance balance = balance_of(2);

    (void)state;
    td_embed_balance_bad(&balance, 1, 0);
    td_embed_balance_bad(&balance, 0, 5);
    assert_int_equal(pick(&balance, 0, 10, TD_BALANCE_PROBE), 1);
    assert_int_equal(pick(&balance, 1u << 1, 10, TD_BALANCE_PROBE), 0);
    pick(&balance, 3, 10, TD_BALANCE_NONE);
}

static void a_busy_one_is_left_alone_until_its_time(void **state)
{
    td_balance balance = balance_of(2);
    size_t member;
    int64_t until_us = 0;

    (void)state;
    td_embed_balance_busy(&balance, 0, 700);
    td_embed_balance_busy(&balance, 1, 500);
    assert_int_equal(td_embed_balance_pick(&balance, 0, 100, &member, &until_us), TD_BALANCE_NONE);
    assert_int_equal(until_us, 500);
    assert_int_equal(pick(&balance, 0, 500, TD_BALANCE_CALL), 1);
    td_embed_balance_busy(&balance, 0, 600); /* never shorter */
    assert_int_equal(pick(&balance, 2, 650, TD_BALANCE_NONE), 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_with_the_fewest_outstanding_is_next),
        cmocka_unit_test(one_that_failed_is_left_out_and_then_probed_by_one_caller),
        cmocka_unit_test(each_failed_probe_leaves_it_out_for_longer_up_to_a_limit),
        cmocka_unit_test(failures_from_before_it_was_left_out_count_once),
        cmocka_unit_test(where_none_is_good_the_first_due_is_probed_at_once),
        cmocka_unit_test(a_busy_one_is_left_alone_until_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
