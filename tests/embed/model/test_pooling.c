#include "embed/model/pooling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void the_mean_is_over_rows(void **state)
{
    (void)state;
    const float rows[] = {1, 2, 9, 3, 4, 9, 5, 0, 9};
    float out[2];
    assert_int_equal(td_embed_model_pooling_mean(rows, 3, 3, 2, out, NULL), TANDEM_OK);
    assert_true(out[0] == 3 && out[1] == 2);
}

static void no_rows_have_no_mean(void **state)
{
    (void)state;
    float out[2] = {5, 5};
    assert_int_equal(td_embed_model_pooling_mean(out, 2, 0, 2, out, NULL), TANDEM_E_EMPTY);
    assert_true(out[0] == 5);
}

static void a_vector_is_scaled_to_length_one(void **state)
{
    (void)state;
    float vector[] = {3, 0, -4};
    assert_int_equal(td_embed_model_pooling_normalize(vector, 3, NULL), TANDEM_OK);
    assert_true(vector[0] == 0.6f && vector[1] == 0 && vector[2] == -0.8f);
    float large[] = {3e30f, 4e30f}; /* its squares do not fit into f32 */
    assert_int_equal(td_embed_model_pooling_normalize(large, 2, NULL), TANDEM_OK);
    assert_true(large[1] == 0.8f);
}

static void zero_and_not_finite_are_errors(void **state)
{
    (void)state;
    float zero[] = {0, 0}, nan[] = {1, NAN}, infinite[] = {INFINITY, 0};
    assert_int_equal(td_embed_model_pooling_normalize(zero, 2, NULL), TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_pooling_normalize(nan, 2, NULL), TANDEM_E_FORMAT);
    assert_int_equal(td_embed_model_pooling_normalize(infinite, 2, NULL), TANDEM_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_is_over_rows),
        cmocka_unit_test(no_rows_have_no_mean),
        cmocka_unit_test(a_vector_is_scaled_to_length_one),
        cmocka_unit_test(zero_and_not_finite_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
