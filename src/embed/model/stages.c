#include "embed/model/stages.h"

#include "embed/model/fields.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STAGES_MAX = 8,
    TOKENS_MAX = 1 << 20
};

/* Pooling modes of 1_Pooling/config.json; those without support must be false. */
static const char *const OTHER_MODES[] = {
    "pooling_mode_max_tokens",
    "pooling_mode_mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens",
    "pooling_mode_lasttoken",
};

static tandem_code read_named_mode(const td_fields *fields, const char *mode, td_stages *stages,
                                   tandem_error *err)
{
    bool cls = strcmp(mode, "cls") == 0;
    if (!cls && strcmp(mode, "mean") != 0)
        return td_fail(err, TANDEM_E_UNSUPPORTED,
                       "%s: \"pooling_mode\" is \"%.40s\"; only \"cls\" and \"mean\" are supported",
                       td_embed_model_fields_file(fields), mode);
    stages->pooling = cls ? TD_POOLING_CLS : TD_POOLING_MEAN;
    return TANDEM_OK;
}

static tandem_code read_mode(const td_fields *fields, td_stages *stages, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *mode = NULL;
    bool cls = false, mean = false;

    TD_TRY(td_embed_model_fields_text(fields, "pooling_mode", NULL, &mode, err));
    if (mode)
        return read_named_mode(fields, mode, stages, err);
    for (size_t i = 0; i < sizeof(OTHER_MODES) / sizeof(OTHER_MODES[0]); i++)
        TD_TRY(td_embed_model_fields_must_be_bool(fields, OTHER_MODES[i], false, err));
    TD_TRY(td_embed_model_fields_bool(fields, "pooling_mode_cls_token", false, &cls, err));
    TD_TRY(td_embed_model_fields_bool(fields, "pooling_mode_mean_tokens", !cls, &mean, err));
    if (cls == mean)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "%s: %s of cls and mean pooling; one is supported",
                td_embed_model_fields_file(fields), cls ? "both" : "neither");
    stages->pooling = cls ? TD_POOLING_CLS : TD_POOLING_MEAN;

out:
    return code;
}

static tandem_code read_pooling(const td_model_source *source, const char *folder,
                                td_stages *stages, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_fields *fields = NULL;
    char name[96];

    if (snprintf(name, sizeof(name), "%s/config.json", folder) >= (int)sizeof(name))
        TD_FAIL(err, TANDEM_E_FORMAT, "modules.json: the pooling's \"path\" is too long");
    TD_TRY(td_embed_model_fields_open("1_Pooling/config.json", source->get(source->user, name),
                                      &fields, err));
    TD_TRY(read_mode(fields, stages, err));
    TD_TRY(td_embed_model_fields_size(fields, "word_embedding_dimension", 1, 1 << 16, 0,
                                      &stages->dim, err));
    if (stages->pooling == TD_POOLING_MEAN)
        TD_TRY(td_embed_model_fields_must_be_bool(fields, "include_prompt", true, err));

out:
    td_embed_model_fields_close(fields);
    return code;
}

static tandem_code read_module(const td_model_source *source, const td_fields *modules, size_t i,
                               td_stages *stages, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *type = NULL, *folder = NULL, *dot = NULL;
    char path[32];

    snprintf(path, sizeof(path), "%zu.type", i);
    TD_TRY(td_embed_model_fields_text(modules, path, "", &type, err));
    snprintf(path, sizeof(path), "%zu.path", i);
    TD_TRY(td_embed_model_fields_text(modules, path, "", &folder, err));
    dot = strrchr(type, '.');
    type = dot ? dot + 1 : type;
    if (strcmp(type, "Pooling") == 0) {
        TD_TRY(read_pooling(source, folder, stages, err));
    } else if (strcmp(type, "Transformer") == 0 && folder[0] != '\0') {
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "modules.json: the encoder lies in \"%.60s\"; only \"\" is supported", folder);
    } else if (strcmp(type, "Transformer") != 0 && strcmp(type, "Normalize") != 0) {
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "modules.json: stage \"%.60s\"; Transformer, Pooling and Normalize are supported",
                type);
    }

out:
    return code;
}

static tandem_code read_modules(const td_model_source *source, td_stages *stages, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str bytes = source->get(source->user, "modules.json");
    td_fields *fields = NULL;
    size_t n = 0;

    if (!bytes.ptr)
        goto out;
    TD_TRY(td_embed_model_fields_open("modules.json", bytes, &fields, err));
    n = td_embed_model_fields_count(fields, "");
    if (n == 0 || n > STAGES_MAX)
        TD_FAIL(err, TANDEM_E_FORMAT, "modules.json: %zu stages, expected 1 to %d", n, STAGES_MAX);
    for (size_t i = 0; i < n; i++)
        TD_TRY(read_module(source, fields, i, stages, err));

out:
    td_embed_model_fields_close(fields);
    return code;
}

static tandem_code read_length(const td_model_source *source, td_stages *stages, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str bytes = source->get(source->user, "sentence_bert_config.json");
    td_fields *fields = NULL;

    if (!bytes.ptr)
        goto out;
    TD_TRY(td_embed_model_fields_open("sentence_bert_config.json", bytes, &fields, err));
    TD_TRY(td_embed_model_fields_size(fields, "max_seq_length", 2, TOKENS_MAX, 0,
                                      &stages->tokens_max, err));
    TD_TRY(td_embed_model_fields_must_be_bool(fields, "do_lower_case", false, err));

out:
    td_embed_model_fields_close(fields);
    return code;
}

/* The first of the names under "prompts", else the default prompt, else none. */
static tandem_code read_prompt(const td_fields *fields, const char *const *names, size_t n,
                               char **prompt_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *prompt = NULL, *otherwise = NULL;
    char path[128];

    for (size_t i = 0; i < n && !prompt; i++) {
        snprintf(path, sizeof(path), "prompts.%s", names[i]);
        TD_TRY(td_embed_model_fields_text(fields, path, NULL, &prompt, err));
    }
    TD_TRY(td_embed_model_fields_text(fields, "default_prompt_name", NULL, &otherwise, err));
    if (!prompt && otherwise) {
        snprintf(path, sizeof(path), "prompts.%.100s", otherwise);
        TD_TRY(td_embed_model_fields_text(fields, path, NULL, &prompt, err));
        if (!prompt)
            TD_FAIL(err, TANDEM_E_FORMAT,
                    "config_sentence_transformers.json: \"default_prompt_name\" is \"%.60s\", "
                    "which \"prompts\" has not",
                    otherwise);
    }
    if (prompt && prompt[0] != '\0') {
        *prompt_out = strdup(prompt);
        if (!*prompt_out)
            code = td_fail_nomem(err, "a prompt");
    }

out:
    return code;
}

static tandem_code read_prompts(const td_model_source *source, td_stages *stages, tandem_error *err)
{
    static const char *const query[] = {"query", "search_query"};
    static const char *const document[] = {"document", "passage", "corpus", "search_document"};
    tandem_code code = TANDEM_OK;
    td_str bytes = source->get(source->user, "config_sentence_transformers.json");
    td_fields *fields = NULL;

    if (!bytes.ptr)
        goto out;
    TD_TRY(td_embed_model_fields_open("config_sentence_transformers.json", bytes, &fields, err));
    TD_TRY(read_prompt(fields, query, 2, &stages->prompts[TANDEM_ROLE_QUERY], err));
    TD_TRY(read_prompt(fields, document, 4, &stages->prompts[TANDEM_ROLE_DOCUMENT], err));

out:
    td_embed_model_fields_close(fields);
    return code;
}

tandem_code td_embed_model_stages_read(const td_model_source *source, td_stages *stages_out,
                                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_stages stages = {.pooling = TD_POOLING_MEAN};

    TD_TRY(read_modules(source, &stages, err));
    TD_TRY(read_length(source, &stages, err));
    TD_TRY(read_prompts(source, &stages, err));
    *stages_out = stages;
    stages = (td_stages){0};

out:
    td_embed_model_stages_clear(&stages);
    return code;
}

void td_embed_model_stages_clear(td_stages *stages)
{
    free(stages->prompts[0]);
    free(stages->prompts[1]);
    *stages = (td_stages){0};
}
