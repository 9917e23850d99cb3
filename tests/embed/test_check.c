#include "embed/check.h"
#include "embed/model_dir.h"

static void passes_by_its_mean_and_its_least(void **state)
{
    (void)state;
    assert_true(td_embed_check_passes(&(td_check){64, 0.9951, 0.9801}));
    assert_false(td_embed_check_passes(&(td_check){64, 0.9949, 0.9801}));
    assert_false(td_embed_check_passes(&(td_check){64, 0.9951, 0.9799}));
    assert_false(td_embed_check_passes(&(td_check){0, 1, 1}));
    assert_false(td_embed_check_passes(&(td_check){64, NAN, NAN}));
}

typedef struct checked {
    model_dir dir;
    dir_files list;
    const td_kernels *kernels;
    td_pool *pool;
    td_checking checking;
} checked;

static void open_dir(checked *c, const char *name, size_t n_threads)
{
    *c = (checked){0};
    dir_open(&c->dir, name);
    dir_list(&c->dir, &c->list);
    /* The fastest that can pack layer by layer. */
    assert_int_equal(td_embed_kernels_choose(NULL, &c->kernels, NULL), TANDEM_OK);
    if (c->kernels->pack_foreign)
        assert_int_equal(td_embed_kernels_choose("plain", &c->kernels, NULL), TANDEM_OK);
    assert_int_equal(td_embed_pool_take(n_threads, &c->pool, NULL), TANDEM_OK);
    c->checking.pool = c->pool;
}

static void close_all(checked *c)
{
    td_embed_check_clear(&c->checking);
    td_embed_pool_give_back(c->pool);
    dir_close(&c->dir);
}

static td_engine *take(const checked *c, td_precision precision)
{
    td_engine *engine = NULL;
    const td_engine_options options = {.kernels = c->kernels,
                                       .precision = precision,
                                       .pool = c->pool};
    assert_int_equal(td_embed_engine_take(&c->list.files, &options, &engine, NULL), TANDEM_OK);
    return engine;
}

static tandem_code measure(checked *c, td_precision precision, td_check *check, tandem_error *err)
{
    td_engine *engine = take(c, precision);
    tandem_code code = td_embed_check_measure(&c->checking, engine, check, err);
    td_embed_engine_give_back(engine);
    return code;
}

static td_check measure_or_fail(const char *name, td_precision precision, size_t n_threads)
{
    checked c;
    td_check check = {0};
    open_dir(&c, name, n_threads);
    assert_int_equal(measure(&c, precision, &check, NULL), TANDEM_OK);
    close_all(&c);
    return check;
}

/* One near, one refused by its half, one that all samples decide. */
static void half_of_the_samples_decide_where_they_are_clear(void **state)
{
    (void)state;
    td_check near = measure_or_fail("bert", TD_PRECISION_INT8, 2);
    td_check far = measure_or_fail("gte-new", TD_PRECISION_INT8, 2);
    td_check between = measure_or_fail("modernbert-mean", TD_PRECISION_INT8, 2);
    assert_true(near.n_samples == TD_SAMPLES_N / 2 && td_embed_check_passes(&near));
    assert_true(far.n_samples == TD_SAMPLES_N / 2 && far.least < TD_CHECK_LEAST_MIN);
    assert_int_equal(between.n_samples, TD_SAMPLES_N);
    assert_true(td_embed_check_passes(&between));
    assert_true(between.mean < 1 - (1 - TD_CHECK_MEAN_MIN) / 2);
}

static void the_figures_are_the_same_at_any_number_of_threads(void **state)
{
    (void)state;
    static const char *const names[] = {"gte-new-ntk", "modernbert-mean"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        for (int p = TD_PRECISION_BF16; p <= TD_PRECISION_INT8; p++) {
            td_check one = measure_or_fail(names[i], (td_precision)p, 1);
            for (size_t n_threads = 2; n_threads <= 3; n_threads++) {
                td_check more = measure_or_fail(names[i], (td_precision)p, n_threads);
                assert_int_equal(one.n_samples, more.n_samples);
                assert_true(one.mean == more.mean && one.least == more.least);
            }
        }
    }
}

/* A sample by itself, on a whole engine. */
static void embed_alone(const td_engine *engine, size_t sample, float *vector)
{
    uint32_t ids[TD_GROUP_TOKENS], starts[2] = {0};
    size_t n = 0, most = td_embed_model_info(engine->model)->tokens_max;
    bool truncated;
    td_scratch *scratch = td_embed_model_scratch_new();
    const td_ragged text = {.ids = ids, .starts = starts, .n_texts = 1};
    assert_int_equal(td_embed_tokenize_text(engine->tokenizer, TD_STR(""),
                                            td_str_from(td_embed_samples[sample]), ids, most, &n,
                                            &truncated, NULL),
                     TANDEM_OK);
    starts[1] = (uint32_t)n;
    assert_int_equal(td_embed_model_run(engine->model, &text, scratch, vector, NULL), TANDEM_OK);
    td_embed_model_scratch_free(scratch);
}

static void the_figures_are_those_of_whole_engines(void **state)
{
    (void)state;
    enum {
        DIM = 64
    };
    checked c;
    td_check check = {0};
    float a[DIM], b[DIM];
    double sum = 0, least = 1;
    open_dir(&c, "modernbert-mean", 2);
    assert_int_equal(measure(&c, TD_PRECISION_INT8, &check, NULL), TANDEM_OK);
    assert_int_equal(check.n_samples, TD_SAMPLES_N);
    td_engine *exact = take(&c, TD_PRECISION_F32), *tried = take(&c, TD_PRECISION_INT8);
    assert_int_equal(td_embed_model_info(exact->model)->dim, DIM);
    for (size_t i = 0; i < TD_SAMPLES_N; i++) {
        embed_alone(exact, i, a);
        embed_alone(tried, i, b);
        double cosine = 0;
        for (size_t d = 0; d < DIM; d++)
            cosine += (double)a[d] * (double)b[d];
        sum += cosine;
        least = fmin(least, cosine);
    }
    assert_true(check.mean == sum / TD_SAMPLES_N && check.least == least);
    td_embed_engine_give_back(exact);
    td_embed_engine_give_back(tried);
    close_all(&c);
}

/* The second precision has no f32 to wait for: what is known stays known. */
static void samples_in_f32_are_embedded_once(void **state)
{
    (void)state;
    checked c;
    td_check first = {0}, second = {0};
    open_dir(&c, "gte-new", 2);
    assert_int_equal(measure(&c, TD_PRECISION_INT8, &first, NULL), TANDEM_OK);
    assert_int_equal(c.checking.n_exact, TD_SAMPLES_N / 2);
    const float *exact = c.checking.exact;
    assert_int_equal(measure(&c, TD_PRECISION_BF16, &second, NULL), TANDEM_OK);
    assert_ptr_equal(c.checking.exact, exact);
    td_check alone = measure_or_fail("gte-new", TD_PRECISION_BF16, 2);
    assert_true(second.mean == alone.mean && second.least == alone.least);
    close_all(&c);
}

static void spoil(checked *c, const char *name)
{
    const float bad = NAN;
    td_weights *weights = NULL;
    td_weights_shard shard = {TD_STR("model.safetensors"),
                              td_model_files_get(&c->list.files, "model.safetensors")};
    assert_int_equal(td_embed_weights_open(&shard, 1, &weights, NULL), TANDEM_OK);
    const td_tensor *tensor = td_embed_weights_find(weights, name);
    assert_non_null(tensor);
    memcpy((void *)(uintptr_t)tensor->data, &bad, sizeof(bad));
    td_embed_weights_close(weights);
}

static void a_model_that_is_not_finite_does_not_pass(void **state)
{
    (void)state;
    checked c;
    td_check check = {0};
    open_dir(&c, "bert", 2);
    spoil(&c, "encoder.layer.2.output.LayerNorm.weight");
    assert_int_equal(measure(&c, TD_PRECISION_INT8, &check, NULL), TANDEM_OK);
    assert_false(td_embed_check_passes(&check));
    assert_true(check.least == -1);
    close_all(&c);
}

static void says_so_when_a_layer_in_f32_does_not_fit(void **state)
{
    (void)state;
    checked c;
    td_check check = {0};
    tandem_error err = {0};
    open_dir(&c, "bert", 2);
    c.checking.memory_bytes_max = 1 << 20;
    assert_int_equal(measure(&c, TD_PRECISION_INT8, &check, &err), TANDEM_E_NOMEM);
    assert_non_null(strstr(err.context, "in f32"));
    assert_int_equal(check.n_samples, 0);
    close_all(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_by_its_mean_and_its_least),
        cmocka_unit_test(half_of_the_samples_decide_where_they_are_clear),
        cmocka_unit_test(the_figures_are_the_same_at_any_number_of_threads),
        cmocka_unit_test(the_figures_are_those_of_whole_engines),
        cmocka_unit_test(samples_in_f32_are_embedded_once),
        cmocka_unit_test(a_model_that_is_not_finite_does_not_pass),
        cmocka_unit_test(says_so_when_a_layer_in_f32_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
