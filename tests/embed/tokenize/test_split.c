#include "embed/tokenize/split.h"
#include "golden.h"

static void pieces_are_those_of_the_gpt2_pattern(void **state)
{
    (void)state;
    json_t *rows = golden_json("tokenizer/gpt2-split.json");
    assert_true(json_array_size(rows) > 500);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *hex = json_string_value(json_array_get(json_array_get(rows, i), 0));
        const json_t *ends = json_array_get(json_array_get(rows, i), 1);
        td_str text = golden_unhex(hex);
        size_t at = 0, n = 0;
        while (at < text.n) {
            at += td_embed_tokenize_split_next(text, at);
            if ((json_int_t)at != json_integer_value(json_array_get(ends, n++)))
                fail_msg("%s: piece %zu ends at %zu", hex, n - 1, at);
        }
        assert_int_equal(n, json_array_size(ends));
        golden_free(text);
    }
    json_decref(rows);
}

static void bytes_that_are_no_utf8_are_characters_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(td_embed_tokenize_split_next(TD_STR("a\xFF\xC3"), 0), 1);
    assert_int_equal(td_embed_tokenize_split_next(TD_STR("a\xFF\xC3"), 1), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_those_of_the_gpt2_pattern),
        cmocka_unit_test(bytes_that_are_no_utf8_are_characters_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
