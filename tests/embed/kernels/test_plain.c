/* The plain kernels, which define the others, against sums worked out in double. */
#include "embed/kernels/against_plain.h"

static void a_linear_layer_is_x_times_w_plus_b(void **state)
{
    (void)state;
    srand(7);
    linear_case c = linear_random();
    c.epilogue.activation = TD_ACTIVATION_SILU;
    float *out = linear_by(&c, plain, 0, c.n_rows);
    size_t x_stride = td_embed_kernels_stride(c.n_in);
    for (size_t r = 0; r < c.n_rows; r++) {
        for (size_t i = 0; i < c.n_out; i++) {
            double value = c.bias ? c.bias[i] : 0, gate = c.gate_bias ? c.gate_bias[i] : 0;
            for (size_t k = 0; k < c.n_in; k++) {
                value += (double)c.x[r * x_stride + k] * c.weight[i * c.n_in + k];
                gate += c.gate ? (double)c.x[r * x_stride + k] * c.gate[i * c.n_in + k] : 0;
            }
            value =
                c.gate ? value * exact(TD_ACTIVATION_SILU, gate) : exact(TD_ACTIVATION_SILU, value);
            value += c.epilogue.add ? c.before[r * c.stride + i] : 0;
            assert_near(out[r * c.stride + i], (float)value, 40, "plain");
        }
    }
    free(out);
    linear_clear(&c);
}

/* Softmax over the keys that a query sees, in double. */
static void attention_is_softmax_times_values(void **state)
{
    (void)state;
    srand(8);
    for (size_t round = 0; round < 20; round++) {
        attention_case c = attention_random(40, 2);
        const td_attention *w = &c.work;
        plain->attention(w);
        for (size_t i = 0; i < w->n_tokens; i++) {
            double sum = 0, out[128] = {0};
            for (size_t j = 0; j < w->n_tokens; j++) {
                double score = 0;
                if ((i > j ? i - j : j - i) > w->window)
                    continue;
                for (size_t d = 0; d < w->head_dim; d++)
                    score += (double)w->q[i * w->stride + d] * w->k[j * w->stride + d];
                score = exp(score / sqrt((double)w->head_dim));
                sum += score;
                for (size_t d = 0; d < w->head_dim; d++)
                    out[d] += score * w->v[j * w->stride + d];
            }
            for (size_t d = 0; d < w->head_dim; d++)
                assert_near(c.out[i * w->head_dim + d], (float)(out[d] / sum), 5, "plain");
        }
        attention_clear(&c);
    }
}

static void a_norm_has_mean_zero_and_variance_one(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 6}, weight[] = {1, 1, 2, 1}, bias[] = {0, 0, 0, 5};
    float out[4];
    plain->norm(x, 1, 4, weight, bias, 0, out);
    const float deviation = sqrtf(3.5f);
    assert_near(out[0], -2 / deviation, 1, "norm");
    assert_near(out[2], 0, 1, "norm");
    assert_near(out[3], 3 / deviation + 5, 1, "norm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_layer_is_x_times_w_plus_b),
        cmocka_unit_test(attention_is_softmax_times_values),
        cmocka_unit_test(a_norm_has_mean_zero_and_variance_one),
        AGAINST_PLAIN, /* against itself: the bits of a row and of activations */
    };
    return choose("plain") == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
