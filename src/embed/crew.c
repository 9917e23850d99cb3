/* A helper's life:  parked -> (number of works goes up) working -> (n_working goes down) parked
 *
 * What they meet by: the last to come sets n_inside back and raises the round; the others look at
 * the round, and after a while sleep on `changed`. A sleeper counts itself in n_asleep before it
 * looks at the round once more, and the last one looks at n_asleep after it has raised the round,
 * so one of the two sees the other. */
#include "embed/crew.h"

#include "base/os.h"
#include "base/thread.h"

#include <stdlib.h>

enum {
    /* About 100 us of looking: longer than members are apart while each has a core, and much
     * shorter than what a member without one is late by. */
    LOOKS_MAX = 2000,
};

struct td_crew {
    size_t n_wanted, n; /* members: asked for, there */
    size_t n_looks;     /* 0 when there are more members than cores */
    bool started;

    atomic_size_t n_inside;
    atomic_uint round;

    pthread_mutex_t lock; /* rank 4: guards all below; the round is raised without it */
    pthread_cond_t changed;
    atomic_size_t n_asleep;
    bool taken, ends;
    size_t n_waiting; /* for the crew */
    uint64_t n_works;
    size_t n_working; /* helpers that have not returned */
    void (*work)(void *user, size_t member);
    void *user;

    pthread_t threads[TD_CREW_MAX];
    struct helper {
        td_crew *crew;
        size_t member;
    } helpers[TD_CREW_MAX];
};

tandem_code td_embed_crew_open(size_t n, td_crew **crew_out, tandem_error *err)
{
    td_crew *crew = calloc(1, sizeof(*crew));

    if (!crew)
        return td_fail_nomem(err, "a crew");
    td_assert(n > 0 && n <= TD_CREW_MAX);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    crew->n_wanted = n;
    crew->n = 1;
    *crew_out = crew;
    return TANDEM_OK;
}

void td_embed_crew_close(td_crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->ends = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 1; i < crew->n; i++)
        pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

static void *help(void *arg)
{
    const struct helper *self = arg;
    td_crew *crew = self->crew;
    uint64_t n_done = 0;

    pthread_mutex_lock(&crew->lock);
    for (;;) {
        while (!crew->ends && crew->n_works == n_done)
            pthread_cond_wait(&crew->changed, &crew->lock);
        if (crew->ends)
            break;
        n_done = crew->n_works;
        pthread_mutex_unlock(&crew->lock);
        crew->work(crew->user, self->member);
        pthread_mutex_lock(&crew->lock);
        if (--crew->n_working == 0)
            pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Whoever has taken the crew starts it: no lock is needed. */
static void start(td_crew *crew)
{
    crew->started = true;
    while (crew->n < crew->n_wanted) {
        size_t member = crew->n;
        crew->helpers[member] = (struct helper){crew, member};
        if (td_thread_start(&crew->threads[member], "crew", help, &crew->helpers[member], NULL) !=
            TANDEM_OK)
            break;
        crew->n++;
    }
    crew->n_looks = crew->n <= td_os_n_cpus() ? LOOKS_MAX : 0;
}

size_t td_embed_crew_take(td_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->n_waiting++;
    while (crew->taken)
        pthread_cond_wait(&crew->changed, &crew->lock);
    crew->n_waiting--;
    crew->taken = true;
    pthread_mutex_unlock(&crew->lock);
    if (!crew->started)
        start(crew);
    return crew->n;
}

void td_embed_crew_give_back(td_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->taken = false;
    if (crew->n_waiting > 0)
        pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

void td_embed_crew_run(td_crew *crew, void (*work)(void *user, size_t member), void *user)
{
    pthread_mutex_lock(&crew->lock);
    crew->work = work;
    crew->user = user;
    crew->n_working = crew->n - 1;
    crew->n_works++;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);

    work(user, 0);

    pthread_mutex_lock(&crew->lock);
    while (crew->n_working > 0)
        pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

static void wake_sleepers(td_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

static void sleep_until_after(td_crew *crew, unsigned round)
{
    pthread_mutex_lock(&crew->lock);
    atomic_fetch_add(&crew->n_asleep, 1);
    while (atomic_load(&crew->round) == round)
        pthread_cond_wait(&crew->changed, &crew->lock);
    atomic_fetch_sub(&crew->n_asleep, 1);
    pthread_mutex_unlock(&crew->lock);
}

void td_embed_crew_meet(td_crew *crew)
{
    unsigned round = atomic_load(&crew->round);

    if (atomic_fetch_add(&crew->n_inside, 1) + 1 == crew->n) {
        atomic_store(&crew->n_inside, 0);
        atomic_fetch_add(&crew->round, 1);
        if (atomic_load(&crew->n_asleep) > 0)
            wake_sleepers(crew);
        return;
    }
    for (size_t i = 0; i < crew->n_looks; i++) {
        if (atomic_load_explicit(&crew->round, memory_order_acquire) != round)
            return;
        td_os_relax();
    }
    sleep_until_after(crew, round);
}
