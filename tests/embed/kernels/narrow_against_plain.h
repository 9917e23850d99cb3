/* tests/embed/kernels/narrow_against_plain.h - the bf16 and int8 half of a table held to the plain
 * one over random shapes. */
#ifndef TESTS_EMBED_KERNELS_NARROW_AGAINST_PLAIN_H
#define TESTS_EMBED_KERNELS_NARROW_AGAINST_PLAIN_H

#include "embed/kernels/cases.h"
#include "embed/kernels/narrow.h"

/* ---- rows ---- */

static inline td_rows rows_new(size_t n_rows, size_t n, td_precision precision)
{
    td_rows rows = {.stride = td_embed_kernels_row_bytes(n, precision)};
    size_t bytes = (n_rows + TD_ROWS_SPARE) * rows.stride;
    rows.values = (uint8_t *)td_embed_kernels_floats(bytes / 4);
    rows.scales = calloc(n_rows + TD_ROWS_SPARE, sizeof(*rows.scales));
    assert_true(rows.values && rows.scales);
    memset(rows.values, 0xff, bytes); /* NaN as bf16: spare rows may hold anything */
    return rows;
}

static inline void rows_clear(td_rows *rows)
{
    free(rows->values);
    free(rows->scales);
}

static inline float row_value(const td_rows *rows, td_precision precision, size_t r, size_t i)
{
    const uint8_t *row = rows->values + r * rows->stride;
    if (precision == TD_PRECISION_BF16)
        return from_bf16(((const uint16_t *)row)[i]);
    return (row[i] - rows->scales[r].zero) * rows->scales[r].scale;
}

static inline td_precision any_precision(void)
{
    return rand() % 2 ? TD_PRECISION_BF16 : TD_PRECISION_INT8;
}

static void coded_rows_are_the_normed_rows_within_half_a_step(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(11);
    for (size_t round = 0; round < 120; round++) {
        size_t n = up_to(400), n_rows = up_to(4), stride = td_embed_kernels_stride(n);
        td_precision precision = any_precision();
        float *x = random_floats(n_rows * stride, 3), *weight = random_floats(n, 1);
        float *bias = rand() % 2 ? random_floats(n, 1) : NULL;
        float *want = td_embed_kernels_floats(n_rows * stride);
        bool in_place = rand() % 2, bare = rand() % 4 == 0;
        td_norming work = {.weight = bare ? NULL : weight,
                           .bias = bias,
                           .eps = 1e-12f,
                           .n = n,
                           .out = in_place ? x : NULL,
                           .precision = precision,
                           .coded = rows_new(n_rows, n, precision)};
        memcpy(want, x, n_rows * stride * sizeof(float));
        if (!bare)
            plain->norm(x, n_rows, n, weight, bias, 1e-12f, want);
        tested->narrow->norm(x, n_rows, &work);
        for (size_t i = 0; i < n_rows * n; i++) {
            size_t r = i / n, c = i % n;
            float y = want[r * stride + c];
            float step =
                precision == TD_PRECISION_BF16 ? fabsf(y) / 128 : work.coded.scales[r].scale;
            float got = row_value(&work.coded, precision, r, c);
            if (!(fabsf(got - y) <= 0.505f * step + 1e-5f))
                fail_msg("coded %g, normed %g, step %g", (double)got, (double)y, (double)step);
            if (in_place)
                assert_near(x[r * stride + c], y, 4, "norm");
        }
        for (size_t i = n; precision == TD_PRECISION_BF16 && i < (n + 31) / 32 * 32; i++)
            assert_true(row_value(&work.coded, precision, 0, i) == 0);
        rows_clear(&work.coded);
        free(x);
        free(weight);
        free(bias);
        free(want);
    }
}

static void bf16_rows_become_int8_within_half_a_step(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(12);
    for (size_t round = 0; round < 60; round++) {
        size_t n = up_to(300), n_rows = up_to(3);
        td_rows coded = rows_new(n_rows, n, TD_PRECISION_INT8);
        uint16_t *x = calloc(n_rows * n, sizeof(*x));
        float shift = any(3);
        for (size_t i = 0; i < n_rows * n; i++)
            x[i] = to_bf16(any(2) + shift);
        tested->narrow->code(x, n, n_rows, n, &coded);
        for (size_t i = 0; i < n_rows * n; i++) {
            float y = from_bf16(x[i]), step = coded.scales[i / n].scale;
            assert_true(fabsf(row_value(&coded, TD_PRECISION_INT8, i / n, i % n) - y) <=
                        0.505f * step);
        }
        free(x);
        rows_clear(&coded);
    }
}

static void a_row_that_is_not_finite_does_not_become_a_finite_one(void **state)
{
    (void)state;
    if (!tested)
        skip();
    float *x = random_floats(td_embed_kernels_stride(100), 1);
    td_norming work = {.n = 100,
                       .precision = TD_PRECISION_INT8,
                       .coded = rows_new(1, 100, TD_PRECISION_INT8)};
    for (size_t i = 0; i < 100; i += 33) {
        float kept = x[i];
        x[i] = i % 2 ? NAN : INFINITY;
        tested->narrow->norm(x, 1, &work);
        assert_false(isfinite(work.coded.scales[0].scale));
        x[i] = kept;
    }
    rows_clear(&work.coded);
    free(x);
}

/* ---- linear ---- */

typedef struct narrow_case {
    linear_case base; /* its x is not used */
    td_precision precision;
    td_rows x;
    bool to_bf16;
    size_t stride; /* of the result, in values */
} narrow_case;

static inline narrow_case narrow_random(size_t n_rows_max)
{
    narrow_case c = {.base = linear_random(), .precision = any_precision(), .to_bf16 = rand() % 2};
    size_t x_stride = td_embed_kernels_stride(c.base.n_in);
    c.base.n_rows = up_to(n_rows_max);
    float *x = random_floats(c.base.n_rows * x_stride, 2);
    c.x = rows_new(c.base.n_rows, c.base.n_in, c.precision);
    td_norming work = {.n = c.base.n_in, .precision = c.precision, .coded = c.x};
    plain->narrow->norm(x, c.base.n_rows, &work);
    free(x);
    free(c.base.before);
    c.base.epilogue.add = !c.to_bf16 && rand() % 2;
    c.stride = c.to_bf16 ? td_embed_kernels_row_bytes(c.base.n_out, TD_PRECISION_BF16) / 2
                         : td_embed_kernels_stride(c.base.n_out);
    c.base.before = random_floats(c.base.n_rows * c.stride, 1);
    return c;
}

static inline void narrow_clear(narrow_case *c)
{
    linear_clear(&c->base);
    rows_clear(&c->x);
}

/* What a table makes of rows [from, from + n), as f32; where bf16 is wanted, rounded to it. */
static inline float *narrow_by(const narrow_case *c, const td_kernels *kernels, size_t from,
                               size_t n)
{
    td_matrix matrix = linear_pack(&c->base, kernels, c->precision);
    td_epilogue epilogue = c->base.epilogue;
    td_rows x = c->x;
    float *out = td_embed_kernels_floats(n * c->stride);
    uint16_t *narrow = calloc(n * c->stride, sizeof(*narrow));
    memcpy(out, c->base.before + from * c->stride, n * c->stride * sizeof(float));
    x.values += from * x.stride;
    x.scales += from;
    epilogue.out = c->to_bf16 ? NULL : out;
    epilogue.out_bf16 = c->to_bf16 ? narrow : NULL;
    epilogue.out_stride = c->stride;
    size_t half = up_to(matrix.n_panels); /* in two parts, as a team would */
    kernels->narrow->linear(&matrix, &x, n, 0, half, &epilogue);
    kernels->narrow->linear(&matrix, &x, n, half, matrix.n_panels, &epilogue);
    for (size_t i = 0; c->to_bf16 && i < n * c->stride; i++)
        out[i] = from_bf16(narrow[i]);
    td_embed_kernels_clear(&matrix);
    free(narrow);
    return out;
}

static void narrow_layers_equal_plain_ones(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(13);
    for (size_t round = 0; round < 120; round++) {
        narrow_case c = narrow_random(round % 20 == 0 ? 300 : 40);
        const linear_case *l = &c.base;
        float *a = narrow_by(&c, tested, 0, l->n_rows), *b = narrow_by(&c, plain, 0, l->n_rows);
        /* Sums in another order; an activation by polynomials; bf16's last place. */
        float error = l->epilogue.activation == TD_ACTIVATION_NONE ? 2e-6f : 4e-5f;
        for (size_t i = 0; i < l->n_rows * c.stride; i++) {
            size_t column = i % c.stride;
            float scale = l->gate ? 400 : 40, want = b[i];
            if (column < l->n_out) {
                float near = error * (scale + fabsf(want)) + (c.to_bf16 ? fabsf(want) / 128 : 0);
                if (!(fabsf(a[i] - want) <= near))
                    fail_msg("%zu: %.9g, plain %.9g", column, (double)a[i], (double)want);
            } else if (!c.to_bf16) { /* nothing is written behind a row */
                assert_true(a[i] == l->before[i]);
            } else if (column <
                       (l->n_out + 31) / 32 * 32) { /* what the next step multiplies by 0 */
                assert_true(isfinite(a[i]));
            }
        }
        free(a);
        free(b);
        narrow_clear(&c);
    }
}

static void a_narrow_row_is_the_same_bits_whatever_rows_come_with_it(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(14);
    for (size_t round = 0; round < 60; round++) {
        narrow_case c = narrow_random(round % 10 == 0 ? 300 : 40);
        size_t n_rows = c.base.n_rows, from = (size_t)rand() % n_rows, n = up_to(n_rows - from);
        float *all = narrow_by(&c, tested, 0, n_rows), *some = narrow_by(&c, tested, from, n);
        assert_memory_equal(some, all + from * c.stride, n * c.stride * sizeof(float));
        free(all);
        free(some);
        narrow_clear(&c);
    }
}

/* int8 products are whole numbers: no table's differ before the epilogue rounds. */
static void int8_products_do_not_saturate(void **state)
{
    (void)state;
    if (!tested)
        skip();
    enum {
        IN = 3072
    };
    td_rows x = rows_new(1, IN, TD_PRECISION_INT8);
    float *weight = td_embed_kernels_floats(2 * IN), y[2];
    for (size_t i = 0; i < IN; i++) {
        weight[i] = 127;
        weight[IN + i] = -127;
        x.values[i] = 255;
    }
    x.scales[0].scale = 1;
    const linear_case c = {.n_in = IN, .n_out = 2, .weight = weight};
    td_matrix matrix = linear_pack(&c, tested, TD_PRECISION_INT8);
    tested->narrow->linear(&matrix, &x, 1, 0, 1, &(td_epilogue){.out = y, .out_stride = 2});
    assert_true(y[0] == 255.0f * 127 * IN && y[1] == -255.0f * 127 * IN);
    td_embed_kernels_clear(&matrix);
    rows_clear(&x);
    free(weight);
}

/* Few of them large, as those of a model: a sum of others. */
static inline float *bell_floats(size_t n)
{
    float *floats = random_floats(n, 1);
    for (size_t i = 0; i < n; i++)
        floats[i] += any(1) + any(1) + any(1);
    return floats;
}

/* Inputs that meet a weight of one sign at their largest, the others 0, which is as much as there
 * can be where a table adds in fewer bits; then any. */
static void the_largest_int8_products_are_the_plain_ones(void **state)
{
    (void)state;
    if (!tested)
        skip();
    enum {
        OUT = 2 * TD_NARROW_WIDTH,
        MEET = 60,
        ROWS = MEET + 10
    };
    static const size_t n_ins[] = {96, 151, 512, 4096}, n_rows[] = {1, 12, 17, 50, ROWS};
    static float got[ROWS * OUT], want[ROWS * OUT];
    srand(18);
    for (size_t round = 0; round < sizeof(n_ins) / sizeof(n_ins[0]); round++) {
        size_t n_in = n_ins[round];
        td_rows x = rows_new(ROWS, n_in, TD_PRECISION_INT8);
        float *weight = bell_floats(OUT * n_in);
        for (size_t i = 0; i < ROWS * n_in; i++) {
            size_t r = i / n_in, k = i % n_in;
            bool positive = weight[r / 2 * n_in + k] > 0, met = positive == (r % 2 == 0);
            x.values[r * x.stride + k] = r < MEET ? (met ? 255 : 0) : (uint8_t)rand();
        }
        for (size_t r = 0; r < ROWS; r++)
            x.scales[r].scale = 1;
        const linear_case c = {.n_in = n_in, .n_out = OUT, .weight = weight};
        td_matrix matrix = linear_pack(&c, tested, TD_PRECISION_INT8);
        td_matrix plain_matrix = linear_pack(&c, plain, TD_PRECISION_INT8);
        td_epilogue epilogue = {.out = want, .out_stride = OUT};
        plain->narrow->linear(&plain_matrix, &x, ROWS, 0, 2, &epilogue);
        epilogue.out = got;
        for (size_t i = 0; i < sizeof(n_rows) / sizeof(n_rows[0]); i++) {
            memset(got, 0, sizeof(got));
            tested->narrow->linear(&matrix, &x, n_rows[i], 0, 2, &epilogue);
            assert_memory_equal(got, want, n_rows[i] * OUT * sizeof(*got));
        }
        td_embed_kernels_clear(&matrix);
        td_embed_kernels_clear(&plain_matrix);
        rows_clear(&x);
        free(weight);
    }
}

/* ---- attention ---- */

typedef struct narrow_attention_case {
    uint16_t *qkv, *out;
    float *table;
    const float **angles;
    float *scratch;
    td_narrow_attention work;
} narrow_attention_case;

static inline narrow_attention_case narrow_attention_random(size_t n_tokens_max, float most)
{
    narrow_attention_case c;
    size_t dim = rand() % 2 ? 32 * up_to(3) : 2 * up_to(48), n = up_to(n_tokens_max);
    size_t stride = td_embed_kernels_row_bytes(3 * dim, TD_PRECISION_BF16) / 2;
    c.qkv = (uint16_t *)td_embed_kernels_floats((n + TD_ROWS_SPARE) * stride / 2);
    for (size_t i = 0; i < n * stride; i++)
        c.qkv[i] = to_bf16(any(most));
    c.out = calloc(n * dim, sizeof(*c.out));
    c.table = random_floats(n * dim, 1);
    c.angles = calloc(n, sizeof(*c.angles));
    for (size_t i = 0; i < n; i++)
        c.angles[i] = c.table + i * dim;
    c.scratch = td_embed_kernels_floats(td_embed_kernels_narrow_attention_bytes(n, dim) / 4);
    c.work = (td_narrow_attention){.q = c.qkv,
                                   .k = c.qkv + dim,
                                   .v = c.qkv + 2 * dim,
                                   .stride = stride,
                                   .n_tokens = n,
                                   .n_queries = n,
                                   .head_dim = dim,
                                   .window = rand() % 2 ? SIZE_MAX : up_to(70) - 1,
                                   .angles = rand() % 2 ? c.angles : NULL,
                                   .out = c.out,
                                   .out_stride = dim,
                                   .scratch = (uint8_t *)c.scratch};
    return c;
}

static inline void narrow_attention_clear(narrow_attention_case *c)
{
    free(c->qkv);
    free(c->out);
    free(c->table);
    free(c->angles);
    free(c->scratch);
}

/* One key far above the others, whose part adds up to a twentieth. */
static void many_small_narrow_weights_keep_their_part(void **state)
{
    (void)state;
    if (!tested)
        skip();
    narrow_attention_case c;
    size_t n = 8192, dim = 32;
    size_t stride = td_embed_kernels_row_bytes(3 * dim, TD_PRECISION_BF16) / 2;
    c.qkv = (uint16_t *)td_embed_kernels_floats((n + TD_ROWS_SPARE) * stride / 2);
    memset(c.qkv, 0, n * stride * sizeof(*c.qkv));
    c.scratch = td_embed_kernels_floats(td_embed_kernels_narrow_attention_bytes(n, dim) / 4);
    c.out = calloc(n * dim, sizeof(*c.out));
    c.qkv[0] = to_bf16(8);
    c.qkv[dim] = to_bf16(8.5f); /* 8 * 8.5 / sqrt(32): e^12 times the weight of the others */
    for (size_t i = 1; i < n; i++)
        for (size_t d = 0; d < dim; d++)
            c.qkv[i * stride + 2 * dim + d] = to_bf16(1);
    c.work = (td_narrow_attention){.q = c.qkv,
                                   .k = c.qkv + dim,
                                   .v = c.qkv + 2 * dim,
                                   .stride = stride,
                                   .n_tokens = n,
                                   .n_queries = 1,
                                   .head_dim = dim,
                                   .window = SIZE_MAX,
                                   .out = c.out,
                                   .out_stride = dim,
                                   .scratch = (uint8_t *)c.scratch};
    tested->narrow->attention(&c.work);
    assert_float_equal(from_bf16(c.out[0]), 0.047f, 0.005f);
    free(c.qkv);
    free(c.out);
    free(c.scratch);
}

static void narrow_attention_equals_the_plain_one(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(15);
    for (size_t round = 0; round < 60; round++) {
        /* Large values make sharp softmaxes; 1300 keys are several blocks. */
        float most = round % 3 ? 1.0f : 3.0f;
        narrow_attention_case c = narrow_attention_random(round % 12 == 0 ? 1300 : 90, most);
        size_t n = c.work.n_tokens * c.work.head_dim;
        uint16_t *a = calloc(n, sizeof(*a));
        if (c.work.n_tokens > 200) /* the plain one is slow */
            c.work.n_queries = 40;
        tested->narrow->attention(&c.work);
        memcpy(a, c.out, n * sizeof(*a));
        plain->narrow->attention(&c.work);
        for (size_t i = 0; i < c.work.n_queries * c.work.head_dim; i++) {
            float got = from_bf16(a[i]), y = from_bf16(c.out[i]);
            if (!(fabsf(got - y) <= 0.01f * most))
                fail_msg("attention: %g, plain %g", (double)got, (double)y);
        }
        free(a);
        narrow_attention_clear(&c);
    }
}

static void the_first_narrow_query_alone_is_the_same_bits_as_with_the_others(void **state)
{
    (void)state;
    if (!tested)
        skip();
    srand(16);
    for (size_t round = 0; round < 30; round++) {
        narrow_attention_case c = narrow_attention_random(tested == plain ? 60 : 600, 2);
        uint16_t all[256];
        tested->narrow->attention(&c.work);
        memcpy(all, c.out, c.work.head_dim * sizeof(*all));
        c.work.n_queries = 1;
        tested->narrow->attention(&c.work);
        assert_memory_equal(c.out, all, c.work.head_dim * sizeof(*all));
        narrow_attention_clear(&c);
    }
}

#define NARROW_AGAINST_PLAIN                                                        \
    cmocka_unit_test(coded_rows_are_the_normed_rows_within_half_a_step),            \
        cmocka_unit_test(bf16_rows_become_int8_within_half_a_step),                 \
        cmocka_unit_test(a_row_that_is_not_finite_does_not_become_a_finite_one),    \
        cmocka_unit_test(narrow_layers_equal_plain_ones),                           \
        cmocka_unit_test(a_narrow_row_is_the_same_bits_whatever_rows_come_with_it), \
        cmocka_unit_test(int8_products_do_not_saturate),                            \
        cmocka_unit_test(the_largest_int8_products_are_the_plain_ones),             \
        cmocka_unit_test(narrow_attention_equals_the_plain_one),                    \
        cmocka_unit_test(many_small_narrow_weights_keep_their_part),                \
        cmocka_unit_test(the_first_narrow_query_alone_is_the_same_bits_as_with_the_others)

#endif
