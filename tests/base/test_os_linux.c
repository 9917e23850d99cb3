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

static void an_offline_child_has_no_way_out(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c", "cat /proc/net/route >&4; echo end >&4",
                                       NULL};
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    td_os_child child = {0};
    char said[4096] = "";
    size_t n = 0;

    (void)state;
    assert_int_equal(td_os_child_start(argv, environment, true, &child, NULL), TANDEM_OK);
    for (ssize_t got; (got = read(child.from_fd, said + n, sizeof(said) - 1 - n)) != 0;)
        n += got > 0 ? (size_t)got : 0;
    td_os_child_kill(&child);
    assert_non_null(strstr(said, "end\n"));
    /* An admin, or the container we are in, may forbid it: then the child says that it has a net.
     */
    for (const char *c = td_os_refuses_namespaces() ? "" : said; *c; c++)
        assert_false(*c >= '0' && *c <= '9'); /* no route, a heading at most */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_a_cpu_and_no_more_than_the_machine_has),
        cmocka_unit_test(resident_memory_grows_with_what_is_written),
        cmocka_unit_test(memory_is_more_than_what_is_in_use),
        cmocka_unit_test(explains_errno),
        cmocka_unit_test(an_offline_child_has_no_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
