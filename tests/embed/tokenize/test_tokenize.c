#include "open.h"

static void the_real_vocabulary_gives_the_expected_ids_on_120_tricky_texts(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = golden_open_vocab("TANDEM_SOURCE", "models/minilm");
    json_t *golden = golden_json("tokenizer/tokenizer-bert.json");
    assert_int_equal(golden_check(tokenizer, json_object_get(golden, "cases"), GOLDEN_IDS_MAX),
                     120);
    assert_int_equal(golden_check_models(tokenizer, "minilm"), 20);
    assert_int_equal(td_embed_tokenize_n_vocab(tokenizer), 30522);
    json_decref(golden);
    td_embed_tokenize_close(tokenizer);
}

static void both_forms_of_a_bert_tokenizer_give_the_expected_ids(void **state)
{
    (void)state;
    td_tokenizer *a = golden_open_json("TANDEM_GOLDEN", "models/bert/tokenizer.json");
    td_tokenizer *b = golden_open_vocab("TANDEM_GOLDEN", "models/bert");
    assert_int_equal(golden_check_models(a, "bert-small"), 8 * 17);
    assert_int_equal(golden_check_models(b, "bert-small"), 8 * 17);
    td_embed_tokenize_close(a);
    td_embed_tokenize_close(b);
}

static void byte_level_bpe_gives_the_expected_ids(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    json_t *golden = golden_json("tokenizer/tokenizer-bpe.json");
    assert_int_equal(golden_check(tokenizer, json_object_get(golden, "cases"), GOLDEN_IDS_MAX),
                     120);
    assert_int_equal(golden_check_models(tokenizer, "bpe-small"), 2 * 17);
    json_decref(golden);
    td_embed_tokenize_close(tokenizer);
}

static void an_error_is_one_line_whatever_it_quotes(void **state)
{
    (void)state;
    assert_refused("{\"model\":{\"type\":\"a\\n\\u001b[2J\\u009b\"}}",
                   "tokenizer.json: model.type is \"a??[2J??\": supported are WordPiece and BPE");
    const char *message = refusal_of_json("{\"a\": {,\n\x1b");
    assert_null(strpbrk(message, "\n\x1b"));
    assert_non_null(strstr(message, "tokenizer.json: line 1"));
}

static void truncated_says_whether_an_id_is_missing(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = golden_open_vocab("TANDEM_GOLDEN", "models/bert");
    td_tokenizer *bpe = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    assert_string_equal(ids_of(tokenizer, "", TD_STR(""), 2), "2 3");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("  \t\u00AD"), 2), "2 3");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("[SEP]"), 2), "2 3...");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("[SEP]   "), 3), "2 3 3");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("[SEP] ."), 3), "2 3 3...");
    assert_string_equal(ids_of(bpe, "", TD_STR("[CLS][MASK]"), 4), "1010 1010 1013 1011");
    assert_string_equal(ids_of(bpe, "", TD_STR("[CLS][MASK] "), 4), "1010 1010 1013 1011...");
    assert_string_equal(ids_of(bpe, "", TD_STR("aaaa"), 2), "1010 1011...");
    assert_string_equal(ids_of(bpe, "", TD_STR(""), 1), "error");
    td_embed_tokenize_close(tokenizer);
    td_embed_tokenize_close(bpe);
}

static void every_limit_gives_the_front_of_the_whole(void **state)
{
    (void)state;
    td_str text =
        TD_STR("  Un##believable, na\u00efve [MASK]  t\u0301he   end's xyzzy\u4e2d\u6587 [SEP]x");
    td_tokenizer *tokenizers[] = {golden_open_vocab("TANDEM_SOURCE", "models/minilm"),
                                  golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json")};
    for (size_t k = 0; k < 2; k++) {
        uint32_t whole[128], part[128];
        size_t n_whole = 0, n = 0;
        bool truncated = false;
        assert_int_equal(td_embed_tokenize_text(tokenizers[k], (td_str){0}, text, whole, 128,
                                                &n_whole, &truncated, NULL),
                         TANDEM_OK);
        for (size_t n_max = 2; n_max < 100; n_max++) {
            assert_int_equal(td_embed_tokenize_text(tokenizers[k], (td_str){0}, text, part, n_max,
                                                    &n, &truncated, NULL),
                             TANDEM_OK);
            assert_int_equal(n, n_max < n_whole ? n_max : n_whole);
            assert_int_equal(truncated, n_max < n_whole);
            assert_memory_equal(part, whole, (n - 1) * sizeof(*part));
            assert_int_equal(part[n - 1], whole[n_whole - 1]);
        }
        td_embed_tokenize_close(tokenizers[k]);
    }
}

static void prompt_and_text_are_one_text(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = golden_open_vocab("TANDEM_SOURCE", "models/minilm");
    size_t n = 40000; /* more than fits on the stack */
    char *bytes = malloc(n + 1);
    char whole[64];
    assert_non_null(bytes);
    snprintf(whole, sizeof(whole), "%s",
             ids_of(tokenizer, "",
                    TD_STR("unbelievable [SEP] "
                           "x"),
                    50));
    assert_string_equal(ids_of(tokenizer, "unbel", TD_STR("ievable [SEP] x"), 50), whole);
    assert_string_equal(ids_of(tokenizer, "unbelievable [S", TD_STR("EP] x"), 50), whole);
    assert_string_equal(ids_of(tokenizer, "unbelievable [SEP] x", TD_STR(""), 50), whole);
    memset(bytes, ' ', n);
    memcpy(bytes, "ievable", 7);
    memcpy(bytes + n - 7, "[SEP] x", 8);
    assert_string_equal(ids_of(tokenizer, "unbel", (td_str){bytes, n}, 50), whole);
    free(bytes);
    td_embed_tokenize_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_vocabulary_gives_the_expected_ids_on_120_tricky_texts),
        cmocka_unit_test(both_forms_of_a_bert_tokenizer_give_the_expected_ids),
        cmocka_unit_test(byte_level_bpe_gives_the_expected_ids),
        cmocka_unit_test(an_error_is_one_line_whatever_it_quotes),
        cmocka_unit_test(truncated_says_whether_an_id_is_missing),
        cmocka_unit_test(every_limit_gives_the_front_of_the_whole),
        cmocka_unit_test(prompt_and_text_are_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
