/* embed/model/nomic.c - NomicBertModel (nomic-embed-text, CodeRankEmbed): GPT-2's config names,
 * rotary positions, gated MLP, usually no biases, norms after each addition.
 *
 * Source: nomic-ai, modeling_hf_nomic_bert.py. Its dynamic NTK takes the padded batch's length;
 * ours takes the text's own, which is what that code gives for one text alone. */
#include "embed/model/architectures.h"

/* What a layer needs to know beside the encoder's sizes. */
typedef struct options {
    bool gated, qkv_bias, mlp_in_bias, mlp_out_bias;
} options;

static tandem_code refuse_others(const td_fields *config, tandem_error *err)
{
    static const char *const flags[] = {"prenorm", "use_rms_norm", "causal", "parallel_block",
                                        "rotary_emb_interleaved"};
    static const char *const counts[] = {"num_experts", "moe_every_n_layers"};
    tandem_code code = TANDEM_OK;
    size_t count = 0;
    double fraction = 0;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        TD_TRY(td_embed_model_fields_must_be_bool(config, flags[i], false, err));
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        TD_TRY(td_embed_model_fields_size(config, counts[i], 0, 1 << 20, 0, &count, err));
        if (count > 0)
            TD_FAIL(err, TANDEM_E_UNSUPPORTED, "config.json: \"%s\" is %zu, which is not supported",
                    counts[i], count);
    }
    TD_TRY(td_embed_model_fields_number(config, "rotary_emb_fraction", 0, 1, 1, &fraction, err));
    if (fraction != 1)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "config.json: \"rotary_emb_fraction\" is %g; only 1 is supported", fraction);
    if (td_embed_model_fields_has(config, "rotary_emb_scale_base"))
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "config.json: \"rotary_emb_scale_base\" is set, which is not supported");

out:
    return code;
}

static tandem_code load_activation(const td_fields *config, td_encoder *encoder, options *o,
                                   tandem_error *err)
{
    static const struct {
        const char *name;
        td_activation activation;
    } gates[] = {{"swiglu", TD_ACTIVATION_SILU},
                 {"geglu", TD_ACTIVATION_GELU},
                 {"glu", TD_ACTIVATION_SIGMOID}};
    const char *name = NULL;
    tandem_code code =
        td_embed_model_fields_text(config, "activation_function", "gelu", &name, err);

    if (code != TANDEM_OK)
        return code;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(name, gates[i].name) == 0) {
            encoder->activation = gates[i].activation;
            o->gated = true;
            return TANDEM_OK;
        }
    }
    return td_embed_model_load_activation(config, "activation_function", "gelu",
                                          &encoder->activation, err);
}

static tandem_code load_config(const td_fields *config, td_encoder *encoder, options *o,
                               tandem_error *err)
{
    static const td_size_names names = {.hidden = "n_embd",
                                        .n_layers = "n_layer",
                                        .n_heads = "n_head",
                                        .n_vocab = "vocab_size",
                                        .n_positions = "n_positions"};
    tandem_code code = TANDEM_OK;
    double eps = 0;

    TD_TRY(td_embed_model_load_sizes(config, &names, encoder, err));
    TD_TRY(refuse_others(config, err));
    TD_TRY(load_activation(config, encoder, o, err));
    TD_TRY(td_embed_model_fields_number(config, "layer_norm_epsilon", 0, 1, 1e-12, &eps, err));
    TD_TRY(td_embed_model_fields_bool(config, "qkv_proj_bias", true, &o->qkv_bias, err));
    TD_TRY(td_embed_model_fields_bool(config, "mlp_fc1_bias", true, &o->mlp_in_bias, err));
    TD_TRY(td_embed_model_fields_bool(config, "mlp_fc2_bias", true, &o->mlp_out_bias, err));
    encoder->norm_eps = (float)eps;

out:
    return code;
}

static tandem_code load_rope(const td_fields *config, td_encoder *encoder, tandem_error *err)
{
    const char *path = td_embed_model_fields_has(config, "rotary_emb_base")
                           ? "rotary_emb_base"
                           : "rope_parameters.rope_theta";
    tandem_code code = TANDEM_OK;
    td_rope *rope = &encoder->ropes[0];
    double inverse[TD_HEAD_DIM_MAX / 2], base = 0;

    TD_TRY(td_embed_model_fields_number(config, path, 1, 1e12, 10000, &base, err));
    TD_TRY(td_embed_model_fields_number(config, "rotary_scaling_factor", 0, 1e6, 0,
                                        &rope->dynamic_factor, err));
    TD_TRY(td_embed_model_fields_size(config, "max_trained_positions", 1, 1 << 20, 2048,
                                      &rope->trained, err));
    if (rope->dynamic_factor > 0 && (rope->dynamic_factor < 1 || encoder->head_dim <= 2))
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "config.json: \"rotary_scaling_factor\" %g with heads of %zu is not supported",
                rope->dynamic_factor, encoder->head_dim);
    td_embed_model_rope_default(base, encoder->head_dim, inverse);
    TD_TRY(td_embed_model_load_rope(encoder, 0, base, inverse, err));

out:
    return code;
}

static tandem_code load_embeddings(const td_fields *config, td_loader *loader, td_encoder *encoder)
{
    tandem_code code = TANDEM_OK;
    size_t n_types = 0, hidden = encoder->hidden;

    TD_TRY(
        td_embed_model_fields_size(config, "type_vocab_size", 0, 1024, 2, &n_types, loader->err));
    TD_TRY(td_embed_model_load_table(loader, "embeddings.word_embeddings.weight", encoder->n_vocab,
                                     hidden, &encoder->words));
    if (n_types > 0)
        TD_TRY(td_embed_model_load_rows(loader, "embeddings.token_type_embeddings.weight", n_types,
                                        1, hidden, &encoder->type));
    TD_TRY(td_embed_model_load_norm(loader, "emb_ln", hidden, true, &encoder->embedding_norm));

out:
    return code;
}

static tandem_code load_layer(td_loader *loader, const td_encoder *encoder, const options *o,
                              td_layer *layer)
{
    size_t hidden = encoder->hidden, inner = encoder->intermediate;
    const td_linear_parts qkv = {.parts = {"attn.Wqkv"},
                                 .part_rows = 3 * hidden,
                                 .n_in = hidden,
                                 .bias = o->qkv_bias};
    const td_linear_parts out = {.parts = {"attn.out_proj"},
                                 .part_rows = hidden,
                                 .n_in = hidden,
                                 .bias = o->qkv_bias};
    const td_linear_parts gated = {.parts = {"mlp.fc11", "mlp.fc12"},
                                   .part_rows = inner,
                                   .n_in = hidden,
                                   .bias = o->mlp_in_bias,
                                   .gating = TD_GATING_VALUE_FIRST};
    const td_linear_parts single = {.parts = {"mlp.fc1"},
                                    .part_rows = inner,
                                    .n_in = hidden,
                                    .bias = o->mlp_in_bias};
    const td_linear_parts mlp_out = {.parts = {"mlp.fc2"},
                                     .part_rows = hidden,
                                     .n_in = inner,
                                     .bias = o->mlp_out_bias};
    tandem_code code = TANDEM_OK;

    TD_TRY(td_embed_model_load_linear(loader, &qkv, &layer->qkv));
    TD_TRY(td_embed_model_load_linear(loader, &out, &layer->out));
    TD_TRY(td_embed_model_load_linear(loader, o->gated ? &gated : &single, &layer->mlp_in));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_out, &layer->mlp_out));
    TD_TRY(td_embed_model_load_norm(loader, "norm1", hidden, true, &layer->attention_norm));
    TD_TRY(td_embed_model_load_norm(loader, "norm2", hidden, true, &layer->mlp_norm));
    layer->rope = &encoder->ropes[0];

out:
    return code;
}

tandem_code td_embed_model_nomic_load(const td_fields *config, size_t tokens_max, td_loader *loader,
                                      td_encoder *encoder)
{
    static const char *const prefixes[] = {"", "bert."};
    tandem_code code = TANDEM_OK;
    options o = {0};

    TD_TRY(load_config(config, encoder, &o, loader->err));
    if (tokens_max > 0 && tokens_max < encoder->n_positions)
        encoder->n_positions = tokens_max;
    td_embed_model_load_prefix(loader, prefixes, 2, "embeddings.word_embeddings.weight");
    /* "n_inner" may be null, and the published code rounds it up to a multiple of 256. */
    TD_TRY(td_embed_model_load_peek(loader,
                                    o.gated ? "encoder.layers.0.mlp.fc11.weight"
                                            : "encoder.layers.0.mlp.fc1.weight",
                                    &encoder->intermediate));
    TD_TRY(load_embeddings(config, loader, encoder));
    TD_TRY(load_rope(config, encoder, loader->err));
    TD_TRY(td_embed_model_load_layers(loader, encoder));
    for (size_t l = 0; l < encoder->n_layers; l++) {
        td_embed_model_load_enter(loader, "encoder.layers", l);
        TD_TRY(load_layer(loader, encoder, &o, &encoder->layers[l]));
    }

out:
    return code;
}
