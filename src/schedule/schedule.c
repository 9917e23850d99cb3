#include "schedule/schedule.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "base/size.h"
#include "schedule/state.h"

#include <stdlib.h>

enum {
    SLOTS_MAX = 1024,
    REMOTE_DEFAULT = 2, /* batches at once over remote lanes */
    ITEMS_MAX = 4096,
    COUNT_MAX = 1 << 24, /* tokens of a batch, chunks of the window */
    TRIES_MAX = 10,
    BACKOFF_MS_MAX = 5000,
    SPANS_MIN = 64,
    SPANS_MAX = 65536,
};

const char *td_schedule_strategy_name(td_strategy strategy)
{
    static const char *const names[] = {"auto", "pipelined", "rounds", "sequential", "single"};
    bool known = (size_t)strategy < sizeof(names) / sizeof(names[0]);
    return known ? names[strategy] : "unknown";
}

/* ---- the monotonic clock ---- */

static int64_t clock_now_us(void *user)
{
    (void)user;
    return td_clock_us();
}

static void clock_wait(void *user, pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us)
{
    (void)user;
    if (until_us == INT64_MAX) {
        pthread_cond_wait(cond, lock);
        return;
    }
    int64_t wait_us = until_us - td_clock_us();
    struct timespec deadline = td_clock_deadline(wait_us > 0 ? wait_us / 1000 + 1 : 0);
    pthread_cond_timedwait(cond, lock, &deadline);
}

static void clock_wake(void *user, pthread_cond_t *cond, bool all)
{
    (void)user;
    if (all)
        pthread_cond_broadcast(cond);
    else
        pthread_cond_signal(cond);
}

/* ---- open ---- */

static tandem_code check_range(const char *name, uint64_t value, uint64_t min, uint64_t max,
                               tandem_error *err)
{
    if (value >= min && value <= max)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_INVALID, "%s is %llu; allowed are %llu to %llu", name,
                   (unsigned long long)value, (unsigned long long)min, (unsigned long long)max);
}

static tandem_code check_options(const td_schedule_options *o, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    if (o->struct_size != sizeof(*o))
        TD_FAIL(err, TANDEM_E_INVALID,
                "options are %zu bytes instead of %zu: start from "
                "TD_SCHEDULE_OPTIONS",
                o->struct_size, sizeof(*o));
    if ((unsigned)o->strategy > TD_STRATEGY_SEQUENTIAL)
        TD_FAIL(err, TANDEM_E_INVALID,
                "strategy is %s; allowed are auto, pipelined, rounds and sequential",
                td_schedule_strategy_name(o->strategy));
    TD_TRY(check_range("in_flight_max", o->in_flight_max, 0, SLOTS_MAX, err));
    TD_TRY(check_range("batch_items_max", o->batch_items_max, 1, ITEMS_MAX, err));
    TD_TRY(check_range("batch_tokens_max", o->batch_tokens_max, 1, COUNT_MAX, err));
    TD_TRY(check_range("window_chunks_max", o->window_chunks_max, 1, COUNT_MAX, err));
    TD_TRY(check_range("tries_max", o->tries_max, 1, TRIES_MAX, err));
    TD_TRY(check_range("backoff_ms", o->backoff_ms, 0, BACKOFF_MS_MAX, err));
    if (o->spans_max > 0)
        TD_TRY(check_range("spans_max", o->spans_max, SPANS_MIN, SPANS_MAX, err));

out:
    return code;
}

/* How many slots there are in all, and how many of them each lane may hold. */
static uint32_t size_lanes(td_embedder *const lanes[TANDEM_N_LANES], const td_schedule_options *o,
                           uint32_t lane_max_out[TANDEM_N_LANES])
{
    uint32_t asked = o->in_flight_max, local = 0, remote = 0;
    uint32_t threads = o->threads || asked ? o->threads : (uint32_t)td_os_n_cpus();
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        if (!lanes[l])
            continue;
        *(lanes[l]->is_local ? &local : &remote) = lanes[l]->is_local ? threads : REMOTE_DEFAULT;
    }
    uint32_t n = asked ? asked : local + remote;
    n = n < 1 ? 1 : n > SLOTS_MAX ? SLOTS_MAX : n;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        uint32_t own = lanes[l] && !lanes[l]->is_local ? REMOTE_DEFAULT : threads;
        lane_max_out[l] = asked ? n : own < n ? own : n;
    }
    return n;
}

static void init_lanes(td_schedule *schedule, const uint32_t lane_max[TANDEM_N_LANES])
{
    const td_schedule_options *o = &schedule->options;
    /* In a small window batches are small too, or one slot would hold all of it. */
    uint32_t share = o->window_chunks_max / (schedule->n_slots + 1);
    bool cuts = o->parallel && o->strategy <= TD_STRATEGY_PIPELINED && schedule->in_flight_max > 1;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_embedder *embedder = schedule->embedders[l];
        uint32_t items = o->batch_items_max < share ? o->batch_items_max : share;
        if (embedder && embedder->batch_items_max > 0 && embedder->batch_items_max < items)
            items = (uint32_t)embedder->batch_items_max;
        td_lane_options lane = {
            .id = (tandem_lane)l,
            .items_max = items < 1 ? 1 : items,
            .tokens_max = o->batch_tokens_max,
            .tokens_enough = embedder ? embedder->batch_tokens_enough : 0,
            .tries_max = o->tries_max,
            .backoff_ms = o->backoff_ms,
            .jitter_seed = o->jitter_seed,
            .in_flight_max = lane_max[l],
            .is_local = embedder && embedder->is_local,
            .call_seconds = embedder ? embedder->call_seconds : 0,
            .text_seconds = embedder ? embedder->text_seconds : 0,
            .text_tokens = embedder ? embedder->text_tokens : 0,
            .wants_price = cuts && embedder && embedder->price && lane_max[l] > 1,
        };
        td_schedule_lane_init(&schedule->lanes[l], &lane);
        td_schedule_meter_open((tandem_lane)l, &schedule->metrics[l]);
        td_schedule_meter_show(&schedule->metrics[l], &schedule->lanes[l]);
    }
}

static tandem_code make_slots(td_schedule *schedule, tandem_error *err)
{
    size_t items = 1, dim = 0, n_floats, bytes;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_embedder *embedder = schedule->embedders[l];
        if (!embedder)
            continue;
        if (schedule->lanes[l].options.items_max > items)
            items = schedule->lanes[l].options.items_max;
        dim = embedder->dim > dim ? embedder->dim : dim;
        if (embedder->dim == 0)
            return td_fail(err, TANDEM_E_INVALID, "lane %s: a model of width 0",
                           tandem_lane_name((tandem_lane)l));
        schedule->zeros[l] = calloc(embedder->dim, sizeof(float));
        if (!schedule->zeros[l])
            return td_fail_nomem(err, "zero vector");
    }
    if (!td_size_mul(items, dim ? dim : 1, &n_floats) ||
        !td_size_mul(n_floats, sizeof(float), &bytes))
        return td_fail_nomem(err, "vectors of a batch");
    schedule->slots = calloc(schedule->n_slots, sizeof(*schedule->slots));
    schedule->flights = calloc(schedule->n_slots, sizeof(*schedule->flights));
    if (!schedule->slots || !schedule->flights)
        return td_fail_nomem(err, "slots");
    for (uint32_t i = 0; i < schedule->n_slots; i++) {
        td_slot *slot = &schedule->slots[i];
        *slot = (td_slot){.schedule = schedule, .number = i};
        slot->texts = calloc(items, sizeof(*slot->texts));
        slot->notes = calloc(items, sizeof(*slot->notes));
        slot->vectors = malloc(bytes);
        if (!slot->texts || !slot->notes || !slot->vectors)
            return td_fail_nomem(err, "vectors of a batch");
    }
    return TANDEM_OK;
}

static tandem_code make_monitor(td_schedule *schedule, tandem_error *err)
{
    tandem_code code = td_clock_cond_init(&schedule->work, err);
    if (code != TANDEM_OK)
        return code;
    code = td_clock_cond_init(&schedule->room, err);
    if (code != TANDEM_OK) {
        pthread_cond_destroy(&schedule->work);
        return code;
    }
    schedule->conds_made = true;
    return TANDEM_OK;
}

static tandem_code start_slots(td_schedule *schedule, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (uint32_t i = 0; i < schedule->n_slots; i++) {
        TD_TRY(td_thread_start(&schedule->slots[i].thread, "td-slot", td_schedule_slot_run,
                               &schedule->slots[i], err));
        schedule->n_started++;
    }

out:
    return code;
}

tandem_code td_schedule_open(td_embedder *const lanes[TANDEM_N_LANES],
                             const td_schedule_options *options, td_schedule **schedule_out,
                             tandem_error *err)
{
    static const td_schedule_clock monotonic = {
        .now_us = clock_now_us,
        .wait = clock_wait,
        .wake = clock_wake,
    };
    tandem_code code = TANDEM_OK;
    td_schedule *schedule = NULL;
    uint32_t lane_max[TANDEM_N_LANES];
    td_schedule_options defaults = TD_SCHEDULE_OPTIONS;

    options = options ? options : &defaults;
    TD_TRY(check_options(options, err));
    schedule = calloc(1, sizeof(*schedule));
    if (!schedule)
        return td_fail_nomem(err, "schedule");
    pthread_mutex_init(&schedule->lock, NULL);
    schedule->options = *options;
    schedule->clock = options->clock ? *options->clock : monotonic;
    schedule->timer_us = INT64_MAX;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        schedule->embedders[l] = lanes[l];
    schedule->in_flight_max = size_lanes(lanes, options, lane_max);
    schedule->n_slots = schedule->in_flight_max + (options->spare_slot && lanes[0] && lanes[1]);
    init_lanes(schedule, lane_max);
    schedule->opened_us = td_schedule_state_now(schedule);
    TD_TRY(td_schedule_record_init(&schedule->record, options->spans_max, schedule->n_slots, err));
    TD_TRY(make_slots(schedule, err));
    TD_TRY(make_monitor(schedule, err));
    TD_TRY(start_slots(schedule, err));
    *schedule_out = schedule;
    schedule = NULL;

out:
    td_schedule_close(schedule);
    return code;
}

/* ---- put ---- */

static tandem_code check_task(td_schedule *schedule, td_task *task, tandem_error *err)
{
    if ((unsigned)task->lane >= TANDEM_N_LANES)
        return td_fail(err, TANDEM_E_INVALID, "lane %d: there are gte and coderank",
                       (int)task->lane);
    td_embedder *embedder = schedule->embedders[task->lane];
    if (!embedder)
        return td_fail(err, TANDEM_E_INVALID, "lane %s: no model was opened for it",
                       tandem_lane_name(task->lane));
    task->n_tokens = embedder->estimate_tokens ? embedder->estimate_tokens(embedder, task->text)
                                               : task->text.n / 4;
    /* A text always costs something, and no estimate may overflow the sums. */
    task->n_tokens = task->n_tokens < 1           ? 1
                     : task->n_tokens > COUNT_MAX ? COUNT_MAX
                                                  : task->n_tokens;
    return TANDEM_OK;
}

static bool window_full_locked(const td_schedule *schedule)
{
    return td_schedule_state_inside_locked(schedule) >= schedule->options.window_chunks_max;
}

static void wait_for_room_locked(td_schedule *schedule)
{
    schedule->n_room++;
    schedule->clock.wait(schedule->clock.user, &schedule->room, &schedule->lock, INT64_MAX);
    schedule->n_room--;
}

/* Waits for room and takes the task in; who holds the lock pokes the slots. */
static tandem_code enter_locked(td_schedule *schedule, td_task *task, tandem_error *err)
{
    while (window_full_locked(schedule) && !schedule->cancelled && !schedule->ended) {
        td_schedule_slot_poke_locked(schedule, td_schedule_state_now(schedule));
        wait_for_room_locked(schedule);
    }
    if (schedule->cancelled)
        return td_fail(err, TANDEM_E_CANCELLED, "the run was cancelled");
    if (schedule->ended)
        return td_fail(err, TANDEM_E_INVALID, "a text came after the end was declared");
    task->order = schedule->n_put++;
    td_schedule_lane_put(&schedule->lanes[task->lane], task, td_schedule_state_now(schedule));
    return TANDEM_OK;
}

tandem_code td_schedule_put(td_schedule *schedule, td_task *task, tandem_error *err)
{
    tandem_code code = check_task(schedule, task, err);
    if (code != TANDEM_OK)
        return code;
    pthread_mutex_lock(&schedule->lock);
    code = enter_locked(schedule, task, err);
    if (code == TANDEM_OK)
        td_schedule_slot_poke_locked(schedule, td_schedule_state_now(schedule));
    pthread_mutex_unlock(&schedule->lock);
    return code;
}

/* ---- finish ---- */

static void read_progress_locked(td_schedule *schedule, td_schedule_progress *out)
{
    int64_t now_us = td_schedule_state_now(schedule);
    td_strategy_state state;
    td_schedule_state_look_locked(schedule, now_us, &state);
    *out = (td_schedule_progress){.strategy = td_schedule_strategy_route(&state)};
    for (int l = 0; l < TANDEM_N_LANES; l++)
        td_schedule_lane_progress(&schedule->lanes[l], &out->lanes[l]);
    out->n_rounds = schedule->round.n;
    out->n_slots = schedule->n_slots;
    td_schedule_meter_read(&schedule->meter, now_us, out);
}

/* Nothing was embedded although there was something to embed, in any lane. */
static bool all_failed(const td_schedule_progress *p)
{
    uint64_t n_put = 0, n_failed = 0;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        n_put += p->lanes[l].n_put;
        n_failed += p->lanes[l].n_failed;
    }
    return n_put > 0 && n_failed == n_put;
}

static void sum_up(const td_schedule *schedule, const td_schedule_progress *p,
                   const tandem_error failures[TANDEM_N_LANES])
{
    const td_lane_progress *g = &p->lanes[TANDEM_LANE_GTE], *c = &p->lanes[TANDEM_LANE_CODERANK];
    td_schedule_meter_run(p);
    if (all_failed(p) && !schedule->options.quiet)
        td_log(TD_ERROR, "schedule",
               "every chunk failed: zero vectors only gte=%llu coderank=%llu gte_reason=\"%s\" "
               "coderank_reason=\"%s\"",
               (unsigned long long)g->n_failed, (unsigned long long)c->n_failed,
               failures[TANDEM_LANE_GTE].message, failures[TANDEM_LANE_CODERANK].message);
    if (!schedule->options.metrics)
        return;
    double n_done = (double)(g->n_done + c->n_done);
    td_log(TD_INFO, "schedule",
           "run=%s strategy=%s gte=%llu coderank=%llu gte_failed=%llu coderank_failed=%llu "
           "cancelled=%llu batches=%llu retries=%llu truncated=%llu seconds=%.3f gte_seconds=%.3f "
           "coderank_seconds=%.3f chunks_per_second=%.1f overlap_ratio=%.3f speedup=%.2f",
           g->n_cancelled + c->n_cancelled ? "cancelled" : "done",
           td_schedule_strategy_name(p->strategy), (unsigned long long)g->n_done,
           (unsigned long long)c->n_done, (unsigned long long)g->n_failed,
           (unsigned long long)c->n_failed, (unsigned long long)(g->n_cancelled + c->n_cancelled),
           (unsigned long long)(g->n_batches + c->n_batches),
           (unsigned long long)(g->n_retries + c->n_retries),
           (unsigned long long)(g->n_truncated + c->n_truncated), p->wall_seconds, g->busy_seconds,
           c->busy_seconds, p->wall_seconds > 0 ? n_done / p->wall_seconds : 0, p->overlap_ratio,
           p->speedup);
}

tandem_code td_schedule_finish(td_schedule *schedule, tandem_error *err)
{
    td_schedule_progress progress;
    tandem_error failures[TANDEM_N_LANES];

    pthread_mutex_lock(&schedule->lock);
    schedule->ended = true;
    schedule->clock.wake(schedule->clock.user, &schedule->room, true); /* those who put too late */
    td_schedule_slot_poke_locked(schedule, td_schedule_state_now(schedule));
    while (td_schedule_state_inside_locked(schedule) > 0)
        wait_for_room_locked(schedule);
    bool first = !schedule->summed_up, cancelled = schedule->cancelled;
    td_round_log last_round = schedule->round_log;
    last_round.n_put = schedule->n_put;
    schedule->summed_up = true;
    read_progress_locked(schedule, &progress);
    memcpy(failures, schedule->failures, sizeof(failures));
    int64_t end_us = schedule->meter.last_us;
    pthread_mutex_unlock(&schedule->lock);

    if (first) {
        td_schedule_slot_log_round(schedule, &last_round, end_us);
        sum_up(schedule, &progress, failures);
    }
    return cancelled ? td_fail(err, TANDEM_E_CANCELLED, "the run was cancelled") : TANDEM_OK;
}

void td_schedule_cancel(td_schedule *schedule)
{
    pthread_mutex_lock(&schedule->lock);
    schedule->cancelled = true;
    schedule->clock.wake(schedule->clock.user, &schedule->work, true);
    schedule->clock.wake(schedule->clock.user, &schedule->room, true);
    pthread_mutex_unlock(&schedule->lock);
}

void td_schedule_get_progress(td_schedule *schedule, td_schedule_progress *progress_out)
{
    pthread_mutex_lock(&schedule->lock);
    read_progress_locked(schedule, progress_out);
    pthread_mutex_unlock(&schedule->lock);
}

const tandem_span *td_schedule_get_spans(const td_schedule *schedule, size_t *n_out)
{
    *n_out = schedule->record.n;
    return schedule->record.spans;
}

tandem_code td_schedule_copy_spans(td_schedule *schedule, tandem_span **spans_out, size_t *n_out,
                                   int64_t *now_us_out, tandem_error *err)
{
    const td_record *record = &schedule->record;
    tandem_span *copy = NULL;

    pthread_mutex_lock(&schedule->lock);
    size_t n = record->n;
    if (n > 0 && (copy = malloc(n * sizeof(*copy))))
        memcpy(copy, record->spans, n * sizeof(*copy));
    int64_t now_us = td_schedule_state_now(schedule) - schedule->opened_us;
    pthread_mutex_unlock(&schedule->lock);
    if (n > 0 && !copy)
        return td_fail_nomem(err, "what the slots did");
    *spans_out = copy;
    *n_out = n;
    *now_us_out = now_us;
    return TANDEM_OK;
}

static void stop_slots(td_schedule *schedule)
{
    pthread_mutex_lock(&schedule->lock);
    schedule->cancelled |= !schedule->summed_up;
    schedule->ended = true;
    schedule->clock.wake(schedule->clock.user, &schedule->work, true);
    schedule->clock.wake(schedule->clock.user, &schedule->room, true);
    pthread_mutex_unlock(&schedule->lock);
    for (uint32_t i = 0; i < schedule->n_started; i++)
        pthread_join(schedule->slots[i].thread, NULL);
}

void td_schedule_close(td_schedule *schedule)
{
    if (!schedule)
        return;
    if (schedule->n_started > 0)
        stop_slots(schedule);
    for (uint32_t i = 0; schedule->slots && i < schedule->n_slots; i++) {
        free(schedule->slots[i].texts);
        free(schedule->slots[i].notes);
        free(schedule->slots[i].vectors);
    }
    free(schedule->slots);
    free(schedule->flights);
    td_schedule_record_clear(&schedule->record);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        free(schedule->zeros[l]);
    if (schedule->conds_made) {
        pthread_cond_destroy(&schedule->work);
        pthread_cond_destroy(&schedule->room);
    }
    pthread_mutex_destroy(&schedule->lock);
    free(schedule);
}

/* ---- all at once ---- */

typedef struct whole_run {
    const td_task *tasks;
    float *const *vectors;
    td_embedder *const *lanes;
    void (*done)(void *user, td_task *task);
    void (*observe)(void *user, const td_batch_event *event);
    void *user;
} whole_run;

static void keep_vector(void *user, td_task *task)
{
    const whole_run *run = user;
    if (run->vectors)
        memcpy(run->vectors[task - run->tasks], task->vector,
               run->lanes[task->lane]->dim * sizeof(float));
    if (run->done)
        run->done(run->user, task);
}

static void pass_event(void *user, const td_batch_event *event)
{
    const whole_run *run = user;
    if (run->observe)
        run->observe(run->user, event);
}

/* The lock stays taken while tasks go in, so that the first batch is cut from all of them. */
static tandem_code put_all(td_schedule *schedule, td_task *tasks, size_t n, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (size_t i = 0; i < n && code == TANDEM_OK; i++)
        code = check_task(schedule, &tasks[i], err);
    if (code != TANDEM_OK)
        return code;
    pthread_mutex_lock(&schedule->lock);
    for (size_t i = 0; i < n && code == TANDEM_OK; i++)
        code = enter_locked(schedule, &tasks[i], err);
    schedule->ended = true;
    pthread_mutex_unlock(&schedule->lock);
    return code;
}

tandem_code td_schedule_run(td_embedder *const lanes[TANDEM_N_LANES],
                            const td_schedule_options *options, td_task *tasks, size_t n,
                            float *const *vectors_out, td_schedule_progress *progress_out,
                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_schedule *schedule = NULL;
    td_schedule_options own = TD_SCHEDULE_OPTIONS;
    own = options ? *options : own;
    whole_run run = {
        .tasks = tasks,
        .vectors = vectors_out,
        .lanes = lanes,
        .done = own.done,
        .observe = own.observe,
        .user = own.user,
    };
    own.done = keep_vector;
    own.observe = pass_event;
    own.user = &run;

    TD_TRY(td_schedule_open(lanes, &own, &schedule, err));
    TD_TRY(put_all(schedule, tasks, n, err));
    TD_TRY(td_schedule_finish(schedule, err));
    if (progress_out)
        td_schedule_get_progress(schedule, progress_out);

out:
    td_schedule_close(schedule);
    return code;
}
