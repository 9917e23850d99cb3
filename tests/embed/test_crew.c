#include "base/thread.h"
#include "embed/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    MEMBERS_MAX = 16,
    ROUNDS = 200
};

static td_crew *open_or_fail(size_t n)
{
    td_crew *crew = NULL;
    assert_int_equal(td_embed_crew_open(n, &crew, NULL), TANDEM_OK);
    return crew;
}

typedef struct tally {
    td_crew *crew;
    size_t n;
    atomic_size_t calls[MEMBERS_MAX];
    atomic_size_t arrived[ROUNDS];
    atomic_size_t n_early;
} tally;

static void count(void *user, size_t member)
{
    tally *t = user;
    atomic_fetch_add(&t->calls[member], 1);
}

static void a_work_is_called_once_by_each_member(void **state)
{
    (void)state;
    td_crew *crew = open_or_fail(3);
    tally t = {0};
    assert_int_equal(td_embed_crew_take(crew), 3);
    for (size_t i = 0; i < 50; i++)
        td_embed_crew_run(crew, count, &t);
    td_embed_crew_give_back(crew);
    for (size_t m = 0; m < 3; m++)
        assert_int_equal(atomic_load(&t.calls[m]), 50);
    assert_int_equal(atomic_load(&t.calls[3]), 0);
    td_embed_crew_close(crew);
}

/* Nobody leaves a round before all are in it. */
static void meet_often(void *user, size_t member)
{
    tally *t = user;
    (void)member;
    for (size_t round = 0; round < ROUNDS; round++) {
        atomic_fetch_add(&t->arrived[round], 1);
        td_embed_crew_meet(t->crew);
        if (atomic_load(&t->arrived[round]) != t->n)
            atomic_fetch_add(&t->n_early, 1);
    }
}

static void members_meet_with_fewer_and_with_more_cores_than_members(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 5, MEMBERS_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        tally t = {.crew = open_or_fail(sizes[i])};
        t.n = td_embed_crew_take(t.crew);
        assert_int_equal(t.n, sizes[i]);
        td_embed_crew_run(t.crew, meet_often, &t);
        td_embed_crew_give_back(t.crew);
        assert_int_equal(atomic_load(&t.n_early), 0);
        td_embed_crew_close(t.crew);
    }
}

typedef struct taker {
    td_crew *crew;
    size_t *n_inside; /* not atomic: the crew keeps others out */
    size_t *n_runs;
    bool was_alone;
} taker;

static void enter_and_leave(void *user, size_t member)
{
    taker *self = user;
    if (member != 0)
        return;
    ++*self->n_inside;
    self->was_alone = self->was_alone && *self->n_inside == 1;
    ++*self->n_runs;
    --*self->n_inside;
}

static void *take_often(void *arg)
{
    taker *self = arg;
    for (size_t i = 0; i < ROUNDS; i++) {
        td_embed_crew_take(self->crew);
        td_embed_crew_run(self->crew, enter_and_leave, self);
        td_embed_crew_give_back(self->crew);
    }
    return NULL;
}

static void one_thread_at_a_time_has_the_crew(void **state)
{
    (void)state;
    enum {
        N = 4
    };
    td_crew *crew = open_or_fail(2);
    size_t n_inside = 0, n_runs = 0;
    taker takers[N];
    pthread_t threads[N];
    for (size_t i = 0; i < N; i++) {
        takers[i] = (taker){crew, &n_inside, &n_runs, true};
        assert_int_equal(td_thread_start(&threads[i], "taker", take_often, &takers[i], NULL),
                         TANDEM_OK);
    }
    for (size_t i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        assert_true(takers[i].was_alone);
    }
    assert_int_equal(n_runs, N * ROUNDS);
    td_embed_crew_close(crew);
}

static void a_crew_that_never_worked_can_be_closed(void **state)
{
    (void)state;
    td_embed_crew_close(open_or_fail(4));
    td_embed_crew_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_work_is_called_once_by_each_member),
        cmocka_unit_test(members_meet_with_fewer_and_with_more_cores_than_members),
        cmocka_unit_test(one_thread_at_a_time_has_the_crew),
        cmocka_unit_test(a_crew_that_never_worked_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
