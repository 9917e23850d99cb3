#include "tandem/embedder.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

tandem_code tandem_embedder_open(const char *model, const tandem_embedder_options *options,
                                 tandem_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_embedder_options o = TANDEM_EMBEDDER_OPTIONS;

    TD_TRY(td_api_check_given("embedder_out", embedder_out, err));
    TD_TRY(td_api_check_options(&o, sizeof(o), options, err));
    TD_TRY(td_api_check_word("precision", o.precision, "auto, f32, bf16, int8", err));
    TD_TRY(td_api_check_word("isa", o.isa, TD_API_ISAS, err));
    TD_TRY(td_api_check_range("threads", o.threads, 0, 1024, err));
    TD_TRY(td_api_check_backend(&o.backend, err));
    TD_TRY(td_pipeline_model_open(model, &o, embedder_out, err));
out:
    return code;
}

void tandem_embedder_close(tandem_embedder *embedder)
{
    td_pipeline_model_close(embedder);
}

void tandem_embedder_get_info(const tandem_embedder *embedder, tandem_model_info *info_out)
{
    td_pipeline_model_info(embedder, info_out);
}

static tandem_code check_texts(const tandem_embedder *embedder, const tandem_str *texts, size_t n,
                               const float *vectors, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("embedder", embedder, err));
    if (n == 0)
        goto out;
    TD_TRY(td_api_check_given("texts", texts, err));
    TD_TRY(td_api_check_given("vectors", vectors, err));
out:
    return code;
}

tandem_code tandem_embedder_embed(tandem_embedder *embedder, const tandem_str *texts, size_t n,
                                  tandem_role role, float *vectors, tandem_text_note *notes,
                                  tandem_error *err)
{
    tandem_code code = check_texts(embedder, texts, n, vectors, err);

    return code != TANDEM_OK || n == 0
               ? code
               : td_pipeline_model_embed(embedder, texts, n, role, vectors, notes, err);
}

tandem_code tandem_embedder_run(tandem_embedder *embedder, const tandem_str *texts, size_t n,
                                tandem_role role, float *vectors, tandem_text_note *notes,
                                tandem_error *err)
{
    tandem_code code = check_texts(embedder, texts, n, vectors, err);

    return code != TANDEM_OK || n == 0
               ? code
               : td_pipeline_model_run(embedder, texts, n, role, vectors, notes, err);
}

tandem_code tandem_embedder_tokenize(tandem_embedder *embedder, tandem_str text, tandem_role role,
                                     uint32_t *ids, size_t *n_out, bool *truncated_out,
                                     tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("embedder", embedder, err));
    TD_TRY(td_api_check_given("ids", ids, err));
    TD_TRY(td_api_check_given("n_out", n_out, err));
    TD_TRY(td_api_check_given("truncated_out", truncated_out, err));
    TD_TRY(td_pipeline_model_tokenize(embedder, text, role, ids, n_out, truncated_out, err));
out:
    return code;
}

tandem_code tandem_embedder_rows(tandem_embedder *embedder, tandem_str text, tandem_role role,
                                 float *rows, size_t *n_rows_io, bool *truncated_out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("embedder", embedder, err));
    TD_TRY(td_api_check_given("rows", rows, err));
    TD_TRY(td_api_check_given("n_rows_io", n_rows_io, err));
    TD_TRY(td_api_check_given("truncated_out", truncated_out, err));
    TD_TRY(td_pipeline_model_rows(embedder, text, role, rows, n_rows_io, truncated_out, err));
out:
    return code;
}

tandem_str tandem_embedder_token(const tandem_embedder *embedder, uint32_t id)
{
    return td_pipeline_model_token(embedder, id);
}

tandem_code tandem_models_each(tandem_model_each each, void *user, tandem_error *err)
{
    return td_pipeline_model_each(each, user, err);
}
