/* The encoders in f32 against vectors that the reference made. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gives_the_expected_vectors_on_every_isa)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
