#include "embed/tokenize/tables.h"
#include "golden.h"

static void classes_are_ascending_and_apart(void **state)
{
    (void)state;
    for (int k = 0; k < TD_CLASS_N; k++) {
        const td_code_ranges *ranges = &td_embed_tokenize_tables_class[k];
        assert_true(ranges->n > 0);
        for (size_t i = 0; i < ranges->n; i++) {
            assert_true(ranges->items[i].first <= ranges->items[i].last);
            assert_true(ranges->items[i].last < 0x110000);
            if (i)
                assert_true(ranges->items[i].first > ranges->items[i - 1].last + 1);
        }
    }
}

static void a_range_holds_both_its_ends_and_no_more(void **state)
{
    (void)state;
    assert_true(td_embed_tokenize_tables_has(TD_CLASS_CJK, 0x4E00));
    assert_true(td_embed_tokenize_tables_has(TD_CLASS_CJK, 0x9FFF));
    assert_false(td_embed_tokenize_tables_has(TD_CLASS_CJK, 0x4DFF));
    assert_false(td_embed_tokenize_tables_has(TD_CLASS_CJK, 0xA000));
    assert_false(td_embed_tokenize_tables_has(TD_CLASS_CJK, 0x2B820)); /* the library's gap */
    assert_false(td_embed_tokenize_tables_has(TD_CLASS_CJK, 0x10FFFF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_ascending_and_apart),
        cmocka_unit_test(a_range_holds_both_its_ends_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
