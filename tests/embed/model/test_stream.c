/* An encoder whose weights are packed layer by layer gives what the whole one gives. */
#include "embed/model/opened.h"

enum {
    N_TEXTS = 3,
    N_IDS = 40,
    DIM_MAX = 128
};

static const uint32_t STARTS[N_TEXTS + 1] = {0, 5, 6, N_IDS};

static tandem_code open_streamed(opened *o, const char *isa, td_precision precision,
                                 td_model **model, tandem_error *err)
{
    td_model_source source = {.get = dir_get,
                              .user = &o->dir,
                              .weights = o->weights,
                              .precision = precision,
                              .streamed = true};
    assert_int_equal(td_embed_kernels_choose(isa, &source.kernels, NULL), TANDEM_OK);
    return td_embed_model_open(&source, model, err);
}

static void assert_the_same(const char *name, const char *isa)
{
    uint32_t ids[N_IDS];
    float whole[N_TEXTS * DIM_MAX], streamed[N_TEXTS * DIM_MAX];
    opened o = open_or_fail(name, isa);
    td_model *model = NULL;
    const td_ragged batch = {.ids = ids, .starts = STARTS, .n_texts = N_TEXTS};
    assert_true(o.dim <= DIM_MAX);
    for (size_t i = 0; i < N_IDS; i++)
        ids[i] = (uint32_t)(i * 37 % 400);
    run_or_fail(&o, &batch, whole);
    assert_int_equal(open_streamed(&o, isa, TD_PRECISION_F32, &model, NULL), TANDEM_OK);
    assert_true(td_embed_model_info(model)->bytes < td_embed_model_info(o.model)->bytes);
    assert_int_equal(td_embed_model_blocks(model)->n, 0);
    for (size_t round = 0; round < 2; round++) {
        memset(streamed, 0, sizeof(streamed));
        assert_int_equal(td_embed_model_run(model, &batch, o.scratch, streamed, NULL), TANDEM_OK);
        assert_memory_equal(streamed, whole, N_TEXTS * o.dim * sizeof(float));
    }
    td_embed_model_close(model);
    close_all(&o);
}

static void every_model_on_every_table_has_the_bits_of_the_whole_one(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_MODELS; m++) {
        for (size_t i = 0; i < N_ISAS; i++) {
            if (has_isa(ISAS[i]) && strcmp(ISAS[i], "onednn") != 0)
                assert_the_same(MODELS[m], ISAS[i]);
        }
    }
}

static void refuses_what_cannot_be_packed_into_room(void **state)
{
    (void)state;
    opened o = open_or_fail("bert", "plain");
    td_model *model = NULL;
    tandem_error err;
    assert_int_equal(open_streamed(&o, "plain", TD_PRECISION_INT8, &model, &err),
                     TANDEM_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "only f32"));
    if (has_isa("onednn")) {
        assert_int_equal(open_streamed(&o, "onednn", TD_PRECISION_F32, &model, &err),
                         TANDEM_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, "onednn"));
    }
    assert_null(model);
    close_all(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_on_every_table_has_the_bits_of_the_whole_one),
        cmocka_unit_test(refuses_what_cannot_be_packed_into_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
