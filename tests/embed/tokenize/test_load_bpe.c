#include "embed/tokenize/load.h"
#include "open.h"

#define BPE(more)  \
    "{" BYTE_STEPS \
    ",\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"?\":3}," more "}}"
#define NO_MERGES "\"merges\":[]"

static void what_is_not_supported_is_named(void **state)
{
    (void)state;
#define MODEL "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}"
    assert_refused("{" MODEL ",\"normalizer\":{\"type\":\"NFKC\"}}",
                   "tokenizer.json: normalizer.type is \"NFKC\": supported with BPE is NFC");
    assert_refused(
        "{" MODEL "}",
        "tokenizer.json: pre_tokenizer.type is \"none\": supported with BPE is ByteLevel");
    assert_refused("{" MODEL ",\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}",
                   "tokenizer.json: pre_tokenizer.add_prefix_space is true: supported is false");
    assert_refused("{" MODEL
                   ",\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"
                   "\"use_regex\":false}}",
                   "tokenizer.json: pre_tokenizer.use_regex is false: supported is true");
    assert_refused(BPE(NO_MERGES ",\"byte_fallback\":true"),
                   "tokenizer.json: model.byte_fallback is true: supported is false");
    assert_refused(BPE(NO_MERGES ",\"dropout\":0.1"),
                   "tokenizer.json: model.dropout makes ids random: supported is null");
    assert_refused(BPE(NO_MERGES ",\"end_of_word_suffix\":\"</w>\""),
                   "tokenizer.json: model.end_of_word_suffix is \"</w>\": supported is none");
    assert_refused(BPE(NO_MERGES ",\"unk_token\":\"!\""),
                   "tokenizer.json: model.unk_token \"!\" is not in model.vocab");
}

static void a_bad_merge_is_refused_by_its_place(void **state)
{
    (void)state;
    assert_refused(BPE("\"merges\":3"), "tokenizer.json: model.merges is not an array");
    assert_refused(BPE("\"merges\":[\"a b\",\"ab\"]"),
                   "tokenizer.json: model.merges[1] is not two tokens");
    assert_refused(BPE("\"merges\":[\"a b c\"]"),
                   "tokenizer.json: model.merges[0] is not two tokens");
    assert_refused(BPE("\"merges\":[[\"a\",1]]"),
                   "tokenizer.json: model.merges[0] is not two tokens");
    assert_refused(BPE("\"merges\":[[\"a\",\"c\"]]"),
                   "tokenizer.json: model.merges[0]: \"c\" is not in model.vocab");
    assert_refused(BPE("\"merges\":[\"b a\"]"),
                   "tokenizer.json: model.merges[0]: \"ba\" is not in model.vocab");
    assert_refused(BPE("\"merges\":[\" a\"]"),
                   "tokenizer.json: model.merges[0]: \"\" is not in model.vocab");
}

static void both_forms_of_a_merge_are_read(void **state)
{
    (void)state;
    static const char *const FORMS[] = {BPE("\"merges\":[\"a b\"]"),
                                        BPE("\"merges\":[[\"a\",\"b\"]]")};
    for (size_t i = 0; i < 2; i++) {
        td_tokenizer *tokenizer = golden_open(td_str_from(FORMS[i]), (td_str){0}, (td_str){0});
        assert_string_equal(ids_of(tokenizer, "", TD_STR("abab"), 10), "2 2");
        td_embed_tokenize_close(tokenizer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_supported_is_named),
        cmocka_unit_test(a_bad_merge_is_refused_by_its_place),
        cmocka_unit_test(both_forms_of_a_merge_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
