/* base/clock.h - time for waiting (monotonic) and time for people (wall).
 *
 * Threads:  pure functions
 */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC. All time-outs and durations use these. */
int64_t td_clock_ms(void);
int64_t td_clock_us(void);

/* Wall clock, milliseconds since 1970, for records only. */
int64_t td_clock_wall_ms(void);

/* "2026-11-23T08:15:00Z" and a NUL. */
enum { TD_CLOCK_ISO_N = 21 };
void td_clock_iso(int64_t wall_ms, char out[TD_CLOCK_ISO_N]);

/* A monotonic deadline for pthread_cond_timedwait on a condition made with td_clock_cond_init. */
struct timespec td_clock_deadline(int64_t wait_ms);

#endif
