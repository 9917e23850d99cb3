#include "schedule/fake.h"
#include "schedule/state.h"

static double started(const fake_model *model, size_t call)
{
    return (double)model->calls[call].start_us / 1e6;
}

static double ended(const fake_model *model, size_t call)
{
    return (double)model->calls[call].end_us / 1e6;
}

/* ---- retries ---- */

static tandem_code busy_twice(fake_model *model, const td_batch *batch, size_t number,
                              uint32_t *retry_after_ms)
{
    (void)model, (void)batch, (void)retry_after_ms;
    return number < 2 ? TANDEM_E_TIMEOUT : TANDEM_OK;
}

static void a_passing_failure_is_tried_again_after_one_and_two_seconds(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    job->models[0].fault = busy_twice;
    fake_add_mix(job, 20, 0);
    fake_run(job);
    fake_check(job);
    const fake_model *m = &job->models[0];
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 20);
    assert_int_equal(m->n_calls, 3);
    double first = started(m, 1) - ended(m, 0), second = started(m, 2) - ended(m, 1);
    assert_true(first >= 0.75 && first <= 1.25);
    assert_true(second >= 1.5 && second <= 2.5);
    assert_int_equal(job->progress.lanes[0].n_retries, 2);
    fake_job_free(job);
}

static tandem_code always_down(fake_model *model, const td_batch *batch, size_t number,
                               uint32_t *retry_after_ms)
{
    (void)model, (void)batch, (void)number, (void)retry_after_ms;
    return TANDEM_E_NETWORK;
}

static void a_batch_fails_after_its_tries_with_the_reason(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    job->models[0].fault = always_down;
    fake_add_mix(job, 8, 0);
    fake_run(job);
    fake_check(job);
    assert_int_equal(job->models[0].n_calls, 3);
    assert_int_equal(fake_count(job, 0, TD_TASK_FAILED), 8);
    assert_int_equal(job->tasks[0].error.code, TANDEM_E_NETWORK);
    assert_string_equal(job->tasks[0].error.message, "ordered failure 2");
    fake_job_free(job);
}

static tandem_code busy_once_wait_7(fake_model *model, const td_batch *batch, size_t number,
                                    uint32_t *retry_after_ms)
{
    (void)model, (void)batch;
    *retry_after_ms = number == 0 ? 7000 : 0;
    return number == 0 ? TANDEM_E_BUSY : TANDEM_OK;
}

static void retry_after_is_obeyed_by_the_whole_lane(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->options.batch_items_max = 8;
    job->models[0].fault = busy_once_wait_7;
    job->models[1].per_text = 0.01;
    fake_add_mix(job, 32, 32);
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 32);
    for (size_t i = 1; i < job->models[0].n_calls; i++)
        assert_true(started(&job->models[0], i) >= 7 && started(&job->models[0], 1) <= 8.4);
    assert_true(fake_lane_end(job, 1) < 0.5); /* the other lane went on */
    fake_job_free(job);
}

static tandem_code wait_an_hour(fake_model *model, const td_batch *batch, size_t number,
                                uint32_t *retry_after_ms)
{
    (void)model, (void)batch, (void)number;
    *retry_after_ms = 3600 * 1000;
    return TANDEM_E_UNAVAILABLE;
}

static void a_server_that_asks_for_an_hour_is_given_up(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->models[0].fault = wait_an_hour;
    fake_add_mix(job, 100, 10);
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_FAILED), 100);
    assert_int_equal(fake_count(job, 1, TD_TASK_DONE), 10);
    assert_true(job->models[0].n_calls <= 2);
    assert_true(fake_seconds(&job->clock) < 2);
    fake_job_free(job);
}

static void a_batch_that_backs_off_holds_no_slot(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1); /* the only slot */
    job->options.batch_items_max = 10;
    job->models[0].fault = busy_twice;
    job->models[1].per_text = 0.01;
    fake_add_mix(job, 10, 30);
    fake_run(job);
    fake_check(job);
    assert_true(fake_lane_end(job, 1) <= 0.31);
    assert_true(fake_lane_end(job, 0) >= 2.25);
    fake_job_free(job);
}

/* ---- one bad text ---- */

static void a_bad_text_spoils_only_itself_within_eleven_calls(void **state)
{
    (void)state;
    static const char *const words[] = {"bad",  "large",  "nan",      "inf",
                                        "zero", "double", "unwritten"};
    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
        for (size_t place = 0; place < 32; place += 31) {
            fake_job *job = fake_job_new(1);
            for (size_t i = 0; i < 32; i++)
                fake_add(job, TANDEM_LANE_GTE, i == place ? words[w] : "text");
            fake_run(job);
            fake_check(job);
            assert_int_equal(fake_count(job, 0, TD_TASK_FAILED), 1);
            assert_int_equal(job->tasks[place].status, TD_TASK_FAILED);
            assert_true(job->models[0].n_calls <= 11);
            assert_int_equal(job->tasks[place].error.code,
                             w == 1 ? TANDEM_E_TOO_LARGE : TANDEM_E_FORMAT);
            fake_job_free(job);
        }
    }
}

static void a_vector_that_is_none_names_what_is_wrong(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    fake_add(job, TANDEM_LANE_GTE, "nan");
    fake_add(job, TANDEM_LANE_GTE, "zero");
    fake_run(job);
    assert_non_null(strstr(job->tasks[0].error.message, "not finite"));
    assert_non_null(strstr(job->tasks[1].error.message, "length 0"));
    assert_string_equal(job->tasks[0].error.context, "lane gte");
    fake_job_free(job);
}

static void only_bad_texts_all_fail_and_the_lane_is_given_up_before_they_cost_much(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    for (size_t i = 0; i < 1000; i++)
        fake_add(job, TANDEM_LANE_GTE, "nan");
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_FAILED), 1000);
    assert_true(job->progress.lanes[0].given_up);
    assert_true(job->models[0].n_calls < 300);
    fake_job_free(job);
}

/* ---- lanes that fail ---- */

static tandem_code no_such_model(fake_model *model, const td_batch *batch, size_t number,
                                 uint32_t *retry_after_ms)
{
    (void)model, (void)batch, (void)retry_after_ms;
    return number < 2 ? TANDEM_OK : TANDEM_E_NOT_FOUND;
}

static void denied_or_not_found_fails_the_lane_at_once(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->models[1].fault = no_such_model;
    fake_add_mix(job, 100, 400);
    fake_run(job);
    fake_check(job);
    assert_true(job->models[1].n_calls <= 4);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 100);
    assert_int_equal(fake_count(job, 1, TD_TASK_DONE) + fake_count(job, 1, TD_TASK_FAILED), 400);
    assert_true(fake_count(job, 1, TD_TASK_FAILED) >= 300);
    fake_job_free(job);
}

/* Time of the gte lane when the other has this fault. */
static double gte_time(tandem_code (*fault)(fake_model *, const td_batch *, size_t, uint32_t *),
                       size_t *n_failed_out)
{
    fake_job *job = fake_job_new(2);
    job->options.batch_items_max = 8;
    job->models[1].fault = fault;
    fake_add_mix(job, 400, 400);
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 400);
    *n_failed_out = fake_count(job, 1, TD_TASK_FAILED);
    double seconds = fake_lane_end(job, 0);
    fake_job_free(job);
    return seconds;
}

static tandem_code dies(fake_model *model, const td_batch *batch, size_t number,
                        uint32_t *retry_after_ms)
{
    (void)batch, (void)number, (void)retry_after_ms;
    return fake_now_us(model->clock) > 10 * 1000 * 1000 ? TANDEM_E_NETWORK : TANDEM_OK;
}

static tandem_code flaps(fake_model *model, const td_batch *batch, size_t number,
                         uint32_t *retry_after_ms)
{
    (void)batch, (void)number, (void)retry_after_ms;
    return fake_now_us(model->clock) / 1000000 % 4 < 1 ? TANDEM_E_UNAVAILABLE : TANDEM_OK;
}

static void a_dead_dying_or_flapping_lane_costs_the_other_no_time(void **state)
{
    (void)state;
    size_t n_failed = 0;
    double healthy = gte_time(NULL, &n_failed);
    assert_int_equal(n_failed, 0);
    assert_true(gte_time(always_down, &n_failed) <= healthy * 1.05);
    assert_int_equal(n_failed, 400);
    assert_true(gte_time(dies, &n_failed) <= healthy * 1.05);
    assert_true(n_failed >= 200 && n_failed < 400);
    assert_true(gte_time(flaps, &n_failed) <= healthy * 1.05);
    assert_true(n_failed < 40);
}

/* ---- the circuit ---- */

static tandem_code down_for_30_s(fake_model *model, const td_batch *batch, size_t number,
                                 uint32_t *retry_after_ms)
{
    (void)batch, (void)number, (void)retry_after_ms;
    return fake_now_us(model->clock) < 30 * 1000 * 1000 ? TANDEM_E_NETWORK : TANDEM_OK;
}

static void after_five_failed_batches_there_is_silence_then_one_probe(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    job->options.batch_items_max = 4;
    job->options.tries_max = 1;
    job->models[0].fault = down_for_30_s;
    fake_add_mix(job, 200, 0);
    fake_run(job);
    fake_check(job);
    const fake_model *m = &job->models[0];
    /* 0..4 fail at once, 5 and 6 are lone probes that fail or succeed */
    assert_true(started(m, 4) < 0.01);
    assert_true(fabs(started(m, 5) - 15) < 0.01);
    assert_true(fabs(started(m, 6) - 30) < 0.01);
    assert_int_equal(m->calls[6].code, TANDEM_OK);
    assert_true(started(m, 7) >= ended(m, 6));
    size_t n_failed = fake_count(job, 0, TD_TASK_FAILED);
    assert_true(n_failed >= 6 && n_failed <= 6 * 4 + 4);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 200 - n_failed);
    assert_false(job->progress.lanes[0].circuit_open);
    fake_job_free(job);
}

static void a_lane_dead_for_good_is_given_up_after_three_probes(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->options.tries_max = 1;
    job->options.batch_items_max = 4;
    job->models[0].fault = always_down;
    fake_add_mix(job, 1000, 0);
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_FAILED), 1000);
    assert_true(job->progress.lanes[0].given_up);
    assert_true(job->models[0].n_calls <= 9);
    assert_true(fake_seconds(&job->clock) < 50);
    fake_job_free(job);
}

/* ---- a call that hangs, and cancel ---- */

static tandem_code hang(fake_model *model, const td_batch *batch, size_t number,
                        uint32_t *retry_after_ms)
{
    (void)batch, (void)number, (void)retry_after_ms;
    fake_block(model->clock, &model->fault, INT64_MAX, NULL); /* until the test wakes it */
    return TANDEM_E_TIMEOUT;
}

static void cancel_when_gte_is_out(void *user, td_task *task)
{
    fake_job *job = user;
    fake_done(user, task);
    size_t n = 0;
    for (size_t i = 0; i < job->n; i++)
        n += job->tasks[i].lane == TANDEM_LANE_GTE && atomic_load(&job->n_done[i]) > 0;
    if (n == 40 && task->lane == TANDEM_LANE_GTE) {
        td_schedule_progress p;
        td_schedule_get_progress(job->schedule, &p); /* would hang if `done` held the lock */
        assert_int_equal(p.lanes[1].in_flight, 1);
        td_schedule_cancel(job->schedule);
        fake_wake(&job->clock, &job->models[1].fault, true);
    }
}

static void a_hanging_lane_leaves_the_other_alone_and_a_cancel_waits_for_it(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    tandem_error err = {0};
    job->options.done = cancel_when_gte_is_out;
    job->models[1].fault = hang;
    fake_open(job);
    fake_add_mix(job, 40, 40);
    for (size_t i = 0; i < job->n; i++)
        assert_int_equal(td_schedule_put(job->schedule, &job->tasks[i], &err), TANDEM_OK);
    assert_int_equal(td_schedule_finish(job->schedule, &err), TANDEM_E_CANCELLED);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 40);
    assert_int_equal(fake_count(job, 1, TD_TASK_CANCELLED), 40);
    assert_int_equal(job->models[1].n_calls, 1);
    fake_job_free(job);
}

/* ---- what is told ---- */

static void every_call_is_observed_with_its_slot_and_time(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_add_mix(job, 60, 60);
    fake_add(job, TANDEM_LANE_GTE, "bad");
    fake_run(job);
    size_t n = atomic_load(&job->n_events);
    assert_int_equal(n, job->models[0].n_calls + job->models[1].n_calls);
    for (size_t i = 0; i < n; i++) {
        assert_true(job->events[i].slot < 2);
        assert_true(job->events[i].end_us >= job->events[i].start_us);
        assert_true(job->events[i].n > 0 && job->events[i].n_tokens > 0);
        for (size_t j = 0; j < i; j++) /* a slot holds one batch at a time */
            assert_true(job->events[i].slot != job->events[j].slot ||
                        job->events[i].start_us >= job->events[j].end_us ||
                        job->events[j].start_us >= job->events[i].end_us);
    }
    fake_job_free(job);
}

static void in_flight_never_passes_the_cap_over_both_lanes(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(3);
    fake_add_mix(job, 300, 200);
    fake_run(job);
    size_t n = atomic_load(&job->n_events);
    for (size_t i = 0; i < n; i++) {
        size_t beside = 0;
        for (size_t j = 0; j < n; j++)
            beside += job->events[j].start_us <= job->events[i].start_us &&
                      job->events[j].end_us > job->events[i].start_us;
        assert_true(beside <= 3);
    }
    fake_job_free(job);
}

/* ---- what a call costs ---- */

static atomic_int n_priced;

static bool tell_price(td_embedder *self, td_embed_price *price_out)
{
    const fake_model *model = (const fake_model *)self;
    atomic_fetch_add(&n_priced, 1);
    assert_int_equal(model->n_calls, 0); /* batches wait for it */
    *price_out = (td_embed_price){
        .n_texts = 4, .first = 0.4, .second = 0.1, .apart = 0.002, .is_beside = true};
    return true;
}

static bool refuse_price(td_embedder *self, td_embed_price *price_out)
{
    (void)self;
    (void)price_out;
    atomic_fetch_add(&n_priced, 1);
    return false;
}

static void run_priced(td_strategy strategy, bool (*price)(td_embedder *, td_embed_price *),
                       size_t n_texts)
{
    fake_job *job = fake_job_new(2);
    job->options.strategy = strategy;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        job->models[l].door.is_local = false;
        job->models[l].door.text_seconds = 0.1;
        job->models[l].door.text_tokens = 4;
        job->models[l].door.price = price;
    }
    for (size_t i = 0; i < n_texts; i++)
        fake_add(job, (tandem_lane)(i % 2), "text");
    n_priced = 0;
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE), n_texts / 2);
    assert_int_equal(fake_count(job, 1, TD_TASK_DONE), n_texts / 2);
    fake_job_free(job);
}

static void each_lane_is_priced_once_before_its_batches(void **state)
{
    (void)state;
    run_priced(TD_STRATEGY_AUTO, tell_price, 200);
    assert_int_equal(n_priced, 2);
    run_priced(TD_STRATEGY_AUTO, refuse_price, 200);
    assert_int_equal(n_priced, 2);
}

static void neither_rounds_nor_a_few_texts_are_priced(void **state)
{
    (void)state;
    run_priced(TD_STRATEGY_ROUNDS, tell_price, 200);
    assert_int_equal(n_priced, 0);
    run_priced(TD_STRATEGY_SEQUENTIAL, tell_price, 200);
    assert_int_equal(n_priced, 0);
    run_priced(TD_STRATEGY_AUTO, tell_price, 14);
    assert_int_equal(n_priced, 0);
}

/* Until the test wakes it. */
static bool hang_price(td_embedder *self, td_embed_price *price_out)
{
    const fake_model *model = (const fake_model *)self;
    (void)price_out;
    atomic_fetch_add(&n_priced, 1);
    fake_block(model->clock, &n_priced, INT64_MAX, NULL);
    return false;
}

static void a_price_that_hangs_lets_a_cancel_hand_out_all_texts(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(3);
    tandem_error err = {0};
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        job->models[l].door.is_local = false;
        job->models[l].door.text_seconds = 0.1;
        job->models[l].door.price = hang_price;
    }
    n_priced = 0;
    fake_open(job);
    fake_add_mix(job, 40, 40);
    for (size_t i = 0; i < job->n; i++)
        assert_int_equal(td_schedule_put(job->schedule, &job->tasks[i], &err), TANDEM_OK);
    fake_block(&job->clock, job, 1000 * 1000, NULL); /* all the others wait by then */
    assert_int_equal(n_priced, 2);
    td_schedule_cancel(job->schedule);
    fake_block(&job->clock, job, 2000 * 1000, NULL);
    for (size_t i = 0; i < job->n; i++)
        assert_int_equal(atomic_load(&job->n_done[i]), 1);
    fake_wake(&job->clock, &n_priced, true);
    assert_int_equal(td_schedule_finish(job->schedule, &err), TANDEM_E_CANCELLED);
    fake_check(job);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        assert_int_equal(fake_count(job, l, TD_TASK_CANCELLED), 40);
        assert_int_equal(job->models[l].n_calls, 0);
    }
    fake_job_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passing_failure_is_tried_again_after_one_and_two_seconds),
        cmocka_unit_test(a_batch_fails_after_its_tries_with_the_reason),
        cmocka_unit_test(retry_after_is_obeyed_by_the_whole_lane),
        cmocka_unit_test(a_server_that_asks_for_an_hour_is_given_up),
        cmocka_unit_test(a_batch_that_backs_off_holds_no_slot),
        cmocka_unit_test(a_bad_text_spoils_only_itself_within_eleven_calls),
        cmocka_unit_test(a_vector_that_is_none_names_what_is_wrong),
        cmocka_unit_test(only_bad_texts_all_fail_and_the_lane_is_given_up_before_they_cost_much),
        cmocka_unit_test(denied_or_not_found_fails_the_lane_at_once),
        cmocka_unit_test(a_dead_dying_or_flapping_lane_costs_the_other_no_time),
        cmocka_unit_test(after_five_failed_batches_there_is_silence_then_one_probe),
        cmocka_unit_test(a_lane_dead_for_good_is_given_up_after_three_probes),
        cmocka_unit_test(a_hanging_lane_leaves_the_other_alone_and_a_cancel_waits_for_it),
        cmocka_unit_test(every_call_is_observed_with_its_slot_and_time),
        cmocka_unit_test(each_lane_is_priced_once_before_its_batches),
        cmocka_unit_test(neither_rounds_nor_a_few_texts_are_priced),
        cmocka_unit_test(a_price_that_hangs_lets_a_cancel_hand_out_all_texts),
        cmocka_unit_test(in_flight_never_passes_the_cap_over_both_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
