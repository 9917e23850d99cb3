#include "embed/weights/made.h"

static const char HEADER[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"big\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
    "\"q\":{\"dtype\":\"I8\",\"shape\":[2,3],\"data_offsets\":[16,22]},"
    "\"q_scale\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[22,30]},"
    "\"bare\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[30,31]},"
    "\"ids\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[31,39]},"
    "\"none\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[39,39]}} ";

static td_weights *open_or_fail(td_buf *file)
{
    td_weights *weights = NULL;
    tandem_error err;
    if (open_made(file, &weights, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    return weights;
}

static void finds_tensors_by_name(void **state)
{
    (void)state;
    td_buf file = made(HEADER, 39);
    td_weights *weights = open_or_fail(&file);
    const td_tensor *big = td_embed_weights_find(weights, "big");
    assert_non_null(big);
    assert_int_equal(big->n_values, 4);
    assert_null(td_embed_weights_find(weights, "bi"));
    assert_null(td_embed_weights_find(weights, "__metadata__"));
    assert_int_equal(td_embed_weights_find(weights, "ids")->dtype, TD_DTYPE_OTHER);
    td_embed_weights_close(weights);
    td_buf_clear(&file);
}

static void int8_rows_are_multiplied_by_their_scales(void **state)
{
    (void)state;
    td_buf file = made(HEADER, 39);
    const float scales[] = {0.5f, 2};
    const uint64_t dims[] = {2, 3};
    float out[6];
    memcpy(file.ptr + file.n - 39 + 22, scales, sizeof(scales));
    td_weights *weights = open_or_fail(&file);
    assert_int_equal(td_embed_weights_read_f32(weights, "q", dims, 2, out, NULL), TANDEM_OK);
    assert_true(out[0] == 8 && out[2] == 9 && out[3] == 38 && out[5] == 42);
    td_embed_weights_read_row(td_embed_weights_find(weights, "q"), 1, out);
    assert_true(out[0] == 38);
    td_embed_weights_close(weights);
    td_buf_clear(&file);
}

static void says_what_a_tensor_lacks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t dims[2];
        size_t n_dims;
        const char *words;
    } cases[] = {
        {"absent", {1, 1}, 1, "\"absent\" is missing"},
        {"big", {2, 3}, 2, "\"big\" has shape [2, 2], config.json asks for [2, 3]"},
        {"big", {4, 1}, 1, "asks for [4]"},
        {"ids", {1, 1}, 1, "\"ids\" is of a dtype other than"},
        {"bare", {1, 1}, 1, "\"bare_scale\""},
    };
    td_buf file = made(HEADER, 39);
    td_weights *weights = open_or_fail(&file);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const td_tensor *tensor = NULL;
        tandem_error err = {0};
        assert_int_equal(td_embed_weights_need(weights, cases[i].name, cases[i].dims,
                                               cases[i].n_dims, &tensor, &err),
                         TANDEM_E_FORMAT);
        if (!strstr(err.message, cases[i].words) || !strstr(err.message, "model.safetensors"))
            fail_msg("got \"%s\"", err.message);
    }
    td_embed_weights_close(weights);
    td_buf_clear(&file);
}

static void an_empty_tensor_is_read_as_nothing(void **state)
{
    (void)state;
    const uint64_t dims[] = {0, 4};
    float out = 7;
    td_buf file = made(HEADER, 39);
    td_weights *weights = open_or_fail(&file);
    assert_int_equal(td_embed_weights_read_f32(weights, "none", dims, 2, &out, NULL), TANDEM_OK);
    assert_true(out == 7);
    td_embed_weights_close(weights);
    td_buf_clear(&file);
}

static void shards_are_one_but_may_not_repeat_a_name(void **state)
{
    (void)state;
    td_buf a = made("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
    td_buf b = made("{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
    td_weights_shard shards[] = {{TD_STR("1.st"), td_buf_str(&a)},
                                 {TD_STR("2.st"), td_buf_str(&b)}};
    td_weights *weights = NULL;
    tandem_error err;
    assert_int_equal(td_embed_weights_open(shards, 2, &weights, NULL), TANDEM_OK);
    assert_non_null(td_embed_weights_find(weights, "a"));
    assert_non_null(td_embed_weights_find(weights, "b"));
    td_embed_weights_close(weights);
    shards[1].bytes = shards[0].bytes;
    assert_int_equal(td_embed_weights_open(shards, 2, &weights, &err), TANDEM_E_FORMAT);
    assert_non_null(strstr(err.message, "1.st"));
    assert_non_null(strstr(err.message, "2.st"));
    td_buf_clear(&a);
    td_buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_tensors_by_name),
        cmocka_unit_test(int8_rows_are_multiplied_by_their_scales),
        cmocka_unit_test(says_what_a_tensor_lacks),
        cmocka_unit_test(an_empty_tensor_is_read_as_nothing),
        cmocka_unit_test(shards_are_one_but_may_not_repeat_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
