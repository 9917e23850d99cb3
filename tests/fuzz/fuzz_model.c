/* fuzz: embed/model */
/* The small files of a model directory beside fixed tensors that fit every architecture, apart by
 * lines "----": config.json, modules.json, the pooling stage's config.json, and those of sentence
 * length, prompts and tokenizer. What opens must give a vector of length 1 that does not change, or
 * one line that says why not. */
#include "base/buf.h"
#include "embed/model/model.h"

#include <math.h>
#include <stdlib.h>

enum {
    HIDDEN = 8,
    INNER = 16,
    ROWS = 16, /* of vocabulary and positions */
    N_IDS = 5,
    N_FILES = 6,
    DIM_MAX = 64,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct shape {
    const char *name;
    size_t rows, columns; /* columns 0: one dimension */
} shape;

static const shape SHAPES[] = {
    {"embeddings.word_embeddings.weight", ROWS, HIDDEN},
    {"embeddings.position_embeddings.weight", ROWS, HIDDEN},
    {"embeddings.token_type_embeddings.weight", 2, HIDDEN},
    {"embeddings.LayerNorm.weight", HIDDEN, 0},
    {"embeddings.LayerNorm.bias", HIDDEN, 0},
    {"encoder.layer.0.attention.self.query.weight", HIDDEN, HIDDEN},
    {"encoder.layer.0.attention.self.query.bias", HIDDEN, 0},
    {"encoder.layer.0.attention.self.key.weight", HIDDEN, HIDDEN},
    {"encoder.layer.0.attention.self.key.bias", HIDDEN, 0},
    {"encoder.layer.0.attention.self.value.weight", HIDDEN, HIDDEN},
    {"encoder.layer.0.attention.self.value.bias", HIDDEN, 0},
    {"encoder.layer.0.attention.output.dense.weight", HIDDEN, HIDDEN},
    {"encoder.layer.0.attention.output.dense.bias", HIDDEN, 0},
    {"encoder.layer.0.attention.output.LayerNorm.weight", HIDDEN, 0},
    {"encoder.layer.0.attention.output.LayerNorm.bias", HIDDEN, 0},
    {"encoder.layer.0.intermediate.dense.weight", INNER, HIDDEN},
    {"encoder.layer.0.intermediate.dense.bias", INNER, 0},
    {"encoder.layer.0.output.dense.weight", HIDDEN, INNER},
    {"encoder.layer.0.output.dense.bias", HIDDEN, 0},
    {"encoder.layer.0.output.LayerNorm.weight", HIDDEN, 0},
    {"encoder.layer.0.output.LayerNorm.bias", HIDDEN, 0},
    {"encoder.layer.0.attention.qkv_proj.weight", 3 * HIDDEN, HIDDEN},
    {"encoder.layer.0.attention.qkv_proj.bias", 3 * HIDDEN, 0},
    {"encoder.layer.0.attention.o_proj.weight", HIDDEN, HIDDEN},
    {"encoder.layer.0.attention.o_proj.bias", HIDDEN, 0},
    {"encoder.layer.0.mlp.up_gate_proj.weight", 2 * INNER, HIDDEN},
    {"encoder.layer.0.mlp.down_proj.weight", HIDDEN, INNER},
    {"encoder.layer.0.mlp.down_proj.bias", HIDDEN, 0},
    {"encoder.layer.0.attn_ln.weight", HIDDEN, 0},
    {"encoder.layer.0.attn_ln.bias", HIDDEN, 0},
    {"encoder.layer.0.mlp_ln.weight", HIDDEN, 0},
    {"encoder.layer.0.mlp_ln.bias", HIDDEN, 0},
    {"emb_ln.weight", HIDDEN, 0},
    {"emb_ln.bias", HIDDEN, 0},
    {"encoder.layers.0.attn.Wqkv.weight", 3 * HIDDEN, HIDDEN},
    {"encoder.layers.0.attn.out_proj.weight", HIDDEN, HIDDEN},
    {"encoder.layers.0.mlp.fc11.weight", INNER, HIDDEN},
    {"encoder.layers.0.mlp.fc12.weight", INNER, HIDDEN},
    {"encoder.layers.0.mlp.fc2.weight", HIDDEN, INNER},
    {"encoder.layers.0.norm1.weight", HIDDEN, 0},
    {"encoder.layers.0.norm1.bias", HIDDEN, 0},
    {"encoder.layers.0.norm2.weight", HIDDEN, 0},
    {"encoder.layers.0.norm2.bias", HIDDEN, 0},
    {"embeddings.tok_embeddings.weight", ROWS, HIDDEN},
    {"embeddings.norm.weight", HIDDEN, 0},
    {"layers.0.mlp_norm.weight", HIDDEN, 0},
    {"layers.0.attn.Wqkv.weight", 3 * HIDDEN, HIDDEN},
    {"layers.0.attn.Wo.weight", HIDDEN, HIDDEN},
    {"layers.0.mlp.Wi.weight", 2 * INNER, HIDDEN},
    {"layers.0.mlp.Wo.weight", HIDDEN, INNER},
    {"final_norm.weight", HIDDEN, 0},
};

static const char *const FILES[N_FILES] = {
    "config.json",
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "tokenizer_config.json",
};

static void check(tandem_code code)
{
    if (code != TANDEM_OK)
        abort();
}

static td_weights *make_weights(void)
{
    td_buf header = TD_BUF(1 << 16), file = TD_BUF(1 << 20);
    td_weights *weights = NULL;
    size_t at = 0;

    check(td_buf_add_byte(&header, '{', NULL));
    for (size_t i = 0; i < sizeof(SHAPES) / sizeof(SHAPES[0]); i++) {
        const shape *s = &SHAPES[i];
        size_t n = s->rows * (s->columns ? s->columns : 1) * sizeof(float);
        check(td_buf_add_fmt(&header, NULL, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%zu",
                             i ? "," : "", s->name, s->rows));
        if (s->columns)
            check(td_buf_add_fmt(&header, NULL, ",%zu", s->columns));
        check(td_buf_add_fmt(&header, NULL, "],\"data_offsets\":[%zu,%zu]}", at, at + n));
        at += n;
    }
    check(td_buf_add_byte(&header, '}', NULL));
    for (size_t i = 0; i < 8; i++)
        check(td_buf_add_byte(&file, (char)(header.n >> (8 * i)), NULL));
    check(td_buf_add(&file, td_buf_str(&header), NULL));
    for (size_t i = 0; i < at / sizeof(float); i++) {
        float value = (float)((i * 37 + 11) % 23) / 16 - 0.6f;
        check(td_buf_add(&file, (td_str){(const char *)&value, sizeof(value)}, NULL));
    }
    td_weights_shard shard = {TD_STR("model.safetensors"), td_buf_str(&file)};
    check(td_embed_weights_open(&shard, 1, &weights, NULL));
    td_buf_clear(&header);
    return weights; /* the file's bytes are kept with it, for as long as the process lives */
}

static td_str get(const void *user, const char *name)
{
    const td_str *parts = user;

    for (size_t i = 0; i < N_FILES; i++)
        if (!strcmp(name, FILES[i]) && parts[i].n > 0)
            return parts[i];
    return (td_str){NULL, 0};
}

static void check_message(const tandem_error *err)
{
    if (err->message[0] == '\0' || strpbrk(err->message, "\n\x1b"))
        abort();
}

static void run(const td_model *model)
{
    static const uint32_t ids[N_IDS] = {1, 2, 3, 4, 5}, starts[] = {0, N_IDS};
    const td_model_info *info = td_embed_model_info(model);
    td_ragged batch = {.ids = ids, .starts = starts, .n_texts = 1};
    td_scratch *scratch = td_embed_model_scratch_new();
    float vectors[2][DIM_MAX];
    tandem_error err = {0};

    if (!scratch || info->dim > DIM_MAX)
        abort();
    for (int i = 0; i < 2; i++) {
        if (td_embed_model_run(model, &batch, scratch, vectors[i], &err) != TANDEM_OK) {
            check_message(&err);
            td_embed_model_scratch_free(scratch);
            return;
        }
    }
    double length = 0;
    for (size_t i = 0; i < info->dim; i++)
        length += (double)vectors[0][i] * vectors[0][i];
    if (!(fabs(length - 1) < 1e-4) ||
        memcmp(vectors[0], vectors[1], info->dim * sizeof(float)) != 0)
        abort();
    td_embed_model_scratch_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static td_weights *weights;
    static const td_kernels *kernels;
    td_str rest = {(const char *)data, size}, parts[N_FILES] = {{0}};
    td_model *model = NULL;
    tandem_error err = {0};

    if (!weights) {
        weights = make_weights();
        check(td_embed_kernels_choose("plain", &kernels, NULL));
    }
    for (size_t i = 0; i < N_FILES; i++) {
        size_t mark = i + 1 < N_FILES ? td_str_find(rest, TD_STR("\n----\n"), 0) : TD_STR_NONE;
        parts[i] = td_str_slice(rest, 0, mark == TD_STR_NONE ? rest.n : mark);
        rest = mark == TD_STR_NONE ? (td_str){0} : td_str_slice(rest, mark + 6, rest.n);
    }
    td_model_source source = {.get = get,
                              .user = parts,
                              .weights = weights,
                              .kernels = kernels,
                              .precision = TD_PRECISION_F32};
    if (td_embed_model_open(&source, &model, &err) != TANDEM_OK) {
        check_message(&err);
        return 0;
    }
    run(model);
    td_embed_model_close(model);
    return 0;
}
