#include "tandem/tandem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void keep(void *user, const tandem_bench_result *result)
{
    *(tandem_bench_result *)user = *result;
}

static tandem_bench_result run(const tandem_bench_options *options)
{
    tandem_bench_result result = {.failed = 99};
    tandem_error error = {0};
    if (tandem_bench_schedule(options, keep, &result, &error) != TANDEM_OK)
        fail_msg("%s", error.message);
    return result;
}

static void services_cost_what_they_are_said_to_cost(void **state)
{
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;

    (void)state;
    o.chunks[0] = o.chunks[1] = 25;
    o.strategy = TANDEM_STRATEGY_SEQUENTIAL;
    assert_float_equal(run(&o).seconds, 5.0, 0.01);
    o.strategy = TANDEM_STRATEGY_PIPELINED;
    tandem_bench_result result = run(&o);
    assert_float_equal(result.seconds, 2.5, 0.01);
    assert_float_equal(result.bound_seconds, 2.5, 0.01);
    assert_int_equal(result.failed, 0);
    /* random lengths move the price from text to text, not the sum */
    o.random_lengths = true;
    o.strategy = TANDEM_STRATEGY_SEQUENTIAL;
    for (o.seed = 1; o.seed < 4; o.seed++)
        assert_float_equal(run(&o).seconds, 5.0, 0.01);
}

static void engines_embed_in_earnest(void **state)
{
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;
    tandem_str texts[] = {{"one", 3}, {"two words", 9}, {"and three more", 14}};
    tandem_error error = {0};

    (void)state;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        assert_int_equal(tandem_embedder_open(NULL, NULL, &o.engines[l], &error), TANDEM_OK);
    o.chunks[0] = 3;
    o.chunks[1] = 2;
    o.texts[0] = o.texts[1] = texts;
    tandem_bench_result result = run(&o);
    assert_true(result.seconds > 0 && result.batches >= 2);
    assert_int_equal(result.failed, 0);
    o.in_flight_max = 0; /* as a job has it */
    result = run(&o);
    assert_true(result.seconds > 0 && result.failed == 0);
    o.texts[1] = NULL;
    assert_int_equal(tandem_bench_schedule(&o, keep, &result, &error), TANDEM_E_INVALID);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        tandem_embedder_close(o.engines[l]);
}

static void names_the_option_that_is_out_of_bounds(void **state)
{
    tandem_bench_result result;
    tandem_error error = {0};

    (void)state;
#define REFUSED(field, value)                                                                 \
    do {                                                                                      \
        tandem_bench_options o = TANDEM_BENCH_OPTIONS;                                        \
        o.field = (value);                                                                    \
        assert_int_equal(tandem_bench_schedule(&o, keep, &result, &error), TANDEM_E_INVALID); \
    } while (0)
    REFUSED(in_flight_max, 0);
    REFUSED(in_flight_max, 65);
    REFUSED(batch_items_max, 0);
    REFUSED(chunks[1], 1000001);
    REFUSED(services[0].jitter, -1);
    REFUSED(services[0].p_fault, 1.5);
    REFUSED(services[1].at_once, 65);
    REFUSED(services[1].seconds_per_chunk, __builtin_nan(""));
    REFUSED(strategy, TANDEM_STRATEGY_SINGLE);
#undef REFUSED
    assert_int_equal(tandem_bench_schedule(NULL, NULL, NULL, &error), TANDEM_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_cost_what_they_are_said_to_cost),
        cmocka_unit_test(engines_embed_in_earnest),
        cmocka_unit_test(names_the_option_that_is_out_of_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
