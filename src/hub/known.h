/* hub/known.h - revisions of folders that were worked out at an earlier start, which takes a pass
 * over all bytes of a model: $XDG_CACHE_HOME/tandem/revisions.
 *
 * A file is named after the folder; inside it says for which identity of the folder's files it
 * holds, and has a hash. What does not fit is not believed. A cache folder that can't be read or
 * written costs time and nothing else: no function here can fail.
 *
 * Threads:  any; several processes
 */
#ifndef TD_HUB_KNOWN_H
#define TD_HUB_KNOWN_H

#include "base/hash.h"

#include <stdbool.h>

/* False: not known. An empty identity is never known. */
bool td_hub_known_get(const char *path, const char *identity, char revision_out[TD_HASH_HEX_N]);
void td_hub_known_put(const char *path, const char *identity, const char *revision);

#endif
