/* bench/engine/peak.h - how fast one core multiplies when nothing leaves its registers. */
#ifndef BENCH_ENGINE_PEAK_H
#define BENCH_ENGINE_PEAK_H

#include "embed/kernels/kernels.h"

/* Operations a second of the calling thread, in the form that a table of ours uses; 0 where this
 * file knows none (avx2 and below, other CPUs). A multiplication and its addition are two. */
double bench_peak(const char *isa, td_precision precision);

#endif
