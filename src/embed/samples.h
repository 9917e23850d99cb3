/* embed/samples.h - short texts of many kinds, to see how a model takes to a precision, and how
 * fast it is.
 */
#ifndef TD_EMBED_SAMPLES_H
#define TD_EMBED_SAMPLES_H

#include "base/str.h"

enum {
    TD_SAMPLES_N = 64
};

/* [TD_SAMPLES_N]: prose and code in turn, each of about 15 to 60 tokens. */
extern const char *const td_embed_samples[TD_SAMPLES_N];

#endif
