/* Measures the engine alone: a model's forward passes over real texts, tokenised before the clock
 * starts, sorted by length and packed into batches; each thread takes the next batch.
 *
 *   bench_engine DIR TEXTS.jsonl PRECISION [ISA [THREADS [BATCH_TOKENS [ROUNDS]]]]
 *
 *   DIR        a model directory: config.json, model.safetensors, tokenizer.json or vocab.txt
 *   TEXTS      a line each: {"text": ...}
 *   PRECISION  f32, bf16, int8; or check: cosines of bf16 and int8 to f32, text by text
 *
 * Prints chunks/s, useful GFLOP/s (real tokens only) and the share of what the same cores multiply
 * when nothing leaves their registers, measured in the same run. See README.md for figures. */
#include "base/clock.h"
#include "base/os.h"
#include "base/thread.h"
#include "embed/model/model.h"
#include "embed/tokenize/tokenize.h"
#include "peak.h"

#include <jansson.h>

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = 100000,
    FILES_MAX = 16,
    THREADS_MAX = 64,
    TOKENS_MAX = 512,
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

typedef struct bench {
    model_files files;
    td_weights *weights;
    td_model *model;
    const td_kernels *kernels;
    td_precision precision;
    text *texts; /* longest first */
    size_t n_texts, dim, n_threads, batch_tokens;
    double flop;
    float *vectors;
    _Atomic size_t next;  /* text that no batch has yet */
    pthread_mutex_t lock; /* guards next and the cut of a batch */
    double peak;
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
    qsort(b->texts, b->n_texts, sizeof(text), longest_first);
    td_embed_tokenize_close(tokenizer);
    free(line);
    fclose(file);
}

/* Work that no engine can leave out: products of real tokens. */
static void count_flop(bench *b)
{
    td_str config = get_file(&b->files, "config.json");
    json_t *root = json_loadb(config.ptr, config.n, 0, NULL);
    const char *names[][2] = {{"hidden_size", "n_embd"},
                              {"num_hidden_layers", "n_layer"},
                              {"intermediate_size", "n_inner"}};
    double sizes[3];
    for (size_t i = 0; i < 3; i++) {
        json_t *value = json_object_get(root, names[i][0]);
        sizes[i] = json_number_value(value ? value : json_object_get(root, names[i][1]));
    }
    bool gated = strcmp(td_embed_model_info(b->model)->architecture, "BertModel") != 0;
    double hidden = sizes[0], layers = sizes[1], inner = sizes[2];
    double weights = layers * (4 * hidden * hidden + (gated ? 3 : 2) * hidden * inner);
    for (size_t t = 0; t < b->n_texts; t++) {
        double n = (double)b->texts[t].n;
        b->flop += 2 * weights * n + 4 * layers * hidden * n * n;
    }
    json_decref(root);
}

static void open_model(bench *b, const char *isa, td_precision precision)
{
    td_weights_shard shard = {TD_STR("model.safetensors"),
                              get_file(&b->files, "model.safetensors")};
    tandem_error err;
    if (td_embed_kernels_choose(isa, &b->kernels, &err) != TANDEM_OK)
        die(&err);
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

/* The next texts of about batch_tokens together; false when none are left. */
static bool take_batch(bench *b, size_t *first_out, size_t *n_out)
{
    pthread_mutex_lock(&b->lock);
    size_t first = b->next, n = 0, tokens = 0;
    while (first + n < b->n_texts && (n == 0 || tokens + b->texts[first + n].n <= b->batch_tokens))
        tokens += b->texts[first + n++].n;
    b->next = first + n;
    pthread_mutex_unlock(&b->lock);
    *first_out = first;
    *n_out = n;
    return n > 0;
}

static void *work(void *arg)
{
    bench *b = arg;
    td_scratch *scratch = td_embed_model_scratch_new();
    uint32_t *ids = calloc(b->batch_tokens + TOKENS_MAX, sizeof(*ids));
    uint32_t *starts = calloc(b->batch_tokens + 2, sizeof(*starts));
    size_t first, n;

    while (take_batch(b, &first, &n)) {
        for (size_t i = 0; i < n; i++) {
            const text *t = &b->texts[first + i];
            memcpy(ids + starts[i], t->ids, t->n * sizeof(*ids));
            starts[i + 1] = starts[i] + (uint32_t)t->n;
        }
        tandem_error err;
        if (td_embed_model_run(b->model, &(td_ragged){ids, starts, n, first, false}, scratch,
                               b->vectors + first * b->dim, &err) != TANDEM_OK)
            die(&err);
    }
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

static double run(bench *b, void *(*what)(void *))
{
    pthread_t threads[THREADS_MAX];
    int64_t began = td_clock_us();
    b->next = 0;
    for (size_t i = 0; i < b->n_threads; i++)
        td_thread_start(&threads[i], "bench", what, b, NULL);
    for (size_t i = 0; i < b->n_threads; i++)
        pthread_join(threads[i], NULL);
    return (double)(td_clock_us() - began) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void speed(bench *b, size_t n_rounds)
{
    double seconds[64];
    n_rounds = n_rounds < 1 ? 1 : n_rounds > 64 ? 64 : n_rounds;
    run(b, measure_peak);
    run(b, work); /* warm */
    for (size_t i = 0; i < n_rounds; i++)
        seconds[i] = run(b, work);
    qsort(seconds, n_rounds, sizeof(*seconds), by_size);
    double median = seconds[n_rounds / 2], rate = b->flop / median;
    printf("isa %s, %zu threads: %.2f chunks/s (best %.2f), %.0f GFLOP/s", b->kernels->name,
           b->n_threads, (double)b->n_texts / median, (double)b->n_texts / seconds[0], rate / 1e9);
    if (b->peak > 0)
        printf(", %.0f %% of the register peak %.0f", 100 * rate / b->peak, b->peak / 1e9);
    printf("\n");
}

static void check(bench *b, const char *isa)
{
    float *exact = malloc(b->n_texts * b->dim * sizeof(float));
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
    count_flop(&b);
    b.vectors = calloc(b.n_texts * b.dim, sizeof(float));
    if (strcmp(argv[3], "check") == 0)
        check(&b, isa);
    else
        speed(&b, argc > 7 ? (size_t)atoi(argv[7]) : 3);
    return 0;
}
