/* Reads goldens and files of the repository, and compares ids text by text. */
#ifndef TESTS_EMBED_TOKENIZE_GOLDEN_H
#define TESTS_EMBED_TOKENIZE_GOLDEN_H

#include "embed/tokenize/tokenize.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    GOLDEN_IDS_MAX = 65536
};

/* The whole file `name` under the folder that `variable` names; the caller frees ptr. */
static inline td_str golden_read(const char *variable, const char *name)
{
    char path[4096];
    const char *folder = getenv(variable);
    assert_non_null(folder);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(n + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, n, file), n);
    fclose(file);
    return (td_str){bytes, n};
}

static inline json_t *golden_json(const char *name)
{
    json_error_t why;
    td_str bytes = golden_read("TANDEM_GOLDEN", name);
    json_t *root = json_loadb(bytes.ptr, bytes.n, JSON_ALLOW_NUL, &why);
    if (!root)
        fail_msg("%s:%d: %s", name, why.line, why.text);
    free((char *)(uintptr_t)bytes.ptr);
    return root;
}

static inline void golden_free(td_str s)
{
    free((char *)(uintptr_t)s.ptr);
}

static inline td_tokenizer *golden_open(td_str json, td_str vocab, td_str config)
{
    td_tokenizer *tokenizer = NULL;
    tandem_error err = {0};
    if (td_embed_tokenize_open(json, vocab, config, &tokenizer, &err) != TANDEM_OK)
        fail_msg("%s: %s", err.context, err.message);
    return tokenizer;
}

/* From a tokenizer.json of the repository. */
static inline td_tokenizer *golden_open_json(const char *variable, const char *name)
{
    td_str json = golden_read(variable, name);
    td_tokenizer *tokenizer = golden_open(json, (td_str){0}, (td_str){0});
    golden_free(json);
    return tokenizer;
}

/* From vocab.txt and tokenizer_config.json in a folder of the repository. */
static inline td_tokenizer *golden_open_vocab(const char *variable, const char *folder)
{
    char name[512];
    snprintf(name, sizeof(name), "%s/vocab.txt", folder);
    td_str vocab = golden_read(variable, name);
    snprintf(name, sizeof(name), "%s/tokenizer_config.json", folder);
    td_str config = golden_read(variable, name);
    td_tokenizer *tokenizer = golden_open((td_str){0}, vocab, config);
    golden_free(vocab);
    golden_free(config);
    return tokenizer;
}

static inline td_str golden_unhex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    char *bytes = malloc(n + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (char)value;
    }
    return (td_str){bytes, n};
}

/* One case: text_utf8_hex, prompt (optional), ids. */
static inline void golden_check_case(const td_tokenizer *tokenizer, const json_t *item,
                                     size_t n_max)
{
    static uint32_t ids[GOLDEN_IDS_MAX];
    const char *hex = json_string_value(json_object_get(item, "text_utf8_hex"));
    td_str prompt = td_str_from(json_string_value(json_object_get(item, "prompt")));
    const json_t *expected = json_object_get(item, "ids");
    td_str text = golden_unhex(hex);
    size_t n = 0;
    bool truncated = false;
    tandem_error err = {0};

    assert_int_equal(td_embed_tokenize_text(tokenizer, prompt, text, ids, n_max, &n, &truncated,
                                            &err),
                     TANDEM_OK);
    if (n != json_array_size(expected))
        fail_msg("%s: %zu ids instead of %zu", hex, n, json_array_size(expected));
    for (size_t i = 0; i < n; i++)
        if (ids[i] != (uint32_t)json_integer_value(json_array_get(expected, i)))
            fail_msg("%s: id %zu is %u instead of %lld", hex, i, ids[i],
                     (long long)json_integer_value(json_array_get(expected, i)));
    if (n < n_max)
        assert_false(truncated);
    golden_free(text);
}

/* All of {"cases": [...]}; returns how many. */
static inline size_t golden_check(const td_tokenizer *tokenizer, const json_t *cases, size_t n_max)
{
    for (size_t i = 0; i < json_array_size(cases); i++)
        golden_check_case(tokenizer, json_array_get(cases, i), n_max);
    return json_array_size(cases);
}

/* The cases of model-ids.json that were made with `tokenizer_name`; returns how many. */
static inline size_t golden_check_models(const td_tokenizer *tokenizer, const char *tokenizer_name)
{
    json_t *models = golden_json("tokenizer/model-ids.json");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(models); i++) {
        const json_t *model = json_array_get(models, i);
        size_t n_max = (size_t)json_integer_value(json_object_get(model, "max_length"));
        if (!strcmp(json_string_value(json_object_get(model, "tokenizer")), tokenizer_name))
            n += golden_check(tokenizer, json_object_get(model, "cases"), n_max);
    }
    json_decref(models);
    return n;
}

#endif
