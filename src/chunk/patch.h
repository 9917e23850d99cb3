/* chunk/patch.h - which lines belong to a patch (a unified diff), by its own heads and counts.
 *
 * "diff --git a/x b/x", "Index: x" and the two names "--- x", "+++ y" open one; "@@ -a,b +c,d @@"
 * says how many lines follow.
 * Threads:  one owner
 */
#ifndef TD_CHUNK_PATCH_H
#define TD_CHUNK_PATCH_H

#include "base/str.h"

typedef struct td_chunk_patch {
    size_t n_old, n_new; /* lines of either side that the hunk still has */
    bool head;           /* the line before is a head */
} td_chunk_patch;

/* Whether the line that starts at `start` belongs to a patch. Lines must be given in order, blank
 * ones too; all zero before the first. Cost: its length and that of the next. */
bool td_chunk_patch_takes(td_chunk_patch *patch, td_str text, size_t start);

#endif
