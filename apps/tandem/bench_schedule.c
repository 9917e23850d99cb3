/* bench_schedule.c - strategies x content mixes x backends, with the bound that none can beat. */
#include "bench_row.h"
#include "commands.h"
#include "output.h"
#include "timeline.h"
#include "whole_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEEDS = 3,
    JITTER_SEEDS = 20
};

static const uint32_t mixes[][TANDEM_N_LANES] = {{50, 50}, {80, 20}, {20, 80}, {100, 0}, {0, 100}};
enum {
    N_MIXES = sizeof(mixes) / sizeof(mixes[0])
};

static tandem_bench_options options_of(const settings *s)
{
    tandem_bench_options o = TANDEM_BENCH_OPTIONS;

    if (s->concurrency)
        o.in_flight_max = s->concurrency > 64 ? 64 : (uint32_t)s->concurrency;
    o.batch_items_max = (uint32_t)s->batch_size;
    return o;
}

/* -- the tables -- */

/* The plan's: every chunk 0.1 s. */
static bool plan_table(const settings *s, uint32_t at_once)
{
    static const uint32_t rows[][TANDEM_N_LANES] = {{25, 25}, {40, 10}, {10, 40}, {50, 0}, {0, 50}};
    tandem_bench_options o = options_of(s);
    char title[96];

    snprintf(title, sizeof(title), "services of 0.1 s a chunk, %u request%s at a time", at_once,
             at_once == 1 ? "" : "s");
    bench_row_head(s, title);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        o.services[l].at_once = at_once;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench_row row = {.table = "plan", .at_once = at_once, .n_seeds = 1};
        memcpy(o.chunks, rows[i], sizeof(o.chunks));
        if (!bench_row_run(&row, &o) || !bench_row_print(s, &row))
            return false;
    }
    return true;
}

/* Lengths from 50 to 600 tokens, each chunk at its price; the code lane twice as dear. */
static bool length_table(const settings *s, uint32_t n)
{
    tandem_bench_options o = options_of(s);
    char title[96];

    snprintf(title, sizeof(title), "%u chunks of random length, %d seeds", n, (int)SEEDS);
    bench_row_head(s, title);
    o.random_lengths = true;
    o.services[TANDEM_LANE_CODERANK].seconds_per_chunk = 0.2;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        o.services[l].at_once = 0;
    for (size_t i = 0; i < N_MIXES; i++) {
        bench_row row = {.table = "lengths", .n_seeds = SEEDS};
        for (int l = 0; l < TANDEM_N_LANES; l++)
            o.chunks[l] = mixes[i][l] * n / 100;
        if (!bench_row_run(&row, &o) || !bench_row_print(s, &row))
            return false;
    }
    return true;
}

static bool jitter_table(const settings *s, uint32_t at_once)
{
    tandem_bench_options o = options_of(s);
    char title[128];

    snprintf(title, sizeof(title), "each call's time times log-normal, sigma 0.5; %d seeds; %s",
             (int)JITTER_SEEDS, at_once ? "1 request at a time" : "no limit of requests");
    bench_row_head(s, title);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        o.services[l].jitter = 0.5;
        o.services[l].at_once = at_once;
    }
    for (uint32_t n = 200; n <= 5000; n *= 5) {
        bench_row row = {.table = "jitter", .at_once = at_once, .n_seeds = JITTER_SEEDS};
        o.chunks[0] = o.chunks[1] = n / 2;
        if (!bench_row_run(&row, &o) || !bench_row_print(s, &row))
            return false;
    }
    return true;
}

/* -- one lane in trouble -- */

typedef struct lane_end {
    tandem_bench_result result;
    double gte_seconds; /* end of the last gte call */
} lane_end;

static void keep_end(void *user, const tandem_bench_result *result)
{
    lane_end *e = user;

    e->result = *result;
    for (size_t i = 0; i < result->n_spans; i++)
        if (result->spans[i].batches[TANDEM_LANE_GTE])
            e->gte_seconds = fmax(e->gte_seconds, (double)result->spans[i].end_us / 1e6);
}

static bool fault_table(const settings *s)
{
    static const struct {
        const char *name;
        double factor, p_fault, dead_from, dead_until;
    } faults[] = {{"none", 1, 0, 0, 0},
                  {"dead from start", 1, 0, 0, 1e9},
                  {"dies after 5 s", 1, 0, 5, 1e9},
                  {"ten times slower", 10, 0, 0, 0},
                  {"flapping", 1, 0.3, 0, 0},
                  {"away for 10 s", 1, 0, 3, 13}};
    double healthy = 0;

    if (!s->json)
        printf("\nthe code lane in trouble: 200 + 100 chunks of 0.1 s, pipelined\n%-18s %12s %12s "
               "%10s %8s\n",
               "fault", "gte done, s", "to healthy", "failed", "retries");
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        tandem_bench_options o = options_of(s);
        tandem_error error = {0};
        lane_end end = {.gte_seconds = 0};
        tandem_bench_service *code = &o.services[TANDEM_LANE_CODERANK];
        o.strategy = TANDEM_STRATEGY_PIPELINED;
        o.chunks[TANDEM_LANE_GTE] = 200;
        o.chunks[TANDEM_LANE_CODERANK] = 100;
        code->seconds_per_chunk *= faults[i].factor;
        code->p_fault = faults[i].p_fault;
        code->dead_from = faults[i].dead_from;
        code->dead_until = faults[i].dead_until;
        if (tandem_bench_schedule(&o, keep_end, &end, &error) != TANDEM_OK) {
            output_failure(&error);
            return false;
        }
        healthy = i == 0 ? end.gte_seconds : healthy;
        double ratio = end.gte_seconds / healthy;
        if (s->json)
            output_json(json_pack("{s:s,s:s,s:f,s:f,s:I,s:I}", "table", "faults", "fault",
                                  faults[i].name, "gte_seconds", end.gte_seconds, "to_healthy",
                                  ratio, "failed", (json_int_t)end.result.failed, "retries",
                                  (json_int_t)end.result.retries));
        else
            printf("%-18s %12.2f %12.3f %10llu %8llu\n", faults[i].name, end.gte_seconds, ratio,
                   (unsigned long long)end.result.failed, (unsigned long long)end.result.retries);
    }
    return true;
}

/* -- the picture -- */

typedef struct picture {
    timeline lines[3];
    tandem_span *spans[3];
    size_t n;
    const char *title;
} picture;

static void keep_spans(void *user, const tandem_bench_result *result)
{
    picture *p = user;
    tandem_span *copy = malloc((result->n_spans ? result->n_spans : 1) * sizeof(*copy));

    if (!copy)
        return;
    memcpy(copy, result->spans, result->n_spans * sizeof(*copy));
    p->spans[p->n] = copy;
    p->lines[p->n] = timeline_of(NULL, copy, result->n_spans);
    p->n++;
}

static bool draw_picture(const settings *s)
{
    static const tandem_strategy strategies[] = {TANDEM_STRATEGY_SEQUENTIAL, TANDEM_STRATEGY_ROUNDS,
                                                 TANDEM_STRATEGY_PIPELINED};
    picture p = {.n = 0};
    char titles[3][96], *text = NULL;
    size_t n = 0;
    tandem_error error = {0};
    bool ok = true;

    for (size_t i = 0; i < 3 && ok; i++) {
        tandem_bench_options o = options_of(s);
        o.strategy = strategies[i];
        o.chunks[TANDEM_LANE_GTE] = o.chunks[TANDEM_LANE_CODERANK] = 100;
        o.random_lengths = true; /* no jitter: each strategy is to have the same luck */
        o.seed = 4;
        o.batch_items_max = 8;
        ok = tandem_bench_schedule(&o, keep_spans, &p, &error) == TANDEM_OK && p.n == i + 1;
        if (ok)
            snprintf(titles[i], sizeof(titles[i]), "%s: %.1f s",
                     tandem_strategy_name(strategies[i]), (double)p.lines[i].end_us / 1e6);
        p.lines[i].title = titles[i];
    }
    FILE *out = ok ? open_memstream(&text, &n) : NULL;
    if (out)
        timeline_svg(out, p.lines, 3, false);
    ok = out && fclose(out) == 0;
    if (!ok)
        output_failure(&error);
    ok = ok && whole_file_write(s->output, text, n);
    free(text);
    for (size_t i = 0; i < p.n; i++)
        free(p.spans[i]);
    return ok;
}

int bench_schedule(const settings *s)
{
    const char *backend = s->n_operands > 1 ? s->operands[1] : "services";

    if (!strcmp(backend, "engine") || !strcmp(backend, "servers"))
        return bench_schedule_real(s, !strcmp(backend, "servers"));
    if (strcmp(backend, "services")) {
        output_error("there is no backend \"%s\"; there are: services, engine, servers", backend);
        return 2;
    }
    if (s->output)
        return draw_picture(s) ? 0 : 1;
    bool ok = plan_table(s, 1) && plan_table(s, 2) && length_table(s, 50) && length_table(s, 200) &&
              length_table(s, 2000) && jitter_table(s, 1) && jitter_table(s, 0) && fault_table(s);
    return ok ? 0 : 1;
}
