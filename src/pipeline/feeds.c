/* A job's sources: opened, made known to the store, read to their ends, and what the store is told
 * of each run then. */
#include "pipeline/state.h"

#include <stdlib.h>

enum {
    NAME_BYTES_MAX = 64 << 10,
};

/* -- opening -- */

_Static_assert((int)TANDEM_MODE_AUTO == (int)TD_SOURCE_MODE_AUTO &&
                   (int)TANDEM_MODE_SITEMAP == (int)TD_SOURCE_MODE_SITEMAP,
               "the two lists of modes are one");

static td_source_options source_options(tandem_job *job, td_pipeline_feed *feed)
{
    const tandem_job_options *o = &job->options;
    td_source_options s = TD_SOURCE_OPTIONS;

    s.known = td_pipeline_job_remembers(job) && !o->refresh ? td_pipeline_known_get : NULL;
    s.known_user = feed;
    s.file_bytes_max = o->file_bytes_max;
    s.refuses_pdf = td_extract_refuses_pdf();
    s.hidden = o->hidden;
    s.no_ignore = o->no_ignore;
    s.include = o->include;
    s.n_include = o->n_include;
    s.exclude = o->exclude;
    s.n_exclude = o->n_exclude;
    s.depth_max = o->depth_max;
    s.pages_max = o->pages_max;
    s.any_host = o->any_host;
    s.below = o->below;
    s.no_robots = o->no_robots;
    s.delay_ms = o->delay_ms;
    s.per_host_max = o->per_host_max;
    s.timeout_ms = o->timeout_ms;
    s.allow_private = o->allow_private;
    s.refuse_private = o->refuse_private;
    s.user_agent = o->user_agent;
    s.contact = o->contact;
    s.ca_file = o->ca_file;
    s.host_pages_max = o->host_pages_max;
    s.browser = job->browser;
    s.mode = (td_source_mode)o->mode;
    s.dry_run = o->dry_run;
    s.variants_max = o->variants_max;
    s.bytes_max = o->bytes_max;
    s.time_max_ms = o->time_max_ms;
    return s;
}

tandem_code td_pipeline_feeds_begin_run(tandem_job *job, td_pipeline_feed *feed, tandem_error *err)
{
    td_store *store = job->index->store;

    return store->run_begin(store, feed->source_id, job->is_retry ? "retry" : "index",
                            job->feeds[0].run_id, &feed->run_id, err);
}

/* A crawl that stores nothing is a source of its own, so that it never takes away what an index of
 * the same site holds. */
static tandem_code name_feed(const tandem_job *job, const td_pipeline_feed *feed, td_buf *name_out,
                             tandem_error *err)
{
    td_str uri = feed->source ? feed->source->uri : td_str_from(job->options.input_name);

    return td_buf_add_fmt(name_out, err, "%s%.*s",
                          td_pipeline_job_stores(job) ? "" : "crawl:", TD_STR_FMT(uri));
}

static tandem_code register_feed(tandem_job *job, td_pipeline_feed *feed, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store *store = job->index->store;
    const tandem_job_options *o = &job->options;
    td_buf name = TD_BUF(NAME_BYTES_MAX);
    td_store_source source = {
        .kind = td_str_from(!td_pipeline_job_stores(job) ? "crawl"
                            : feed->source               ? feed->source->kind
                                                         : "file"),
        .project = td_str_from(o->project),
        .dataset = td_str_from(o->dataset),
    };

    TD_TRY(name_feed(job, feed, &name, err));
    source.uri = td_buf_str(&name);
    TD_TRY(td_store_scope_rule(td_str_from(o->scope), source.project, source.dataset, &source.scope,
                               err));
    TD_TRY(store->source_put(store, &source, &feed->source_id, err));
    if (store->run_last_done)
        TD_TRY(store->run_last_done(store, feed->source_id, &feed->since_run, err));
    TD_TRY(td_pipeline_feeds_begin_run(job, feed, err));
out:
    td_buf_clear(&name);
    return code;
}

tandem_code td_pipeline_feeds_open(tandem_job *job, const char *const *sources, size_t n_sources,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n = n_sources + (job->options.input_name ? 1 : 0);

    job->feeds = calloc(n ? n : 1, sizeof(*job->feeds));
    if (!job->feeds)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for %zu sources", n);
    for (job->n_feeds = 0; job->n_feeds < n; job->n_feeds++) {
        td_pipeline_feed *feed = &job->feeds[job->n_feeds];
        feed->job = job;
        if (job->n_feeds < n_sources) {
            td_source_options options = source_options(job, feed);
            TD_TRY(td_source_open(sources[job->n_feeds], &options, &feed->source, err));
        }
    }
    /* Only now, so that a misspelt second source leaves no trace of the first. */
    for (size_t i = 0; td_pipeline_job_remembers(job) && i < n; i++)
        TD_TRY(register_feed(job, &job->feeds[i], err));
out:
    return code;
}

/* -- reading -- */

void td_pipeline_feeds_read(tandem_job *job)
{
    for (size_t i = 0; i < job->n_feeds && !atomic_load(&job->stop); i++) {
        tandem_error error = {0};
        tandem_code code = job->is_retry          ? td_pipeline_retry_feed(job, i, &error)
                           : job->feeds[i].source ? td_pipeline_index_feed(job, i, &error)
                                                  : td_pipeline_index_input(job, i, &error);
        if (code != TANDEM_OK && code != TANDEM_E_CANCELLED)
            td_pipeline_job_fail(job, &error);
    }
}

void td_pipeline_feeds_cancel(tandem_job *job)
{
    for (size_t i = 0; i < job->n_feeds; i++)
        if (job->feeds[i].source)
            job->feeds[i].source->cancel(job->feeds[i].source);
}

/* -- ending -- */

static tandem_code put_spans(tandem_job *job, tandem_error *err)
{
    td_store *store = job->index->store;
    size_t n = 0;

    if (!td_pipeline_job_stores(job))
        return TANDEM_OK; /* a crawl alone embeds nothing */
    const tandem_span *spans = td_schedule_get_spans(job->schedule, &n);
    return n ? store->spans_put(store, job->feeds[0].run_id, spans, n, err) : TANDEM_OK;
}

/* Whether what the run did not see is gone. A site of which nothing could be had tells nothing of
 * its pages; a folder that is empty does. */
static bool saw_all(td_pipeline_feed *feed)
{
    td_source *source = feed->source;
    bool is_web = source && strcmp(source->kind, "web") == 0;
    bool is_silent =
        atomic_load(&feed->n_good) == 0 && (is_web || atomic_load(&feed->n_failed) > 0);

    return feed->complete && !atomic_load(&feed->unsure) && !is_silent &&
           (!source || !source->is_whole || source->is_whole(source));
}

void td_pipeline_feeds_end_runs(tandem_job *job)
{
    td_store *store = job->index->store;
    tandem_error error = {0};
    bool whole = !job->cancelled && job->error.code == TANDEM_OK;

    if (put_spans(job, &error) != TANDEM_OK)
        td_pipeline_job_fail(job, &error);
    for (size_t i = 0; i < job->n_feeds; i++) {
        td_pipeline_feed *feed = &job->feeds[i];
        /* "Done" is not what a crawl is in which no page could be had. */
        bool all_failed = atomic_load(&feed->n_failed) > 0 && atomic_load(&feed->n_good) == 0;
        const char *state = job->cancelled ? "cancelled" : whole && !all_failed ? "done" : "failed";
        uint64_t n_removed = 0;
        char json[TD_PIPELINE_JSON_BYTES_MAX];
        size_t n = td_pipeline_progress_json(job, json);

        if (store->run_end(store, feed->run_id, state, (td_str){json, n}, whole && saw_all(feed),
                           &n_removed, &error) != TANDEM_OK) {
            td_pipeline_job_fail(job, &error);
            return;
        }
        atomic_fetch_add(&job->n_removed, n_removed);
    }
    if (job->schedule && !job->options.quiet_metrics)
        td_pipeline_progress_log(job, whole ? "done" : job->cancelled ? "cancelled" : "failed");
}

void td_pipeline_feeds_close(tandem_job *job)
{
    for (size_t i = 0; i < job->n_feeds; i++)
        if (job->feeds[i].source)
            job->feeds[i].source->close(job->feeds[i].source);
    free(job->feeds);
    job->feeds = NULL;
    job->n_feeds = 0;
}
