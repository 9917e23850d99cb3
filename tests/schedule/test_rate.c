#include "schedule/rate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void before_the_first_batch_nothing_is_known(void **state)
{
    (void)state;
    td_rate rate = {0};
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_false(cost.known);
    assert_true(td_schedule_rate_work(cost, 3, 500) > 0);
}

static void a_price_for_call_and_token_is_found(void **state)
{
    (void)state;
    td_rate rate = {0};
    srand(1);
    for (int i = 0; i < 60; i++) {
        size_t items = (size_t)(rand() % 30) + 1;
        uint64_t tokens = items * 50 + (uint64_t)(rand() % 2000);
        td_schedule_rate_add(&rate, items, tokens, 0.02 + 1e-4 * (double)tokens);
    }
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_true(cost.known && cost.per_item == 0);
    assert_true(fabs(cost.per_token - 1e-4) < 2e-6);
    assert_true(fabs(cost.per_batch - 0.02) < 2e-3);
    assert_true(cost.spread < 0.05);
}

static void a_price_for_a_text_is_told_from_one_for_a_token(void **state)
{
    (void)state;
    td_rate rate = {0};
    srand(2);
    for (int i = 0; i < 60; i++) {
        size_t items = (size_t)(rand() % 30) + 1;
        td_schedule_rate_add(&rate, items, items * (uint64_t)(rand() % 500 + 10),
                             0.1 * (double)items);
    }
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_true(cost.per_token == 0);
    assert_true(fabs(cost.per_item - 0.1) < 1e-3);
}

static void what_a_server_was_met_with_counts_until_batches_tell(void **state)
{
    (void)state;
    td_rate rate = {0};
    td_schedule_rate_hint(&rate, 0.08, 0.1, 12);
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_true(cost.hinted && !cost.known);
    assert_float_equal(cost.per_batch, 0.08, 1e-9);
    assert_float_equal(cost.per_item, 0.02, 1e-9);
    td_schedule_rate_add(&rate, 25, 7000, 0.58); /* as it was foretold by texts, not by tokens */
    cost = td_schedule_rate_cost(&rate);
    assert_true(cost.known && !cost.hinted && cost.spread <= 0.11);
    assert_float_equal(cost.per_batch, 0.08, 1e-9);
    assert_float_equal(cost.per_item, 0.02, 1e-9);
}

/* The way there and back takes no time, but the call does. */
static void a_servers_own_price_of_a_call_is_told_by_the_first_batch(void **state)
{
    (void)state;
    td_rate rate = {0};
    td_schedule_rate_hint(&rate, 0, 0.1, 12);
    td_schedule_rate_add(&rate, 25, 2500, 0.58);
    assert_float_equal(td_schedule_rate_cost(&rate).per_batch, 0.08, 1e-6);
    /* the first call of all may have been slow; no call costs more than the fastest */
    rate = (td_rate){0};
    td_schedule_rate_hint(&rate, 0, 5, 12);
    td_schedule_rate_add(&rate, 25, 2500, 0.58);
    assert_true(td_schedule_rate_cost(&rate).per_batch < 0.58);
    td_schedule_rate_add(&rate, 5, 500, 0.2);
    assert_true(td_schedule_rate_cost(&rate).per_batch < 0.2);
}

/* What the first batches make of it by themselves is a guess. */
static void a_call_that_was_priced_keeps_its_price(void **state)
{
    (void)state;
    td_rate rate = {0};
    td_schedule_rate_hint(&rate, 0, 0.5, 12);
    td_schedule_rate_price(&rate, 0.08, 0.1);
    assert_float_equal(td_schedule_rate_cost(&rate).per_batch, 0.08, 1e-9);
    assert_float_equal(td_schedule_rate_cost(&rate).per_item, 0.02, 1e-9);
    td_schedule_rate_add(&rate, 25, 7000, 1.5);
    assert_float_equal(td_schedule_rate_cost(&rate).per_batch, 0.08, 1e-9);
    td_schedule_rate_add(&rate, 1, 12, 0.05); /* a call cannot cost so much */
    assert_true(td_schedule_rate_cost(&rate).per_batch < 0.05);
}

/* A first batch that neither line foretold is no reason to believe in a price a text. */
static void a_short_text_does_not_make_a_price_a_text_of_one_a_token(void **state)
{
    (void)state;
    td_rate rate = {0};
    td_schedule_rate_hint(&rate, 0, 0.2567, 12);
    td_schedule_rate_price(&rate, 0.2515, 0.2567);
    td_schedule_rate_add(&rate, 32, 9700, 0.792); /* 0.42 was foretold by texts, 4.4 by tokens */
    assert_true(td_schedule_rate_cost(&rate).per_token > 0);
}

static void what_one_batch_corrected_is_foretold_no_worse_than_by_a_quarter(void **state)
{
    (void)state;
    td_rate rate = {0};
    td_schedule_rate_hint(&rate, 0.08, 0.1, 12);
    td_schedule_rate_add(&rate, 25, 7000, 1.5); /* 0.58 was foretold by texts, 11.7 by tokens */
    assert_float_equal(td_schedule_rate_cost(&rate).spread, 0.25, 1e-9);
}

/* Until then the longest texts might wait for each other. */
static void three_batches_alone_do_not_make_a_price_a_text(void **state)
{
    (void)state;
    td_rate rate = {0};
    for (int i = 0; i < 3; i++)
        td_schedule_rate_add(&rate, 10, i % 2 ? 5000 : 500, 1);
    assert_true(td_schedule_rate_cost(&rate).per_token > 0);
    for (int i = 3; i < 8; i++)
        td_schedule_rate_add(&rate, 10, i % 2 ? 5000 : 500, 1);
    assert_true(td_schedule_rate_cost(&rate).per_item > 0);
}

static void equal_batches_give_the_mean_and_no_price_for_a_call(void **state)
{
    (void)state;
    td_rate rate = {0};
    for (int i = 0; i < 10; i++)
        td_schedule_rate_add(&rate, 32, 1000, 2);
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_true(cost.per_batch == 0);
    assert_true(fabs(td_schedule_rate_work(cost, 32, 1000) - 2) < 1e-9);
}

static void jitter_shows_as_spread_and_makes_no_price_up(void **state)
{
    (void)state;
    td_rate rate = {0};
    srand(3);
    for (int i = 0; i < 200; i++) {
        uint64_t tokens = (uint64_t)(rand() % 1000) + 500;
        double jitter = 0.3 + 1.4 * rand() / RAND_MAX;
        td_schedule_rate_add(&rate, 10, tokens, 1e-3 * (double)tokens * jitter);
    }
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_true(cost.spread > 0.2 && cost.spread < 0.7);
    assert_true(cost.per_batch == 0);
}

static void a_changed_pace_is_learnt(void **state)
{
    (void)state;
    td_rate rate = {0};
    for (int i = 0; i < 50; i++)
        td_schedule_rate_add(&rate, 32, 1000, 1);
    for (int i = 0; i < 50; i++)
        td_schedule_rate_add(&rate, 32, 1000, 4);
    double seconds = td_schedule_rate_work(td_schedule_rate_cost(&rate), 32, 1000);
    assert_true(seconds > 3.9 && seconds < 4.1);
}

static void a_batch_that_took_no_time_breaks_nothing(void **state)
{
    (void)state;
    td_rate rate = {0};
    for (int i = 0; i < 5; i++)
        td_schedule_rate_add(&rate, 1, 1, 0);
    td_cost cost = td_schedule_rate_cost(&rate);
    assert_true(isfinite(cost.per_token) && isfinite(cost.per_batch) && isfinite(cost.spread));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_batch_nothing_is_known),
        cmocka_unit_test(a_price_for_call_and_token_is_found),
        cmocka_unit_test(a_price_for_a_text_is_told_from_one_for_a_token),
        cmocka_unit_test(what_a_server_was_met_with_counts_until_batches_tell),
        cmocka_unit_test(a_servers_own_price_of_a_call_is_told_by_the_first_batch),
        cmocka_unit_test(a_call_that_was_priced_keeps_its_price),
        cmocka_unit_test(a_short_text_does_not_make_a_price_a_text_of_one_a_token),
        cmocka_unit_test(what_one_batch_corrected_is_foretold_no_worse_than_by_a_quarter),
        cmocka_unit_test(three_batches_alone_do_not_make_a_price_a_text),
        cmocka_unit_test(equal_batches_give_the_mean_and_no_price_for_a_call),
        cmocka_unit_test(jitter_shows_as_spread_and_makes_no_price_up),
        cmocka_unit_test(a_changed_pace_is_learnt),
        cmocka_unit_test(a_batch_that_took_no_time_breaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
