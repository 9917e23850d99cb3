/* The encoders against vectors that the reference made. */
#include "embed/model/opened.h"

static void gives_the_expected_vectors_on_every_isa(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_MODELS; m++) {
        json_t *expected = expected_open(MODELS[m]);
        for (size_t i = 0; i < N_ISAS; i++) {
            if (!has_isa(ISAS[i]))
                continue;
            opened o = open_or_fail(MODELS[m], ISAS[i]);
            for (size_t c = 0; c < expected_count(expected); c++) {
                expected_case one = expected_get(expected, c);
                uint32_t starts[] = {0, (uint32_t)one.n_ids};
                float vector[1024];
                assert_int_equal(one.dim, o.dim);
                run_or_fail(&o, &(td_ragged){one.ids, starts, 1, 0}, vector);
                assert_close(vector, one.vector, o.dim);
                expected_clear(&one);
            }
            close_all(&o);
        }
        json_decref(expected);
    }
}

static void refuses_ids_and_lengths_past_the_models(void **state)
{
    (void)state;
    opened o = open_or_fail("bert", NULL);
    uint32_t ids[100] = {2, 2000, 3};
    float vector[64];
    assert_int_equal(td_embed_model_run(o.model, &(td_ragged){ids, (uint32_t[]){0, 3}, 1, 0},
                                        o.scratch, vector, NULL),
                     TANDEM_E_INVALID);
    ids[1] = 5;
    assert_int_equal(td_embed_model_run(o.model, &(td_ragged){ids, (uint32_t[]){0, 65}, 1, 0},
                                        o.scratch, vector, NULL),
                     TANDEM_E_INVALID);
    assert_int_equal(td_embed_model_run(o.model, &(td_ragged){ids, (uint32_t[]){0, 3, 3}, 2, 0},
                                        o.scratch, vector, NULL),
                     TANDEM_E_EMPTY);
    close_all(&o);
}

static void reads_length_and_prompts_from_the_directory(void **state)
{
    (void)state;
    opened o = open_or_fail("bert", NULL);
    const td_model_info *info = td_embed_model_info(o.model);
    assert_int_equal(info->tokens_max, 64);
    assert_int_equal(info->prompts[TANDEM_ROLE_QUERY].n, 0);
    assert_string_equal(info->architecture, "BertModel");
    close_all(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_expected_vectors_on_every_isa),
        cmocka_unit_test(refuses_ids_and_lengths_past_the_models),
        cmocka_unit_test(reads_length_and_prompts_from_the_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
