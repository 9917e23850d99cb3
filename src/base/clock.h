/* base/clock.h - time for waiting (monotonic) and time for people (wall).
 *
 * Threads:  pure functions
 */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include "base/error.h"

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC. All time-outs and durations use these. */
int64_t td_clock_ms(void);
int64_t td_clock_us(void);

/* Wall clock, milliseconds since 1970, for records only. */
int64_t td_clock_wall_ms(void);

/* "2026-11-23T08:15:00Z" and a NUL. */
enum {
    TD_CLOCK_ISO_N = 21
};
void td_clock_iso(int64_t wall_ms, char out[TD_CLOCK_ISO_N]);

/* A condition that waits by the monotonic clock. Errors: E_NOMEM, E_IO. */
tandem_code td_clock_cond_init(pthread_cond_t *cond, tandem_error *err);

/* A monotonic deadline for pthread_cond_timedwait on a condition made with td_clock_cond_init. */
struct timespec td_clock_deadline(int64_t wait_ms);

#endif
