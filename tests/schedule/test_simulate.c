#include "schedule/simulator.h"

typedef struct kept {
    td_simulated result;
    tandem_span spans[64];
    size_t n_calls;
} kept;

static void keep(void *user, const td_simulated *result)
{
    kept *k = user;
    k->result = *result;
    k->n_calls++;
    assert_true(result->n_spans <= 64);
    memcpy(k->spans, result->spans, result->n_spans * sizeof(*result->spans));
}

static td_simulation simulation_of(td_simulated_text *texts, size_t n, kept *k)
{
    td_simulation how = {
        .strategy = TD_STRATEGY_PIPELINED,
        .parallel = true,
        .in_flight_max = 2,
        .batch_items_max = 10,
        .texts = texts,
        .n = n,
        .spans_max = 64,
        .done = keep,
        .user = k,
    };
    for (size_t i = 0; i < n; i++)
        texts[i] = (td_simulated_text){.lane = (tandem_lane)(i % 2), .n_tokens = 100};
    for (int l = 0; l < TANDEM_N_LANES; l++)
        how.services[l].per_item = 0.1;
    return how;
}

static void a_run_comes_out_the_same_each_time_with_its_bound_and_spans(void **state)
{
    td_simulated_text texts[100];
    kept first = {.n_calls = 0}, second = {.n_calls = 0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        td_simulation how = simulation_of(texts, 100, i ? &second : &first);
        how.seed = 3;
        how.services[0].sigma = 0.5;
        assert_int_equal(td_schedule_simulate(&how, NULL), TANDEM_OK);
    }
    assert_int_equal(first.n_calls, 1);
    assert_true(first.result.seconds == second.result.seconds);
    assert_true(first.result.seconds >= first.result.bound_seconds);
    assert_true(first.result.bound_seconds > 3);
    assert_int_equal(first.result.n_failed, 0);
    assert_int_equal(first.result.strategy, TD_STRATEGY_PIPELINED);
    uint64_t batches = 0, chunks = 0;
    for (size_t i = 0; i < first.result.n_spans; i++) {
        batches += first.spans[i].batches[0] + first.spans[i].batches[1];
        chunks += first.spans[i].chunks[0] + first.spans[i].chunks[1];
        assert_true(first.spans[i].slot < 2);
    }
    assert_int_equal(batches, first.result.n_batches);
    assert_int_equal(chunks, 100);
}

static void poison_and_dead_services_fail_what_they_must(void **state)
{
    td_simulated_text texts[40];
    kept k = {.n_calls = 0};
    (void)state;
    td_simulation how = simulation_of(texts, 40, &k);
    texts[7].poison = true;
    assert_int_equal(td_schedule_simulate(&how, NULL), TANDEM_OK);
    assert_int_equal(k.result.n_failed, 1);
    how = simulation_of(texts, 40, &k);
    how.services[1].dead_until_us = INT64_MAX;
    assert_int_equal(td_schedule_simulate(&how, NULL), TANDEM_OK);
    assert_int_equal(k.result.n_failed, 20);
    assert_true(k.result.n_retries > 0);
}

static void a_poisoned_text_of_32_is_alone_after_11_calls(void **state)
{
    (void)state;
    for (size_t at = 0; at < 32; at++) {
        td_simulated_text texts[32];
        kept k = {.n_calls = 0};
        td_simulation how = simulation_of(texts, 32, &k);
        for (size_t i = 0; i < 32; i++)
            texts[i].lane = TANDEM_LANE_GTE;
        texts[at].poison = true;
        how.batch_items_max = 32;
        how.in_flight_max = 1;
        assert_int_equal(td_schedule_simulate(&how, NULL), TANDEM_OK);
        assert_int_equal(k.result.n_failed, 1);
        assert_int_equal(k.result.n_batches, 11); /* 2 log2(32) + 1 */
    }
}

static void too_many_slots_and_no_texts(void **state)
{
    td_simulated_text texts[1];
    kept k = {.n_calls = 0};
    tandem_error error = {0};
    (void)state;
    td_simulation how = simulation_of(texts, 0, &k);
    assert_int_equal(td_schedule_simulate(&how, &error), TANDEM_OK);
    assert_true(k.result.seconds == 0 && k.result.n_batches == 0);
    how.in_flight_max = 65;
    assert_int_equal(td_schedule_simulate(&how, &error), TANDEM_E_INVALID);
    how.in_flight_max = 0;
    assert_int_equal(td_schedule_simulate(&how, &error), TANDEM_E_INVALID);
}

/* A policy that broke a rule is told, with the case and the time. */
static void a_broken_rule_is_an_error_that_says_which(void **state)
{
    (void)state;
    sim s = {
        .number = 42,
        .seed = 1,
        .parallel = true,
        .in_flight_max = 1,
        .items_max = 4,
        .tokens_max = 10,
        .window = 100,
        .tries_max = 1,
        .n_tasks = 2,
    };
    tandem_error error = {0};
    s.tasks = calloc(2, sizeof(*s.tasks));
    for (int i = 0; i < 2; i++)
        s.tasks[i].task = (td_task){.n_tokens = 5};
    s.services[0].limit = s.services[1].limit = 1;
    s.tasks[1].n_out = 1; /* as if it had come out already */
    assert_int_equal(td_schedule_simulate_run(&s, &error), TANDEM_E_INTERNAL);
    assert_non_null(strstr(error.message, "case 42"));
    assert_non_null(strstr(error.message, "a task came out twice"));
    sim_clear(&s);
}

/* ---- a rare lane ---- */

/* An index run as it comes: texts of 100 to 500 tokens, read at `rate` a second, each 0.2 ms of a
 * slot a token. The worst ratio of 20 orders. */
static double overlap_of(const size_t n[TANDEM_N_LANES], double rate, const sim *like)
{
    double worst = 1;
    for (uint64_t c = 1; c <= 20; c++) {
        sim s = sim_plain(TD_STRATEGY_AUTO, 2, 0);
        s.seed = c * 31;
        s.spare_slot = like->spare_slot;
        for (int l = 0; l < TANDEM_N_LANES; l++) {
            s.services[l] = like->services[l];
            s.services[l].per_token = 2e-4;
            s.services[l].limit = 2;
        }
        sim_fill(&s, n, 100, 500, rate);
        sim_run(&s);
        worst = fmin(worst, sim_overlap(&s));
        sim_clear(&s);
    }
    return worst;
}

static double worst_overlap(const sim *like)
{
    static const size_t mixes[][TANDEM_N_LANES] = {
        {7, 284}, {25, 1697}, {284, 7}, {1000, 100}, {300, 300}};
    double worst = 1;
    for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
        for (double rate = 100; rate <= 10000; rate *= 10)
            worst = fmin(worst, overlap_of(mixes[i], rate, like));
    }
    return worst;
}

static void a_rare_lane_never_waits_for_a_batch_of_the_other(void **state)
{
    (void)state;
    sim like = {.spare_slot = true};
    double large = worst_overlap(&like);
    like.services[0].tokens_enough = like.services[1].tokens_enough = 1024;
    double small = worst_overlap(&like);
    like.spare_slot = false;
    print_message("overlap at worst: %.3f, with large batches %.3f, without a spare slot %.3f\n",
                  small, large, worst_overlap(&like));
    assert_true(small >= 0.95);
    assert_true(large >= 0.95);
}

/* Two requests over both lanes, unless nobody said that there may be no more. */
static void nor_does_it_on_servers_that_are_far_away(void **state)
{
    (void)state;
    sim like = {.spare_slot = true};
    for (int l = 0; l < TANDEM_N_LANES; l++)
        like.services[l] = (td_simulated_service){.per_batch = 0.08, .way = 0.08, .adapts = true};
    double spare = worst_overlap(&like);
    like.spare_slot = false;
    print_message("overlap at worst: %.3f, without a spare slot %.3f\n", spare,
                  worst_overlap(&like));
    assert_true(spare >= 0.95);
}

/* 7 + 284 texts of 20 ms, read at `rate` a second, and a cap of two: seconds and overlap, the means
 * of 20 orders. */
typedef struct capped {
    uint32_t items; /* of a batch, at most */
    uint32_t limit; /* of each lane: 1 keeps a slot for the other */
    double call;    /* seconds */
} capped;

static double run_capped(const capped *how, double rate, double *overlap_out)
{
    double seconds = 0;
    *overlap_out = 0;
    for (uint64_t c = 1; c <= 20; c++) {
        sim s = sim_plain(TD_STRATEGY_AUTO, 2, 0.02);
        s.seed = c * 31;
        s.items_max = how->items;
        for (int l = 0; l < TANDEM_N_LANES; l++) {
            s.services[l].per_batch = how->call;
            s.services[l].limit = how->limit;
            s.services[l].adapts = true;
        }
        sim_fill(&s, (size_t[]){7, 284}, 100, 101, rate);
        sim_run(&s);
        *overlap_out += sim_overlap(&s) / 20;
        seconds += sim_seconds(&s) / 20;
        sim_clear(&s);
    }
    return seconds;
}

/* The table of the schedule's page. When texts come faster than two slots embed them, either both
 * are full as the rare lane's come, or one is kept free for them: the first is what is done. */
static void under_a_cap_of_two_a_rare_lane_waits_or_a_slot_idles(void **state)
{
    static const double calls[] = {0, 0.02, 0.08};
    (void)state;
    for (int i = 0; i < 6; i++) {
        double call = calls[i / 2], rate = i & 1 ? 2000 : 200;
        double overlap, idle_overlap, small_overlap;
        double seconds = run_capped(&(capped){32, 2, call}, rate, &overlap);
        double idle = run_capped(&(capped){32, 1, call}, rate, &idle_overlap) / seconds;
        double small = run_capped(&(capped){1, 2, call}, rate, &small_overlap) / seconds;
        print_message("%.0f ms a call, %.0f texts a second: %.2f s, overlap %.2f; a slot kept "
                      "x%.2f, %.2f; a text a call x%.2f, %.2f\n",
                      1e3 * call, rate, seconds, overlap, idle, idle_overlap, small, small_overlap);
        assert_true(overlap < 0.95 && small_overlap < 0.95);
        assert_true(idle_overlap >= 0.95 && idle > 1.8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_comes_out_the_same_each_time_with_its_bound_and_spans),
        cmocka_unit_test(poison_and_dead_services_fail_what_they_must),
        cmocka_unit_test(a_poisoned_text_of_32_is_alone_after_11_calls),
        cmocka_unit_test(too_many_slots_and_no_texts),
        cmocka_unit_test(a_broken_rule_is_an_error_that_says_which),
        cmocka_unit_test(a_rare_lane_never_waits_for_a_batch_of_the_other),
        cmocka_unit_test(nor_does_it_on_servers_that_are_far_away),
        cmocka_unit_test(under_a_cap_of_two_a_rare_lane_waits_or_a_slot_idles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
