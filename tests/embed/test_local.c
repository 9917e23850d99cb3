/* The in-process embedder from text to vector, on fixtures and, where they are, on real weights. */
#include "base/thread.h"
#include "embed/embed.h"
#include "embed/model_dir.h"

enum {
    CASES_MAX = 64,
    DIM_MAX = 384,
    TOKENS_MAX = 256
};

typedef struct opened {
    model_dir dir;
    dir_files list;
    td_embedder *embedder;
} opened;

/* Without options: in f32, on whose vectors most tests here insist. */
static tandem_code open_files(opened *o, const td_embed_local_options *options, tandem_error *err)
{
    td_embed_local_options exact = TD_EMBED_LOCAL_OPTIONS;
    exact.precision = "f32";
    dir_list(&o->dir, &o->list);
    return td_embed_local_open(&o->list.files, options ? options : &exact, &o->embedder, err);
}

static void open_or_fail(opened *o, const char *name)
{
    tandem_error err;
    *o = (opened){0};
    dir_open(&o->dir, name);
    if (open_files(o, NULL, &err) != TANDEM_OK)
        fail_msg("%s: %s", err.context, err.message);
}

static void close_all(opened *o)
{
    if (o->embedder)
        o->embedder->close(o->embedder);
    dir_close(&o->dir);
}

/* All cases of an expected file. */
typedef struct cases {
    size_t n;
    expected_case items[CASES_MAX];
    td_str texts[CASES_MAX];
    json_t *root;
} cases;

static void cases_open(cases *c, const char *name)
{
    c->root = expected_open(name);
    c->n = expected_count(c->root);
    assert_in_range(c->n, 1, CASES_MAX);
    for (size_t i = 0; i < c->n; i++) {
        c->items[i] = expected_get(c->root, i);
        c->texts[i] = td_buf_str(&c->items[i].text);
    }
}

static void cases_close(cases *c)
{
    for (size_t i = 0; i < c->n; i++)
        expected_clear(&c->items[i]);
    json_decref(c->root);
}

/* Whether a case can come about through a role at all, and that role. */
static bool role_of(const cases *c, size_t i, tandem_role *role_out)
{
    const json_t *prompts = json_object_get(c->root, "prompts");
    const char *prompt = c->items[i].prompt;
    *role_out = TANDEM_ROLE_DOCUMENT;
    if (prompt && strcmp(prompt, "query") == 0)
        *role_out = TANDEM_ROLE_QUERY;
    else if (!prompt) /* a document gets its prompt always, if there is one */
        return !json_object_get(prompts, "passage") && !json_object_get(prompts, "document");
    return true;
}

static void embed_or_fail(td_embedder *embedder, const td_str *texts, size_t n, tandem_role role,
                          float *vectors, td_text_note *notes)
{
    tandem_error err;
    td_batch batch = {.texts = texts, .n = n, .role = role, .vectors = vectors, .notes = notes};
    if (embedder->embed(embedder, &batch, NULL, &err) != TANDEM_OK)
        fail_msg("%s: %s", err.context, err.message);
}

static void check_ids(td_embedder *embedder, const cases *c, size_t i, tandem_role role)
{
    uint32_t ids[8192];
    size_t n = 0;
    bool truncated = false;
    assert_true(embedder->tokens_max <= 8192);
    assert_int_equal(embedder->tokenize(embedder, c->texts[i], role, ids, &n, &truncated, NULL),
                     TANDEM_OK);
    assert_int_equal(n, c->items[i].n_ids);
    assert_memory_equal(ids, c->items[i].ids, n * sizeof(*ids));
}

static void check_model(const char *directory, const char *expected)
{
    opened o;
    cases c;
    float vector[DIM_MAX];
    open_or_fail(&o, directory);
    cases_open(&c, expected);
    for (size_t i = 0; i < c.n; i++) {
        td_text_note note;
        tandem_role role;
        if (!role_of(&c, i, &role))
            continue;
        check_ids(o.embedder, &c, i, role);
        embed_or_fail(o.embedder, &c.texts[i], 1, role, vector, &note);
        assert_close(vector, c.items[i].vector, c.items[i].dim);
        assert_int_equal(note.n_tokens, c.items[i].n_ids);
    }
    cases_close(&c);
    close_all(&o);
}

static void gives_the_expected_ids_and_vectors(void **state)
{
    (void)state;
    static const char *const names[] = {"bert",           "bert-cls",      "gte-new",
                                        "gte-new-ntk",    "gte-new-large", "nomic",
                                        "nomic-ntk",      "coderank",      "modernbert",
                                        "modernbert-mean"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        check_model(names[i], names[i]);
}

static void gives_the_vectors_of_the_real_minilm(void **state)
{
    (void)state;
    const char *directory = getenv("TANDEM_MINILM");
    if (!directory) {
        print_message("TANDEM_MINILM names no directory with all-MiniLM-L6-v2 in f32: skipped\n");
        skip();
    }
    check_model(directory, "minilm");
}

/* The program's own model has int8 weights: near the original, not equal to it. */
static void gives_nearly_the_vectors_of_the_real_minilm_from_int8_weights(void **state)
{
    (void)state;
    char path[600];
    opened o;
    cases c;
    float vector[DIM_MAX];
    snprintf(path, sizeof(path), "%s/models/minilm", getenv("TANDEM_SOURCE"));
    open_or_fail(&o, path);
    cases_open(&c, "minilm");
    for (size_t i = 0; i < c.n; i++) {
        check_ids(o.embedder, &c, i, TANDEM_ROLE_DOCUMENT);
        embed_or_fail(o.embedder, &c.texts[i], 1, TANDEM_ROLE_DOCUMENT, vector, NULL);
        assert_true(cosine_of(vector, c.items[i].vector, c.items[i].dim) >= 0.99);
    }
    cases_close(&c);
    close_all(&o);
}

/* 400 texts are several groups. */
enum {
    MANY = 400
};
static void a_large_batch_gives_the_same_bits_as_texts_alone(void **state)
{
    (void)state;
    opened o;
    cases c;
    static float alone[CASES_MAX * DIM_MAX], vectors[MANY * DIM_MAX];
    static td_str texts[MANY];
    static td_text_note notes[MANY];
    open_or_fail(&o, "bert");
    cases_open(&c, "bert");
    size_t dim = o.embedder->dim;
    for (size_t i = 0; i < c.n; i++)
        embed_or_fail(o.embedder, &c.texts[i], 1, TANDEM_ROLE_DOCUMENT, alone + i * dim, NULL);
    for (size_t i = 0; i < MANY; i++)
        texts[i] = c.texts[i * 7 % c.n];
    embed_or_fail(o.embedder, texts, MANY, TANDEM_ROLE_DOCUMENT, vectors, notes);
    for (size_t i = 0; i < MANY; i++) {
        assert_memory_equal(vectors + i * dim, alone + i * 7 % c.n * dim, dim * sizeof(float));
        assert_int_equal(notes[i].n_tokens, c.items[i * 7 % c.n].n_ids);
    }
    cases_close(&c);
    close_all(&o);
}

typedef struct caller {
    td_embedder *embedder;
    const cases *c;
    float vectors[CASES_MAX * DIM_MAX];
} caller;

static void *embed_all(void *arg)
{
    caller *self = arg;
    for (size_t round = 0; round < 3; round++)
        embed_or_fail(self->embedder, self->c->texts, self->c->n, TANDEM_ROLE_DOCUMENT,
                      self->vectors, NULL);
    return NULL;
}

static void threads_may_embed_at_once_through_two_embedders_of_the_same_files(void **state)
{
    (void)state;
    enum {
        N = 4
    };
    opened o;
    cases c;
    static caller callers[N];
    pthread_t threads[N];
    td_embedder *second = NULL;
    td_embed_local_options exact = TD_EMBED_LOCAL_OPTIONS;
    exact.precision = "f32";
    open_or_fail(&o, "bert");
    cases_open(&c, "bert");
    assert_int_equal(td_embed_local_open(&o.list.files, &exact, &second, NULL), TANDEM_OK);
    for (size_t i = 0; i < N; i++) {
        callers[i].embedder = i % 2 ? second : o.embedder;
        callers[i].c = &c;
        assert_int_equal(td_thread_start(&threads[i], "caller", embed_all, &callers[i], NULL),
                         TANDEM_OK);
    }
    for (size_t i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 1; i < N; i++)
        assert_memory_equal(callers[i].vectors, callers[0].vectors,
                            c.n * o.embedder->dim * sizeof(float));
    o.embedder->close(o.embedder);
    o.embedder = second;
    embed_all(&callers[1]);
    assert_memory_equal(callers[1].vectors, callers[0].vectors, 64 * sizeof(float));
    cases_close(&c);
    close_all(&o);
}

static void says_that_a_text_was_cut_or_refuses_it(void **state)
{
    (void)state;
    enum {
        N = 2000
    };
    opened o;
    char text[N];
    float vectors[2 * DIM_MAX];
    td_text_note notes[2];
    tandem_error err;
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    for (size_t i = 0; i < N; i++)
        text[i] = i % 2 ? ' ' : 'a';
    td_str texts[] = {TD_STR("short"), {text, N}};
    open_or_fail(&o, "bert");
    embed_or_fail(o.embedder, texts, 2, TANDEM_ROLE_DOCUMENT, vectors, notes);
    assert_false(notes[0].truncated);
    assert_true(notes[1].truncated);
    assert_int_equal(notes[1].n_tokens, 64);

    td_embedder *strict = NULL;
    options.precision = "f32";
    options.refuse_long = true;
    assert_int_equal(td_embed_local_open(&o.list.files, &options, &strict, NULL), TANDEM_OK);
    td_batch batch = {.texts = texts, .n = 2, .vectors = vectors};
    assert_int_equal(strict->embed(strict, &batch, NULL, &err), TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "text 1"));
    strict->close(strict);
    close_all(&o);
}

/* Puts `value` into the first number of a tensor. */
static void poke(model_dir *dir, const char *tensor, float value)
{
    td_str bytes = dir_get(dir, "model.safetensors");
    td_weights_shard shard = {TD_STR("model.safetensors"), bytes};
    td_weights *weights = NULL;
    assert_int_equal(td_embed_weights_open(&shard, 1, &weights, NULL), TANDEM_OK);
    const td_tensor *found = td_embed_weights_find(weights, tensor);
    assert_non_null(found);
    memcpy((void *)(uintptr_t)found->data, &value, sizeof(value));
    td_embed_weights_close(weights);
}

static void a_vector_that_is_not_finite_is_an_error_that_names_its_text(void **state)
{
    (void)state;
    static const char *const tensors[] = {"encoder.layer.1.attention.self.query.weight",
                                          "encoder.layer.2.output.dense.bias",
                                          "embeddings.LayerNorm.weight"};
    for (size_t i = 0; i < 3; i++) {
        opened o = {0};
        tandem_error err = {0};
        float vectors[2 * DIM_MAX];
        td_str texts[] = {TD_STR("one"), TD_STR("two")};
        td_batch batch = {.texts = texts, .n = 2, .vectors = vectors};
        dir_open(&o.dir, "bert");
        poke(&o.dir, tensors[i], NAN);
        assert_int_equal(open_files(&o, NULL, &err), TANDEM_OK);
        assert_int_equal(o.embedder->embed(o.embedder, &batch, NULL, &err), TANDEM_E_FORMAT);
        assert_string_equal(err.context, "text 0");
        assert_non_null(strstr(err.message, "not finite"));
        close_all(&o);
    }
}

static void assert_refused(opened *o, const td_embed_local_options *options, tandem_code code,
                           const char *words)
{
    tandem_error err = {0};
    o->embedder = NULL;
    tandem_code got = open_files(o, options, &err);
    if (got != code || !strstr(err.message, words))
        fail_msg("got %s \"%s\", wanted \"%s\"", tandem_code_name(got), err.message, words);
    assert_null(strchr(err.message, '\n'));
}

static void refuses_precisions_and_isas_by_name(void **state)
{
    (void)state;
    opened o = {0};
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    dir_open(&o.dir, "bert");
    options.precision = "f64";
    assert_refused(&o, &options, TANDEM_E_INVALID, "f64");
    options.precision = "auto";
    options.isa = "sse9";
    assert_refused(&o, &options, TANDEM_E_INVALID, "sse9");
    close_all(&o);
}

static void refuses_directories_that_do_not_fit_together(void **state)
{
    (void)state;
    static const struct {
        const char *file, *from, *to, *words;
    } changes[] = {
        {"config.json", "BertModel\"\n  ],\n  \"model_type\": \"bert",
         "T5Model\"],\"model_type\":\"t5", "T5Model"},
        {"config.json", "\"vocab_size\": 2000", "\"vocab_size\": 1999", "word_embeddings.weight"},
        {"modules.json", "models.Normalize", "models.Dense", "Dense"},
        {"modules.json", NULL, NULL, NULL}, /* absent: mean pooling */
        {"model.safetensors", NULL, NULL, "model.safetensors is missing"},
        {"config.json", NULL, NULL, "config.json is missing"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        opened o = {0};
        tandem_error err = {0};
        dir_open(&o.dir, "bert");
        if (changes[i].from)
            dir_replace(&o.dir, changes[i].file, changes[i].from, changes[i].to);
        else
            dir_put(&o.dir, changes[i].file, NULL);
        tandem_code code = open_files(&o, NULL, &err);
        if (!changes[i].words) {
            assert_int_equal(code, TANDEM_OK);
        } else if (code == TANDEM_OK || !strstr(err.message, changes[i].words)) {
            fail_msg("%zu: got \"%s\"", i, err.message);
        }
        close_all(&o);
    }
}

static void its_fingerprint_tells_instruction_sets_apart(void **state)
{
    (void)state;
    opened o;
    td_embedder *plain = NULL;
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    open_or_fail(&o, "bert");
    options.isa = "plain";
    assert_int_equal(td_embed_local_open(&o.list.files, &options, &plain, NULL), TANDEM_OK);
    assert_true(td_str_find(plain->fingerprint, TD_STR("isa=plain"), 0) != TD_STR_NONE);
    assert_true(td_str_eq(plain->precision, TD_STR("f32")));
    assert_true(td_str_eq(plain->architecture, TD_STR("BertModel")));
    plain->close(plain);
    close_all(&o);
}

static void gives_a_row_for_each_token_if_there_is_room(void **state)
{
    (void)state;
    opened o;
    tandem_error err;
    static float rows[64 * DIM_MAX];
    bool truncated = true;
    size_t n_rows = 64, n_few = 3;
    uint32_t ids[64];
    size_t n_ids = 0;
    td_str text = TD_STR("what is a lane?");
    open_or_fail(&o, "bert-cls");
    td_embedder *e = o.embedder;
    assert_int_equal(e->tokenize(e, text, TANDEM_ROLE_DOCUMENT, ids, &n_ids, &truncated, NULL),
                     TANDEM_OK);
    assert_int_equal(e->rows(e, text, TANDEM_ROLE_DOCUMENT, rows, &n_rows, &truncated, &err),
                     TANDEM_OK);
    assert_int_equal(n_rows, n_ids);
    assert_false(truncated);
    assert_int_equal(e->rows(e, text, TANDEM_ROLE_DOCUMENT, rows, &n_few, &truncated, &err),
                     TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "room for 3"));
    close_all(&o);
}

static void an_empty_batch_is_no_error(void **state)
{
    (void)state;
    opened o;
    open_or_fail(&o, "bert");
    td_batch batch = {0};
    assert_int_equal(o.embedder->embed(o.embedder, &batch, NULL, NULL), TANDEM_OK);
    close_all(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_expected_ids_and_vectors),
        cmocka_unit_test(gives_the_vectors_of_the_real_minilm),
        cmocka_unit_test(gives_nearly_the_vectors_of_the_real_minilm_from_int8_weights),
        cmocka_unit_test(a_large_batch_gives_the_same_bits_as_texts_alone),
        cmocka_unit_test(threads_may_embed_at_once_through_two_embedders_of_the_same_files),
        cmocka_unit_test(says_that_a_text_was_cut_or_refuses_it),
        cmocka_unit_test(a_vector_that_is_not_finite_is_an_error_that_names_its_text),
        cmocka_unit_test(refuses_precisions_and_isas_by_name),
        cmocka_unit_test(refuses_directories_that_do_not_fit_together),
        cmocka_unit_test(its_fingerprint_tells_instruction_sets_apart),
        cmocka_unit_test(gives_a_row_for_each_token_if_there_is_room),
        cmocka_unit_test(an_empty_batch_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
