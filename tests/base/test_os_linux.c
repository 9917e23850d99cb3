#include "base/os.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void there_is_a_cpu_and_no_more_than_the_machine_has(void **state)
{
    (void)state;
    assert_in_range(td_os_n_cpus(), 1, (size_t)sysconf(_SC_NPROCESSORS_CONF));
}

static void resident_memory_grows_with_what_is_written(void **state)
{
    (void)state;
    enum {
        N = 64 << 20
    };
    uint64_t before = td_os_rss_bytes();
    assert_true(before > 0);
    char *much = malloc(N);
    assert_non_null(much);
    memset(much, 1, N);
    uint64_t during = td_os_rss_bytes();
    assert_true(during >= before + N / 2);
    assert_true(td_os_rss_peak_bytes() + (1 << 20) >= during);
    free(much);
}

static void memory_is_more_than_what_is_in_use(void **state)
{
    (void)state;
    assert_true(td_os_memory_bytes() > td_os_rss_bytes());
}

static void explains_errno(void **state)
{
    (void)state;
    char text[64];
    td_os_error_text(ENOENT, text, sizeof(text));
    assert_string_equal(text, "No such file or directory");
    td_os_error_text(ENOENT, text, 8);
    assert_string_equal(text, "No such");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_a_cpu_and_no_more_than_the_machine_has),
        cmocka_unit_test(resident_memory_grows_with_what_is_written),
        cmocka_unit_test(memory_is_more_than_what_is_in_use),
        cmocka_unit_test(explains_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
