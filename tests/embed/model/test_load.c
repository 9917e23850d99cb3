/* Tensors into matrices: the prefixes and old names under which files keep them. */
#include "embed/model/load.h"
#include "embed/model_dir.h"
#include "embed/weights/made.h"

/* p.norm.gamma/beta [2]; p.layer.1.a.weight [1,2], p.layer.1.b.weight [1,2]. */
static const char HEADER[] =
    "{\"p.norm.gamma\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
    "\"p.norm.beta\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
    "\"p.layer.1.a.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
    "\"p.layer.1.b.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[24,32]}}";

typedef struct fixture {
    td_buf file;
    td_weights *weights;
    td_loader loader;
    tandem_error err;
} fixture;

static void fixture_open(fixture *f)
{
    static const char *const prefixes[] = {"", "p."};
    const float values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    *f = (fixture){.file = made(HEADER, 32)};
    memcpy(f->file.ptr + f->file.n - 32, values, 32);
    assert_int_equal(open_made(&f->file, &f->weights, NULL), TANDEM_OK);
    f->loader = (td_loader){.weights = f->weights, .err = &f->err};
    assert_int_equal(td_embed_kernels_choose("plain", &f->loader.kernels, NULL), TANDEM_OK);
    td_embed_model_load_prefix(&f->loader, prefixes, 2, "norm.gamma");
}

static void fixture_close(fixture *f)
{
    td_embed_model_load_clear(&f->loader);
    td_embed_weights_close(f->weights);
    td_buf_clear(&f->file);
}

static void finds_the_prefix_and_old_names_of_norms(void **state)
{
    (void)state;
    fixture f;
    td_norm norm = {0};
    fixture_open(&f);
    assert_string_equal(f.loader.prefix, "p.");
    assert_int_equal(td_embed_model_load_norm(&f.loader, "norm", 2, true, &norm), TANDEM_OK);
    assert_true(norm.weight[1] == 2 && norm.bias[0] == 3);
    free(norm.weight);
    free(norm.bias);
    fixture_close(&f);
}

static void stacks_parts_and_splits_values_from_gates(void **state)
{
    (void)state;
    fixture f;
    fixture_open(&f);
    td_embed_model_load_enter(&f.loader, "layer", 1);
    for (int gating = TD_GATING_NONE; gating <= TD_GATING_GATE_FIRST; gating++) {
        td_matrix m;
        td_linear_parts parts = {.parts = {"a", "b"},
                                 .part_rows = 1,
                                 .n_in = 2,
                                 .gating = (td_gating)gating};
        f.loader.recipes.n = 0;
        assert_int_equal(td_embed_model_load_linear(&f.loader, &parts, &m), TANDEM_OK);
        assert_int_equal(td_embed_model_packing_run(&f.loader.recipes, &(td_model_source){0}, NULL),
                         TANDEM_OK);
        float value = m.panels[0], other = m.panels[m.gated ? m.n_panel_out : 1];
        assert_int_equal(m.n_out, gating == TD_GATING_NONE ? 2 : 1);
        assert_true(value == (gating == TD_GATING_GATE_FIRST ? 7 : 5));
        assert_true(other == (gating == TD_GATING_GATE_FIRST ? 5 : 7));
        td_embed_kernels_clear(&m);
    }
    fixture_close(&f);
}

static void names_the_part_that_is_missing(void **state)
{
    (void)state;
    fixture f;
    td_matrix m;
    td_linear_parts parts = {.parts = {"a", "c"}, .part_rows = 1, .n_in = 2};
    fixture_open(&f);
    td_embed_model_load_enter(&f.loader, "layer", 1);
    assert_int_equal(td_embed_model_load_linear(&f.loader, &parts, &m), TANDEM_E_FORMAT);
    assert_non_null(strstr(f.err.message, "\"p.layer.1.c.weight\" is missing"));
    parts = (td_linear_parts){.parts = {"a"}, .part_rows = 1, .n_in = 2, .bias = true};
    assert_int_equal(td_embed_model_load_linear(&f.loader, &parts, &m), TANDEM_E_FORMAT);
    assert_non_null(strstr(f.err.message, "\"p.layer.1.a.bias\" is missing"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_prefix_and_old_names_of_norms),
        cmocka_unit_test(stacks_parts_and_splits_values_from_gates),
        cmocka_unit_test(names_the_part_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
