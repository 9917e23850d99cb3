/* bench_row.h - one content mix under each strategy, as a line of a table. */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include "settings.h"

enum {
    BENCH_STRATEGIES = 3
};

typedef struct bench_row {
    const char *table;
    uint32_t at_once; /* 0: no limit */
    uint32_t n_seeds;
    /* filled in */
    uint32_t chunks[TANDEM_N_LANES];
    double seconds[BENCH_STRATEGIES]; /* sequential, rounds, pipelined: means over the seeds */
    double bound;                     /* mean of pipelined's */
    double worst;           /* of pipelined over its bound, any seed; of real lanes the median */
    double worst_to_rounds; /* of pipelined over rounds, any seed */
    double overlap;         /* least of pipelined's */
    uint32_t n_pairs;       /* of bound and pipelined, of real lanes */
    double ratio_low, ratio_high; /* of pipelined over its bound: half of the pairs lie between */
} bench_row;

/* Runs the mix for seeds 1 to n_seeds. False after an error message. */
bool bench_row_run(bench_row *row, const tandem_bench_options *options);

void bench_row_head(const settings *s, const char *title);
bool bench_row_print(const settings *s, const bench_row *row);

#endif
