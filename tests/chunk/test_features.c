#include "chunk/features.h"
#include "chunk/language_table.h"
#include "split.h"

static size_t n_shared(const char *a, const char *b)
{
    static td_chunk_features of_a, of_b;
    size_t n = 0;
    td_chunk_features_read(td_str_from(a), 0, false, &of_a);
    td_chunk_features_read(td_str_from(b), 0, false, &of_b);
    for (size_t i = 0; i < of_a.n; i++) {
        for (size_t k = 0; k < of_b.n; k++) {
            if (of_a.items[i] == of_b.items[k]) {
                n++;
                break;
            }
        }
    }
    return n;
}

static void are_the_ones_that_the_table_was_trained_on(void **state)
{
    (void)state;
    assert_int_equal(td_chunk_features_fingerprint(), td_chunk_language_table.fingerprint);
}

static void see_what_stands_beside_what(void **state)
{
    (void)state;
    static td_chunk_features features;
    td_chunk_features_read(TD_STR("if (a)"), 0, false, &features);
    size_t n = features.n;
    assert_int_equal(n_shared("if (a)", "if (a)"), n);
    assert_true(n_shared("if (a)", "if (b)") < n);
    assert_true(n_shared("if (a)", "if(a)") < n);
    assert_true(n_shared("if (a)", "if (b)") > n_shared("if (a)", "the end"));
}

static void take_all_numbers_for_one(void **state)
{
    (void)state;
    static td_chunk_features features;
    td_chunk_features_read(TD_STR("x = 1;"), 0, false, &features);
    assert_int_equal(n_shared("x = 1;", "x = 2;"), features.n);
}

static void see_how_a_line_is_indented(void **state)
{
    (void)state;
    static td_chunk_features spaces, tab;
    td_chunk_features_read(TD_STR("return;"), 4, false, &spaces);
    td_chunk_features_read(TD_STR("return;"), 4, true, &tab);
    assert_int_equal(spaces.n, tab.n);
    assert_memory_not_equal(spaces.items, tab.items, spaces.n * sizeof *spaces.items);
}

static void have_a_cap(void **state)
{
    (void)state;
    static td_chunk_features features;
    static const char *const pieces[] = {"a", "a ", "(a", ";;;;", "\xE6\xBC\xA2", "1 "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        char *text = repeated(pieces[i], 10000);
        td_chunk_features_read(td_str_from(text), 0, false, &features);
        assert_true(features.n > 0 && features.n <= TD_CHUNK_FEATURES_MAX);
        free(text);
    }
    td_chunk_features_read(TD_STR(""), 0, false, &features);
    assert_int_equal(features.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_the_ones_that_the_table_was_trained_on),
        cmocka_unit_test(see_what_stands_beside_what),
        cmocka_unit_test(take_all_numbers_for_one),
        cmocka_unit_test(see_how_a_line_is_indented),
        cmocka_unit_test(have_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
