#include "embed/tokenize/load.h"
#include "open.h"

#define PRE         "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}"
#define MODEL(more) "\"model\":{\"type\":\"WordPiece\",\"vocab\":" WORDPIECE_VOCAB "," more "}"

static void what_is_not_supported_is_named(void **state)
{
    (void)state;
    assert_refused("{" WORDPIECE_MODEL ",\"normalizer\":{\"type\":\"NFKC\"}}",
                   "tokenizer.json: normalizer.type is \"NFKC\": supported with WordPiece is "
                   "BertNormalizer");
    assert_refused("{" WORDPIECE_MODEL
                   ",\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":1}}",
                   "tokenizer.json: normalizer.lowercase is not true or false");
    assert_refused("{" WORDPIECE_MODEL "}",
                   "tokenizer.json: pre_tokenizer.type is \"none\": supported with WordPiece is "
                   "BertPreTokenizer");
    assert_refused("{" WORDPIECE_MODEL
                   ",\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[]}}",
                   "tokenizer.json: normalizer is a Sequence of 0: supported is one step");
    assert_refused("{" PRE "," MODEL("\"unk_token\":\"?\"") "}",
                   "tokenizer.json: model.unk_token \"?\" is not in model.vocab");
    assert_refused(
        "{" PRE "," MODEL("\"max_input_chars_per_word\":1001") "}",
        "tokenizer.json: model.max_input_chars_per_word is 1001: supported are 1 to 1000");
    assert_refused("{" PRE "," MODEL("\"continuing_subword_prefix\":1") "}",
                   "tokenizer.json: model.continuing_subword_prefix is not a text");
}

static void options_of_the_file_are_obeyed(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"{" PRE "," WORDPIECE_MODEL "}", "4 1 8"},
        {"{" PRE "," WORDPIECE_MODEL
         ",\"normalizer\":{\"type\":\"BertNormalizer\",\"strip_accents\":false}}",
         "4 4 8"},
        {"{" PRE "," WORDPIECE_MODEL
         ",\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":false}}",
         "4 1 8"},
        {"{" PRE "," WORDPIECE_MODEL
         ",\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":"
         "\"BertNormalizer\"}]}}",
         "4 4 1"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        td_tokenizer *tokenizer = golden_open(td_str_from(CASES[i][0]), (td_str){0}, (td_str){0});
        assert_string_equal(ids_of(tokenizer, "", TD_STR("a A \u00e9"), 10), CASES[i][1]);
        td_embed_tokenize_close(tokenizer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_supported_is_named),
        cmocka_unit_test(options_of_the_file_are_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
