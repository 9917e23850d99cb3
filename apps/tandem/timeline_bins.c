#include "timeline_bins.h"

#include <stdlib.h>

/* A span's calls of a lane, spread evenly over its time. */
static void add_lane(const timeline_bins *b, const tandem_span *span, int lane, double column_us)
{
    double length_us = (double)(span->end_us - span->start_us);
    double density = length_us > 0 ? (double)span->busy_us[lane] / length_us : 0;
    float *share = timeline_bins_share(b, span->slot, lane);
    double from = (double)span->start_us / column_us, to = (double)span->end_us / column_us;

    for (size_t c = (size_t)from; density > 0 && c < b->n_columns && (double)c < to; c++) {
        double start = from > (double)c ? from : (double)c;
        double end = to < (double)c + 1 ? to : (double)c + 1;
        share[c] += (float)(density * (end - start));
    }
}

bool timeline_bins_make(const timeline *t, size_t n_columns, timeline_bins *out)
{
    size_t rows = t->n_slots ? t->n_slots : 1;
    timeline_bins b = {
        .n_columns = n_columns,
        .n_slots = t->n_slots,
        .share = calloc(rows * n_columns, TANDEM_N_LANES * sizeof(float)),
        .marked = calloc(rows * n_columns, sizeof(bool)),
    };
    double column_us = (double)t->end_us / (double)n_columns;

    if (!b.share || !b.marked) {
        timeline_bins_clear(&b);
        return false;
    }
    for (size_t i = 0; i < t->n && column_us > 0; i++) {
        const tandem_span *span = &t->spans[i];
        for (int l = 0; l < TANDEM_N_LANES; l++)
            add_lane(&b, span, l, column_us);
        size_t last = (size_t)((double)span->end_us / column_us);
        if (span->n_failed + span->n_retried + span->n_halved)
            b.marked[span->slot * n_columns + (last < n_columns ? last : n_columns - 1)] = true;
    }
    *out = b;
    return true;
}

void timeline_bins_clear(timeline_bins *bins)
{
    free(bins->share);
    free(bins->marked);
    *bins = (timeline_bins){0};
}

float timeline_bins_in_flight(const timeline_bins *b, int lane, size_t column)
{
    float sum = 0;

    for (uint32_t s = 0; s < b->n_slots; s++)
        sum += timeline_bins_share(b, s, lane)[column];
    return sum;
}
