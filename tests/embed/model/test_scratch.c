/* The memory of runs: bounded by the largest, kept for the next. */
#include "embed/model_dir.h"

static void it_grows_to_the_largest_run_and_is_kept(void **state)
{
    (void)state;
    model_dir dir;
    td_weights *weights = NULL;
    td_model *model = NULL;
    uint32_t ids[64] = {2, 5, 6, 3};
    float vectors[64];
    dir_open(&dir, "bert");
    assert_int_equal(dir_load(&dir, NULL, &weights, &model, NULL), TANDEM_OK);
    td_scratch *scratch = td_embed_model_scratch_new();
    assert_non_null(scratch);
    assert_int_equal(td_embed_model_scratch_bytes(scratch), 0);
    size_t bytes[3];
    const uint32_t lengths[] = {4, 64, 4};
    for (size_t i = 0; i < 3; i++) {
        td_ragged batch = {ids, (uint32_t[]){0, lengths[i]}, 1, 0, false};
        assert_int_equal(td_embed_model_run(model, &batch, scratch, vectors, NULL), TANDEM_OK);
        bytes[i] = td_embed_model_scratch_bytes(scratch);
    }
    assert_true(bytes[0] > 0 && bytes[0] < bytes[1]);
    assert_int_equal(bytes[1], bytes[2]);
    td_embed_model_scratch_free(scratch);
    td_embed_model_close(model);
    td_embed_weights_close(weights);
    dir_close(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_grows_to_the_largest_run_and_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
