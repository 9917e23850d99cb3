#include "embed/tokenize/bpe.h"
#include "embed/tokenize/tokenizer.h"
#include "open.h"

#define MODEL(vocab, merges, more)                                                          \
    "{" BYTE_STEPS ",\"model\":{\"type\":\"BPE\",\"vocab\":{" vocab "},\"merges\":[" merges \
    "]" more "}}"
#define ABC "\"a\":0,\"b\":1,\"c\":2,\"ab\":3,\"bc\":4,\"abc\":5"

static const char *ids_with(const char *json, const char *text)
{
    td_tokenizer *tokenizer = golden_open(td_str_from(json), (td_str){0}, (td_str){0});
    const char *ids = ids_of(tokenizer, "", td_str_from(text), 50);
    td_embed_tokenize_close(tokenizer);
    return ids;
}

static void the_lowest_rank_merges_first_and_the_leftmost_on_a_tie(void **state)
{
    (void)state;
    assert_string_equal(ids_with(MODEL(ABC, "\"b c\",\"a b\"", ""), "abc"), "0 4");
    assert_string_equal(ids_with(MODEL(ABC, "\"a b\",\"b c\"", ""), "abc"), "3 2");
    assert_string_equal(ids_with(MODEL(ABC, "\"a b\",\"b c\",\"a b\"", ""), "abc"), "0 4");
    assert_string_equal(ids_with(MODEL("\"a\":0,\"aa\":1", "\"a a\"", ""), "aaaaa"), "1 1 0");
}

static void a_token_that_its_own_bytes_do_not_make_is_never_given(void **state)
{
    (void)state;
    assert_string_equal(ids_with(MODEL(ABC, "\"b c\"", ""), "abc"), "0 4");
    assert_string_equal(ids_with(MODEL(ABC, "\"b c\"", ",\"ignore_merges\":true"), "abc"), "5");
}

static void a_byte_without_token_is_left_out_or_unknown(void **state)
{
    (void)state;
    assert_string_equal(ids_with(MODEL(ABC, "\"a b\"", ""), "axxb"), "3");
    assert_string_equal(ids_with(MODEL(ABC, "\"a b\"", ",\"unk_token\":\"c\""), "axxb"), "0 "
                                                                                         "2 2 1");
    assert_string_equal(ids_with(MODEL(ABC, "\"a b\"", ",\"unk_token\":\"c\",\"fuse_unk\":true"),
                                 "axxb"),
                        "0 2 1");
}

static void merges_out_of_order_are_noticed(void **state)
{
    (void)state;
    td_tokenizer *tokenizer =
        golden_open(TD_STR(MODEL(ABC, "\"ab c\",\"a b\"", "")), (td_str){0}, (td_str){0});
    assert_false(tokenizer->bpe.in_order);
    assert_string_equal(ids_of(tokenizer, "", TD_STR("abcab"), 10), "5 3");
    td_embed_tokenize_close(tokenizer);
}

static void short_and_long_pieces_merge_alike(void **state)
{
    (void)state;
    static uint32_t ids[512];
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    char text[200];
    memset(text, 'e', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 3)
        text[i] = "stnrl"[i % 5];
    /* 64 bytes are merged by search, 65 by the queue; the front of both must agree. */
    td_ids a = {.items = ids, .n_max = 256}, b = {.items = ids + 256, .n_max = 256};
    assert_int_equal(td_embed_tokenize_bpe_run(&tokenizer->bpe, (td_str){text, 64}, &a, NULL),
                     TANDEM_OK);
    assert_int_equal(td_embed_tokenize_bpe_run(&tokenizer->bpe, (td_str){text, 65}, &b, NULL),
                     TANDEM_OK);
    assert_memory_equal(ids, ids + 256, (a.n - 4) * sizeof(*ids));
    td_embed_tokenize_close(tokenizer);
}

static void a_megabyte_of_one_word_or_of_chinese_is_linear(void **state)
{
    (void)state;
    static const char *const UNITS[] = {"x", "the", "\xE4\xB8\xAD", "\xCC\x81",
                                        " ", "'",   "a\xCC\x81"};
    td_tokenizer *tokenizer = golden_open_json("TANDEM_GOLDEN", "tokenizer/bpe-small.json");
    size_t n = 1000 * 1000;
    char *bytes = malloc(n + 3);
    uint32_t *ids = malloc((n + 2) * sizeof(*ids));
    assert_non_null(bytes);
    assert_non_null(ids);
    for (size_t k = 0; k < sizeof(UNITS) / sizeof(UNITS[0]); k++) {
        size_t n_unit = strlen(UNITS[k]), n_out = 0;
        bool truncated = true;
        for (size_t i = 0; i < n; i += n_unit)
            memcpy(bytes + i, UNITS[k], n_unit);
        td_str text = {bytes, n / n_unit * n_unit};
        assert_int_equal(td_embed_tokenize_text(tokenizer, (td_str){0}, text, ids, n + 2, &n_out,
                                                &truncated, NULL),
                         TANDEM_OK);
        assert_true(n_out > 2);
        assert_false(truncated);
    }
    free(bytes);
    free(ids);
    td_embed_tokenize_close(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_rank_merges_first_and_the_leftmost_on_a_tie),
        cmocka_unit_test(a_token_that_its_own_bytes_do_not_make_is_never_given),
        cmocka_unit_test(a_byte_without_token_is_left_out_or_unknown),
        cmocka_unit_test(merges_out_of_order_are_noticed),
        cmocka_unit_test(short_and_long_pieces_merge_alike),
        cmocka_unit_test(a_megabyte_of_one_word_or_of_chinese_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
