/* flow/batch.h - texts of one lane that run together.
 *
 * Threads:  one owner at a time
 */
#ifndef TD_FLOW_BATCH_H
#define TD_FLOW_BATCH_H

#include "base/str.h"

/* What the model says about one text besides its vector. */
typedef struct td_text_note {
    uint32_t n_tokens; /* embedded, special tokens and prompt included */
    bool truncated;    /* the text was longer than the model takes */
} td_text_note;

typedef struct td_batch {
    const td_str *texts; /* [n], borrowed, valid UTF-8 */
    size_t n;
    tandem_role role;
    float *vectors;      /* [n, dim] out, caller's; each of length 1 */
    td_text_note *notes; /* [n] out, caller's; NULL if nobody asks */
} td_batch;

#endif
