#include "embed/tokenize/lookup.h"
#include "golden.h"

enum {
    KEYS = 50000,
    KEY_BYTES = 21
};

static char bytes[KEYS][KEY_BYTES];

/* Keys of 1 to 20 bytes; key i is findable by its bytes alone. */
static void fill_keys(void)
{
    for (size_t i = 0; i < KEYS; i++)
        snprintf(bytes[i], KEY_BYTES, "%zu%.*s", i, (int)(i % 15), "abcdefghijklmno");
}

static void every_token_is_found_and_no_other(void **state)
{
    (void)state;
    td_lookup lookup;
    fill_keys();
    assert_int_equal(td_embed_tokenize_lookup_init(&lookup, bytes[0], KEYS, NULL), TANDEM_OK);
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(td_embed_tokenize_lookup_add(&lookup, i * KEY_BYTES,
                                                      (uint32_t)strlen(bytes[i]), i, NULL),
                         TANDEM_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        char other[KEY_BYTES + 1];
        snprintf(other, sizeof(other), "%.*sx", KEY_BYTES - 1, bytes[i]);
        assert_int_equal(td_embed_tokenize_lookup_find(&lookup, bytes[i], strlen(bytes[i])), i);
        assert_int_equal(td_embed_tokenize_lookup_find(&lookup, other, strlen(other)), TD_NO_ID);
    }
    td_embed_tokenize_lookup_clear(&lookup);
}

static void the_same_token_again_gets_the_later_id(void **state)
{
    (void)state;
    td_lookup lookup;
    assert_int_equal(td_embed_tokenize_lookup_init(&lookup, "abab", 2, NULL), TANDEM_OK);
    assert_int_equal(td_embed_tokenize_lookup_add(&lookup, 0, 2, 7, NULL), TANDEM_OK);
    assert_int_equal(td_embed_tokenize_lookup_add(&lookup, 2, 2, 8, NULL), TANDEM_OK);
    assert_int_equal(td_embed_tokenize_lookup_find(&lookup, "ab", 2), 8);
    assert_int_equal(lookup.n_used, 1);
    td_embed_tokenize_lookup_clear(&lookup);
}

/* With bytes equal to the seed one factor of the hash is 0, whatever the other: all collide. */
static void tokens_made_to_collide_get_another_seed(void **state)
{
    (void)state;
    enum {
        N = 2000,
        BYTES = 16
    };
    static char keys[N][BYTES];
    td_lookup lookup;
    assert_int_equal(td_embed_tokenize_lookup_init(&lookup, keys[0], N, NULL), TANDEM_OK);
    uint64_t first_seed = lookup.seed;
    for (uint32_t i = 0; i < N; i++) {
        memcpy(keys[i], &first_seed, 8);
        snprintf(keys[i] + 8, 8, "%07u", i);
        assert_int_equal(td_embed_tokenize_lookup_add(&lookup, i * BYTES, BYTES, i, NULL),
                         TANDEM_OK);
    }
    assert_true(lookup.seed != first_seed);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(td_embed_tokenize_lookup_find(&lookup, keys[i], BYTES), i);
    td_embed_tokenize_lookup_clear(&lookup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_token_is_found_and_no_other),
        cmocka_unit_test(the_same_token_again_gets_the_later_id),
        cmocka_unit_test(tokens_made_to_collide_get_another_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
