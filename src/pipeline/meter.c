#include "hub/hub.h"
#include "pipeline/state.h"
#include "route/route.h"

#include <stdio.h>
#include <string.h>

static const char *model_of(const tandem_job *job, tandem_lane lane)
{
    return job->index ? job->index->models[lane] : job->options.chunk_models[lane];
}

static bool is_remote(const tandem_job *job, tandem_lane lane)
{
    return job->index && td_pipeline_lanes_is_remote(job->index, lane);
}

static bool is_same(const tandem_job *job)
{
    return is_remote(job, 0) == is_remote(job, 1) &&
           td_str_eq(td_str_from(model_of(job, 0)), td_str_from(model_of(job, 1)));
}

static tandem_code open_counter(tandem_job *job, tandem_lane lane, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    const char *model = model_of(job, lane);
    td_model_files *files = NULL;

    if (is_remote(job, lane) && !model)
        TD_FAIL(err, TANDEM_E_INVALID,
                "servers do not tell the tokens of a text: name the model of lane %s with --%s and "
                "`tandem pull` its files, or take --chunk-unit characters",
                tandem_lane_name(lane), tandem_lane_name(lane));
    code = td_hub_find(model, &files, err);
    if (code != TANDEM_OK && is_remote(job, lane))
        td_context(err,
                   "lane %s has servers, which do not tell tokens: --chunk-unit characters "
                   "needs no files",
                   tandem_lane_name(lane));
    TD_TRY(code);
    TD_TRY(td_embed_counter_open(files, &job->counters[lane], err));
out:
    td_model_files_close(files);
    return code;
}

static tandem_code check_size(const tandem_job *job, tandem_lane lane, tandem_error *err)
{
    size_t most = td_embed_counter_max(job->counters[lane]);

    if (job->options.chunk_size <= most)
        return TANDEM_OK;
    return td_fail(err, TANDEM_E_INVALID,
                   "chunk size %u is more than the %zu tokens that the model of lane %s takes",
                   job->options.chunk_size, most, tandem_lane_name(lane));
}

tandem_code td_pipeline_meter_open(tandem_job *job, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    if (job->options.chunk_unit != TANDEM_CHUNK_TOKENS)
        goto out;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        tandem_lane lane = (tandem_lane)l;
        if (l > 0 && is_same(job))
            job->counters[l] = job->counters[0];
        else
            TD_TRY(open_counter(job, lane, err));
        TD_TRY(check_size(job, lane, err));
    }
out:
    if (code != TANDEM_OK)
        td_context(err, "tokens of chunks");
    return code;
}

void td_pipeline_meter_close(tandem_job *job)
{
    for (int l = TANDEM_N_LANES - 1; l >= 0; l--) {
        if (l == 0 || job->counters[l] != job->counters[0])
            td_embed_counter_close(job->counters[l]);
        job->counters[l] = NULL;
    }
}

static tandem_code count(void *user, td_str text, size_t *n_out, tandem_error *err)
{
    return td_embed_counter_count(user, text, n_out, err);
}

void td_pipeline_meter_set(const tandem_job *job, td_chunk_options *options)
{
    if (!job->counters[0])
        return;
    options->prose_meter = (td_chunk_meter){count, job->counters[TANDEM_LANE_GTE]};
    options->code_meter = (td_chunk_meter){count, job->counters[TANDEM_LANE_CODERANK]};
    options->is_prose = td_route_is_prose;
}

td_hash td_pipeline_meter_recipe(const tandem_job *job)
{
    const tandem_job_options *o = &job->options;
    char text[512];
    size_t n = 0;

    snprintf(text, sizeof(text), "%s chunk=%u overlap=%u whole=%d", TANDEM_VERSION, o->chunk_size,
             o->chunk_overlap, o->whole_page);
    for (int l = 0; l < TANDEM_N_LANES && job->counters[l]; l++) {
        n = strlen(text);
        snprintf(text + n, sizeof(text) - n, " tokens=%.*s",
                 TD_STR_FMT(td_embed_counter_name(job->counters[l])));
    }
    return td_hash_of(td_str_from(text));
}
