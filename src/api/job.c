#include "tandem/job.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

static tandem_code check_limits(const tandem_job_options *o, tandem_error *err)
{
    const struct {
        const char *name;
        uint64_t value, min, max;
    } limits[] = {
        {"until", (uint64_t)o->until, 0, TANDEM_UNTIL_STORE},
        {"strategy", (uint64_t)o->strategy, 0, TANDEM_STRATEGY_SEQUENTIAL},
        {"render", (uint64_t)o->render, 0, TANDEM_RENDER_ALWAYS},
        {"mode", (uint64_t)o->mode, 0, TANDEM_MODE_AUTO},
        {"time_max_ms", o->time_max_ms, 0, 7u * 24 * 3600 * 1000},
        {"file_bytes_max", o->file_bytes_max, 1u << 10, 1u << 30},
        {"delay_ms", o->delay_ms, 0, 60000},
        {"per_host_max", o->per_host_max, 1, 256},
        {"timeout_ms", o->timeout_ms, 100, 600000},
        {"chunk_unit", (uint64_t)o->chunk_unit, 0, TANDEM_CHUNK_TOKENS},
        {"chunk_size", o->chunk_size, 64, 100000},
        {"chunk_overlap", o->chunk_overlap, 0, o->chunk_size ? o->chunk_size / 2 : 0},
        {"in_flight_max", o->in_flight_max, 0, 1024},
        {"batch_items_max", o->batch_items_max, 1, 4096},
    };
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && code == TANDEM_OK; i++)
        code =
            td_api_check_range(limits[i].name, limits[i].value, limits[i].min, limits[i].max, err);
    return code;
}

static tandem_code check_index(const tandem_index *index, const tandem_job_options *o,
                               tandem_error *err)
{
    if (o->until == TANDEM_UNTIL_STORE && !index)
        return td_fail(err, TANDEM_E_INVALID, "a job that stores needs an index");
    if (index && o->until != TANDEM_UNTIL_STORE && o->until != TANDEM_UNTIL_DOCUMENT)
        return td_fail(err, TANDEM_E_INVALID,
                       "a job that takes an index stores, or ends with documents");
    if (o->links_only && o->until >= TANDEM_UNTIL_CHUNK)
        return td_fail(err, TANDEM_E_INVALID, "links alone make no chunks: `until` is to say so");
    if (o->dry_run && o->until == TANDEM_UNTIL_STORE)
        return td_fail(err, TANDEM_E_INVALID, "a dry run stores nothing: `until` is to say so");
    return TANDEM_OK;
}

static tandem_code take_options(const tandem_index *index, const tandem_job_options *given,
                                tandem_job_options *o, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    *o = TANDEM_JOB_OPTIONS;
    TD_TRY(td_api_check_options(o, sizeof(*o), given, err));
    TD_TRY(check_limits(o, err));
    TD_TRY(check_index(index, o, err));
    TD_TRY(td_api_check_word("scope", o->scope, "global, project, local", err));
out:
    return code;
}

tandem_code tandem_job_check(tandem_index *index, const tandem_job_options *options,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_job_options o;

    TD_TRY(take_options(index, options, &o, err));
    TD_TRY(td_pipeline_job_check(index, &o, err));
out:
    return code;
}

tandem_code tandem_job_open(tandem_index *index, const char *const *sources, size_t n_sources,
                            const tandem_job_options *options, tandem_job **job_out,
                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_job_options o;

    TD_TRY(td_api_check_given("job_out", job_out, err));
    TD_TRY(take_options(index, options, &o, err));
    if (n_sources == 0 && !o.input_name)
        TD_FAIL(err, TANDEM_E_INVALID, "no source is named: give a folder, a file or a URL");
    for (size_t i = 0; i < n_sources; i++)
        TD_TRY(td_api_check_given("source", sources[i], err));
    TD_TRY(td_pipeline_job_open(index, sources, n_sources, &o, job_out, err));
out:
    return code;
}

tandem_code tandem_job_open_retry(tandem_index *index, const char *source,
                                  const tandem_job_options *options, tandem_job **job_out,
                                  tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_job_options o = TANDEM_JOB_OPTIONS;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("job_out", job_out, err));
    TD_TRY(td_api_check_options(&o, sizeof(o), options, err));
    TD_TRY(check_limits(&o, err));
    o.input_name = NULL;
    TD_TRY(td_pipeline_job_open_retry(index, source, &o, job_out, err));
out:
    return code;
}

bool tandem_job_wait(tandem_job *job, uint32_t wait_ms)
{
    return td_pipeline_job_wait(job, wait_ms);
}

void tandem_job_get_progress(tandem_job *job, tandem_progress *progress_out)
{
    td_pipeline_progress_get(job, progress_out);
}

tandem_code tandem_job_copy_spans(tandem_job *job, tandem_span **spans_out, size_t *n_out,
                                  int64_t *now_us_out, tandem_error *err)
{
    return td_pipeline_progress_spans(job, spans_out, n_out, now_us_out, err);
}

void tandem_job_cancel(tandem_job *job)
{
    td_pipeline_job_cancel(job);
}

tandem_code tandem_job_get_summary(tandem_job *job, tandem_summary *summary_out, tandem_error *err)
{
    return td_pipeline_progress_summary(job, summary_out, err);
}

void tandem_job_close(tandem_job *job)
{
    td_pipeline_job_close(job);
}

const char *tandem_strategy_name(tandem_strategy strategy)
{
    static const char *const names[] = {"auto", "pipelined", "rounds", "sequential", "single"};

    return (size_t)strategy < sizeof(names) / sizeof(names[0]) ? names[strategy] : "unknown";
}
