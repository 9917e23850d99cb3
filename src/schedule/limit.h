/* schedule/limit.h - how many batches of one lane may be out at once.
 *
 * A local lane's limit stands still: its cores are counted. A remote lane's moves between 1 and its
 * maximum: it grows while the time a token takes stays near what it was when the server was not
 * loaded, and shrinks when that time rises or the server says that it is too much.
 *
 * Threads:  pure functions on the caller's struct
 * Source:   Netflix concurrency-limits, Gradient2; multiplicative decrease as in RFC 5681
 */
#ifndef TD_SCHEDULE_LIMIT_H
#define TD_SCHEDULE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct td_limit {
    bool fixed;
    uint32_t max;
    double value;          /* 1..max */
    double base, recent;   /* seconds a token: unloaded, of late */
    double typical_tokens; /* of a batch: much smaller ones say little about pace */
    int64_t dropped_us;    /* last decrease */
} td_limit;

td_limit td_schedule_limit_of(bool fixed, uint32_t max);

/* A batch ended well; `in_flight` counts it and those beside it. */
void td_schedule_limit_good(td_limit *limit, uint64_t n_tokens, double seconds, uint32_t in_flight);

/* The server was overloaded. One burst of failures, all of calls from before the decrease, counts
 * once. */
void td_schedule_limit_drop(td_limit *limit, int64_t started_us, int64_t now_us);

/* 1..max */
uint32_t td_schedule_limit_now(const td_limit *limit);

#endif
