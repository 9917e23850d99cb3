/* embed/model/newmodel.c - Alibaba's NewModel (gte-*-en-v1.5): rotary positions, gated MLP, norms
 * after each addition.
 *
 * Source: Alibaba-NLP/new-impl, modeling.py and configuration.py */
#include "embed/model/architectures.h"

static tandem_code load_config(const td_fields *config, td_encoder *encoder, tandem_error *err)
{
    static const td_size_names names = {.hidden = "hidden_size",
                                        .n_layers = "num_hidden_layers",
                                        .n_heads = "num_attention_heads",
                                        .intermediate = "intermediate_size",
                                        .n_vocab = "vocab_size",
                                        .n_positions = "max_position_embeddings"};
    tandem_code code = TANDEM_OK;
    double eps = 0;

    TD_TRY(td_embed_model_load_sizes(config, &names, encoder, err));
    TD_TRY(td_embed_model_load_activation(config, "hidden_act", "gelu", &encoder->activation, err));
    TD_TRY(td_embed_model_fields_number(config, "layer_norm_eps", 0, 1, 1e-12, &eps, err));
    TD_TRY(td_embed_model_fields_must_be(config, "position_embedding_type", "rope", err));
    TD_TRY(td_embed_model_fields_must_be(config, "layer_norm_type", "layer_norm", err));
    TD_TRY(td_embed_model_fields_must_be_bool(config, "logn_attention_scale", false, err));
    encoder->norm_eps = (float)eps;

out:
    return code;
}

/* Where files keep the scaling of positions: three forms of one thing. */
typedef struct scaling {
    const char *type, *factor, *mixed_b;
} scaling;
static const scaling SCALINGS[] = {
    {"rope_scaling.type", "rope_scaling.factor", "rope_scaling.mixed_b"},
    {"rope_scaling.rope_type", "rope_scaling.factor", "rope_scaling.mixed_b"},
    {"rope_parameters.rope_type", "rope_parameters.factor", "rope_parameters.mixed_b"},
};

/* NTK is static here: it applies at every length. The published code builds its table for the
 * longest text at once, which already takes the scaled branch. */
static tandem_code scale(const td_fields *config, const scaling *s, double base, size_t dim,
                         double *inverse, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    double factor = 1, mixed_b = 0;

    TD_TRY(
        td_embed_model_fields_number(config, s->factor, 1, 1e6, TD_FIELD_NEEDED_F, &factor, err));
    if (td_embed_model_fields_has(config, s->mixed_b)) {
        TD_TRY(td_embed_model_fields_number(config, s->mixed_b, 0, 100, 0, &mixed_b, err));
        td_embed_model_rope_mixed(base, factor, mixed_b, dim, inverse);
    } else {
        td_embed_model_rope_ntk(base, factor, dim, inverse);
    }

out:
    return code;
}

static tandem_code load_rope(const td_fields *config, td_encoder *encoder, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *base_path = td_embed_model_fields_has(config, "rope_theta")
                                ? "rope_theta"
                                : "rope_parameters.rope_theta";
    const char *type = "default";
    size_t at = 0;
    double inverse[TD_HEAD_DIM_MAX / 2], base = 0;

    TD_TRY(td_embed_model_fields_number(config, base_path, 1, 1e12, 10000, &base, err));
    while (at < 2 && !td_embed_model_fields_has(config, SCALINGS[at].type))
        at++;
    TD_TRY(td_embed_model_fields_text(config, SCALINGS[at].type, "default", &type, err));
    if (strcmp(type, "ntk") == 0)
        TD_TRY(scale(config, &SCALINGS[at], base, encoder->head_dim, inverse, err));
    else if (strcmp(type, "default") == 0)
        td_embed_model_rope_default(base, encoder->head_dim, inverse);
    else
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "config.json: \"%s\" is \"%.40s\"; default and ntk are supported",
                SCALINGS[at].type, type);
    TD_TRY(td_embed_model_load_rope(encoder, 0, base, inverse, err));

out:
    return code;
}

static tandem_code load_embeddings(const td_fields *config, td_loader *loader, td_encoder *encoder)
{
    tandem_code code = TANDEM_OK;
    size_t n_types = 0, hidden = encoder->hidden;

    TD_TRY(
        td_embed_model_fields_size(config, "type_vocab_size", 0, 1024, 1, &n_types, loader->err));
    TD_TRY(td_embed_model_load_table(loader, "embeddings.word_embeddings.weight", encoder->n_vocab,
                                     hidden, &encoder->words));
    if (n_types > 0)
        TD_TRY(td_embed_model_load_rows(loader, "embeddings.token_type_embeddings.weight", n_types,
                                        1, hidden, &encoder->type));
    TD_TRY(td_embed_model_load_norm(loader, "embeddings.LayerNorm", hidden, true,
                                    &encoder->embedding_norm));

out:
    return code;
}

static tandem_code load_layer(td_loader *loader, const td_encoder *encoder, bool packed,
                              td_layer *layer)
{
    size_t hidden = encoder->hidden, inner = encoder->intermediate;
    const td_linear_parts together = {.parts = {"attention.qkv_proj"},
                                      .part_rows = 3 * hidden,
                                      .n_in = hidden,
                                      .bias = true};
    const td_linear_parts apart = {.parts = {"attention.q_proj", "attention.k_proj",
                                             "attention.v_proj"},
                                   .part_rows = hidden,
                                   .n_in = hidden,
                                   .bias = true};
    const td_linear_parts out = {.parts = {"attention.o_proj"},
                                 .part_rows = hidden,
                                 .n_in = hidden,
                                 .bias = true};
    const td_linear_parts mlp_in = {.parts = {"mlp.up_gate_proj"},
                                    .part_rows = 2 * inner,
                                    .n_in = hidden,
                                    .gating = TD_GATING_VALUE_FIRST};
    const td_linear_parts mlp_out = {.parts = {"mlp.down_proj"},
                                     .part_rows = hidden,
                                     .n_in = inner,
                                     .bias = true};
    tandem_code code = TANDEM_OK;

    TD_TRY(td_embed_model_load_linear(loader, packed ? &together : &apart, &layer->qkv));
    TD_TRY(td_embed_model_load_linear(loader, &out, &layer->out));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_in, &layer->mlp_in));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_out, &layer->mlp_out));
    TD_TRY(td_embed_model_load_norm(loader, "attn_ln", hidden, true, &layer->attention_norm));
    TD_TRY(td_embed_model_load_norm(loader, "mlp_ln", hidden, true, &layer->mlp_norm));
    layer->rope = &encoder->ropes[0];

out:
    return code;
}

tandem_code td_embed_model_newmodel_load(const td_fields *config, size_t tokens_max,
                                         td_loader *loader, td_encoder *encoder)
{
    static const char *const prefixes[] = {"", "new."};
    tandem_code code = TANDEM_OK;
    bool packed = true;

    TD_TRY(load_config(config, encoder, loader->err));
    TD_TRY(td_embed_model_fields_bool(config, "pack_qkv", true, &packed, loader->err));
    if (tokens_max > 0 && tokens_max < encoder->n_positions)
        encoder->n_positions = tokens_max;
    td_embed_model_load_prefix(loader, prefixes, 2, "embeddings.word_embeddings.weight");
    TD_TRY(load_embeddings(config, loader, encoder));
    TD_TRY(load_rope(config, encoder, loader->err));
    TD_TRY(td_embed_model_load_layers(loader, encoder));
    for (size_t l = 0; l < encoder->n_layers; l++) {
        td_embed_model_load_enter(loader, "encoder.layer", l);
        TD_TRY(load_layer(loader, encoder, packed, &encoder->layers[l]));
    }

out:
    return code;
}
