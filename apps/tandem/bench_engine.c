/* bench_engine.c - how fast a model is here: bulk work, one query, a query while bulk work runs. */
#include "commands.h"
#include "output.h"
#include "texts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TEXTS_MAX = 4096,
    BUILT_IN_TEXTS = 64,
    BUILT_IN_BYTES = 1400, /* about what a chunk has */
    ROUNDS_MAX = 99,
    QUERIES = 100,
    QUERIES_COLD = 5,
};
static const char QUERY[] = "how do I parse command line options in python";

typedef struct bench {
    const settings *s;
    tandem_embedder *embedder;
    tandem_model_info info;
    tandem_str texts[TEXTS_MAX];
    tandem_text_note notes[TEXTS_MAX];
    size_t n;
    float *vectors, *query_vector;

    double load_seconds, first_seconds; /* first: from start to the first vector */
    double seconds;                     /* of the median round over all texts */
    double n_tokens, flop;
    double limit_gflops; /* of products alone */
    double idle_ms[QUERIES], busy_ms[QUERIES];
    atomic_bool stop;
    atomic_size_t n_bulk; /* rounds that the bulk work has begun while queries were timed */
    tandem_error error;
} bench;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values. */
static double percentile(const double *values, size_t n, double p)
{
    size_t at = (size_t)((double)(n - 1) * p + 0.5);
    return values[at];
}

/* ---- texts ---- */

/* Chunks of the library's short samples, each beginning at another one. */
static bool build_texts(bench *b)
{
    size_t n_samples = 0;

    while (tandem_machine_sample(n_samples))
        n_samples++;
    for (b->n = 0; b->n < BUILT_IN_TEXTS; b->n++) {
        char *text = calloc(1, 2 * BUILT_IN_BYTES);
        size_t n = 0;
        if (!text)
            return false;
        for (size_t i = 0; n < BUILT_IN_BYTES / 4 * (1 + b->n % 4); i++)
            n += (size_t)snprintf(text + n, 2 * BUILT_IN_BYTES - n, "%s\n",
                                  tandem_machine_sample((b->n * 5 + i) % n_samples));
        b->texts[b->n] = (tandem_str){text, n};
    }
    return true;
}

/* The file's lines; {"text": ...} each where its name ends so. It is read as standard input would
 * be, which nothing else here reads. */
static int read_texts(bench *b, char *path)
{
    size_t n = strlen(path);
    texts from = {.jsonl = n > 6 && strcmp(path + n - 6, ".jsonl") == 0};
    bool end = false;
    int status = 0;

    if (!freopen(path, "r", stdin)) {
        output_error("cannot open %s", path);
        return 1;
    }
    while (status == 0 && !end && b->n < TEXTS_MAX) {
        status = texts_next(&from, &b->texts[b->n], &end);
        b->n += status == 0 && !end;
    }
    texts_clear(&from);
    if (status == 0 && b->n == 0) {
        output_error("%s holds no text", path);
        status = 1;
    }
    return status;
}

/* ---- measurements: each false after an error in b->error ---- */

static bool embed_all(bench *b)
{
    return tandem_embedder_embed(b->embedder, b->texts, b->n, TANDEM_ROLE_DOCUMENT, b->vectors,
                                 b->notes, &b->error) == TANDEM_OK;
}

static bool ask(bench *b)
{
    tandem_str text = text_of(QUERY);
    return tandem_embedder_embed(b->embedder, &text, 1, TANDEM_ROLE_QUERY, b->query_vector, NULL,
                                 &b->error) == TANDEM_OK;
}

static bool open_model(bench *b)
{
    const settings *s = b->s;
    tandem_embedder_options o = TANDEM_EMBEDDER_OPTIONS;
    double begin = now();

    o.precision = s->precision;
    o.isa = s->isa;
    o.threads = (uint32_t)s->threads;
    o.memory_bytes_max = s->memory_bytes_max;
    if (tandem_embedder_open(s->model, &o, &b->embedder, &b->error) != TANDEM_OK)
        return false;
    b->load_seconds = now() - begin;
    tandem_embedder_get_info(b->embedder, &b->info);
    b->vectors = calloc(b->n * b->info.dim, sizeof(*b->vectors));
    b->query_vector = calloc(b->info.dim, sizeof(*b->query_vector));
    if (!b->vectors || !b->query_vector) {
        b->error = (tandem_error){.code = TANDEM_E_NOMEM, .message = "no memory for vectors"};
        return false;
    }
    bool asked = ask(b);
    b->first_seconds = now() - begin;
    return asked;
}

static bool measure_bulk(bench *b)
{
    double seconds[ROUNDS_MAX];
    int rounds = (int)b->s->rounds;

    for (int round = -1; round < rounds; round++) { /* one to warm up */
        double begin = now();
        if (!embed_all(b))
            return false;
        if (round >= 0)
            seconds[round] = now() - begin;
    }
    qsort(seconds, (size_t)rounds, sizeof(*seconds), by_value);
    b->seconds = seconds[rounds / 2];
    for (size_t i = 0; i < b->n; i++) {
        double n = b->notes[i].n_tokens;
        b->n_tokens += n;
        b->flop += n * b->info.token_flop + n * n * b->info.pair_flop;
    }
    return true;
}

static bool measure_queries(bench *b, double *ms)
{
    for (int i = -QUERIES_COLD; i < QUERIES; i++) {
        double begin = now();
        if (!ask(b))
            return false;
        if (i >= 0)
            ms[i] = (now() - begin) * 1e3;
    }
    qsort(ms, QUERIES, sizeof(*ms), by_value);
    return true;
}

typedef struct bulk {
    bench *b;
    tandem_error error;
    bool failed;
} bulk;

static void *run_bulk(void *user)
{
    bulk *work = user;
    bench *b = work->b;

    while (!atomic_load(&b->stop) && !work->failed) {
        atomic_fetch_add(&b->n_bulk, 1);
        work->failed = tandem_embedder_embed(b->embedder, b->texts, b->n, TANDEM_ROLE_DOCUMENT,
                                             b->vectors, NULL, &work->error) != TANDEM_OK;
    }
    return NULL;
}

static bool measure_queries_under_load(bench *b)
{
    bulk work = {.b = b};
    pthread_t thread;

    if (pthread_create(&thread, NULL, run_bulk, &work) != 0) {
        b->error = (tandem_error){.code = TANDEM_E_NOMEM, .message = "cannot start a thread"};
        return false;
    }
    while (atomic_load(&b->n_bulk) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    bool measured = measure_queries(b, b->busy_ms);
    atomic_store(&b->stop, true);
    pthread_join(thread, NULL);
    if (work.failed)
        b->error = work.error;
    return measured && !work.failed;
}

static bool measure(bench *b)
{
    const settings *s = b->s;
    return open_model(b) && measure_bulk(b) && measure_queries(b, b->idle_ms) &&
           measure_queries_under_load(b) &&
           tandem_machine_measure(b->info.precision, s->isa, (uint32_t)s->threads, &b->limit_gflops,
                                  &b->error) == TANDEM_OK;
}

/* ---- results ---- */

static void print_json(const bench *b)
{
    tandem_machine machine;
    double gflops = b->flop / b->seconds / 1e9;

    tandem_machine_get(&machine);
    output_json(json_pack(
        "{s:s,s:s,s:s,s:s,s:i,s:i,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "cpu",
        machine.cpu, "features", machine.features, "model", b->info.id, "precision",
        b->info.precision, "threads", (int)(b->s->threads ? b->s->threads : machine.n_cpus),
        "chunks", (int)b->n, "tokens_per_chunk", b->n_tokens / (double)b->n, "chunks_per_second",
        (double)b->n / b->seconds, "tokens_per_second", b->n_tokens / b->seconds, "gflops", gflops,
        "limit_gflops", b->limit_gflops, "of_limit", gflops / b->limit_gflops, "load_seconds",
        b->load_seconds, "first_vector_seconds", b->first_seconds, "query_p50_ms",
        percentile(b->idle_ms, QUERIES, 0.5), "query_p99_ms", percentile(b->idle_ms, QUERIES, 0.99),
        "query_under_load_p50_ms", percentile(b->busy_ms, QUERIES, 0.5), "query_under_load_p99_ms",
        percentile(b->busy_ms, QUERIES, 0.99), "peak_rss_mb",
        (double)machine.rss_peak_bytes / 1048576.0));
}

static void print_text(const bench *b)
{
    tandem_machine machine;
    double gflops = b->flop / b->seconds / 1e9;

    tandem_machine_get(&machine);
    printf("machine    %s, %u cores for tandem\n", machine.cpu[0] ? machine.cpu : "unknown",
           machine.n_cpus);
    printf("model      %s, %s, kernels %s, %.0f MB of weights\n", b->info.id, b->info.precision,
           b->s->isa ? b->s->isa : machine.isa, (double)b->info.weights_bytes / 1048576.0);
    printf("start      %.0f ms to load, %.0f ms to the first vector\n", b->load_seconds * 1e3,
           b->first_seconds * 1e3);
    printf("bulk       %.1f chunks/s, %.0f tokens/s (%zu chunks of %.0f tokens)\n",
           (double)b->n / b->seconds, b->n_tokens / b->seconds, b->n, b->n_tokens / (double)b->n);
    printf("products   %.0f GFLOP/s, %.0f %% of the %.0f that products alone reach\n", gflops,
           100 * gflops / b->limit_gflops, b->limit_gflops);
    printf("query      p50 %.1f ms, p99 %.1f ms\n", percentile(b->idle_ms, QUERIES, 0.5),
           percentile(b->idle_ms, QUERIES, 0.99));
    printf("under load p50 %.1f ms, p99 %.1f ms, while bulk work runs\n",
           percentile(b->busy_ms, QUERIES, 0.5), percentile(b->busy_ms, QUERIES, 0.99));
    printf("memory     %.0f MB at most\n", (double)machine.rss_peak_bytes / 1048576.0);
}

int bench_engine(const settings *s)
{
    bench *b = calloc(1, sizeof(*b));
    int status = 0;

    if (!b) {
        output_error("out of memory");
        return 1;
    }
    b->s = s;
    if (s->n_operands > 1)
        status = read_texts(b, s->operands[1]);
    else if (!build_texts(b))
        status = 1;
    if (status == 0 && !measure(b))
        status = output_failure(&b->error);
    if (status == 0 && s->json)
        print_json(b);
    else if (status == 0)
        print_text(b);
    tandem_embedder_close(b->embedder);
    for (size_t i = 0; i < b->n; i++)
        free((char *)b->texts[i].ptr);
    free(b->vectors);
    free(b->query_vector);
    free(b);
    return status;
}
