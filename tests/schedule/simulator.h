/* tests/schedule/simulator.h - lanes and policy over virtual time: no threads, no waiting.
 *
 * A workload is tasks with arrival times, services with a price for batch, text and token, jitter,
 * so many requests at a time, and faults. Every step checks what must hold at every step.
 */
#ifndef TESTS_SCHEDULE_SIMULATOR_H
#define TESTS_SCHEDULE_SIMULATOR_H

#include "base/error.h"
#include "schedule/meter.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    SIM_SLOTS_MAX = 16
};

typedef struct sim_service {
    double per_batch, per_item, per_token; /* seconds */
    double sigma;                          /* of log-normal jitter on each call */
    uint32_t servers;                      /* requests at a time; others queue; 0: no limit */
    double p_passing;                      /* of a call that fails in passing */
    int64_t dead_from_us;                  /* calls fail from then, */
    int64_t dead_until_us;                 /* until then */
    bool denied;
    uint32_t limit; /* the lane's */
    bool adapts;    /* a remote lane, whose limit moves */
} sim_service;

typedef struct sim_task {
    td_task task;
    int64_t arrives_us, out_us;
    bool poison;
    int n_out;
} sim_task;

typedef struct sim_slot {
    td_task *batch;
    int lane;
    int64_t start_us, end_us;
    tandem_code code;
} sim_slot;

typedef struct sim {
    uint64_t number; /* of the case */
    uint64_t seed;
    td_strategy strategy;
    bool parallel;
    uint32_t in_flight_max, items_max, tokens_max, window, tries_max;
    sim_service services[TANDEM_N_LANES];
    sim_task *tasks; /* by arrival */
    size_t n_tasks;
    /* how it goes */
    td_lane lanes[TANDEM_N_LANES];
    td_round round;
    td_meter meter;
    sim_slot slots[SIM_SLOTS_MAX];
    int64_t servers_free_us[TANDEM_N_LANES][SIM_SLOTS_MAX];
    size_t n_put, n_out, n_failed;
    int64_t now_us;
    int64_t cancel_us;            /* 0: never */
    double work[TANDEM_N_LANES];  /* seconds of service, all calls */
    double waste[TANDEM_N_LANES]; /* of those that failed */
    size_t n_calls[TANDEM_N_LANES];
    size_t n_lone[TANDEM_N_LANES]; /* batches of one lane beside none of the other, in a round */
    uint32_t most_in_flight;
    bool both_at_once;
} sim;

static inline uint64_t sim_random(uint64_t *seed)
{
    uint64_t x = *seed ? *seed : 88172645463325252ull;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *seed = x;
}

static inline double sim_uniform(uint64_t *seed)
{
    return (double)(sim_random(seed) >> 11) / 9007199254740992.0;
}

static inline double sim_normal(uint64_t *seed)
{
    double u = sim_uniform(seed) + 1e-12, v = sim_uniform(seed);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static inline void sim_check(const sim *s, bool holds, const char *what)
{
    if (!holds)
        fail_msg("case %llu, strategy %s, at %.3f s: %s", (unsigned long long)s->number,
                 td_schedule_strategy_name(s->strategy), (double)s->now_us / 1e6, what);
}

static inline void sim_open(sim *s)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        td_lane_options options = {
            .id = (tandem_lane)l,
            .items_max = s->items_max,
            .tokens_max = s->tokens_max,
            .tries_max = s->tries_max,
            .backoff_ms = 1000,
            .jitter_seed = s->seed,
            .in_flight_max = s->services[l].limit,
            .is_local = !s->services[l].adapts,
        };
        td_schedule_lane_init(&s->lanes[l], &options);
    }
}

static inline void sim_look(const sim *s, td_strategy_state *state)
{
    *state = (td_strategy_state){
        .asked = s->strategy,
        .parallel = s->parallel,
        .ended = s->n_put == s->n_tasks,
        .window_full = s->lanes[0].n_inside + s->lanes[1].n_inside >= s->window,
        .cancelled = s->cancel_us > 0 && s->now_us >= s->cancel_us,
        .in_flight_max = s->in_flight_max,
        .now_us = s->now_us,
        .round = s->round,
    };
    for (int l = 0; l < TANDEM_N_LANES; l++)
        td_schedule_lane_view(&s->lanes[l], &state->lanes[l]);
}

static inline void sim_out(sim *s, int l, td_task *batch, td_task_status status)
{
    size_t n = 0;
    for (td_task *task = batch, *next; task; task = next, n++) {
        next = task->next;
        sim_task *own = (sim_task *)task;
        own->n_out++;
        own->out_us = s->now_us;
        own->task.status = status;
        sim_check(s, own->n_out == 1, "a task came out twice");
        sim_check(s, (int)task->lane == l, "a task came out of the wrong lane");
        s->n_failed += status == TD_TASK_FAILED;
    }
    s->n_out += n;
    td_schedule_lane_leave(&s->lanes[l], status, n);
}

/* What the service answers to the call, and when. */
static inline void sim_serve(sim *s, sim_slot *slot)
{
    const sim_service *service = &s->services[slot->lane];
    size_t n = 0;
    uint64_t tokens = 0;
    bool poison = false;
    for (const td_task *task = slot->batch; task; task = task->next) {
        n++;
        tokens += task->n_tokens;
        poison |= ((const sim_task *)task)->poison;
    }
    sim_check(s, n == slot->batch->batch_n && tokens == slot->batch->batch_tokens,
              "a batch does not know its own size");
    sim_check(s, n <= s->items_max, "a batch of too many texts");
    sim_check(s, n == 1 || tokens <= s->tokens_max, "a batch of too many tokens");

    double seconds =
        service->per_batch + service->per_item * (double)n + service->per_token * (double)tokens;
    seconds *= exp(service->sigma * sim_normal(&s->seed));
    slot->code = TANDEM_OK;
    if (service->denied)
        slot->code = TANDEM_E_DENIED;
    else if (s->now_us >= service->dead_from_us && s->now_us < service->dead_until_us)
        slot->code = TANDEM_E_NETWORK;
    else if (sim_uniform(&s->seed) < service->p_passing)
        slot->code = TANDEM_E_UNAVAILABLE;
    else if (poison)
        slot->code = TANDEM_E_FORMAT;
    if (slot->code != TANDEM_OK)
        seconds = slot->code == TANDEM_E_FORMAT ? seconds / 4 : 0.01;

    int64_t begin_us = s->now_us;
    if (service->servers > 0) {
        int first = 0;
        for (uint32_t i = 1; i < service->servers; i++) {
            if (s->servers_free_us[slot->lane][i] < s->servers_free_us[slot->lane][first])
                first = (int)i;
        }
        int64_t *free_us = &s->servers_free_us[slot->lane][first];
        begin_us = *free_us > begin_us ? *free_us : begin_us;
        *free_us = begin_us + (int64_t)(seconds * 1e6) + 1;
    }
    slot->end_us = begin_us + (int64_t)(seconds * 1e6) + 1;
    s->work[slot->lane] += seconds;
    s->waste[slot->lane] += slot->code == TANDEM_OK ? 0 : seconds;
    s->n_calls[slot->lane]++;
}

static inline void sim_account(sim *s)
{
    td_strategy_state state;
    sim_look(s, &state);
    td_schedule_meter_step(&s->meter, s->now_us, &state);
}

static inline void sim_begin(sim *s, sim_slot *slot, const td_decision *decision)
{
    int l = (int)decision->lane;
    td_lane *lane = &s->lanes[l];
    sim_check(s, lane->in_flight < td_schedule_limit_now(&lane->limit), "past the lane's limit");
    sim_check(s, lane->circuit.state != TD_CIRCUIT_PROBING, "a call beside the probe");
    sim_check(s, lane->circuit.state != TD_CIRCUIT_OPEN || s->now_us >= lane->circuit.open_until_us,
              "a call through an open circuit");
    slot->lane = l;
    slot->start_us = s->now_us;
    slot->batch = td_schedule_lane_take(lane, decision, s->now_us);
    sim_check(s, slot->batch->due_us <= s->now_us, "a retry before its time");
    sim_serve(s, slot);
    uint32_t out = s->lanes[0].in_flight + s->lanes[1].in_flight;
    s->most_in_flight = out > s->most_in_flight ? out : s->most_in_flight;
    s->both_at_once |= s->lanes[0].in_flight > 0 && s->lanes[1].in_flight > 0;
    sim_check(s, out <= s->in_flight_max, "more batches than slots");
    if (s->strategy == TD_STRATEGY_ROUNDS && s->parallel && s->n_put == s->n_tasks)
        sim_check(s, out <= 2 || !s->lanes[0].counts.n_put || !s->lanes[1].counts.n_put,
                  "a round of more than two batches");
    sim_account(s);
}

static inline void sim_end(sim *s, sim_slot *slot)
{
    td_task *batch = slot->batch;
    tandem_error error = {0};
    td_outcome outcome = {.code = slot->code, .error = &error, .start_us = slot->start_us};
    if (slot->code != TANDEM_OK)
        td_fail(&error, slot->code, "simulated");
    slot->batch = NULL;
    td_settled settled = td_schedule_lane_settle(&s->lanes[slot->lane], batch, &outcome, s->now_us);
    if (settled == TD_SETTLED_DONE || settled == TD_SETTLED_FAILED)
        sim_out(s, slot->lane, batch, settled == TD_SETTLED_DONE ? TD_TASK_DONE : TD_TASK_FAILED);
    sim_account(s);
}

/* Tasks that have arrived enter as far as the window lets them. */
static inline void sim_arrive(sim *s)
{
    while (s->n_put < s->n_tasks && s->tasks[s->n_put].arrives_us <= s->now_us &&
           s->lanes[0].n_inside + s->lanes[1].n_inside < s->window) {
        td_task *task = &s->tasks[s->n_put].task;
        task->order = s->n_put++;
        td_schedule_lane_put(&s->lanes[task->lane], task, s->now_us);
    }
    sim_account(s);
}

/* Gives free slots work until they would wait; when to look again at the latest. */
static inline int64_t sim_decide(sim *s, bool *end_out)
{
    for (;;) {
        td_strategy_state state;
        sim_look(s, &state);
        td_decision decision = td_schedule_strategy_decide(&state);
        s->round = decision.round;
        *end_out = decision.kind == TD_DECIDE_END;
        if (decision.kind == TD_DECIDE_END || decision.kind == TD_DECIDE_WAIT)
            return *end_out ? s->now_us : decision.until_us;
        if (decision.kind == TD_DECIDE_DRAIN) {
            td_task *batch = td_schedule_lane_drain(&s->lanes[decision.lane]);
            sim_out(s, (int)decision.lane, batch,
                    state.cancelled ? TD_TASK_CANCELLED : TD_TASK_FAILED);
            sim_arrive(s);
            continue;
        }
        uint32_t i = 0;
        while (s->slots[i].batch)
            i++;
        sim_begin(s, &s->slots[i], &decision);
    }
}

/* The next moment at which something happens; INT64_MAX when nothing ever will. */
static inline int64_t sim_next(const sim *s, int64_t until_us)
{
    int64_t next_us = until_us;
    for (uint32_t i = 0; i < s->in_flight_max; i++) {
        if (s->slots[i].batch && s->slots[i].end_us < next_us)
            next_us = s->slots[i].end_us;
    }
    bool room = s->lanes[0].n_inside + s->lanes[1].n_inside < s->window;
    if (s->n_put < s->n_tasks && room && s->tasks[s->n_put].arrives_us < next_us)
        next_us = s->tasks[s->n_put].arrives_us;
    if (s->cancel_us > s->now_us && s->cancel_us < next_us)
        next_us = s->cancel_us;
    return next_us;
}

static inline void sim_run(sim *s)
{
    sim_open(s);
    for (bool end = false;;) {
        if (s->cancel_us > 0 && s->now_us >= s->cancel_us)
            s->n_tasks = s->n_put; /* put refuses from now on */
        sim_arrive(s);
        int64_t until_us = sim_decide(s, &end);
        if (end)
            break;
        int64_t next_us = sim_next(s, until_us);
        sim_check(s, next_us < INT64_MAX, "nothing will ever happen again");
        sim_check(s, next_us >= s->now_us, "time runs backwards");
        s->now_us = next_us;
        for (uint32_t i = 0; i < s->in_flight_max; i++) {
            if (s->slots[i].batch && s->slots[i].end_us <= s->now_us)
                sim_end(s, &s->slots[i]);
        }
    }
    sim_check(s, s->n_out == s->n_tasks, "a task was lost");
    for (size_t i = 0; i < s->n_tasks; i++)
        sim_check(s, s->tasks[i].n_out == 1, "a task was lost, another doubled");
}

/* No schedule can be faster: all slots busy all the time, each lane at full width, the longest text
 * by itself. Seconds; of the work that was really done. */
static inline double sim_bound(const sim *s)
{
    double bound = 0, sum = 0;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const sim_service *service = &s->services[l];
        uint32_t width = service->limit < s->in_flight_max ? service->limit : s->in_flight_max;
        if (service->servers > 0 && service->servers < width)
            width = service->servers;
        bound = fmax(bound, s->work[l] / width);
        sum += s->work[l];
    }
    return fmax(bound, sum / s->in_flight_max);
}

/* Seconds of the longest text of all. */
static inline double sim_longest(const sim *s)
{
    double longest = 0;
    for (size_t i = 0; i < s->n_tasks; i++) {
        const sim_service *service = &s->services[s->tasks[i].task.lane];
        longest = fmax(longest, service->per_batch + service->per_item +
                                    service->per_token * (double)s->tasks[i].task.n_tokens);
    }
    return longest;
}

static inline double sim_seconds(const sim *s)
{
    return (double)(s->meter.last_us - s->meter.first_us) / 1e6;
}

static inline double sim_overlap(const sim *s)
{
    td_schedule_progress progress = {0};
    td_schedule_meter_read(&s->meter, s->now_us, &progress);
    return progress.overlap_ratio;
}

static inline void sim_clear(sim *s)
{
    free(s->tasks);
    *s = (sim){0};
}

#endif
