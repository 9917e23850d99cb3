#include "tandem/content.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

tandem_code tandem_index_each_scope(tandem_index *index, tandem_scope_each each, void *user,
                                    tandem_error *err)
{
    tandem_code code = td_api_check_given("index", index, err);

    return code != TANDEM_OK ? code : td_pipeline_content_each_scope(index, each, user, err);
}

tandem_code tandem_index_each_page(tandem_index *index, uint64_t after_id, size_t n_max,
                                   tandem_page_each each, void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_range("n_max", n_max, 1, 100000, err));
    TD_TRY(td_api_check_range("after_id", after_id, 0, INT64_MAX, err));
    TD_TRY(td_pipeline_content_each_page(index, after_id, n_max, each, user, err));
out:
    return code;
}

tandem_code tandem_index_open_page(tandem_index *index, tandem_str uri, tandem_page **page_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("page_out", page_out, err));
    TD_TRY(td_pipeline_content_open_page(index, uri, page_out, err));
out:
    return code;
}

const tandem_page_info *tandem_page_get_info(const tandem_page *page)
{
    return td_pipeline_content_info(page);
}

tandem_str tandem_page_get_text(const tandem_page *page)
{
    return td_pipeline_content_text(page);
}

void tandem_page_free(tandem_page *page)
{
    td_pipeline_content_free(page);
}

tandem_code tandem_index_get_chunk(tandem_index *index, uint64_t id, uint32_t n_around,
                                   tandem_hits **hits_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("hits_out", hits_out, err));
    TD_TRY(td_api_check_range("n_around", n_around, 0, 100, err));
    TD_TRY(td_pipeline_ask_chunk(index, id, n_around, hits_out, err));
out:
    return code;
}
