/* tests/schedule/fake.h - a clock that runs only when everybody waits, models that fail on order.
 *
 * fake_clock knows all threads that take part: the schedule's slots and the test's own caller.
 * While one of them works, time stands still; when all wait, it jumps to the first thing that is
 * due. So seconds of back-off cost nothing and come out the same each time.
 */
#ifndef TESTS_SCHEDULE_FAKE_H
#define TESTS_SCHEDULE_FAKE_H

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "schedule/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the clock ---- */

typedef struct fake_waiter {
    struct fake_waiter *next;
    const void *key; /* what wakes it besides time */
    int64_t until_us;
    bool woken;
    pthread_cond_t cond;
} fake_waiter;

typedef struct fake_clock {
    td_schedule_clock door;
    pthread_mutex_t lock;
    int64_t now_us;
    unsigned n_actors, n_blocked;
    bool left; /* the caller is out: it may wake the others in its own time */
    fake_waiter *waiters;
} fake_clock;

static inline void fake_rouse_locked(fake_clock *clock, fake_waiter *waiter)
{
    waiter->woken = true;
    clock->n_blocked--;
    pthread_cond_signal(&waiter->cond);
}

static inline void fake_advance_locked(fake_clock *clock)
{
    int64_t next_us = INT64_MAX;
    if (clock->n_blocked < clock->n_actors)
        return;
    for (const fake_waiter *w = clock->waiters; w; w = w->next)
        next_us = !w->woken && w->until_us < next_us ? w->until_us : next_us;
    if (next_us == INT64_MAX && clock->left)
        return;
    if (next_us == INT64_MAX) {
        fprintf(stderr, "everybody waits for ever\n");
        abort();
    }
    clock->now_us = next_us > clock->now_us ? next_us : clock->now_us;
    for (fake_waiter *w = clock->waiters; w; w = w->next) {
        if (!w->woken && w->until_us <= clock->now_us)
            fake_rouse_locked(clock, w);
    }
}

/* Until `key` is woken or the time has come; `outer` is given up meanwhile. */
static inline void fake_block(fake_clock *clock, const void *key, int64_t until_us,
                              pthread_mutex_t *outer)
{
    fake_waiter waiter = {.key = key, .until_us = until_us};
    pthread_cond_init(&waiter.cond, NULL);
    pthread_mutex_lock(&clock->lock);
    if (until_us > clock->now_us) {
        waiter.next = clock->waiters;
        clock->waiters = &waiter;
        clock->n_blocked++;
        fake_advance_locked(clock);
        if (outer)
            pthread_mutex_unlock(outer);
        while (!waiter.woken)
            pthread_cond_wait(&waiter.cond, &clock->lock);
        fake_waiter **at = &clock->waiters;
        while (*at != &waiter)
            at = &(*at)->next;
        *at = waiter.next;
        pthread_mutex_unlock(&clock->lock);
        if (outer)
            pthread_mutex_lock(outer);
    } else {
        pthread_mutex_unlock(&clock->lock);
    }
    pthread_cond_destroy(&waiter.cond);
}

static inline void fake_wake(fake_clock *clock, const void *key, bool all)
{
    pthread_mutex_lock(&clock->lock);
    for (fake_waiter *w = clock->waiters; w; w = w->next) {
        if (w->key != key || w->woken)
            continue;
        fake_rouse_locked(clock, w);
        if (!all)
            break;
    }
    pthread_mutex_unlock(&clock->lock);
}

static inline int64_t fake_now_us(void *user)
{
    fake_clock *clock = user;
    pthread_mutex_lock(&clock->lock);
    int64_t now_us = clock->now_us;
    pthread_mutex_unlock(&clock->lock);
    return now_us;
}

static inline void fake_clock_wait(void *user, pthread_cond_t *cond, pthread_mutex_t *lock,
                                   int64_t until_us)
{
    fake_block(user, cond, until_us, lock);
}

static inline void fake_clock_wake(void *user, pthread_cond_t *cond, bool all)
{
    fake_wake(user, cond, all);
}

/* `n_slots` threads of the schedule and one that puts and finishes. */
static inline void fake_clock_init(fake_clock *clock, unsigned n_slots)
{
    *clock = (fake_clock){.n_actors = n_slots + 1};
    pthread_mutex_init(&clock->lock, NULL);
    clock->door = (td_schedule_clock){.now_us = fake_now_us,
                                      .wait = fake_clock_wait,
                                      .wake = fake_clock_wake,
                                      .user = clock};
}

/* The caller waits from now on where the clock can't see it, in pthread_join. */
static inline void fake_leave(fake_clock *clock)
{
    pthread_mutex_lock(&clock->lock);
    clock->n_actors--;
    clock->left = true;
    fake_advance_locked(clock);
    pthread_mutex_unlock(&clock->lock);
}

static inline double fake_seconds(fake_clock *clock)
{
    return (double)fake_now_us(clock) / 1e6;
}

/* ---- the model ---- */

enum {
    FAKE_DIM_MAX = 16,
    FAKE_CALLS_MAX = 4096
};

typedef struct fake_call {
    int64_t start_us, end_us;
    size_t n;
    tandem_code code;
    char first[24]; /* of its first text */
} fake_call;

typedef struct fake_model fake_model;
struct fake_model {
    td_embedder door;
    fake_clock *clock;
    double per_text, per_batch; /* seconds */
    /* How the call fails, if it does. `number` counts from 0. */
    tandem_code (*fault)(fake_model *model, const td_batch *batch, size_t number,
                         uint32_t *retry_after_ms);
    pthread_mutex_t lock; /* guards all below */
    fake_call calls[FAKE_CALLS_MAX];
    size_t n_calls;
    unsigned in_flight, most_in_flight;
    tandem_role role;
};

/* The vector of a text: of length 1, another for each text. */
static inline void fake_vector(td_str text, size_t dim, float *out)
{
    td_hash hash = td_hash_of(text);
    double sum = 0;
    for (size_t d = 0; d < dim; d++) {
        out[d] = (float)hash.bytes[d % 16] + 1;
        sum += (double)out[d] * (double)out[d];
    }
    for (size_t d = 0; d < dim; d++)
        out[d] = (float)((double)out[d] / sqrt(sum));
}

/* A text that starts with one of these spoils its batch, or gets a vector that is none. */
static inline tandem_code fake_fill(fake_model *model, td_batch *batch, tandem_error *err)
{
    size_t dim = model->door.dim;
    for (size_t i = 0; i < batch->n; i++) {
        td_str text = batch->texts[i];
        float *v = batch->vectors + i * dim;
        if (td_str_starts(text, TD_STR("bad")))
            return td_fail(err, TANDEM_E_FORMAT, "a bad text");
        if (td_str_starts(text, TD_STR("large")))
            return td_fail(err, TANDEM_E_TOO_LARGE, "a large text");
        if (td_str_starts(text, TD_STR("unwritten")))
            continue;
        fake_vector(text, dim, v);
        if (td_str_starts(text, TD_STR("nan")))
            v[dim - 1] = NAN;
        if (td_str_starts(text, TD_STR("inf")))
            v[0] = INFINITY;
        if (td_str_starts(text, TD_STR("zero")))
            memset(v, 0, dim * sizeof(float));
        if (td_str_starts(text, TD_STR("double")))
            v[0] *= 2;
        batch->notes[i] = (td_text_note){.n_tokens = (uint32_t)text.n,
                                         .truncated = td_str_starts(text, TD_STR("cut"))};
    }
    return TANDEM_OK;
}

static inline tandem_code fake_embed(td_embedder *self, td_batch *batch, uint32_t *retry_after_ms,
                                     tandem_error *err)
{
    fake_model *model = (fake_model *)self;
    fake_call call = {.start_us = fake_now_us(model->clock), .n = batch->n};
    snprintf(call.first, sizeof(call.first), "%.*s", (int)batch->texts[0].n, batch->texts[0].ptr);
    pthread_mutex_lock(&model->lock);
    size_t number = model->n_calls++;
    model->in_flight++;
    if (model->in_flight > model->most_in_flight)
        model->most_in_flight = model->in_flight;
    model->role = batch->role;
    pthread_mutex_unlock(&model->lock);

    *retry_after_ms = 0;
    tandem_code code = TANDEM_OK;
    if (model->fault)
        code = model->fault(model, batch, number, retry_after_ms);
    if (code == TANDEM_OK) {
        double seconds = model->per_batch + model->per_text * (double)batch->n;
        fake_block(model->clock, model, call.start_us + (int64_t)(seconds * 1e6 + 0.5), NULL);
        code = fake_fill(model, batch, err);
    } else {
        td_fail(err, code, "ordered failure %zu", number);
    }
    call.end_us = fake_now_us(model->clock);
    call.code = code;
    pthread_mutex_lock(&model->lock);
    model->in_flight--;
    if (number < FAKE_CALLS_MAX)
        model->calls[number] = call;
    pthread_mutex_unlock(&model->lock);
    return code;
}

static inline size_t fake_estimate(td_embedder *self, td_str text)
{
    (void)self;
    return text.n;
}

static inline void fake_model_init(fake_model *model, fake_clock *clock, size_t dim)
{
    memset(model, 0, sizeof(*model));
    model->clock = clock;
    model->per_text = 0.1;
    model->door = (td_embedder){.embed = fake_embed,
                                .estimate_tokens = fake_estimate,
                                .dim = dim,
                                .is_local = true,
                                .model_id = TD_STR("fake")};
    pthread_mutex_init(&model->lock, NULL);
}

/* ---- a whole set-up ---- */

enum {
    FAKE_TASKS_MAX = 2000
};

typedef struct fake_job {
    fake_clock clock;
    fake_model models[TANDEM_N_LANES];
    td_schedule_options options;
    td_schedule *schedule;
    td_schedule_progress progress;
    td_task tasks[FAKE_TASKS_MAX];
    char texts[FAKE_TASKS_MAX][24];
    float vectors[FAKE_TASKS_MAX][FAKE_DIM_MAX];
    float *rows[FAKE_TASKS_MAX];
    atomic_int n_done[FAKE_TASKS_MAX]; /* calls of done for each */
    int64_t done_us[FAKE_TASKS_MAX];
    size_t n;
    td_batch_event events[FAKE_CALLS_MAX];
    atomic_size_t n_events;
} fake_job;

static inline void fake_done(void *user, td_task *task)
{
    fake_job *job = user;
    size_t i = (size_t)(task - job->tasks);
    atomic_fetch_add(&job->n_done[i], 1);
    job->done_us[i] = fake_now_us(&job->clock);
    memcpy(job->vectors[i], task->vector, job->models[task->lane].door.dim * sizeof(float));
}

static inline void fake_observe(void *user, const td_batch_event *event)
{
    fake_job *job = user;
    size_t at = atomic_fetch_add(&job->n_events, 1);
    if (at < FAKE_CALLS_MAX)
        job->events[at] = *event;
}

static inline fake_job *fake_job_new(uint32_t n_slots)
{
    fake_job *job = calloc(1, sizeof(*job));
    fake_clock_init(&job->clock, n_slots);
    fake_model_init(&job->models[TANDEM_LANE_GTE], &job->clock, 4);
    fake_model_init(&job->models[TANDEM_LANE_CODERANK], &job->clock, 7);
    job->options = TD_SCHEDULE_OPTIONS;
    job->options.in_flight_max = n_slots;
    job->options.clock = &job->clock.door;
    job->options.done = fake_done;
    job->options.observe = fake_observe;
    job->options.user = job;
    job->options.metrics = false;
    for (size_t i = 0; i < FAKE_TASKS_MAX; i++)
        job->rows[i] = job->vectors[i];
    return job;
}

static inline void fake_close(fake_job *job)
{
    if (job->schedule)
        fake_leave(&job->clock);
    td_schedule_close(job->schedule);
    job->schedule = NULL;
}

static inline void fake_job_free(fake_job *job)
{
    fake_close(job);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        pthread_mutex_destroy(&job->models[l].lock);
    pthread_mutex_destroy(&job->clock.lock);
    free(job);
}

/* One more text; the first word decides how the model takes it. */
static inline td_task *fake_add(fake_job *job, tandem_lane lane, const char *word)
{
    size_t i = job->n++;
    td_task *task = &job->tasks[i];
    snprintf(job->texts[i], sizeof(job->texts[i]), "%s %zu", word, i);
    *task = (td_task){.lane = lane, .text = td_str_from(job->texts[i])};
    return task;
}

static inline void fake_add_mix(fake_job *job, size_t gte, size_t coderank)
{
    size_t left[] = {gte, coderank};
    for (size_t i = 0; left[0] + left[1] > 0; i++) {
        tandem_lane lane = left[i % 2] ? (tandem_lane)(i % 2) : (tandem_lane)(1 - i % 2);
        left[lane]--;
        fake_add(job, lane, "text");
    }
}

static inline void fake_open(fake_job *job)
{
    td_embedder *lanes[] = {&job->models[0].door, &job->models[1].door};
    tandem_error err = {0};
    if (td_schedule_open(lanes, &job->options, &job->schedule, &err) != TANDEM_OK)
        fail_msg("open: %s", err.message);
}

/* Runs all tasks as one job. */
static inline void fake_run(fake_job *job)
{
    td_embedder *lanes[] = {&job->models[0].door, &job->models[1].door};
    tandem_error err = {0};
    tandem_code code =
        td_schedule_run(lanes, &job->options, job->tasks, job->n, job->rows, &job->progress, &err);
    if (code != TANDEM_OK)
        fail_msg("run: %s", err.message);
}

/* Each task came out once; those done have their own vector, the others zeros and a reason. */
static inline void fake_check(const fake_job *job)
{
    static const float zeros[FAKE_DIM_MAX];
    for (size_t i = 0; i < job->n; i++) {
        const td_task *task = &job->tasks[i];
        size_t dim = job->models[task->lane].door.dim;
        float wanted[FAKE_DIM_MAX];
        fake_vector(task->text, dim, wanted);
        assert_int_equal(atomic_load(&job->n_done[i]), 1);
        assert_memory_equal(job->vectors[i], task->status == TD_TASK_DONE ? wanted : zeros,
                            dim * sizeof(float));
        assert_true((task->status == TD_TASK_DONE) == (task->error.code == TANDEM_OK));
        if (task->status != TD_TASK_DONE)
            assert_true(task->error.message[0]);
    }
}

static inline size_t fake_count(const fake_job *job, int lane, td_task_status status)
{
    size_t n = 0;
    for (size_t i = 0; i < job->n; i++)
        n += (int)job->tasks[i].lane == lane && job->tasks[i].status == status;
    return n;
}

/* When the lane's last task came out. */
static inline double fake_lane_end(const fake_job *job, int lane)
{
    int64_t last_us = 0;
    for (size_t i = 0; i < job->n; i++) {
        if ((int)job->tasks[i].lane == lane && job->done_us[i] > last_us)
            last_us = job->done_us[i];
    }
    return (double)last_us / 1e6;
}

/* ---- the log ---- */

typedef struct fake_log {
    pthread_mutex_t lock;
    int n[4]; /* by level */
    char last[4][1024];
    int n_rounds;
} fake_log;

static inline void fake_log_line(void *user, td_log_level level, const char *room, const char *line)
{
    fake_log *log = user;
    if (strcmp(room, "schedule") != 0)
        return;
    pthread_mutex_lock(&log->lock);
    log->n[level]++;
    log->n_rounds += strncmp(line, "round=", 6) == 0;
    snprintf(log->last[level], sizeof(log->last[level]), "%s", line);
    pthread_mutex_unlock(&log->lock);
}

#endif
