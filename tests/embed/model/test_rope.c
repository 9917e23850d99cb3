#include "embed/model/rope.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    DIM = 8
};

static void assert_is(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 + 1e-6 * fabs(want)))
        fail_msg("%.12g, expected %.12g", got, want);
}

static void the_default_table_turns_by_powers_of_the_base(void **state)
{
    (void)state;
    double inverse[DIM / 2];
    float angles[3 * DIM];
    td_embed_model_rope_default(10000, DIM, inverse);
    for (size_t i = 0; i < DIM / 2; i++)
        assert_is(inverse[i], pow(10, -(double)i));
    td_embed_model_rope_fill(inverse, DIM, 3, angles);
    assert_is(angles[0], 1);
    assert_is(angles[DIM / 2], 0);
    assert_is(angles[2 * DIM + 1], cos(0.2));
    assert_is(angles[2 * DIM + DIM / 2 + 1], sin(0.2));
}

static void static_ntk_is_its_closed_form_at_every_length(void **state)
{
    (void)state;
    double inverse[DIM / 2];
    td_embed_model_rope_ntk(500000, 2, DIM, inverse);
    for (size_t i = 0; i < DIM / 2; i++)
        assert_is(inverse[i],
                  pow(500000, -2.0 * (double)i / DIM) * pow(2, -(2.0 * (double)i + 2) / DIM));
    td_embed_model_rope_mixed(500000, 2, 0.5, DIM, inverse);
    assert_is(inverse[3], pow(500000, -6.0 / DIM) / exp(log(2) / sqrt(DIM / 2.0) * 2));
}

static void dynamic_ntk_has_a_table_for_each_long_text(void **state)
{
    (void)state;
    td_rope rope = {.base = 1000, .dim = DIM, .dynamic_factor = 2, .trained = 32};
    float own[64 * DIM];
    assert_false(td_embed_model_rope_is_own(&rope, 32));
    assert_true(td_embed_model_rope_is_own(&rope, 33));
    td_embed_model_rope_fill_own(&rope, 64, own);
    double base = 1000 * pow(2.0 * 64 / 32 - 1, (double)DIM / (DIM - 2));
    assert_is(own[DIM + 1], (float)cos(pow(base, -2.0 / DIM)));
    rope.dynamic_factor = 0;
    assert_false(td_embed_model_rope_is_own(&rope, 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_table_turns_by_powers_of_the_base),
        cmocka_unit_test(static_ntk_is_its_closed_form_at_every_length),
        cmocka_unit_test(dynamic_ntk_has_a_table_for_each_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
