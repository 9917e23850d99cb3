/* base/metrics.h - counters, gauges and histograms, named as design section 1 lists them.
 *
 * A metric lives for ever once made; adding to it is an atomic operation and never fails.
 * Threads:  any
 * Source:   Prometheus text format 0.0.4
 */
#ifndef TD_BASE_METRICS_H
#define TD_BASE_METRICS_H

#include "base/buf.h"

typedef struct td_metric td_metric;

typedef enum td_metric_kind {
    TD_METRIC_COUNTER,
    TD_METRIC_GAUGE,
    TD_METRIC_HISTOGRAM,
} td_metric_kind;

/* The metric of that name and label set, made on first use. labels: `lane="gte",status="done"` or
 * "". Never NULL: when memory is out, a shared one that nobody reads. */
td_metric *td_metrics_counter(const char *name, const char *labels);
td_metric *td_metrics_gauge(const char *name, const char *labels);
/* Buckets: powers of two from 2^-10 to 2^20. */
td_metric *td_metrics_histogram(const char *name, const char *labels);

/* The same for names that are not our own: NULL when the name is used for another kind. */
td_metric *td_metrics_find(const char *name, const char *labels, td_metric_kind kind);

void td_metrics_add(td_metric *metric, double amount);    /* counter, gauge */
void td_metrics_set(td_metric *metric, double value);     /* gauge */
void td_metrics_observe(td_metric *metric, double value); /* histogram */
double td_metrics_value(const td_metric *metric);         /* counter, gauge; a histogram's sum */

/* Appends all of them as Prometheus text, sorted by name. */
tandem_code td_metrics_write(td_buf *buf, tandem_error *err);

#endif
