#include "embed/model/opened.h"
#include "embed/plan.h"
#include "embed/pool.h"

static void weights_are_near_what_a_loaded_model_takes(void **state)
{
    (void)state;
    static const char *const names[] = {"bert", "gte-new", "nomic", "modernbert"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        opened o = open_or_fail(names[i], "plain");
        td_weights_sizes sizes;
        td_embed_weights_sizes(o.weights, &sizes);
        size_t planned = td_embed_plan_weights(o.weights, TD_PRECISION_F32) - sizes.largest_bytes;
        /* Tables of positions are made, not read; panels are rounded up. */
        assert_in_range(td_embed_model_info(o.model)->bytes, planned / 2, 2 * planned);
        assert_true(td_embed_plan_weights(o.weights, TD_PRECISION_INT8) <
                    td_embed_plan_weights(o.weights, TD_PRECISION_BF16));
        close_all(&o);
    }
}

static void scratch_grows_with_threads_and_holds_the_longest_text(void **state)
{
    (void)state;
    opened o = open_or_fail("bert", NULL);
    size_t one = 0, four = 0;
    uint32_t ids[64] = {0}, starts[] = {0, 64};
    const td_ragged longest = {ids, starts, 1, 0, false};
    float vector[64];
    assert_int_equal(td_embed_plan_scratch(o.model, 1, &one, NULL), TANDEM_OK);
    assert_int_equal(td_embed_plan_scratch(o.model, 4, &four, NULL), TANDEM_OK);
    assert_true(four > one);
    run_or_fail(&o, &longest, vector);
    assert_true(td_embed_model_scratch_bytes(o.scratch) <= one);
    close_all(&o);
}

static void no_run_holds_more_than_was_planned(void **state)
{
    (void)state;
    static const char *const names[] = {"bert", "gte-new", "nomic", "modernbert"};
    enum {
        THREADS = 2,
        IDS_MAX = 16384
    };
    static uint32_t ids[IDS_MAX], starts[IDS_MAX + 1];
    for (size_t i = 0; i < 12; i++) {
        opened o = open_in(names[i / 3], NULL, (td_precision)(i % 3));
        size_t planned = 0, longest = td_embed_model_info(o.model)->tokens_max, n = 0;
        const td_team team = {.n = THREADS};
        assert_int_equal(td_embed_plan_scratch(o.model, THREADS, &planned, NULL), TANDEM_OK);
        longest = longest < IDS_MAX ? longest : IDS_MAX;
        /* A full group, of texts of one token up to the longest; all threads have one at once. */
        for (size_t length = 1; length <= longest && length <= TD_GROUP_TOKENS; length *= 3) {
            for (n = 0; (n + 1) * length <= TD_GROUP_TOKENS; n++)
                starts[n + 1] = (uint32_t)((n + 1) * length);
            const td_ragged group = {.ids = ids, .starts = starts, .n_texts = n};
            assert_int_equal(td_embed_model_prepare(o.model, &group, NULL, o.scratch, NULL),
                             TANDEM_OK);
        }
        size_t of_groups = THREADS * td_embed_model_scratch_bytes(o.scratch);
        td_embed_model_scratch_free(o.scratch);
        o.scratch = td_embed_model_scratch_new();
        starts[1] = (uint32_t)longest;
        const td_ragged alone = {.ids = ids, .starts = starts, .n_texts = 1};
        assert_int_equal(td_embed_model_prepare(o.model, &alone, &team, o.scratch, NULL),
                         TANDEM_OK);
        assert_true(of_groups + td_embed_model_scratch_bytes(o.scratch) <= planned);
        close_all(&o);
    }
}

static void says_what_would_be_needed(void **state)
{
    (void)state;
    tandem_error err = {0};
    const size_t mega = 1 << 20;
    assert_int_equal(td_embed_plan_check(1000 * mega, 600 * mega, 100 * mega, NULL), TANDEM_OK);
    assert_int_equal(td_embed_plan_check(0, mega, mega, NULL), TANDEM_OK);
    assert_int_equal(td_embed_plan_check(800 * mega, 600 * mega, 100 * mega, &err), TANDEM_E_NOMEM);
    assert_non_null(strstr(err.message, "828 MB are needed"));
    assert_non_null(strstr(err.message, "weights 600"));
    assert_non_null(strstr(err.message, "limit is 800 MB"));
    assert_int_equal(td_embed_plan_check(0, (size_t)1 << 60, 0, &err), TANDEM_E_NOMEM);
    assert_non_null(strstr(err.message, "the machine gives"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_near_what_a_loaded_model_takes),
        cmocka_unit_test(scratch_grows_with_threads_and_holds_the_longest_text),
        cmocka_unit_test(no_run_holds_more_than_was_planned),
        cmocka_unit_test(says_what_would_be_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
