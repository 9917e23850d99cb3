/* bench/engine/parts.h - which of a table's functions the time of a run goes to.
 *
 * Threads:  parts_begin and parts_end on the thread that works; parts_timed before all of them
 */
#ifndef BENCH_ENGINE_PARTS_H
#define BENCH_ENGINE_PARTS_H

#include "embed/kernels/kernels.h"

enum {
    PART_LINEAR, /* products and what becomes of them */
    PART_ATTENTION,
    PART_NORM, /* with the coding of its rows */
    PART_CODE, /* rows that no norm codes */
    PART_ROPE,
    PARTS_N,
};

/* Nanoseconds of the threads that ended, in each part and in all. */
typedef struct parts {
    double ns[PARTS_N], all;
} parts;

/* The same table with a clock about each function. One at a time: a second call takes it over. */
const td_kernels *parts_timed(const td_kernels *kernels);

void parts_begin(void);
void parts_end(parts *sum); /* adds what the thread did since it began */
void parts_print(const parts *sum);

#endif
