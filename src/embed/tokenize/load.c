/* tokenizer.json. Its "truncation" and "padding" are not read: the engine has its own limits. */
#include "embed/tokenize/json.h"
#include "embed/tokenize/tokenizer.h"

#include <stdio.h>

typedef struct loader {
    td_tokenizer *tokenizer;
    td_json_file file;
} loader;

#define FAIL(l, err, code, format, ...) \
    td_fail(err, code, "%s: " format, (l)->file.name, __VA_ARGS__)

static const td_json *root_get(const loader *l, const char *key)
{
    return td_embed_tokenize_json_get(l->file.root, key);
}

static tandem_code fail_type(const loader *l, const char *where, td_str type, const char *supported,
                             tandem_error *err)
{
    return FAIL(l, err, TANDEM_E_UNSUPPORTED, "%s.type is \"%.*s\": supported %s", where,
                TD_STR_FMT(type), supported);
}

static bool is(td_str text, const char *wanted)
{
    return td_str_eq(text, td_str_from(wanted));
}

static tandem_code load_vocab_entry(void *user, td_str token, const td_json *value,
                                    tandem_error *err)
{
    const loader *l = user;
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

static tandem_code load_vocab(const loader *l, const td_json *model, tandem_error *err)
{
    const td_json *vocab = td_embed_tokenize_json_get(model, "vocab");
    if (!td_embed_tokenize_json_is_object(vocab) || td_embed_tokenize_json_n(vocab) == 0)
        return FAIL(l, err, TANDEM_E_FORMAT, "model.vocab is %s",
                    vocab ? "not an object with tokens" : "missing");
    loader copy = *l;
    return td_embed_tokenize_json_each(vocab, load_vocab_entry, &copy, err);
}

static tandem_code load_bert_options(const loader *l, td_bert_options *options, tandem_error *err)
{
    const td_json *normalizer = root_get(l, "normalizer");
    tandem_code code = TANDEM_OK;
    td_str type = {0};

    if (!normalizer)
        return TANDEM_OK;
    TD_TRY(td_embed_tokenize_json_type(&l->file, "normalizer", normalizer, &type, err));
    if (!is(type, "BertNormalizer"))
        return fail_type(l, "normalizer", type, "with WordPiece is BertNormalizer", err);
    *options = (td_bert_options){true, true, true, true};
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "clean_text",
                                       &options->clean_text, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "handle_chinese_chars",
                                       &options->chinese_chars, err));
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "lowercase",
                                       &options->lowercase, err));
    options->strip_accents = options->lowercase;
    TD_TRY(td_embed_tokenize_json_flag(&l->file, "normalizer", normalizer, "strip_accents",
                                       &options->strip_accents, err));

out:
    return code;
}

static tandem_code check_bert_split(const loader *l, tandem_error *err)
{
    const td_json *splitter = root_get(l, "pre_tokenizer");
    tandem_code code = TANDEM_OK;
    td_str type = {0};

    if (!splitter)
        return FAIL(l, err, TANDEM_E_UNSUPPORTED, "%s",
                    "pre_tokenizer is missing: supported with WordPiece is BertPreTokenizer");
    TD_TRY(td_embed_tokenize_json_type(&l->file, "pre_tokenizer", splitter, &type, err));
    if (!is(type, "BertPreTokenizer"))
        code = fail_type(l, "pre_tokenizer", type, "with WordPiece is BertPreTokenizer", err);

out:
    return code;
}

static tandem_code find_token(const loader *l, const char *where, td_str token, uint32_t *id_out,
                              tandem_error *err)
{
    const td_json *vocab = td_embed_tokenize_json_get(root_get(l, "model"), "vocab");
    char key[256];
    if (token.n < sizeof(key)) {
        snprintf(key, sizeof(key), "%.*s", TD_STR_FMT(token));
        if (td_embed_tokenize_json_is_count(td_embed_tokenize_json_get(vocab, key), id_out))
            return TANDEM_OK;
    }
    return FAIL(l, err, TANDEM_E_FORMAT, "%s \"%.*s\" is not in model.vocab", where,
                TD_STR_FMT(token));
}

static tandem_code load_wordpiece(const loader *l, const td_json *model, tandem_error *err)
{
    td_wordpiece *wordpiece = &l->tokenizer->wordpiece;
    tandem_code code = TANDEM_OK;
    td_str unk = TD_STR("[UNK]");
    uint32_t n_chars = 100;

    TD_TRY(td_embed_tokenize_json_text(&l->file, "model", model, "unk_token", &unk, err));
    TD_TRY(find_token(l, "model.unk_token", unk, &wordpiece->unk, err));
    TD_TRY(td_embed_tokenize_json_count(&l->file, "model", model, "max_input_chars_per_word",
                                        &n_chars, err));
    if (n_chars < 1 || n_chars > TD_WORD_CHARS_MAX)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                "%s: model.max_input_chars_per_word is %u: supported are 1 to %d", l->file.name,
                n_chars, TD_WORD_CHARS_MAX);
    wordpiece->word_chars_max = n_chars;

out:
    return code;
}

static tandem_code finish_wordpiece(const loader *l, const td_json *model, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str prefix = TD_STR("##");
    TD_TRY(td_embed_tokenize_json_text(&l->file, "model", model, "continuing_subword_prefix",
                                       &prefix, err));
    TD_TRY(td_embed_tokenize_wordpiece_init(&l->tokenizer->wordpiece, &l->tokenizer->vocab, prefix,
                                            err));

out:
    if (code != TANDEM_OK)
        td_context(err, "%s: model", l->file.name);
    return code;
}

static tandem_code load_added_token(const loader *l, size_t index, const td_json *object,
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

static tandem_code load_added_tokens(const loader *l, tandem_error *err)
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

static tandem_code add_special(const loader *l, td_specials *specials, uint32_t id,
                               tandem_error *err)
{
    if (specials->n == TD_SPECIALS_MAX)
        return FAIL(l, err, TANDEM_E_UNSUPPORTED,
                    "post_processor puts more than %d tokens on one side", TD_SPECIALS_MAX);
    specials->ids[specials->n++] = id;
    return TANDEM_OK;
}

/* "cls": ["[CLS]", 101] */
static tandem_code load_pair(const loader *l, const td_json *post, const char *key,
                             td_specials *specials, tandem_error *err)
{
    const td_json *pair = td_embed_tokenize_json_get(post, key);
    uint32_t id;
    if (!td_embed_tokenize_json_is_count(td_embed_tokenize_json_at(pair, 1), &id))
        return FAIL(l, err, TANDEM_E_FORMAT, "post_processor.%s is not a token and its id", key);
    return add_special(l, specials, id, err);
}

/* The ids that a template's special token stands for. */
static tandem_code load_template_token(const loader *l, const td_json *post, td_str name,
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
static tandem_code load_template(const loader *l, const td_json *post, tandem_error *err)
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

static tandem_code load_post_step(const loader *l, const char *where, const td_json *post,
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
        code = fail_type(l, where, type,
                         "are TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and "
                         "a Sequence of them",
                         err);
    }

out:
    return code;
}

static tandem_code load_post(const loader *l, tandem_error *err)
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

static tandem_code load_model(loader *l, tandem_error *err)
{
    const td_json *model = root_get(l, "model");
    tandem_code code = TANDEM_OK;
    td_bert_options options = {0};
    td_str type = {0};

    if (!model)
        return FAIL(l, err, TANDEM_E_FORMAT, "%s", "model is missing");
    TD_TRY(td_embed_tokenize_json_type(&l->file, "model", model, &type, err));
    if (!is(type, "WordPiece"))
        return fail_type(l, "model", type, "is WordPiece", err);
    l->tokenizer->kind = &td_embed_tokenize_kind_wordpiece;
    TD_TRY(load_bert_options(l, &options, err));
    TD_TRY(check_bert_split(l, err));
    TD_TRY(td_embed_tokenize_chars_init(&l->tokenizer->wordpiece.chars, &options, err));
    TD_TRY(load_vocab(l, model, err));
    TD_TRY(load_wordpiece(l, model, err));
    TD_TRY(load_added_tokens(l, err));
    TD_TRY(finish_wordpiece(l, model, err));

out:
    return code;
}

tandem_code td_embed_tokenize_load_json(td_tokenizer *tokenizer, td_str tokenizer_json,
                                        tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    loader l = {.tokenizer = tokenizer};

    TD_TRY(td_embed_tokenize_json_open("tokenizer.json", tokenizer_json, &l.file, err));
    TD_TRY(load_model(&l, err));
    TD_TRY(load_post(&l, err));

out:
    td_embed_tokenize_json_close(&l.file);
    return code;
}
