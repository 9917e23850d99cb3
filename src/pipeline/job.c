/* A job's life: opened (everything that can fail early does), conducted, ended, closed.
 *
 *   opening -> running -> ending -> ended
 *   running -> ending   when the sources are at their end, or `stop` was raised (cancel, failure)
 *   ending -> ended     when core threads, schedule and writer have finished, in this order
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "pipeline/state.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    JOB_BYTES_MAX = 16 << 20,
    PAGES_WAITING_MAX = 4,
    WRITES_WAITING_MAX = 512,
    ONCE_BUCKETS = 1 << 13,
    SPANS_MAX = 2048, /* of a run's report: 65,536 chunks in batches of 32, each by itself */
};

/* -- options -- */

static bool copy_text(td_arena *arena, const char **text)
{
    if (*text)
        *text = td_arena_copy(arena, td_str_from(*text)).ptr;
    return *text != NULL;
}

static bool copy_list(td_arena *arena, const char *const **list, size_t n)
{
    const char **copy = n ? td_arena_zalloc(arena, n, sizeof(*copy)) : NULL;

    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = (*list)[i];
        if (!copy_text(arena, &copy[i]))
            return false;
    }
    *list = copy;
    return n == 0 || copy;
}

static tandem_code copy_options(tandem_job *job, const tandem_job_options *options,
                                tandem_error *err)
{
    tandem_job_options *o = &job->options;
    const char **texts[] = {&o->scope,           &o->project,    &o->dataset, &o->user_agent,
                            &o->contact,         &o->input_name, &o->browser, &o->chunk_models[0],
                            &o->chunk_models[1], &o->ca_file};

    *o = *options;
    bool ok = copy_list(job->arena, &o->include, o->n_include) &&
              copy_list(job->arena, &o->exclude, o->n_exclude);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ok = ok && (!*texts[i] || copy_text(job->arena, texts[i]));
    if (ok && o->input_name) {
        o->input = td_arena_copy(job->arena, o->input);
        ok = o->input.ptr != NULL;
    }
    return ok ? TANDEM_OK : td_arena_fail(job->arena, err);
}

void td_pipeline_job_mix(const tandem_job *job, td_hash *hash)
{
    for (size_t i = 0; i < sizeof(hash->bytes); i++)
        hash->bytes[i] ^= job->recipe.bytes[i];
}

bool td_pipeline_job_stores(const tandem_job *job)
{
    return job->options.until == TANDEM_UNTIL_STORE;
}

bool td_pipeline_job_remembers(const tandem_job *job)
{
    return job->index != NULL;
}

/* -- opening -- */

/* Servers that are not there must not stop the other lane: this one's chunks are stored as failed,
 * for a later run to embed. */
static tandem_code open_down(tandem_job *job, int l, const tandem_error *why, tandem_error *err)
{
    td_log(TD_WARN, "pipeline", "lane=%s down code=%s message=\"%s: %s\"",
           tandem_lane_name((tandem_lane)l), tandem_code_name(why->code), why->context,
           why->message);
    tandem_code code = td_embed_down_open(why, &job->down[l], err);
    if (code == TANDEM_OK) {
        job->embedders[l] = job->down[l];
        job->fingerprints[l] = job->down[l]->fingerprint;
    }
    return code;
}

static void warn_same_model(const tandem_job *job)
{
    const td_embedder *one = job->embedders[0], *other = job->embedders[1];

    if (one->identity.n > 0 && td_str_eq(one->identity, other->identity))
        td_log(TD_WARN, "pipeline",
               "both lanes have the same model, %.*s: prose and code are embedded alike",
               TD_STR_FMT(one->model_id));
}

static tandem_code open_lanes(tandem_job *job, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store *store = job->index->store;
    const td_pipeline_lane *lanes[TANDEM_N_LANES];
    tandem_error whys[TANDEM_N_LANES];

    td_pipeline_lanes_get_both(job->index, lanes, whys);
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const td_pipeline_lane *lane = lanes[l];
        td_store_lane stored = {0};
        if (!lane) {
            bool is_down = tandem_code_retry(whys[l].code) &&
                           td_pipeline_lanes_is_remote(job->index, (tandem_lane)l);
            if (err && !is_down)
                *err = whys[l];
            TD_TRY(is_down ? open_down(job, l, &whys[l], err) : whys[l].code);
            continue;
        }
        TD_TRY(store->lane_get(store, (tandem_lane)l, &stored, job->arena, err));
        TD_TRY(td_pipeline_lanes_check(job->index, (tandem_lane)l, &stored, lane, err));
        td_store_lane model = {
            .model_id = lane->embedder->model_id,
            .fingerprint = lane->identity,
            .dim = lane->embedder->dim,
        };
        TD_TRY(store->lane_put(store, (tandem_lane)l, &model, err));
        job->embedders[l] = lane->embedder;
        job->fingerprints[l] = lane->embedder->fingerprint;
    }
    warn_same_model(job);
out:
    return code;
}

static tandem_code open_schedule(tandem_job *job, tandem_error *err)
{
    static const td_strategy strategies[] = {
        [TANDEM_STRATEGY_AUTO] = TD_STRATEGY_AUTO,
        [TANDEM_STRATEGY_PIPELINED] = TD_STRATEGY_PIPELINED,
        [TANDEM_STRATEGY_ROUNDS] = TD_STRATEGY_ROUNDS,
        [TANDEM_STRATEGY_SEQUENTIAL] = TD_STRATEGY_SEQUENTIAL,
    };
    td_schedule_options options = TD_SCHEDULE_OPTIONS;

    options.strategy = strategies[job->options.strategy];
    options.parallel = !job->options.sequential;
    td_pipeline_lanes_slots(job->embedders, job->options.in_flight_max, job->index->threads,
                            &options);
    options.batch_items_max = job->options.batch_items_max;
    options.metrics = !job->options.quiet_metrics;
    options.spans_max = SPANS_MAX;
    options.done = td_pipeline_index_done;
    options.user = job;
    return td_schedule_open(job->embedders, &options, &job->schedule, err);
}

/* -- ending -- */

void td_pipeline_job_fail(tandem_job *job, const tandem_error *error)
{
    pthread_mutex_lock(&job->lock);
    if (job->error.code == TANDEM_OK && !job->cancelled)
        job->error = *error;
    pthread_mutex_unlock(&job->lock);
    atomic_store(&job->stop, true);
    td_pipeline_feeds_cancel(job);
    if (job->schedule)
        td_schedule_cancel(job->schedule);
}

void td_pipeline_job_cancel(tandem_job *job)
{
    tandem_error error = {0};

    pthread_mutex_lock(&job->lock);
    if (job->error.code == TANDEM_OK && !job->ended)
        job->cancelled = true;
    pthread_mutex_unlock(&job->lock);
    td_pipeline_job_fail(job, &error);
}

static void join_cores(tandem_job *job)
{
    td_queue_end(job->pages);
    for (size_t i = 0; i < job->n_cores; i++)
        pthread_join(job->cores[i], NULL);
    job->n_cores = 0;
}

static void *conduct(void *user)
{
    tandem_job *job = user;

    td_pipeline_progress_phase(job, "read");
    td_pipeline_feeds_read(job);
    join_cores(job);
    atomic_store(&job->sources_ended, true);
    if (td_pipeline_job_stores(job)) {
        td_pipeline_progress_phase(job, "embed");
        td_schedule_finish(job->schedule, NULL);
        td_schedule_get_progress(job->schedule, &job->last);
        td_pipeline_progress_phase(job, "store");
    }
    if (td_pipeline_job_remembers(job)) {
        td_queue_end(job->writes);
        pthread_join(job->writer, NULL);
        td_pipeline_feeds_end_runs(job);
    }
    td_pipeline_progress_phase(job, NULL);
    atomic_store(&job->ended_us, td_clock_us());
    pthread_mutex_lock(&job->lock);
    job->ended = true;
    pthread_cond_broadcast(&job->ended_changed);
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

/* -- starting -- */

static tandem_code start_threads(tandem_job *job, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool stores = td_pipeline_job_stores(job);
    /* One core thread keeps the sources' order where the caller sees it. */
    size_t n_cores = !stores ? 1 : job->index->threads ? job->index->threads : td_os_n_cpus();
    bool writer_runs = false;

    job->cores = calloc(n_cores, sizeof(*job->cores));
    if (!job->cores)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for threads");
    if (td_pipeline_job_remembers(job)) {
        TD_TRY(td_thread_start(&job->writer, "writer", td_pipeline_write_run, job, err));
        writer_runs = true;
    }
    for (; job->n_cores < n_cores; job->n_cores++)
        TD_TRY(
            td_thread_start(&job->cores[job->n_cores], "core", td_pipeline_index_core, job, err));
    TD_TRY(td_thread_start(&job->conductor, "conductor", conduct, job, err));
    job->conductor_runs = true;
out:
    if (code != TANDEM_OK) {
        join_cores(job);
        if (writer_runs) {
            td_queue_end(job->writes);
            pthread_join(job->writer, NULL);
        }
    }
    return code;
}

static tandem_code new_job(tandem_index *index, const tandem_job_options *options,
                           tandem_job **job_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_job *job = calloc(1, sizeof(*job));

    if (!job)
        return td_fail_nomem(err, "job");
    pthread_mutex_init(&job->lock, NULL);
    pthread_mutex_init(&job->visit_lock, NULL);
    code = td_clock_cond_init(&job->ended_changed, err);
    job->index = index;
    job->begun_us = td_clock_us();
    job->arena = td_arena_new(JOB_BYTES_MAX + options->input.n);
    job->pages = td_queue_new(PAGES_WAITING_MAX);
    job->writes = td_queue_new(WRITES_WAITING_MAX);
    if (!job->arena || !job->pages || !job->writes)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a job");
    TD_TRY(td_pipeline_once_init(&job->once, ONCE_BUCKETS, err));
    TD_TRY(copy_options(job, options, err));
    *job_out = job;
    job = NULL;
out:
    td_pipeline_job_close(job);
    return code;
}

/* One that may cut chunks; what there is of it after a failure is the caller's to close. */
static tandem_code new_cutting_job(tandem_index *index, const tandem_job_options *options,
                                   tandem_job **job_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(new_job(index, options, job_out, err));
    if (options->until >= TANDEM_UNTIL_CHUNK)
        TD_TRY(td_pipeline_meter_open(*job_out, err));
out:
    return code;
}

tandem_code td_pipeline_job_check(tandem_index *index, const tandem_job_options *options,
                                  tandem_error *err)
{
    tandem_job *job = NULL;
    tandem_code code = new_cutting_job(index, options, &job, err);

    td_pipeline_job_close(job);
    return code;
}

tandem_code td_pipeline_job_open(tandem_index *index, const char *const *sources, size_t n_sources,
                                 const tandem_job_options *options, tandem_job **job_out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_job *job = NULL;

    TD_TRY(new_cutting_job(index, options, &job, err));
    job->recipe = td_pipeline_meter_recipe(job);
    if (options->until == TANDEM_UNTIL_STORE) {
        TD_TRY(open_lanes(job, err));
        TD_TRY(open_schedule(job, err));
    }
    TD_TRY(td_pipeline_draw_open(job, sources, n_sources, err));
    TD_TRY(td_pipeline_feeds_open(job, sources, n_sources, err));
    TD_TRY(start_threads(job, err));
    *job_out = job;
    job = NULL;
out:
    td_pipeline_job_close(job);
    return code;
}

/* Models and runs only if there is anything to do; else the job ends at once. */
static tandem_code open_retry(tandem_job *job, const char *source, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_pipeline_retry_find(job, source, err));
    if (job->n_feeds == 0) {
        job->options.until = TANDEM_UNTIL_PAGE;
        goto out;
    }
    TD_TRY(open_lanes(job, err));
    TD_TRY(open_schedule(job, err));
    for (size_t i = 0; i < job->n_feeds; i++)
        TD_TRY(td_pipeline_feeds_begin_run(job, &job->feeds[i], err));
out:
    return code;
}

tandem_code td_pipeline_job_open_retry(tandem_index *index, const char *source,
                                       const tandem_job_options *options, tandem_job **job_out,
                                       tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_job *job = NULL;

    TD_TRY(new_job(index, options, &job, err));
    job->is_retry = true;
    job->options.until = TANDEM_UNTIL_STORE;
    TD_TRY(open_retry(job, source, err));
    TD_TRY(start_threads(job, err));
    *job_out = job;
    job = NULL;
out:
    td_pipeline_job_close(job);
    return code;
}

bool td_pipeline_job_wait(tandem_job *job, uint32_t wait_ms)
{
    struct timespec deadline = td_clock_deadline(wait_ms);
    int rc = 0;

    pthread_mutex_lock(&job->lock);
    while (!job->ended && rc == 0)
        rc = pthread_cond_timedwait(&job->ended_changed, &job->lock, &deadline);
    bool ended = job->ended;
    pthread_mutex_unlock(&job->lock);
    return ended;
}

/* Pages that nobody took, when a job never ran. */
static void drain_pages(tandem_job *job)
{
    void *item = NULL;

    while (job->pages && td_queue_try_pop(job->pages, &item)) {
        td_page_free(((td_pipeline_fetched *)item)->page);
        free(item);
    }
}

void td_pipeline_job_close(tandem_job *job)
{
    if (!job)
        return;
    if (job->conductor_runs) {
        td_pipeline_job_cancel(job);
        pthread_join(job->conductor, NULL);
    }
    td_schedule_close(job->schedule);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        if (job->down[l])
            job->down[l]->close(job->down[l]);
    drain_pages(job);
    td_pipeline_feeds_close(job);
    td_source_browser_close(job->browser);
    td_pipeline_meter_close(job);
    free(job->cores);
    td_pipeline_once_clear(&job->once);
    td_queue_free(job->pages);
    td_queue_free(job->writes);
    td_arena_free(job->arena);
    pthread_cond_destroy(&job->ended_changed);
    pthread_mutex_destroy(&job->visit_lock);
    pthread_mutex_destroy(&job->lock);
    free(job);
}
