/* hub/revision.h - a model's revision: a hash over every file that its vectors depend on.
 *
 * Threads:  pure functions
 */
#ifndef TD_HUB_REVISION_H
#define TD_HUB_REVISION_H

#include "base/hash.h"
#include "flow/model_files.h"

/* Cost: one pass over all bytes, about 5 GB/s once they are in memory; of those that `forget` is
 * told of, no more than a few MB need stay there. It may be NULL. */
void td_hub_revision_of(const td_model_file *files, size_t n, void (*forget)(td_str read),
                        char out[TD_HASH_HEX_N]);

#endif
