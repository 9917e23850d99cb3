/* schedule/lane.h - one model's queue, limit, circuit, retries and halving.
 *
 *   a task:   put -> queued -> in flight -> out
 *                      in flight -> waiting (halved, or backing off) -> in flight
 *                      queued, waiting -> out (drain: cancelled, or the lane is given up)
 *
 * Time comes in as an argument and nothing is locked, so that a simulator can drive lanes too.
 * Threads:  one at a time; schedule.c holds its lock
 */
#ifndef TD_SCHEDULE_LANE_H
#define TD_SCHEDULE_LANE_H

#include "schedule/batch.h"
#include "schedule/circuit.h"
#include "schedule/limit.h"
#include "schedule/price.h"

typedef struct td_lane_options {
    tandem_lane id;
    uint32_t items_max;
    uint64_t tokens_max;
    uint64_t tokens_enough; /* more in one batch are no faster; 0: not known */
    uint32_t tries_max, backoff_ms;
    uint64_t jitter_seed;
    uint32_t in_flight_max;            /* of this lane */
    double call_seconds, text_seconds; /* td_schedule_rate_hint; 0: none */
    size_t text_tokens;
    bool is_local;
    bool wants_price; /* td_schedule_lane_price is called before the first batch */
} td_lane_options;

/* Seconds of late, without a call's price; 0: not known. */
typedef struct td_pace {
    double per_token, per_item;
} td_pace;

typedef struct td_lane {
    td_lane_options options;
    td_pending pending;
    td_task *waiting; /* batches that wait for another call, the soonest first */
    size_t n_waiting, n_waiting_tasks;
    uint64_t waiting_tokens;
    size_t n_inside; /* tasks not yet let go of */
    uint32_t in_flight, in_flight_items;
    uint64_t in_flight_tokens;
    int64_t served_us;
    int64_t pause_until_us; /* the server asked for it */
    td_limit limit;
    td_circuit circuit;
    const td_task *probe;     /* the batch that tries whether an open circuit's lane is back */
    uint32_t nonsense_in_row; /* single texts answered by what is no vector, none good between */
    td_rate rate;
    td_price_state price;
    bool takes_turns;      /* by its price; until batches tell otherwise */
    int64_t good_us;       /* when the last good call ended */
    td_pace alone, beside; /* of calls with none, and with one or more of the lane beside them */
    uint64_t seed;
    bool given_up;
    tandem_error why; /* given up */
    td_lane_progress counts;
} td_lane;

/* How a call went. */
typedef struct td_outcome {
    tandem_code code; /* E_FORMAT also when the vectors were not to be believed */
    const tandem_error *error;
    uint32_t retry_after_ms;
    int64_t start_us;
} td_outcome;

void td_schedule_lane_init(td_lane *lane, const td_lane_options *options);

/* task->n_tokens and ->order are set. */
void td_schedule_lane_put(td_lane *lane, td_task *task, int64_t now_us);

/* What its calls cost is asked for: none begins until it is told. */
void td_schedule_lane_price_begin(td_lane *lane);

/* NULL: nobody could tell. */
void td_schedule_lane_price(td_lane *lane, const td_embed_price *measured);

/* The batch that a decision means; its call begins. */
td_task *td_schedule_lane_take(td_lane *lane, const td_decision *decision, int64_t now_us);

/* Its call ended. */
td_settled td_schedule_lane_settle(td_lane *lane, td_task *batch, const td_outcome *outcome,
                                   int64_t now_us);

/* A chain (`next`) of tasks that will not be embedded; NULL when none is left. */
td_task *td_schedule_lane_drain(td_lane *lane);

/* Tasks were handed out: they no longer count as inside. */
void td_schedule_lane_leave(td_lane *lane, td_task_status status, size_t n);

void td_schedule_lane_view(const td_lane *lane, td_lane_view *view_out);
void td_schedule_lane_progress(const td_lane *lane, td_lane_progress *progress_out);

#endif
