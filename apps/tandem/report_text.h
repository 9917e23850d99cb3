/* report_text.h - a run's report in a terminal, and what the page says in the same words. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "output.h"
#include "timeline.h"

void report_text(FILE *out, const tandem_run_info *run, const timeline *t, const json_t *summary);

/* A member of an object as a number (0) or a text ("-"), if it is there. */
double report_number(const json_t *object, const char *name);
const char *report_text_of(const json_t *object, const char *name, char *out, size_t n);

/* "2026-11-26 16:25", or "-". */
void report_when(int64_t wall_ms, char *out, size_t n);

/* Calls of a lane that were halved. */
uint64_t report_halved(const timeline *t, int lane);

/* Why there is no timeline. Static. */
const char *report_without_spans(const tandem_run_info *run);

#endif
