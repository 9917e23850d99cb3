#include "tandem/model.h"

#include "api/check.h"
#include "hub/hub.h"

tandem_code tandem_model_pull(const char *name, const tandem_pull_options *options,
                              tandem_pull_summary *summary_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    tandem_pull_options o = TANDEM_PULL_OPTIONS;

    TD_TRY(td_api_check_given("name", name, err));
    TD_TRY(td_api_check_options(&o, sizeof(o), options, err));
    TD_TRY(td_hub_pull(name, &o, summary_out, err));
out:
    return code;
}
