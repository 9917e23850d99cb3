/* hub/revision.h - a model's revision: a hash over every file that its vectors depend on.
 *
 * Threads:  pure functions
 */
#ifndef TD_HUB_REVISION_H
#define TD_HUB_REVISION_H

#include "base/hash.h"
#include "flow/model_files.h"

/* Cost: one pass over all bytes, about 10 GB/s once they are in memory. */
void td_hub_revision_of(const td_model_file *files, size_t n, char out[TD_HASH_HEX_N]);

#endif
