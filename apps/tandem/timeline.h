/* timeline.h - which slot held which batch when, drawn as text or as SVG. */
#ifndef TIMELINE_H
#define TIMELINE_H

#include "tandem/tandem.h"

#include <stdio.h>

typedef struct timeline {
    const char *title; /* of its picture; NULL: none */
    const tandem_span *spans;
    size_t n;
    uint32_t n_slots;
    int64_t end_us;
} timeline;

/* Slots and end come from the spans. */
timeline timeline_of(const char *title, const tandem_span *spans, size_t n);

/* Seconds of a slot in calls. */
double timeline_busy_seconds(const timeline *t, uint32_t slot);

/* Lines for a terminal of so many columns: both lanes, each slot, an axis, a legend. */
void timeline_text(FILE *out, const timeline *t, int columns);

/* One <svg> element with the timelines below each other on one axis of time. `page`: it stands in a
 * page that has timeline_css; else it brings the style along and may be a file by itself. */
void timeline_svg(FILE *out, const timeline *lines, size_t n, bool page);

/* The style of the picture, for the page that it stands in. */
void timeline_css(FILE *out);

#endif
