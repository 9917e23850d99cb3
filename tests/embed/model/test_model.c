/* What a model tells and refuses; its vectors are in test_wide.c and test_narrow.c. */
#include "embed/model/opened.h"

static void refuses_ids_and_lengths_past_the_models(void **state)
{
    (void)state;
    opened o = open_or_fail("bert", NULL);
    uint32_t ids[100] = {2, 2000, 3};
    float vector[64];
    assert_int_equal(td_embed_model_run(o.model, &(td_ragged){ids, (uint32_t[]){0, 3}, 1, 0, false},
                                        o.scratch, vector, NULL),
                     TANDEM_E_INVALID);
    ids[1] = 5;
    assert_int_equal(td_embed_model_run(o.model,
                                        &(td_ragged){ids, (uint32_t[]){0, 65}, 1, 0, false},
                                        o.scratch, vector, NULL),
                     TANDEM_E_INVALID);
    assert_int_equal(td_embed_model_run(o.model,
                                        &(td_ragged){ids, (uint32_t[]){0, 3, 3}, 2, 0, false},
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
        cmocka_unit_test(refuses_ids_and_lengths_past_the_models),
        cmocka_unit_test(reads_length_and_prompts_from_the_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
