#include "chunk/features.h"
#include "split.h"

static void collect(void *user, td_str token)
{
    char *text = user;
    strncat(text, token.ptr, token.n);
    strcat(text, "|");
}

static void gives_tokens_with_their_place_in_the_line(void **state)
{
    (void)state;
    char tokens[200] = "";
    float shapes[TD_CHUNK_N_SHAPES];
    td_chunk_features_read(TD_STR("  if (a) {\n\n42;"), collect, tokens, shapes);
    assert_string_equal(tokens, " if|^if| (| a| )| {|${| 0|^0| ;|$;|");
    assert_true(shapes[TD_CHUNK_SHAPE_END_OPEN] == 0.5f);
    assert_true(shapes[TD_CHUNK_SHAPE_END_SEMICOLON] == 0.5f);
    assert_true(shapes[TD_CHUNK_SHAPE_INDENT_TWO] == 0.5f);
}

static void gives_shares_between_nought_and_one(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\n\n", "a", "The end of it.", "x_y = fooBar(1);\n\t// A", "\xE6\xBC\xA2\xE5\xAD\x97"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        float shapes[TD_CHUNK_N_SHAPES];
        td_chunk_features_read(td_str_from(texts[i]), NULL, NULL, shapes);
        for (size_t k = 0; k < TD_CHUNK_N_SHAPES; k++)
            assert_true(shapes[k] >= 0 && shapes[k] <= 1);
    }
}

static void does_not_see_the_margin_of_a_block(void **state)
{
    (void)state;
    float flush[TD_CHUNK_N_SHAPES], indented[TD_CHUNK_N_SHAPES];
    td_chunk_features_read(TD_STR("if a:\n    b\n\nc\n"), NULL, NULL, flush);
    td_chunk_features_read(TD_STR("   if a:\n       b\n\n   c\n"), NULL, NULL, indented);
    assert_memory_equal(flush, indented, sizeof flush);
}

static void count_one(void *user, td_str token)
{
    (void)token;
    ++*(size_t *)user;
}

static void samples_what_is_long(void **state)
{
    (void)state;
    char *text = repeated("a b c d\n", 100000);
    size_t n = 0;
    float shapes[TD_CHUNK_N_SHAPES];
    td_chunk_features_read(td_str_from(text), count_one, &n, shapes);
    assert_true(n < 4 * TD_CHUNK_FEATURES_SAMPLE_BYTES);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_tokens_with_their_place_in_the_line),
        cmocka_unit_test(gives_shares_between_nought_and_one),
        cmocka_unit_test(does_not_see_the_margin_of_a_block),
        cmocka_unit_test(samples_what_is_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
