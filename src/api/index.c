#include "tandem/index.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

#define PRECISIONS "auto, f32, bf16, int8"

tandem_code tandem_index_open(const char *location, const tandem_index_options *options,
                              tandem_index **index_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_index_options o = TANDEM_INDEX_OPTIONS;

    TD_TRY(td_api_check_given("index_out", index_out, err));
    TD_TRY(td_api_check_options(&o, sizeof(o), options, err));
    TD_TRY(td_api_check_word("precision", o.precision, PRECISIONS, err));
    TD_TRY(td_api_check_word("isa", o.isa, TD_API_ISAS, err));
    TD_TRY(td_api_check_range("threads", o.threads, 0, 1024, err));
    if (o.store_bytes_max)
        TD_TRY(td_api_check_range("store_bytes_max", o.store_bytes_max, 1u << 16, 1ull << 40, err));
    for (int l = 0; l < TANDEM_N_LANES && code == TANDEM_OK; l++) {
        code = td_api_check_backend(&o.backends[l], err);
        if (code != TANDEM_OK)
            td_context(err, "lane %s", tandem_lane_name((tandem_lane)l));
    }
    if (code != TANDEM_OK)
        goto out;
    TD_TRY(td_pipeline_handle_open(location, &o, index_out, err));
out:
    return code;
}

void tandem_index_close(tandem_index *index)
{
    td_pipeline_handle_close(index);
}

const char *tandem_index_location(const tandem_index *index)
{
    return td_pipeline_handle_location(index);
}

tandem_code tandem_index_get_embedder(tandem_index *index, tandem_lane lane,
                                      tandem_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("embedder_out", embedder_out, err));
    TD_TRY(td_api_check_range("lane", (uint64_t)lane, 0, TANDEM_N_LANES - 1, err));
    TD_TRY(td_pipeline_lanes_embedder(index, lane, embedder_out, err));
out:
    return code;
}

tandem_code tandem_index_search(tandem_index *index, tandem_str query,
                                const tandem_search_options *options, tandem_hits **hits_out,
                                tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_search_options o = TANDEM_SEARCH_OPTIONS;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("hits_out", hits_out, err));
    TD_TRY(td_api_check_options(&o, sizeof(o), options, err));
    TD_TRY(td_api_check_range("k", o.k, 1, 1000, err));
    TD_TRY(td_api_check_range("kind", (uint64_t)o.kind, 0, TANDEM_KIND_CODE, err));
    TD_TRY(td_api_check_word("scope", o.scope, "global, project, local", err));
    TD_TRY(td_pipeline_ask_search(index, query, &o, hits_out, err));
out:
    return code;
}

const tandem_hit *tandem_hits_get(const tandem_hits *hits, size_t *n_out)
{
    return td_pipeline_ask_hits(hits, n_out);
}

void tandem_hits_free(tandem_hits *hits)
{
    td_pipeline_ask_free(hits);
}

tandem_code tandem_index_get_status(tandem_index *index, tandem_status *status_out,
                                    tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("status_out", status_out, err));
    TD_TRY(td_pipeline_handle_status(index, status_out, err));
out:
    return code;
}

tandem_code tandem_index_each_source(tandem_index *index, const char *source,
                                     tandem_source_each each, void *user, tandem_error *err)
{
    tandem_code code = td_api_check_given("index", index, err);

    return code != TANDEM_OK ? code
                             : td_pipeline_handle_each_source(index, source, each, user, err);
}

tandem_code tandem_index_each_miss(tandem_index *index, const char *source, tandem_miss_each each,
                                   void *user, tandem_error *err)
{
    tandem_code code = td_api_check_given("index", index, err);

    return code != TANDEM_OK ? code : td_pipeline_handle_each_miss(index, source, each, user, err);
}

tandem_code tandem_index_remove(tandem_index *index, const char *source, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("source", source, err));
    TD_TRY(td_pipeline_handle_remove(index, source, err));
out:
    return code;
}
