#include "embed/tokenize/tokenizer.h"
#include "open.h"

#define VOCAB "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\nA\n\xC3\xA9\n"

static const char *refused(const char *vocab, const char *config)
{
    return refusal((td_str){0}, td_str_from(vocab), td_str_from(config));
}

static void a_bad_vocabulary_or_config_is_refused_by_name(void **state)
{
    (void)state;
    assert_string_equal(refusal((td_str){0}, (td_str){0}, (td_str){0}),
                        "the model has neither tokenizer.json nor vocab.txt");
    assert_string_equal(refused("", ""), "vocab.txt: has no tokens");
    assert_string_equal(refused("\n\n", ""), "vocab.txt: has no tokens");
    assert_string_equal(refused("a\n\xFF", ""), "vocab.txt: not UTF-8 at byte 2");
    assert_string_equal(refused("a\nb\n", ""), "vocab.txt: has no cls_token \"[CLS]\"");
    assert_string_equal(refused(VOCAB, "{\"unk_token\":{\"content\":\"?\"}}"),
                        "vocab.txt: has no unk_token \"?\"");
    assert_string_equal(refused(VOCAB, "{\"do_lower_case\":\"yes\"}"),
                        "tokenizer_config.json: do_lower_case is not true or false");
    assert_string_equal(refused(VOCAB, "{\"tokenizer_class\":\"BertJapaneseTokenizer\"}"),
                        "tokenizer_config.json: tokenizer_class is \"BertJapaneseTokenizer\": with "
                        "vocab.txt, BertTokenizer and its kin are supported");
    assert_string_equal(refused(VOCAB, "[]"), "tokenizer_config.json: is not a JSON object");
}

static void the_config_says_how_text_is_normalised(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"", "2 4 4 1 3"},
        {"{\"do_lower_case\":false}", "2 4 6 7 3"},
        {"{\"strip_accents\":false}", "2 4 4 7 3"},
        {"{\"sep_token\":{\"content\":\"[PAD]\"}}", "2 4 4 1 0"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        td_tokenizer *tokenizer = golden_open((td_str){0}, TD_STR(VOCAB), td_str_from(CASES[i][0]));
        assert_string_equal(ids_of(tokenizer, "", TD_STR("a A \u00e9"), 10), CASES[i][1]);
        td_embed_tokenize_close(tokenizer);
    }
}

static void ids_count_lines_whatever_ends_them(void **state)
{
    (void)state;
    td_tokenizer *tokenizer =
        golden_open((td_str){0}, TD_STR("[UNK]\r\n\r\n[CLS]\r\n[SEP]\r\na\r\na"), (td_str){0});
    assert_string_equal(ids_of(tokenizer, "", TD_STR("a"), 10), "2 5 3");
    assert_int_equal(td_embed_tokenize_n_vocab(tokenizer), 6);
    assert_null(td_embed_tokenize_token(tokenizer, 1).ptr);
    td_embed_tokenize_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_vocabulary_or_config_is_refused_by_name),
        cmocka_unit_test(the_config_says_how_text_is_normalised),
        cmocka_unit_test(ids_count_lines_whatever_ends_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
