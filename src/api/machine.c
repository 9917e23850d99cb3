#include "tandem/machine.h"

#include "api/check.h"
#include "pipeline/pipeline.h"

void tandem_machine_get(tandem_machine *machine_out)
{
    td_pipeline_machine_get(machine_out);
}

tandem_code tandem_machine_measure(const char *precision, const char *isa, uint32_t threads,
                                   double *gflops_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_api_check_given("precision", precision, err));
    TD_TRY(td_api_check_given("gflops_out", gflops_out, err));
    TD_TRY(td_api_check_range("threads", threads, 0, 1024, err));
    TD_TRY(td_pipeline_machine_measure(precision, isa, threads, gflops_out, err));
out:
    return code;
}

const char *tandem_machine_sample(size_t i)
{
    return td_pipeline_machine_sample(i);
}
