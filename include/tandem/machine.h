/* tandem/machine.h - what this machine can do, and what tandem would do on it.
 *
 * Threads:  any
 */
#ifndef TANDEM_MACHINE_H
#define TANDEM_MACHINE_H

#include "tandem/error.h"
#include "tandem/value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tandem_machine {
    char cpu[128];                      /* "Intel(R) Xeon(R) Processor"; empty: not known */
    char features[256];                 /* those that kernels ask for: "avx2 fma avx512f" */
    uint32_t n_cpus;                    /* that this process may use: affinity and cgroup quota */
    uint32_t n_cpus_online;             /* of the machine */
    uint64_t memory_bytes;              /* that this process may use */
    uint64_t rss_bytes, rss_peak_bytes; /* resident memory of this process */
    char isa[16];                       /* the kernels that it would take: "avx512" */
    char fast[32];     /* precisions that these are fast in, widest first: "f32 bf16" */
    char libcurl[256]; /* and what it is built on */
} tandem_machine;

void tandem_machine_get(tandem_machine *machine_out);

/* GFLOP/s of matrix products alone, as the engine makes them, by `threads` threads (0: one a core),
 * with weights and rows near the size of a base model's: what a model could reach on this machine
 * if nothing else were to be done. Takes about a second.
 *
 *   precision  "f32", "bf16", "int8"
 *   isa        NULL: the best of this CPU
 * Errors: E_INVALID, E_UNSUPPORTED, E_NOMEM. */
tandem_code tandem_machine_measure(const char *precision, const char *isa, uint32_t threads,
                                   double *gflops_out, tandem_error *err);

/* The i-th of some dozens of short texts, prose and code in turn, to try a model with; NULL after
 * the last. Static. */
const char *tandem_machine_sample(size_t i);

#ifdef __cplusplus
}
#endif

#endif
