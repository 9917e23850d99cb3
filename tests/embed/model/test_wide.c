/* The encoders in f32 against vectors that the reference made. */
#include "embed/model/opened.h"
#include "embed/model/pooling.h"

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
                run_or_fail(&o, &(td_ragged){one.ids, starts, 1, 0, false}, vector);
                assert_close(vector, one.vector, o.dim);
                expected_clear(&one);
            }
            close_all(&o);
        }
        json_decref(expected);
    }
}

/* The vector that pooling makes of the rows: of all of them, or of the first one. */
static void pool(const float *rows, size_t n_rows, size_t dim, float *vector)
{
    assert_int_equal(td_embed_model_pooling_mean(rows, dim, n_rows, dim, vector, NULL), TANDEM_OK);
    assert_int_equal(td_embed_model_pooling_normalize(vector, dim, NULL), TANDEM_OK);
}

static void every_row_is_what_pooling_takes_its_vector_from(void **state)
{
    (void)state;
    static float rows[8192 * 64], vector[1024];
    for (size_t m = 0; m < N_MODELS; m++) {
        json_t *expected = expected_open(MODELS[m]);
        const char *pooling = json_string_value(json_object_get(expected, "pooling"));
        opened o = open_or_fail(MODELS[m], NULL);
        for (size_t c = 0; c < expected_count(expected); c++) {
            expected_case one = expected_get(expected, c);
            uint32_t starts[] = {0, (uint32_t)one.n_ids};
            assert_true(one.n_ids * o.dim <= sizeof(rows) / sizeof(rows[0]));
            run_or_fail(&o, &(td_ragged){one.ids, starts, 1, .every_row = true}, rows);
            pool(rows, strcmp(pooling, "cls") == 0 ? 1 : one.n_ids, o.dim, vector);
            assert_close(vector, one.vector, o.dim);
            expected_clear(&one);
        }
        close_all(&o);
        json_decref(expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_expected_vectors_on_every_isa),
        cmocka_unit_test(every_row_is_what_pooling_takes_its_vector_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
