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
