/* schedule/meter.h - how long which lane was busy, and the metrics of design section 1.
 *
 * Threads:  the schedule's lock for td_meter; any for the metrics
 */
#ifndef TD_SCHEDULE_METER_H
#define TD_SCHEDULE_METER_H

#include "base/metrics.h"
#include "schedule/lane.h"

/* Times add up from step to step under what was true between them. */
typedef struct td_meter {
    bool began;
    int64_t first_us, last_us, at_us;
    bool busy[TANDEM_N_LANES]; /* since at_us: a batch is in flight */
    bool work[TANDEM_N_LANES]; /* since at_us: td_schedule_strategy_has_work */
    int64_t busy_us[TANDEM_N_LANES];
    int64_t both_us;        /* both busy */
    int64_t shared_us;      /* both have work, either busy */
    int64_t shared_both_us; /* both have work, both busy */
} td_meter;

/* From now on the lanes are so. */
void td_schedule_meter_step(td_meter *meter, int64_t now_us, const td_strategy_state *state);

/* Fills in the times, the ratio and the speedup. */
void td_schedule_meter_read(const td_meter *meter, int64_t now_us, td_schedule_progress *out);

typedef struct td_lane_metrics {
    td_metric *chunks[3];  /* by td_task_status */
    td_metric *batches[4]; /* by td_settled */
    td_metric *seconds, *tokens, *in_flight, *limit, *circuit, *queue;
    const char *lane;
} td_lane_metrics;

void td_schedule_meter_open(tandem_lane lane, td_lane_metrics *metrics_out);

/* The gauges of a lane. */
void td_schedule_meter_show(const td_lane_metrics *metrics, const td_lane *lane);

/* One call ended. */
void td_schedule_meter_batch(const td_lane_metrics *metrics, const td_batch_event *event);

/* The gauges of a run. */
void td_schedule_meter_run(const td_schedule_progress *progress);

#endif
