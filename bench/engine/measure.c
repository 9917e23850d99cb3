/* Measures the engine alone: a model's forward passes over real texts, tokenised before the clock
 * starts, sorted by length and packed into batches; each thread takes the next batch, round and
 * round, until every batch was taken and two seconds are over. A thread's rate is of its own time,
 * so that a few batches do not end in one thread's wait for the other.
 *
 *   bench_engine DIR TEXTS.jsonl PRECISION [ISA [THREADS [BATCH_TOKENS [ROUNDS]]]]
 *
 *   DIR        a model directory: config.json, model.safetensors, tokenizer.json or vocab.txt
 *   TEXTS      a line each: {"text": ...}
 *   PRECISION  f32, bf16, int8; or check: cosines of bf16 and int8 to f32, text by text
 *   ROUNDS     0: one for each line of standard input, its chunks/s on a line (bench/peers)
 *
 * Prints chunks/s, useful GFLOP/s (real tokens only; the last layer counts whole), the share of
 * what the same cores multiply when nothing leaves their registers, measured in the same run, and
 * what part of the time the table's functions took. See README.md for figures. */
#include "base/clock.h"
#include "base/os.h"
#include "base/thread.h"
#include "embed/model/model.h"
#include "embed/tokenize/tokenize.h"
#include "parts.h"
#include "peak.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = 100000,
    FILES_MAX = 16,
    THREADS_MAX = 64,
    TOKENS_MAX = 512,
    ROUND_US = 2000000,
};

typedef struct model_files {
    const char *dir;
    struct {
        char name[64];
        td_os_map map;
    } files[FILES_MAX];
    size_t n;
} model_files;

typedef struct text {
    uint32_t *ids;
    size_t n;
} text;

typedef struct batch {
    size_t first, n;
} batch;

typedef struct bench {
    model_files files;
    td_weights *weights;
    td_model *model;
    const td_kernels *kernels;
    td_precision precision;
    text *texts; /* longest first */
    size_t n_texts, dim, n_threads, batch_tokens;
    batch *batches;
    size_t n_batches, batch_step; /* the order they are taken in: long and short ones in turn */
    double flop;
    float *vectors;
    bool once; /* each batch; else round and round */
    int64_t began_us;
    pthread_mutex_t lock; /* guards what is below */
    size_t next;          /* batches that were taken */
    double rate, peak;    /* of all threads */
    parts parts;
} bench;

static void die(const tandem_error *err)
{
    fprintf(stderr, "bench_engine: %s %s\n", err->context, err->message);
    exit(1);
}

static td_str get_file(const void *user, const char *name)
{
    model_files *files = (model_files *)(uintptr_t)user;
    char path[1024];
    for (size_t i = 0; i < files->n; i++) {
        if (strcmp(files->files[i].name, name) == 0)
            return files->files[i].map.bytes;
    }
    snprintf(path, sizeof(path), "%s/%s", files->dir, name);
    if (files->n == FILES_MAX || !td_os_is_file(path))
        return (td_str){NULL, 0};
    size_t at = files->n++;
    snprintf(files->files[at].name, sizeof(files->files[at].name), "%s", name);
    tandem_error err;
    if (td_os_map_open(path, &files->files[at].map, &err) != TANDEM_OK)
        die(&err);
    return files->files[at].map.bytes;
}

static int longest_first(const void *a, const void *b)
{
    size_t x = ((const text *)a)->n, y = ((const text *)b)->n;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void read_texts(bench *b, const char *path)
{
    td_tokenizer *tokenizer = NULL;
    tandem_error err;
    char *line = NULL;
    size_t room = 0;
    uint32_t ids[TOKENS_MAX];
    size_t most = td_embed_model_info(b->model)->tokens_max;
    most = most < TOKENS_MAX ? most : TOKENS_MAX;
    FILE *file = fopen(path, "r");

    if (!file || td_embed_tokenize_open(get_file(&b->files, "tokenizer.json"),
                                        get_file(&b->files, "vocab.txt"),
                                        get_file(&b->files, "tokenizer_config.json"), &tokenizer,
                                        &err) != TANDEM_OK) {
        fprintf(stderr, "bench_engine: %s: %s\n", path, file ? err.message : "cannot be read");
        exit(1);
    }
    b->texts = calloc(TEXTS_MAX, sizeof(text));
    while (b->n_texts < TEXTS_MAX && getline(&line, &room, file) > 0) {
        json_t *entry = json_loads(line, 0, NULL);
        const char *bytes = json_string_value(json_object_get(entry, "text"));
        bool cut = false;
        text *t = &b->texts[b->n_texts];
        if (bytes && td_embed_tokenize_text(tokenizer, TD_STR(""), td_str_from(bytes), ids, most,
                                            &t->n, &cut, &err) == TANDEM_OK) {
            t->ids = malloc(t->n * sizeof(*ids));
            memcpy(t->ids, ids, t->n * sizeof(*ids));
            b->n_texts++;
        }
        json_decref(entry);
    }
    if (b->n_texts == 0) {
        fprintf(stderr, "bench_engine: %s: no line with a \"text\"\n", path);
        exit(1);
    }
    qsort(b->texts, b->n_texts, sizeof(text), longest_first);
    td_embed_tokenize_close(tokenizer);
    free(line);
    fclose(file);
}

/* Work that no engine can leave out: products of real tokens. */
static double flop_of(const bench *b, size_t first, size_t n)
{
    const td_model_info *info = td_embed_model_info(b->model);
    double flop = 0;
    for (size_t t = first; t < first + n; t++) {
        double tokens = (double)b->texts[t].n;
        flop += tokens * info->token_flop + tokens * tokens * info->pair_flop;
    }
    return flop;
}

static size_t common_divisor(size_t a, size_t b)
{
    return b == 0 ? a : common_divisor(b, a % b);
}

static void cut_batches(bench *b)
{
    b->batches = calloc(b->n_texts, sizeof(batch));
    for (size_t first = 0, n; first < b->n_texts; first += n) {
        size_t tokens = b->texts[first].n;
        for (n = 1; first + n < b->n_texts && tokens + b->texts[first + n].n <= b->batch_tokens;
             n++)
            tokens += b->texts[first + n].n;
        b->batches[b->n_batches++] = (batch){first, n};
    }
    b->batch_step = b->n_batches * 5 / 13 + 1;
    while (common_divisor(b->batch_step, b->n_batches) != 1)
        b->batch_step++;
    b->flop = flop_of(b, 0, b->n_texts);
}

static void open_model(bench *b, const char *isa, td_precision precision)
{
    td_weights_shard shard = {TD_STR("model.safetensors"),
                              get_file(&b->files, "model.safetensors")};
    tandem_error err;
    if (td_embed_kernels_choose(isa, &b->kernels, &err) != TANDEM_OK)
        die(&err);
    b->kernels = parts_timed(b->kernels);
    if (!b->weights && td_embed_weights_open(&shard, 1, &b->weights, &err) != TANDEM_OK)
        die(&err);
    td_model_source source = {.get = get_file,
                              .user = &b->files,
                              .weights = b->weights,
                              .kernels = b->kernels,
                              .precision = precision};
    td_embed_model_close(b->model);
    b->precision = precision;
    if (td_embed_model_open(&source, &b->model, &err) != TANDEM_OK)
        die(&err);
    b->dim = td_embed_model_info(b->model)->dim;
}

static bool take_batch(bench *b, batch *batch_out)
{
    pthread_mutex_lock(&b->lock);
    size_t at = b->next++;
    pthread_mutex_unlock(&b->lock);
    *batch_out = b->batches[at % b->n_batches * b->batch_step % b->n_batches];
    return at < b->n_batches || (!b->once && td_clock_us() - b->began_us < ROUND_US);
}

static void *work(void *arg)
{
    bench *b = arg;
    td_scratch *scratch = td_embed_model_scratch_new();
    uint32_t *ids = calloc(b->batch_tokens + TOKENS_MAX, sizeof(*ids));
    uint32_t *starts = calloc(b->batch_tokens + 2, sizeof(*starts));
    double flop = 0;
    batch now;

    parts_begin();
    while (take_batch(b, &now)) {
        for (size_t i = 0; i < now.n; i++) {
            const text *t = &b->texts[now.first + i];
            memcpy(ids + starts[i], t->ids, t->n * sizeof(*ids));
            starts[i + 1] = starts[i] + (uint32_t)t->n;
        }
        tandem_error err;
        if (td_embed_model_run(b->model, &(td_ragged){ids, starts, now.n, now.first, false},
                               scratch, b->vectors + now.first * b->dim, &err) != TANDEM_OK)
            die(&err);
        flop += flop_of(b, now.first, now.n);
    }
    pthread_mutex_lock(&b->lock);
    b->rate += flop * 1e6 / (double)(td_clock_us() - b->began_us);
    parts_end(&b->parts);
    pthread_mutex_unlock(&b->lock);
    td_embed_model_scratch_free(scratch);
    free(ids);
    free(starts);
    return NULL;
}

static void *measure_peak(void *arg)
{
    bench *b = arg;
    double peak = bench_peak(b->kernels->name, b->precision);
    pthread_mutex_lock(&b->lock);
    b->peak += peak;
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* Operations a second. */
static double run(bench *b, void *(*what)(void *))
{
    pthread_t threads[THREADS_MAX];
    b->began_us = td_clock_us();
    b->next = 0;
    b->rate = 0;
    for (size_t i = 0; i < b->n_threads; i++)
        td_thread_start(&threads[i], "bench", what, b, NULL);
    for (size_t i = 0; i < b->n_threads; i++)
        pthread_join(threads[i], NULL);
    return b->rate;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void speed(bench *b, size_t n_rounds)
{
    double rates[64], chunk = b->flop / (double)b->n_texts;
    n_rounds = n_rounds > 64 ? 64 : n_rounds;
    run(b, measure_peak);
    run(b, work); /* warm */
    b->parts = (parts){0};
    for (size_t i = 0; i < n_rounds; i++)
        rates[i] = run(b, work);
    qsort(rates, n_rounds, sizeof(*rates), by_size);
    double median = rates[n_rounds / 2];
    printf("isa %s, %zu threads: %.2f chunks/s (%.2f to %.2f), %.0f GFLOP/s", b->kernels->name,
           b->n_threads, median / chunk, rates[0] / chunk, rates[n_rounds - 1] / chunk,
           median / 1e9);
    if (b->peak > 0)
        printf(", %.0f %% of the register peak %.0f", 100 * median / b->peak, b->peak / 1e9);
    printf("\n");
    parts_print(&b->parts);
}

static void speed_when_asked(bench *b)
{
    char line[64];
    while (fgets(line, sizeof(line), stdin)) {
        printf("%.4f\n", run(b, work) * (double)b->n_texts / b->flop);
        fflush(stdout);
    }
}

static void check(bench *b, const char *isa)
{
    float *exact = malloc(b->n_texts * b->dim * sizeof(float));
    b->once = true;
    run(b, work);
    memcpy(exact, b->vectors, b->n_texts * b->dim * sizeof(float));
    for (int p = TD_PRECISION_BF16; p <= TD_PRECISION_INT8; p++) {
        double *cosines = calloc(b->n_texts, sizeof(*cosines));
        open_model(b, isa, (td_precision)p);
        run(b, work);
        for (size_t t = 0; t < b->n_texts; t++) {
            for (size_t i = 0; i < b->dim; i++)
                cosines[t] += (double)b->vectors[t * b->dim + i] * exact[t * b->dim + i];
        }
        qsort(cosines, b->n_texts, sizeof(*cosines), by_size);
        printf("isa %s, %s: cosine to f32 least %.6f, 5 %% %.6f, median %.6f\n", b->kernels->name,
               p == TD_PRECISION_BF16 ? "bf16" : "int8", cosines[0], cosines[b->n_texts / 20],
               cosines[b->n_texts / 2]);
        free(cosines);
    }
    free(exact);
}

int main(int argc, char **argv)
{
    static bench b = {.lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc < 4) {
        fprintf(stderr, "usage: bench_engine DIR TEXTS.jsonl f32|bf16|int8|check"
                        " [ISA [THREADS [BATCH_TOKENS [ROUNDS]]]]\n");
        return 2;
    }
    const char *isa = argc > 4 ? argv[4] : "auto";
    b.files.dir = argv[1];
    b.n_threads = argc > 5 ? (size_t)atoi(argv[5]) : td_os_n_cpus();
    b.n_threads = b.n_threads < 1 ? 1 : b.n_threads > THREADS_MAX ? THREADS_MAX : b.n_threads;
    b.batch_tokens = argc > 6 ? (size_t)atoi(argv[6]) : 2048;
    open_model(&b, isa,
               strcmp(argv[3], "bf16") == 0   ? TD_PRECISION_BF16
               : strcmp(argv[3], "int8") == 0 ? TD_PRECISION_INT8
                                              : TD_PRECISION_F32);
    read_texts(&b, argv[2]);
    cut_batches(&b);
    b.vectors = calloc(b.n_texts * b.dim, sizeof(float));
    size_t n_rounds = argc > 7 ? (size_t)atoi(argv[7]) : 3;
    if (strcmp(argv[3], "check") == 0)
        check(&b, isa);
    else if (n_rounds == 0)
        speed_when_asked(&b);
    else
        speed(&b, n_rounds);
    return 0;
}
