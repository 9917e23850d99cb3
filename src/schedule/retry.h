/* schedule/retry.h - what a failed call means, and when to call again.
 *
 * Threads:  pure functions
 */
#ifndef TD_SCHEDULE_RETRY_H
#define TD_SCHEDULE_RETRY_H

#include "tandem/error.h"

#include <stdint.h>

typedef enum td_verdict {
    TD_VERDICT_AGAIN, /* waiting may cure it */
    TD_VERDICT_HALVE, /* one of the texts, or their number, is not to the backend's liking */
    TD_VERDICT_FAIL,  /* nothing cures this batch */
    TD_VERDICT_LANE,  /* nothing cures any batch of this lane */
} td_verdict;

enum {
    TD_RETRY_BACKOFF_MS_MAX = 5000,
    /* A server that asks for longer is taken as gone: the chunks are failed now and tried again by
     * a later run, which is better than a run that sits and waits. */
    TD_RETRY_AFTER_MS_MAX = 5 * 60 * 1000,
};

td_verdict td_schedule_retry_judge(tandem_code code);

/* Milliseconds to wait after the `tries`-th failed call (from 1): the first wait doubled each time,
 * up to 5 s, give or take a quarter; never less than the server asked for. `seed` moves on. */
uint32_t td_schedule_retry_wait_ms(uint32_t backoff_ms, uint32_t tries, uint32_t retry_after_ms,
                                   uint64_t *seed);

#endif
