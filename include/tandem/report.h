/* tandem/report.h - what a run did: which slot held which batch when, retries, idle time.
 *
 * Threads:  any
 */
#ifndef TANDEM_REPORT_H
#define TANDEM_REPORT_H

#include "tandem/index.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tandem_report tandem_report;

/* A run, as it is stored. Texts are borrowed until tandem_report_free. */
typedef struct tandem_run_info {
    int64_t run;
    tandem_str kind;   /* "index", "retry" */
    tandem_str state;  /* "done", "cancelled", "failed", "interrupted", "running" */
    tandem_str source; /* its first source */
    uint64_t n_sources;
    int64_t begun_wall_ms, ended_wall_ms; /* since 1970; 0: it has not ended, or was cut off */
    tandem_str summary_json;              /* an object; empty until the run has ended */
} tandem_run_info;

/* Reads the record of a run (0: the last) from an index. A run that was killed, or is not among the
 * last 20, has no spans.
 * Errors: E_NOT_FOUND when there is no such run. */
tandem_code tandem_report_new(tandem_index *index, int64_t run, tandem_report **report_out,
                              tandem_error *err);

/* NULL is fine. */
void tandem_report_free(tandem_report *report);

void tandem_report_get_run(const tandem_report *report, tandem_run_info *info_out);

/* In order of ending; borrowed until free. */
const tandem_span *tandem_report_get_spans(const tandem_report *report, size_t *n_out);

#ifdef __cplusplus
}
#endif

#endif
