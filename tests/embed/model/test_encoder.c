/* Batch invariance: a text's vector is the same bits alone, in any batch and in any team; for each
 * kind of model, precision and table. */
#include "base/thread.h"
#include "embed/model/opened.h"

/* Random texts, and the vector of each alone. */
enum {
    N_TEXTS = 16,
    TOKENS_MAX = 64,
    N_TEXTS_SLOW = 6, /* for tables whose arithmetic takes long */
    TOKENS_MAX_SLOW = 20,
    TEAM_MAX = 4
};
typedef struct texts {
    size_t n_texts;
    uint32_t ids[N_TEXTS][TOKENS_MAX];
    uint32_t n[N_TEXTS];
    float *alone; /* [n_texts, dim] */
} texts;

static texts make_texts(const opened *o, bool slow, unsigned seed)
{
    texts t = {.n_texts = slow ? N_TEXTS_SLOW : N_TEXTS};
    int tokens_max = slow ? TOKENS_MAX_SLOW : TOKENS_MAX;
    srand(seed);
    t.alone = malloc(t.n_texts * o->dim * sizeof(float));
    for (size_t i = 0; i < t.n_texts; i++) {
        t.n[i] = i < 3 ? (uint32_t)i + 1 : (uint32_t)(rand() % tokens_max) + 1;
        for (size_t j = 0; j < t.n[i]; j++)
            t.ids[i][j] = (uint32_t)rand() % 1000;
        run_or_fail(o, &(td_ragged){t.ids[i], (uint32_t[]){0, t.n[i]}, 1, 0, false},
                    t.alone + i * o->dim);
    }
    return t;
}

/* A batch of randomly chosen texts, in random order, with repeats. */
typedef struct random_batch {
    uint32_t ids[N_TEXTS * TOKENS_MAX], starts[N_TEXTS + 1];
    size_t which[N_TEXTS];
    td_ragged ragged;
} random_batch;

static void make_batch(const texts *t, random_batch *b)
{
    size_t n = (size_t)rand() % t->n_texts + 1;
    b->starts[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t which = (size_t)rand() % t->n_texts;
        b->which[i] = which;
        memcpy(b->ids + b->starts[i], t->ids[which], t->n[which] * sizeof(uint32_t));
        b->starts[i + 1] = b->starts[i] + t->n[which];
    }
    b->ragged = (td_ragged){b->ids, b->starts, n, 0, false};
}

static void assert_same_bits(const texts *t, const random_batch *b, const float *vectors,
                             size_t dim)
{
    for (size_t i = 0; i < b->ragged.n_texts; i++)
        assert_memory_equal(vectors + i * dim, t->alone + b->which[i] * dim, dim * sizeof(float));
}

/* One model of each kind: mean and [CLS], with and without gates, positions and windows. */
static const char *const KINDS[] = {"bert", "gte-new", "coderank", "modernbert"};
enum {
    N_KINDS = sizeof(KINDS) / sizeof(KINDS[0])
};

static void hold_in_batches(const char *name, const char *isa, td_precision precision,
                            unsigned seed)
{
    bool slow = strcmp(isa, "plain") == 0 || strcmp(isa, "onednn") == 0;
    opened o = open_in(name, isa, precision);
    texts t = make_texts(&o, slow, seed);
    float *vectors = malloc(N_TEXTS * o.dim * sizeof(float));
    random_batch b;
    for (size_t round = 0; round < (slow ? 3 : 4); round++) {
        make_batch(&t, &b);
        run_or_fail(&o, &b.ragged, vectors);
        assert_same_bits(&t, &b, vectors, o.dim);
    }
    free(vectors);
    free(t.alone);
    close_all(&o);
}

/* Each kind of model, in this precision by each table that this CPU has. */
static void hold_everywhere(td_precision precision)
{
    for (size_t m = 0; m < N_KINDS; m++) {
        for (size_t i = 0; i < N_ISAS; i++) {
            if (has_isa(ISAS[i]))
                hold_in_batches(KINDS[m], ISAS[i], precision, (unsigned)(m * 10 + i));
        }
    }
}

static void a_vector_in_f32_is_the_same_alone_and_in_any_batch(void **state)
{
    (void)state;
    hold_everywhere(TD_PRECISION_F32);
}

static void a_vector_in_bf16_is_the_same_alone_and_in_any_batch(void **state)
{
    (void)state;
    hold_everywhere(TD_PRECISION_BF16);
}

static void a_vector_in_int8_is_the_same_alone_and_in_any_batch(void **state)
{
    (void)state;
    hold_everywhere(TD_PRECISION_INT8);
}

static void every_model_gives_the_same_vector_alone_and_in_any_batch(void **state)
{
    (void)state;
    for (size_t m = 0; m < N_MODELS; m++) {
        for (int p = TD_PRECISION_F32; p <= TD_PRECISION_INT8; p++)
            hold_in_batches(MODELS[m], "auto", (td_precision)p, (unsigned)m);
    }
}

typedef struct member {
    const opened *o;
    size_t index;
} member;

static void *run_member(void *arg)
{
    const member *m = arg;
    td_embed_model_forward(m->o->model, m->o->scratch, m->index);
    return NULL;
}

static void wait_at_barrier(void *user)
{
    pthread_barrier_wait(user);
}

static void run_team(const opened *o, const td_ragged *batch, size_t n, float *vectors)
{
    pthread_barrier_t barrier;
    pthread_t threads[TEAM_MAX];
    member members[TEAM_MAX];
    td_team team = {.n = n, .wait = wait_at_barrier, .user = &barrier};

    pthread_barrier_init(&barrier, NULL, (unsigned)n);
    assert_int_equal(td_embed_model_prepare(o->model, batch, &team, o->scratch, NULL), TANDEM_OK);
    for (size_t i = 0; i < n; i++) {
        members[i] = (member){o, i};
        assert_int_equal(td_thread_start(&threads[i], "member", run_member, &members[i], NULL),
                         TANDEM_OK);
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(td_embed_model_finish(o->model, o->scratch, vectors, NULL), TANDEM_OK);
}

static void a_team_of_threads_gives_the_same_bits_as_one(void **state)
{
    (void)state;
    for (size_t m = 0; m < 3 * N_KINDS; m++) {
        opened o = open_in(KINDS[m / 3], NULL, (td_precision)(m % 3));
        texts t = make_texts(&o, false, 5);
        float *vectors = malloc(N_TEXTS * o.dim * sizeof(float));
        random_batch b;
        for (size_t n = 2; n <= TEAM_MAX; n++) {
            for (size_t round = 0; round < 4; round++) {
                make_batch(&t, &b);
                run_team(&o, &b.ragged, n, vectors);
                assert_same_bits(&t, &b, vectors, o.dim);
            }
        }
        free(vectors);
        free(t.alone);
        close_all(&o);
    }
}

static void count_pause(void *user, size_t index)
{
    ((size_t *)user)[index]++;
}

/* The steps of a text of 60 tokens in this model's 3 layers: embedding, 4 heads and 4 products
 * each, and q, k and v of the first. */
static void bulk_work_may_stand_aside_at_every_step(void **state)
{
    (void)state;
    uint32_t ids[60] = {0};
    for (int p = TD_PRECISION_F32; p <= TD_PRECISION_INT8; p++) {
        opened o = open_in("bert", NULL, (td_precision)p);
        const td_ragged batch = {ids, (uint32_t[]){0, 60}, 1, 0, false};
        size_t n_pauses[1] = {0};
        const td_team alone = {.n = 1, .pause = count_pause, .user = n_pauses};
        assert_int_equal(td_embed_model_prepare(o.model, &batch, &alone, o.scratch, NULL),
                         TANDEM_OK);
        td_embed_model_forward(o.model, o.scratch, 0);
        assert_int_equal(n_pauses[0], 1 + 3 * (4 + 4));
        close_all(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_in_f32_is_the_same_alone_and_in_any_batch),
        cmocka_unit_test(a_vector_in_bf16_is_the_same_alone_and_in_any_batch),
        cmocka_unit_test(a_vector_in_int8_is_the_same_alone_and_in_any_batch),
        cmocka_unit_test(every_model_gives_the_same_vector_alone_and_in_any_batch),
        cmocka_unit_test(a_team_of_threads_gives_the_same_bits_as_one),
        cmocka_unit_test(bulk_work_may_stand_aside_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
