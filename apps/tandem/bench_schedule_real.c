/* bench_schedule_real.c - lanes that embed in earnest, in this process or on servers: strategies x
 * content mixes, beside the time that no schedule can beat. That time is measured: each lane alone,
 * one after the other where both share this process's cores, else the longer of the two. */
#include "bench_row.h"
#include "commands.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENGINE_CHUNKS = 300, /* of a mix */
    SERVER_CHUNKS = 100,
    TEXT_BYTES_MAX = 1600,
    RUNS_MAX = 99,
};

static const uint32_t percents[][TANDEM_N_LANES] = {
    {50, 50}, {80, 20}, {20, 80}, {100, 0}, {0, 100}};

typedef struct corpus {
    char *bytes[TANDEM_N_LANES];
    tandem_str *texts[TANDEM_N_LANES]; /* [ENGINE_CHUNKS] */
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
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        c->bytes[l] = malloc((size_t)ENGINE_CHUNKS * TEXT_BYTES_MAX);
        c->texts[l] = calloc(ENGINE_CHUNKS, sizeof(*c->texts[l]));
        if (!c->bytes[l] || !c->texts[l])
            return false;
    }
    return true;
}

static void fill_corpus(corpus *c, uint32_t seed)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        char *at = c->bytes[l];
        for (size_t i = 0; i < ENGINE_CHUNKS; i++, at += TEXT_BYTES_MAX) {
            size_t most = 200 + next_random(&seed) % (TEXT_BYTES_MAX - 200);
            c->texts[l][i] = (tandem_str){at, write_text(at, most, l, &seed)};
        }
    }
}

static void free_corpus(corpus *c)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        free(c->bytes[l]);
        free(c->texts[l]);
    }
}

/* -- one mix -- */

static void keep(void *user, const tandem_bench_result *result)
{
    *(tandem_bench_result *)user = *result;
}

static bool run_once(const tandem_bench_options *o, tandem_bench_result *result)
{
    tandem_error error = {0};

    if (tandem_bench_schedule(o, keep, result, &error) != TANDEM_OK) {
        output_failure(&error);
        return false;
    }
    if (result->failed)
        output_error("%llu of %u chunks got no vector", (unsigned long long)result->failed,
                     o->chunks[0] + o->chunks[1]);
    return result->failed == 0;
}

static bool time_bound(const tandem_bench_options *options, bool shared, double *bound_out)
{
    *bound_out = 0;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        tandem_bench_options o = *options;
        tandem_bench_result result = {.failed = 0};
        o.chunks[1 - l] = 0;
        if (o.chunks[l] && !run_once(&o, &result))
            return false;
        if (shared)
            *bound_out += result.seconds;
        else if (result.seconds > *bound_out)
            *bound_out = result.seconds;
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Bound and strategies in turn, for each seed, so that what else the machine does meets all of them
 * alike; the medians go into the row. */
static bool time_mix(tandem_bench_options *o, corpus *c, bool shared, bench_row *row)
{
    static const tandem_strategy strategies[BENCH_STRATEGIES] = {TANDEM_STRATEGY_SEQUENTIAL,
                                                                 TANDEM_STRATEGY_ROUNDS,
                                                                 TANDEM_STRATEGY_PIPELINED};
    double seconds[BENCH_STRATEGIES][RUNS_MAX], bounds[RUNS_MAX], ratios[RUNS_MAX];

    memcpy(row->chunks, o->chunks, sizeof(row->chunks));
    row->overlap = 1;
    for (uint32_t r = 0; r < row->n_seeds; r++) {
        tandem_bench_result result = {.failed = 0};
        fill_corpus(c, r + 1);
        o->strategy = TANDEM_STRATEGY_PIPELINED;
        if (!time_bound(o, shared, &bounds[r]))
            return false;
        for (int i = 0; i < BENCH_STRATEGIES; i++) {
            o->strategy = strategies[i];
            if (!run_once(o, &result))
                return false;
            seconds[i][r] = result.seconds;
        }
        ratios[r] = result.seconds / bounds[r];
        row->overlap = result.overlap_ratio < row->overlap ? result.overlap_ratio : row->overlap;
    }
    for (int i = 0; i < BENCH_STRATEGIES; i++)
        row->seconds[i] = median(seconds[i], row->n_seeds);
    row->bound = median(bounds, row->n_seeds);
    row->worst = median(ratios, row->n_seeds);
    row->worst_to_rounds = row->seconds[2] / row->seconds[1];
    return true;
}

/* -- the lanes -- */

static tandem_code open_lanes(const settings *s, bool servers, tandem_bench_options *o,
                              tandem_error *error)
{
    tandem_code code = TANDEM_OK;

    for (int l = 0; l < TANDEM_N_LANES && code == TANDEM_OK; l++) {
        tandem_embedder_options options = TANDEM_EMBEDDER_OPTIONS;
        options.precision = s->precision;
        options.isa = s->isa;
        options.threads = (uint32_t)s->threads;
        if (servers && s->backends[l].urls)
            options.backend = settings_backend(s, (tandem_lane)l);
        code = tandem_embedder_open(s->models[l] || options.backend.urls ? s->models[l] : s->model,
                                    &options, &o->engines[l], error);
    }
    return code;
}

static const char *place_of(const settings *s, int l)
{
    return s->backends[l].urls ? "on servers" : "in this process";
}

static bool print_table(const settings *s, tandem_bench_options *o, corpus *c, bool servers)
{
    uint32_t n = servers ? SERVER_CHUNKS : ENGINE_CHUNKS;
    bool shared = !servers || (!s->backends[0].urls && !s->backends[1].urls);
    char title[128];

    snprintf(title, sizeof(title), "gte %s, coderank %s, %u chunks of random length, median of %d",
             servers ? place_of(s, 0) : "in this process", servers ? place_of(s, 1) : "too", n,
             (int)s->rounds);
    bench_row_head(s, title);
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        bench_row row = {.table = servers ? "servers" : "engine", .n_seeds = (uint32_t)s->rounds};
        for (int l = 0; l < TANDEM_N_LANES; l++) {
            o->chunks[l] = n * percents[i][l] / 100;
            o->texts[l] = c->texts[l];
        }
        if (!time_mix(o, c, shared, &row) || !bench_row_print(s, &row))
            return false;
    }
    return true;
}

int bench_schedule_real(const settings *s, bool servers)
{
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;
    tandem_error error = {0};
    corpus c = {.bytes = {NULL}};
    bool ok = false;

    if (servers && !s->backends[0].urls && !s->backends[1].urls) {
        output_error("no servers: name them with --gte-url and --coderank-url");
        return 2;
    }
    if (s->concurrency)
        o.in_flight_max = s->concurrency > 64 ? 64 : (uint32_t)s->concurrency;
    o.batch_items_max = (uint32_t)s->batch_size;
    if (!make_corpus(&c))
        output_error("out of memory for texts");
    else if (open_lanes(s, servers, &o, &error) != TANDEM_OK)
        output_failure(&error);
    else
        ok = print_table(s, &o, &c, servers);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        tandem_embedder_close(o.engines[l]);
    free_corpus(&c);
    return ok ? 0 : 1;
}
