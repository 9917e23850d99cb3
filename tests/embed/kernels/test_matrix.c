#include "embed/kernels/narrow.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const td_kernels *plain;

/* The plain table, were it one that adds pairs. */
static td_narrow pairs_narrow;
static td_kernels adds_pairs;

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
    const td_packing source = {
        .kernels = plain, .n_out = OUT, .n_in = IN, .weight = weight, .bias = bias};
    assert_int_equal(td_embed_kernels_pack(&source, &m, NULL), TANDEM_OK);
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
    const td_packing source = {
        .kernels = plain, .n_out = 2, .n_in = 1, .weight = weight, .gate = gate};
    assert_int_equal(td_embed_kernels_pack(&source, &m, NULL), TANDEM_OK);
    size_t half = plain->panel_width / 2;
    assert_true(m.panels[0] == 1 && m.panels[1] == 2);
    assert_true(m.panels[half] == 3 && m.panels[half + 1] == 4);
    td_embed_kernels_clear(&m);
}

/* A value of one row of weights, out of the packed form. */
static float unpacked(const td_matrix *m, size_t output, bool gate, size_t k)
{
    size_t panel = output / m->n_panel_out;
    size_t column = output % m->n_panel_out + (gate ? m->n_panel_out : 0);
    size_t byte = m->precision == TD_PRECISION_INT8 ? k : 2 * k;
    size_t at = ((panel * m->n_steps + byte / 64) * 2 + column / 16) * 1024 + byte % 64 / 4 * 64 +
                column % 16 * 4 + byte % 4;
    if (m->precision == TD_PRECISION_INT8)
        return (float)(int8_t)m->codes[at] * m->scales[panel * 32 + column];
    uint32_t bits = (uint32_t)m->codes[at] << 16 | (uint32_t)m->codes[at + 1] << 24;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void narrow_weights_lie_in_steps_of_64_bytes(void **state)
{
    (void)state;
    enum {
        IN = 150,
        OUT = 37
    };
    static float weight[OUT * IN], gate[OUT * IN];
    for (size_t i = 0; i < OUT * IN; i++) {
        weight[i] = sinf((float)i);
        gate[i] = cosf((float)i);
    }
    for (int p = TD_PRECISION_BF16; p <= TD_PRECISION_INT8; p++) {
        for (int gated = 0; gated < 2; gated++) {
            td_matrix m;
            const td_packing source = {.kernels = plain,
                                       .precision = (td_precision)p,
                                       .n_out = OUT,
                                       .n_in = IN,
                                       .weight = weight,
                                       .gate = gated ? gate : NULL};
            assert_int_equal(td_embed_kernels_pack(&source, &m, NULL), TANDEM_OK);
            for (size_t i = 0; i < OUT * IN; i++) {
                float error = p == TD_PRECISION_INT8 ? 0.5f / 127 : 1.0f / 256 * fabsf(weight[i]);
                assert_true(fabsf(unpacked(&m, i / IN, false, i % IN) - weight[i]) <= error);
                if (gated)
                    assert_true(fabsf(unpacked(&m, i / IN, true, i % IN) - gate[i]) <= 0.5f / 127);
            }
            for (size_t k = 0; k < IN; k++) /* behind the last output */
                assert_true(unpacked(&m, OUT, false, k) == 0);
            td_embed_kernels_clear(&m);
        }
    }
}

/* Of every precision, gated or not, with a part of the last panel and of the last step empty. */
static void panels_packed_one_by_one_give_the_same_bytes(void **state)
{
    (void)state;
    enum {
        IN = 70,
        OUT = 37
    };
    static float weight[OUT * IN], gate[OUT * IN], bias[OUT];
    for (size_t i = 0; i < OUT * IN; i++) {
        weight[i] = sinf((float)i);
        gate[i] = cosf((float)i);
        bias[i % OUT] = (float)i;
    }
    for (int form = TD_PRECISION_F32; form <= TD_PRECISION_INT8 + 1; form++) {
        bool by_pairs = form > TD_PRECISION_INT8;
        td_precision p = by_pairs ? TD_PRECISION_INT8 : (td_precision)form;
        for (int gated = 0; gated < 2; gated++) {
            td_matrix whole, m;
            const td_packing source = {.kernels = by_pairs ? &adds_pairs : plain,
                                       .precision = p,
                                       .n_out = OUT,
                                       .n_in = IN,
                                       .weight = weight,
                                       .bias = bias,
                                       .gate = gated ? gate : NULL};
            assert_int_equal(td_embed_kernels_pack(&source, &whole, NULL), TANDEM_OK);
            assert_int_equal(td_embed_kernels_pack_begin(&source, gated, &m, NULL), TANDEM_OK);
            assert_int_equal(td_embed_kernels_bytes_of(&source, gated), m.block_bytes);
            for (size_t panel = m.n_panels; panel-- > 0;) {
                const float *rows[TD_PANEL_MAX] = {NULL};
                float biases[TD_PANEL_MAX] = {0};
                for (size_t i = 0; i < m.n_panel_out && panel * m.n_panel_out + i < OUT; i++) {
                    size_t output = panel * m.n_panel_out + i;
                    rows[i] = weight + output * IN;
                    biases[i] = bias[output];
                    if (gated)
                        rows[m.n_panel_out + i] = gate + output * IN;
                }
                td_embed_kernels_pack_panel(&m, panel, rows, biases);
            }
            assert_int_equal(td_embed_kernels_pack_end(&m, NULL), TANDEM_OK);
            assert_true(td_str_eq(td_embed_kernels_block(&whole), td_embed_kernels_block(&m)));
            td_embed_kernels_clear(&whole);
            td_embed_kernels_clear(&m);
        }
    }
}

/* The codes of a matrix packed for a table that adds pairs, excess and all, are the other's. */
static void expect_same_codes(const td_matrix *pairs, const td_matrix *whole, size_t panel)
{
    const size_t bytes = whole->n_steps * 32 * 64;
    const uint16_t *ends = pairs->excess_ends + panel * 32;
    const td_excess *excess = pairs->excess + panel * pairs->excess_max;
    uint8_t *codes = malloc(bytes);

    assert_non_null(codes);
    memcpy(codes, pairs->codes + panel * bytes, bytes);
    for (size_t i = 0; i < bytes && ends[31] != TD_EXCESS_TOO_MUCH; i += 2)
        assert_true(abs((int8_t)codes[i] + (int8_t)codes[i + 1]) <= 128);
    for (size_t c = 0, i = 0; c < 32 && ends[31] != TD_EXCESS_TOO_MUCH; c++) {
        for (; i < ends[c]; i++) {
            size_t k = excess[i].input, step = k / 64 * 2 + c / 16;
            uint8_t *code = &codes[step * 1024 + k % 64 / 4 * 64 + c % 16 * 4 + k % 4];
            assert_true(k < whole->n_in);
            *code = (uint8_t)((int8_t)*code + excess[i].more);
        }
    }
    assert_memory_equal(codes, whole->codes + panel * bytes, bytes);
    free(codes);
}

static void pairs_of_codes_fit_16_bits_and_their_excess_is_kept(void **state)
{
    (void)state;
    enum {
        IN = 151,
        OUT = 80, /* two panels and a half */
    };
    static float weight[OUT * IN];
    td_matrix pairs, whole;
    srand(1);
    for (size_t i = 0; i < OUT * IN; i++) {
        float x = (float)rand() / (float)RAND_MAX - 0.5f;
        weight[i] = i / IN / 32 == 1 ? x : x * x * x * x * x; /* too many large ones; few of them */
    }
    td_packing source = {.kernels = plain,
                         .precision = TD_PRECISION_INT8,
                         .n_out = OUT,
                         .n_in = IN,
                         .weight = weight};
    assert_int_equal(td_embed_kernels_pack(&source, &whole, NULL), TANDEM_OK);
    assert_null(whole.excess);
    source.kernels = &adds_pairs;
    assert_int_equal(td_embed_kernels_pack(&source, &pairs, NULL), TANDEM_OK);
    for (size_t panel = 0; panel < pairs.n_panels; panel++) {
        uint16_t n = pairs.excess_ends[panel * 32 + 31];
        assert_true(panel == 1 ? n == TD_EXCESS_TOO_MUCH : n > 0 && n <= pairs.excess_max);
        expect_same_codes(&pairs, &whole, panel);
    }
    assert_memory_equal(pairs.sums, whole.sums, pairs.n_panels * 32 * sizeof(float));
    assert_memory_equal(pairs.scales, whole.scales, pairs.n_panels * 32 * sizeof(float));
    td_embed_kernels_clear(&pairs);

    source.n_in = TD_EXCESS_INPUTS_MAX + 1;
    assert_int_equal(td_embed_kernels_pack_begin(&source, false, &pairs, NULL), TANDEM_OK);
    assert_null(pairs.excess);
    td_embed_kernels_clear(&pairs);
    td_embed_kernels_clear(&whole);
}

static void weights_too_small_to_divide_by_become_zeros(void **state)
{
    (void)state;
    const float weight[] = {1e-40f, 0, -1e-39f};
    td_matrix m;
    const td_packing source = {
        .kernels = plain, .precision = TD_PRECISION_INT8, .n_out = 1, .n_in = 3, .weight = weight};
    assert_int_equal(td_embed_kernels_pack(&source, &m, NULL), TANDEM_OK);
    assert_true(unpacked(&m, 0, false, 0) == 0 && unpacked(&m, 0, false, 2) == 0);
    assert_true(m.sums[0] == 0);
    td_embed_kernels_clear(&m);
}

static void a_weight_that_is_not_finite_does_not_become_a_finite_one(void **state)
{
    (void)state;
    const float weight[2][2] = {{1, NAN}, {INFINITY, 1}};
    for (size_t i = 0; i < 2; i++) {
        td_matrix m;
        const td_packing source = {.kernels = plain,
                                   .precision = TD_PRECISION_INT8,
                                   .n_out = 1,
                                   .n_in = 2,
                                   .weight = weight[i]};
        assert_int_equal(td_embed_kernels_pack(&source, &m, NULL), TANDEM_OK);
        assert_false(isfinite(m.scales[0]));
        td_embed_kernels_clear(&m);
    }
}

static void bf16_is_the_nearest_and_of_two_the_even_one(void **state)
{
    (void)state;
    assert_int_equal(to_bf16(1.0f), 0x3f80);
    assert_int_equal(to_bf16(1.0f + 0x1p-8f), 0x3f80);
    assert_int_equal(to_bf16(1.0f + 0x3p-8f), 0x3f82);
    assert_int_equal(to_bf16(1.0f + 0x1.1p-8f), 0x3f81);
    assert_true(isnan(from_bf16(to_bf16(NAN))));
    assert_true(isinf(from_bf16(to_bf16(INFINITY))));
}

static void refuses_sizes_that_overflow(void **state)
{
    (void)state;
    td_matrix m;
    const float weight = 0;
    const td_packing source = {.kernels = plain,
                               .n_out = SIZE_MAX / 64,
                               .n_in = SIZE_MAX / 64,
                               .weight = &weight};
    assert_int_equal(td_embed_kernels_pack(&source, &m, NULL), TANDEM_E_TOO_LARGE);
    assert_null(td_embed_kernels_floats(SIZE_MAX / 4));
}

static void a_block_makes_the_same_matrix(void **state)
{
    (void)state;
    enum {
        IN = 70,
        OUT = 41
    };
    float weight[OUT * IN], bias[OUT];
    for (size_t i = 0; i < OUT * IN; i++)
        weight[i] = sinf((float)i);
    for (size_t i = 0; i < OUT; i++)
        bias[i] = (float)i;
    for (int i = 0; i < 8; i++) {
        bool gated = i % 2;
        td_matrix packed, adopted = {0};
        td_precision precision = i < 6 ? (td_precision)(i / 2) : TD_PRECISION_INT8;
        const td_packing source = {.kernels = i < 6 ? plain : &adds_pairs,
                                   .precision = precision,
                                   .n_out = OUT,
                                   .n_in = IN,
                                   .weight = weight,
                                   .gate = gated ? weight : NULL,
                                   .bias = bias};
        assert_int_equal(td_embed_kernels_pack(&source, &packed, NULL), TANDEM_OK);
        td_str block = td_embed_kernels_block(&packed);
        assert_int_equal(block.n, td_embed_kernels_bytes(&packed));
        assert_false(td_embed_kernels_adopt(&source, !gated, block, &adopted));
        assert_false(
            td_embed_kernels_adopt(&source, gated, (td_str){block.ptr, block.n - 1}, &adopted));
        assert_false(
            td_embed_kernels_adopt(&source, gated, (td_str){block.ptr + 4, block.n}, &adopted));
        assert_null(adopted.kernels);
        assert_true(td_embed_kernels_adopt(&source, gated, block, &adopted));
        assert_null(adopted.owned);
        adopted.owned = packed.owned;
        assert_memory_equal(&adopted, &packed, sizeof(packed));
        td_embed_kernels_clear(&packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stride_holds_its_columns_and_is_no_multiple_of_512_bytes),
        cmocka_unit_test(weights_lie_in_panels_with_zeros_behind_the_last),
        cmocka_unit_test(gates_lie_beside_their_values),
        cmocka_unit_test(narrow_weights_lie_in_steps_of_64_bytes),
        cmocka_unit_test(panels_packed_one_by_one_give_the_same_bytes),
        cmocka_unit_test(pairs_of_codes_fit_16_bits_and_their_excess_is_kept),
        cmocka_unit_test(weights_too_small_to_divide_by_become_zeros),
        cmocka_unit_test(a_weight_that_is_not_finite_does_not_become_a_finite_one),
        cmocka_unit_test(bf16_is_the_nearest_and_of_two_the_even_one),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(a_block_makes_the_same_matrix),
    };
    if (td_embed_kernels_choose("plain", &plain, NULL) != TANDEM_OK)
        return 1;
    pairs_narrow = *plain->narrow;
    pairs_narrow.int8_adds_pairs = true;
    adds_pairs = *plain;
    adds_pairs.narrow = &pairs_narrow;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
