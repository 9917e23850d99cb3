#include "embed/tokenize/load.h"
#include "open.h"

#define WITH(more) "{" WORDPIECE_MODEL "," BERT_STEPS "," more "}"

static void a_file_of_another_kind_is_refused_by_field(void **state)
{
    (void)state;
    assert_refused("{}", "tokenizer.json: model is missing");
    assert_refused("{\"model\":3}", "tokenizer.json: model is not an object");
    assert_refused("{\"model\":{}}", "tokenizer.json: model.type is missing");
    assert_refused("{\"model\":{\"type\":\"Unigram\"}}",
                   "tokenizer.json: model.type is \"Unigram\": supported are WordPiece and BPE");
    assert_refused("{\"model\":{\"type\":\"WordPiece\"}}",
                   "tokenizer.json: model.vocab is missing");
    assert_refused("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":1,\"b\":1}}}",
                   "tokenizer.json: model.vocab: \"a\" and \"b\" are both id 1");
    assert_refused("{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":-1}}}",
                   "tokenizer.json: model.vocab.\"a\" is not a token id");
    assert_refused(
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":4294967295}}}",
        "tokenizer.json: model.vocab: token id 4294967295: at most 2097152 ids are read");
}

static void truncation_and_padding_are_not_read(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = golden_open(
        TD_STR(
            WITH("\"truncation\":{\"max_length\":1},\"padding\":{\"strategy\":{\"Fixed\":128}}")),
        (td_str){0}, (td_str){0});
    assert_string_equal(ids_of(tokenizer, "", TD_STR("a a a"), 10), "4 4 4");
    td_embed_tokenize_close(tokenizer);
}

static void added_tokens_are_checked_against_the_vocabulary(void **state)
{
    (void)state;
    assert_refused(WITH("\"added_tokens\":{}"), "tokenizer.json: added_tokens is not an array");
    assert_refused(WITH("\"added_tokens\":[{\"content\":\"x\"}]"),
                   "tokenizer.json: added_tokens[0].id is not a token id");
    assert_refused(WITH("\"added_tokens\":[{\"id\":9}]"),
                   "tokenizer.json: added_tokens[0].content is not a text");
    assert_refused(WITH("\"added_tokens\":[{\"id\":9,\"content\":\"a\"}]"),
                   "tokenizer.json: added_tokens[0].id is 9, but model.vocab has \"a\" as 4");
    assert_refused(WITH("\"added_tokens\":[{\"id\":4,\"content\":\"x\"}]"),
                   "tokenizer.json: added_tokens[0]: id 4 is \"a\" in the vocabulary, not \"x\"");
    assert_refused(WITH("\"added_tokens\":[{\"id\":9,\"content\":\"x\",\"lstrip\":1}]"),
                   "tokenizer.json: added_tokens[0].lstrip is not true or false");
}

static void an_added_token_never_comes_out_of_a_word(void **state)
{
    (void)state;
    td_tokenizer *tokenizer =
        golden_open(TD_STR(WITH(
                        "\"added_tokens\":[{\"id\":9,\"content\":\"AC\",\"single_word\":true}]")),
                    (td_str){0}, (td_str){0});
    assert_string_equal(ids_of(tokenizer, "", TD_STR("ac abc aac"), 10), "9 6 7 1");
    assert_int_equal(td_embed_tokenize_n_vocab(tokenizer), 10);
    assert_true(td_str_eq(td_embed_tokenize_token(tokenizer, 9), TD_STR("AC")));
    td_embed_tokenize_close(tokenizer);
}

static const char *with_post(const char *post)
{
    static char text[2048];
    snprintf(text, sizeof(text), WITH("\"post_processor\":%s"), post);
    return text;
}

static void all_forms_of_a_post_processor_frame_the_text(void **state)
{
    (void)state;
#define TEMPLATE                                                                          \
    "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\"}}," \
    "{\"Sequence\":{\"id\":\"A\"}},{\"SpecialToken\":{\"id\":\"[SEP]\"}}],"               \
    "\"special_tokens\":{\"[CLS]\":{\"ids\":[2]},\"[SEP]\":{\"ids\":[3,0]}}}"
    static const char *const FORMS[][2] = {
        {TEMPLATE, "2 4 3 0"},
        {"{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]}", "2 4 3"},
        {"{\"type\":\"RobertaProcessing\",\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]}", "2 4 3"},
        {"{\"type\":\"ByteLevel\"}", "4"},
        {"{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"}," TEMPLATE "]}",
         "2 4 3 0"},
        {"null", "4"},
    };
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        td_tokenizer *tokenizer =
            golden_open(td_str_from(with_post(FORMS[i][0])), (td_str){0}, (td_str){0});
        assert_string_equal(ids_of(tokenizer, "", TD_STR("a"), 10), FORMS[i][1]);
        td_embed_tokenize_close(tokenizer);
    }
}

static void a_bad_post_processor_is_refused_by_field(void **state)
{
    (void)state;
    static const char *const BAD[][2] = {
        {"{\"type\":\"X\"}",
         "tokenizer.json: post_processor.type is \"X\": supported are TemplateProcessing,"
         " BertProcessing, RobertaProcessing, ByteLevel and a Sequence of them"},
        {"{\"type\":\"BertProcessing\",\"sep\":3}",
         "tokenizer.json: post_processor.cls is not a token and its id"},
        {"{\"type\":\"BertProcessing\",\"sep\":[\"x\",77],\"cls\":[\"x\",2]}",
         "tokenizer.json: post_processor puts id 77, which no token has"},
        {"{\"type\":\"TemplateProcessing\"}",
         "tokenizer.json: post_processor.single has no sequence"},
        {"{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{}},{\"Sequence\":{}}]}",
         "tokenizer.json: post_processor.single[1] is a second sequence"},
        {"{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"q\"}}]}",
         "tokenizer.json: post_processor.special_tokens has no ids for \"q\""},
        {"{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"q\"}}],"
         "\"special_tokens\":{\"q\":{\"ids\":[0,0,0,0,0,0,0,0,0]}}}",
         "tokenizer.json: post_processor puts more than 8 tokens on one side"},
        {"{\"type\":\"Sequence\",\"processors\":[" TEMPLATE "," TEMPLATE "]}",
         "tokenizer.json: post_processor.processors[1]: a second step that adds tokens"},
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_refused(with_post(BAD[i][0]), BAD[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_another_kind_is_refused_by_field),
        cmocka_unit_test(truncation_and_padding_are_not_read),
        cmocka_unit_test(added_tokens_are_checked_against_the_vocabulary),
        cmocka_unit_test(an_added_token_never_comes_out_of_a_word),
        cmocka_unit_test(all_forms_of_a_post_processor_frame_the_text),
        cmocka_unit_test(a_bad_post_processor_is_refused_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
