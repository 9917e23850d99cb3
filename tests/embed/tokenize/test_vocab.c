#include "embed/tokenize/vocab.h"
#include "golden.h"

static void an_id_has_the_token_it_was_given_last(void **state)
{
    (void)state;
    td_vocab vocab = TD_VOCAB;
    assert_int_equal(td_embed_tokenize_vocab_set(&vocab, 2, TD_STR("a"), false, NULL), TANDEM_OK);
    assert_int_equal(td_embed_tokenize_vocab_set(&vocab, 2, TD_STR("bc"), false, NULL), TANDEM_OK);
    assert_int_equal(vocab.n_ids, 3);
    assert_true(td_str_eq(td_embed_tokenize_vocab_get(&vocab, 2), TD_STR("bc")));
    assert_null(td_embed_tokenize_vocab_get(&vocab, 0).ptr);
    assert_null(td_embed_tokenize_vocab_get(&vocab, 3).ptr);
    td_embed_tokenize_vocab_clear(&vocab);
}

static void an_id_past_the_cap_is_refused_without_memory_for_it(void **state)
{
    (void)state;
    td_vocab vocab = TD_VOCAB;
    tandem_error err = {0};
    assert_int_equal(td_embed_tokenize_vocab_set(&vocab, UINT32_MAX, TD_STR("a"), false, &err),
                     TANDEM_E_TOO_LARGE);
    assert_int_equal(vocab.capacity, 0);
    assert_non_null(strstr(err.message, "4294967295"));
    td_embed_tokenize_vocab_clear(&vocab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_has_the_token_it_was_given_last),
        cmocka_unit_test(an_id_past_the_cap_is_refused_without_memory_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
