#include "schedule/share.h"

#include <math.h>

static const double CUTS_UNKNOWN = 8;
static const double OVERDUE_CUTS = 4;
static const double OVERDUE = 2, OVERDUE_HINTED = 6;
static const double HELD = 4;     /* calls that must be at stake to hold texts back for one more, */
static const double WORTH = 0.5;  /* and of one call, to cut what could be the lane's last */
static const double UNSEEN = 1.5; /* calls that a batch is worth where a third may have to wait */
static const double LITTLE = 1.05;   /* what a lane was met with may be off by this much */
static const double ROUNDING = 1e-6; /* of a text */

/* ---- how much work is left ---- */

static uint32_t width_of(const td_strategy_state *state, int l)
{
    uint32_t limit = state->lanes[l].limit;
    limit = limit < state->in_flight_max ? limit : state->in_flight_max;
    return limit > 0 ? limit : 1;
}

static double texts_of(const td_lane_view *lane)
{
    return (double)(lane->n_queued + lane->n_waiting_tasks + lane->in_flight_items);
}

static double tokens_of(const td_lane_view *lane)
{
    return (double)(lane->queued_tokens + lane->waiting_tokens + lane->in_flight_tokens);
}

/* What a lane costs that was met but has not ended a batch. Its texts cost as much as the one that
 * it was met with if texts are what is paid, as the other lane may have told since; if tokens are,
 * each is as much dearer than the other lane's as that one text was. While nobody knows, it is
 * between, and the more the longer they are beside the other lane's. */
static td_cost hinted_cost(const td_strategy_state *state, int l)
{
    const td_lane_view *lane = &state->lanes[l], *other = &state->lanes[1 - l];
    td_cost cost = lane->cost;
    double mean = (tokens_of(lane) + tokens_of(other)) / (texts_of(lane) + texts_of(other));
    double own = tokens_of(lane) / texts_of(lane);

    if ((other->cost.known && other->cost.per_item > 0) || !(own > 0))
        return cost;
    if (other->cost.known && other->met_seconds > 0)
        cost.per_token = other->cost.per_token * lane->met_seconds / other->met_seconds;
    else
        cost.per_token = cost.per_item * (1 / own + 2 / mean) / 3;
    cost.per_item = 0;
    return cost;
}

/* A lane of which nothing is known is taken to be as fast as the other. */
static td_cost cost_of(const td_strategy_state *state, int l)
{
    const td_cost *own = &state->lanes[l].cost, *other = &state->lanes[1 - l].cost;
    if (own->hinted)
        return hinted_cost(state, l);
    if (own->known || !other->known)
        return *own;
    td_cost guess = *other;
    guess.known = false;
    return guess;
}

static double seconds_left(const td_strategy_state *state, int l)
{
    const td_lane_view *lane = &state->lanes[l];
    return td_schedule_rate_work(cost_of(state, l), lane->n_queued + lane->n_waiting_tasks,
                                 lane->queued_tokens + lane->waiting_tokens);
}

double td_schedule_share_end(const td_strategy_state *state, int l)
{
    const td_lane_view *lane = &state->lanes[l];
    double out =
        td_schedule_rate_work(cost_of(state, l), lane->in_flight_items, lane->in_flight_tokens);
    return (seconds_left(state, l) + out / 2) / width_of(state, l);
}

/* Whether free slots can help the lane now. */
static bool shares_slots(const td_strategy_state *state, int l)
{
    const td_lane_view *lane = &state->lanes[l];
    return !lane->given_up && !lane->probing && state->now_us >= lane->opens_us;
}

static void set_share(const td_strategy_state *state, int l, double share, td_decision *decision)
{
    td_cost cost = cost_of(state, l);
    if (cost.per_token > 0 && share / cost.per_token < (double)decision->tokens_max)
        decision->tokens_max = (uint64_t)(share / cost.per_token + 0.5);
    if (cost.per_item > 0 && share / cost.per_item < decision->items_max)
        decision->items_max = (uint32_t)(share / cost.per_item + ROUNDING);
    decision->tokens_max = decision->tokens_max < 1 ? 1 : decision->tokens_max;
    decision->items_max = decision->items_max < 1 ? 1 : decision->items_max;
}

/* Guided self-scheduling: once nothing more comes, a batch is the slots' share of what is left, so
 * that they end together. Where durations are hard to foretell the share is halved; a lane whose
 * pace nobody knows begins with an eighth, since it may be a hundred times slower than the other;
 * no batch is so small that the price of a call outweighs its texts. */
static void guide(const td_strategy_state *state, int l, td_decision *decision)
{
    td_cost cost = cost_of(state, l);
    double left = 0, spread = cost.spread;
    for (int i = 0; i < TANDEM_N_LANES; i++) {
        td_cost each = cost_of(state, i);
        bool shares = i == l || td_schedule_strategy_route(state) != TD_STRATEGY_SEQUENTIAL;
        if (!shares || !shares_slots(state, i))
            continue;
        left += seconds_left(state, i);
        if (state->lanes[i].n_inside > 0)
            spread = fmax(spread, each.known ? each.spread : 0.5);
    }
    double own = seconds_left(state, l);
    double cuts = cost.known ? 1 + fmin(1, 2 * spread) : CUTS_UNKNOWN;
    double wide = fmin(left / state->in_flight_max, own / width_of(state, l));
    set_share(state, l, fmax(wide / cuts, fmin(wide, cost.per_batch)), decision);
}

/* ---- servers: a call has its price ---- */

/* Seconds from now until the call ends, as far as can be told: one that has taken twice what was
 * expected may never end; or much more than that, before a batch has told what texts take. */
static double seconds_to_end(const td_strategy_state *state, const td_flight *flight)
{
    td_cost cost = cost_of(state, (int)flight->lane);
    double whole = cost.per_batch + td_schedule_rate_work(cost, flight->items, flight->tokens);
    double taken = (double)(state->now_us - flight->start_us) / 1e6;
    return taken > (cost.known ? OVERDUE : OVERDUE_HINTED) * whole ? INFINITY
                                                                   : fmax(0, whole - taken);
}

/* Seconds from now until `work` is done by `width` slots that end together, each with one more call
 * when it is free; those that would be free too late take no part. l: calls of this lane alone hold
 * slots; -1: any. */
static double even_end(const td_strategy_state *state, int l, double work, double call,
                       uint32_t width)
{
    double end = INFINITY, before;
    do {
        uint32_t n_busy = 0, n = 0;
        double sum = work;
        before = end;
        for (size_t i = 0; i < state->n_flights; i++) {
            const td_flight *flight = &state->flights[i];
            if (!flight->busy || (l >= 0 && (int)flight->lane != l))
                continue;
            double free = seconds_to_end(state, flight);
            n_busy++;
            if (free + call >= before)
                continue;
            sum += free + call;
            n++;
        }
        if (width == 1 && l >= 0)
            return sum + call;
        uint32_t n_free = width > n_busy ? width - n_busy : 1;
        end = (sum + n_free * call) / (n + n_free);
    } while (end < before);
    return end;
}

static bool any_overdue(const td_strategy_state *state)
{
    bool any = false;
    for (size_t i = 0; i < state->n_flights; i++)
        any |= state->flights[i].busy && isinf(seconds_to_end(state, &state->flights[i]));
    return any;
}

static double least_calls(const td_strategy_state *state, int l)
{
    const td_lane_view *lane = &state->lanes[l];
    size_t n = lane->n_queued + lane->n_waiting_tasks;
    return (double)((n + lane->items_max - 1) / lane->items_max);
}

/* A batch for a server lasts until all slots would end together, so that no slot calls more often
 * than it must. Where durations are hard to foretell some of it is held back, if that is worth
 * several calls: one more is sure to be paid. Where calls take turns no slot ends sooner by it. */
static void guide_server(const td_strategy_state *state, int l, td_decision *decision)
{
    const td_lane_view *lane = &state->lanes[l];
    td_cost cost = cost_of(state, l);
    double left = 0, end = 0, spread = cost.spread, own = seconds_left(state, l);
    for (int i = 0; i < TANDEM_N_LANES; i++) {
        td_cost each = cost_of(state, i);
        bool shares = i == l || td_schedule_strategy_route(state) != TD_STRATEGY_SEQUENTIAL;
        double work = seconds_left(state, i);
        uint32_t width = state->lanes[i].queues ? 1 : width_of(state, i);
        if (!shares || !shares_slots(state, i) || work <= 0)
            continue;
        left += work + (i != l ? least_calls(state, i) * each.per_batch : 0);
        end = fmax(end, even_end(state, i, work, each.per_batch, width));
        spread = fmax(spread, each.spread);
    }
    end = fmax(end, even_end(state, -1, left, cost.per_batch, state->in_flight_max));
    double text = own / (double)(lane->n_queued + lane->n_waiting_tasks);
    double share = end - cost.per_batch;
    if (any_overdue(state) && !lane->queues) /* its slot may come free at any time, or never */
        share = fmin(share, fmax(own / 2, text * lane->items_max / OVERDUE_CUTS));
    if (own <= share * (cost.known ? 1 : LITTLE) + WORTH * cost.per_batch)
        return;
    double held = cost.known && !lane->queues ? share - share / (1 + fmin(1, 2 * spread)) : 0;
    if (held > HELD * cost.per_batch)
        share -= held;
    share = fmax(share, fmin(own, cost.per_batch));
    /* Nothing tells before there are three calls that a server serves no third beside two. */
    if (!cost.known && width_of(state, l) > 2)
        share = fmax(share, fmin(own / 2, UNSEEN * cost.per_batch));
    set_share(state, l, share + text / 2, decision);
}

void td_schedule_share_limit(const td_strategy_state *state, int l, td_decision *decision)
{
    if (state->in_flight_max < 2 || width_of(state, l) < 2)
        return;
    if (state->lanes[l].price == TD_PRICE_WANTED) /* too few to ask, and so to share out */
        return;
    if (state->lanes[l].remote)
        guide_server(state, l, decision);
    else
        guide(state, l, decision);
}
