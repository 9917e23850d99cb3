#include "source/spill.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static void what_was_put_is_there_and_all_else_is_zeros(void **state)
{
    td_source_spill spill = {0};
    char bytes[8] = "unread!";

    (void)state;
    assert_true(td_source_spill_get(&spill, 0, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, "\0\0\0\0\0\0\0\0", 8);
    assert_true(td_source_spill_put(&spill, 100, "abc", 3));
    assert_int_equal(spill.n_bytes, 103);
    assert_true(td_source_spill_get(&spill, 98, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, "\0\0abc\0\0\0", 8);
    assert_true(td_source_spill_put(&spill, 99, "x", 1));
    assert_int_equal(spill.n_bytes, 103);
    assert_true(td_source_spill_get(&spill, 99, bytes, 2));
    assert_memory_equal(bytes, "xa", 2);
    td_source_spill_clear(&spill);
    assert_null(spill.file);
}

static void no_more_is_put_where_there_was_no_room(void **state)
{
    td_source_spill spill = {0};
    struct rlimit before, none;
    char bytes[3];

    (void)state;
    assert_true(td_source_spill_put(&spill, 0, "abc", 3));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){3, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    bool put = td_source_spill_put(&spill, 3, "def", 3);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(put);
    assert_true(spill.is_useless);
    assert_int_equal(spill.n_bytes, 3);
    assert_false(td_source_spill_put(&spill, 3, "def", 3)); /* nor told again */
    assert_int_equal(spill.n_bytes, 3);
    assert_true(td_source_spill_get(&spill, 0, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, "abc", 3);
    td_source_spill_clear(&spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_there_and_all_else_is_zeros),
        cmocka_unit_test(no_more_is_put_where_there_was_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
