#include "base/os.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* All that the child writes until it closes. */
static void read_child(const td_os_child *child, char *out, size_t out_bytes)
{
    size_t n = 0;

    for (ssize_t got;
         n < out_bytes - 1 && (got = read(child->from_fd, out + n, out_bytes - 1 - n)) != 0;)
        n += got > 0 ? (size_t)got : 0; /* it does not wait */
    out[n] = '\0';
}

static void a_child_hears_us_on_3_and_speaks_on_4(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c", "read x <&3; echo $x $A $HOME >&4", NULL};
    static const char *const environment[] = {"A=b", NULL};
    td_os_child child = {0};
    char said[200];

    (void)state;
    assert_int_equal(td_os_child_start(argv, environment, false, &child, NULL), TANDEM_OK);
    assert_int_equal(write(child.to_fd, "hello\n", 6), 6);
    read_child(&child, said, sizeof(said));
    assert_string_equal(said, "hello b\n");
    td_os_child_kill(&child);
    td_os_child_kill(&child);
    static const char *const none[] = {"/no/such/program", NULL};
    assert_int_equal(td_os_child_start(none, environment, false, &child, NULL), TANDEM_OK);
    read_child(&child, said, sizeof(said));
    assert_string_equal(said, "");
    td_os_child_kill(&child);
}

/* A dead one that nobody waits for yet has no root. */
static void wait_until_gone(pid_t pid)
{
    char path[64], root[200];

    assert_true(pid > 1);
    snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
    while (kill(pid, 0) == 0 && readlink(path, root, sizeof(root)) > 0)
        ;
}

static void a_child_is_killed_with_all_that_it_started(void **state)
{
    static const char *const argv[] = {"/bin/sh", "-c",
                                       "sleep 1000 4>&- & echo $! >&4; read x <&3; wait", NULL};
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    td_os_child child = {0};
    char said[200] = "";

    (void)state;
    assert_int_equal(td_os_child_start(argv, environment, false, &child, NULL), TANDEM_OK);
    while (read(child.from_fd, said, sizeof(said) - 1) <= 0)
        ;
    pid_t grandchild = (pid_t)atoi(said);
    assert_true(grandchild > 1);
    assert_int_equal(kill(grandchild, 0), 0);
    td_os_child_kill(&child);
    wait_until_gone(grandchild);
}

/* What a shell makes of `input`. */
typedef struct ran {
    tandem_code code;
    tandem_error err;
    td_buf out, said;
    int status;
} ran;

static ran run(const char *script, const char *input, size_t out_max, td_os_filter limits)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    ran r = {.out = TD_BUF(out_max), .said = TD_BUF(20), .status = -1};
    td_os_filter filter = {.argv = argv,
                           .environment = environment,
                           .input_fd = -1,
                           .wall_ms_max = 60000,
                           .cpu_s_max = limits.cpu_s_max ? limits.cpu_s_max : 10,
                           .memory_bytes_max = 1u << 30};
    FILE *file = NULL;

    if (limits.wall_ms_max)
        filter.wall_ms_max = limits.wall_ms_max;
    if (limits.memory_bytes_max)
        filter.memory_bytes_max = limits.memory_bytes_max;
    if (input) {
        assert_int_equal(td_os_temporary(td_str_from(input), &file, NULL), TANDEM_OK);
        filter.input_fd = fileno(file);
        assert_int_equal(lseek(filter.input_fd, 0, SEEK_SET), 0);
    }
    r.code = td_os_filter_run(&filter, &r.out, &r.said, &r.status, &r.err);
    if (file)
        fclose(file);
    return r;
}

static void assert_ran(ran r, int status, const char *out, const char *said)
{
    assert_int_equal(r.code, TANDEM_OK);
    assert_int_equal(r.status, status);
    assert_string_equal(r.out.ptr ? r.out.ptr : "", out);
    assert_string_equal(r.said.ptr ? r.said.ptr : "", said);
    td_buf_clear(&r.out);
    td_buf_clear(&r.said);
}

static void assert_cut(ran r, tandem_code code)
{
    assert_int_equal(r.code, code);
    td_buf_clear(&r.out);
    td_buf_clear(&r.said);
}

static void a_filter_gives_what_it_makes_and_how_it_ended(void **state)
{
    (void)state;
    const td_os_filter usual = {0};
    assert_ran(run("cat; echo oh >&2", "one\ntwo\n", 1000, usual), 0, "one\ntwo\n", "oh\n");
    assert_ran(run("cat /dev/stdin; exit 3", "again\n", 1000, usual), 3, "again\n", "");
    assert_ran(run("cat", NULL, 1000, usual), 0, "", "");
    assert_ran(run("kill -9 $$", NULL, 1000, usual), 128 + SIGKILL, "", "");
    assert_ran(run("ls /proc/self/fd | wc -l", NULL, 1000, usual), 0, "4\n", ""); /* ls has one */
}

static void a_filter_that_complains_too_much_is_heard_to_the_end(void **state)
{
    (void)state;
    ran r = run("i=0; while [ $i -lt 20000 ]; do echo no no no >&2; i=$((i+1)); done; echo yes",
                NULL, 1000, (td_os_filter){0});
    assert_int_equal(r.code, TANDEM_OK);
    assert_string_equal(r.out.ptr, "yes\n");
    assert_int_equal(r.said.n, 20); /* its first words */
    assert_cut(r, TANDEM_OK);
}

static void a_filter_takes_what_it_started_with_it(void **state)
{
    (void)state;
    ran r = run("sleep 1000 >&- 2>&- & echo $!", NULL, 1000, (td_os_filter){0});
    assert_int_equal(r.code, TANDEM_OK);
    wait_until_gone((pid_t)atoi(r.out.ptr));
    assert_cut(r, TANDEM_OK);
}

static void a_filter_past_a_limit_is_cut(void **state)
{
    (void)state;
    assert_cut(run("sleep 1000", NULL, 1000, (td_os_filter){.wall_ms_max = 50}), TANDEM_E_TIMEOUT);
    /* It closes its ends and goes on. */
    assert_cut(run("exec >&- 2>&-; sleep 1000", NULL, 1000, (td_os_filter){.wall_ms_max = 50}),
               TANDEM_E_TIMEOUT);
    assert_cut(run("while :; do echo more and more; done", NULL, 10000, (td_os_filter){0}),
               TANDEM_E_TOO_LARGE);
    ran r = run("while :; do :; done", NULL, 1000, (td_os_filter){.cpu_s_max = 1});
    assert_true(r.status == 128 + SIGXCPU || r.status == 128 + SIGKILL);
    assert_cut(r, TANDEM_OK);
    const char *large = "dd if=/dev/zero of=/dev/null bs=256M count=1 2>/dev/null";
    assert_ran(run(large, NULL, 1000, (td_os_filter){0}), 0, "", "");
    r = run(large, NULL, 1000, (td_os_filter){.memory_bytes_max = 64 << 20});
    assert_true(r.status != 0);
    assert_cut(r, TANDEM_OK);
    char script[200];
    snprintf(script, sizeof(script), "echo x > /tmp/tandem-filter-%d", (int)getpid());
    r = run(script, NULL, 1000, (td_os_filter){0});
    assert_true(r.status != 0); /* SIGXFSZ, or told */
    assert_cut(r, TANDEM_OK);
    snprintf(script, sizeof(script), "/tmp/tandem-filter-%d", (int)getpid());
    unlink(script);
}

static void a_filter_ends_also_where_nobody_is_told_of_it(void **state)
{
    (void)state;
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    ran r = run("cat; exit 3", "one\n", 1000, (td_os_filter){0});
    signal(SIGCHLD, before);
    assert_ran(r, 0, "one\n", "");
}

static void a_program_is_found_in_path_alone(void **state)
{
    (void)state;
    td_buf path = TD_BUF(4096);
    char *before = strdup(getenv("PATH"));
    setenv("PATH", ":relative:/nowhere:/bin:/usr/bin", 1);
    assert_true(td_os_find_program("sh", &path));
    assert_string_equal(path.ptr, "/bin/sh");
    td_buf_cut(&path, 0);
    assert_false(td_os_find_program("no-such-program", &path));
    assert_int_equal(path.n, 0);
    assert_false(td_os_is_program("/bin"));
    setenv("PATH", before, 1);
    free(before);
    td_buf_clear(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_hears_us_on_3_and_speaks_on_4),
        cmocka_unit_test(a_child_is_killed_with_all_that_it_started),
        cmocka_unit_test(a_filter_gives_what_it_makes_and_how_it_ended),
        cmocka_unit_test(a_filter_that_complains_too_much_is_heard_to_the_end),
        cmocka_unit_test(a_filter_takes_what_it_started_with_it),
        cmocka_unit_test(a_filter_past_a_limit_is_cut),
        cmocka_unit_test(a_filter_ends_also_where_nobody_is_told_of_it),
        cmocka_unit_test(a_program_is_found_in_path_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
