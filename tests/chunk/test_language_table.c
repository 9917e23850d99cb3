#include "chunk/language_table.h"
#include "split.h"

static void is_sorted_and_whole(void **state)
{
    (void)state;
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    size_t n_starts = (size_t)1 << TD_CHUNK_LANGUAGE_TABLE_TOP_BITS;
    assert_true(table->n_classes <= 64 && table->n_rows <= 16384); /* the scorer's arrays */
    assert_int_equal(table->starts[0], 0);
    assert_int_equal(table->starts[n_starts], table->n_rows);
    for (size_t i = 0; i <= table->n_rows; i++) {
        assert_int_equal(strlen(td_chunk_language_table_row(i)), table->n_classes + 1);
        assert_true(i == 0 || i == table->n_rows || table->keys[i - 1] < table->keys[i]);
    }
}

static void finds_every_key_and_no_other(void **state)
{
    (void)state;
    const td_chunk_language_table_values *table = &td_chunk_language_table;
    for (size_t i = 0; i < table->n_rows; i++) {
        assert_int_equal(td_chunk_language_table_find(table->keys[i]), i);
        if (i + 1 < table->n_rows && table->keys[i] + 1 < table->keys[i + 1])
            assert_int_equal(td_chunk_language_table_find(table->keys[i] + 1), table->n_rows);
    }
    assert_int_equal(td_chunk_language_table_find(0), table->n_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_sorted_and_whole),
        cmocka_unit_test(finds_every_key_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
