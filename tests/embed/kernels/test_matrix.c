#include "embed/kernels/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const td_kernels *plain;

static void a_stride_holds_its_columns_and_is_no_multiple_of_512_bytes(void **state)
{
    (void)state;
    for (size_t columns = 1; columns < 5000; columns++) {
        size_t stride = td_embed_kernels_stride(columns);
        assert_true(stride >= columns && stride < columns + 32);
        assert_int_equal(stride % 16, 0);
        assert_int_not_equal(stride * sizeof(float) % 512, 0);
    }
}

static void weights_lie_in_panels_with_zeros_behind_the_last(void **state)
{
    (void)state;
    enum {
        IN = 3,
        OUT = 20
    };
    float weight[OUT * IN], bias[OUT];
    td_matrix m;
    for (size_t i = 0; i < OUT * IN; i++)
        weight[i] = (float)i;
    for (size_t i = 0; i < OUT; i++)
        bias[i] = (float)i;
    assert_int_equal(td_embed_kernels_pack(plain, OUT, IN, weight, NULL, bias, NULL, &m, NULL),
                     TANDEM_OK);
    size_t width = plain->panel_width;
    assert_int_equal(m.n_panels, (OUT + width - 1) / width);
    for (size_t i = 0; i < m.n_panels * width; i++) {
        for (size_t k = 0; k < IN; k++) {
            float stored = m.panels[i / width * IN * width + k * width + i % width];
            assert_true(stored == (i < OUT ? weight[i * IN + k] : 0));
        }
        assert_true(m.bias[i] == (i < OUT ? bias[i] : 0));
    }
    assert_true(td_embed_kernels_bytes(&m) >= m.n_panels * width * IN * sizeof(float));
    td_embed_kernels_clear(&m);
    assert_null(m.panels);
}

static void gates_lie_beside_their_values(void **state)
{
    (void)state;
    const float weight[] = {1, 2}, gate[] = {3, 4};
    td_matrix m;
    assert_int_equal(td_embed_kernels_pack(plain, 2, 1, weight, gate, NULL, NULL, &m, NULL),
                     TANDEM_OK);
    size_t half = plain->panel_width / 2;
    assert_true(m.panels[0] == 1 && m.panels[1] == 2);
    assert_true(m.panels[half] == 3 && m.panels[half + 1] == 4);
    td_embed_kernels_clear(&m);
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    td_matrix m;
    const float weight = 0;
    assert_int_equal(td_embed_kernels_pack(plain, SIZE_MAX / 64, SIZE_MAX / 64, &weight, NULL, NULL,
                                           NULL, &m, NULL),
                     TANDEM_E_TOO_LARGE);
    assert_null(td_embed_kernels_floats(SIZE_MAX / 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stride_holds_its_columns_and_is_no_multiple_of_512_bytes),
        cmocka_unit_test(weights_lie_in_panels_with_zeros_behind_the_last),
        cmocka_unit_test(gates_lie_beside_their_values),
        cmocka_unit_test(refuses_sizes_that_overflow),
    };
    if (td_embed_kernels_choose("plain", &plain, NULL) != TANDEM_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
