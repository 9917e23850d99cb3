#include "schedule/batch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    N = 200
};

typedef struct fixture {
    td_pending pending;
    td_task tasks[N];
} fixture;

/* Tasks 0..n-1 of these lengths, put in this order. */
static fixture *with_lengths(const size_t *lengths, size_t n)
{
    fixture *f = calloc(1, sizeof(*f));
    for (size_t i = 0; i < n; i++) {
        f->tasks[i].n_tokens = lengths[i];
        f->tasks[i].order = i;
        f->tasks[i].put_us = (int64_t)(1000 + i);
        td_schedule_batch_add(&f->pending, &f->tasks[i]);
    }
    return f;
}

static void expect(const fixture *f, const td_task *batch, const size_t *numbers, size_t n)
{
    uint64_t tokens = 0;
    assert_non_null(batch);
    assert_int_equal(batch->batch_n, n);
    const td_task *task = batch;
    for (size_t i = 0; i < n; i++, task = task->next) {
        assert_ptr_equal(task, &f->tasks[numbers[i]]);
        tokens += task->n_tokens;
    }
    assert_null(task);
    assert_int_equal(batch->batch_tokens, tokens);
}

static void in_order_means_the_order_of_put(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){500, 3, 70, 900, 4}, 5);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 3, 10000), (size_t[]){0, 1, 2},
           3);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 3, 10000), (size_t[]){3, 4}, 2);
    assert_null(td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 3, 10000));
    free(f);
}

static void the_oldest_comes_with_others_of_its_length(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){10, 500, 11, 501, 10, 502}, 6);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_OLDEST, 3, 10000), (size_t[]){0, 2, 4}, 3);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_OLDEST, 3, 10000), (size_t[]){1, 3, 5}, 3);
    free(f);
}

static void a_group_that_is_too_small_is_filled_from_its_neighbours(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){100, 1000, 50, 900, 160, 3}, 6);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_OLDEST, 3, 10000), (size_t[]){0, 4, 2}, 3);
    free(f);
}

static void the_longest_come_first_at_the_end(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){5, 4000, 6, 300, 5000}, 5);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_LONGEST, 2, 10000), (size_t[]){4, 1}, 2);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_LONGEST, 2, 10000), (size_t[]){3, 2}, 2);
    free(f);
}

static void the_token_budget_holds_but_one_text_always_fits(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){900, 60, 30, 20, 10}, 5);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 10, 100), (size_t[]){0}, 1);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 10, 100), (size_t[]){1, 2}, 2);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 10, 100), (size_t[]){3, 4}, 2);
    free(f);
    f = with_lengths((size_t[]){90, 80, 5}, 3);
    expect(f, td_schedule_batch_cut(&f->pending, TD_PICK_LONGEST, 10, 100), (size_t[]){0, 2}, 2);
    free(f);
}

static void no_text_passes_the_longest_nor_is_it_far_away(void **state)
{
    (void)state;
    for (size_t length = 1; length < 5000; length += length / 7 + 1) {
        fixture *f = with_lengths((size_t[]){length / 2, length, 1}, 3);
        uint64_t most = td_schedule_batch_longest(&f->pending);
        assert_true(most >= length && 2 * most <= 3 * length + 2);
        free(f);
    }
    td_pending none = {.n = 0};
    assert_int_equal(td_schedule_batch_longest(&none), 0);
}

static void the_oldest_time_follows_the_tasks(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){7, 700}, 2);
    assert_int_equal(td_schedule_batch_oldest_us(&f->pending), 1000);
    td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 1, 100);
    assert_int_equal(td_schedule_batch_oldest_us(&f->pending), 1001);
    td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 1, 100);
    assert_int_equal(td_schedule_batch_oldest_us(&f->pending), INT64_MAX);
    free(f);
}

static void random_cuts_lose_and_double_nothing(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        srand(seed);
        size_t lengths[N];
        int seen[N] = {0};
        for (size_t i = 0; i < N; i++)
            lengths[i] = seed % 7 ? (size_t)(rand() % 2000) + 1 : (size_t)1 << (rand() % 30);
        fixture *f = with_lengths(lengths, N);
        td_task *batch;
        size_t items_max = (size_t)(rand() % 40) + 1;
        uint64_t tokens_max = (uint64_t)(rand() % 5000) + 1;
        while ((batch = td_schedule_batch_cut(&f->pending, (td_pick)(rand() % 3), items_max,
                                              tokens_max))) {
            assert_true(batch->batch_n <= items_max);
            assert_true(batch->batch_n == 1 || batch->batch_tokens <= tokens_max);
            for (const td_task *t = batch; t; t = t->next)
                seen[t - f->tasks]++;
        }
        assert_int_equal(f->pending.n, 0);
        assert_int_equal(f->pending.n_tokens, 0);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(seen[i], 1);
        free(f);
    }
}

static void halves_have_all_tasks_and_forget_the_tries(void **state)
{
    (void)state;
    fixture *f = with_lengths((size_t[]){1, 2, 4, 8, 16}, 5);
    td_task *first = td_schedule_batch_cut(&f->pending, TD_PICK_IN_ORDER, 5, 100);
    first->batch_tries = 2;
    td_task *second = td_schedule_batch_halve(first);
    assert_int_equal(first->batch_tries, 0);
    expect(f, first, (size_t[]){0, 1, 2}, 3);
    expect(f, second, (size_t[]){3, 4}, 2);
    td_task *fourth = td_schedule_batch_halve(second);
    expect(f, second, (size_t[]){3}, 1);
    expect(f, fourth, (size_t[]){4}, 1);
    free(f);
}

static tandem_code check(float first, float second)
{
    float v[6] = {0.6f, 0.8f, 0, first, second, 0};
    return td_schedule_batch_check(v, 2, 3, NULL);
}

static void only_finite_vectors_of_length_one_are_believed(void **state)
{
    (void)state;
    assert_int_equal(check(0.8f, 0.6f), TANDEM_OK);
    assert_int_equal(check(0.8f, 0.6009f), TANDEM_OK); /* within 1e-3 */
    assert_int_equal(check(0.8f, 0.603f), TANDEM_E_FORMAT);
    assert_int_equal(check(0, 0), TANDEM_E_FORMAT);
    assert_int_equal(check(NAN, 0.6f), TANDEM_E_FORMAT);
    assert_int_equal(check(-INFINITY, 0), TANDEM_E_FORMAT);
    assert_int_equal(check(3e38f, 3e38f), TANDEM_E_FORMAT);
    tandem_error err = {0};
    float v[2] = {1, 2};
    assert_int_equal(td_schedule_batch_check(v, 2, 1, &err), TANDEM_E_FORMAT);
    assert_string_equal(err.message, "vector 2 of 2 has length 2 instead of 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_means_the_order_of_put),
        cmocka_unit_test(the_oldest_comes_with_others_of_its_length),
        cmocka_unit_test(a_group_that_is_too_small_is_filled_from_its_neighbours),
        cmocka_unit_test(the_longest_come_first_at_the_end),
        cmocka_unit_test(the_token_budget_holds_but_one_text_always_fits),
        cmocka_unit_test(no_text_passes_the_longest_nor_is_it_far_away),
        cmocka_unit_test(the_oldest_time_follows_the_tasks),
        cmocka_unit_test(random_cuts_lose_and_double_nothing),
        cmocka_unit_test(halves_have_all_tasks_and_forget_the_tries),
        cmocka_unit_test(only_finite_vectors_of_length_one_are_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
