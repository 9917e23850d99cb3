#include "timeline.h"

#include "timeline_bins.h"

timeline timeline_of(const char *title, const tandem_span *spans, size_t n)
{
    timeline t = {.title = title, .spans = spans, .n = n};

    for (size_t i = 0; i < n; i++) {
        t.n_slots = spans[i].slot >= t.n_slots ? spans[i].slot + 1 : t.n_slots;
        t.end_us = spans[i].end_us > t.end_us ? spans[i].end_us : t.end_us;
    }
    return t;
}

double timeline_busy_seconds(const timeline *t, uint32_t slot)
{
    int64_t busy_us = 0;

    for (size_t i = 0; i < t->n; i++)
        if (t->spans[i].slot == slot)
            busy_us +=
                t->spans[i].busy_us[TANDEM_LANE_GTE] + t->spans[i].busy_us[TANDEM_LANE_CODERANK];
    return (double)busy_us / 1e6;
}
