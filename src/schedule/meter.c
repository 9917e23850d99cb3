#include "schedule/meter.h"

#include <stdio.h>

void td_schedule_meter_step(td_meter *meter, int64_t now_us, const td_strategy_state *state)
{
    /* Two slots may come with their times in the wrong order; time must not be counted twice. */
    now_us = now_us > meter->at_us ? now_us : meter->at_us;
    int64_t passed_us = now_us - meter->at_us;
    bool both = meter->busy[0] && meter->busy[1], either = meter->busy[0] || meter->busy[1];
    bool shared = meter->work[0] && meter->work[1];
    for (int l = 0; l < TANDEM_N_LANES; l++)
        meter->busy_us[l] += meter->busy[l] ? passed_us : 0;
    meter->both_us += both ? passed_us : 0;
    meter->shared_us += shared && either ? passed_us : 0;
    meter->shared_both_us += shared && both ? passed_us : 0;
    if (either)
        meter->last_us = now_us;
    meter->at_us = now_us;

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        meter->busy[l] = state->lanes[l].in_flight > 0;
        meter->work[l] = td_schedule_strategy_has_work(state, (tandem_lane)l);
        if (meter->busy[l] && !meter->began) {
            meter->began = true;
            meter->first_us = meter->last_us = now_us;
        }
    }
}

void td_schedule_meter_read(const td_meter *meter, int64_t now_us, td_schedule_progress *out)
{
    td_meter until_now = *meter;
    static const td_strategy_state nothing = {0};
    td_schedule_meter_step(&until_now, now_us, &nothing);

    double busy_seconds = 0;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        out->lanes[l].busy_seconds = (double)until_now.busy_us[l] / 1e6;
        busy_seconds += out->lanes[l].busy_seconds;
    }
    out->both_busy_seconds = (double)until_now.both_us / 1e6;
    out->wall_seconds = (double)(until_now.last_us - until_now.first_us) / 1e6;
    out->overlap_ratio = until_now.shared_us > 0
                             ? (double)until_now.shared_both_us / (double)until_now.shared_us
                             : 0;
    out->speedup = out->wall_seconds > 0 ? busy_seconds / out->wall_seconds : 0;
}

/* ---- metrics ---- */

static void label(char *out, size_t n, const char *lane, const char *key, const char *value)
{
    if (key)
        snprintf(out, n, "lane=\"%s\",%s=\"%s\"", lane, key, value);
    else
        snprintf(out, n, "lane=\"%s\"", lane);
}

void td_schedule_meter_open(tandem_lane lane, td_lane_metrics *metrics_out)
{
    static const char *const chunk_status[] = {"done", "failed", "cancelled"};
    static const char *const batch_status[] = {"done", "failed", "retried", "halved"};
    const char *name = tandem_lane_name(lane);
    char labels[96];
    metrics_out->lane = name;
    for (int i = 0; i < 3; i++) {
        label(labels, sizeof(labels), name, "status", chunk_status[i]);
        metrics_out->chunks[i] = td_metrics_counter("tandem_chunks_total", labels);
    }
    for (int i = 0; i < 4; i++) {
        label(labels, sizeof(labels), name, "status", batch_status[i]);
        metrics_out->batches[i] = td_metrics_counter("tandem_batches_total", labels);
    }
    label(labels, sizeof(labels), name, NULL, NULL);
    metrics_out->seconds = td_metrics_histogram("tandem_batch_seconds", labels);
    metrics_out->tokens = td_metrics_histogram("tandem_batch_tokens", labels);
    metrics_out->in_flight = td_metrics_gauge("tandem_inflight_batches", labels);
    metrics_out->limit = td_metrics_gauge("tandem_concurrency_limit", labels);
    metrics_out->circuit = td_metrics_gauge("tandem_circuit_open", labels);
    metrics_out->queue = td_metrics_gauge("tandem_queue_depth", labels);
}

void td_schedule_meter_show(const td_lane_metrics *metrics, const td_lane *lane)
{
    td_metrics_set(metrics->in_flight, lane->in_flight);
    td_metrics_set(metrics->limit, td_schedule_limit_now(&lane->limit));
    td_metrics_set(metrics->circuit, lane->circuit.state != TD_CIRCUIT_CLOSED);
    td_metrics_set(metrics->queue, (double)(lane->pending.n + lane->n_waiting_tasks));
}

/* "E_TIMEOUT" as a label: "timeout". */
static void reason_of(tandem_code code, char *out, size_t n)
{
    const char *name = tandem_code_name(code);
    name += name[0] == 'E' && name[1] == '_' ? 2 : 0;
    size_t i = 0;
    for (; name[i] && i + 1 < n; i++)
        out[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
    out[i] = '\0';
}

void td_schedule_meter_batch(const td_lane_metrics *metrics, const td_batch_event *event)
{
    td_metrics_add(metrics->batches[event->settled], 1);
    td_metrics_observe(metrics->seconds, (double)(event->end_us - event->start_us) / 1e6);
    td_metrics_observe(metrics->tokens, (double)event->n_tokens);
    if (event->settled != TD_SETTLED_RETRIED)
        return;
    char reason[32], labels[96];
    reason_of(event->code, reason, sizeof(reason));
    label(labels, sizeof(labels), metrics->lane, "reason", reason);
    td_metrics_add(td_metrics_counter("tandem_retries_total", labels), 1);
}

void td_schedule_meter_run(const td_schedule_progress *progress)
{
    td_metrics_set(td_metrics_gauge("tandem_embed_overlap_ratio", ""), progress->overlap_ratio);
    td_metrics_set(td_metrics_gauge("tandem_parallel_speedup", ""), progress->speedup);
}
