/* schedule/strategy.h - which batch next: the policy, and nothing else.
 *
 * In:       how both lanes stand, and what time it is
 * Out:      what a free slot is to do
 * Threads:  pure functions: no lock, no clock, no memory of their own; the tests run them over
 *           virtual time.
 */
#ifndef TD_SCHEDULE_STRATEGY_H
#define TD_SCHEDULE_STRATEGY_H

#include "schedule/rate.h"
#include "schedule/schedule.h"

/* Whether a server's calls were priced. */
typedef enum td_price_state {
    TD_PRICE_TOLD,   /* as far as they will be */
    TD_PRICE_WANTED, /* not asked for yet */
    TD_PRICE_ASKED,  /* calls wait for it */
} td_price_state;

/* How one lane stands. */
typedef struct td_lane_view {
    /* tasks in no batch yet */
    size_t n_queued;
    uint64_t queued_tokens;
    int64_t oldest_us;       /* when the oldest of them was put */
    uint64_t longest_tokens; /* at most, of one of them */
    /* batches that wait for another call: halves, and those that back off */
    size_t n_waiting;
    size_t n_waiting_tasks;
    uint64_t waiting_tokens;
    int64_t due_us; /* when the first of them may go */

    size_t n_inside; /* tasks: queued, waiting, in flight, being handed out */
    uint32_t in_flight, limit;
    uint32_t in_flight_items;
    uint64_t in_flight_tokens;
    int64_t served_us; /* when its last batch began */
    int64_t opens_us;  /* no call before: circuit open, or the server asked for a pause */
    bool probing;      /* the circuit waits for one call to end */
    bool given_up;     /* whatever is inside fails */
    bool seen;         /* has ever had a task */

    bool remote;         /* a call may cost more than its texts */
    double text_seconds; /* of a call with one text, as the server was met; 0: not known */
    double met_seconds;  /* of that text, without the call; 0: not known */
    td_price_state price;
    bool queues; /* calls beside each other take turns at the server: no faster than one by one */

    uint32_t items_max; /* of one batch */
    uint64_t tokens_max;
    uint64_t tokens_enough; /* more in one batch are no faster; 0: as many as may be */
    td_cost cost;
} td_lane_view;

/* A call that is under way. */
typedef struct td_flight {
    bool busy; /* false: nothing, and all else is 0 */
    tandem_lane lane;
    uint32_t items;
    uint64_t tokens;
    int64_t start_us;
} td_flight;

/* Rounds: which lanes belong to the present one and have not begun their batch. */
typedef struct td_round {
    uint32_t n; /* from 1 */
    bool wanted[TANDEM_N_LANES];
} td_round;

typedef struct td_strategy_state {
    td_lane_view lanes[TANDEM_N_LANES];
    const td_flight *flights; /* [n_flights], one a slot; borrowed */
    size_t n_flights;
    td_strategy asked;
    bool parallel;
    bool ended;       /* no more tasks will come */
    bool window_full; /* none can come before one is done */
    bool cancelled;
    uint32_t in_flight_max;
    bool spare_slot; /* pipelined: one more, for a lane that has nothing in flight */
    int64_t now_us;
    td_round round;
} td_strategy_state;

typedef enum td_decision_kind {
    TD_DECIDE_WAIT,  /* until something happens, or until_us */
    TD_DECIDE_PRICE, /* ask what the lane's calls cost */
    TD_DECIDE_BATCH, /* call with a batch of the lane: one that waits, if due, else a new one */
    TD_DECIDE_DRAIN, /* hand out what waits in the lane, unembedded */
    TD_DECIDE_END,   /* nothing is left and nothing will come */
} td_decision_kind;

/* Which tasks make up a new batch. */
typedef enum td_pick {
    TD_PICK_IN_ORDER, /* as they were put */
    TD_PICK_OLDEST,   /* the oldest, and others of like length */
    TD_PICK_LONGEST,  /* the longest first: short ones fill the gaps at the end */
} td_pick;

typedef struct td_decision {
    td_decision_kind kind;
    tandem_lane lane;
    td_pick pick;
    uint32_t items_max; /* of a new batch */
    uint64_t tokens_max;
    int64_t until_us; /* INT64_MAX: no limit */
    td_round round;   /* replaces the state's */
} td_decision;

/* The strategy that is meant: one lane without chunks makes it single. */
td_strategy td_schedule_strategy_route(const td_strategy_state *state);

td_decision td_schedule_strategy_decide(const td_strategy_state *state);

/* Whether a slot could work for the lane now, or one does: what "both have work" means in the
 * overlap ratio. The strategy's own order and the number of slots do not matter here. */
bool td_schedule_strategy_has_work(const td_strategy_state *state, tandem_lane lane);

#endif
