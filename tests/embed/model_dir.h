/* tests/embed/model_dir.h - a model directory and its expected vectors, for tests of the engine. */
#ifndef TESTS_EMBED_MODEL_DIR_H
#define TESTS_EMBED_MODEL_DIR_H

#include "base/buf.h"
#include "base/os.h"
#include "embed/model/model.h"
#include "flow/model_files.h"

#include <jansson.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    DIR_FILES_MAX = 16
};

/* Files of a directory that were asked for, or that a test put there instead. */
typedef struct model_dir {
    char path[512];
    struct {
        char name[64];
        td_buf bytes;
        bool is_absent;
    } files[DIR_FILES_MAX];
    size_t n_files;
} model_dir;

static inline void dir_open(model_dir *dir, const char *name)
{
    memset(dir, 0, sizeof(*dir));
    if (name[0] == '/')
        snprintf(dir->path, sizeof(dir->path), "%s", name);
    else
        snprintf(dir->path, sizeof(dir->path), "%s/models/%s", getenv("TANDEM_GOLDEN"), name);
}

static inline void dir_close(model_dir *dir)
{
    for (size_t i = 0; i < dir->n_files; i++)
        td_buf_clear(&dir->files[i].bytes);
    dir->n_files = 0;
}

static inline size_t dir_slot(model_dir *dir, const char *name)
{
    for (size_t i = 0; i < dir->n_files; i++) {
        if (strcmp(dir->files[i].name, name) == 0)
            return i;
    }
    assert_true(dir->n_files < DIR_FILES_MAX);
    size_t slot = dir->n_files++;
    char path[640];
    snprintf(dir->files[slot].name, sizeof(dir->files[slot].name), "%s", name);
    snprintf(path, sizeof(path), "%s/%s", dir->path, name);
    dir->files[slot].bytes = TD_BUF((size_t)1 << 30);
    dir->files[slot].is_absent = !td_os_is_file(path);
    if (!dir->files[slot].is_absent)
        assert_int_equal(td_os_read_file(path, (size_t)1 << 30, &dir->files[slot].bytes, NULL),
                         TANDEM_OK);
    return slot;
}

static inline td_str dir_get(const void *user, const char *name)
{
    model_dir *dir = (model_dir *)(uintptr_t)user;
    size_t slot = dir_slot(dir, name);
    return dir->files[slot].is_absent ? (td_str){NULL, 0} : td_buf_str(&dir->files[slot].bytes);
}

/* Other bytes in place of a file; NULL takes it away. */
static inline void dir_put(model_dir *dir, const char *name, const char *text)
{
    size_t slot = dir_slot(dir, name);
    td_buf_cut(&dir->files[slot].bytes, 0);
    dir->files[slot].is_absent = text == NULL;
    if (text)
        assert_int_equal(td_buf_add(&dir->files[slot].bytes, td_str_from(text), NULL), TANDEM_OK);
}

/* The first `from` in a file becomes `to`. */
static inline void dir_replace(model_dir *dir, const char *name, const char *from, const char *to)
{
    td_str old = dir_get(dir, name);
    size_t at = td_str_find(old, td_str_from(from), 0);
    td_buf fresh = TD_BUF((size_t)1 << 30);
    assert_true(at != TD_STR_NONE);
    assert_int_equal(td_buf_add(&fresh, td_str_slice(old, 0, at), NULL), TANDEM_OK);
    assert_int_equal(td_buf_add(&fresh, td_str_from(to), NULL), TANDEM_OK);
    assert_int_equal(td_buf_add(&fresh, td_str_slice(old, at + strlen(from), old.n), NULL),
                     TANDEM_OK);
    size_t slot = dir_slot(dir, name);
    td_buf_clear(&dir->files[slot].bytes);
    dir->files[slot].bytes = fresh;
}

/* Weights and model of a directory as it is now. */
static inline tandem_code dir_load_in(model_dir *dir, const char *isa, td_precision precision,
                                      td_weights **weights, td_model **model, tandem_error *err)
{
    td_weights_shard shard = {TD_STR("model.safetensors"), dir_get(dir, "model.safetensors")};
    td_model_source source = {.get = dir_get, .user = dir, .precision = precision};
    tandem_code code = td_embed_kernels_choose(isa, &source.kernels, err);
    *weights = NULL;
    if (code == TANDEM_OK)
        code = td_embed_weights_open(&shard, 1, weights, err);
    source.weights = *weights;
    if (code == TANDEM_OK)
        code = td_embed_model_open(&source, model, err);
    return code;
}

static inline tandem_code dir_load(model_dir *dir, const char *isa, td_weights **weights,
                                   td_model **model, tandem_error *err)
{
    return dir_load_in(dir, isa, TD_PRECISION_F32, weights, model, err);
}

/* The directory as the embedders want it; borrowed from `dir`, which must stay as it is. */
typedef struct dir_files {
    td_model_file items[DIR_FILES_MAX];
    td_model_files files;
} dir_files;

static inline void dir_list(model_dir *dir, dir_files *list)
{
    static const char *const names[] = {"config.json",
                                        "model.safetensors",
                                        "modules.json",
                                        "1_Pooling/config.json",
                                        "sentence_bert_config.json",
                                        "config_sentence_transformers.json",
                                        "tokenizer_config.json",
                                        "tokenizer.json",
                                        "vocab.txt"};
    *list = (dir_files){.files = {.id = TD_STR("test/model"),
                                  .revision = TD_STR("1"),
                                  .origin = td_str_from(dir->path)}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        td_str bytes = dir_get(dir, names[i]);
        if (bytes.ptr)
            list->items[list->files.n_files++] = (td_model_file){td_str_from(names[i]), bytes};
    }
    list->files.files = list->items;
}

/* One case of an expected file. */
typedef struct expected_case {
    td_buf text;
    const char *prompt; /* its name; NULL: none */
    uint32_t *ids;
    size_t n_ids;
    float *vector;
    size_t dim;
} expected_case;

static inline json_t *expected_open(const char *name)
{
    char path[640];
    snprintf(path, sizeof(path), "%s/expected/%s.json", getenv("TANDEM_GOLDEN"), name);
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, NULL);
    assert_non_null(root);
    return root;
}

static inline size_t expected_count(const json_t *root)
{
    return json_array_size(json_object_get(root, "cases"));
}

static inline expected_case expected_get(const json_t *root, size_t i)
{
    const json_t *entry = json_array_get(json_object_get(root, "cases"), i);
    const json_t *ids = json_object_get(entry, "ids"),
                 *vector = json_object_get(entry, "embedding");
    const char *hex = json_string_value(json_object_get(entry, "text_utf8_hex"));
    assert_non_null(hex);
    expected_case one = {.text = TD_BUF(1 << 20),
                         .prompt = json_string_value(json_object_get(entry, "prompt")),
                         .n_ids = json_array_size(ids),
                         .dim = json_array_size(vector)};
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        assert_int_equal(td_buf_add_byte(&one.text, (char)byte, NULL), TANDEM_OK);
    }
    one.ids = malloc((one.n_ids + 1) * sizeof(*one.ids));
    one.vector = malloc((one.dim + 1) * sizeof(*one.vector));
    for (size_t j = 0; j < one.n_ids; j++)
        one.ids[j] = (uint32_t)json_integer_value(json_array_get(ids, j));
    for (size_t j = 0; j < one.dim; j++)
        one.vector[j] = (float)json_number_value(json_array_get(vector, j));
    return one;
}

static inline void expected_clear(expected_case *one)
{
    td_buf_clear(&one->text);
    free(one->ids);
    free(one->vector);
}

static inline double cosine_of(const float *a, const float *b, size_t dim)
{
    double dot = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < dim; i++) {
        dot += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return dot / sqrt(aa * bb);
}

/* The f32 tolerance of every expected file: cosine 0.99999, largest difference 1e-4. */
static inline void assert_close(const float *vector, const float *expected, size_t dim)
{
    double cosine = cosine_of(vector, expected, dim), largest = 0;
    for (size_t i = 0; i < dim; i++)
        largest = fmax(largest, fabs((double)vector[i] - expected[i]));
    if (!(cosine >= 0.99999 && largest <= 1e-4))
        fail_msg("cosine %.7f, largest difference %.2g", cosine, largest);
}

#endif
