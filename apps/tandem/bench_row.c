#include "bench_row.h"

#include "output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const tandem_strategy strategies[BENCH_STRATEGIES] = {TANDEM_STRATEGY_SEQUENTIAL,
                                                             TANDEM_STRATEGY_ROUNDS,
                                                             TANDEM_STRATEGY_PIPELINED};
enum {
    ROUNDS = 1,
    PIPELINED = 2
};

static void keep(void *user, const tandem_bench_result *result)
{
    *(tandem_bench_result *)user = *result;
}

bool bench_row_run(bench_row *row, const tandem_bench_options *options)
{
    tandem_bench_options o = *options;
    tandem_error error = {0};

    memcpy(row->chunks, o.chunks, sizeof(row->chunks));
    row->overlap = 1;
    for (o.seed = 1; o.seed <= row->n_seeds; o.seed++) {
        tandem_bench_result results[BENCH_STRATEGIES];
        for (int i = 0; i < BENCH_STRATEGIES; i++) {
            o.strategy = strategies[i];
            if (tandem_bench_schedule(&o, keep, &results[i], &error) != TANDEM_OK) {
                output_failure(&error);
                return false;
            }
            row->seconds[i] += results[i].seconds / row->n_seeds;
        }
        const tandem_bench_result *p = &results[PIPELINED];
        row->bound += p->bound_seconds / row->n_seeds;
        row->worst = fmax(row->worst, p->seconds / p->bound_seconds);
        row->worst_to_rounds = fmax(row->worst_to_rounds, p->seconds / results[ROUNDS].seconds);
        row->overlap = fmin(row->overlap, p->overlap_ratio);
    }
    return true;
}

void bench_row_head(const settings *s, const char *title)
{
    if (s->json)
        return;
    printf("\n%s%s%s\n%6s %9s %9s %11s %9s %10s %9s %9s\n", output_style_of(stdout, STYLE_BOLD),
           title, output_style_of(stdout, STYLE_PLAIN), "gte", "coderank", "bound, s", "sequential",
           "rounds", "pipelined", "/ bound", "overlap");
}

static void print_json(const bench_row *row)
{
    bool both = row->chunks[0] && row->chunks[1];
    json_t *all =
        json_pack("{s:s,s:{s:i,s:i},s:i,s:i,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "table", row->table,
                  "chunks", "gte", (int)row->chunks[0], "coderank", (int)row->chunks[1], "at_once",
                  (int)row->at_once, "seeds", (int)row->n_seeds, "bound", row->bound, "sequential",
                  row->seconds[0], "rounds", row->seconds[ROUNDS], "pipelined",
                  row->seconds[PIPELINED], "worst_to_bound", row->worst, "worst_to_rounds",
                  row->worst_to_rounds, "overlap", both ? row->overlap : 0);

    if (all && row->n_pairs) {
        json_object_set_new(all, "pairs", json_integer(row->n_pairs));
        json_object_set_new(all, "ratio_low", json_real(row->ratio_low));
        json_object_set_new(all, "ratio_high", json_real(row->ratio_high));
    }
    output_json(all);
}

bool bench_row_print(const settings *s, const bench_row *row)
{
    if (s->json) {
        print_json(row);
        return true;
    }
    printf("%6u %9u %9.2f %11.2f %9.2f %10.2f %9.3f ", row->chunks[0], row->chunks[1], row->bound,
           row->seconds[0], row->seconds[ROUNDS], row->seconds[PIPELINED], row->worst);
    if (row->chunks[0] && row->chunks[1])
        printf("%7.0f %%", 100 * row->overlap);
    else
        printf("%9s", "-");
    if (row->n_pairs)
        printf("  %.3f to %.3f in %u pair%s", row->ratio_low, row->ratio_high, row->n_pairs,
               row->n_pairs == 1 ? "" : "s");
    printf("\n");
    return true;
}
