#include "store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

static void assert_message(const fixture *f, const char *part)
{
    if (!strstr(f->err.message, part) || !strstr(f->err.message, "t.db"))
        fail_msg("\"%s\" does not say \"%s\"", f->err.message, part);
}

static void a_second_writer_is_told_who_writes_and_readers_are_not_kept_out(void **state)
{
    fixture *f = *state;
    td_store *writer = NULL;
    char pid[32];

    fixture_open_store(f, false);
    writer = f->store;
    assert_int_equal(fixture_open_code(f, false, 0), TANDEM_E_BUSY);
    assert_message(f, "is writing to");
    snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_message(f, pid);
    fixture_open_store(f, true);
    td_store_counts counts;
    ok_or_fail(f, f->store->counts_get(f->store, &counts, &f->err));
    fixture_close_store(f);
    writer->close(writer);
    fixture_open_store(f, false); /* and the lock goes with its holder */
}

static void a_killed_writer_leaves_no_lock(void **state)
{
    fixture *f = *state;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        fixture_open_store(f, false);
        fixture_begin(f);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(fixture_open_code(f, false, 0), TANDEM_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_second_writer_is_told_who_writes_and_readers_are_not_kept_out),
        T(a_killed_writer_leaves_no_lock),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
