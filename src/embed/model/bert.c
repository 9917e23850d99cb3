/* embed/model/bert.c - BertModel: learned positions, biases everywhere, norms after each addition.
 *
 * Source: transformers, models/bert; the pooler and the heads of other tasks are ignored */
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
    TD_TRY(td_embed_model_fields_must_be(config, "position_embedding_type", "absolute", err));
    TD_TRY(td_embed_model_fields_must_be_bool(config, "is_decoder", false, err));
    encoder->norm_eps = (float)eps;

out:
    return code;
}

static tandem_code load_embeddings(const td_fields *config, size_t tokens_max, td_loader *loader,
                                   td_encoder *encoder)
{
    tandem_code code = TANDEM_OK;
    size_t n_types = 0, n_table = encoder->n_positions, hidden = encoder->hidden;

    TD_TRY(
        td_embed_model_fields_size(config, "type_vocab_size", 1, 1024, 2, &n_types, loader->err));
    if (tokens_max > 0 && tokens_max < encoder->n_positions)
        encoder->n_positions = tokens_max;
    TD_TRY(td_embed_model_load_table(loader, "embeddings.word_embeddings.weight", encoder->n_vocab,
                                     hidden, &encoder->words));
    TD_TRY(td_embed_model_load_rows(loader, "embeddings.position_embeddings.weight", n_table,
                                    encoder->n_positions, hidden, &encoder->positions));
    TD_TRY(td_embed_model_load_rows(loader, "embeddings.token_type_embeddings.weight", n_types, 1,
                                    hidden, &encoder->type));
    TD_TRY(td_embed_model_load_norm(loader, "embeddings.LayerNorm", hidden, true,
                                    &encoder->embedding_norm));

out:
    return code;
}

static tandem_code load_layer(td_loader *loader, const td_encoder *encoder, td_layer *layer)
{
    size_t hidden = encoder->hidden, inner = encoder->intermediate;
    const td_linear_parts qkv = {.parts = {"attention.self.query", "attention.self.key",
                                           "attention.self.value"},
                                 .part_rows = hidden,
                                 .n_in = hidden,
                                 .bias = true};
    const td_linear_parts out = {.parts = {"attention.output.dense"},
                                 .part_rows = hidden,
                                 .n_in = hidden,
                                 .bias = true};
    const td_linear_parts mlp_in = {.parts = {"intermediate.dense"},
                                    .part_rows = inner,
                                    .n_in = hidden,
                                    .bias = true};
    const td_linear_parts mlp_out = {.parts = {"output.dense"},
                                     .part_rows = hidden,
                                     .n_in = inner,
                                     .bias = true};
    tandem_code code = TANDEM_OK;

    TD_TRY(td_embed_model_load_linear(loader, &qkv, &layer->qkv));
    TD_TRY(td_embed_model_load_linear(loader, &out, &layer->out));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_in, &layer->mlp_in));
    TD_TRY(td_embed_model_load_linear(loader, &mlp_out, &layer->mlp_out));
    TD_TRY(td_embed_model_load_norm(loader, "attention.output.LayerNorm", hidden, true,
                                    &layer->attention_norm));
    TD_TRY(td_embed_model_load_norm(loader, "output.LayerNorm", hidden, true, &layer->mlp_norm));

out:
    return code;
}

tandem_code td_embed_model_bert_load(const td_fields *config, size_t tokens_max, td_loader *loader,
                                     td_encoder *encoder)
{
    static const char *const prefixes[] = {"", "bert."};
    tandem_code code = TANDEM_OK;

    TD_TRY(load_config(config, encoder, loader->err));
    td_embed_model_load_prefix(loader, prefixes, 2, "embeddings.word_embeddings.weight");
    TD_TRY(load_embeddings(config, tokens_max, loader, encoder));
    TD_TRY(td_embed_model_load_layers(loader, encoder));
    for (size_t l = 0; l < encoder->n_layers; l++) {
        td_embed_model_load_enter(loader, "encoder.layer", l);
        TD_TRY(load_layer(loader, encoder, &encoder->layers[l]));
    }

out:
    return code;
}
