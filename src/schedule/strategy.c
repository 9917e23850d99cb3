#include "schedule/strategy.h"

#include "schedule/share.h"

#include <math.h>

enum {
    /* A batch that is not full waits so long while input comes: a page's chunks arrive together, */
    HOLD_IDLE_US = 5 * 1000,
    /* beside others of its lane; the time bounds how long chunks stay unstored, */
    HOLD_BUSY_US = 5 * 1000 * 1000,
    /* and at the start of a round. */
    HOLD_ROUND_US = 100 * 1000,
    /* Fewer texts, when no more will come, cost less than to ask what they cost. */
    PRICE_TEXTS_MIN = 8,
};

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t us, int64_t more_us)
{
    return us > INT64_MAX - more_us ? INT64_MAX : us + more_us;
}

static uint32_t in_flight(const td_strategy_state *state)
{
    uint32_t n = 0;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        n += state->lanes[l].in_flight;
    return n;
}

/* ---- what a lane has to offer ---- */

typedef enum offer {
    NOTHING, /* no task, or no call is allowed */
    PARTIAL, /* a new batch, not full, and more may come */
    READY,
} offer;

/* `until_out` is lowered to when time alone may change the answer. */
static offer look(const td_strategy_state *state, int l, int64_t *until_out)
{
    const td_lane_view *lane = &state->lanes[l];
    if (lane->given_up || lane->n_queued + lane->n_waiting == 0)
        return NOTHING;
    if (lane->probing || lane->price == TD_PRICE_ASKED || lane->in_flight >= lane->limit)
        return NOTHING;
    if (state->now_us < lane->opens_us) {
        *until_out = sooner(*until_out, lane->opens_us);
        return NOTHING;
    }
    if (lane->n_waiting > 0) {
        if (state->now_us >= lane->due_us)
            return READY;
        *until_out = sooner(*until_out, lane->due_us);
    }
    /* Batches that back off count against the limit, all but one: a dead server must not draw the
     * whole queue into retries, nor one slow answer stop a lane that takes one batch at a time. */
    size_t n_parked = lane->n_waiting > 0 ? lane->n_waiting - 1 : 0;
    if (lane->n_queued == 0 || lane->in_flight + n_parked >= lane->limit)
        return NOTHING;
    bool full = lane->n_queued >= lane->items_max || lane->queued_tokens >= lane->tokens_max;
    return full || state->ended ? READY : PARTIAL;
}

/* Where calls are dear, to wait for as long as one takes saves more than it costs. */
static int64_t hold_idle_us(const td_lane_view *lane)
{
    return (int64_t)fmin(fmax(HOLD_IDLE_US, 1e6 * lane->text_seconds), HOLD_ROUND_US);
}

/* look, with a partial batch made READY once it has been held long enough. */
static offer look_held(const td_strategy_state *state, int l, int64_t *until_out)
{
    offer found = look(state, l, until_out);
    if (found != PARTIAL)
        return found;
    /* A lane that does nothing loses more by waiting for a full batch than by a small one. */
    bool idle = state->lanes[l].in_flight == 0;
    if (idle && state->window_full)
        return READY;
    int64_t hold_us = idle ? hold_idle_us(&state->lanes[l]) : HOLD_BUSY_US;
    int64_t ripe_us = later(state->lanes[l].oldest_us, hold_us);
    if (state->now_us >= ripe_us)
        return READY;
    *until_out = sooner(*until_out, ripe_us);
    return PARTIAL;
}

bool td_schedule_strategy_has_work(const td_strategy_state *state, tandem_lane lane)
{
    int64_t until_us = INT64_MAX;
    if (state->lanes[lane].in_flight > 0)
        return true;
    return !state->cancelled && look_held(state, (int)lane, &until_us) == READY;
}

/* ---- decisions ---- */

static td_decision wait_until(const td_strategy_state *state, int64_t until_us)
{
    return (td_decision){.kind = TD_DECIDE_WAIT, .until_us = until_us, .round = state->round};
}

static td_decision batch_of(const td_strategy_state *state, int l, td_pick pick)
{
    td_decision decision = {
        .kind = TD_DECIDE_BATCH,
        .lane = (tandem_lane)l,
        .pick = pick,
        .items_max = state->lanes[l].items_max,
        .tokens_max = state->lanes[l].tokens_max,
        .round = state->round,
    };
    uint64_t enough = state->lanes[l].tokens_enough;
    if (pick != TD_PICK_IN_ORDER && enough > 0 && enough < decision.tokens_max)
        decision.tokens_max = enough;
    if (pick == TD_PICK_LONGEST)
        td_schedule_share_limit(state, l, &decision);
    return decision;
}

/* Texts of like length together, the longest first at the end. Where calls take turns no slot waits
 * for the longest, and calls are to be few: what is long is not put together if it would then fill
 * them up before they have their number of texts. */
static td_decision grouped_batch_of(const td_strategy_state *state, int l)
{
    const td_lane_view *lane = &state->lanes[l];
    if (state->ended && lane->queues && lane->longest_tokens * lane->items_max > lane->tokens_max)
        return batch_of(state, l, TD_PICK_IN_ORDER);
    return batch_of(state, l, state->ended ? TD_PICK_LONGEST : TD_PICK_OLDEST);
}

/* Which of two lanes that both could use the slot gets it. */
static int more_urgent(const td_strategy_state *state)
{
    const td_lane_view *a = &state->lanes[0], *b = &state->lanes[1];
    if ((a->in_flight == 0) != (b->in_flight == 0))
        return a->in_flight == 0 ? 0 : 1;
    if (a->in_flight == 0 && !state->ended) {
        /* One slot for both, and no end in sight: the longer queue must not keep it for ever. */
        int64_t limit_us = state->now_us - HOLD_BUSY_US;
        int longest = a->served_us <= b->served_us ? 0 : 1;
        const td_lane_view *lane = &state->lanes[longest];
        if (lane->served_us < limit_us && lane->oldest_us < limit_us)
            return longest;
    }
    return td_schedule_share_end(state, 0) >= td_schedule_share_end(state, 1) ? 0 : 1;
}

static td_decision decide_pipelined(const td_strategy_state *state)
{
    int64_t until_us = INT64_MAX;
    bool ready[TANDEM_N_LANES], full = in_flight(state) >= state->in_flight_max;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        bool allowed = !full || state->lanes[l].in_flight == 0;
        ready[l] = allowed && look_held(state, l, &until_us) == READY;
    }
    if (ready[0] && ready[1])
        return grouped_batch_of(state, more_urgent(state));
    if (ready[0] || ready[1])
        return grouped_batch_of(state, ready[0] ? 0 : 1);
    return wait_until(state, until_us);
}

static td_decision decide_sequential(const td_strategy_state *state)
{
    int64_t until_us = INT64_MAX;
    int l = state->lanes[TANDEM_LANE_GTE].n_inside > 0 ? TANDEM_LANE_GTE : TANDEM_LANE_CODERANK;
    bool other_runs = state->lanes[1 - l].in_flight > 0;
    bool too_soon = l == TANDEM_LANE_CODERANK && !state->ended && !state->window_full;
    if (!other_runs && !too_soon && look_held(state, l, &until_us) == READY)
        return grouped_batch_of(state, l);
    return wait_until(state, until_us);
}

/* The lanes of the next round; false when it should not begin yet. */
static bool new_round(const td_strategy_state *state, td_round *round_out, int64_t *until_out)
{
    offer offers[TANDEM_N_LANES];
    int64_t oldest_us = INT64_MAX;
    bool any = false, partial = false;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        offers[l] = look(state, l, until_out);
        if (offers[l] == NOTHING)
            continue;
        any = true;
        partial |= offers[l] == PARTIAL;
        oldest_us = sooner(oldest_us, state->lanes[l].oldest_us);
    }
    if (!any)
        return false;
    int64_t ripe_us = later(oldest_us, HOLD_ROUND_US);
    if (partial && !state->window_full && state->now_us < ripe_us) {
        *until_out = sooner(*until_out, ripe_us);
        return false;
    }
    *round_out = (td_round){.n = state->round.n + 1};
    for (int l = 0; l < TANDEM_N_LANES; l++)
        round_out->wanted[l] = offers[l] != NOTHING;
    return true;
}

static td_decision decide_rounds(const td_strategy_state *state)
{
    td_strategy_state next = *state;
    int64_t until_us = INT64_MAX;
    for (int turn = 0; turn < 2; turn++) {
        for (int l = 0; l < TANDEM_N_LANES; l++) {
            int64_t ignored_us = INT64_MAX;
            if (!next.round.wanted[l])
                continue;
            next.round.wanted[l] = false; /* begun now, or no longer able to */
            if (look(&next, l, &ignored_us) != NOTHING)
                return batch_of(&next, l, TD_PICK_IN_ORDER);
        }
        if (in_flight(state) > 0 || !new_round(state, &next.round, &until_us))
            break;
    }
    return wait_until(&next, until_us);
}

td_strategy td_schedule_strategy_route(const td_strategy_state *state)
{
    td_strategy wanted = !state->parallel                   ? TD_STRATEGY_SEQUENTIAL
                         : state->asked == TD_STRATEGY_AUTO ? TD_STRATEGY_PIPELINED
                                                            : state->asked;
    int n_seen = state->lanes[0].seen + state->lanes[1].seen;
    /* Only the end of the input tells rounds and sequential that a lane stays empty. */
    if (n_seen < 2 && (wanted == TD_STRATEGY_PIPELINED || state->ended))
        return TD_STRATEGY_SINGLE;
    return wanted;
}

/* Tasks that can't be embedded any more, or -1. */
static int lane_to_drain(const td_strategy_state *state)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_lane_view *lane = &state->lanes[l];
        if ((state->cancelled || lane->given_up) && lane->n_queued + lane->n_waiting > 0)
            return l;
    }
    return -1;
}

/* A lane whose first batches will be cut by what its calls cost, or -1. */
static int lane_to_price(const td_strategy_state *state)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_lane_view *lane = &state->lanes[l];
        bool many = lane->n_queued >= (state->ended ? PRICE_TEXTS_MIN : 1);
        if (lane->price == TD_PRICE_WANTED && many)
            return l;
    }
    return -1;
}

td_decision td_schedule_strategy_decide(const td_strategy_state *state)
{
    int drained = lane_to_drain(state);
    if (drained >= 0)
        return (td_decision){.kind = TD_DECIDE_DRAIN,
                             .lane = (tandem_lane)drained,
                             .round = state->round};
    if (state->ended && state->lanes[0].n_inside + state->lanes[1].n_inside == 0)
        return (td_decision){.kind = TD_DECIDE_END, .round = state->round};
    td_strategy strategy = td_schedule_strategy_route(state);
    uint32_t slots = state->in_flight_max;
    if (state->spare_slot && strategy == TD_STRATEGY_PIPELINED)
        slots++;
    if (state->cancelled || in_flight(state) >= slots)
        return wait_until(state, INT64_MAX);
    int priced = lane_to_price(state);
    if (priced >= 0)
        return (td_decision){.kind = TD_DECIDE_PRICE,
                             .lane = (tandem_lane)priced,
                             .round = state->round};

    switch (strategy) {
    case TD_STRATEGY_ROUNDS:
        return decide_rounds(state);
    case TD_STRATEGY_SEQUENTIAL:
        return decide_sequential(state);
    default:
        return decide_pipelined(state);
    }
}
