#include "source/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_key_is_new_once(void **state)
{
    td_source_keys keys = {0};

    (void)state;
    for (uint64_t key = 1; key <= 5000; key++)
        assert_int_equal(td_source_keys_add(&keys, key * 0x9e3779b97f4a7c15u, 10000),
                         TD_SOURCE_KEYS_NEW);
    for (uint64_t key = 1; key <= 5000; key++)
        assert_int_equal(td_source_keys_add(&keys, key * 0x9e3779b97f4a7c15u, 10000),
                         TD_SOURCE_KEYS_THERE);
    assert_int_equal(keys.n, 5000);
    assert_true(td_source_keys_has(&keys, 0x9e3779b97f4a7c15u));
    assert_false(td_source_keys_has(&keys, 7));
    td_source_keys_clear(&keys);
    assert_int_equal(keys.n, 0);
    assert_false(td_source_keys_has(&keys, 7));
}

static void a_full_set_still_knows_what_is_in(void **state)
{
    td_source_keys keys = {0};

    (void)state;
    assert_int_equal(td_source_keys_add(&keys, 1, 1), TD_SOURCE_KEYS_NEW);
    assert_int_equal(td_source_keys_add(&keys, 2, 1), TD_SOURCE_KEYS_FULL);
    assert_int_equal(td_source_keys_add(&keys, 1, 1), TD_SOURCE_KEYS_THERE);
    td_source_keys_clear(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_new_once),
        cmocka_unit_test(a_full_set_still_knows_what_is_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
