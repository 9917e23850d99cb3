#include "embed/model/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HIDDEN_MAX = 16384,
    LAYERS_MAX = 256,
    HEADS_MAX = 256,
    INTERMEDIATE_MAX = 65536,
    VOCAB_MAX = 1 << 22,
    POSITIONS_MAX = 1 << 17,
};

tandem_code td_embed_model_load_sizes(const td_fields *config, const td_size_names *names,
                                      td_encoder *encoder, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

#define SIZE(name, max, out) \
    if (names->name)         \
        TD_TRY(td_embed_model_fields_size(config, names->name, 1, max, TD_FIELD_NEEDED, out, err))
    SIZE(hidden, HIDDEN_MAX, &encoder->hidden);
    SIZE(n_layers, LAYERS_MAX, &encoder->n_layers);
    SIZE(n_heads, HEADS_MAX, &encoder->n_heads);
    SIZE(intermediate, INTERMEDIATE_MAX, &encoder->intermediate);
    SIZE(n_vocab, VOCAB_MAX, &encoder->n_vocab);
    SIZE(n_positions, POSITIONS_MAX, &encoder->n_positions);
#undef SIZE
    encoder->head_dim = encoder->hidden / encoder->n_heads;
    if (encoder->hidden % encoder->n_heads != 0)
        TD_FAIL(err, TANDEM_E_FORMAT, "config.json: \"%s\" %zu is no multiple of \"%s\" %zu",
                names->hidden, encoder->hidden, names->n_heads, encoder->n_heads);
    if (encoder->head_dim % 2 != 0 || encoder->head_dim > TD_HEAD_DIM_MAX)
        TD_FAIL(err, TANDEM_E_FORMAT,
                "config.json: \"%s\" %zu over \"%s\" %zu: heads of %zu; even ones up to %d are "
                "supported",
                names->hidden, encoder->hidden, names->n_heads, encoder->n_heads, encoder->head_dim,
                TD_HEAD_DIM_MAX);

out:
    return code;
}

tandem_code td_embed_model_load_activation(const td_fields *config, const char *path,
                                           const char *otherwise, td_activation *activation_out,
                                           tandem_error *err)
{
    static const struct {
        const char *name;
        td_activation activation;
    } known[] = {
        {"gelu", TD_ACTIVATION_GELU},           {"gelu_new", TD_ACTIVATION_GELU_TANH},
        {"gelu_fast", TD_ACTIVATION_GELU_TANH}, {"gelu_pytorch_tanh", TD_ACTIVATION_GELU_TANH},
        {"silu", TD_ACTIVATION_SILU},           {"swish", TD_ACTIVATION_SILU},
    };
    const char *name = NULL;
    tandem_code code = td_embed_model_fields_text(config, path, otherwise, &name, err);
    if (code != TANDEM_OK)
        return code;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i].name) == 0) {
            *activation_out = known[i].activation;
            return TANDEM_OK;
        }
    }
    return td_fail(err, TANDEM_E_UNSUPPORTED,
                   "config.json: \"%s\" is \"%.40s\"; gelu, gelu_new, gelu_fast, "
                   "gelu_pytorch_tanh, silu and swish are supported",
                   path, name);
}

tandem_code td_embed_model_load_rope(td_encoder *encoder, size_t index, double base,
                                     const double *inverse, tandem_error *err)
{
    td_rope *rope = &encoder->ropes[index];
    rope->base = base;
    rope->dim = encoder->head_dim;
    rope->n_positions = encoder->n_positions;
    return td_embed_model_rope_make(rope, inverse, err);
}

static const char *full_name(td_loader *loader, const char *name, const char *suffix)
{
    snprintf(loader->name, sizeof(loader->name), "%s%s%s%s", loader->prefix, loader->layer, name,
             suffix);
    return loader->name;
}

void td_embed_model_load_prefix(td_loader *loader, const char *const *prefixes, size_t n,
                                const char *probe)
{
    for (size_t i = n; i > 0; i--) {
        loader->prefix = prefixes[i - 1];
        if (i == 1 || td_embed_weights_find(loader->weights, full_name(loader, probe, "")))
            return;
    }
}

tandem_code td_embed_model_load_peek(td_loader *loader, const char *name, size_t *n_rows_out)
{
    const td_tensor *tensor = td_embed_weights_find(loader->weights, full_name(loader, name, ""));
    if (!tensor)
        return td_fail(loader->err, TANDEM_E_FORMAT, "model.safetensors: tensor \"%s\" is missing",
                       loader->name);
    if (tensor->n_dims != 2 || tensor->dims[0] == 0 || tensor->dims[0] > INTERMEDIATE_MAX)
        return td_fail(loader->err, TANDEM_E_FORMAT,
                       "%.*s: tensor \"%s\" is not a matrix of 1 to %d rows",
                       TD_STR_FMT(tensor->file), loader->name, INTERMEDIATE_MAX);
    *n_rows_out = (size_t)tensor->dims[0];
    return TANDEM_OK;
}

void td_embed_model_load_enter(td_loader *loader, const char *group, size_t layer)
{
    snprintf(loader->layer, sizeof(loader->layer), "%s.%zu.", group, layer);
}

tandem_code td_embed_model_load_layers(td_loader *loader, td_encoder *encoder)
{
    encoder->layers = calloc(encoder->n_layers, sizeof(td_layer));
    if (!encoder->layers)
        return td_fail_nomem(loader->err, "layers");
    for (size_t l = 0; l < encoder->n_layers; l++)
        encoder->layers[l].window = SIZE_MAX;
    return TANDEM_OK;
}

static tandem_code adopt(const td_loader *loader, const td_recipe *recipe)
{
    const td_blocks *packed = loader->packed;
    size_t at = loader->recipes.n;

    if (at >= packed->n || !td_embed_kernels_adopt(&recipe->shape, recipe->gating != TD_GATING_NONE,
                                                   packed->items[at], recipe->matrix))
        return td_fail(loader->err, TANDEM_E_CONFLICT,
                       "packed matrix %zu of %zu is not of the model's shape", at, packed->n);
    return TANDEM_OK;
}

/* All must be there before room is made: a size without a tensor behind it costs nothing. */
static tandem_code find_parts(td_loader *loader, const td_linear_parts *p, td_recipe *recipe)
{
    tandem_code code = TANDEM_OK;
    const uint64_t dims[] = {p->part_rows, p->n_in};

    for (size_t i = 0; i < TD_PARTS_MAX && p->parts[i]; i++) {
        TD_TRY(td_embed_weights_need(loader->weights, full_name(loader, p->parts[i], ".weight"),
                                     dims, 2, &recipe->weights[i], loader->err));
        if (p->bias)
            TD_TRY(td_embed_weights_need(loader->weights, full_name(loader, p->parts[i], ".bias"),
                                         dims, 1, &recipe->biases[i], loader->err));
        recipe->n_parts++;
    }
out:
    return code;
}

static tandem_code note_recipe(td_loader *loader, const td_recipe *recipe)
{
    enum {
        STEP = 64
    };
    td_recipes *all = &loader->recipes;

    if (all->n % STEP == 0) {
        td_recipe *items = realloc(all->items, (all->n + STEP) * sizeof(*items));
        if (!items)
            return td_fail_nomem(loader->err, "packed weights");
        all->items = items;
    }
    all->items[all->n++] = *recipe;
    return TANDEM_OK;
}

tandem_code td_embed_model_load_linear(td_loader *loader, const td_linear_parts *p,
                                       td_matrix *matrix_out)
{
    tandem_code code = TANDEM_OK;
    td_recipe recipe = {.matrix = matrix_out, .part_rows = p->part_rows, .gating = p->gating};
    size_t n_rows = 0;
    bool gated = p->gating != TD_GATING_NONE;

    TD_TRY(find_parts(loader, p, &recipe));
    n_rows = recipe.n_parts * p->part_rows;
    recipe.shape = (td_packing){.kernels = loader->kernels,
                                .precision = loader->precision,
                                .n_out = gated ? n_rows / 2 : n_rows,
                                .n_in = p->n_in};
    if (loader->packed)
        TD_TRY(adopt(loader, &recipe));
    else if (!loader->no_room)
        TD_TRY(td_embed_kernels_pack_begin(&recipe.shape, gated, matrix_out, loader->err));
    TD_TRY(note_recipe(loader, &recipe));

out:
    return code;
}

static tandem_code load_vector(td_loader *loader, const char *name, const char *suffix,
                               const char *old_suffix, size_t n, float **vector_out)
{
    const uint64_t dims[] = {n};
    const td_tensor *tensor = NULL;

    if (!td_embed_weights_find(loader->weights, full_name(loader, name, suffix)) &&
        td_embed_weights_find(loader->weights, full_name(loader, name, old_suffix)))
        suffix = old_suffix;
    full_name(loader, name, suffix);
    tandem_code code =
        td_embed_weights_need(loader->weights, loader->name, dims, 1, &tensor, loader->err);
    if (code != TANDEM_OK)
        return code;
    float *vector = td_embed_kernels_floats(n);
    if (!vector)
        return td_fail_nomem(loader->err, loader->name);
    code = td_embed_weights_read_f32(loader->weights, loader->name, dims, 1, vector, loader->err);
    *vector_out = vector; /* the encoder frees it, also after a failure */
    return code;
}

tandem_code td_embed_model_load_norm(td_loader *loader, const char *name, size_t n, bool bias,
                                     td_norm *norm_out)
{
    tandem_code code = load_vector(loader, name, ".weight", ".gamma", n, &norm_out->weight);
    if (code == TANDEM_OK && bias)
        code = load_vector(loader, name, ".bias", ".beta", n, &norm_out->bias);
    return code;
}

tandem_code td_embed_model_load_table(td_loader *loader, const char *name, size_t n_rows, size_t n,
                                      const td_tensor **tensor_out)
{
    const uint64_t dims[] = {n_rows, n};
    return td_embed_weights_need(loader->weights, full_name(loader, name, ""), dims, 2, tensor_out,
                                 loader->err);
}

tandem_code td_embed_model_load_rows(td_loader *loader, const char *name, size_t n_table_rows,
                                     size_t n_rows, size_t n, float **rows_out)
{
    const td_tensor *tensor = NULL;
    tandem_code code = td_embed_model_load_table(loader, name, n_table_rows, n, &tensor);
    if (code != TANDEM_OK)
        return code;
    float *rows = td_embed_kernels_floats(n_rows * n);
    if (!rows)
        return td_fail_nomem(loader->err, loader->name);
    for (size_t r = 0; r < n_rows; r++)
        td_embed_weights_read_row(tensor, r, rows + r * n);
    *rows_out = rows;
    return TANDEM_OK;
}

void td_embed_model_load_clear(td_loader *loader)
{
    free(loader->recipes.items);
    loader->recipes = (td_recipes){0};
}
