/* bench_schedule_engine.c - both lanes in this process: mixed content against the same chunks one
 * lane after the other. Cores are the limit then, so that the latter is the engine's own pace. */
#include "commands.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNKS = 160, /* of a mix */
    REPEATS = 3,
    TEXT_BYTES_MAX = 1600,
};

typedef struct corpus {
    char *bytes[TANDEM_N_LANES];
    tandem_str *texts[TANDEM_N_LANES]; /* [CHUNKS] */
} corpus;

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Words of a small vocabulary: what the engine does depends on their number alone. */
static size_t write_text(char *out, size_t n, int lane, uint32_t *seed)
{
    static const char *const words[TANDEM_N_LANES][8] = {{"the ", "lane ", "waits ", "for ", "its ",
                                                          "next ", "batch, ", "and "},
                                                         {"return ", "x = f(y)\n", "if (n > 0) ",
                                                          "for i in ", "range(10):\n", "self.",
                                                          "count ", "+= 1\n"}};
    size_t used = 0;

    for (;;) {
        const char *word = words[lane][next_random(seed) % 8];
        size_t length = strlen(word);
        if (used + length > n)
            return used;
        memcpy(out + used, word, length);
        used += length;
    }
}

static bool make_corpus(corpus *c)
{
    uint32_t seed = 7;

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        c->bytes[l] = malloc((size_t)CHUNKS * TEXT_BYTES_MAX);
        c->texts[l] = calloc(CHUNKS, sizeof(*c->texts[l]));
        if (!c->bytes[l] || !c->texts[l])
            return false;
        char *at = c->bytes[l];
        for (size_t i = 0; i < CHUNKS; i++, at += TEXT_BYTES_MAX) {
            size_t most = 200 + next_random(&seed) % (TEXT_BYTES_MAX - 200);
            c->texts[l][i] = (tandem_str){at, write_text(at, most, l, &seed)};
        }
    }
    return true;
}

static void free_corpus(corpus *c)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        free(c->bytes[l]);
        free(c->texts[l]);
    }
}

static void keep(void *user, const tandem_bench_result *result)
{
    *(tandem_bench_result *)user = *result;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Strategies in turn, several times, so that what else the machine does meets all of them alike:
 * the median of each. */
static bool time_mix(tandem_bench_options *o, double medians_out[3], double *overlap_out)
{
    static const tandem_strategy strategies[] = {TANDEM_STRATEGY_SEQUENTIAL, TANDEM_STRATEGY_ROUNDS,
                                                 TANDEM_STRATEGY_PIPELINED};
    double seconds[3][REPEATS];
    tandem_error error = {0};

    for (int r = 0; r < REPEATS; r++) {
        for (int i = 0; i < 3; i++) {
            tandem_bench_result result = {.failed = 0};
            o->strategy = strategies[i];
            if (tandem_bench_schedule(o, keep, &result, &error) != TANDEM_OK) {
                output_failure(&error);
                return false;
            }
            seconds[i][r] = result.seconds;
            *overlap_out = result.overlap_ratio;
        }
    }
    for (int i = 0; i < 3; i++) {
        qsort(seconds[i], REPEATS, sizeof(double), by_value);
        medians_out[i] = seconds[i][REPEATS / 2];
    }
    return true;
}

static void print_mix(const settings *s, const tandem_bench_options *o, const double seconds[3],
                      double overlap)
{
    double throughput = seconds[0] / seconds[2];

    if (s->json)
        output_json(json_pack("{s:s,s:{s:i,s:i},s:f,s:f,s:f,s:f,s:f}", "table", "engine", "chunks",
                              "gte", (int)o->chunks[0], "coderank", (int)o->chunks[1], "sequential",
                              seconds[0], "rounds", seconds[1], "pipelined", seconds[2],
                              "throughput", throughput, "overlap", overlap));
    else
        printf("%6u %9u %11.2f %9.2f %10.2f %9.1f %% %7.0f %%\n", o->chunks[0], o->chunks[1],
               seconds[0], seconds[1], seconds[2], 100 * throughput, 100 * overlap);
}

static tandem_code open_engines(const settings *s, tandem_bench_options *o, tandem_error *error)
{
    tandem_embedder_options options = TANDEM_EMBEDDER_OPTIONS;
    tandem_code code = TANDEM_OK;

    options.precision = s->precision;
    options.isa = s->isa;
    options.threads = (uint32_t)s->threads;
    for (int l = 0; l < TANDEM_N_LANES && code == TANDEM_OK; l++)
        code = tandem_embedder_open(s->models[l] ? s->models[l] : s->model, &options,
                                    &o->engines[l], error);
    return code;
}

int bench_schedule_engine(const settings *s)
{
    static const uint32_t percents[] = {50, 80, 20};
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;
    tandem_error error = {0};
    corpus c = {.bytes = {NULL}};
    int status = 1;

    if (s->concurrency)
        o.in_flight_max = s->concurrency > 64 ? 64 : (uint32_t)s->concurrency;
    o.batch_items_max = (uint32_t)s->batch_size;
    if (!make_corpus(&c)) {
        output_error("out of memory for texts");
        goto out;
    }
    if (open_engines(s, &o, &error) != TANDEM_OK) {
        output_failure(&error);
        goto out;
    }
    if (!s->json)
        printf("both lanes in this process, %d chunks, median of %d\n%6s %9s %11s %9s %10s %11s "
               "%9s\n",
               (int)CHUNKS, (int)REPEATS, "gte", "coderank", "sequential", "rounds", "pipelined",
               "throughput", "overlap");
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        double seconds[3], overlap = 0;
        o.chunks[TANDEM_LANE_GTE] = CHUNKS * percents[i] / 100;
        o.chunks[TANDEM_LANE_CODERANK] = CHUNKS - o.chunks[TANDEM_LANE_GTE];
        for (int l = 0; l < TANDEM_N_LANES; l++)
            o.texts[l] = c.texts[l];
        if (!time_mix(&o, seconds, &overlap))
            goto out;
        print_mix(s, &o, seconds, overlap);
    }
    status = 0;

out:
    for (int l = 0; l < TANDEM_N_LANES; l++)
        tandem_embedder_close(o.engines[l]);
    free_corpus(&c);
    return status;
}
