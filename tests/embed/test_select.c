#include "embed/model_dir.h"
#include "embed/select.h"

static void precisions_have_names(void **state)
{
    (void)state;
    static const td_precision all[] = {TD_PRECISION_F32, TD_PRECISION_BF16, TD_PRECISION_INT8};
    td_precision found;
    tandem_error err = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(td_embed_select_named(td_embed_select_name(all[i]), &found, NULL),
                         TANDEM_OK);
        assert_int_equal(found, all[i]);
    }
    assert_int_equal(td_embed_select_named("f16", &found, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "\"f16\""));
    assert_non_null(strstr(err.message, "auto, f32, bf16 or int8"));
}

typedef struct selected {
    model_dir dir;
    dir_files list;
    td_pool *pool;
    td_engine *engine;
    td_check check;
} selected;

static tandem_code open_in(selected *s, const char *isa, const char *precision, tandem_error *err)
{
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    const td_kernels *kernels = NULL;
    *s = (selected){0};
    dir_open(&s->dir, "bert");
    dir_list(&s->dir, &s->list);
    options.precision = precision;
    assert_int_equal(td_embed_kernels_choose(isa, &kernels, NULL), TANDEM_OK);
    assert_int_equal(td_embed_pool_take(2, &s->pool, NULL), TANDEM_OK);
    return td_embed_select_engine(&s->list.files, kernels, &options, s->pool, &s->engine, &s->check,
                                  err);
}

static void close_all(selected *s)
{
    td_embed_engine_give_back(s->engine);
    td_embed_pool_give_back(s->pool);
    dir_close(&s->dir);
}

static void takes_the_precision_asked_for_without_a_check(void **state)
{
    (void)state;
    selected s;
    assert_int_equal(open_in(&s, NULL, "f32", NULL), TANDEM_OK);
    assert_int_equal(s.engine->precision, TD_PRECISION_F32);
    assert_int_equal(s.check.n_samples, 0);
    close_all(&s);
}

static void auto_is_f32_where_nothing_else_is_fast(void **state)
{
    (void)state;
    selected s;
    assert_int_equal(open_in(&s, "plain", "auto", NULL), TANDEM_OK);
    assert_int_equal(s.engine->precision, TD_PRECISION_F32);
    close_all(&s);
}

static void refuses_an_unknown_precision(void **state)
{
    (void)state;
    selected s;
    tandem_error err = {0};
    assert_int_equal(open_in(&s, NULL, "f64", &err), TANDEM_E_INVALID);
    assert_null(s.engine);
    close_all(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precisions_have_names),
        cmocka_unit_test(takes_the_precision_asked_for_without_a_check),
        cmocka_unit_test(auto_is_f32_where_nothing_else_is_fast),
        cmocka_unit_test(refuses_an_unknown_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
