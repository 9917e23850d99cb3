/* tokenizer.json. Its "truncation" and "padding" are not read: the engine has its own limits. */
#include "embed/tokenize/load.h"

#include <stdio.h>

#define FAIL(l, err, code, format, ...) \
    td_fail(err, code, "%s: " format, (l)->file.name, __VA_ARGS__)

static const td_json *root_get(const td_loader *l, const char *key)
{
    return td_embed_tokenize_json_get(l->file.root, key);
}

tandem_code td_embed_tokenize_load_fail_type(const td_loader *l, const char *where, td_str type,
                                             const char *supported, tandem_error *err)
{
    return FAIL(l, err, TANDEM_E_UNSUPPORTED, "%s.type is \"%.*s\": supported %s", where,
                TD_STR_FMT(type), supported);
}

static bool is(td_str text, const char *wanted)
{
    return td_str_eq(text, td_str_from(wanted));
}

tandem_code td_embed_tokenize_load_step(const td_loader *l, const char *key,
                                        const td_json **object_out, td_str *type_out,
                                        tandem_error *err)
{
    /* Where a Sequence keeps its steps. */
    const char *list = strcmp(key, "normalizer") == 0 ? "normalizers" : "pretokenizers";
    const td_json *object = root_get(l, key);
    tandem_code code = TANDEM_OK;

    *object_out = object;
    if (!object)
        return TANDEM_OK;
    TD_TRY(td_embed_tokenize_json_type(&l->file, key, object, type_out, err));
    if (!is(*type_out, "Sequence"))
        return TANDEM_OK;
    const td_json *steps = td_embed_tokenize_json_get(object, list);
    if (td_embed_tokenize_json_n(steps) != 1)
        return FAIL(l, err, TANDEM_E_UNSUPPORTED, "%s is a Sequence of %zu: supported is one step",
                    key, td_embed_tokenize_json_n(steps));
    *object_out = td_embed_tokenize_json_at(steps, 0);
    TD_TRY(td_embed_tokenize_json_type(&l->file, key, *object_out, type_out, err));

out:
    return code;
}

tandem_code td_embed_tokenize_load_id(const td_loader *l, const char *where, td_str token,
                                      uint32_t *id_out, tandem_error *err)
{
    const td_json *vocab = td_embed_tokenize_json_get(l->model, "vocab");
    char key[256];
    if (token.n < sizeof(key)) {
        snprintf(key, sizeof(key), "%.*s", TD_STR_FMT(token));
        if (td_embed_tokenize_json_is_count(td_embed_tokenize_json_get(vocab, key), id_out))
            return TANDEM_OK;
    }
    return FAIL(l, err, TANDEM_E_FORMAT, "%s \"%.*s\" is not in model.vocab", where,
                TD_STR_FMT(token));
}

static tandem_code load_vocab_entry(void *user, td_str token, const td_json *value,
                                    tandem_error *err)
{
    const td_loader *l = user;
    uint32_t id;
    if (!td_embed_tokenize_json_is_count(value, &id))
        return FAIL(l, err, TANDEM_E_FORMAT, "model.vocab.\"%.*s\" is not a token id",
                    TD_STR_FMT(token));
    td_str old = td_embed_tokenize_vocab_get(&l->tokenizer->vocab, id);
    if (old.ptr)
        return FAIL(l, err, TANDEM_E_FORMAT, "model.vocab: \"%.*s\" and \"%.*s\" are both id %u",
                    TD_STR_FMT(old), TD_STR_FMT(token), id);
    tandem_code code = td_embed_tokenize_vocab_set(&l->tokenizer->vocab, id, token, false, err);
    if (code != TANDEM_OK)
        td_context(err, "%s: model.vocab", l->file.name);
    return code;
}

static tandem_code load_vocab(const td_loader *l, const td_json *model, tandem_error *err)
{
    const td_json *vocab = td_embed_tokenize_json_get(model, "vocab");
    if (!td_embed_tokenize_json_is_object(vocab) || td_embed_tokenize_json_n(vocab) == 0)
        return FAIL(l, err, TANDEM_E_FORMAT, "model.vocab is %s",
                    vocab ? "not an object with tokens" : "missing");
    td_loader copy = *l;
    return td_embed_tokenize_json_each(vocab, load_vocab_entry, &copy, err);
}

/* The reference gives an added token the id that the vocabulary has for it, whatever the file
 * says. */
static tandem_code check_added_id(const td_loader *l, const char *where,
                                  const td_added_token *token, tandem_error *err)
{
    const td_json *vocab = td_embed_tokenize_json_get(l->model, "vocab");
    char key[TD_ADDED_BYTES_MAX + 1];
    uint32_t id;
    if (token->content.n >= sizeof(key))
        return TANDEM_OK; /* refused for its length in a moment */
    snprintf(key, sizeof(key), "%.*s", TD_STR_FMT(token->content));
    if (td_embed_tokenize_json_is_count(td_embed_tokenize_json_get(vocab, key), &id) &&
        id != token->id)
        return FAIL(l, err, TANDEM_E_FORMAT, "%s.id is %u, but model.vocab has \"%s\" as %u", where,
                    token->id, key, id);
    return TANDEM_OK;
}

static tandem_code load_added_token(const td_loader *l, size_t index, const td_json *object,
                                    tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_added_token token = {0};
    bool normalized = false, special = false;
    char where[48];

    snprintf(where, sizeof(where), "added_tokens[%zu]", index);
    if (!td_embed_tokenize_json_is_text(td_embed_tokenize_json_get(object, "content"),
                                        &token.content))
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: %s.content is not a text", l->file.name, where);
    if (!td_embed_tokenize_json_is_count(td_embed_tokenize_json_get(object, "id"), &token.id))
        TD_FAIL(err, TANDEM_E_FORMAT, "%s: %s.id is not a token id", l->file.name, where);
    TD_TRY(check_added_id(l, where, &token, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, where, object, "special", &special, err));
    normalized = !special; /* the library's default */
    TD_TRY(td_embed_tokenize_json_flag(&l->file, where, object, "normalized", &normalized, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, where, object, "lstrip", &token.lstrip, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, where, object, "rstrip", &token.rstrip, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, where, object, "single_word", &token.single_word,
                                       err));
    TD_TRY(td_embed_tokenize_add_token(l->tokenizer, l->file.name, where, &token, normalized, err));

out:
    return code;
}

static tandem_code load_added_tokens(const td_loader *l, tandem_error *err)
{
    const td_json *tokens = root_get(l, "added_tokens");
    tandem_code code = TANDEM_OK;
    if (tokens && !td_embed_tokenize_json_is_array(tokens))
        return FAIL(l, err, TANDEM_E_FORMAT, "%s", "added_tokens is not an array");
    for (size_t i = 0; i < td_embed_tokenize_json_n(tokens); i++)
        TD_TRY(load_added_token(l, i, td_embed_tokenize_json_at(tokens, i), err));

out:
    return code;
}

static tandem_code add_special(const td_loader *l, td_specials *specials, uint32_t id,
                               tandem_error *err)
{
    if (specials->n == TD_SPECIALS_MAX)
        return FAIL(l, err, TANDEM_E_UNSUPPORTED,
                    "post_processor puts more than %d tokens on one side", TD_SPECIALS_MAX);
    specials->ids[specials->n++] = id;
    return TANDEM_OK;
}

/* "cls": ["[CLS]", 101] */
static tandem_code load_pair(const td_loader *l, const td_json *post, const char *key,
                             td_specials *specials, tandem_error *err)
{
    const td_json *pair = td_embed_tokenize_json_get(post, key);
    uint32_t id;
    if (!td_embed_tokenize_json_is_count(td_embed_tokenize_json_at(pair, 1), &id))
        return FAIL(l, err, TANDEM_E_FORMAT, "post_processor.%s is not a token and its id", key);
    return add_special(l, specials, id, err);
}

/* The ids that a template's special token stands for. */
static tandem_code load_template_token(const td_loader *l, const td_json *post, td_str name,
                                       td_specials *specials, tandem_error *err)
{
    const td_json *tokens = td_embed_tokenize_json_get(post, "special_tokens");
    tandem_code code = TANDEM_OK;
    char key[256];
    uint32_t id;

    snprintf(key, sizeof(key), "%.*s", TD_STR_FMT(name));
    const td_json *token = td_embed_tokenize_json_get(tokens, key);
    const td_json *ids = td_embed_tokenize_json_get(token, "ids");
    if (!td_embed_tokenize_json_is_array(ids) || name.n >= sizeof(key))
        return FAIL(l, err, TANDEM_E_FORMAT,
                    "post_processor.special_tokens has no ids for \"%.*s\"", TD_STR_FMT(name));
    for (size_t i = 0; i < td_embed_tokenize_json_n(ids); i++) {
        if (!td_embed_tokenize_json_is_count(td_embed_tokenize_json_at(ids, i), &id))
            return FAIL(l, err, TANDEM_E_FORMAT,
                        "post_processor.special_tokens.\"%.*s\".ids[%zu] is not a token id",
                        TD_STR_FMT(name), i);
        TD_TRY(add_special(l, specials, id, err));
    }

out:
    return code;
}

/* "single": special tokens around the sequence A. */
static tandem_code load_template(const td_loader *l, const td_json *post, tandem_error *err)
{
    const td_json *single = td_embed_tokenize_json_get(post, "single");
    td_specials *specials = &l->tokenizer->before;
    tandem_code code = TANDEM_OK;
    td_str name;

    for (size_t i = 0; i < td_embed_tokenize_json_n(single); i++) {
        const td_json *item = td_embed_tokenize_json_at(single, i);
        const td_json *token = td_embed_tokenize_json_get(item, "SpecialToken");
        const td_json *sequence = td_embed_tokenize_json_get(item, "Sequence");
        if (token && td_embed_tokenize_json_is_text(td_embed_tokenize_json_get(token, "id"), &name))
            TD_TRY(load_template_token(l, post, name, specials, err));
        else if (sequence && specials == &l->tokenizer->before)
            specials = &l->tokenizer->after;
        else
            return FAIL(l, err, TANDEM_E_FORMAT, "post_processor.single[%zu] is %s", i,
                        sequence ? "a second sequence" : "no special token and no sequence");
    }
    if (specials == &l->tokenizer->before)
        return FAIL(l, err, TANDEM_E_FORMAT, "%s", "post_processor.single has no sequence");

out:
    return code;
}

static tandem_code load_post_step(const td_loader *l, const char *where, const td_json *post,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str type = {0};

    TD_TRY(td_embed_tokenize_json_type(&l->file, where, post, &type, err));
    if (is(type, "ByteLevel"))
        return TANDEM_OK; /* it moves offsets only */
    if (l->tokenizer->before.n || l->tokenizer->after.n)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "%s: %s: a second step that adds tokens", l->file.name,
                where);
    if (is(type, "TemplateProcessing")) {
        TD_TRY(load_template(l, post, err));
    } else if (is(type, "BertProcessing") || is(type, "RobertaProcessing")) {
        TD_TRY(load_pair(l, post, "cls", &l->tokenizer->before, err));
        TD_TRY(load_pair(l, post, "sep", &l->tokenizer->after, err));
    } else {
        code = td_embed_tokenize_load_fail_type(
            l, where, type,
            "are TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and "
            "a Sequence of them",
            err);
    }

out:
    return code;
}

static tandem_code load_post(const td_loader *l, tandem_error *err)
{
    const td_json *post = root_get(l, "post_processor");
    tandem_code code = TANDEM_OK;
    td_str type = {0};
    char where[48];

    if (!post)
        return TANDEM_OK;
    TD_TRY(td_embed_tokenize_json_type(&l->file, "post_processor", post, &type, err));
    if (!is(type, "Sequence"))
        return load_post_step(l, "post_processor", post, err);
    const td_json *steps = td_embed_tokenize_json_get(post, "processors");
    for (size_t i = 0; i < td_embed_tokenize_json_n(steps); i++) {
        snprintf(where, sizeof(where), "post_processor.processors[%zu]", i);
        TD_TRY(load_post_step(l, where, td_embed_tokenize_json_at(steps, i), err));
    }

out:
    return code;
}

/* What the models' files have to say. */
static const struct {
    const char *type;
    const td_tokenizer_kind *kind;
    tandem_code (*options)(const td_loader *loader, tandem_error *err);
    tandem_code (*tables)(const td_loader *loader, tandem_error *err);
} MODELS[] = {
    {"WordPiece", &td_embed_tokenize_kind_wordpiece, td_embed_tokenize_load_wordpiece_options,
     td_embed_tokenize_load_wordpiece_tables},
    {"BPE", &td_embed_tokenize_kind_bpe, td_embed_tokenize_load_bpe_options,
     td_embed_tokenize_load_bpe_tables},
};

static tandem_code load_model(td_loader *l, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str type = {0};
    size_t i = 0, n = sizeof(MODELS) / sizeof(MODELS[0]);

    l->model = root_get(l, "model");
    if (!l->model)
        return FAIL(l, err, TANDEM_E_FORMAT, "%s", "model is missing");
    TD_TRY(td_embed_tokenize_json_type(&l->file, "model", l->model, &type, err));
    while (i < n && !is(type, MODELS[i].type))
        i++;
    if (i == n)
        return td_embed_tokenize_load_fail_type(l, "model", type, "are WordPiece and BPE", err);
    l->tokenizer->kind = MODELS[i].kind;
    TD_TRY(load_vocab(l, l->model, err));
    TD_TRY(MODELS[i].options(l, err));
    TD_TRY(load_added_tokens(l, err));
    TD_TRY(MODELS[i].tables(l, err));

out:
    return code;
}

tandem_code td_embed_tokenize_load_json(td_tokenizer *tokenizer, td_str tokenizer_json,
                                        tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_loader l = {.tokenizer = tokenizer};

    TD_TRY(td_embed_tokenize_json_open("tokenizer.json", tokenizer_json, &l.file, err));
    TD_TRY(load_model(&l, err));
    TD_TRY(load_post(&l, err));

out:
    td_embed_tokenize_json_close(&l.file);
    return code;
}
