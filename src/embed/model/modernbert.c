/* embed/model/modernbert.c - ModernBertModel (gte-modernbert, modernbert-embed): norms before each
 * part, rotary positions of two bases, most layers see only a window.
 *
 * Source: transformers, models/modernbert */
#include "embed/model/architectures.h"

#include <stdio.h>

enum {
    GLOBAL,
    LOCAL
}; /* places in encoder->ropes */

typedef struct options {
    bool norm_bias, attention_bias, mlp_bias;
    size_t global_every; /* layers; the first is global */
    size_t window;       /* tokens to each side in local layers */
} options;

static tandem_code load_config(const td_fields *config, td_encoder *encoder, options *o,
                               tandem_error *err)
{
    static const td_size_names names = {.hidden = "hidden_size",
                                        .n_layers = "num_hidden_layers",
                                        .n_heads = "num_attention_heads",
                                        .intermediate = "intermediate_size",
                                        .n_vocab = "vocab_size",
                                        .n_positions = "max_position_embeddings"};
    tandem_code code = TANDEM_OK;
    double eps = 0;
    size_t local = 0;

    TD_TRY(td_embed_model_load_sizes(config, &names, encoder, err));
    TD_TRY(td_embed_model_load_activation(config, "hidden_activation", "gelu", &encoder->activation,
                                          err));
    TD_TRY(td_embed_model_fields_number(config, "norm_eps", 0, 1, 1e-5, &eps, err));
    TD_TRY(td_embed_model_fields_bool(config, "norm_bias", false, &o->norm_bias, err));
    TD_TRY(td_embed_model_fields_bool(config, "attention_bias", false, &o->attention_bias, err));
    TD_TRY(td_embed_model_fields_bool(config, "mlp_bias", false, &o->mlp_bias, err));
    TD_TRY(td_embed_model_fields_size(config, "global_attn_every_n_layers", 1, 1024, 3,
                                      &o->global_every, err));
    TD_TRY(td_embed_model_fields_size(config, "local_attention", 2, 1 << 20, 128, &local, err));
    encoder->norm_eps = (float)eps;
    encoder->pre_norm = true;
    o->window = local / 2;

out:
    return code;
}

static tandem_code load_one_rope(const td_fields *config, size_t index, const char *path,
                                 const char *new_path, double otherwise, td_encoder *encoder,
                                 tandem_error *err)
{
    double inverse[TD_HEAD_DIM_MAX / 2], base = 0;
    path = td_embed_model_fields_has(config, path) ? path : new_path;
    tandem_code code = td_embed_model_fields_number(config, path, 1, 1e12, otherwise, &base, err);
    if (code != TANDEM_OK)
        return code;
    td_embed_model_rope_default(base, encoder->head_dim, inverse);
    return td_embed_model_load_rope(encoder, index, base, inverse, err);
}

static tandem_code load_ropes(const td_fields *config, td_encoder *encoder, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    TD_TRY(load_one_rope(config, GLOBAL, "global_rope_theta",
                         "rope_parameters.full_attention.rope_theta", 160000, encoder, err));
    TD_TRY(load_one_rope(config, LOCAL, "local_rope_theta",
                         "rope_parameters.sliding_attention.rope_theta", 10000, encoder, err));

out:
    return code;
}

/* Newer files name each layer's kind; older ones give the rule. */
static tandem_code is_global(const td_fields *config, const options *o, size_t index, bool *out,
                             tandem_error *err)
{
    char path[40];
    const char *kind = NULL;

    if (!td_embed_model_fields_has(config, "layer_types")) {
        *out = index % o->global_every == 0;
        return TANDEM_OK;
    }
    snprintf(path, sizeof(path), "layer_types.%zu", index);
    tandem_code code = td_embed_model_fields_text(config, path, "(none)", &kind, err);
    if (code != TANDEM_OK)
        return code;
    *out = strcmp(kind, "full_attention") == 0;
    if (!*out && strcmp(kind, "sliding_attention") != 0)
        return td_fail(err, TANDEM_E_UNSUPPORTED,
                       "config.json: \"%s\" is \"%.40s\"; full_attention and sliding_attention are "
                       "supported",
                       path, kind);
    return TANDEM_OK;
}

static tandem_code load_layer(const td_fields *config, td_loader *loader, td_encoder *encoder,
                              const options *o, size_t index)
{
    size_t hidden = encoder->hidden, inner = encoder->intermediate;
    td_layer *layer = &encoder->layers[index];
    const td_linear_parts qkv = {.parts = {"attn.Wqkv"},
                                 .part_rows = 3 * hidden,
                                 .n_in = hidden,
                                 .bias = o->attention_bias};
    const td_linear_parts out = {.parts = {"attn.Wo"},
                                 .part_rows = hidden,
                                 .n_in = hidden,
                                 .bias = o->attention_bias};
    const td_linear_parts mlp_in = {.parts = {"mlp.Wi"},
                                    .part_rows = 2 * inner,
                                    .n_in = hidden,
                                    .bias = o->mlp_bias,
                                    .gating = TD_GATING_GATE_FIRST};
    const td_linear_parts mlp_out = {.parts = {"mlp.Wo"},
                                     .part_rows = hidden,
                                     .n_in = inner,
                                     .bias = o->mlp_bias};
    tandem_code code = TANDEM_OK;
    bool global = false;

    TD_TRY(td_embed_model_load_linear(loader, &qkv, &layer->qkv));
    TD_TRY(td_embed_model_load_linear(loader, &out, &layer->out));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_in, &layer->mlp_in));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_out, &layer->mlp_out));
    if (index > 0) /* the embeddings' norm stands in for the first */
        TD_TRY(td_embed_model_load_norm(loader, "attn_norm", hidden, o->norm_bias,
                                        &layer->attention_norm));
    TD_TRY(td_embed_model_load_norm(loader, "mlp_norm", hidden, o->norm_bias, &layer->mlp_norm));
    TD_TRY(is_global(config, o, index, &global, loader->err));
    layer->rope = &encoder->ropes[global ? GLOBAL : LOCAL];
    layer->window = global ? SIZE_MAX : o->window;

out:
    return code;
}

tandem_code td_embed_model_modernbert_load(const td_fields *config, size_t tokens_max,
                                           td_loader *loader, td_encoder *encoder)
{
    static const char *const prefixes[] = {"", "model."};
    tandem_code code = TANDEM_OK;
    options o = {0};

    TD_TRY(load_config(config, encoder, &o, loader->err));
    if (tokens_max > 0 && tokens_max < encoder->n_positions)
        encoder->n_positions = tokens_max;
    td_embed_model_load_prefix(loader, prefixes, 2, "embeddings.tok_embeddings.weight");
    TD_TRY(td_embed_model_load_table(loader, "embeddings.tok_embeddings.weight", encoder->n_vocab,
                                     encoder->hidden, &encoder->words));
    TD_TRY(td_embed_model_load_norm(loader, "embeddings.norm", encoder->hidden, o.norm_bias,
                                    &encoder->embedding_norm));
    TD_TRY(td_embed_model_load_norm(loader, "final_norm", encoder->hidden, o.norm_bias,
                                    &encoder->final_norm));
    TD_TRY(load_ropes(config, encoder, loader->err));
    TD_TRY(td_embed_model_load_layers(loader, encoder));
    for (size_t l = 0; l < encoder->n_layers; l++) {
        td_embed_model_load_enter(loader, "layers", l);
        TD_TRY(load_layer(config, loader, encoder, &o, l));
    }

out:
    return code;
}
