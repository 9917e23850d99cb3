#include "schedule/simulate.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>

enum {
    WINDOW = 1 << 24,  /* all tasks are there at the start */
    PROBE_TOKENS = 12, /* of the text by which a server is met */
};

uint64_t td_schedule_simulate_random(uint64_t *seed)
{
    uint64_t x = *seed ? *seed : 88172645463325252ull;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *seed = x;
}

double td_schedule_simulate_uniform(uint64_t *seed)
{
    return (double)(td_schedule_simulate_random(seed) >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *seed)
{
    double u = td_schedule_simulate_uniform(seed) + 1e-12, v = td_schedule_simulate_uniform(seed);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void check(td_sim *s, bool holds, const char *what)
{
    if (!holds && !s->broken)
        s->broken = what;
}

static uint32_t n_slots(const td_sim *s)
{
    return s->in_flight_max + s->spare_slot;
}

/* Seconds of a call, with the jitter in it. */
static double seconds_of(const td_simulated_service *service, size_t n, uint64_t tokens,
                         uint64_t *seed)
{
    double seconds =
        service->per_batch + service->per_item * (double)n + service->per_token * (double)tokens;
    return seconds * exp(service->sigma * normal(seed));
}

/* What the two calls take by which a server is met, before the time that is looked at. From a
 * stream of its own: calls have the same jitter with and without it. */
static td_embed_price meet(const td_sim *s, int l)
{
    const td_simulated_service *service = &s->services[l];
    const size_t n = TD_EMBED_PRICE_TEXTS;
    uint64_t seed = s->seed ^ (UINT64_C(0x9E3779B97F4A7C15) << l);
    td_embed_price met = {
        .n_texts = n,
        .first = seconds_of(service, n, n * PROBE_TOKENS, &seed),
        .second = seconds_of(service, 1, PROBE_TOKENS, &seed),
        .apart = TD_EMBED_PRICE_APART_US / 1e6,
    };
    bool dead = service->dead_from_us <= 0 && service->dead_until_us > 0;

    met.is_beside = met.apart < met.first;
    if (service->servers == 1)
        met.second += fmax(0, met.first - service->way - met.apart);
    if (service->denied || dead || td_schedule_simulate_uniform(&seed) < service->p_passing)
        met.n_texts = 0;
    return met;
}

static void open_lanes(td_sim *s)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_simulated_service *service = &s->services[l];
        s->met[l] = meet(s, l);
        double text = fmin(s->met[l].first, s->met[l].second);
        td_lane_options options = {
            .id = (tandem_lane)l,
            .items_max = s->items_max,
            .tokens_max = s->tokens_max,
            .tokens_enough = service->tokens_enough,
            .tries_max = s->tries_max,
            .backoff_ms = 1000,
            .jitter_seed = s->seed,
            .in_flight_max = service->limit,
            .is_local = !service->adapts,
            .call_seconds = service->adapts ? service->way : 0,
            .text_seconds = service->adapts ? text : 0,
            .text_tokens = PROBE_TOKENS,
            .wants_price = service->adapts && s->strategy <= TD_STRATEGY_PIPELINED &&
                           s->in_flight_max > 1 && service->limit > 1,
        };
        td_schedule_lane_init(&s->lanes[l], &options);
    }
}

static void look(const td_sim *s, td_strategy_state *state)
{
    *state = (td_strategy_state){
        .flights = s->flights,
        .n_flights = n_slots(s),
        .asked = s->strategy,
        .parallel = s->parallel,
        .ended = s->n_put == s->n_tasks,
        .window_full = s->lanes[0].n_inside + s->lanes[1].n_inside >= s->window,
        .cancelled = s->cancel_us > 0 && s->now_us >= s->cancel_us,
        .in_flight_max = s->in_flight_max,
        .spare_slot = s->spare_slot,
        .now_us = s->now_us,
        .round = s->round,
    };
    for (int l = 0; l < TANDEM_N_LANES; l++)
        td_schedule_lane_view(&s->lanes[l], &state->lanes[l]);
}

static void hand_out(td_sim *s, int l, td_task *batch, td_task_status status)
{
    size_t n = 0;
    for (td_task *task = batch, *next; task; task = next, n++) {
        next = task->next;
        td_sim_task *own = (td_sim_task *)task;
        own->n_out++;
        own->out_us = s->now_us;
        own->task.status = status;
        check(s, own->n_out == 1, "a task came out twice");
        check(s, (int)task->lane == l, "a task came out of the wrong lane");
        s->n_failed += status == TD_TASK_FAILED;
    }
    s->n_out += n;
    td_schedule_lane_leave(&s->lanes[l], status, n);
}

/* What the service answers to the call, and when. */
static void serve(td_sim *s, td_sim_slot *slot)
{
    const td_simulated_service *service = &s->services[slot->lane];
    size_t n = 0;
    uint64_t tokens = 0;
    bool poison = false;
    for (const td_task *task = slot->batch; task; task = task->next) {
        n++;
        tokens += task->n_tokens;
        poison |= ((const td_sim_task *)task)->poison;
    }
    check(s, n == slot->batch->batch_n && tokens == slot->batch->batch_tokens,
          "a batch does not know its own size");
    check(s, n <= s->items_max, "a batch of too many texts");
    check(s, n == 1 || tokens <= s->tokens_max, "a batch of too many tokens");

    double seconds = seconds_of(service, n, tokens, &s->seed);
    slot->code = TANDEM_OK;
    if (service->denied)
        slot->code = TANDEM_E_DENIED;
    else if (s->now_us >= service->dead_from_us && s->now_us < service->dead_until_us)
        slot->code = TANDEM_E_NETWORK;
    else if (td_schedule_simulate_uniform(&s->seed) < service->p_passing)
        slot->code = TANDEM_E_UNAVAILABLE;
    else if (poison)
        slot->code = TANDEM_E_FORMAT;
    if (slot->code != TANDEM_OK)
        seconds = slot->code == TANDEM_E_FORMAT ? seconds / 4 : 0.01;

    int64_t begin_us = s->now_us;
    if (service->servers > 0) {
        int first = 0;
        for (uint32_t i = 1; i < service->servers; i++) {
            if (s->servers_free_us[slot->lane][i] < s->servers_free_us[slot->lane][first])
                first = (int)i;
        }
        int64_t *free_us = &s->servers_free_us[slot->lane][first];
        begin_us = *free_us > begin_us ? *free_us : begin_us;
        double busy = seconds > service->way ? seconds - service->way : 0;
        *free_us = begin_us + (int64_t)(busy * 1e6) + 1;
    }
    slot->end_us = begin_us + (int64_t)(seconds * 1e6) + 1;
    s->work[slot->lane] += seconds;
    s->n_calls[slot->lane]++;
}

static void account(td_sim *s)
{
    td_strategy_state state;
    look(s, &state);
    td_schedule_meter_step(&s->meter, s->now_us, &state);
}

static void begin_call(td_sim *s, td_sim_slot *slot, const td_decision *decision)
{
    int l = (int)decision->lane;
    td_lane *lane = &s->lanes[l];
    check(s, lane->in_flight < td_schedule_limit_now(&lane->limit), "past the lane's limit");
    check(s, lane->circuit.state != TD_CIRCUIT_PROBING, "a call beside the probe");
    check(s, lane->circuit.state != TD_CIRCUIT_OPEN || s->now_us >= lane->circuit.open_until_us,
          "a call through an open circuit");
    slot->lane = l;
    slot->start_us = s->now_us;
    slot->round = decision->round.n;
    slot->batch = td_schedule_lane_take(lane, decision, s->now_us);
    check(s, slot->batch->due_us <= s->now_us, "a retry before its time");
    s->flights[slot - s->slots] = (td_flight){
        .busy = true,
        .lane = decision->lane,
        .items = slot->batch->batch_n,
        .tokens = slot->batch->batch_tokens,
        .start_us = s->now_us,
    };
    serve(s, slot);
    uint32_t out = s->lanes[0].in_flight + s->lanes[1].in_flight;
    check(s, out <= s->in_flight_max || lane->in_flight == 1, "the spare slot for a busy lane");
    s->most_in_flight = out > s->most_in_flight ? out : s->most_in_flight;
    s->both_at_once |= s->lanes[0].in_flight > 0 && s->lanes[1].in_flight > 0;
    if (s->strategy == TD_STRATEGY_ROUNDS && s->parallel && s->n_put == s->n_tasks)
        check(s, out <= 2 || !s->lanes[0].counts.n_put || !s->lanes[1].counts.n_put,
              "a round of more than two batches");
    account(s);
}

static void end_call(td_sim *s, td_sim_slot *slot)
{
    td_task *batch = slot->batch;
    tandem_error error = {0};
    td_outcome outcome = {.code = slot->code, .error = &error, .start_us = slot->start_us};
    if (slot->code != TANDEM_OK)
        td_fail(&error, slot->code, "simulated");
    td_batch_event event = {
        .lane = (tandem_lane)slot->lane,
        .slot = (uint32_t)(slot - s->slots),
        .round = slot->round,
        .n = batch->batch_n,
        .n_tokens = batch->batch_tokens,
        .start_us = slot->start_us,
        .end_us = s->now_us,
        .code = slot->code,
    };
    slot->batch = NULL;
    s->flights[slot - s->slots] = (td_flight){0};
    td_settled settled = td_schedule_lane_settle(&s->lanes[slot->lane], batch, &outcome, s->now_us);
    event.settled = settled;
    td_schedule_record_add(&s->record, &event, 0);
    if (settled == TD_SETTLED_DONE || settled == TD_SETTLED_FAILED)
        hand_out(s, slot->lane, batch, settled == TD_SETTLED_DONE ? TD_TASK_DONE : TD_TASK_FAILED);
    account(s);
}

/* Tasks that have arrived enter as far as the window lets them. */
static void put_arrived(td_sim *s)
{
    while (s->n_put < s->n_tasks && s->tasks[s->n_put].arrives_us <= s->now_us &&
           s->lanes[0].n_inside + s->lanes[1].n_inside < s->window) {
        td_task *task = &s->tasks[s->n_put].task;
        task->order = s->n_put++;
        td_schedule_lane_put(&s->lanes[task->lane], task, s->now_us);
    }
    account(s);
}

static void price(td_sim *s, int l)
{
    td_schedule_lane_price_begin(&s->lanes[l]);
    td_schedule_lane_price(&s->lanes[l], s->met[l].n_texts > 0 ? &s->met[l] : NULL);
}

/* Gives free slots work until they would wait; when to look again at the latest. */
static int64_t give_work(td_sim *s, bool *end_out)
{
    for (;;) {
        td_strategy_state state;
        look(s, &state);
        td_decision decision = td_schedule_strategy_decide(&state);
        s->round = decision.round;
        *end_out = decision.kind == TD_DECIDE_END;
        if (decision.kind == TD_DECIDE_END || decision.kind == TD_DECIDE_WAIT)
            return *end_out ? s->now_us : decision.until_us;
        if (decision.kind == TD_DECIDE_DRAIN) {
            td_task *batch = td_schedule_lane_drain(&s->lanes[decision.lane]);
            hand_out(s, (int)decision.lane, batch,
                     state.cancelled ? TD_TASK_CANCELLED : TD_TASK_FAILED);
            put_arrived(s);
            continue;
        }
        if (decision.kind == TD_DECIDE_PRICE) {
            price(s, (int)decision.lane);
            continue;
        }
        uint32_t i = 0;
        while (i < n_slots(s) && s->slots[i].batch)
            i++;
        check(s, i < n_slots(s), "more batches than slots");
        if (s->broken)
            return s->now_us;
        begin_call(s, &s->slots[i], &decision);
    }
}

/* The next moment at which something happens; INT64_MAX when nothing ever will. */
static int64_t next_event(const td_sim *s, int64_t until_us)
{
    int64_t next_us = until_us;
    for (uint32_t i = 0; i < n_slots(s); i++) {
        if (s->slots[i].batch && s->slots[i].end_us < next_us)
            next_us = s->slots[i].end_us;
    }
    bool room = s->lanes[0].n_inside + s->lanes[1].n_inside < s->window;
    if (s->n_put < s->n_tasks && room && s->tasks[s->n_put].arrives_us < next_us)
        next_us = s->tasks[s->n_put].arrives_us;
    if (s->cancel_us > s->now_us && s->cancel_us < next_us)
        next_us = s->cancel_us;
    return next_us;
}

static void step(td_sim *s, int64_t next_us)
{
    check(s, next_us < INT64_MAX, "nothing will ever happen again");
    check(s, next_us >= s->now_us, "time runs backwards");
    s->now_us = next_us;
    for (uint32_t i = 0; i < n_slots(s); i++) {
        if (s->slots[i].batch && s->slots[i].end_us <= s->now_us)
            end_call(s, &s->slots[i]);
    }
}

tandem_code td_schedule_simulate_run(td_sim *s, tandem_error *err)
{
    bool end = false;

    td_assert(s->in_flight_max >= 1 && s->in_flight_max <= TD_SIM_SLOTS_MAX);
    open_lanes(s);
    while (!end && !s->broken) {
        if (s->cancel_us > 0 && s->now_us >= s->cancel_us)
            s->n_tasks = s->n_put; /* put refuses from now on */
        put_arrived(s);
        int64_t until_us = give_work(s, &end);
        if (!end && !s->broken)
            step(s, next_event(s, until_us));
    }
    check(s, s->n_out == s->n_tasks, "a task was lost");
    for (size_t i = 0; i < s->n_tasks; i++)
        check(s, s->tasks[i].n_out == 1, "a task was lost, another doubled");
    if (!s->broken)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_INTERNAL, "case %llu, strategy %s, at %.3f s: %s",
                   (unsigned long long)s->number, td_schedule_strategy_name(s->strategy),
                   (double)s->now_us / 1e6, s->broken);
}

double td_schedule_simulate_bound(const td_sim *s)
{
    double bound = 0, sum = 0;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_simulated_service *service = &s->services[l];
        uint32_t width = service->limit < s->in_flight_max ? service->limit : s->in_flight_max;
        if (service->servers > 0 && service->servers < width)
            width = service->servers;
        bound = fmax(bound, s->work[l] / width);
        sum += s->work[l];
    }
    return fmax(bound, sum / s->in_flight_max);
}

double td_schedule_simulate_longest(const td_sim *s)
{
    double longest = 0;
    for (size_t i = 0; i < s->n_tasks; i++) {
        const td_simulated_service *service = &s->services[s->tasks[i].task.lane];
        longest = fmax(longest, service->per_batch + service->per_item +
                                    service->per_token * (double)s->tasks[i].task.n_tokens);
    }
    return longest;
}

double td_schedule_simulate_seconds(const td_sim *s)
{
    return (double)(s->meter.last_us - s->meter.first_us) / 1e6;
}

/* -- the door -- */

static tandem_code fill_tasks(td_sim *s, const td_simulation *how, tandem_error *err)
{
    s->tasks = calloc(how->n ? how->n : 1, sizeof(*s->tasks));
    if (!s->tasks)
        return td_fail_nomem(err, "a simulation");
    for (size_t i = 0; i < how->n; i++) {
        s->tasks[i].task.lane = how->texts[i].lane;
        s->tasks[i].task.n_tokens = how->texts[i].n_tokens > 0 ? how->texts[i].n_tokens : 1;
        s->tasks[i].poison = how->texts[i].poison;
    }
    s->n_tasks = how->n;
    return TANDEM_OK;
}

static void tell(td_sim *s, const td_simulation *how)
{
    td_strategy_state state;
    td_simulated result = {
        .seconds = td_schedule_simulate_seconds(s),
        .bound_seconds = td_schedule_simulate_bound(s),
        .n_failed = s->n_failed,
        .spans = s->record.spans,
        .n_spans = s->record.n,
    };

    look(s, &state);
    result.strategy = td_schedule_strategy_route(&state);
    td_schedule_progress progress = {0};
    td_schedule_meter_read(&s->meter, s->now_us, &progress);
    result.overlap_ratio = progress.overlap_ratio;
    result.speedup = progress.speedup;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        result.n_batches += s->lanes[l].counts.n_batches;
        result.n_retries += s->lanes[l].counts.n_retries;
    }
    how->done(how->user, &result);
}

tandem_code td_schedule_simulate(const td_simulation *how, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_sim *s = calloc(1, sizeof(*s));

    if (!s)
        return td_fail_nomem(err, "a simulation");
    if (how->in_flight_max < 1 || how->in_flight_max > TD_SIM_SLOTS_MAX)
        TD_FAIL(err, TANDEM_E_INVALID, "in_flight_max is %u; a simulation has 1 to %d slots",
                how->in_flight_max, (int)TD_SIM_SLOTS_MAX);
    *s = (td_sim){
        .seed = how->seed * UINT64_C(2654435761) + 1,
        .strategy = how->strategy,
        .parallel = how->parallel,
        .in_flight_max = how->in_flight_max,
        .items_max = how->batch_items_max,
        .tokens_max = WINDOW,
        .window = WINDOW,
        .tries_max = 3,
    };
    memcpy(s->services, how->services, sizeof(s->services));
    for (int l = 0; l < TANDEM_N_LANES; l++)
        s->services[l].limit = how->in_flight_max;
    TD_TRY(fill_tasks(s, how, err));
    TD_TRY(td_schedule_record_init(&s->record, how->spans_max, s->in_flight_max, err));
    TD_TRY(td_schedule_simulate_run(s, err));
    tell(s, how);

out:
    td_schedule_record_clear(&s->record);
    free(s->tasks);
    free(s);
    return code;
}
