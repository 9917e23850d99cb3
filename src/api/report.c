#include "tandem/report.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

tandem_code tandem_report_new(tandem_index *index, int64_t run, tandem_report **report_out,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("index", index, err));
    TD_TRY(td_api_check_given("report_out", report_out, err));
    if (run < 0)
        TD_FAIL(err, TANDEM_E_INVALID, "run is %lld; runs count from 1, 0 is the last",
                (long long)run);
    TD_TRY(td_pipeline_report_new(index, run, report_out, err));
out:
    return code;
}

void tandem_report_free(tandem_report *report)
{
    td_pipeline_report_free(report);
}

void tandem_report_get_run(const tandem_report *report, tandem_run_info *info_out)
{
    td_pipeline_report_run(report, info_out);
}

const tandem_span *tandem_report_get_spans(const tandem_report *report, size_t *n_out)
{
    return td_pipeline_report_spans(report, n_out);
}
