/* report_page.h - a run's report as a page that needs nothing besides itself. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "output.h"
#include "timeline.h"

/* `summary`: the run's own (tandem_run_info.summary_json), or NULL. */
void report_page(FILE *out, const tandem_run_info *run, const timeline *t, const json_t *summary);

#endif
