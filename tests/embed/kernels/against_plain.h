/* tests/embed/kernels/against_plain.h - one table held to the plain one over random shapes. */
#ifndef TESTS_EMBED_KERNELS_AGAINST_PLAIN_H
#define TESTS_EMBED_KERNELS_AGAINST_PLAIN_H

#include "embed/kernels/cases.h"

/* ---- linear ---- */

/* What a table makes of rows [from, from + n) of a case. */
static inline float *linear_by(const linear_case *c, const td_kernels *kernels, size_t from,
                               size_t n)
{
    td_matrix matrix;
    td_epilogue epilogue = c->epilogue;
    float *out = td_embed_kernels_floats(n * c->stride);
    memcpy(out, c->before + from * c->stride, n * c->stride * sizeof(float));
    matrix = linear_pack(c, kernels, TD_PRECISION_F32);
    epilogue.out = out;
    /* In two parts, as a team would. */
    size_t half = up_to(matrix.n_panels);
    const float *x = c->x + from * td_embed_kernels_stride(c->n_in);
    assert_int_equal(kernels->linear(&matrix, x, n, 0, half, &epilogue), TANDEM_OK);
    assert_int_equal(kernels->linear(&matrix, x, n, half, matrix.n_panels, &epilogue), TANDEM_OK);
    td_embed_kernels_clear(&matrix);
    return out;
}

static void linear_layers_equal_plain_ones(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(1);
    for (size_t round = 0; round < 120; round++) {
        linear_case c = linear_random();
        float *a = linear_by(&c, tested, 0, c.n_rows), *b = linear_by(&c, plain, 0, c.n_rows);
        for (size_t r = 0; r < c.n_rows; r++) {
            for (size_t i = 0; i < c.stride; i++) {
                float y = b[r * c.stride + i];
                if (i < c.n_out)
                    assert_near(a[r * c.stride + i], y, c.gate ? 400 : 40, "linear");
                else /* nothing is written behind a row */
                    assert_true(a[r * c.stride + i] == c.before[r * c.stride + i]);
            }
        }
        free(a);
        free(b);
        linear_clear(&c);
    }
}

static void a_row_is_the_same_bits_whatever_rows_come_with_it(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(2);
    for (size_t round = 0; round < 40; round++) {
        linear_case c = linear_random();
        float *all = linear_by(&c, tested, 0, c.n_rows);
        size_t from = (size_t)rand() % c.n_rows, n = up_to(c.n_rows - from);
        float *some = linear_by(&c, tested, from, n);
        assert_memory_equal(some, all + from * c.stride, n * c.stride * sizeof(float));
        free(all);
        free(some);
        linear_clear(&c);
    }
}

/* GELU and its like over their whole range, against libm in double. */
static inline double exact(td_activation activation, double x)
{
    switch (activation) {
    case TD_ACTIVATION_GELU:
        return 0.5 * x * (1 + erf(x * sqrt(0.5)));
    case TD_ACTIVATION_GELU_TANH:
        return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case TD_ACTIVATION_SILU:
        return x / (1 + exp(-x));
    case TD_ACTIVATION_SIGMOID:
        return 1 / (1 + exp(-x));
    default:
        return x;
    }
}

static void activations_are_exact_to_f32s_last_places(void **state)
{
    (void)state;
    if (!tested)
        skip();
    const float one = 1;
    td_matrix matrix;
    const td_packing source = {.kernels = tested, .n_out = 1, .n_in = 1, .weight = &one};
    assert_int_equal(td_embed_kernels_pack(&source, &matrix, NULL), TANDEM_OK);
    float *x = td_embed_kernels_floats(TD_ROWS_SPARE * td_embed_kernels_stride(1)), y = 0;
    for (int a = 0; a <= TD_ACTIVATION_SIGMOID; a++) {
        td_epilogue epilogue = {.activation = (td_activation)a, .out = &y, .out_stride = 1};
        for (int i = -12000; i <= 12000; i += 7) {
            x[0] = (float)i / 1000;
            assert_int_equal(tested->linear(&matrix, x, 1, 0, 1, &epilogue), TANDEM_OK);
            double want = exact((td_activation)a, x[0]);
            /* 1 + erf near -1 keeps f32's last places of 1, times x. */
            if (!(fabs(y - want) <= 2e-7 * (1 + fabs((double)x[0]))))
                fail_msg("activation %d of %g: %.9g, exactly %.9g", a, (double)x[0], (double)y,
                         want);
        }
    }
    free(x);
    td_embed_kernels_clear(&matrix);
}

/* ---- rows ---- */

static void norms_equal_plain_ones(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(3);
    for (size_t round = 0; round < 200; round++) {
        size_t n = up_to(400), n_rows = up_to(4), stride = td_embed_kernels_stride(n);
        float scale = round % 4 == 0 ? 1e-5f : 3; /* eps matters in rows of tiny variance */
        float eps = round % 2 ? 1e-12f : 1e-5f;
        float *x = random_floats(n_rows * stride, scale), *weight = random_floats(n, 1);
        float *bias = rand() % 2 ? random_floats(n, 1) : NULL;
        float *a = td_embed_kernels_floats(n_rows * stride);
        tested->norm(x, n_rows, n, weight, bias, eps, a);
        plain->norm(x, n_rows, n, weight, bias, eps, x); /* in place */
        for (size_t i = 0; i < n_rows * stride; i++) {
            if (i % stride < n)
                assert_near(a[i], x[i], 4, "norm");
        }
        free(x);
        free(weight);
        free(bias);
        free(a);
    }
}

static void rotations_equal_plain_ones(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(4);
    for (size_t round = 0; round < 100; round++) {
        size_t dim = 2 * up_to(64), n_heads = up_to(4), n = dim * n_heads;
        float *a = random_floats(n, 2), *b = random_floats(n, 2), *angles = random_floats(dim, 1);
        memcpy(b, a, n * sizeof(float));
        tested->rope(a, n_heads, dim, angles);
        plain->rope(b, n_heads, dim, angles);
        for (size_t i = 0; i < n; i++)
            assert_near(a[i], b[i], 2, "rope");
        free(a);
        free(b);
        free(angles);
    }
}

/* ---- attention ---- */

typedef struct attention_case {
    float *qkv, *out, *scratch;
    td_attention work;
} attention_case;

static inline attention_case attention_random(size_t n_tokens_max, float most)
{
    attention_case c;
    size_t dim = 2 * up_to(48), n = up_to(n_tokens_max), stride = td_embed_kernels_stride(3 * dim);
    c.qkv = random_floats(n * stride, most);
    c.out = td_embed_kernels_floats(n * dim);
    c.scratch = td_embed_kernels_floats(td_embed_kernels_attention_floats(n, dim));
    c.work = (td_attention){.q = c.qkv,
                            .k = c.qkv + dim,
                            .v = c.qkv + 2 * dim,
                            .stride = stride,
                            .n_tokens = n,
                            .n_queries = n,
                            .head_dim = dim,
                            .window = rand() % 2 ? SIZE_MAX : up_to(70) - 1,
                            .out = c.out,
                            .out_stride = dim,
                            .scratch = c.scratch};
    return c;
}

static inline void attention_clear(attention_case *c)
{
    free(c->qkv);
    free(c->out);
    free(c->scratch);
}

static void attention_equals_the_plain_one(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(5);
    for (size_t round = 0; round < 60; round++) {
        /* Large values make sharp softmaxes; 700 keys are several blocks. */
        attention_case c = attention_random(round % 6 == 0 ? 700 : 90, round % 3 ? 1.0f : 3.0f);
        size_t n = c.work.n_tokens * c.work.head_dim;
        float *a = td_embed_kernels_floats(n);
        tested->attention(&c.work);
        memcpy(a, c.out, n * sizeof(float));
        plain->attention(&c.work);
        for (size_t i = 0; i < n; i++)
            assert_near(a[i], c.out[i], 30, "attention");
        free(a);
        attention_clear(&c);
    }
}

static void the_first_query_alone_is_the_same_bits_as_with_the_others(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(6);
    for (size_t round = 0; round < 30; round++) {
        attention_case c = attention_random(600, 2);
        float all[256];
        tested->attention(&c.work);
        memcpy(all, c.out, c.work.head_dim * sizeof(float));
        c.work.n_queries = 1;
        tested->attention(&c.work);
        assert_memory_equal(c.out, all, c.work.head_dim * sizeof(float));
        attention_clear(&c);
    }
}

#define AGAINST_PLAIN                                                                           \
    cmocka_unit_test(linear_layers_equal_plain_ones),                                           \
        cmocka_unit_test(a_row_is_the_same_bits_whatever_rows_come_with_it),                    \
        cmocka_unit_test(activations_are_exact_to_f32s_last_places),                            \
        cmocka_unit_test(norms_equal_plain_ones), cmocka_unit_test(rotations_equal_plain_ones), \
        cmocka_unit_test(attention_equals_the_plain_one),                                       \
        cmocka_unit_test(the_first_query_alone_is_the_same_bits_as_with_the_others)

#endif
