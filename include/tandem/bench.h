/* tandem/bench.h - one run of the schedule over services that are only a price, or over engines.
 *
 * Services run in virtual time: a run of hours takes milliseconds and comes out the same each time.
 * Threads:  any
 */
#ifndef TANDEM_BENCH_H
#define TANDEM_BENCH_H

#include "tandem/embedder.h"
#include "tandem/job.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One lane's backend. */
typedef struct tandem_bench_service {
    double seconds_per_chunk;     /* of one request's time, 0..1000; a batch of n takes n of them */
    double jitter;                /* sigma of a log-normal factor on each call, 0..3 */
    uint32_t at_once;             /* requests at a time, others queue; 0: no limit, else 1..64 */
    double p_fault;               /* of a call that fails in passing, 0..1 */
    double dead_from, dead_until; /* seconds; between them nobody answers */
} tandem_bench_service;

typedef struct tandem_bench_options {
    size_t struct_size;
    tandem_strategy strategy;
    uint32_t chunks[TANDEM_N_LANES]; /* 0..1000000 */
    tandem_bench_service services[TANDEM_N_LANES];
    bool random_lengths;      /* texts of 50 to 600 tokens, each at its price; else all the same */
    uint64_t seed;            /* of lengths, order, jitter and faults */
    uint32_t in_flight_max;   /* 1..64; with engines also 0: as a job has it */
    uint32_t batch_items_max; /* 1..4096 */
    /* both: texts [chunks] are embedded in earnest and in real time, and no service counts */
    tandem_embedder *engines[TANDEM_N_LANES];
    const tandem_str *texts[TANDEM_N_LANES];
} tandem_bench_options;

#define TANDEM_BENCH_OPTIONS                                                                    \
    (tandem_bench_options)                                                                      \
    {                                                                                           \
        .struct_size = sizeof(tandem_bench_options), .in_flight_max = 2, .batch_items_max = 32, \
        .services =                                                                             \
        { {.seconds_per_chunk = 0.1, .at_once = 1},                                             \
          {.seconds_per_chunk = 0.1, .at_once = 1} }                                            \
    }

typedef struct tandem_bench_result {
    tandem_strategy strategy; /* as it came out */
    double seconds;           /* first batch begun to last ended */
    double bound_seconds;     /* no schedule can be faster: max over lanes of work / capacity */
    double overlap_ratio, speedup;     /* as tandem_summary */
    uint64_t batches, retries, failed; /* failed: chunks */
    const tandem_span *spans;          /* [n_spans]; of services; borrowed for the call */
    size_t n_spans;
} tandem_bench_result;

typedef void (*tandem_bench_done)(void *user, const tandem_bench_result *result);

/* Runs, then calls `done` once. Errors: E_INVALID naming the option and its bounds; E_INTERNAL when
 * the schedule broke one of its own rules. */
tandem_code tandem_bench_schedule(const tandem_bench_options *options, tandem_bench_done done,
                                  void *user, tandem_error *err);

#ifdef __cplusplus
}
#endif

#endif
