/* tandem/metrics.h - what this process has counted so far, for a scraper or a summary.
 *
 * Threads:  any
 */
#ifndef TANDEM_METRICS_H
#define TANDEM_METRICS_H

#include "tandem/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All metrics as Prometheus text 0.0.4 ("text/plain; version=0.0.4"), sorted by name. The caller
 * frees *text_out, which ends in a NUL that n does not count. */
tandem_code tandem_metrics_copy(char **text_out, size_t *n_out, tandem_error *err);

/* A program's own counter or histogram (buckets: powers of two from 2^-10 to 2^20), made on first
 * use. name: "tandem_http_requests_total"; labels: `route="/embed",code="200"`, or "" for none. A
 * label must take few values: past 4096 metrics in all, new ones are not kept.
 * Errors: E_INVALID for a name or labels that Prometheus would not read, or for a name that is used
 * for another kind. */
tandem_code tandem_metrics_count(const char *name, const char *labels, double amount,
                                 tandem_error *err);
tandem_code tandem_metrics_observe(const char *name, const char *labels, double value,
                                   tandem_error *err);

#ifdef __cplusplus
}
#endif

#endif
