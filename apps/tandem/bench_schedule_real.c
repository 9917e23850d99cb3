/* bench_schedule_real.c - lanes that embed in earnest, in this process or on servers: strategies x
 * content mixes, beside the time that no schedule can beat. That time is measured: each lane alone,
 * one after the other where both share this process's cores, else the longer of the two.
 *
 * What else a machine does moves a run's time by more than what is looked for, so bound and
 * pipelined run in pairs, one right after the other and each first in turn; the median of the
 * pairs' ratios counts. */
#include "bench_row.h"
#include "commands.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOT_CHUNKS = 120, /* of a mix in this process, a slot: one text more or less is below 1 % */
    SLOTS_MAX = 64,
    SERVER_CHUNKS = 100,
    TEXT_BYTES_MAX = 1600,
    RUNS_MAX = 99,
    PAIRS = 4, /* of both lanes in this process, a run */
};

static const uint32_t percents[][TANDEM_N_LANES] = {
    {50, 50}, {80, 20}, {20, 80}, {100, 0}, {0, 100}};

typedef struct corpus {
    uint32_t n; /* of each lane */
    char *bytes[TANDEM_N_LANES];
    tandem_str *texts[TANDEM_N_LANES]; /* [n] */
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
        c->bytes[l] = malloc((size_t)c->n * TEXT_BYTES_MAX);
        c->texts[l] = calloc(c->n, sizeof(*c->texts[l]));
        if (!c->bytes[l] || !c->texts[l])
            return false;
    }
    return true;
}

static void fill_corpus(corpus *c, uint32_t seed)
{
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        char *at = c->bytes[l];
        for (size_t i = 0; i < c->n; i++, at += TEXT_BYTES_MAX) {
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

/* What the runs of a mix took. */
typedef struct timings {
    double seconds[BENCH_STRATEGIES][RUNS_MAX];
    double bounds[PAIRS * RUNS_MAX], pipelined[PAIRS * RUNS_MAX], ratios[PAIRS * RUNS_MAX];
    size_t n_runs, n_pairs;
} timings;

static bool time_pair(tandem_bench_options *o, bool shared, timings *t, double *overlap_out)
{
    tandem_bench_result result = {.failed = 0};
    size_t k = t->n_pairs++;
    bool bound_first = k % 2 == 0;

    o->strategy = TANDEM_STRATEGY_PIPELINED;
    if (bound_first && !time_bound(o, shared, &t->bounds[k]))
        return false;
    if (!run_once(o, &result) || (!bound_first && !time_bound(o, shared, &t->bounds[k])))
        return false;
    t->pipelined[k] = result.seconds;
    t->ratios[k] = result.seconds / t->bounds[k];
    *overlap_out = result.overlap_ratio < *overlap_out ? result.overlap_ratio : *overlap_out;
    return true;
}

static void sum_up(timings *t, bench_row *row)
{
    for (int i = 0; i < BENCH_STRATEGIES - 1; i++)
        row->seconds[i] = median(t->seconds[i], t->n_runs);
    row->seconds[BENCH_STRATEGIES - 1] = median(t->pipelined, t->n_pairs);
    row->bound = median(t->bounds, t->n_pairs);
    row->worst = median(t->ratios, t->n_pairs);
    row->worst_to_rounds = row->seconds[BENCH_STRATEGIES - 1] / row->seconds[1];
    row->n_pairs = (uint32_t)t->n_pairs;
    row->ratio_low = t->ratios[t->n_pairs / 4];
    row->ratio_high = t->ratios[t->n_pairs - 1 - t->n_pairs / 4];
}

/* Other texts each run, since luck at the end of the work is theirs. */
static bool time_mix(tandem_bench_options *o, corpus *c, bool shared, bench_row *row)
{
    static const tandem_strategy others[] = {TANDEM_STRATEGY_SEQUENTIAL, TANDEM_STRATEGY_ROUNDS};
    int pairs = shared && o->chunks[0] && o->chunks[1] ? PAIRS : 1;
    timings t = {.n_runs = 0};

    memcpy(row->chunks, o->chunks, sizeof(row->chunks));
    row->overlap = 1;
    for (; t.n_runs < row->n_seeds; t.n_runs++) {
        fill_corpus(c, (uint32_t)t.n_runs + 1);
        for (int k = 0; k < pairs; k++)
            if (!time_pair(o, shared, &t, &row->overlap))
                return false;
        for (int i = 0; i < BENCH_STRATEGIES - 1; i++) {
            tandem_bench_result result = {.failed = 0};
            o->strategy = others[i];
            if (!run_once(o, &result))
                return false;
            t.seconds[i][t.n_runs] = result.seconds;
        }
    }
    sum_up(&t, row);
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

/* As many slots as a job would have here. */
static uint32_t engine_slots(const settings *s)
{
    tandem_machine machine;
    size_t n = s->concurrency ? s->concurrency : s->threads;

    if (n == 0) {
        tandem_machine_get(&machine);
        n = machine.n_cpus;
    }
    return n > SLOTS_MAX ? SLOTS_MAX : (uint32_t)n;
}

static bool print_table(const settings *s, tandem_bench_options *o, corpus *c, bool servers)
{
    bool shared = !servers;
    char title[160], slots[24] = "";

    if (!servers)
        snprintf(slots, sizeof(slots), " on %u slots", engine_slots(s));
    snprintf(title, sizeof(title),
             "gte %s, coderank %s%s, %u chunks of random length, median of %d",
             servers ? place_of(s, 0) : "in this process", servers ? place_of(s, 1) : "too", slots,
             c->n, (int)s->rounds);
    bench_row_head(s, title);
    for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
        bench_row row = {.table = servers ? "servers" : "engine", .n_seeds = (uint32_t)s->rounds};
        for (int l = 0; l < TANDEM_N_LANES; l++) {
            o->chunks[l] = c->n * percents[i][l] / 100;
            o->texts[l] = c->texts[l];
        }
        if (!time_mix(o, c, shared, &row) || !bench_row_print(s, &row))
            return false;
        fflush(stdout);
    }
    return true;
}

int bench_schedule_real(const settings *s, bool servers)
{
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;
    tandem_error error = {0};
    corpus c = {.n = servers ? SERVER_CHUNKS : SLOT_CHUNKS * engine_slots(s)};
    bool ok = false;

    if (servers && !s->backends[0].urls && !s->backends[1].urls) {
        output_error("no servers: name them with --gte-url and --coderank-url");
        return 2;
    }
    o.in_flight_max = s->concurrency > SLOTS_MAX ? SLOTS_MAX : (uint32_t)s->concurrency;
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
