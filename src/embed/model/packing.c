#include "embed/model/packing.h"

#include <stdlib.h>

/* Row `row` of all parts, as f32: where it lies, or copied to `to`. */
static const float *get_row(const td_recipe *recipe, size_t row, float *to)
{
    const td_tensor *tensor = recipe->weights[row / recipe->part_rows];
    const float *lies = td_embed_weights_get_row(tensor, row % recipe->part_rows);
    if (lies)
        return lies;
    td_embed_weights_read_row(tensor, row % recipe->part_rows, to);
    return to;
}

static float get_bias(const td_recipe *recipe, size_t row)
{
    const td_tensor *tensor = recipe->biases[row / recipe->part_rows];
    float value = 0;
    if (tensor)
        td_embed_weights_read_row(tensor, row % recipe->part_rows, &value);
    return value;
}

size_t td_embed_model_packing_floats(const td_recipes *recipes)
{
    size_t most = 0;
    for (size_t i = 0; i < recipes->n; i++) {
        const td_matrix *matrix = recipes->items[i].matrix;
        size_t n = td_embed_kernels_panel_width(matrix) * matrix->n_in;
        most = n > most ? n : most;
    }
    return most;
}

void td_embed_model_packing_panel(const td_recipe *recipe, size_t panel, float *floats)
{
    td_matrix *matrix = recipe->matrix;
    const float *rows[TD_PANEL_MAX] = {NULL};
    float bias[TD_PANEL_MAX] = {0};
    size_t n_out = matrix->n_panel_out, first = panel * n_out, n_in = matrix->n_in;
    size_t values = recipe->gating == TD_GATING_GATE_FIRST ? matrix->n_out : 0;
    size_t gates = recipe->gating == TD_GATING_VALUE_FIRST ? matrix->n_out : 0;

    for (size_t i = 0; i < n_out && first + i < matrix->n_out; i++) {
        rows[i] = get_row(recipe, values + first + i, floats + i * n_in);
        bias[i] = get_bias(recipe, values + first + i);
        if (!matrix->gated)
            continue;
        rows[n_out + i] = get_row(recipe, gates + first + i, floats + (n_out + i) * n_in);
        bias[n_out + i] = get_bias(recipe, gates + first + i);
    }
    td_embed_kernels_pack_panel(matrix, panel, rows, bias);
}

void td_embed_model_packing_forget(const td_recipe *recipe, const td_model_source *source)
{
    for (size_t i = 0; i < recipe->n_parts && source->forget; i++)
        source->forget(source->user, (td_str){(const char *)recipe->weights[i]->data,
                                              recipe->weights[i]->data_bytes});
}

/* ---- all of a model's ---- */

typedef struct packing {
    const td_recipes *recipes;
    const td_model_source *source;
    size_t n_floats;
    atomic_size_t next;    /* panel, counted through all matrices */
    atomic_size_t *n_left; /* [recipes], panels */
    atomic_size_t n_packed;
} packing;

static void pack_some(void *arg)
{
    packing *p = arg;
    size_t at = 0, first = 0; /* the recipe whose panels begin with `first` */
    float *floats = td_embed_kernels_floats(p->n_floats);

    if (!floats)
        return; /* the others do it all */
    for (;;) {
        if (p->source->pause)
            p->source->pause(p->source->user);
        size_t next = atomic_fetch_add(&p->next, 1);
        while (at < p->recipes->n && next - first >= p->recipes->items[at].matrix->n_panels)
            first += p->recipes->items[at++].matrix->n_panels;
        if (at == p->recipes->n)
            break;
        td_embed_model_packing_panel(&p->recipes->items[at], next - first, floats);
        /* Pages need not stay in memory beside what they became. */
        if (atomic_fetch_sub(&p->n_left[at], 1) == 1)
            td_embed_model_packing_forget(&p->recipes->items[at], p->source);
        atomic_fetch_add(&p->n_packed, 1);
    }
    free(floats);
}

tandem_code td_embed_model_packing_run(const td_recipes *recipes, const td_model_source *source,
                                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    packing p = {.recipes = recipes,
                 .source = source,
                 .n_floats = td_embed_model_packing_floats(recipes),
                 .n_left = calloc(recipes->n + 1, sizeof(*p.n_left))};
    size_t n_panels = 0;

    if (!p.n_left)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to pack weights");
    for (size_t i = 0; i < recipes->n; i++) {
        atomic_store(&p.n_left[i], recipes->items[i].matrix->n_panels);
        n_panels += recipes->items[i].matrix->n_panels;
    }
    if (source->share)
        source->share(source->user, pack_some, &p);
    else
        pack_some(&p);
    if (atomic_load(&p.n_packed) < n_panels)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory to pack weights");
    for (size_t i = 0; i < recipes->n; i++)
        TD_TRY(td_embed_kernels_pack_end(recipes->items[i].matrix, err));

out:
    free(p.n_left);
    return code;
}
