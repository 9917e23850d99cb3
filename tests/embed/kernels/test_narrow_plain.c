/* The narrow half of the plain table, which defines the others, against sums in double. */
#include "embed/kernels/narrow_against_plain.h"

static double activated(td_activation activation, double x)
{
    switch (activation) {
    case TD_ACTIVATION_GELU:
        return 0.5 * x * (1 + erf(x * sqrt(0.5)));
    case TD_ACTIVATION_SILU:
        return x / (1 + exp(-x));
    default:
        return x;
    }
}

/* Within what rounding rows and weights may cost. */
static void a_narrow_layer_is_x_times_w_plus_b(void **state)
{
    (void)state;
    srand(17);
    for (size_t round = 0; round < 20; round++) {
        narrow_case c = narrow_random(8);
        linear_case *l = &c.base;
        l->epilogue.activation = rand() % 2 ? TD_ACTIVATION_SILU : TD_ACTIVATION_GELU;
        float *out = narrow_by(&c, plain, 0, l->n_rows);
        for (size_t r = 0; r < l->n_rows; r++) {
            for (size_t i = 0; i < l->n_out; i++) {
                double value = l->bias ? l->bias[i] : 0, gate = l->gate_bias ? l->gate_bias[i] : 0;
                for (size_t k = 0; k < l->n_in; k++) {
                    double x = row_value(&c.x, c.precision, r, k);
                    value += x * l->weight[i * l->n_in + k];
                    gate += l->gate ? x * l->gate[i * l->n_in + k] : 0;
                }
                double y = l->gate ? value * activated(l->epilogue.activation, gate)
                                   : activated(l->epilogue.activation, value);
                y += l->epilogue.add ? l->before[r * c.stride + i] : 0;
                /* A weight's error is a 500th, of the largest in its row at worst. */
                double near = 0.03 * (l->gate ? 2 + fabs(value) + fabs(gate) : 2);
                assert_true(fabs(out[r * c.stride + i] - y) <= near + fabs(y) / 100);
            }
        }
        free(out);
        narrow_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_narrow_layer_is_x_times_w_plus_b),
        NARROW_AGAINST_PLAIN, /* against itself: the bits of a row */
    };
    return choose("plain") == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
