#include "schedule/lane.h"

#include "base/error.h"
#include "schedule/retry.h"

#include <math.h>

enum {
    /* Two full batches of texts, each alone answered by nonsense: then it is not the texts. */
    NONSENSE_MAX = 64
};

static const double PACE_SHARE = 0.3; /* of the last call */
static const double QUEUES = 1.6;
static const double TOO_SOON = 0.6; /* of what a call takes alone, after the one before it */

void td_schedule_lane_init(td_lane *lane, const td_lane_options *options)
{
    *lane = (td_lane){
        .options = *options,
        .limit = td_schedule_limit_of(options->is_local, options->in_flight_max),
        .seed = options->jitter_seed + (uint64_t)options->id,
        .served_us = INT64_MIN,
        .price = options->wants_price ? TD_PRICE_WANTED : TD_PRICE_TOLD,
    };
    td_schedule_rate_hint(&lane->rate, options->call_seconds, options->text_seconds,
                          options->text_tokens);
}

void td_schedule_lane_put(td_lane *lane, td_task *task, int64_t now_us)
{
    task->put_us = now_us;
    task->batch_doubted = false;
    td_schedule_batch_add(&lane->pending, task);
    lane->n_inside++;
    lane->counts.n_put++;
}

/* ---- what a call costs ---- */

void td_schedule_lane_price_begin(td_lane *lane)
{
    td_assert(lane->price == TD_PRICE_WANTED);
    lane->price = TD_PRICE_ASKED;
}

void td_schedule_lane_price(td_lane *lane, const td_embed_price *measured)
{
    td_priced priced = {.is_known = false};
    lane->price = TD_PRICE_TOLD;
    if (measured)
        priced = td_schedule_price_read(lane->rate.call, lane->rate.text, measured);
    if (!priced.is_known)
        return;
    td_schedule_rate_price(&lane->rate, priced.call, priced.text);
    lane->takes_turns = priced.takes_turns;
}

/* ---- batches that wait ---- */

static void park(td_lane *lane, td_task *batch)
{
    td_task **at = &lane->waiting;
    while (*at && (*at)->due_us <= batch->due_us)
        at = &(*at)->next_batch;
    batch->next_batch = *at;
    *at = batch;
    lane->n_waiting++;
    lane->n_waiting_tasks += batch->batch_n;
    lane->waiting_tokens += batch->batch_tokens;
}

static td_task *unpark(td_lane *lane)
{
    td_task *batch = lane->waiting;
    lane->waiting = batch->next_batch;
    batch->next_batch = NULL;
    lane->n_waiting--;
    lane->n_waiting_tasks -= batch->batch_n;
    lane->waiting_tokens -= batch->batch_tokens;
    return batch;
}

td_task *td_schedule_lane_take(td_lane *lane, const td_decision *decision, int64_t now_us)
{
    td_task *batch = lane->waiting && lane->waiting->due_us <= now_us
                         ? unpark(lane)
                         : td_schedule_batch_cut(&lane->pending, decision->pick,
                                                 decision->items_max, decision->tokens_max);
    td_assert(batch);
    /* A server that takes turns serves a call before those that come later: it is as if alone. */
    batch->batch_beside = lane->in_flight > 0;
    if (td_schedule_circuit_begin(&lane->circuit))
        lane->probe = batch;
    lane->in_flight++;
    lane->in_flight_items += batch->batch_n;
    lane->in_flight_tokens += batch->batch_tokens;
    lane->served_us = now_us;
    lane->counts.n_batches++;
    return batch;
}

/* ---- how a call ended ---- */

static void give_up(td_lane *lane, const tandem_error *why)
{
    if (lane->given_up)
        return;
    lane->given_up = true;
    lane->why = *why;
}

static void note_pace(td_lane *lane, const td_task *batch, double seconds)
{
    td_cost cost = td_schedule_rate_cost(&lane->rate);
    td_pace *pace = batch->batch_beside ? &lane->beside : &lane->alone;
    double work = fmax(seconds - cost.per_batch, 1e-9), share = pace->per_item > 0 ? PACE_SHARE : 1;
    pace->per_token += share * (work / (double)batch->batch_tokens - pace->per_token);
    pace->per_item += share * (work / (double)batch->batch_n - pace->per_item);
}

/* Where calls take turns, one that waited for another ends after it by no less than it takes alone:
 * what ends sooner was served beside it. */
static void doubt_turns(td_lane *lane, const td_task *batch, int64_t start_us, int64_t now_us)
{
    const td_pace *alone = &lane->alone;
    double work = fmin(alone->per_item * (double)batch->batch_n,
                       alone->per_token * (double)batch->batch_tokens);
    double gap = (double)(now_us - lane->good_us) / 1e6;
    if (start_us < lane->good_us &&
        gap < TOO_SOON * (td_schedule_rate_cost(&lane->rate).per_batch + work))
        lane->takes_turns = false;
    lane->good_us = now_us;
}

/* Two at once that take twice as long take turns, by what is believed to count. */
static bool queues(const td_lane *lane)
{
    const td_pace *alone = &lane->alone, *beside = &lane->beside;
    if (lane->takes_turns)
        return true;
    if (alone->per_item <= 0 || beside->per_item <= 0)
        return false;
    td_cost cost = td_schedule_rate_cost(&lane->rate);
    return cost.per_token > 0 ? beside->per_token > QUEUES * alone->per_token
                              : beside->per_item > QUEUES * alone->per_item;
}

static td_settled settle_good(td_lane *lane, const td_task *batch, int64_t start_us, int64_t now_us)
{
    uint32_t beside = lane->in_flight + 1;
    double seconds = (double)(now_us - start_us) / 1e6;
    doubt_turns(lane, batch, start_us, now_us);
    note_pace(lane, batch, seconds);
    td_schedule_rate_add(&lane->rate, batch->batch_n, batch->batch_tokens, seconds);
    td_schedule_limit_good(&lane->limit, batch->batch_tokens, seconds, beside);
    td_schedule_circuit_good(&lane->circuit);
    lane->nonsense_in_row = 0;
    return TD_SETTLED_DONE;
}

/* The batch failed for good, or as a probe. */
static void count_failure(td_lane *lane, const td_outcome *outcome, bool probe, int64_t now_us)
{
    td_schedule_circuit_bad(&lane->circuit, probe, now_us);
    if (!td_schedule_circuit_dead(&lane->circuit))
        return;
    tandem_error why = *outcome->error;
    td_context(&why, "given up after %d probes", (int)TD_CIRCUIT_PROBES_MAX);
    give_up(lane, &why);
}

static td_settled settle_passing(td_lane *lane, td_task *batch, const td_outcome *outcome,
                                 bool probe, int64_t now_us)
{
    batch->batch_tries++;
    if (outcome->code != TANDEM_E_NETWORK) /* a dropped connection says nothing about load */
        td_schedule_limit_drop(&lane->limit, outcome->start_us, now_us);
    uint32_t asked_ms = outcome->retry_after_ms;
    if (asked_ms > TD_RETRY_AFTER_MS_MAX) {
        tandem_error why = *outcome->error;
        td_context(&why, "asked to wait %u s", (unsigned)(asked_ms / 1000));
        give_up(lane, &why);
        return TD_SETTLED_FAILED;
    }

    uint32_t wait_ms = td_schedule_retry_wait_ms(lane->options.backoff_ms, batch->batch_tries,
                                                 asked_ms, &lane->seed);
    /* The server meant every call, not this batch alone. */
    if (asked_ms > 0 && now_us + (int64_t)asked_ms * 1000 > lane->pause_until_us)
        lane->pause_until_us = now_us + (int64_t)asked_ms * 1000;
    bool last = batch->batch_tries >= lane->options.tries_max;
    if (last || probe)
        count_failure(lane, outcome, probe, now_us);
    if (last)
        return TD_SETTLED_FAILED;
    batch->due_us = now_us + (int64_t)wait_ms * 1000;
    park(lane, batch);
    lane->counts.n_retries++;
    return TD_SETTLED_RETRIED;
}

static td_settled settle_refused(td_lane *lane, td_task *batch, const td_outcome *outcome)
{
    td_schedule_circuit_good(&lane->circuit); /* it is there, and answers */
    /* A proxy's page may have come instead of an answer, once: no text fails by its first. */
    bool doubt = outcome->code == TANDEM_E_FORMAT && !batch->batch_doubted;
    batch->batch_doubted |= doubt;
    if (batch->batch_n > 1) {
        td_task *second = td_schedule_batch_halve(batch);
        second->batch_doubted = batch->batch_doubted;
        park(lane, batch);
        park(lane, second);
        return TD_SETTLED_HALVED;
    }
    if (doubt) {
        park(lane, batch);
        lane->counts.n_retries++;
        return TD_SETTLED_RETRIED;
    }
    if (outcome->code == TANDEM_E_FORMAT && ++lane->nonsense_in_row >= NONSENSE_MAX) {
        tandem_error why = *outcome->error;
        td_context(&why, "given up after %d texts without one vector", (int)NONSENSE_MAX);
        give_up(lane, &why);
    }
    return TD_SETTLED_FAILED;
}

td_settled td_schedule_lane_settle(td_lane *lane, td_task *batch, const td_outcome *outcome,
                                   int64_t now_us)
{
    bool probe = lane->probe == batch;
    if (probe)
        lane->probe = NULL;
    lane->in_flight--;
    lane->in_flight_items -= batch->batch_n;
    lane->in_flight_tokens -= batch->batch_tokens;
    if (outcome->code == TANDEM_OK)
        return settle_good(lane, batch, outcome->start_us, now_us);

    switch (td_schedule_retry_judge(outcome->code)) {
    case TD_VERDICT_AGAIN:
        return settle_passing(lane, batch, outcome, probe, now_us);
    case TD_VERDICT_HALVE:
        return settle_refused(lane, batch, outcome);
    case TD_VERDICT_LANE:
        give_up(lane, outcome->error);
        return TD_SETTLED_FAILED;
    default:
        count_failure(lane, outcome, probe, now_us);
        return TD_SETTLED_FAILED;
    }
}

/* ---- tasks that leave ---- */

td_task *td_schedule_lane_drain(td_lane *lane)
{
    if (lane->waiting)
        return unpark(lane);
    return td_schedule_batch_cut(&lane->pending, TD_PICK_OLDEST, SIZE_MAX, UINT64_MAX);
}

void td_schedule_lane_leave(td_lane *lane, td_task_status status, size_t n)
{
    td_assert(n <= lane->n_inside);
    lane->n_inside -= n;
    switch (status) {
    case TD_TASK_DONE:
        lane->counts.n_done += n;
        break;
    case TD_TASK_FAILED:
        lane->counts.n_failed += n;
        break;
    case TD_TASK_CANCELLED:
        lane->counts.n_cancelled += n;
        break;
    }
}

void td_schedule_lane_view(const td_lane *lane, td_lane_view *view_out)
{
    int64_t opens_us = lane->circuit.state == TD_CIRCUIT_OPEN ? lane->circuit.open_until_us : 0;
    *view_out = (td_lane_view){
        .n_queued = lane->pending.n,
        .queued_tokens = lane->pending.n_tokens,
        .oldest_us = td_schedule_batch_oldest_us(&lane->pending),
        .longest_tokens = td_schedule_batch_longest(&lane->pending),
        .n_waiting = lane->n_waiting,
        .n_waiting_tasks = lane->n_waiting_tasks,
        .waiting_tokens = lane->waiting_tokens,
        .due_us = lane->waiting ? lane->waiting->due_us : INT64_MAX,
        .n_inside = lane->n_inside,
        .in_flight = lane->in_flight,
        .limit = td_schedule_limit_now(&lane->limit),
        .in_flight_items = lane->in_flight_items,
        .in_flight_tokens = lane->in_flight_tokens,
        .served_us = lane->served_us,
        .opens_us = opens_us > lane->pause_until_us ? opens_us : lane->pause_until_us,
        .probing = lane->circuit.state == TD_CIRCUIT_PROBING,
        .given_up = lane->given_up,
        .seen = lane->counts.n_put > 0,
        .remote = !lane->options.is_local,
        .text_seconds = lane->rate.text,
        .met_seconds = lane->rate.text - lane->rate.call,
        .queues = queues(lane),
        .price = lane->price,
        .items_max = lane->options.items_max,
        .tokens_max = lane->options.tokens_max,
        .tokens_enough = lane->options.tokens_enough,
        .cost = td_schedule_rate_cost(&lane->rate),
    };
}

void td_schedule_lane_progress(const td_lane *lane, td_lane_progress *progress_out)
{
    *progress_out = lane->counts;
    progress_out->in_flight = lane->in_flight;
    progress_out->n_queued = lane->pending.n + lane->n_waiting_tasks;
    progress_out->limit = td_schedule_limit_now(&lane->limit);
    progress_out->circuit_open = lane->circuit.state != TD_CIRCUIT_CLOSED;
    progress_out->given_up = lane->given_up;
}
