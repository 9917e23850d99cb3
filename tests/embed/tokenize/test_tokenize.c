#include "golden.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_vocabulary_gives_the_expected_ids_on_120_tricky_texts),
        cmocka_unit_test(both_forms_of_a_bert_tokenizer_give_the_expected_ids),
        cmocka_unit_test(byte_level_bpe_gives_the_expected_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
