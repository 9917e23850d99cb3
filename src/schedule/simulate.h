/* schedule/simulate.h - lanes and policy over virtual time: no threads, no waiting.
 *
 * A workload is tasks with arrival times, services with a price for batch, text and token, jitter,
 * so many requests at a time, and faults. Every step checks what must hold at every step, so that a
 * simulation is a test of the policy as well as a measurement of it.
 *
 * Threads:  one at a time
 */
#ifndef TD_SCHEDULE_SIMULATE_H
#define TD_SCHEDULE_SIMULATE_H

#include "schedule/meter.h"
#include "schedule/record.h"

enum {
    TD_SIM_SLOTS_MAX = 64
};

typedef struct td_sim_task {
    td_task task;
    int64_t arrives_us, out_us;
    bool poison;
    int n_out;
} td_sim_task;

typedef struct td_sim_slot {
    td_task *batch;
    int lane;
    uint32_t round;
    int64_t start_us, end_us;
    tandem_code code;
} td_sim_slot;

typedef struct td_sim {
    uint64_t number; /* of the case, for messages */
    uint64_t seed;
    td_strategy strategy;
    bool parallel;
    uint32_t in_flight_max; /* 1..TD_SIM_SLOTS_MAX */
    bool spare_slot;
    uint32_t items_max, tokens_max, window, tries_max;
    td_simulated_service services[TANDEM_N_LANES];
    td_sim_task *tasks; /* [n_tasks], by arrival; the caller's */
    size_t n_tasks;
    int64_t cancel_us; /* 0: never */
    /* how it goes */
    td_lane lanes[TANDEM_N_LANES];
    td_round round;
    td_meter meter;
    td_record record; /* kept if the caller made room in it */
    td_sim_slot slots[TD_SIM_SLOTS_MAX + 1];
    td_flight flights[TD_SIM_SLOTS_MAX + 1]; /* of the slots */
    td_embed_price met[TANDEM_N_LANES];      /* what the servers told before; n_texts 0: nothing */
    int64_t servers_free_us[TANDEM_N_LANES][TD_SIM_SLOTS_MAX];
    size_t n_put, n_out, n_failed;
    int64_t now_us;
    double work[TANDEM_N_LANES]; /* seconds of service, all calls */
    size_t n_calls[TANDEM_N_LANES];
    uint32_t most_in_flight;
    bool both_at_once;
    const char *broken; /* what did not hold; NULL: all held */
} td_sim;

/* Runs it to its end. Errors: E_INTERNAL saying what did not hold, and when. */
tandem_code td_schedule_simulate_run(td_sim *s, tandem_error *err);

/* No schedule can be faster: all slots busy all the time, each lane at full width. Seconds; of the
 * work that was really done. */
double td_schedule_simulate_bound(const td_sim *s);

/* Seconds of the longest text of all. */
double td_schedule_simulate_longest(const td_sim *s);

/* Seconds from the first batch to the last. */
double td_schedule_simulate_seconds(const td_sim *s);

/* xorshift64*, and between 0 and 1: the same on every machine. */
uint64_t td_schedule_simulate_random(uint64_t *seed);
double td_schedule_simulate_uniform(uint64_t *seed);

#endif
