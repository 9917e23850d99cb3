#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/os.h"
#include "pipeline/state.h"

#include <stdio.h>

static double seconds_of(tandem_job *job)
{
    int64_t end = atomic_load(&job->ended_us);

    return (double)((end ? end : td_clock_us()) - job->begun_us) / 1e6;
}

static void get_schedule(tandem_job *job, td_schedule_progress *progress)
{
    if (atomic_load(&job->ended_us))
        *progress = job->last;
    else if (job->schedule)
        td_schedule_get_progress(job->schedule, progress);
}

static tandem_lane_progress lane_progress(const td_pipeline_lane_counts *counts,
                                          const td_lane_progress *scheduled)
{
    tandem_lane_progress lane = {
        .total = atomic_load(&counts->total),
        .done = atomic_load(&counts->done),
        .failed = atomic_load(&counts->failed),
        .cached = atomic_load(&counts->cached),
        .in_flight = scheduled->in_flight,
        .batches = scheduled->n_batches,
        .retries = scheduled->n_retries,
        .tokens = scheduled->n_tokens,
        .paused = scheduled->circuit_open,
    };

    if (scheduled->busy_seconds > 0)
        lane.chunks_per_second = (double)scheduled->n_done / scheduled->busy_seconds;
    return lane;
}

/* Chunks left over the rate of all chunks so far: both lanes share the machine, so the rate of one
 * alone would promise too much. */
static double eta_seconds(const tandem_progress *p)
{
    uint64_t settled = 0;
    uint64_t left = 0;

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        uint64_t done = p->lanes[l].done + p->lanes[l].failed;
        settled += done;
        left += p->lanes[l].total > done ? p->lanes[l].total - done : 0;
    }
    if (settled == 0 || p->seconds <= 0)
        return -1;
    return (double)left * p->seconds / (double)settled;
}

void td_pipeline_progress_get(tandem_job *job, tandem_progress *progress_out)
{
    td_schedule_progress scheduled = {0};
    tandem_progress p = {
        .pages_seen = atomic_load(&job->n_seen),
        .pages = atomic_load(&job->n_pages),
        .files = atomic_load(&job->n_files),
        .unchanged = atomic_load(&job->n_unchanged),
        .skipped = atomic_load(&job->n_skipped),
        .failed = atomic_load(&job->n_failed),
        .sources_ended = atomic_load(&job->sources_ended),
        .seconds = seconds_of(job),
    };

    get_schedule(job, &scheduled);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        p.lanes[l] = lane_progress(&job->lanes[l], &scheduled.lanes[l]);
    p.eta_seconds = eta_seconds(&p);
    *progress_out = p;
}

tandem_code td_pipeline_progress_spans(tandem_job *job, tandem_span **spans_out, size_t *n_out,
                                       int64_t *now_us_out, tandem_error *err)
{
    if (job->schedule)
        return td_schedule_copy_spans(job->schedule, spans_out, n_out, now_us_out, err);
    *spans_out = NULL;
    *n_out = 0;
    *now_us_out = 0;
    return TANDEM_OK;
}

static void fill_summary(tandem_job *job, tandem_summary *s)
{
    td_schedule_progress scheduled = {0};
    uint64_t settled = 0;

    get_schedule(job, &scheduled);
    *s = (tandem_summary){
        .pages = atomic_load(&job->n_pages),
        .files = atomic_load(&job->n_files),
        .unchanged = atomic_load(&job->n_unchanged),
        .skipped = atomic_load(&job->n_skipped),
        .failed = atomic_load(&job->n_failed),
        .removed = atomic_load(&job->n_removed),
        .strategy = (tandem_strategy)scheduled.strategy,
        .seconds = seconds_of(job),
        .overlap_ratio = scheduled.overlap_ratio,
        .speedup = scheduled.speedup,
        .peak_rss_bytes = td_os_rss_peak_bytes(),
        .embed_seconds = scheduled.wall_seconds,
        .rounds = scheduled.n_rounds,
        .slots = scheduled.n_slots,
    };
    snprintf(s->run, sizeof(s->run), "%lld", job->n_feeds ? (long long)job->feeds[0].run_id : 0LL);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        s->chunks[l] = atomic_load(&job->lanes[l].total);
        s->chunks_failed[l] = atomic_load(&job->lanes[l].failed);
        s->embedded += atomic_load(&job->lanes[l].embedded);
        s->cached += atomic_load(&job->lanes[l].cached);
        s->truncated += atomic_load(&job->lanes[l].truncated);
        settled += atomic_load(&job->lanes[l].done);
        s->lanes[l] = (tandem_lane_summary){
            .batches = scheduled.lanes[l].n_batches,
            .retries = scheduled.lanes[l].n_retries,
            .tokens = scheduled.lanes[l].n_tokens,
            .busy_seconds = scheduled.lanes[l].busy_seconds,
        };
    }
    if (s->seconds > 0)
        s->chunks_per_second = (double)settled / s->seconds;
}

#define LLU(x) ((unsigned long long)(x))

static int lane_json(const tandem_summary *s, int l, char *out, size_t n_max)
{
    const tandem_lane_summary *lane = &s->lanes[l];

    return snprintf(out, n_max,
                    "\"%s\":{\"chunks\":%llu,\"failed\":%llu,\"batches\":%llu,\"retries\":%llu,"
                    "\"tokens\":%llu,\"busy_seconds\":%.3f}",
                    tandem_lane_name((tandem_lane)l), LLU(s->chunks[l]), LLU(s->chunks_failed[l]),
                    LLU(lane->batches), LLU(lane->retries), LLU(lane->tokens), lane->busy_seconds);
}

size_t td_pipeline_progress_json(tandem_job *job, char out[TD_PIPELINE_JSON_BYTES_MAX])
{
    tandem_summary s;
    char lanes[TANDEM_N_LANES][256];

    fill_summary(job, &s);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        lane_json(&s, l, lanes[l], sizeof(lanes[l]));
    int n = snprintf(out, TD_PIPELINE_JSON_BYTES_MAX,
                     "{\"pages\":%llu,\"files\":%llu,\"unchanged\":%llu,\"skipped\":%llu,"
                     "\"failed\":%llu,\"chunks\":{\"gte\":%llu,\"coderank\":%llu},"
                     "\"embedded\":%llu,\"cached\":%llu,\"seconds\":%.3f,\"overlap_ratio\":%.4f,"
                     "\"speedup\":%.4f,\"strategy\":\"%s\",\"rounds\":%llu,\"slots\":%u,"
                     "\"embed_seconds\":%.3f,\"lanes\":{%s,%s}}",
                     LLU(s.pages), LLU(s.files), LLU(s.unchanged), LLU(s.skipped), LLU(s.failed),
                     LLU(s.chunks[0]), LLU(s.chunks[1]), LLU(s.embedded), LLU(s.cached), s.seconds,
                     s.overlap_ratio, s.speedup, td_schedule_strategy_name((td_strategy)s.strategy),
                     LLU(s.rounds), s.slots, s.embed_seconds, lanes[0], lanes[1]);
    td_assert(n > 0 && n < TD_PIPELINE_JSON_BYTES_MAX);
    return (size_t)n;
}

void td_pipeline_progress_log(tandem_job *job, const char *state)
{
    tandem_summary s;

    fill_summary(job, &s);
    td_log(TD_INFO, "pipeline",
           "run=%s state=%s pages=%llu files=%llu unchanged=%llu skipped=%llu failed=%llu "
           "gte=%llu coderank=%llu chunks_failed=%llu embedded=%llu cached=%llu truncated=%llu "
           "batches=%llu retries=%llu seconds=%.3f chunks_per_second=%.1f overlap_ratio=%.3f "
           "speedup=%.2f peak_rss_mb=%.0f",
           s.run, state, LLU(s.pages), LLU(s.files), LLU(s.unchanged), LLU(s.skipped),
           LLU(s.failed), LLU(s.chunks[0]), LLU(s.chunks[1]),
           LLU(s.chunks_failed[0] + s.chunks_failed[1]), LLU(s.embedded), LLU(s.cached),
           LLU(s.truncated), LLU(s.lanes[0].batches + s.lanes[1].batches),
           LLU(s.lanes[0].retries + s.lanes[1].retries), s.seconds, s.chunks_per_second,
           s.overlap_ratio, s.speedup, (double)s.peak_rss_bytes / 1048576.0);
}

/* How many jobs are in the phase: a server may run several at once. */
static void count_phase(const char *phase, double more)
{
    char labels[32];

    snprintf(labels, sizeof(labels), "phase=\"%s\"", phase);
    td_metrics_add(td_metrics_gauge("tandem_run_phase", labels), more);
}

void td_pipeline_progress_phase(tandem_job *job, const char *phase)
{
    if (job->phase)
        count_phase(job->phase, -1);
    if (phase)
        count_phase(phase, 1);
    job->phase = phase;
}

tandem_code td_pipeline_progress_summary(tandem_job *job, tandem_summary *summary_out,
                                         tandem_error *err)
{
    tandem_summary s;

    while (!td_pipeline_job_wait(job, 1000))
        continue;
    fill_summary(job, &s);
    pthread_mutex_lock(&job->lock);
    if (job->error.code != TANDEM_OK) {
        s.code = job->error.code;
        if (err)
            *err = job->error;
    } else if (job->cancelled) {
        s.code = td_fail(err, TANDEM_E_CANCELLED,
                         "cancelled; what is done is kept, the next run goes on there");
    } else if (s.failed || s.chunks_failed[0] || s.chunks_failed[1]) {
        s.code = td_fail(err, TANDEM_E_PARTIAL, "%llu pages and %llu chunks failed",
                         (unsigned long long)s.failed,
                         (unsigned long long)(s.chunks_failed[0] + s.chunks_failed[1]));
    }
    pthread_mutex_unlock(&job->lock);
    *summary_out = s;
    return s.code;
}
