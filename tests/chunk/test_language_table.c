#include "chunk/features.h"
#include "chunk/language_table.h"
#include "split.h"

static void is_sorted_and_whole(void **state)
{
    (void)state;
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    size_t n_bytes = TD_CHUNK_LANGUAGE_TABLE_TOKEN_BYTES;
    assert_true(table->n_classes <= 64 && table->n_tokens <= 2048); /* the scorer's arrays */
    for (size_t i = 0; i < table->n_tokens; i++) {
        assert_int_equal(strlen(table->tokens[i]), n_bytes + table->n_classes);
        if (i > 0)
            assert_true(memcmp(table->tokens[i - 1], table->tokens[i], n_bytes) < 0);
    }
    for (size_t i = 0; i <= TD_CHUNK_N_SHAPES; i++)
        assert_int_equal(strlen(table->shapes[i]), table->n_classes);
}

static void has_weights_on_both_sides_of_nought(void **state)
{
    (void)state;
    assert_int_equal(td_chunk_language_table_weight('#'), -44);
    assert_int_equal(td_chunk_language_table_weight('>') + 1, td_chunk_language_table_weight('@'));
    assert_int_equal(td_chunk_language_table_weight('[') + 1, td_chunk_language_table_weight(']'));
    assert_int_equal(td_chunk_language_table_weight('~'), 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_sorted_and_whole),
        cmocka_unit_test(has_weights_on_both_sides_of_nought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
