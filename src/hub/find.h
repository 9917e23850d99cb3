/* hub/find.h - a model in the Hugging Face cache alone, by a name that has been checked.
 *
 * Threads:  any
 */
#ifndef TD_HUB_FIND_H
#define TD_HUB_FIND_H

#include "base/error.h"
#include "flow/model_files.h"
#include "hub/names.h"

/* Errors: as td_hub_find. */
tandem_code td_hub_find_cached(const td_hub_name *name, td_model_files **files_out,
                               tandem_error *err);

#endif
