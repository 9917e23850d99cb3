#include "base/clock.h"
#include "base/thread.h"
#include "embed/engine.h"
#include "embed/model_dir.h"

#include <semaphore.h>

typedef struct opened {
    model_dir dir;
    dir_files list;
} opened;

static void open_dir(opened *o, const char *name)
{
    *o = (opened){0};
    dir_open(&o->dir, name);
    dir_list(&o->dir, &o->list);
}

static td_engine_options on(const char *isa)
{
    td_engine_options options = {0};
    assert_int_equal(td_embed_kernels_choose(isa, &options.kernels, NULL), TANDEM_OK);
    return options;
}

static td_engine *take_or_fail(opened *o, const char *isa)
{
    td_engine *engine = NULL;
    td_engine_options options = on(isa);
    assert_int_equal(td_embed_engine_take(&o->list.files, &options, &engine, NULL), TANDEM_OK);
    return engine;
}

static void the_same_files_and_options_are_loaded_once(void **state)
{
    (void)state;
    opened bert, nomic;
    open_dir(&bert, "bert");
    open_dir(&nomic, "nomic");
    td_engine *a = take_or_fail(&bert, "plain"), *b = take_or_fail(&bert, "plain");
    td_engine *best = take_or_fail(&bert, NULL), *other = take_or_fail(&nomic, "plain");
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, other);
    assert_int_equal(a == best, a->kernels == best->kernels);
    td_embed_engine_give_back(a);
    td_embed_engine_give_back(best);
    assert_int_equal(td_embed_model_info(b->model)->dim, 64); /* still there for its other user */
    td_embed_engine_give_back(b);
    td_embed_engine_give_back(other);
    td_embed_engine_give_back(NULL);
    dir_close(&bert.dir);
    dir_close(&nomic.dir);
}

static void a_refused_model_leaves_nothing_behind(void **state)
{
    (void)state;
    opened o;
    td_engine *engine = NULL;
    td_engine_options options = on("plain");
    tandem_error err = {0};
    *(&o) = (opened){0};
    dir_open(&o.dir, "bert");
    dir_put(&o.dir, "tokenizer.json", "{");
    dir_list(&o.dir, &o.list);
    for (int i = 0; i < 2; i++)
        assert_int_equal(td_embed_engine_take(&o.list.files, &options, &engine, &err),
                         TANDEM_E_FORMAT);
    assert_non_null(strstr(err.message, "tokenizer.json"));
    assert_null(engine);
    dir_close(&o.dir);
}

/* ---- a query that is under way ---- */

static sem_t is_inside, may_go;
static const td_kernels *plain;
static td_kernels slow; /* its norms wait until they may go */

static void wait_and_norm(const float *x, size_t n_rows, size_t n, const float *weight,
                          const float *bias, float eps, float *out)
{
    sem_post(&is_inside);
    sem_wait(&may_go);
    sem_post(&may_go);
    plain->norm(x, n_rows, n, weight, bias, eps, out);
}

typedef struct asking {
    td_pool *pool;
    const td_model *model;
    tandem_code code;
} asking;

static void *ask(void *arg)
{
    asking *a = arg;
    const uint32_t ids[] = {101, 102}, starts[] = {0, 2};
    const td_ragged text = {.ids = ids, .starts = starts, .n_texts = 1};
    float vector[64];
    a->code = td_embed_pool_run(a->pool, true, a->model, &text, NULL, vector, NULL);
    return NULL;
}

/* It waits for as long as the gate has it wait, since this query does not end before. */
static void a_model_that_is_packed_stands_aside_for_a_query(void **state)
{
    (void)state;
    opened bert, nomic;
    pthread_t thread;
    td_engine *engine = NULL;
    td_engine_options options = on("plain");
    asking a = {.code = TANDEM_E_INTERNAL};

    open_dir(&bert, "bert");
    open_dir(&nomic, "nomic");
    sem_init(&is_inside, 0, 0);
    sem_init(&may_go, 0, 0);
    plain = options.kernels;
    slow = *plain;
    slow.norm = wait_and_norm;
    options.kernels = &slow;
    td_engine *asked = NULL;
    assert_int_equal(td_embed_pool_take(2, &a.pool, NULL), TANDEM_OK);
    assert_int_equal(td_embed_engine_take(&bert.list.files, &options, &asked, NULL), TANDEM_OK);
    a.model = asked->model;
    assert_int_equal(td_thread_start(&thread, "asks", ask, &a, NULL), TANDEM_OK);
    sem_wait(&is_inside);

    options = on("plain");
    options.pool = a.pool;
    int64_t begin_ms = td_clock_ms();
    assert_int_equal(td_embed_engine_take(&nomic.list.files, &options, &engine, NULL), TANDEM_OK);
    assert_true(td_clock_ms() - begin_ms >= TD_GATE_PATIENCE_MS - 1);

    sem_post(&may_go);
    pthread_join(thread, NULL);
    assert_int_equal(a.code, TANDEM_OK);
    td_embed_engine_give_back(engine);
    td_embed_engine_give_back(asked);
    td_embed_pool_give_back(a.pool);
    sem_destroy(&is_inside);
    sem_destroy(&may_go);
    dir_close(&bert.dir);
    dir_close(&nomic.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_files_and_options_are_loaded_once),
        cmocka_unit_test(a_refused_model_leaves_nothing_behind),
        cmocka_unit_test(a_model_that_is_packed_stands_aside_for_a_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
