/* timeline_bins.h - a timeline cut into columns: how much of each a slot spent on which lane. */
#ifndef TIMELINE_BINS_H
#define TIMELINE_BINS_H

#include "timeline.h"

typedef struct timeline_bins {
    size_t n_columns;
    uint32_t n_slots;
    float *share; /* [n_slots, TANDEM_N_LANES, n_columns], 0..1 of the column's time */
    bool *marked; /* [n_slots, n_columns]: a call that did not go well ended there */
} timeline_bins;

/* False when memory is out. */
bool timeline_bins_make(const timeline *t, size_t n_columns, timeline_bins *out);
void timeline_bins_clear(timeline_bins *bins);

static inline float *timeline_bins_share(const timeline_bins *b, uint32_t slot, int lane)
{
    return b->share + ((size_t)slot * TANDEM_N_LANES + (size_t)lane) * b->n_columns;
}

/* Batches of a lane in flight in a column, on average. */
float timeline_bins_in_flight(const timeline_bins *b, int lane, size_t column);

#endif
