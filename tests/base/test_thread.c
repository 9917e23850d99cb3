#include "base/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct facts {
    sigset_t mask;
    char name[16];
} facts;

static void *look_around(void *user)
{
    facts *seen = user;
    pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
    pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
    return seen;
}

static void runs_with_its_argument_and_gives_the_result_back(void **state)
{
    (void)state;
    facts seen = {0};
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(td_thread_start(&thread, "core", look_around, &seen, NULL), TANDEM_OK);
    pthread_join(thread, &result);
    assert_ptr_equal(result, &seen);
    assert_string_equal(seen.name, "core");
}

static void cuts_a_long_name(void **state)
{
    (void)state;
    facts seen = {0};
    pthread_t thread;
    assert_int_equal(td_thread_start(&thread, "a-name-of-many-bytes", look_around, &seen, NULL),
                     TANDEM_OK);
    pthread_join(thread, NULL);
    assert_string_equal(seen.name, "a-name-of-many-");
}

static void leaves_signals_to_the_thread_that_started_it(void **state)
{
    (void)state;
    facts seen = {0};
    pthread_t thread;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(td_thread_start(&thread, "core", look_around, &seen, NULL), TANDEM_OK);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    static const int left[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD};
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        assert_int_equal(sigismember(&seen.mask, left[i]), 1);
        assert_int_equal(sigismember(&after, left[i]), sigismember(&before, left[i]));
    }
    assert_int_equal(sigismember(&seen.mask, SIGSEGV), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_its_argument_and_gives_the_result_back),
        cmocka_unit_test(cuts_a_long_name),
        cmocka_unit_test(leaves_signals_to_the_thread_that_started_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
