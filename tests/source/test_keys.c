#include "source/keys.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* The n-th of many keys, evenly spread. */
static uint64_t key_of(uint64_t n)
{
    return (n + 1) * 0x9e3779b97f4a7c15u;
}

static void add_new(td_source_keys *keys, uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n < to; n++)
        assert_int_equal(td_source_keys_add(keys, key_of(n), SIZE_MAX), TD_SOURCE_KEYS_NEW);
}

static void expect_there(td_source_keys *keys, uint64_t n_keys)
{
    for (uint64_t n = 0; n < n_keys; n++) {
        assert_true(td_source_keys_has(keys, key_of(n)));
        assert_true(td_source_keys_has(keys, key_of(n))); /* remembered or not */
        assert_int_equal(td_source_keys_add(keys, key_of(n), SIZE_MAX), TD_SOURCE_KEYS_THERE);
        assert_false(td_source_keys_has(keys, key_of(n) + 1));
    }
    assert_int_equal(keys->n, n_keys);
}

static void of_many_keys_few_are_in_memory(void **state)
{
    td_source_keys keys = {0};

    (void)state;
    add_new(&keys, 0, 100000);
    assert_int_equal(keys.n_slots, TD_SOURCE_KEYS_IN_MEMORY);
    assert_non_null(keys.file.file);
    expect_there(&keys, 100000);
    assert_int_equal(td_source_keys_add(&keys, 7, 100000), TD_SOURCE_KEYS_FULL);
    td_source_keys_clear(&keys);
}

static void who_asks_often_may_have_more_in_memory(void **state)
{
    td_source_keys keys = {.n_in_memory = 1 << 16};

    (void)state;
    add_new(&keys, 0, (1 << 16) / 8 * 7);
    assert_null(keys.file.file);
    add_new(&keys, keys.n, keys.n + 1);
    assert_non_null(keys.file.file);
    expect_there(&keys, keys.n);
    td_source_keys_clear(&keys);
}

static void without_a_file_all_are_in_memory(void **state)
{
    td_source_keys keys = {.file = {.is_useless = true}};

    (void)state;
    add_new(&keys, 0, 50000);
    assert_null(keys.file.file);
    expect_there(&keys, 50000);
    td_source_keys_clear(&keys);
}

/* As on a full disk: what lies behind the first 4 KiB cannot be written any more. */
static void a_full_disk_brings_them_back_into_memory(void **state)
{
    td_source_keys keys = {0};
    struct rlimit before, none = {4096, RLIM_INFINITY};

    (void)state;
    add_new(&keys, 0, 20000);
    assert_non_null(keys.file.file);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    add_new(&keys, 20000, 60000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_null(keys.file.file);
    expect_there(&keys, 60000);
    td_source_keys_clear(&keys);
}

static void a_disk_that_is_full_when_they_outgrow_the_file_does_too(void **state)
{
    td_source_keys keys = {0};
    struct rlimit before, none = {4096, RLIM_INFINITY};

    (void)state;
    add_new(&keys, 0, 24000);
    assert_non_null(keys.file.file);
    size_t n_lines = keys.n_lines;
    while (keys.n < n_lines * 8 / 4 * 3)
        add_new(&keys, keys.n, keys.n + 1);
    assert_int_equal(keys.n_lines, n_lines);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    add_new(&keys, keys.n, keys.n + 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_null(keys.file.file);
    expect_there(&keys, keys.n);
    td_source_keys_clear(&keys);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    td_source_keys keys = {0};

    (void)state;
    add_new(&keys, 0, 20000);
    int broken = open("/dev/null", O_WRONLY);
    assert_int_equal(dup2(broken, fileno(keys.file.file)), fileno(keys.file.file));
    assert_int_equal(td_source_keys_add(&keys, key_of(20000), SIZE_MAX), TD_SOURCE_KEYS_LOST);
    close(broken);
    td_source_keys_clear(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_new_once),
        cmocka_unit_test(a_full_set_still_knows_what_is_in),
        cmocka_unit_test(of_many_keys_few_are_in_memory),
        cmocka_unit_test(who_asks_often_may_have_more_in_memory),
        cmocka_unit_test(without_a_file_all_are_in_memory),
        cmocka_unit_test(a_full_disk_brings_them_back_into_memory),
        cmocka_unit_test(a_disk_that_is_full_when_they_outgrow_the_file_does_too),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
