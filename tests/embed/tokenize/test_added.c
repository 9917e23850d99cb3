#include "embed/tokenize/added.h"
#include "golden.h"

/* The tokenizer of golden row `index`; a row with "base" takes all else from that file. */
static td_tokenizer *open_row(const json_t *row)
{
    json_t *model = json_object_get(row, "tokenizer");
    json_t *base = NULL;
    td_tokenizer *tokenizer = NULL;
    tandem_error err = {0};

    if (json_object_get(model, "base")) {
        base = golden_json("tokenizer/bpe-small.json");
        json_object_del(model, "base");
        json_object_update(base, model);
        model = base;
    }
    char *text = json_dumps(model, JSON_COMPACT);
    if (td_embed_tokenize_open(td_str_from(text), (td_str){0}, (td_str){0}, &tokenizer, &err))
        fail_msg("%s", err.message);
    free(text);
    json_decref(base);
    return tokenizer;
}

static void flags_of_added_tokens_give_the_references_ids(void **state)
{
    (void)state;
    json_t *rows = golden_json("tokenizer/added-tokens.json");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        td_tokenizer *tokenizer = open_row(row);
        assert_int_equal(golden_check(tokenizer, json_object_get(row, "cases"), 1000), 150);
        td_embed_tokenize_close(tokenizer);
    }
    assert_int_equal(json_array_size(rows), 2);
    json_decref(rows);
}

static td_added added_of(const td_added_token *tokens, size_t n)
{
    td_added added = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(td_embed_tokenize_added_add(&added, &tokens[i], NULL), TANDEM_OK);
    return added;
}

static void the_longest_token_at_the_leftmost_place_wins(void **state)
{
    (void)state;
    const td_added_token tokens[] = {{.content = TD_STR("ab"), .id = 1},
                                     {.content = TD_STR("abab"), .id = 2},
                                     {.content = TD_STR("b"), .id = 3}};
    td_added added = added_of(tokens, 3);
    td_added_at at = {0};
    td_added_match match;
    assert_true(td_embed_tokenize_added_find(&added, TD_STR("xababb"), &at, &match));
    assert_int_equal(match.id, 2);
    assert_int_equal(match.start, 1);
    assert_int_equal(match.end, 5);
    assert_true(td_embed_tokenize_added_find(&added, TD_STR("xababb"), &at, &match));
    assert_int_equal(match.id, 3);
    assert_false(td_embed_tokenize_added_find(&added, TD_STR("xababb"), &at, &match));
    td_embed_tokenize_added_clear(&added);
}

static void spaces_that_a_token_took_are_not_taken_again(void **state)
{
    (void)state;
    const td_added_token tokens[] = {{.content = TD_STR(" "), .id = 1},
                                     {.content = TD_STR("<l>"), .id = 2, .lstrip = true}};
    td_added added = added_of(tokens, 2);
    td_added_at at = {0};
    td_added_match match;
    for (size_t i = 0; i < 3; i++) {
        assert_true(td_embed_tokenize_added_find(&added, TD_STR("  <l>"), &at, &match));
        assert_int_equal(match.start, i);
        at.covered = match.end;
    }
    assert_int_equal(match.id, 2);
    td_embed_tokenize_added_clear(&added);
}

static void a_token_that_swallows_spaces_is_found_in_linear_time_among_spaces(void **state)
{
    (void)state;
    const td_added_token token = {.content = TD_STR(" "), .id = 1, .rstrip = true};
    td_added added = added_of(&token, 1);
    size_t n = 4000000; /* each space looks to the end of the run: squared, that is an hour */
    char *spaces = malloc(n);
    assert_non_null(spaces);
    memset(spaces, ' ', n);
    td_added_at at = {0};
    td_added_match match;
    size_t n_found = 0;
    while (td_embed_tokenize_added_find(&added, (td_str){spaces, n}, &at, &match)) {
        assert_int_equal(match.end, n);
        n_found++;
    }
    assert_int_equal(n_found, n);
    free(spaces);
    td_embed_tokenize_added_clear(&added);
}

static void a_token_too_long_is_refused_and_an_empty_one_left_out(void **state)
{
    (void)state;
    static char bytes[TD_ADDED_BYTES_MAX + 1];
    td_added added = {0};
    tandem_error err = {0};
    td_added_token token = {.content = {bytes, sizeof(bytes)}};
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(td_embed_tokenize_added_add(&added, &token, &err), TANDEM_E_TOO_LARGE);
    token.content.n = 0;
    assert_int_equal(td_embed_tokenize_added_add(&added, &token, &err), TANDEM_OK);
    td_added_at at = {0};
    td_added_match match;
    assert_false(td_embed_tokenize_added_find(&added, TD_STR("x"), &at, &match));
    td_embed_tokenize_added_clear(&added);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_of_added_tokens_give_the_references_ids),
        cmocka_unit_test(the_longest_token_at_the_leftmost_place_wins),
        cmocka_unit_test(spaces_that_a_token_took_are_not_taken_again),
        cmocka_unit_test(a_token_that_swallows_spaces_is_found_in_linear_time_among_spaces),
        cmocka_unit_test(a_token_too_long_is_refused_and_an_empty_one_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
