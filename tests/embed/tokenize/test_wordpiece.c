#include "embed/tokenize/wordpiece.h"
#include "open.h"

static td_tokenizer *open_with(const char *options)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "{" BERT_STEPS ",\"model\":{\"type\":\"WordPiece\","
             "\"vocab\":" WORDPIECE_VOCAB "%s}}",
             options);
    return golden_open(td_str_from(text), (td_str){0}, (td_str){0});
}

static void a_word_with_a_part_in_no_token_is_one_unknown(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = open_with("");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("abc abx xab ab"), 20), "6 7 1 1 6");
    td_embed_tokenize_close(tokenizer);
}

static void a_word_may_have_as_many_characters_as_the_model_says(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = open_with(",\"max_input_chars_per_word\":3");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("abb abbb a\u00ADbb"), 20), "6 5 1 6 5");
    td_embed_tokenize_close(tokenizer);
}

/* The longest word there is, of the longest characters, with short ones behind. */
static void a_thousand_characters_of_four_bytes_fit(void **state)
{
    (void)state;
    char json[] =
        "{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"model\":{\"type\":\"WordPiece\","
        "\"max_input_chars_per_word\":1000,\"vocab\":{\"[UNK]\":0,\"\xF0\x9F\x98\x80\":1,"
        "\"##\xF0\x9F\x98\x80\":2,\"##a\":3}}}";
    td_tokenizer *tokenizer = golden_open(td_str_from(json), (td_str){0}, (td_str){0});
    static char bytes[4 * 995 + 6];
    static uint32_t ids[1001];
    size_t n = 0;
    bool truncated = false;
    for (size_t i = 0; i < 4 * 995; i += 4)
        memcpy(bytes + i, "\xF0\x9F\x98\x80", 4);
    memcpy(bytes + 4 * 995, "aaaaaa", 6);
    assert_int_equal(td_embed_tokenize_text(tokenizer, (td_str){0}, (td_str){bytes, 4 * 995 + 5},
                                            ids, 1001, &n, &truncated, NULL),
                     TANDEM_OK);
    assert_int_equal(n, 1000);
    assert_int_equal(ids[999], 3);
    assert_int_equal(td_embed_tokenize_text(tokenizer, (td_str){0}, (td_str){bytes, 4 * 995 + 6},
                                            ids, 1001, &n, &truncated, NULL),
                     TANDEM_OK);
    assert_int_equal(n, 1);
    assert_int_equal(ids[0], 0);
    td_embed_tokenize_close(tokenizer);
}

static void an_unknown_word_cut_by_the_limit_is_still_one_unknown(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = open_with("");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("a abbbbx"), 2), "4 1");
    assert_string_equal(ids_of(tokenizer, "", TD_STR("a abbbb"), 2), "4 6...");
    td_embed_tokenize_close(tokenizer);
}

static void bytes_that_are_no_utf8_are_dropped(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = open_with("");
    assert_string_equal(ids_of(tokenizer, "",
                               TD_STR("a\xFF"
                                      "b \xF0\x9F a\xE4\xB8"),
                               20),
                        "6 4");
    td_embed_tokenize_close(tokenizer);
}

/* Ten million bytes with a limit that is never reached. */
static void check_long(const td_tokenizer *tokenizer, const char *unit, size_t n_ids)
{
    size_t n = 10 * 1000 * 1000 / strlen(unit), n_unit = strlen(unit), n_out = 0;
    bool truncated = true;
    char *bytes = malloc(n * n_unit);
    uint32_t *ids = malloc(n * sizeof(*ids));
    assert_non_null(bytes);
    assert_non_null(ids);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + i * n_unit, unit, n_unit);
    assert_int_equal(td_embed_tokenize_text(tokenizer, (td_str){0}, (td_str){bytes, n * n_unit},
                                            ids, n, &n_out, &truncated, NULL),
                     TANDEM_OK);
    assert_int_equal(n_out, n_ids ? n_ids : n);
    assert_false(truncated);
    assert_int_equal(ids[n_out - 1], 1);
    free(bytes);
    free(ids);
}

static void ten_megabytes_of_one_word_or_of_chinese_are_linear(void **state)
{
    (void)state;
    td_tokenizer *tokenizer = open_with("");
    check_long(tokenizer, "ab", 1);
    check_long(tokenizer, "\xC3\x89", 1);
    check_long(tokenizer, "\xE4\xB8\xAD", 0);
    td_embed_tokenize_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_with_a_part_in_no_token_is_one_unknown),
        cmocka_unit_test(a_word_may_have_as_many_characters_as_the_model_says),
        cmocka_unit_test(a_thousand_characters_of_four_bytes_fit),
        cmocka_unit_test(an_unknown_word_cut_by_the_limit_is_still_one_unknown),
        cmocka_unit_test(bytes_that_are_no_utf8_are_dropped),
        cmocka_unit_test(ten_megabytes_of_one_word_or_of_chinese_are_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
