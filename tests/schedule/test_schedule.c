#include "base/metrics.h"
#include "base/os.h"
#include "schedule/fake.h"
#include "schedule/schedule.h"

#include <unistd.h>

/* ---- the plan's tests ---- */

static void balanced_content_runs_both_lanes_at_once(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_add_mix(job, 25, 25);
    fake_run(job);
    fake_check(job);
    assert_int_equal(job->progress.strategy, TD_STRATEGY_PIPELINED);
    assert_int_equal(job->progress.lanes[0].n_done, 25);
    assert_int_equal(job->progress.lanes[1].n_done, 25);
    assert_true(fake_seconds(&job->clock) <= 2.6);
    assert_true(job->progress.overlap_ratio >= 0.95);
    assert_true(job->progress.speedup >= 1.9 && job->progress.speedup <= 2.0);
    assert_true(fabs(job->progress.wall_seconds - fake_seconds(&job->clock)) < 1e-6);
    fake_job_free(job);
}

static void single_model_fallback_uses_all_slots_for_the_one_lane(void **state)
{
    (void)state;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        fake_job *job = fake_job_new(2);
        fake_add_mix(job, l ? 0 : 50, l ? 50 : 0);
        fake_run(job);
        fake_check(job);
        assert_int_equal(job->progress.strategy, TD_STRATEGY_SINGLE);
        assert_int_equal(job->models[1 - l].n_calls, 0);
        assert_int_equal(job->models[l].most_in_flight, 2);
        assert_true(fake_seconds(&job->clock) <= 2.6);
        assert_true(job->progress.overlap_ratio == 0);
        fake_job_free(job);
    }
}

static tandem_code fail_third(fake_model *model, const td_batch *batch, size_t number,
                              uint32_t *retry_after_ms)
{
    (void)model, (void)batch, (void)retry_after_ms;
    return number == 2 ? TANDEM_E_UNSUPPORTED : TANDEM_OK;
}

static void error_handling_keeps_a_failed_batch_from_all_others(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->options.strategy = TD_STRATEGY_ROUNDS;
    job->models[TANDEM_LANE_CODERANK].fault = fail_third;
    fake_add_mix(job, 128, 128);
    fake_run(job);
    fake_check(job);
    assert_int_equal(fake_count(job, TANDEM_LANE_GTE, TD_TASK_DONE), 128);
    assert_int_equal(fake_count(job, TANDEM_LANE_CODERANK, TD_TASK_DONE), 96);
    assert_int_equal(fake_count(job, TANDEM_LANE_CODERANK, TD_TASK_FAILED), 32);
    for (size_t i = 0, nth = 0; i < job->n; i++) {
        if (job->tasks[i].lane != TANDEM_LANE_CODERANK)
            continue;
        assert_int_equal(job->tasks[i].status == TD_TASK_FAILED, nth >= 64 && nth < 96);
        if (job->tasks[i].status == TD_TASK_FAILED)
            assert_string_equal(job->tasks[i].error.context, "lane coderank");
        nth++;
    }
    fake_job_free(job);
}

static double metric(const char *name, const char *labels)
{
    return td_metrics_value(td_metrics_counter(name, labels));
}

static void metrics_tracking_counts_what_happened(void **state)
{
    (void)state;
    static const char *const watched[][2] = {
        {"tandem_chunks_total", "lane=\"gte\",status=\"done\""},
        {"tandem_chunks_total", "lane=\"gte\",status=\"failed\""},
        {"tandem_chunks_total", "lane=\"coderank\",status=\"done\""},
        {"tandem_batches_total", "lane=\"gte\",status=\"halved\""},
        {"tandem_batches_total", "lane=\"coderank\",status=\"done\""},
    };
    double before[5];
    for (int i = 0; i < 5; i++)
        before[i] = metric(watched[i][0], watched[i][1]);
    fake_job *job = fake_job_new(2);
    job->options.strategy = TD_STRATEGY_ROUNDS;
    fake_add_mix(job, 31, 64);
    fake_add(job, TANDEM_LANE_GTE, "bad");
    fake_add(job, TANDEM_LANE_CODERANK, "cut");
    fake_run(job);
    fake_check(job);
    static const double more[] = {31, 1, 65, 5, 3};
    for (int i = 0; i < 5; i++)
        assert_true(metric(watched[i][0], watched[i][1]) - before[i] == more[i]);
    assert_int_equal(job->progress.lanes[0].n_failed, 1);
    assert_int_equal(job->progress.lanes[0].n_batches, 11);
    assert_int_equal(job->progress.lanes[1].n_truncated, 1);
    assert_true(job->progress.lanes[1].n_tokens >= 65 * 6);
    assert_true(td_metrics_value(td_metrics_gauge("tandem_parallel_speedup", "")) ==
                job->progress.speedup);
    assert_true(td_metrics_value(td_metrics_gauge("tandem_inflight_batches", "lane=\"gte\"")) == 0);
    assert_true(td_metrics_value(td_metrics_gauge("tandem_queue_depth", "lane=\"gte\"")) == 0);
    fake_job_free(job);
}

static void the_plans_table_holds_with_real_threads(void **state)
{
    (void)state;
    static const struct {
        td_strategy strategy;
        size_t gte, coderank;
        double most;
    } rows[] = {
        {TD_STRATEGY_SEQUENTIAL, 25, 25, 2.7}, /* two at a time, but one lane after the other */
        {TD_STRATEGY_ROUNDS, 25, 25, 2.6},     {TD_STRATEGY_ROUNDS, 40, 10, 4.1},
        {TD_STRATEGY_PIPELINED, 25, 25, 2.6},  {TD_STRATEGY_PIPELINED, 40, 10, 2.6},
        {TD_STRATEGY_PIPELINED, 10, 40, 2.6},  {TD_STRATEGY_PIPELINED, 50, 0, 2.6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fake_job *job = fake_job_new(2);
        job->options.strategy = rows[i].strategy;
        fake_add_mix(job, rows[i].gte, rows[i].coderank);
        fake_run(job);
        fake_check(job);
        assert_true(fake_seconds(&job->clock) <= rows[i].most);
        fake_job_free(job);
    }
}

static void rounds_are_the_plans_slices_side_by_side(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_log log = {.lock = PTHREAD_MUTEX_INITIALIZER};
    job->options.strategy = TD_STRATEGY_ROUNDS;
    job->options.metrics = true;
    job->models[1].per_text = 0.05;
    for (int i = 0; i < 80; i++)
        fake_add(job, TANDEM_LANE_GTE, "prose");
    for (int i = 0; i < 40; i++)
        fake_add(job, TANDEM_LANE_CODERANK, "code");
    td_log_set(fake_log_line, &log, TD_INFO);
    fake_run(job);
    td_log_set(NULL, NULL, TD_ERROR);
    fake_check(job);
    assert_int_equal(job->progress.strategy, TD_STRATEGY_ROUNDS);
    assert_int_equal(job->progress.n_rounds, 3);
    static const char *const firsts[2][3] = {{"prose 0", "prose 32", "prose 64"},
                                             {"code 80", "code 112", NULL}};
    static const size_t sizes[2][3] = {{32, 32, 16}, {32, 8, 0}};
    static const double starts[] = {0, 3.2, 6.4};
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        assert_int_equal(job->models[l].n_calls, l ? 2 : 3);
        for (size_t r = 0; r < job->models[l].n_calls; r++) {
            assert_string_equal(job->models[l].calls[r].first, firsts[l][r]);
            assert_int_equal(job->models[l].calls[r].n, sizes[l][r]);
            assert_true(fabs((double)job->models[l].calls[r].start_us / 1e6 - starts[r]) < 1e-3);
        }
    }
    assert_int_equal(log.n_rounds, 3);
    assert_int_equal(log.n[TD_INFO], 4);
    assert_non_null(strstr(log.last[TD_INFO], "strategy=rounds gte=80 coderank=40"));
    fake_job_free(job);
}

static void with_one_slot_a_rounds_batches_run_one_after_the_other(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    job->options.strategy = TD_STRATEGY_ROUNDS;
    fake_add_mix(job, 64, 64);
    fake_run(job);
    fake_check(job);
    assert_int_equal(job->progress.n_rounds, 2);
    assert_int_equal(atomic_load(&job->n_events), 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(job->events[i].lane, i % 2);
        assert_int_equal(job->events[i].round, 1 + i / 2);
    }
    fake_job_free(job);
}

static void sequential_never_mixes_and_parallel_off_means_sequential(void **state)
{
    (void)state;
    for (int off = 0; off < 2; off++) {
        fake_job *job = fake_job_new(4);
        job->options.parallel = !off;
        job->options.strategy = off ? TD_STRATEGY_PIPELINED : TD_STRATEGY_SEQUENTIAL;
        fake_add_mix(job, 100, 100);
        fake_run(job);
        fake_check(job);
        assert_int_equal(job->progress.strategy, TD_STRATEGY_SEQUENTIAL);
        assert_true(job->progress.both_busy_seconds == 0);
        assert_true(job->progress.overlap_ratio == 0);
        assert_true(fabs(job->progress.speedup - 1) < 0.01);
        fake_job_free(job);
    }
}

/* ---- nothing works ---- */

static tandem_code deny(fake_model *model, const td_batch *batch, size_t number,
                        uint32_t *retry_after_ms)
{
    (void)model, (void)batch, (void)number, (void)retry_after_ms;
    return TANDEM_E_DENIED;
}

static void when_both_lanes_fail_all_is_zeros_and_one_critical_line_says_so(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_log log = {.lock = PTHREAD_MUTEX_INITIALIZER};
    job->models[0].fault = job->models[1].fault = deny;
    fake_add_mix(job, 100, 100);
    td_log_set(fake_log_line, &log, TD_WARN);
    fake_run(job);
    td_log_set(NULL, NULL, TD_ERROR);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_FAILED), 100);
    assert_int_equal(fake_count(job, 1, TD_TASK_FAILED), 100);
    assert_int_equal(log.n[TD_ERROR], 1);
    assert_non_null(strstr(log.last[TD_ERROR], "gte=100 coderank=100"));
    assert_true(job->models[0].n_calls <= 2 && job->models[1].n_calls <= 2);
    fake_job_free(job);
}

static void when_one_lane_works_no_critical_line_is_written(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_log log = {.lock = PTHREAD_MUTEX_INITIALIZER};
    job->models[1].fault = deny;
    fake_add_mix(job, 10, 10);
    td_log_set(fake_log_line, &log, TD_INFO);
    fake_run(job);
    td_log_set(NULL, NULL, TD_ERROR);
    assert_int_equal(log.n[TD_ERROR], 0);
    assert_true(log.n[TD_WARN] >= 1);
    assert_int_equal(log.n[TD_INFO], 0); /* options.metrics is off */
    assert_true(job->progress.lanes[1].given_up);
    fake_job_free(job);
}

/* ---- options and misuse ---- */

static void options_out_of_range_are_refused_by_name(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    td_embedder *lanes[] = {&job->models[0].door, NULL};
    td_schedule *schedule = NULL;
    tandem_error err = {0};
#define REFUSED(field, value)                                                             \
    do {                                                                                  \
        td_schedule_options o = TD_SCHEDULE_OPTIONS;                                      \
        o.field = (value);                                                                \
        assert_int_equal(td_schedule_open(lanes, &o, &schedule, &err), TANDEM_E_INVALID); \
        assert_non_null(strstr(err.message, #field));                                     \
        assert_null(schedule);                                                            \
    } while (0)
    REFUSED(in_flight_max, 1025);
    REFUSED(batch_items_max, 0);
    REFUSED(batch_items_max, 4097);
    REFUSED(batch_tokens_max, 0);
    REFUSED(window_chunks_max, 0);
    REFUSED(tries_max, 0);
    REFUSED(tries_max, 11);
    REFUSED(backoff_ms, 5001);
    REFUSED(strategy, TD_STRATEGY_SINGLE);
    REFUSED(strategy, (td_strategy)99);
#undef REFUSED
    td_schedule_options o = TD_SCHEDULE_OPTIONS;
    o.struct_size = 4;
    assert_int_equal(td_schedule_open(lanes, &o, &schedule, &err), TANDEM_E_INVALID);
    fake_job_free(job);
}

static void a_task_for_a_lane_without_a_model_is_not_taken(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    td_embedder *lanes[] = {&job->models[0].door, NULL};
    tandem_error err = {0};
    td_task *task = fake_add(job, TANDEM_LANE_CODERANK, "text");
    assert_int_equal(td_schedule_open(lanes, &job->options, &job->schedule, &err), TANDEM_OK);
    assert_int_equal(td_schedule_put(job->schedule, task, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "coderank"));
    assert_int_equal(td_schedule_finish(job->schedule, &err), TANDEM_OK);
    assert_int_equal(td_schedule_put(job->schedule, fake_add(job, TANDEM_LANE_GTE, "late"), &err),
                     TANDEM_E_INVALID);
    assert_int_equal(atomic_load(&job->n_done[0]) + atomic_load(&job->n_done[1]), 0);
    fake_job_free(job);
}

static void nothing_to_do_ends_at_once(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(3);
    fake_run(job);
    assert_true(job->progress.wall_seconds == 0);
    assert_int_equal(td_schedule_run((td_embedder *[]){NULL, NULL}, &job->options, NULL, 0, NULL,
                                     NULL, NULL),
                     TANDEM_OK);
    td_schedule_close(NULL);
    fake_job_free(job);
}

static void the_role_reaches_the_model(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    job->options.role = TANDEM_ROLE_QUERY;
    fake_add(job, TANDEM_LANE_GTE, "what");
    fake_run(job);
    assert_int_equal(job->models[0].role, TANDEM_ROLE_QUERY);
    fake_job_free(job);
}

static void a_strategy_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(td_schedule_strategy_name(TD_STRATEGY_PIPELINED), "pipelined");
    assert_string_equal(td_schedule_strategy_name(TD_STRATEGY_SINGLE), "single");
    assert_string_equal(td_schedule_strategy_name((td_strategy)17), "unknown");
}

/* ---- streaming ---- */

static void input_streams_through_a_small_window(void **state)
{
    (void)state;
    for (uint32_t window = 1; window <= 64; window *= 4) {
        for (int strategy = TD_STRATEGY_AUTO; strategy <= TD_STRATEGY_SEQUENTIAL; strategy++) {
            fake_job *job = fake_job_new(3);
            job->options.window_chunks_max = window;
            job->options.strategy = (td_strategy)strategy;
            fake_open(job);
            for (int i = 0; i < 150; i++) {
                td_schedule_progress p;
                td_task *task = fake_add(job, (tandem_lane)(i % 3 == 0), "text");
                assert_int_equal(td_schedule_put(job->schedule, task, NULL), TANDEM_OK);
                td_schedule_get_progress(job->schedule, &p);
                uint64_t inside =
                    p.lanes[0].n_put + p.lanes[1].n_put - p.lanes[0].n_done - p.lanes[1].n_done;
                assert_true(inside <= window);
            }
            assert_int_equal(td_schedule_finish(job->schedule, NULL), TANDEM_OK);
            fake_check(job);
            assert_int_equal(fake_count(job, 0, TD_TASK_DONE), 100);
            fake_job_free(job);
        }
    }
}

static void a_run_larger_than_the_window_keeps_its_order(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->options.window_chunks_max = 50;
    fake_add_mix(job, 900, 300);
    fake_run(job);
    fake_check(job);
    assert_true(job->progress.overlap_ratio > 0.9);
    fake_job_free(job);
}

static void a_lone_text_does_not_wait_for_others_to_come(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_open(job);
    td_schedule_put(job->schedule, fake_add(job, TANDEM_LANE_GTE, "text"), NULL);
    td_schedule_finish(job->schedule, NULL);
    assert_true(fake_seconds(&job->clock) <= 0.2);
    fake_job_free(job);
}

/* ---- cancel and close ---- */

static void close_without_finish_hands_every_task_out(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    fake_open(job);
    for (int i = 0; i < 300; i++)
        td_schedule_put(job->schedule, fake_add(job, (tandem_lane)(i % 2), "text"), NULL);
    td_schedule_cancel(job->schedule);
    fake_close(job);
    fake_check(job);
    assert_true(fake_count(job, 0, TD_TASK_CANCELLED) > 0);
    fake_job_free(job);
}

static void close_alone_cancels_and_hands_every_task_out(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    job->options.clock = NULL;
    job->models[0].per_text = job->models[1].per_text = 0;
    fake_open(job);
    for (int i = 0; i < 300; i++)
        td_schedule_put(job->schedule, fake_add(job, (tandem_lane)(i % 2), "text"), NULL);
    td_schedule_close(job->schedule);
    job->schedule = NULL;
    fake_check(job);
    fake_job_free(job);
}

static void after_a_cancel_no_batch_begins_and_put_refuses(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(2);
    tandem_error err = {0};
    fake_open(job);
    for (int i = 0; i < 300; i++)
        td_schedule_put(job->schedule, fake_add(job, (tandem_lane)(i % 2), "text"), NULL);
    td_schedule_cancel(job->schedule);
    pthread_mutex_lock(&job->models[0].lock);
    size_t calls = job->models[0].n_calls;
    pthread_mutex_unlock(&job->models[0].lock);
    td_task *late = &job->tasks[300];
    *late = (td_task){.lane = TANDEM_LANE_GTE, .text = TD_STR("late")};
    assert_int_equal(td_schedule_put(job->schedule, late, &err), TANDEM_E_CANCELLED);
    assert_int_equal(td_schedule_finish(job->schedule, &err), TANDEM_E_CANCELLED);
    assert_int_equal(err.code, TANDEM_E_CANCELLED);
    fake_check(job);
    assert_int_equal(atomic_load(&job->n_done[300]), 0);
    assert_true(job->models[0].n_calls <= calls + 2); /* what was on its way when it came */
    size_t n = fake_count(job, 0, TD_TASK_CANCELLED) + fake_count(job, 0, TD_TASK_DONE);
    assert_int_equal(n, 150);
    fake_job_free(job);
}

static void a_cancel_frees_those_who_wait_for_room(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(1);
    job->options.window_chunks_max = 4;
    job->options.clock = NULL; /* the real one: a thread outside virtual time calls cancel */
    job->models[0].per_text = 0;
    fake_open(job);
    td_schedule_cancel(job->schedule);
    assert_int_equal(td_schedule_put(job->schedule, fake_add(job, TANDEM_LANE_GTE, "text"), NULL),
                     TANDEM_E_CANCELLED);
    assert_int_equal(td_schedule_finish(job->schedule, NULL), TANDEM_E_CANCELLED);
    fake_job_free(job);
}

/* ---- with the real clock, and many threads ---- */

typedef struct putter {
    fake_job *job;
    size_t first, n;
} putter;

static void *put_many(void *arg)
{
    putter *p = arg;
    for (size_t i = 0; i < p->n; i++)
        td_schedule_put(p->job->schedule, &p->job->tasks[p->first + i], NULL);
    return NULL;
}

static void many_threads_put_at_once(void **state)
{
    (void)state;
    fake_job *job = fake_job_new(4);
    job->options.clock = NULL;
    job->options.window_chunks_max = 100;
    job->models[0].per_text = job->models[1].per_text = 0;
    fake_add_mix(job, 1000, 1000);
    fake_open(job);
    pthread_t threads[4];
    putter putters[4];
    for (size_t i = 0; i < 4; i++) {
        putters[i] = (putter){.job = job, .first = i * 500, .n = 500};
        pthread_create(&threads[i], NULL, put_many, &putters[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(td_schedule_finish(job->schedule, NULL), TANDEM_OK);
    fake_check(job);
    assert_int_equal(fake_count(job, 0, TD_TASK_DONE) + fake_count(job, 1, TD_TASK_DONE), 2000);
    fake_job_free(job);
}

static void one_slot_a_thread_is_the_default_for_local_lanes_and_two_for_remote_ones(void **state)
{
    (void)state;
    for (int remote = 0; remote < 3; remote++) { /* lanes */
        fake_job *job = fake_job_new(1);
        td_schedule_progress p;
        job->options.clock = NULL;
        job->options.in_flight_max = 0;
        job->options.threads = remote ? 5 : 0;
        job->models[0].door.is_local = remote == 0;
        job->models[1].door.is_local = remote < 2;
        fake_open(job);
        td_schedule_get_progress(job->schedule, &p);
        assert_int_equal(p.n_slots, remote == 0 ? td_os_n_cpus() : remote == 1 ? 5 + 2 : 2);
        assert_int_equal(p.lanes[0].limit, remote == 0 ? td_os_n_cpus() : 2);
        assert_int_equal(p.lanes[1].limit, remote == 0 ? td_os_n_cpus() : remote == 1 ? 5 : 2);
        fake_job_free(job);
    }
}

static void a_spare_slot_is_for_two_lanes(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        fake_job *job = fake_job_new(3);
        td_schedule_progress p;
        td_embedder *lanes[] = {&job->models[0].door, both ? &job->models[1].door : NULL};
        job->options.clock = NULL;
        job->options.spare_slot = true;
        assert_int_equal(td_schedule_open(lanes, &job->options, &job->schedule, NULL), TANDEM_OK);
        td_schedule_get_progress(job->schedule, &p);
        assert_int_equal(p.n_slots, both ? 4 : 3);
        assert_int_equal(p.lanes[0].limit, 3);
        fake_job_free(job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balanced_content_runs_both_lanes_at_once),
        cmocka_unit_test(single_model_fallback_uses_all_slots_for_the_one_lane),
        cmocka_unit_test(error_handling_keeps_a_failed_batch_from_all_others),
        cmocka_unit_test(metrics_tracking_counts_what_happened),
        cmocka_unit_test(the_plans_table_holds_with_real_threads),
        cmocka_unit_test(rounds_are_the_plans_slices_side_by_side),
        cmocka_unit_test(with_one_slot_a_rounds_batches_run_one_after_the_other),
        cmocka_unit_test(sequential_never_mixes_and_parallel_off_means_sequential),
        cmocka_unit_test(when_both_lanes_fail_all_is_zeros_and_one_critical_line_says_so),
        cmocka_unit_test(when_one_lane_works_no_critical_line_is_written),
        cmocka_unit_test(options_out_of_range_are_refused_by_name),
        cmocka_unit_test(a_task_for_a_lane_without_a_model_is_not_taken),
        cmocka_unit_test(nothing_to_do_ends_at_once),
        cmocka_unit_test(the_role_reaches_the_model),
        cmocka_unit_test(a_strategy_has_a_name),
        cmocka_unit_test(input_streams_through_a_small_window),
        cmocka_unit_test(a_run_larger_than_the_window_keeps_its_order),
        cmocka_unit_test(a_lone_text_does_not_wait_for_others_to_come),
        cmocka_unit_test(close_without_finish_hands_every_task_out),
        cmocka_unit_test(close_alone_cancels_and_hands_every_task_out),
        cmocka_unit_test(after_a_cancel_no_batch_begins_and_put_refuses),
        cmocka_unit_test(a_cancel_frees_those_who_wait_for_room),
        cmocka_unit_test(many_threads_put_at_once),
        cmocka_unit_test(one_slot_a_thread_is_the_default_for_local_lanes_and_two_for_remote_ones),
        cmocka_unit_test(a_spare_slot_is_for_two_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
