#include "embed/model/opened.h"
#include "embed/pool.h"

enum {
    TEXT_TOKENS = 30,
    TEXTS_MAX = 60,
    DIM_MAX = 64
};

/* TEXTS_MAX texts of 1 to TEXT_TOKENS ids. */
typedef struct texts {
    uint32_t ids[TEXTS_MAX * TEXT_TOKENS], starts[TEXTS_MAX + 1];
} texts;

static void make_texts(texts *t, size_t n)
{
    uint32_t seed = 7;
    for (size_t i = 0; i < n; i++) {
        t->starts[i + 1] = t->starts[i] + (uint32_t)(1 + i * 7 % TEXT_TOKENS);
        for (uint32_t at = t->starts[i]; at < t->starts[i + 1]; at++) {
            seed = seed * 1664525u + 1013904223u;
            t->ids[at] = (seed >> 8) % 900;
        }
    }
}

static td_pool *pool_or_fail(size_t n_threads)
{
    td_pool *pool = NULL;
    assert_int_equal(td_embed_pool_take(n_threads, &pool, NULL), TANDEM_OK);
    return pool;
}

static void the_process_has_one_pool_and_the_first_decides_its_size(void **state)
{
    (void)state;
    td_pool *first = pool_or_fail(3), *second = pool_or_fail(7);
    assert_ptr_equal(first, second);
    assert_int_equal(td_embed_pool_n_threads(second), 3);
    td_embed_pool_give_back(first);
    td_embed_pool_give_back(second);
    first = pool_or_fail(2);
    assert_int_equal(td_embed_pool_n_threads(first), 2);
    td_embed_pool_give_back(first);
    first = pool_or_fail(0);
    assert_int_equal(td_embed_pool_n_threads(first), td_os_n_cpus());
    td_embed_pool_give_back(first);
    td_embed_pool_give_back(NULL);
}

static void workspaces_are_kept_and_grow_with_the_longest_text(void **state)
{
    (void)state;
    td_pool *pool = pool_or_fail(2);
    td_workspace *a = NULL, *b = NULL;
    assert_int_equal(td_embed_pool_workspace_take(pool, 64, &a, NULL), TANDEM_OK);
    assert_int_equal(a->n_ids, TD_GROUP_TOKENS + 64);
    td_embed_pool_workspace_give_back(pool, a);
    assert_int_equal(td_embed_pool_workspace_take(pool, 8192, &b, NULL), TANDEM_OK);
    assert_ptr_equal(a, b);
    assert_int_equal(b->n_ids, 2 * 8192);
    td_embed_pool_workspace_give_back(pool, b);
    td_embed_pool_workspace_give_back(pool, NULL);
    td_embed_pool_give_back(pool);
}

static void the_most_scratch_that_a_model_needs_is_what_all_need(void **state)
{
    (void)state;
    td_pool *pool = pool_or_fail(2);
    assert_int_equal(td_embed_pool_plan(pool, 700), 700);
    assert_int_equal(td_embed_pool_plan(pool, 300), 700);
    assert_int_equal(td_embed_pool_plan(pool, 800), 800);
    td_embed_pool_give_back(pool);
}

typedef struct caller {
    td_pool *pool;
    const opened *o;
    const texts *all;
    size_t n;
    bool is_query;
    float vectors[TEXTS_MAX * DIM_MAX];
} caller;

static void *embed(void *arg)
{
    caller *c = arg;
    td_scratch *scratch = td_embed_model_scratch_new();
    const td_ragged group = {c->all->ids, c->all->starts, c->n, 0, false};
    for (size_t round = 0; round < 5; round++) {
        if (!c->is_query)
            td_embed_pool_bulk_begin(c->pool);
        assert_int_equal(td_embed_pool_run(c->pool, c->is_query, c->o->model, &group, scratch,
                                           c->vectors, NULL),
                         TANDEM_OK);
        if (!c->is_query)
            td_embed_pool_bulk_end(c->pool);
    }
    td_embed_model_scratch_free(scratch);
    return NULL;
}

/* Few texts or many (more than TD_GROUP_TOKENS in all), as a query or as bulk work, alone or
 * beside the others: always the bits of one thread by itself. */
static void all_classes_at_once_give_the_bits_of_one_thread(void **state)
{
    (void)state;
    enum {
        N = 6
    };
    static float expected[TEXTS_MAX * DIM_MAX];
    static caller callers[N];
    pthread_t threads[N];
    texts *all = calloc(1, sizeof(*all));
    opened o = open_or_fail("gte-new", NULL);
    make_texts(all, TEXTS_MAX);
    const td_ragged group = {all->ids, all->starts, TEXTS_MAX, 0, false};
    run_or_fail(&o, &group, expected);
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        td_pool *pool = pool_or_fail(n_threads);
        for (size_t i = 0; i < N; i++) {
            callers[i] = (caller){.pool = pool, .o = &o, .all = all, .is_query = i % 2 == 0};
            callers[i].n = i < 4 ? 1 + i * 5 : TEXTS_MAX;
            assert_int_equal(td_thread_start(&threads[i], "caller", embed, &callers[i], NULL),
                             TANDEM_OK);
        }
        for (size_t i = 0; i < N; i++)
            pthread_join(threads[i], NULL);
        for (size_t i = 0; i < N; i++)
            assert_memory_equal(callers[i].vectors, expected, callers[i].n * o.dim * sizeof(float));
        td_embed_pool_give_back(pool);
    }
    free(all);
    close_all(&o);
}

static void a_run_in_memory_of_its_own_has_the_same_bits_and_leaves_the_crew_s_alone(void **state)
{
    (void)state;
    static float expected[TEXTS_MAX * DIM_MAX], vectors[TEXTS_MAX * DIM_MAX];
    texts *all = calloc(1, sizeof(*all));
    opened o = open_or_fail("gte-new", NULL);
    td_scratch *own = td_embed_model_scratch_new();
    make_texts(all, TEXTS_MAX);
    const td_ragged many = {all->ids, all->starts, TEXTS_MAX, 0, false};
    run_or_fail(&o, &many, expected);
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        td_pool *pool = pool_or_fail(n_threads);
        memset(vectors, 0, sizeof(vectors));
        td_embed_pool_bulk_begin(pool);
        assert_int_equal(td_embed_pool_run_once(pool, o.model, &many, own, vectors, NULL),
                         TANDEM_OK);
        td_embed_pool_bulk_end(pool);
        assert_memory_equal(vectors, expected, TEXTS_MAX * o.dim * sizeof(float));
        assert_true(td_embed_model_scratch_bytes(own) > 0);
        td_embed_pool_give_back(pool);
    }
    td_embed_model_scratch_free(own);
    free(all);
    close_all(&o);
}

static void count_me(void *arg)
{
    atomic_fetch_add((atomic_size_t *)arg, 1);
}

static void work_is_shared_by_all(void **state)
{
    (void)state;
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        atomic_size_t n = 0;
        td_pool *pool = pool_or_fail(n_threads);
        td_embed_pool_share(pool, count_me, &n);
        assert_int_equal(atomic_load(&n), n_threads);
        td_embed_pool_give_back(pool);
    }
}

static void a_group_that_is_refused_leaves_the_pool_usable(void **state)
{
    (void)state;
    opened o = open_or_fail("bert", NULL);
    td_pool *pool = pool_or_fail(2);
    float vector[DIM_MAX];
    tandem_error err = {0};
    const td_ragged bad = {(uint32_t[]){2, 999999, 3}, (uint32_t[]){0, 3}, 1, 4, false};
    const td_ragged good = {(uint32_t[]){2, 5, 3}, (uint32_t[]){0, 3}, 1, 0, false};
    for (int is_query = 0; is_query < 2; is_query++) {
        assert_int_equal(td_embed_pool_run(pool, is_query, o.model, &bad, o.scratch, vector, &err),
                         TANDEM_E_INVALID);
        assert_non_null(strstr(err.message, "text 4"));
        assert_int_equal(td_embed_pool_run(pool, is_query, o.model, &good, o.scratch, vector, NULL),
                         TANDEM_OK);
    }
    td_embed_pool_give_back(pool);
    close_all(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_process_has_one_pool_and_the_first_decides_its_size),
        cmocka_unit_test(workspaces_are_kept_and_grow_with_the_longest_text),
        cmocka_unit_test(the_most_scratch_that_a_model_needs_is_what_all_need),
        cmocka_unit_test(all_classes_at_once_give_the_bits_of_one_thread),
        cmocka_unit_test(a_run_in_memory_of_its_own_has_the_same_bits_and_leaves_the_crew_s_alone),
        cmocka_unit_test(work_is_shared_by_all),
        cmocka_unit_test(a_group_that_is_refused_leaves_the_pool_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
