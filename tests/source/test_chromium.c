#include "source/chromium.h"
#include "source/tree.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <utime.h>

static void it_is_looked_for_by_its_names_in_path(void **state)
{
    tree_dir dir = tree_make();
    td_buf path = TD_BUF(8192);
    tandem_error err = {.code = TANDEM_OK};
    char wanted[8192];

    (void)state;
    tree_put(&dir, "bin/google-chrome", "#!/bin/sh\n");
    setenv("PATH", "", 1);
    assert_int_equal(td_source_chromium_find(NULL, &path, &err), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "install the package chromium"));
    setenv("PATH", tree_path(&dir, "bin", wanted), 1);
    assert_int_equal(td_source_chromium_find(NULL, &path, &err),
                     TANDEM_E_NOT_FOUND); /* no program */
    tree_path(&dir, "bin/google-chrome", wanted);
    chmod(wanted, 0700);
    assert_int_equal(td_source_chromium_find(NULL, &path, NULL), TANDEM_OK);
    assert_string_equal(path.ptr, wanted);
    td_buf_cut(&path, 0);
    assert_int_equal(td_source_chromium_find("google-chrome", &path, NULL), TANDEM_OK);
    assert_string_equal(path.ptr, wanted);
    td_buf_cut(&path, 0);
    assert_int_equal(td_source_chromium_find("other", &path, &err), TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "other is no program"));
    td_buf_cut(&path, 0);
    assert_int_equal(td_source_chromium_find("/etc/passwd", &path, NULL), TANDEM_E_NOT_FOUND);
    td_buf_clear(&path);
    setenv("PATH", "/usr/bin:/bin", 1);
    tree_remove(dir);
}

static void root_has_no_sandbox(void **state)
{
    tandem_error err = {.code = TANDEM_OK};

    (void)state;
    assert_int_equal(td_source_chromium_check(true, NULL), TANDEM_OK);
    assert_int_equal(td_source_chromium_check(false, &err),
                     geteuid() == 0 ? TANDEM_E_DENIED : TANDEM_OK);
    if (geteuid() == 0)
        assert_non_null(strstr(err.message, "--no-browser-sandbox"));
}

/* What the program writes to its pipe; the program is a script, so that any is there. */
static void read_all(int fd, char *out, size_t out_bytes)
{
    size_t n = 0;

    for (ssize_t got; n < out_bytes - 1 && (got = read(fd, out + n, out_bytes - 1 - n)) != 0;)
        n += got > 0 ? (size_t)got : 0;
    out[n] = '\0';
}

static void it_has_a_profile_of_its_own_that_goes_with_it(void **state)
{
    tree_dir dir = tree_make();
    td_source_chromium chromium = {.lock_fd = 0};
    char path[8192], profile[4096], said[8192];

    (void)state;
    tree_put(&dir, "b", "#!/bin/sh\necho \"$HOME $* $http_proxy\" >&4\nexec 4>&-\nread x <&3\n");
    chmod(tree_path(&dir, "b", path), 0700);
    setenv("TMPDIR", dir.path, 1);
    setenv("http_proxy", "leaked", 1);
    assert_int_equal(td_source_chromium_start(path, true, &chromium, NULL), TANDEM_OK);
    snprintf(profile, sizeof(profile), "%s", chromium.profile.ptr);
    assert_true(td_os_is_dir(profile));
    read_all(chromium.child.from_fd, said, sizeof(said));
    assert_non_null(strstr(said, profile));
    assert_non_null(strstr(said, "--remote-debugging-pipe"));
    assert_non_null(strstr(said, "--host-resolver-rules=MAP * ~NOTFOUND"));
    assert_non_null(strstr(said, "--no-sandbox"));
    assert_null(strstr(said, "leaked"));
    pid_t pid = (pid_t)chromium.child.pid;
    td_source_chromium_stop(&chromium);
    assert_int_equal(kill(pid, 0), -1);
    assert_false(td_os_is_dir(profile));
    td_source_chromium_stop(&chromium);
    unsetenv("http_proxy");
    tree_remove(dir);
}

static void profiles_that_the_killed_left_are_removed_and_those_in_use_are_not(void **state)
{
    tree_dir dir = tree_make();
    td_source_chromium chromium = {.lock_fd = 0};
    char path[8192];
    const struct utimbuf old = {1, 1};

    (void)state;
    tree_put(&dir, "tandem-chromium-left/lock", "");
    tree_put(&dir, "tandem-chromium-used/lock", "");
    tree_put(&dir, "tandem-chromium-new/lock", "");
    tree_put(&dir, "other-old/lock", "");
    int used = open(tree_path(&dir, "tandem-chromium-used/lock", path), O_RDWR);
    assert_int_equal(flock(used, LOCK_EX), 0);
    utime(tree_path(&dir, "tandem-chromium-left", path), &old);
    utime(tree_path(&dir, "tandem-chromium-used", path), &old);
    utime(tree_path(&dir, "other-old", path), &old);
    setenv("TMPDIR", dir.path, 1);
    assert_int_equal(td_source_chromium_start("/bin/true", true, &chromium, NULL), TANDEM_OK);
    td_source_chromium_stop(&chromium);
    assert_false(td_os_is_dir(tree_path(&dir, "tandem-chromium-left", path)));
    assert_true(td_os_is_dir(tree_path(&dir, "tandem-chromium-used", path)));
    assert_true(td_os_is_dir(tree_path(&dir, "tandem-chromium-new", path)));
    assert_true(td_os_is_dir(tree_path(&dir, "other-old", path)));
    close(used);
    tree_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_looked_for_by_its_names_in_path),
        cmocka_unit_test(root_has_no_sandbox),
        cmocka_unit_test(it_has_a_profile_of_its_own_that_goes_with_it),
        cmocka_unit_test(profiles_that_the_killed_left_are_removed_and_those_in_use_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
