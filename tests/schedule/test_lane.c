#include "base/error.h"
#include "schedule/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    N = 64
};

typedef struct fixture {
    td_lane lane;
    td_task tasks[N];
    int64_t now_us;
} fixture;

static fixture *with_tasks(size_t n, uint32_t tries_max)
{
    fixture *f = calloc(1, sizeof(*f));
    td_lane_options options = {.id = TANDEM_LANE_CODERANK,
                               .items_max = 8,
                               .tokens_max = 1000,
                               .tries_max = tries_max,
                               .backoff_ms = 1000,
                               .in_flight_max = 4};
    td_schedule_lane_init(&f->lane, &options);
    for (size_t i = 0; i < n; i++) {
        f->tasks[i].n_tokens = 10;
        f->tasks[i].order = i;
        td_schedule_lane_put(&f->lane, &f->tasks[i], 0);
    }
    return f;
}

static td_task *take(fixture *f)
{
    td_decision d = {.kind = TD_DECIDE_BATCH, .items_max = 8, .tokens_max = 1000};
    return td_schedule_lane_take(&f->lane, &d, f->now_us);
}

static td_settled settle(fixture *f, td_task *batch, tandem_code code, uint32_t retry_after_ms)
{
    tandem_error error = {0};
    if (code != TANDEM_OK)
        td_fail(&error, code, "why");
    td_outcome outcome = {.code = code, .error = &error, .retry_after_ms = retry_after_ms};
    return td_schedule_lane_settle(&f->lane, batch, &outcome, f->now_us);
}

static td_lane_view view(const fixture *f)
{
    td_lane_view v;
    td_schedule_lane_view(&f->lane, &v);
    return v;
}

static void counts_follow_a_batch_through_the_lane(void **state)
{
    (void)state;
    fixture *f = with_tasks(20, 3);
    assert_int_equal(view(f).n_queued, 20);
    td_task *batch = take(f);
    td_lane_view v = view(f);
    assert_int_equal(v.n_queued, 12);
    assert_int_equal(v.in_flight, 1);
    assert_int_equal(v.in_flight_items, 8);
    assert_int_equal(v.in_flight_tokens, 80);
    assert_int_equal(v.n_inside, 20);
    assert_int_equal(settle(f, batch, TANDEM_OK, 0), TD_SETTLED_DONE);
    assert_int_equal(view(f).in_flight, 0);
    assert_int_equal(view(f).n_inside, 20);
    td_schedule_lane_leave(&f->lane, TD_TASK_DONE, 8);
    assert_int_equal(view(f).n_inside, 12);
    td_lane_progress p;
    td_schedule_lane_progress(&f->lane, &p);
    assert_int_equal(p.n_put, 20);
    assert_int_equal(p.n_done, 8);
    assert_int_equal(p.n_queued, 12);
    free(f);
}

static void a_retried_batch_goes_again_whole_and_only_when_due(void **state)
{
    (void)state;
    fixture *f = with_tasks(20, 3);
    td_task *batch = take(f);
    assert_int_equal(settle(f, batch, TANDEM_E_TIMEOUT, 0), TD_SETTLED_RETRIED);
    td_lane_view v = view(f);
    assert_int_equal(v.n_waiting, 1);
    assert_int_equal(v.n_waiting_tasks, 8);
    assert_true(v.due_us >= 750 * 1000 && v.due_us <= 1250 * 1000);
    assert_ptr_not_equal(take(f), batch); /* not yet due */
    f->now_us = v.due_us;
    assert_ptr_equal(take(f), batch);
    assert_int_equal(batch->batch_n, 8);
    free(f);
}

static void halves_go_before_new_batches_and_before_those_that_back_off(void **state)
{
    (void)state;
    fixture *f = with_tasks(32, 3);
    td_task *late = take(f), *refused = take(f);
    settle(f, late, TANDEM_E_TIMEOUT, 0);
    assert_int_equal(settle(f, refused, TANDEM_E_TOO_LARGE, 0), TD_SETTLED_HALVED);
    td_task *first = take(f), *second = take(f);
    assert_ptr_equal(first, refused);
    assert_int_equal(first->batch_n + second->batch_n, 8);
    assert_int_equal(take(f)->batch_n, 8); /* a new one */
    free(f);
}

static void one_refused_text_fails_alone(void **state)
{
    (void)state;
    fixture *f = with_tasks(1, 3);
    assert_int_equal(settle(f, take(f), TANDEM_E_INVALID, 0), TD_SETTLED_FAILED);
    assert_false(view(f).given_up);
    free(f);
}

static void a_text_alone_answered_by_nonsense_is_called_once_more_at_once(void **state)
{
    (void)state;
    fixture *f = with_tasks(2, 3);
    f->now_us = 1000;
    td_decision one = {.kind = TD_DECIDE_BATCH, .items_max = 1, .tokens_max = 1000};
    td_task *text = td_schedule_lane_take(&f->lane, &one, f->now_us);
    assert_int_equal(settle(f, text, TANDEM_E_FORMAT, 0), TD_SETTLED_RETRIED);
    assert_ptr_equal(take(f), text); /* before the other text, and not later */
    assert_int_equal(settle(f, text, TANDEM_OK, 0), TD_SETTLED_DONE);
    assert_int_equal(f->lane.counts.n_retries, 1);

    td_task *bad = take(f); /* alone by itself: no other is left */
    assert_int_equal(settle(f, bad, TANDEM_E_FORMAT, 0), TD_SETTLED_RETRIED);
    assert_ptr_equal(take(f), bad);
    assert_int_equal(settle(f, bad, TANDEM_E_FORMAT, 0), TD_SETTLED_FAILED);
    assert_int_equal(view(f).n_waiting, 0);
    assert_false(view(f).given_up);
    free(f);
}

static void a_text_that_was_halved_out_of_nonsense_is_not_called_once_more(void **state)
{
    (void)state;
    fixture *f = with_tasks(2, 3);
    assert_int_equal(settle(f, take(f), TANDEM_E_FORMAT, 0), TD_SETTLED_HALVED);
    for (int i = 0; i < 2; i++)
        assert_int_equal(settle(f, take(f), TANDEM_E_FORMAT, 0), TD_SETTLED_FAILED);
    free(f);
    f = with_tasks(2, 3); /* what was too large was no nonsense */
    assert_int_equal(settle(f, take(f), TANDEM_E_TOO_LARGE, 0), TD_SETTLED_HALVED);
    assert_int_equal(settle(f, take(f), TANDEM_E_FORMAT, 0), TD_SETTLED_RETRIED);
    free(f);
}

static void nonsense_for_64_texts_each_called_twice_ends_the_lane(void **state)
{
    (void)state;
    fixture *f = with_tasks(N, 3);
    td_decision one = {.kind = TD_DECIDE_BATCH, .items_max = 1, .tokens_max = 1000};
    for (int i = 0; i < 2 * N; i++) {
        assert_false(view(f).given_up);
        settle(f, td_schedule_lane_take(&f->lane, &one, 0), TANDEM_E_FORMAT, 0);
    }
    assert_true(view(f).given_up);
    free(f);
}

static void a_pause_that_the_server_asks_for_holds_the_whole_lane(void **state)
{
    (void)state;
    fixture *f = with_tasks(20, 3);
    f->now_us = 1000;
    settle(f, take(f), TANDEM_E_BUSY, 9000);
    assert_int_equal(view(f).opens_us, 1000 + 9000 * 1000);
    assert_true(view(f).due_us >= view(f).opens_us);
    free(f);
}

static void overload_shrinks_the_limit_and_a_dropped_connection_does_not(void **state)
{
    (void)state;
    fixture *f = with_tasks(20, 3);
    settle(f, take(f), TANDEM_E_NETWORK, 0);
    assert_int_equal(view(f).limit, 4);
    settle(f, take(f), TANDEM_E_UNAVAILABLE, 0);
    assert_int_equal(view(f).limit, 2);
    free(f);
}

static void a_lane_given_up_keeps_its_reason_and_drains_all(void **state)
{
    (void)state;
    fixture *f = with_tasks(30, 3);
    td_task *parked = take(f), *denied = take(f);
    settle(f, parked, TANDEM_E_TIMEOUT, 0);
    assert_int_equal(settle(f, denied, TANDEM_E_DENIED, 0), TD_SETTLED_FAILED);
    assert_true(view(f).given_up);
    assert_int_equal(f->lane.why.code, TANDEM_E_DENIED);
    td_schedule_lane_leave(&f->lane, TD_TASK_FAILED, 8);
    size_t n = 0;
    for (td_task *chain; (chain = td_schedule_lane_drain(&f->lane));)
        for (; chain; chain = chain->next)
            n++;
    assert_int_equal(n, 22);
    td_schedule_lane_leave(&f->lane, TD_TASK_FAILED, n);
    assert_int_equal(view(f).n_inside, 0);
    free(f);
}

static void a_failed_probe_keeps_its_batch_while_tries_are_left(void **state)
{
    (void)state;
    fixture *f = with_tasks(48, 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(settle(f, take(f), TANDEM_E_NETWORK, 0), TD_SETTLED_FAILED);
    assert_int_equal(view(f).opens_us, TD_CIRCUIT_OPEN_US);
    f->lane.options.tries_max = 3;
    f->now_us = TD_CIRCUIT_OPEN_US;
    td_task *probe = take(f);
    assert_true(view(f).probing);
    assert_int_equal(settle(f, probe, TANDEM_E_NETWORK, 0), TD_SETTLED_RETRIED);
    assert_false(view(f).probing);
    assert_int_equal(view(f).opens_us, 2 * (int64_t)TD_CIRCUIT_OPEN_US);
    f->now_us = 2 * (int64_t)TD_CIRCUIT_OPEN_US;
    assert_ptr_equal(take(f), probe);
    assert_int_equal(settle(f, probe, TANDEM_OK, 0), TD_SETTLED_DONE);
    assert_int_equal(view(f).opens_us, 0);
    free(f);
}

static void calls_beside_each_other_that_take_twice_as_long_take_turns(void **state)
{
    (void)state;
    fixture *f = with_tasks(N, 3);
    td_task *first = take(f);
    f->now_us = 1000 * 1000;
    settle(f, first, TANDEM_OK, 0);
    assert_false(view(f).queues);
    first = take(f);
    td_task *second = take(f);
    /* with_tasks' outcomes began at 0: the second one took twice the first's second */
    f->now_us = 2000 * 1000;
    settle(f, second, TANDEM_OK, 0);
    assert_true(view(f).queues);
    settle(f, first, TANDEM_OK, 0);
    free(f);
}

/* A lane of a server that was met and priced; of eight tasks each batch takes a second alone. */
static fixture *priced(const td_embed_price *price)
{
    fixture *f = with_tasks(N, 3);
    td_lane_options options = f->lane.options;
    options.call_seconds = 0;
    options.text_seconds = 0.1;
    options.text_tokens = 10;
    options.wants_price = true;
    td_schedule_lane_init(&f->lane, &options);
    for (size_t i = 0; i < N; i++)
        td_schedule_lane_put(&f->lane, &f->tasks[i], 0);
    assert_int_equal(view(f).price, TD_PRICE_WANTED);
    td_schedule_lane_price_begin(&f->lane);
    assert_int_equal(view(f).price, TD_PRICE_ASKED);
    td_schedule_lane_price(&f->lane, price);
    assert_int_equal(view(f).price, TD_PRICE_TOLD);
    return f;
}

static const td_embed_price in_turn = {
    .n_texts = 4, .first = 0.16, .second = 0.258, .apart = 0.002, .is_beside = true};

static td_settled settle_since(fixture *f, td_task *batch, int64_t start_us, int64_t now_us)
{
    td_outcome outcome = {.code = TANDEM_OK, .start_us = start_us};
    return td_schedule_lane_settle(&f->lane, batch, &outcome, f->now_us = now_us);
}

static void a_price_tells_a_call_and_turns_before_the_first_batch(void **state)
{
    (void)state;
    fixture *f = priced(&in_turn);
    assert_float_equal(view(f).cost.per_batch, 0.08, 1e-9);
    assert_float_equal(view(f).cost.per_item, 0.02, 1e-9);
    assert_true(view(f).queues);
    free(f);
    f = priced(NULL); /* as it was met */
    assert_true(view(f).cost.per_batch == 0 && view(f).cost.hinted && !view(f).queues);
    free(f);
}

static void turns_are_believed_until_a_call_ends_too_soon_after_another(void **state)
{
    (void)state;
    fixture *f = priced(&in_turn);
    td_task *first = take(f), *second = take(f), *third = take(f);
    settle_since(f, first, 0, 1000 * 1000);
    settle_since(f, second, 0, 2000 * 1000); /* it waited for the first */
    assert_true(view(f).queues);
    settle_since(f, third, 0, 2100 * 1000); /* nobody can have waited for the second */
    assert_false(f->lane.takes_turns);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_follow_a_batch_through_the_lane),
        cmocka_unit_test(a_retried_batch_goes_again_whole_and_only_when_due),
        cmocka_unit_test(halves_go_before_new_batches_and_before_those_that_back_off),
        cmocka_unit_test(one_refused_text_fails_alone),
        cmocka_unit_test(a_text_alone_answered_by_nonsense_is_called_once_more_at_once),
        cmocka_unit_test(a_text_that_was_halved_out_of_nonsense_is_not_called_once_more),
        cmocka_unit_test(nonsense_for_64_texts_each_called_twice_ends_the_lane),
        cmocka_unit_test(a_pause_that_the_server_asks_for_holds_the_whole_lane),
        cmocka_unit_test(overload_shrinks_the_limit_and_a_dropped_connection_does_not),
        cmocka_unit_test(a_lane_given_up_keeps_its_reason_and_drains_all),
        cmocka_unit_test(a_failed_probe_keeps_its_batch_while_tries_are_left),
        cmocka_unit_test(calls_beside_each_other_that_take_twice_as_long_take_turns),
        cmocka_unit_test(a_price_tells_a_call_and_turns_before_the_first_batch),
        cmocka_unit_test(turns_are_believed_until_a_call_ends_too_soon_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
