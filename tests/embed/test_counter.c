/* What a tokenizer by itself counts is what the whole model sees. */
#include "embed/embed.h"
#include "embed/model_dir.h"

enum {
    IDS_MAX = 8192
};

/* `silent`: only config.json tells how long a text may be. */
static void assert_counts_like_the_model(const char *name, bool silent)
{
    static const char *const texts[] = {"", "a", "a word, and (another)", "\xC3\xA4\xE6\xBC\xA2 x",
                                        "def f(x):\n    return x_1 + 0x20\n"};
    model_dir dir;
    dir_files list;
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    td_embedder *embedder = NULL;
    td_embed_counter *counter = NULL;
    uint32_t ids[IDS_MAX];
    options.precision = "f32";
    dir_open(&dir, name);
    if (silent) {
        dir_put(&dir, "sentence_bert_config.json", NULL);
        dir_put(&dir, "tokenizer_config.json", "{\"model_max_length\": 1e30}");
    }
    dir_list(&dir, &list);
    assert_int_equal(td_embed_local_open(&list.files, &options, &embedder, NULL), TANDEM_OK);
    assert_int_equal(td_embed_counter_open(&list.files, &counter, NULL), TANDEM_OK);
    assert_int_equal(td_embed_counter_max(counter), embedder->tokens_max);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        td_str text = td_str_from(texts[i]);
        size_t n = 0, n_ids = 0;
        bool truncated = false;
        assert_int_equal(embedder->tokenize(embedder, text, TANDEM_ROLE_DOCUMENT, ids, &n_ids,
                                            &truncated, NULL),
                         TANDEM_OK);
        assert_int_equal(td_embed_counter_count(counter, text, &n, NULL), TANDEM_OK);
        if (!truncated)
            assert_int_equal(n, n_ids);
    }
    td_embed_counter_close(counter);
    embedder->close(embedder);
    dir_close(&dir);
}

static void counts_what_each_kind_of_model_sees(void **state)
{
    (void)state;
    static const char *const names[] = {"bert", "gte-new", "coderank", "nomic", "modernbert"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_counts_like_the_model(names[i], false);
        assert_counts_like_the_model(names[i], true);
    }
}

static size_t count_dots(const td_embed_counter *counter, size_t n_dots)
{
    static char text[4 * IDS_MAX];
    size_t n = 0;
    memset(text, '.', sizeof(text));
    assert_int_equal(td_embed_counter_count(counter, (td_str){text, n_dots}, &n, NULL), TANDEM_OK);
    return n;
}

/* A model of 64 tokens, and the same of more than are counted without memory. */
static void says_one_more_than_the_most_of_a_text_that_is_too_long(void **state)
{
    (void)state;
    static const size_t most[] = {64, 4000};
    model_dir dir;
    dir_files list;
    dir_open(&dir, "bert");
    for (size_t i = 0; i < 2; i++) {
        td_embed_counter *counter = NULL;
        if (i > 0) {
            dir_put(&dir, "sentence_bert_config.json", "{\"max_seq_length\": 4000}");
            dir_replace(&dir, "config.json", "\"max_position_embeddings\": 128",
                        "\"max_position_embeddings\": 8192");
        }
        dir_list(&dir, &list);
        assert_int_equal(td_embed_counter_open(&list.files, &counter, NULL), TANDEM_OK);
        assert_int_equal(td_embed_counter_max(counter), most[i]);
        assert_int_equal(count_dots(counter, 10), 12);
        assert_int_equal(count_dots(counter, most[i] - 2), most[i]);
        assert_int_equal(count_dots(counter, most[i] - 1), most[i] + 1);
        assert_int_equal(count_dots(counter, 4 * most[i]), most[i] + 1);
        td_embed_counter_close(counter);
    }
    dir_close(&dir);
}

/* Served elsewhere, it is counted here all the same. */
static void a_model_that_the_engine_does_not_run_has_the_usual_most(void **state)
{
    (void)state;
    model_dir dir;
    dir_files list;
    td_embed_counter *counter = NULL;
    dir_open(&dir, "bert");
    dir_put(&dir, "sentence_bert_config.json", NULL);
    dir_put(&dir, "tokenizer_config.json", NULL);
    dir_put(&dir, "config.json", "{\"architectures\": [\"OtherModel\"]}");
    dir_list(&dir, &list);
    assert_int_equal(td_embed_counter_open(&list.files, &counter, NULL), TANDEM_OK);
    assert_int_equal(td_embed_counter_max(counter), 8192);
    td_embed_counter_close(counter);
    dir_close(&dir);
}

static void names_the_file_that_is_missing(void **state)
{
    (void)state;
    td_model_files files = {.id = TD_STR("none"), .origin = TD_STR("/none")};
    td_embed_counter *counter = NULL;
    tandem_error err = {0};
    assert_int_equal(td_embed_counter_open(&files, &counter, &err), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "tokenizer.json"));
    assert_null(counter);
    td_embed_counter_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_each_kind_of_model_sees),
        cmocka_unit_test(says_one_more_than_the_most_of_a_text_that_is_too_long),
        cmocka_unit_test(a_model_that_the_engine_does_not_run_has_the_usual_most),
        cmocka_unit_test(names_the_file_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
