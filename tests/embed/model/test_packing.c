/* Matrices that several threads pack together. */
#include "base/thread.h"
#include "embed/model/opened.h"

enum {
    THREADS = 3
};

typedef struct sharing {
    void (*work)(void *arg);
    void *arg;
} sharing;

static void *work_on(void *arg)
{
    const sharing *s = arg;
    s->work(s->arg);
    return NULL;
}

static void share(const void *user, void (*work)(void *arg), void *arg)
{
    pthread_t threads[THREADS];
    sharing s = {work, arg};
    (void)user;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(td_thread_start(&threads[i], "packs", work_on, &s, NULL), TANDEM_OK);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static size_t forgotten_bytes;

static void forget(const void *user, td_str bytes)
{
    (void)user;
    __atomic_fetch_add(&forgotten_bytes, bytes.n, __ATOMIC_RELAXED);
}

static td_model *open_shared(opened *o, td_precision precision)
{
    td_model *model = NULL;
    td_model_source source = {.get = dir_get,
                              .forget = forget,
                              .share = share,
                              .user = &o->dir,
                              .weights = o->weights,
                              .precision = precision};
    assert_int_equal(td_embed_kernels_choose(NULL, &source.kernels, NULL), TANDEM_OK);
    assert_int_equal(td_embed_model_open(&source, &model, NULL), TANDEM_OK);
    return model;
}

static void many_threads_pack_what_one_packs(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_MODELS; m++) {
        for (int p = TD_PRECISION_F32; p <= TD_PRECISION_INT8; p++) {
            opened o = open_in(MODELS[m], NULL, (td_precision)p);
            td_model *shared = open_shared(&o, (td_precision)p);
            const td_blocks *a = td_embed_model_blocks(o.model), *b = td_embed_model_blocks(shared);
            assert_int_equal(a->n, b->n);
            assert_true(a->n > 0);
            for (size_t i = 0; i < a->n; i++)
                assert_true(td_str_eq(a->items[i], b->items[i]));
            td_embed_model_close(shared);
            close_all(&o);
        }
    }
}

/* All but the tables, which stay in use. */
static void tells_once_of_each_matrix_that_it_has_been_read(void **state)
{
    (void)state;
    opened o = open_in("bert", NULL, TD_PRECISION_F32);
    forgotten_bytes = 0;
    td_embed_model_close(open_shared(&o, TD_PRECISION_INT8));
    /* 3 layers of 4 x 64 x 64 and 2 x 64 x 256 weights */
    assert_int_equal(forgotten_bytes, 3 * (4 * 64 * 64 + 2 * 64 * 256) * sizeof(float));
    close_all(&o);
}

static atomic_size_t n_pauses;

static void pause_once(const void *user)
{
    (void)user;
    atomic_fetch_add(&n_pauses, 1);
}

static void each_thread_pauses_before_each_panel(void **state)
{
    (void)state;
    opened o = open_in("bert", NULL, TD_PRECISION_F32);
    td_model *model = NULL;
    td_model_source source = {.get = dir_get,
                              .share = share,
                              .pause = pause_once,
                              .user = &o.dir,
                              .weights = o.weights,
                              .precision = TD_PRECISION_INT8};
    assert_int_equal(td_embed_kernels_choose("plain", &source.kernels, NULL), TANDEM_OK);
    n_pauses = 0;
    assert_int_equal(td_embed_model_open(&source, &model, NULL), TANDEM_OK);
    /* 3 layers of panels of 32 outputs; and each thread before it finds that there are no more */
    assert_int_equal(n_pauses, 3 * (4 * 64 + 256 + 64) / 32 + THREADS);
    td_embed_model_close(model);
    close_all(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_pack_what_one_packs),
        cmocka_unit_test(each_thread_pauses_before_each_panel),
        cmocka_unit_test(tells_once_of_each_matrix_that_it_has_been_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
