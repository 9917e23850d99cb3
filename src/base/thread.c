#include "base/thread.h"

#include "base/os.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct thread_start {
    void *(*run)(void *arg);
    void *arg;
    char name[16];
} thread_start;

static void *run_named(void *user)
{
    thread_start start = *(thread_start *)user;
    free(user);
    td_os_thread_name(start.name);
    return start.run(start.arg);
}

/* All signals but those that a fault raises in the thread itself: blocking these leaves POSIX no
 * answer, and takes the report from whoever debugs it. */
static void fill_blocked(sigset_t *set)
{
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    sigfillset(set);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(set, faults[i]);
}

tandem_code td_thread_start(pthread_t *thread_out, const char *name, void *(*run)(void *arg),
                            void *arg, tandem_error *err)
{
    thread_start *start = malloc(sizeof(*start));
    if (!start)
        return td_fail_nomem(err, "thread");
    *start = (thread_start){.run = run, .arg = arg};
    snprintf(start->name, sizeof(start->name), "%s", name);

    /* A thread is born with the mask of the one that makes it. */
    sigset_t blocked, before;
    fill_blocked(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, run_named, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        free(start);
        return td_fail(err, failure == EAGAIN ? TANDEM_E_NOMEM : TANDEM_E_INTERNAL,
                       "cannot start thread \"%s\": error %d", name, failure);
    }
    *thread_out = thread;
    return TANDEM_OK;
}
