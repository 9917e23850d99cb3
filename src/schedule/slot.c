/* A slot's life, under the schedule's lock unless it says otherwise:
 *
 *   decide -> wait          until poked, or until time alone changes the answer
 *          -> price         unlock: ask the backend; lock
 *          -> batch         take; unlock: call the backend; lock: settle; unlock: hand out; lock
 *          -> drain         take what can't be embedded; unlock: hand out; lock
 *          -> end
 */
#include "base/log.h"
#include "schedule/state.h"

enum {
    TOLD_MAX = 3 /* failed batches of a lane with a warning each; the rest is in the summary */
};

static const char *name_of(int l)
{
    return tandem_lane_name((tandem_lane)l);
}

void td_schedule_slot_poke_locked(td_schedule *schedule, int64_t now_us)
{
    td_strategy_state state;
    td_schedule_state_look_locked(schedule, now_us, &state);
    td_schedule_meter_step(&schedule->meter, now_us, &state);
    if (schedule->n_idle == 0)
        return;
    td_decision decision = td_schedule_strategy_decide(&state);
    if (decision.kind == TD_DECIDE_WAIT && decision.until_us >= schedule->timer_us)
        return;
    bool all = decision.kind == TD_DECIDE_END;
    schedule->clock.wake(schedule->clock.user, &schedule->work, all);
}

void td_schedule_slot_log_round(const td_schedule *schedule, const td_round_log *round,
                                int64_t now_us)
{
    if (round->n == 0 || !schedule->options.metrics)
        return;
    td_log(TD_INFO, "schedule",
           "round=%u gte=%llu coderank=%llu gte_failed=%llu coderank_failed=%llu done=%llu of=%llu "
           "seconds=%.3f",
           round->n, (unsigned long long)round->done[TANDEM_LANE_GTE],
           (unsigned long long)round->done[TANDEM_LANE_CODERANK],
           (unsigned long long)round->failed[TANDEM_LANE_GTE],
           (unsigned long long)round->failed[TANDEM_LANE_CODERANK],
           (unsigned long long)round->n_settled, (unsigned long long)round->n_put,
           (double)(now_us - round->start_us) / 1e6);
}

/* ---- handing out ---- */

typedef struct verdict_of_tasks {
    td_task_status status;
    const float *vectors; /* [n, dim]; NULL: zeros */
    const td_text_note *notes;
    const tandem_error *error;
} verdict_of_tasks;

/* No lock is held: `done` may take its time, and the task is the caller's once it returns. */
static size_t hand_out(td_schedule *schedule, int l, td_task *batch, const verdict_of_tasks *how)
{
    size_t n = 0, dim = schedule->embedders[l]->dim;
    for (td_task *task = batch, *next; task; task = next, n++) {
        next = task->next;
        task->status = how->status;
        task->vector = how->vectors ? how->vectors + n * dim : schedule->zeros[l];
        task->note = how->notes ? how->notes[n] : (td_text_note){0};
        task->error = how->error ? *how->error : (tandem_error){0};
        if (schedule->options.done)
            schedule->options.done(schedule->options.user, task);
    }
    td_metrics_add(schedule->metrics[l].chunks[how->status], (double)n);
    return n;
}

static void leave_locked(td_schedule *schedule, int l, td_task_status status, size_t n)
{
    td_schedule_lane_leave(&schedule->lanes[l], status, n);
    td_schedule_meter_show(&schedule->metrics[l], &schedule->lanes[l]);
    if (schedule->n_room > 0)
        schedule->clock.wake(schedule->clock.user, &schedule->room, true);
}

static void drain_locked(td_schedule *schedule, int l)
{
    td_lane *lane = &schedule->lanes[l];
    tandem_error why = lane->why;
    bool cancelled = schedule->cancelled;
    td_task *batch = td_schedule_lane_drain(lane);
    pthread_mutex_unlock(&schedule->lock);

    if (cancelled)
        td_fail(&why, TANDEM_E_CANCELLED, "the run was cancelled before this text was embedded");
    verdict_of_tasks how = {
        .status = cancelled ? TD_TASK_CANCELLED : TD_TASK_FAILED,
        .error = &why,
    };
    size_t n = hand_out(schedule, l, batch, &how);

    pthread_mutex_lock(&schedule->lock);
    leave_locked(schedule, l, how.status, n);
}

/* ---- one call ---- */

typedef struct call {
    td_batch_event event;
    td_outcome outcome;
    tandem_error error;
    td_task *batch;
    bool gave_up, opened; /* the lane was given up, its circuit opened, by this call */
    uint32_t n_told;      /* failed batches of the lane before this one that were warned of */
} call;

static void embed(td_slot *slot, call *c)
{
    td_schedule *schedule = slot->schedule;
    td_embedder *embedder = schedule->embedders[c->event.lane];
    size_t n = 0;
    for (const td_task *task = c->batch; task; task = task->next)
        slot->texts[n++] = task->text;
    /* What an earlier batch left there must not pass for an answer. */
    memset(slot->vectors, 0, n * embedder->dim * sizeof(float));
    memset(slot->notes, 0, n * sizeof(*slot->notes));

    td_batch batch = {
        .texts = slot->texts,
        .n = n,
        .role = schedule->options.role,
        .vectors = slot->vectors,
        .notes = slot->notes,
    };
    tandem_code code = embedder->embed(embedder, &batch, &c->outcome.retry_after_ms, &c->error);
    if (code == TANDEM_OK)
        code = td_schedule_batch_check(slot->vectors, n, embedder->dim, &c->error);
    if (code != TANDEM_OK)
        td_context(&c->error, "lane %s", name_of((int)c->event.lane));
    c->error.code = code;
    c->outcome.code = code;
    c->outcome.error = &c->error;
}

static void settle_locked(td_schedule *schedule, call *c, const td_text_note *notes)
{
    int l = (int)c->event.lane;
    td_lane *lane = &schedule->lanes[l];
    bool given_up = lane->given_up, open = lane->circuit.state == TD_CIRCUIT_OPEN;
    uint32_t n = c->event.n;
    schedule->flights[c->event.slot] = (td_flight){0};
    c->event.settled = td_schedule_lane_settle(lane, c->batch, &c->outcome, c->event.end_us);
    c->gave_up = lane->given_up && !given_up;
    c->opened = lane->circuit.state == TD_CIRCUIT_OPEN && !open;
    if (c->event.settled == TD_SETTLED_DONE) {
        schedule->round_log.done[l] += n;
        for (uint32_t i = 0; i < n; i++) {
            lane->counts.n_truncated += notes[i].truncated;
            lane->counts.n_tokens += notes[i].n_tokens;
        }
    } else if (c->event.settled == TD_SETTLED_FAILED) {
        schedule->round_log.failed[l] += n;
        schedule->failures[l] = c->error;
        c->n_told = schedule->n_told[l]++;
    }
    if (c->event.settled <= TD_SETTLED_FAILED)
        schedule->round_log.n_settled += n;
    td_schedule_record_add(&schedule->record, &c->event, schedule->opened_us);
    td_schedule_meter_show(&schedule->metrics[l], lane);
    td_schedule_slot_poke_locked(schedule, c->event.end_us);
}

static void log_call(const call *c)
{
    int l = (int)c->event.lane;
    if (c->event.settled == TD_SETTLED_FAILED)
        td_log(c->n_told < TOLD_MAX ? TD_WARN : TD_DEBUG, "schedule",
               "lane=%s chunks=%u failed code=%s message=\"%s\"", name_of(l), c->event.n,
               tandem_code_name(c->error.code), c->error.message);
    else if (c->event.settled != TD_SETTLED_DONE)
        td_log(TD_DEBUG, "schedule", "lane=%s chunks=%u %s code=%s message=\"%s\"", name_of(l),
               c->event.n, c->event.settled == TD_SETTLED_HALVED ? "halved" : "retried",
               tandem_code_name(c->error.code), c->error.message);
    if (c->gave_up)
        td_log(TD_WARN, "schedule", "lane=%s given_up code=%s message=\"%s\"", name_of(l),
               tandem_code_name(c->error.code), c->error.message);
    else if (c->opened)
        td_log(TD_WARN, "schedule", "lane=%s circuit=open seconds=%d", name_of(l),
               (int)(TD_CIRCUIT_OPEN_US / 1000000));
}

static void tell(td_schedule *schedule, const call *c)
{
    td_schedule_meter_batch(&schedule->metrics[c->event.lane], &c->event);
    if (!schedule->options.quiet)
        log_call(c);
    if (schedule->options.observe)
        schedule->options.observe(schedule->options.user, &c->event);
}

static void call_locked(td_slot *slot, const td_decision *decision, const td_round_log *past,
                        int64_t now_us)
{
    td_schedule *schedule = slot->schedule;
    int l = (int)decision->lane;
    call c = {.batch = td_schedule_lane_take(&schedule->lanes[l], decision, now_us)};
    c.event = (td_batch_event){
        .lane = decision->lane,
        .slot = slot->number,
        .round = decision->round.n,
        .n = c.batch->batch_n,
        .n_tokens = c.batch->batch_tokens,
        .start_us = now_us,
    };
    c.outcome.start_us = now_us;
    schedule->flights[slot->number] = (td_flight){
        .busy = true,
        .lane = c.event.lane,
        .items = c.event.n,
        .tokens = c.event.n_tokens,
        .start_us = now_us,
    };
    td_schedule_meter_show(&schedule->metrics[l], &schedule->lanes[l]);
    td_schedule_slot_poke_locked(schedule, now_us); /* there may be more to do than this */
    pthread_mutex_unlock(&schedule->lock);

    td_schedule_slot_log_round(schedule, past, now_us);
    embed(slot, &c);
    c.event.code = c.outcome.code;
    c.event.end_us = td_schedule_state_now(schedule);

    pthread_mutex_lock(&schedule->lock);
    settle_locked(schedule, &c, slot->notes);
    pthread_mutex_unlock(&schedule->lock);

    tell(schedule, &c);
    bool done = c.event.settled == TD_SETTLED_DONE, failed = c.event.settled == TD_SETTLED_FAILED;
    verdict_of_tasks how = {
        .status = done                                   ? TD_TASK_DONE
                  : c.outcome.code == TANDEM_E_CANCELLED ? TD_TASK_CANCELLED
                                                         : TD_TASK_FAILED,
        .vectors = done ? slot->vectors : NULL,
        .notes = done ? slot->notes : NULL,
        .error = done ? NULL : &c.error,
    };
    size_t n = done || failed ? hand_out(schedule, l, c.batch, &how) : 0;
    pthread_mutex_lock(&schedule->lock);
    if (n > 0)
        leave_locked(schedule, l, how.status, n);
}

static void price_locked(td_schedule *schedule, int l)
{
    td_embedder *embedder = schedule->embedders[l];
    td_embed_price price;

    td_schedule_lane_price_begin(&schedule->lanes[l]);
    td_schedule_slot_poke_locked(schedule, td_schedule_state_now(schedule)); /* the other lane */
    pthread_mutex_unlock(&schedule->lock);
    bool is_told = embedder->price(embedder, &price);
    pthread_mutex_lock(&schedule->lock);
    td_schedule_lane_price(&schedule->lanes[l], is_told ? &price : NULL);
    td_schedule_slot_poke_locked(schedule, td_schedule_state_now(schedule));
}

/* ---- the loop ---- */

static void wait_locked(td_schedule *schedule, int64_t until_us)
{
    schedule->n_idle++;
    if (until_us < schedule->timer_us)
        schedule->timer_us = until_us;
    schedule->clock.wait(schedule->clock.user, &schedule->work, &schedule->lock, until_us);
    /* Other slots may wait for the same time; not knowing it costs a needless wake at most. */
    schedule->timer_us = INT64_MAX;
    schedule->n_idle--;
}

/* False when the slot's work is over. */
static bool step_locked(td_slot *slot)
{
    td_schedule *schedule = slot->schedule;
    int64_t now_us = td_schedule_state_now(schedule);
    td_strategy_state state;
    td_schedule_state_look_locked(schedule, now_us, &state);
    td_decision decision = td_schedule_strategy_decide(&state);
    td_round_log past = {0};
    if (decision.round.n != schedule->round.n) {
        past = schedule->round_log;
        past.n_put = schedule->n_put;
        schedule->round_log = (td_round_log){
            .n = decision.round.n,
            .start_us = now_us,
            .n_settled = past.n_settled,
        };
    }
    schedule->round = decision.round;

    switch (decision.kind) {
    case TD_DECIDE_WAIT:
        wait_locked(schedule, decision.until_us);
        return true;
    case TD_DECIDE_PRICE:
        price_locked(schedule, (int)decision.lane);
        return true;
    case TD_DECIDE_BATCH:
        call_locked(slot, &decision, &past, now_us);
        return true;
    case TD_DECIDE_DRAIN:
        drain_locked(schedule, (int)decision.lane);
        return true;
    case TD_DECIDE_END:
        break;
    }
    schedule->clock.wake(schedule->clock.user, &schedule->work, true);
    return false;
}

void *td_schedule_slot_run(void *arg)
{
    td_slot *slot = arg;
    td_schedule *schedule = slot->schedule;
    pthread_mutex_lock(&schedule->lock);
    while (step_locked(slot)) {
    }
    pthread_mutex_unlock(&schedule->lock);
    return NULL;
}
