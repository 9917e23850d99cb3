/* tests/schedule/simulator.h - schedule/simulate.h for tests: what does not hold fails the test. */
#ifndef TESTS_SCHEDULE_SIMULATOR_H
#define TESTS_SCHEDULE_SIMULATOR_H

#include "base/error.h"
#include "schedule/simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef td_sim sim;
typedef td_sim_task sim_task;
typedef td_simulated_service sim_service;

#define sim_random  td_schedule_simulate_random
#define sim_uniform td_schedule_simulate_uniform
#define sim_bound   td_schedule_simulate_bound
#define sim_longest td_schedule_simulate_longest
#define sim_seconds td_schedule_simulate_seconds

static inline void sim_check(const sim *s, bool holds, const char *what)
{
    if (!holds)
        fail_msg("case %llu, strategy %s, at %.3f s: %s", (unsigned long long)s->number,
                 td_schedule_strategy_name(s->strategy), (double)s->now_us / 1e6, what);
}

/* n[l] tasks of each lane, mixed; all there at the start, or `rate` of them a second. */
static inline void sim_fill(sim *s, const size_t n[TANDEM_N_LANES], size_t tokens_min,
                            size_t tokens_max, double rate)
{
    s->n_tasks = n[0] + n[1];
    s->tasks = calloc(s->n_tasks ? s->n_tasks : 1, sizeof(*s->tasks));
    size_t left[TANDEM_N_LANES] = {n[0], n[1]};
    for (size_t i = 0; i < s->n_tasks; i++) {
        bool first = sim_random(&s->seed) % (left[0] + left[1]) < left[0];
        sim_task *t = &s->tasks[i];
        t->task.lane = first ? TANDEM_LANE_GTE : TANDEM_LANE_CODERANK;
        left[t->task.lane]--;
        double u = sim_uniform(&s->seed);
        t->task.n_tokens = tokens_min + (size_t)(u * u * (double)(tokens_max - tokens_min));
        t->arrives_us = rate > 0 ? (int64_t)((double)i / rate * 1e6) : 0;
    }
}

static inline sim sim_plain(td_strategy strategy, uint32_t in_flight_max, double per_item)
{
    sim s = {
        .seed = 7,
        .strategy = strategy,
        .parallel = true,
        .in_flight_max = in_flight_max,
        .items_max = 32,
        .tokens_max = 16384,
        .window = 4096,
        .tries_max = 3,
    };
    for (int l = 0; l < TANDEM_N_LANES; l++)
        s.services[l] = (sim_service){.per_item = per_item, .limit = in_flight_max};
    return s;
}

static inline void sim_run(sim *s)
{
    tandem_error error = {0};
    if (td_schedule_simulate_run(s, &error) != TANDEM_OK)
        fail_msg("%s", error.message);
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
