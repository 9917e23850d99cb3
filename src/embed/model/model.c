#include "embed/model/model.h"

#include "embed/model/architectures.h"
#include "embed/model/pooling.h"
#include "embed/model/stages.h"
#include "embed/model/stream.h"

#include <math.h>
#include <stdlib.h>

struct td_model {
    td_encoder encoder;
    td_stages stages;
    td_model_info info;
    td_blocks blocks;
};

static const struct {
    const char *architecture; /* architectures[0] of config.json */
    const char *type;         /* model_type, for files that name a head's class there */
    const char *positions;    /* field of config.json: the longest text that it takes */
    tandem_code (*load)(const td_fields *config, size_t tokens_max, td_loader *loader,
                        td_encoder *encoder);
} ARCHITECTURES[] = {
    {"BertModel", "bert", "max_position_embeddings", td_embed_model_bert_load},
    {"NewModel", "new", "max_position_embeddings", td_embed_model_newmodel_load},
    {"NomicBertModel", "nomic_bert", "n_positions", td_embed_model_nomic_load},
    {"ModernBertModel", "modernbert", "max_position_embeddings", td_embed_model_modernbert_load},
};
enum {
    N_ARCHITECTURES = sizeof(ARCHITECTURES) / sizeof(ARCHITECTURES[0])
};

static tandem_code find_architecture(const td_fields *config, size_t *index_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *name = NULL, *type = NULL;

    TD_TRY(td_embed_model_fields_text(config, "architectures.0", "", &name, err));
    TD_TRY(td_embed_model_fields_text(config, "model_type", "", &type, err));
    for (size_t i = 0; i < N_ARCHITECTURES; i++) {
        if (strcmp(name, ARCHITECTURES[i].architecture) == 0) {
            *index_out = i;
            return TANDEM_OK;
        }
    }
    for (size_t i = 0; i < N_ARCHITECTURES; i++) {
        if (strcmp(type, ARCHITECTURES[i].type) == 0) {
            *index_out = i;
            return TANDEM_OK;
        }
    }
    TD_FAIL(err, TANDEM_E_UNSUPPORTED,
            "config.json: architecture \"%.60s\" (model_type \"%.40s\") is not supported; "
            "BertModel, NewModel, NomicBertModel and ModernBertModel are",
            name, type);

out:
    return code;
}

/* The longest text, if sentence_bert_config.json does not say: tokenizer_config.json may; its
 * "model_max_length" may be as huge as 1e30. */
static tandem_code find_tokens_max(const td_model_source *source, size_t *tokens_max,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str bytes = source->get(source->user, "tokenizer_config.json");
    td_fields *fields = NULL;
    double most = 0;

    if (*tokens_max > 0 || !bytes.ptr)
        goto out;
    TD_TRY(td_embed_model_fields_open("tokenizer_config.json", bytes, &fields, err));
    TD_TRY(td_embed_model_fields_number(fields, "model_max_length", 2, INFINITY, 0, &most, err));
    *tokens_max = most < 1e9 ? (size_t)most : 0;

out:
    td_embed_model_fields_close(fields);
    return code;
}

/* What config.json allows, if that is less or nothing else says. A model that this engine does not
 * run may be a server's: its texts can be counted all the same. */
static tandem_code find_positions(const td_model_source *source, size_t *tokens_max,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str bytes = source->get(source->user, "config.json");
    td_fields *config = NULL;
    size_t index = 0, n_positions = 0;

    if (!bytes.ptr)
        goto out;
    TD_TRY(td_embed_model_fields_open("config.json", bytes, &config, err));
    if (find_architecture(config, &index, NULL) == TANDEM_OK)
        TD_TRY(td_embed_model_fields_size(config, ARCHITECTURES[index].positions, 1, 1 << 30, 0,
                                          &n_positions, err));
    if (n_positions > 0 && (*tokens_max == 0 || n_positions < *tokens_max))
        *tokens_max = n_positions;

out:
    td_embed_model_fields_close(config);
    return code;
}

tandem_code td_embed_model_read_limits(const td_model_source *source, size_t *tokens_max_out,
                                       td_buf *prompt, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_stages stages = {0};
    size_t tokens_max = 0;

    TD_TRY(td_embed_model_stages_read(source, &stages, err));
    tokens_max = stages.tokens_max;
    TD_TRY(find_tokens_max(source, &tokens_max, err));
    TD_TRY(find_positions(source, &tokens_max, err));
    TD_TRY(td_buf_add(prompt, td_str_from(stages.prompts[TANDEM_ROLE_DOCUMENT]), err));
    *tokens_max_out = tokens_max;

out:
    td_embed_model_stages_clear(&stages);
    return code;
}

/* All or none. */
static tandem_code keep_blocks(const td_recipes *recipes, td_model *model, tandem_error *err)
{
    td_str *items = calloc(recipes->n + 1, sizeof(*items));

    if (!items)
        return td_fail_nomem(err, "packed weights");
    for (size_t i = 0; i < recipes->n; i++) {
        items[i] = td_embed_kernels_block(recipes->items[i].matrix);
        if (!items[i].ptr) {
            free(items);
            return TANDEM_OK;
        }
    }
    model->blocks = (td_blocks){items, recipes->n};
    return TANDEM_OK;
}

/* What the architecture has found becomes weights to multiply by. */
static tandem_code pack(const td_model_source *source, td_loader *loader, td_model *model,
                        tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (source->streamed)
        return td_embed_model_stream_open(&loader->recipes, source, &model->encoder, err);
    if (!source->packed)
        TD_TRY(td_embed_model_packing_run(&loader->recipes, source, err));
    TD_TRY(keep_blocks(&loader->recipes, model, err));
out:
    return code;
}

static tandem_code load(const td_model_source *source, td_model *model, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_loader loader = {.weights = source->weights,
                        .kernels = source->kernels,
                        .precision = source->precision,
                        .packed = source->packed,
                        .no_room = source->streamed,
                        .prefix = "",
                        .err = err};
    td_fields *config = NULL;
    size_t index = 0, tokens_max = 0;

    TD_TRY(td_embed_model_fields_open("config.json", source->get(source->user, "config.json"),
                                      &config, err));
    TD_TRY(find_architecture(config, &index, err));
    TD_TRY(td_embed_model_stages_read(source, &model->stages, err));
    tokens_max = model->stages.tokens_max;
    TD_TRY(find_tokens_max(source, &tokens_max, err));
    model->encoder.kernels = source->kernels;
    model->encoder.precision = source->precision;
    model->encoder.architecture = ARCHITECTURES[index].architecture;
    TD_TRY(ARCHITECTURES[index].load(config, tokens_max, &loader, &model->encoder));
    if (model->encoder.n_positions < 2)
        TD_FAIL(err, TANDEM_E_FORMAT, "config.json: texts of %zu tokens; at least 2 are needed",
                model->encoder.n_positions);
    if (model->stages.dim != 0 && model->stages.dim != model->encoder.hidden)
        TD_FAIL(err, TANDEM_E_FORMAT,
                "1_Pooling/config.json: \"word_embedding_dimension\" is %zu, config.json says %zu",
                model->stages.dim, model->encoder.hidden);
    TD_TRY(pack(source, &loader, model, err));

out:
    td_embed_model_load_clear(&loader);
    td_embed_model_fields_close(config);
    return code;
}

tandem_code td_embed_model_open(const td_model_source *source, td_model **model_out,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_model *model = calloc(1, sizeof(*model));

    if (!model) {
        code = td_fail_nomem(err, "a model");
        goto out;
    }
    TD_TRY(load(source, model, err));
    model->info = (td_model_info){
        .architecture = model->encoder.architecture,
        .dim = model->encoder.hidden,
        .tokens_max = model->encoder.n_positions,
        .n_vocab = model->encoder.n_vocab,
        .prompts = {td_str_from(model->stages.prompts[0]), td_str_from(model->stages.prompts[1])},
        .precision = source->precision,
        .bytes = td_embed_model_encoder_bytes(&model->encoder),
        .token_flop = td_embed_model_encoder_token_flop(&model->encoder),
        .pair_flop = 4.0 * (double)(model->encoder.n_layers * model->encoder.hidden),
    };
    *model_out = model;
    model = NULL;

out:
    td_embed_model_close(model);
    return code;
}

void td_embed_model_close(td_model *model)
{
    if (!model)
        return;
    td_embed_model_encoder_clear(&model->encoder);
    td_embed_model_stages_clear(&model->stages);
    free(model->blocks.items);
    free(model);
}

const td_model_info *td_embed_model_info(const td_model *model)
{
    return &model->info;
}

const td_blocks *td_embed_model_blocks(const td_model *model)
{
    return &model->blocks;
}

/* ---- runs ---- */

static tandem_code check_batch(const td_encoder *encoder, const td_ragged *batch, tandem_error *err)
{
    for (size_t t = 0; t < batch->n_texts; t++) {
        uint32_t start = batch->starts[t], end = batch->starts[t + 1];
        size_t text = batch->first_text + t;
        if (end <= start)
            return td_fail(err, TANDEM_E_EMPTY, "text %zu has no tokens", text);
        if (end - start > encoder->n_positions)
            return td_fail(err, TANDEM_E_INVALID, "text %zu has %u tokens, the model takes %zu",
                           text, end - start, encoder->n_positions);
        for (uint32_t i = start; i < end; i++) {
            if (batch->ids[i] >= encoder->n_vocab)
                return td_fail(err, TANDEM_E_INVALID, "text %zu: token id %u, the model has %zu",
                               text, batch->ids[i], encoder->n_vocab);
        }
    }
    return TANDEM_OK;
}

tandem_code td_embed_model_prepare(const td_model *model, const td_ragged *batch,
                                   const td_team *team, td_scratch *scratch, tandem_error *err)
{
    tandem_code code = check_batch(&model->encoder, batch, err);
    if (code != TANDEM_OK)
        return code;
    return td_embed_model_encoder_prepare(&model->encoder, batch, team,
                                          model->stages.pooling == TD_POOLING_CLS &&
                                              !batch->every_row,
                                          scratch, err);
}

void td_embed_model_forward(const td_model *model, td_scratch *scratch, size_t member)
{
    if (scratch->batch->n_texts > 0)
        td_embed_model_encoder_forward(&model->encoder, scratch, member);
}

static tandem_code pool(const td_model *model, const td_scratch *scratch, size_t text,
                        float *vector, tandem_error *err)
{
    size_t dim = model->encoder.hidden, stride = td_embed_kernels_stride(dim);
    size_t row = text, n_rows = 1;
    if (!scratch->first_rows_only) {
        row = scratch->batch->starts[text];
        n_rows = scratch->batch->starts[text + 1] - row;
    }
    tandem_code code =
        td_embed_model_pooling_mean(scratch->x + row * stride, stride, n_rows, dim, vector, err);
    return code == TANDEM_OK ? td_embed_model_pooling_normalize(vector, dim, err) : code;
}

/* The rows of a text as they are. */
static tandem_code copy_rows(const td_model *model, const td_scratch *scratch, size_t text,
                             float *vectors, tandem_error *err)
{
    size_t dim = model->encoder.hidden, stride = td_embed_kernels_stride(dim);
    const uint32_t *starts = scratch->batch->starts;

    for (size_t row = starts[text]; row < starts[text + 1]; row++) {
        const float *x = scratch->x + row * stride;
        for (size_t i = 0; i < dim; i++) {
            if (!isfinite(x[i]))
                return td_fail(err, TANDEM_E_FORMAT, "the model's row is not finite");
        }
        memcpy(vectors + row * dim, x, dim * sizeof(*x));
    }
    return TANDEM_OK;
}

tandem_code td_embed_model_finish(const td_model *model, td_scratch *scratch, float *vectors,
                                  tandem_error *err)
{
    int failure = atomic_load(&scratch->failure);
    if (failure != TANDEM_OK)
        return td_fail(err, (tandem_code)failure, "a matrix product failed in %s",
                       model->encoder.kernels->name);
    for (size_t t = 0; t < scratch->batch->n_texts; t++) {
        tandem_code code = scratch->batch->every_row
                               ? copy_rows(model, scratch, t, vectors, err)
                               : pool(model, scratch, t, vectors + t * model->encoder.hidden, err);
        if (code != TANDEM_OK) {
            td_context(err, "text %zu", scratch->batch->first_text + t);
            return code;
        }
    }
    return TANDEM_OK;
}

tandem_code td_embed_model_run(const td_model *model, const td_ragged *batch, td_scratch *scratch,
                               float *vectors, tandem_error *err)
{
    tandem_code code = td_embed_model_prepare(model, batch, NULL, scratch, err);
    if (code != TANDEM_OK)
        return code;
    td_embed_model_forward(model, scratch, 0);
    return td_embed_model_finish(model, scratch, vectors, err);
}
