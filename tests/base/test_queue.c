#include "base/queue.h"
#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char items[4]; /* only their addresses count */

static void gives_items_in_the_order_they_came(void **state)
{
    (void)state;
    td_queue *queue = td_queue_new(3);
    void *item = NULL;
    for (int round = 0; round < 5; round++) { /* around the ring more than once */
        assert_true(td_queue_push(queue, &items[0]));
        assert_true(td_queue_push(queue, &items[1]));
        assert_int_equal(td_queue_n(queue), 2);
        assert_true(td_queue_pop(queue, &item));
        assert_ptr_equal(item, &items[0]);
        assert_true(td_queue_try_pop(queue, &item));
        assert_ptr_equal(item, &items[1]);
    }
    td_queue_free(queue);
}

static void try_pop_does_not_wait(void **state)
{
    (void)state;
    td_queue *queue = td_queue_new(1);
    void *item = &items[3];
    assert_false(td_queue_try_pop(queue, &item));
    assert_ptr_equal(item, &items[3]);
    td_queue_free(queue);
}

static void pop_within_gives_up_when_nothing_comes(void **state)
{
    (void)state;
    td_queue *queue = td_queue_new(1);
    void *item = &items[3];
    assert_false(td_queue_pop_within(queue, 1, &item));
    assert_ptr_equal(item, &items[3]);
    assert_true(td_queue_push(queue, &items[0]));
    assert_true(td_queue_pop_within(queue, UINT32_MAX, &item));
    assert_ptr_equal(item, &items[0]);
    td_queue_end(queue);
    assert_false(td_queue_pop_within(queue, UINT32_MAX, &item));
    td_queue_free(queue);
}

static void gives_out_what_is_inside_after_the_end(void **state)
{
    (void)state;
    td_queue *queue = td_queue_new(2);
    void *item = NULL;
    assert_true(td_queue_push(queue, &items[0]));
    td_queue_end(queue);
    td_queue_end(queue);
    assert_false(td_queue_push(queue, &items[1]));
    assert_true(td_queue_pop(queue, &item));
    assert_ptr_equal(item, &items[0]);
    assert_false(td_queue_pop(queue, &item));
    assert_false(td_queue_try_pop(queue, &item));
    td_queue_free(queue);
}

static void *push_one(void *user)
{
    return td_queue_push(user, &items[1]) ? &items[0] : NULL;
}

static void *pop_one(void *user)
{
    void *item = NULL;
    return td_queue_pop(user, &item) ? item : NULL;
}

static void a_full_queue_holds_the_pusher_until_there_is_room(void **state)
{
    (void)state;
    td_queue *queue = td_queue_new(1);
    pthread_t thread;
    void *item, *pushed;
    assert_true(td_queue_push(queue, &items[0]));
    assert_int_equal(td_thread_start(&thread, "pusher", push_one, queue, NULL), TANDEM_OK);
    assert_true(td_queue_pop(queue, &item));
    assert_ptr_equal(item, &items[0]);
    assert_true(td_queue_pop(queue, &item)); /* waits for the thread's */
    assert_ptr_equal(item, &items[1]);
    pthread_join(thread, &pushed);
    assert_non_null(pushed);
    td_queue_free(queue);
}

static void the_end_wakes_those_who_wait(void **state)
{
    (void)state;
    td_queue *full = td_queue_new(1);
    td_queue *empty = td_queue_new(1);
    pthread_t threads[4];
    assert_true(td_queue_push(full, &items[0]));
    for (int i = 0; i < 4; i++)
        assert_int_equal(td_thread_start(&threads[i], "waits", i % 2 ? push_one : pop_one,
                                         i % 2 ? full : empty, NULL),
                         TANDEM_OK);
    td_queue_end(full);
    td_queue_end(empty);
    for (int i = 0; i < 4; i++) {
        void *result = &items[3];
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    assert_int_equal(td_queue_n(full), 1);
    td_queue_free(full);
    td_queue_free(empty);
}

enum {
    N_EACH = 5000,
    N_THREADS = 4
};
static char numbers[N_EACH * N_THREADS];

typedef struct worker {
    td_queue *queue;
    size_t first;
    unsigned char seen[N_EACH * N_THREADS];
} worker;

static void *push_many(void *user)
{
    worker *self = user;
    for (size_t i = 0; i < N_EACH; i++)
        td_queue_push(self->queue, &numbers[self->first + i]);
    return NULL;
}

static void *pop_many(void *user)
{
    worker *self = user;
    void *item;
    while (td_queue_pop(self->queue, &item))
        self->seen[(char *)item - numbers]++;
    return NULL;
}

static void hands_every_item_to_exactly_one_of_many(void **state)
{
    (void)state;
    static worker pushers[N_THREADS], poppers[N_THREADS];
    pthread_t push_threads[N_THREADS], pop_threads[N_THREADS];
    td_queue *queue = td_queue_new(7);
    for (size_t i = 0; i < N_THREADS; i++) {
        pushers[i] = (worker){.queue = queue, .first = i * N_EACH};
        poppers[i] = (worker){.queue = queue};
        td_thread_start(&pop_threads[i], "pop", pop_many, &poppers[i], NULL);
        td_thread_start(&push_threads[i], "push", push_many, &pushers[i], NULL);
    }
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(push_threads[i], NULL);
    td_queue_end(queue);
    for (size_t i = 0; i < N_THREADS; i++)
        pthread_join(pop_threads[i], NULL);
    for (size_t item = 0; item < N_EACH * N_THREADS; item++) {
        int n_seen = 0;
        for (size_t i = 0; i < N_THREADS; i++)
            n_seen += poppers[i].seen[item];
        assert_int_equal(n_seen, 1);
    }
    td_queue_free(queue);
}

static void refuses_a_size_that_no_memory_has(void **state)
{
    (void)state;
    assert_null(td_queue_new(SIZE_MAX / 4));
    td_queue_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_items_in_the_order_they_came),
        cmocka_unit_test(try_pop_does_not_wait),
        cmocka_unit_test(pop_within_gives_up_when_nothing_comes),
        cmocka_unit_test(gives_out_what_is_inside_after_the_end),
        cmocka_unit_test(a_full_queue_holds_the_pusher_until_there_is_room),
        cmocka_unit_test(the_end_wakes_those_who_wait),
        cmocka_unit_test(hands_every_item_to_exactly_one_of_many),
        cmocka_unit_test(refuses_a_size_that_no_memory_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
