#include "serve/batcher.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    DIM = 384,
    MOST = 64
};

static tandem_embedder *model;

/* One client's job and what became of it. */
typedef struct client {
    batch_job job;
    char words[MOST][64];
    tandem_str texts[MOST];
    float vectors[MOST * DIM];
    tandem_text_note notes[MOST];
    bool leaves;
    bool taken, done;
} client;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static bool is_gone(void *user)
{
    return ((client *)user)->leaves;
}

static void is_taken(void *user)
{
    ((client *)user)->taken = true;
}

static void is_done(void *user)
{
    pthread_mutex_lock(&lock);
    assert_true(((client *)user)->taken);
    assert_false(((client *)user)->done);
    ((client *)user)->done = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for(client *c)
{
    pthread_mutex_lock(&lock);
    while (!c->done)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static client *make_client(int number, size_t n)
{
    client *c = calloc(1, sizeof(*c));

    for (size_t i = 0; i < n; i++) {
        snprintf(c->words[i], sizeof(c->words[i]), "text %zu of client %d", i, number);
        c->texts[i] = (tandem_str){c->words[i], strlen(c->words[i])};
    }
    c->job = (batch_job){.lane = (tandem_lane)(number % 2),
                         .role = number % 3 ? TANDEM_ROLE_DOCUMENT : TANDEM_ROLE_QUERY,
                         .texts = c->texts,
                         .n = n,
                         .vectors = c->vectors,
                         .notes = c->notes,
                         .gone = is_gone,
                         .done = is_done,
                         .user = c};
    return c;
}

static batcher *open_batcher(size_t waiting_max)
{
    batcher_options options = {.embedders = {model, model},
                               .n_threads = 2,
                               .waiting_max = waiting_max};
    batcher *b = batcher_open(&options);

    assert_non_null(b);
    return b;
}

static void every_client_gets_its_own_vectors_in_order(void **state)
{
    enum {
        N = 8
    };
    static float alone[MOST * DIM];
    client *clients[N];
    batcher *b = open_batcher(100000);
    batcher_state counts;
    unsigned wait = 0;
    size_t n_texts = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        clients[i] = make_client(i, i % 4 == 0 ? 12 : 1);
        n_texts += clients[i]->job.n;
        assert_true(batcher_submit(b, &clients[i]->job, is_taken, &wait));
    }
    for (int i = 0; i < N; i++) {
        wait_for(clients[i]);
        assert_int_equal(clients[i]->job.code, TANDEM_OK);
        assert_int_equal(tandem_embedder_embed(model, clients[i]->texts, clients[i]->job.n,
                                               clients[i]->job.role, alone, NULL, NULL),
                         TANDEM_OK);
        assert_memory_equal(alone, clients[i]->vectors, clients[i]->job.n * DIM * sizeof(float));
        assert_true(clients[i]->notes[clients[i]->job.n - 1].n_tokens > 5);
        free(clients[i]);
    }
    batcher_get_state(b, &counts);
    assert_int_equal(counts.n_texts[0] + counts.n_texts[1], n_texts);
    assert_int_equal(counts.n_running[0] + counts.n_running[1], 0);
    assert_int_equal(counts.n_waiting[0] + counts.n_waiting[1], 0);
    batcher_close(b);
}

static void a_client_that_left_costs_nothing_more(void **state)
{
    client *c = make_client(1, 40);
    batcher *b = open_batcher(100);
    batcher_state counts;
    unsigned wait = 0;

    (void)state;
    c->leaves = true;
    assert_true(batcher_submit(b, &c->job, is_taken, &wait));
    wait_for(c);
    assert_int_equal(c->job.code, TANDEM_E_CANCELLED);
    batcher_get_state(b, &counts);
    assert_int_equal(counts.n_gone, 1);
    assert_int_equal(counts.n_texts[1], 0);
    batcher_close(b);
    free(c);
}

static void refuses_what_would_wait_too_long_and_says_how_long(void **state)
{
    enum {
        N = 40
    };
    client *clients[N];
    batcher *b = open_batcher(50);
    size_t n_taken = 0;
    unsigned wait = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        clients[i] = make_client(2 * i, 25);
        n_taken += batcher_submit(b, &clients[i]->job, is_taken, &wait);
    }
    assert_true(n_taken >= 2 && n_taken < N);
    assert_true(wait >= 1 && wait <= 60);
    batcher_close(b); /* those that wait are told */
    for (int i = 0; i < N; i++) {
        assert_int_equal(clients[i]->done, clients[i]->taken);
        if (clients[i]->done && clients[i]->job.code != TANDEM_OK)
            assert_int_equal(clients[i]->job.code, TANDEM_E_UNAVAILABLE);
        free(clients[i]);
    }
}

static void refuses_at_once_what_could_only_come_too_late(void **state)
{
    enum {
        N = 40
    };
    client *clients[N];
    batcher *b = open_batcher(100000);
    batcher_state counts;
    size_t n_taken = 0;
    unsigned wait = 0;

    (void)state;
    client *first = make_client(0, MOST);
    assert_true(batcher_submit(b, &first->job, is_taken, &wait));
    wait_for(first); /* now a rate is known, and taken to be the other lane's as well */
    for (int i = 0; i < N; i++) {
        clients[i] = make_client(2 * i + 1, MOST);
        clients[i]->job.wait_ms_max = i < N / 2 ? 0 : 1;
        n_taken += batcher_submit(b, &clients[i]->job, is_taken, &wait);
    }
    assert_int_equal(n_taken, N / 2);
    assert_true(wait >= 1 && wait <= 60);
    batcher_get_state(b, &counts);
    assert_int_equal(counts.n_refused, N - N / 2);
    batcher_close(b);
    for (int i = 0; i < N; i++)
        free(clients[i]);
    free(first);
}

/* What a tiny text takes is mostly the price of a call: it does not tell how fast long ones are. */
static void a_tiny_text_is_no_measure(void **state)
{
    enum {
        N = 30 /* together fewer tokens than are measured */
    };
    client *clients[N];
    batcher *b = open_batcher(100000);
    unsigned wait = 0;

    (void)state;
    client *tiny = make_client(0, 1);
    assert_true(batcher_submit(b, &tiny->job, is_taken, &wait));
    wait_for(tiny);
    for (int i = 0; i < N; i++) {
        clients[i] = make_client(2 * i, 1);
        clients[i]->job.wait_ms_max = 1;
        assert_true(batcher_submit(b, &clients[i]->job, is_taken, &wait));
    }
    batcher_close(b);
    for (int i = 0; i < N; i++)
        free(clients[i]);
    free(tiny);
}

/* Of a large job few texts come before another's; of a long text counts what the model reads. */
static void a_large_job_keeps_no_small_one_out(void **state)
{
    enum {
        N = 40000,
        TEXT_BYTES = 200,
        LONG_BYTES = 4 << 20,
        WAIT_MS_MAX = 5000 /* N texts take longer; nine that are read in part do not, by far */
    };
    client *clients[5]; /* one that is measured, large, as large, long, small */
    tandem_str *texts = calloc(N, sizeof(*texts));
    float *vectors = calloc(N, DIM * sizeof(*vectors));
    tandem_text_note *notes = calloc(N, sizeof(*notes));
    char *letters = malloc(LONG_BYTES);
    batcher *b = open_batcher(3 * N);
    unsigned wait = 0;

    (void)state;
    assert_true(texts && vectors && notes && letters);
    memset(letters, 'a', LONG_BYTES);
    for (int i = 0; i < 5; i++) {
        clients[i] = make_client(2 * i, i == 0 ? MOST : 1);
        clients[i]->job.wait_ms_max = i == 1 ? 0 : WAIT_MS_MAX;
    }
    for (size_t i = 0; i < N; i++)
        texts[i] = (tandem_str){letters, TEXT_BYTES};
    clients[1]->job.vectors = vectors;
    clients[1]->job.notes = notes;
    clients[1]->job.texts = clients[2]->job.texts = texts;
    clients[1]->job.n = clients[2]->job.n = N;
    clients[3]->texts[0] = (tandem_str){letters, LONG_BYTES};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(batcher_submit(b, &clients[i]->job, is_taken, &wait), i != 2);
        assert_true(i != 2 || wait > WAIT_MS_MAX / 1000);
        if (i == 0)
            wait_for(clients[i]); /* now a rate is known */
    }
    batcher_close(b);
    for (int i = 0; i < 5; i++)
        free(clients[i]);
    free(letters);
    free(notes);
    free(vectors);
    free(texts);
}

static int load(void **state)
{
    (void)state;
    return tandem_embedder_open(NULL, NULL, &model, NULL);
}

static int unload(void **state)
{
    (void)state;
    tandem_embedder_close(model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_gets_its_own_vectors_in_order),
        cmocka_unit_test(a_client_that_left_costs_nothing_more),
        cmocka_unit_test(refuses_what_would_wait_too_long_and_says_how_long),
        cmocka_unit_test(refuses_at_once_what_could_only_come_too_late),
        cmocka_unit_test(a_tiny_text_is_no_measure),
        cmocka_unit_test(a_large_job_keeps_no_small_one_out),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
