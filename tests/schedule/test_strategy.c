#include "schedule/simulator.h"
#include "schedule/strategy.h"

enum {
    CASES = 4000,
    TIGHT_CASES = 1500,
};

static double run_mix(td_strategy strategy, size_t gte, size_t coderank, uint32_t servers)
{
    sim s = sim_plain(strategy, 2, 0.1);
    s.parallel = strategy != TD_STRATEGY_SEQUENTIAL;
    s.services[0].servers = s.services[1].servers = servers;
    sim_fill(&s, (size_t[]){gte, coderank}, 100, 101, 0);
    sim_run(&s);
    double seconds = sim_seconds(&s);
    assert_int_equal(s.n_failed, 0);
    sim_clear(&s);
    return seconds;
}

/* ---- the plan's table ---- */

static void the_plans_table_holds_for_services_that_take_one_request_at_a_time(void **state)
{
    (void)state;
    assert_true(fabs(run_mix(TD_STRATEGY_SEQUENTIAL, 25, 25, 1) - 5.0) < 0.01);
    static const td_strategy fast[] = {TD_STRATEGY_ROUNDS, TD_STRATEGY_PIPELINED};
    for (int i = 0; i < 2; i++) {
        assert_true(run_mix(fast[i], 25, 25, 1) <= 2.6);
        assert_true(run_mix(fast[i], 40, 10, 1) <= 4.1);
        assert_true(run_mix(fast[i], 10, 40, 1) <= 4.1);
        assert_true(fabs(run_mix(fast[i], 50, 0, 1) - 5.0) < 0.01);
        assert_true(fabs(run_mix(fast[i], 0, 50, 1) - 5.0) < 0.01);
    }
}

static void pipelined_uses_services_that_take_two_requests_at_a_time(void **state)
{
    (void)state;
    assert_true(run_mix(TD_STRATEGY_PIPELINED, 40, 10, 2) <= 2.6);
    assert_true(run_mix(TD_STRATEGY_PIPELINED, 10, 40, 2) <= 2.6);
    assert_true(run_mix(TD_STRATEGY_PIPELINED, 50, 0, 2) <= 2.6);
    assert_true(run_mix(TD_STRATEGY_PIPELINED, 25, 25, 2) <= 2.6);
}

static void with_jitter_pipelined_beats_rounds_by_a_fifth(void **state)
{
    (void)state;
    double sums[2] = {0};
    static const td_strategy pair[] = {TD_STRATEGY_PIPELINED, TD_STRATEGY_ROUNDS};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        for (int i = 0; i < 2; i++) {
            sim s = sim_plain(pair[i], 2, 0.1);
            s.seed = seed;
            s.services[0].sigma = s.services[1].sigma = 0.5;
            sim_fill(&s, (size_t[]){500, 500}, 100, 101, 0);
            sim_run(&s);
            sums[i] += sim_seconds(&s);
            sim_clear(&s);
        }
    }
    print_message("jitter 0.5, 500+500: pipelined %.1f s, rounds %.1f s: %.0f %% less\n",
                  sums[0] / 20, sums[1] / 20, 100 * (1 - sums[0] / sums[1]));
    assert_true(sums[0] <= 0.8 * sums[1]);
}

/* ---- close to what no schedule can beat ---- */

static void pipelined_stays_near_the_lower_bound_and_never_behind_rounds(void **state)
{
    (void)state;
    static const size_t mixes[][2] = {{50, 50}, {80, 20}, {20, 80}, {100, 0}, {0, 100}};
    double worst[2] = {0};
    for (int scale = 0; scale < 2; scale++) {
        for (size_t m = 0; m < 5; m++) {
            for (uint64_t seed = 1; seed <= 30; seed++) {
                double seconds[2], bound = 0;
                for (int i = 0; i < 2; i++) {
                    sim s = sim_plain(i ? TD_STRATEGY_ROUNDS : TD_STRATEGY_PIPELINED, 2, 0);
                    s.seed = seed;
                    s.services[0].per_token = 0.0005;
                    s.services[1].per_token = 0.0002 * (double)(1 + seed % 5);
                    size_t n = scale ? 4 : 1;
                    size_t counts[2] = {mixes[m][0] * n / 2, mixes[m][1] * n / 2};
                    sim_fill(&s, counts, 50, 600, 0);
                    sim_run(&s);
                    seconds[i] = sim_seconds(&s);
                    bound = i ? bound : sim_bound(&s);
                    if (i == 0 && counts[0] && counts[1])
                        assert_true(sim_overlap(&s) >= 0.95);
                    sim_clear(&s);
                }
                worst[scale] = fmax(worst[scale], seconds[0] / bound);
                assert_true(seconds[0] <= seconds[1] * 1.0001);
            }
        }
    }
    print_message("worst of 150 each: 50 chunks %.3f, 200 chunks %.3f times the bound\n", worst[0],
                  worst[1]);
    assert_true(worst[0] <= 1.10);
    assert_true(worst[1] <= 1.03);
}

static uint32_t pick(sim *s, uint32_t min, uint32_t max)
{
    return min + (uint32_t)(sim_random(&s->seed) % (max - min + 1));
}

/* Random services without faults, up to a hundred times apart in pace, all there at the start:
 * besides the longest text and a call's price for each slot the makespan is within 1 % of the
 * bound, within 10 % where a lane may not have all slots. */
static void makespan_is_within_the_stated_factor_of_the_lower_bound(void **state)
{
    (void)state;
    double worst[2] = {0};
    for (uint64_t c = 1; c <= TIGHT_CASES; c++) {
        sim s = sim_plain(TD_STRATEGY_AUTO, 1, 0);
        s.number = c;
        s.seed = c * 2654435761u;
        s.in_flight_max = pick(&s, 1, 8);
        s.items_max = pick(&s, 4, 64);
        for (int l = 0; l < TANDEM_N_LANES; l++) {
            s.services[l] = (sim_service){
                .per_token = 1e-5 * pick(&s, 1, 100),
                .per_batch = pick(&s, 0, 2) == 0 ? 0.001 : 0,
                .limit = c % 2 ? s.in_flight_max : pick(&s, 1, s.in_flight_max),
            };
        }
        sim_fill(&s, (size_t[]){pick(&s, 0, 300), pick(&s, 0, 300)}, 10, 800, 0);
        sim_run(&s);
        double slack = sim_longest(&s) + 0.001 * s.in_flight_max;
        double factor = (sim_seconds(&s) - slack) / fmax(sim_bound(&s), 1e-9);
        worst[c % 2] = fmax(worst[c % 2], factor);
        if (s.n_tasks > 0)
            sim_check(&s, factor <= (c % 2 ? 1.01 : 1.10), "too far from the bound");
        sim_clear(&s);
    }
    print_message("%d cases, worst makespan besides the slack: %.3f times the bound, %.3f with "
                  "lanes narrower than the slots\n",
                  (int)TIGHT_CASES, worst[1], worst[0]);
}

/* ---- anything may happen ---- */

static void random_faults(sim *s, sim_service *service)
{
    switch (pick(s, 0, 9)) {
    case 0:
        service->p_passing = 0.3;
        break;
    case 1: /* dead from the start */
        service->dead_until_us = INT64_MAX;
        break;
    case 2: /* dies in the middle */
        service->dead_from_us = (int64_t)(sim_uniform(&s->seed) * 10e6);
        service->dead_until_us = INT64_MAX;
        break;
    case 3: /* comes back */
        service->dead_from_us = (int64_t)(sim_uniform(&s->seed) * 5e6);
        service->dead_until_us = service->dead_from_us + (int64_t)(sim_uniform(&s->seed) * 40e6);
        break;
    case 4:
        service->denied = true;
        break;
    default:
        break;
    }
}

static sim random_case(uint64_t c)
{
    static const td_strategy strategies[] = {TD_STRATEGY_AUTO, TD_STRATEGY_PIPELINED,
                                             TD_STRATEGY_ROUNDS, TD_STRATEGY_SEQUENTIAL};
    sim s = sim_plain(TD_STRATEGY_AUTO, 1, 0);
    s.number = c;
    s.seed = c * 6364136223846793005u + 1;
    s.strategy = strategies[pick(&s, 0, 3)];
    s.parallel = pick(&s, 0, 5) > 0;
    s.in_flight_max = pick(&s, 1, 9);
    s.spare_slot = pick(&s, 0, 2) == 0;
    s.items_max = pick(&s, 1, 40);
    s.tokens_max = pick(&s, 100, 16384);
    s.window = pick(&s, 0, 1) ? 4096 : pick(&s, 1, 100);
    s.tries_max = pick(&s, 1, 4);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        sim_service *service = &s.services[l];
        *service = (sim_service){
            .per_token = 1e-5 * pick(&s, 1, 100),
            .per_batch = 0.01 * pick(&s, 0, 3),
            .sigma = 0.1 * pick(&s, 0, 6),
            .servers = pick(&s, 0, 3),
            .limit = pick(&s, 1, s.in_flight_max),
            .adapts = pick(&s, 0, 1),
        };
        random_faults(&s, service);
    }
    size_t n[] = {pick(&s, 0, 2) ? pick(&s, 0, 200) : 0, pick(&s, 0, 2) ? pick(&s, 0, 200) : 0};
    sim_fill(&s, n, 1, 1000, pick(&s, 0, 1) ? pick(&s, 1, 500) : 0);
    for (size_t i = 0; i < s.n_tasks && pick(&s, 0, 2) == 0; i += pick(&s, 1, 50))
        s.tasks[i].poison = true;
    if (pick(&s, 0, 9) == 0)
        s.cancel_us = (int64_t)(sim_uniform(&s.seed) * 5e6) + 1;
    return s;
}

static void every_task_comes_out_once_whatever_happens_and_no_cap_is_passed(void **state)
{
    (void)state;
    size_t n_tasks = 0, n_failed = 0, n_calls = 0;
    for (uint64_t c = 1; c <= CASES; c++) {
        sim s = random_case(c);
        sim_run(&s);
        bool sequential = !s.parallel || s.strategy == TD_STRATEGY_SEQUENTIAL;
        sim_check(&s, !sequential || !s.both_at_once, "sequential lanes ran at once");
        n_tasks += s.n_tasks;
        n_failed += s.n_failed;
        n_calls += s.n_calls[0] + s.n_calls[1];
        sim_clear(&s);
    }
    print_message("%d cases, %zu tasks, %zu of them failed, %zu calls\n", (int)CASES, n_tasks,
                  n_failed, n_calls);
    assert_true(n_failed > 1000 && n_failed < n_tasks / 2);
}

static void a_good_task_never_fails_for_a_poisoned_one(void **state)
{
    (void)state;
    for (uint64_t c = 1; c <= 500; c++) {
        sim s = random_case(c);
        size_t n_poison = 0;
        s.cancel_us = 0;
        for (int l = 0; l < TANDEM_N_LANES; l++)
            s.services[l] = (sim_service){.per_token = 1e-4, .limit = s.in_flight_max};
        for (size_t i = 0; i < s.n_tasks; i++)
            n_poison += s.tasks[i].poison;
        sim_run(&s);
        sim_check(&s, s.n_failed == n_poison, "a good task failed, or a poisoned one did not");
        for (size_t i = 0; i < s.n_tasks; i++)
            sim_check(&s, s.tasks[i].poison == (s.tasks[i].task.status == TD_TASK_FAILED),
                      "the wrong task failed");
        sim_clear(&s);
    }
}

/* Endless input from a fast source: a task waits for at most what fits in the window twice over,
 * and for the time a batch is held. */
static void nothing_starves_while_input_streams(void **state)
{
    (void)state;
    for (uint64_t c = 1; c <= 200; c++) {
        sim s = sim_plain(TD_STRATEGY_AUTO, 1, 0);
        s.number = c;
        s.seed = c * 97;
        s.strategy = c % 4 == 0 ? TD_STRATEGY_ROUNDS : TD_STRATEGY_AUTO;
        s.in_flight_max = pick(&s, 1, 4);
        s.window = pick(&s, 40, 400);
        for (int l = 0; l < TANDEM_N_LANES; l++)
            s.services[l] =
                (sim_service){.per_token = 1e-4 * pick(&s, 1, 10), .limit = s.in_flight_max};
        size_t rare = pick(&s, 1, 20);
        sim_fill(&s, (size_t[]){c % 2 ? 2000 : rare, c % 2 ? rare : 2000}, 50, 150, 2000);
        sim_run(&s);
        double allowed = 6 + 3 * (double)s.window * 150 * 1e-3;
        for (size_t i = 0; i < s.n_tasks; i++)
            sim_check(&s, (double)(s.tasks[i].out_us - s.tasks[i].task.put_us) / 1e6 <= allowed,
                      "a task starved");
        sim_clear(&s);
    }
}

/* ---- a lane's fault stays in its lane ---- */

static double time_of_gte(const sim_service *coderank)
{
    sim s = sim_plain(TD_STRATEGY_PIPELINED, 2, 0);
    s.services[0] = (sim_service){.per_token = 5e-4, .limit = 1};
    s.services[1] = *coderank;
    sim_fill(&s, (size_t[]){600, 200}, 50, 600, 0);
    sim_run(&s);
    int64_t last_us = 0;
    for (size_t i = 0; i < s.n_tasks; i++) {
        if (s.tasks[i].task.lane != TANDEM_LANE_GTE)
            continue;
        sim_check(&s, s.tasks[i].task.status == TD_TASK_DONE, "the other lane failed too");
        last_us = s.tasks[i].out_us > last_us ? s.tasks[i].out_us : last_us;
    }
    sim_clear(&s);
    return (double)last_us / 1e6;
}

static void a_dead_or_slow_lane_does_not_delay_the_other(void **state)
{
    (void)state;
    sim_service healthy = {.per_token = 5e-4, .limit = 1};
    double alone = time_of_gte(&healthy);
    sim_service faults[] = {healthy, healthy, healthy, healthy, healthy};
    faults[0].dead_until_us = INT64_MAX;
    faults[1].dead_from_us = 10 * 1000 * 1000;
    faults[1].dead_until_us = INT64_MAX;
    faults[2].per_token *= 10;
    faults[3].p_passing = 0.5;
    faults[4].denied = true;
    for (int i = 0; i < 5; i++)
        assert_true(time_of_gte(&faults[i]) <= alone * 1.05);
}

/* ---- single decisions ---- */

static td_strategy_state calm(td_strategy asked)
{
    td_strategy_state state = {.asked = asked,
                               .parallel = true,
                               .in_flight_max = 2,
                               .now_us = 60 * 1000 * 1000};
    for (int l = 0; l < TANDEM_N_LANES; l++)
        state.lanes[l] = (td_lane_view){.limit = 2,
                                        .items_max = 32,
                                        .tokens_max = 16384,
                                        .oldest_us = INT64_MAX,
                                        .due_us = INT64_MAX,
                                        .cost = {.per_token = 1}};
    return state;
}

static void give(td_strategy_state *state, int l, size_t n, int64_t oldest_us)
{
    state->lanes[l].n_queued = state->lanes[l].n_inside = n;
    state->lanes[l].queued_tokens = n * 100;
    state->lanes[l].oldest_us = oldest_us;
    state->lanes[l].seen = true;
}

static void one_empty_lane_makes_it_single_and_parallel_off_sequential(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    s.lanes[0].seen = true;
    assert_int_equal(td_schedule_strategy_route(&s), TD_STRATEGY_SINGLE);
    s.lanes[1].seen = true;
    assert_int_equal(td_schedule_strategy_route(&s), TD_STRATEGY_PIPELINED);
    s.asked = TD_STRATEGY_ROUNDS;
    assert_int_equal(td_schedule_strategy_route(&s), TD_STRATEGY_ROUNDS);
    s.parallel = false;
    assert_int_equal(td_schedule_strategy_route(&s), TD_STRATEGY_SEQUENTIAL);
    s.lanes[1].seen = false;
    s.ended = true;
    assert_int_equal(td_schedule_strategy_route(&s), TD_STRATEGY_SINGLE);
}

static void a_tiny_batch_waits_while_others_of_its_lane_run_but_not_for_ever(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 3, s.now_us - 1000 * 1000);
    s.lanes[0].in_flight = 1;
    s.lanes[1].seen = true;
    td_decision d = td_schedule_strategy_decide(&s);
    assert_int_equal(d.kind, TD_DECIDE_WAIT);
    assert_int_equal(d.until_us, s.now_us + 4 * 1000 * 1000);
    s.now_us = d.until_us;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
}

static void a_tiny_batch_goes_when_its_lane_does_nothing_or_the_input_has_ended(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 3, s.now_us - 10 * 1000);
    s.lanes[1].in_flight = 1;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
    s.lanes[0].in_flight = 1;
    s.lanes[1].in_flight = 0;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.ended = true;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
}

static void where_calls_are_dear_a_tiny_batch_waits_as_long_as_one_takes(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 3, s.now_us - 10 * 1000);
    s.lanes[0].text_seconds = 0.04;
    td_decision d = td_schedule_strategy_decide(&s);
    assert_int_equal(d.kind, TD_DECIDE_WAIT);
    assert_int_equal(d.until_us, s.now_us + 30 * 1000);
    s.lanes[0].text_seconds = 5; /* but not longer than a round would */
    assert_int_equal(td_schedule_strategy_decide(&s).until_us, s.now_us + 90 * 1000);
    s.ended = true;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
}

static void what_calls_cost_is_asked_before_the_first_but_not_for_few_texts(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    s.lanes[0].price = s.lanes[1].price = TD_PRICE_WANTED;
    give(&s, 1, 1, s.now_us); /* more will come */
    td_decision d = td_schedule_strategy_decide(&s);
    assert_true(d.kind == TD_DECIDE_PRICE && d.lane == TANDEM_LANE_CODERANK);
    s.lanes[1].price = TD_PRICE_ASKED;
    give(&s, 1, 32, 0);
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT); /* calls wait for it */
    give(&s, 0, 1, s.now_us);
    d = td_schedule_strategy_decide(&s);
    assert_true(d.kind == TD_DECIDE_PRICE && d.lane == TANDEM_LANE_GTE);
    s.lanes[1].price = TD_PRICE_TOLD;
    s.ended = true; /* one text: a call more would be dear */
    d = td_schedule_strategy_decide(&s);
    assert_int_equal(d.kind, TD_DECIDE_BATCH);
    s.cancelled = true;
    give(&s, 0, 100, 0);
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_DRAIN);
}

static void where_calls_take_turns_long_texts_are_not_put_together(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    s.ended = true;
    give(&s, 0, 100, 0);
    s.lanes[0].queues = true;
    s.lanes[0].longest_tokens = 512; /* 32 of them fit */
    assert_int_equal(td_schedule_strategy_decide(&s).pick, TD_PICK_LONGEST);
    s.lanes[0].longest_tokens = 768;
    assert_int_equal(td_schedule_strategy_decide(&s).pick, TD_PICK_IN_ORDER);
    s.lanes[0].queues = false;
    assert_int_equal(td_schedule_strategy_decide(&s).pick, TD_PICK_LONGEST);
}

static void a_full_batch_goes_at_once(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 32, s.now_us);
    s.lanes[0].in_flight = 1;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
    give(&s, 0, 31, s.now_us);
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.lanes[0].queued_tokens = 16384;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
}

static void a_batch_is_no_larger_than_makes_it_faster_but_for_rounds(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 32, s.now_us);
    s.lanes[0].tokens_enough = 1024;
    assert_int_equal(td_schedule_strategy_decide(&s).tokens_max, 1024);
    s.ended = true;
    assert_true(td_schedule_strategy_decide(&s).tokens_max <= 1024);
    s.lanes[0].tokens_max = 100;
    assert_true(td_schedule_strategy_decide(&s).tokens_max <= 100);
    s = calm(TD_STRATEGY_ROUNDS);
    give(&s, 0, 32, s.now_us);
    s.lanes[0].tokens_enough = 1024;
    assert_int_equal(td_schedule_strategy_decide(&s).tokens_max, 16384);
}

static void the_lane_without_a_slot_comes_first_then_the_one_that_ends_last(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    s.in_flight_max = 4;
    s.lanes[0].limit = s.lanes[1].limit = 4;
    give(&s, 0, 1000, 0);
    give(&s, 1, 40, 0);
    s.lanes[0].in_flight = 1;
    assert_int_equal(td_schedule_strategy_decide(&s).lane, TANDEM_LANE_CODERANK);
    s.lanes[1].in_flight = 1;
    assert_int_equal(td_schedule_strategy_decide(&s).lane, TANDEM_LANE_GTE);
    s.lanes[0].cost = (td_cost){.known = true, .per_token = 0.001};
    s.lanes[1].cost = (td_cost){.known = true, .per_token = 0.1};
    assert_int_equal(td_schedule_strategy_decide(&s).lane, TANDEM_LANE_CODERANK);
}

static void the_spare_slot_is_for_a_lane_that_has_none(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 64, s.now_us);
    give(&s, 1, 64, s.now_us);
    s.spare_slot = true;
    s.lanes[0].in_flight = s.in_flight_max;
    td_decision d = td_schedule_strategy_decide(&s);
    assert_int_equal(d.kind, TD_DECIDE_BATCH);
    assert_int_equal(d.lane, 1);
    s.lanes[1].in_flight = 1;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.lanes[0].in_flight--; /* the spare one is not filled again */
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.lanes[0].in_flight++;
    s.lanes[1].in_flight = 0;
    s.spare_slot = false;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.spare_slot = true;
    s.asked = TD_STRATEGY_ROUNDS;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
}

static void sequential_holds_coderank_back_until_gte_is_out_and_the_input_done(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_SEQUENTIAL);
    give(&s, 1, 100, 0);
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.window_full = true;
    assert_int_equal(td_schedule_strategy_decide(&s).lane, TANDEM_LANE_CODERANK);
    s.window_full = false;
    s.ended = true;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_BATCH);
    s.lanes[0].n_inside = s.lanes[0].in_flight = 1;
    s.lanes[0].seen = true;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
}

static void a_round_is_one_batch_of_each_lane_and_then_a_barrier(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_ROUNDS);
    s.in_flight_max = 4;
    s.ended = true;
    give(&s, 0, 100, 0);
    give(&s, 1, 100, 0);
    td_decision first = td_schedule_strategy_decide(&s);
    assert_int_equal(first.lane, TANDEM_LANE_GTE);
    assert_int_equal(first.pick, TD_PICK_IN_ORDER);
    assert_int_equal(first.items_max, 32);
    assert_int_equal(first.round.n, 1);
    s.round = first.round;
    s.lanes[0].in_flight = 1;
    td_decision second = td_schedule_strategy_decide(&s);
    assert_int_equal(second.lane, TANDEM_LANE_CODERANK);
    s.round = second.round;
    s.lanes[1].in_flight = 1;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.lanes[0].in_flight = 0;
    assert_int_equal(td_schedule_strategy_decide(&s).kind, TD_DECIDE_WAIT);
    s.lanes[1].in_flight = 0;
    td_decision third = td_schedule_strategy_decide(&s);
    assert_int_equal(third.kind, TD_DECIDE_BATCH);
    assert_int_equal(third.round.n, 2);
}

static void near_the_end_batches_shrink_to_a_share_of_what_is_left(void **state)
{
    (void)state;
    td_strategy_state s = calm(TD_STRATEGY_AUTO);
    give(&s, 0, 20, 0);
    s.lanes[0].cost = (td_cost){.known = true, .per_token = 0.01};
    s.lanes[1].cost = s.lanes[0].cost;
    assert_int_equal(td_schedule_strategy_decide(&s).tokens_max, 16384); /* more may come */
    s.ended = true;
    td_decision d = td_schedule_strategy_decide(&s);
    assert_int_equal(d.tokens_max, 1000);
    assert_int_equal(d.pick, TD_PICK_LONGEST);
    s.lanes[0].cost.spread = 1; /* hard to foretell: half of it */
    assert_int_equal(td_schedule_strategy_decide(&s).tokens_max, 500);
    s.lanes[0].cost.per_batch = 8; /* calls are dear: fewer of them, */
    assert_int_equal(td_schedule_strategy_decide(&s).tokens_max, 800);
    s.lanes[0].cost.per_batch = 15; /* but every slot gets its share */
    assert_int_equal(td_schedule_strategy_decide(&s).tokens_max, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plans_table_holds_for_services_that_take_one_request_at_a_time),
        cmocka_unit_test(pipelined_uses_services_that_take_two_requests_at_a_time),
        cmocka_unit_test(with_jitter_pipelined_beats_rounds_by_a_fifth),
        cmocka_unit_test(pipelined_stays_near_the_lower_bound_and_never_behind_rounds),
        cmocka_unit_test(makespan_is_within_the_stated_factor_of_the_lower_bound),
        cmocka_unit_test(every_task_comes_out_once_whatever_happens_and_no_cap_is_passed),
        cmocka_unit_test(a_good_task_never_fails_for_a_poisoned_one),
        cmocka_unit_test(nothing_starves_while_input_streams),
        cmocka_unit_test(a_dead_or_slow_lane_does_not_delay_the_other),
        cmocka_unit_test(one_empty_lane_makes_it_single_and_parallel_off_sequential),
        cmocka_unit_test(a_tiny_batch_waits_while_others_of_its_lane_run_but_not_for_ever),
        cmocka_unit_test(a_tiny_batch_goes_when_its_lane_does_nothing_or_the_input_has_ended),
        cmocka_unit_test(where_calls_are_dear_a_tiny_batch_waits_as_long_as_one_takes),
        cmocka_unit_test(what_calls_cost_is_asked_before_the_first_but_not_for_few_texts),
        cmocka_unit_test(where_calls_take_turns_long_texts_are_not_put_together),
        cmocka_unit_test(a_full_batch_goes_at_once),
        cmocka_unit_test(a_batch_is_no_larger_than_makes_it_faster_but_for_rounds),
        cmocka_unit_test(the_lane_without_a_slot_comes_first_then_the_one_that_ends_last),
        cmocka_unit_test(the_spare_slot_is_for_a_lane_that_has_none),
        cmocka_unit_test(sequential_holds_coderank_back_until_gte_is_out_and_the_input_done),
        cmocka_unit_test(a_round_is_one_batch_of_each_lane_and_then_a_barrier),
        cmocka_unit_test(near_the_end_batches_shrink_to_a_share_of_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
