/* schedule/state.h - what the parts of the schedule share: the monitor and its slots.
 *
 * Threads:  `lock` guards what stands below it; the rest is set by open and never changed
 */
#ifndef TD_SCHEDULE_STATE_H
#define TD_SCHEDULE_STATE_H

#include "base/thread.h"
#include "schedule/meter.h"
#include "schedule/record.h"

/* A thread that takes batch after batch, with the memory for one. */
typedef struct td_slot {
    td_schedule *schedule;
    uint32_t number;
    pthread_t thread;
    td_str *texts;       /* [items_max] */
    td_text_note *notes; /* [items_max] */
    float *vectors;      /* [items_max, dim_max] */
} td_slot;

/* One round, for its log line. */
typedef struct td_round_log {
    uint32_t n;
    int64_t start_us;
    uint64_t done[TANDEM_N_LANES], failed[TANDEM_N_LANES];
    uint64_t n_settled; /* of all rounds so far, done or failed */
    uint64_t n_put;     /* tasks known at its end */
} td_round_log;

struct td_schedule {
    td_schedule_options options;
    td_schedule_clock clock;
    uint32_t in_flight_max, n_slots;
    td_embedder *embedders[TANDEM_N_LANES];
    float *zeros[TANDEM_N_LANES]; /* [dim] */
    td_lane_metrics metrics[TANDEM_N_LANES];
    td_slot *slots; /* [n_slots] */
    uint32_t n_started;
    bool conds_made;
    int64_t opened_us;

    pthread_mutex_t lock; /* rank 1: guards all below */
    pthread_cond_t work;  /* slots wait: something to do? */
    pthread_cond_t room;  /* put and finish wait: tasks left? */
    td_lane lanes[TANDEM_N_LANES];
    td_flight *flights; /* [n_slots] */
    td_round round;
    td_round_log round_log;
    td_meter meter;
    td_record record;
    tandem_error failures[TANDEM_N_LANES]; /* the last of each lane */
    uint32_t n_told[TANDEM_N_LANES];       /* failed batches that had a warning */
    uint64_t n_put;
    uint32_t n_idle;  /* slots that wait */
    uint32_t n_room;  /* callers that wait */
    int64_t timer_us; /* the soonest time at which an idle slot looks again by itself */
    bool ended, cancelled, summed_up;
};

static inline int64_t td_schedule_state_now(const td_schedule *schedule)
{
    return schedule->clock.now_us(schedule->clock.user);
}

static inline size_t td_schedule_state_inside_locked(const td_schedule *schedule)
{
    return schedule->lanes[0].n_inside + schedule->lanes[1].n_inside;
}

static inline void td_schedule_state_look_locked(const td_schedule *schedule, int64_t now_us,
                                                 td_strategy_state *state_out)
{
    *state_out = (td_strategy_state){
        .flights = schedule->flights,
        .n_flights = schedule->n_slots,
        .asked = schedule->options.strategy,
        .parallel = schedule->options.parallel,
        .ended = schedule->ended,
        .window_full =
            td_schedule_state_inside_locked(schedule) >= schedule->options.window_chunks_max,
        .cancelled = schedule->cancelled,
        .in_flight_max = schedule->in_flight_max,
        .spare_slot = schedule->n_slots > schedule->in_flight_max,
        .now_us = now_us,
        .round = schedule->round,
    };
    for (int l = 0; l < TANDEM_N_LANES; l++)
        td_schedule_lane_view(&schedule->lanes[l], &state_out->lanes[l]);
}

/* Wakes an idle slot if there is something for it. Something changed. */
void td_schedule_slot_poke_locked(td_schedule *schedule, int64_t now_us);

/* A slot's thread; arg is its td_slot. Ends when the schedule has ended and is empty. */
void *td_schedule_slot_run(void *arg);

/* The log line of a round that ended; nothing for round 0. */
void td_schedule_slot_log_round(const td_schedule *schedule, const td_round_log *round,
                                int64_t now_us);

#endif
