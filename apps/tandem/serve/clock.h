/* serve/clock.h - how long a connection may take for what it is doing.
 *
 * libmicrohttpd's own time-out starts anew with each byte, so a client that trickles would stay for
 * ever: here each state has one deadline.
 *
 *   idle   before a request line     first: HEAD_MS, between requests: IDLE_MS
 *   head   before the end of headers HEAD_MS
 *   body   while the body comes      HEAD_MS and a second for each BODY_RATE bytes
 *   busy   answered or being run     no limit of ours
 *
 * Threads:  any; one thread of its own looks at all connections twice a second
 */
#ifndef SERVE_CLOCK_H
#define SERVE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    CLOCK_HEAD_MS = 10000,
    CLOCK_IDLE_MS = 75000,
    CLOCK_BODY_RATE = 1024, /* bytes a second */
};

typedef struct serve_clock serve_clock;
typedef struct clock_entry clock_entry;

typedef enum clock_state {
    CLOCK_IDLE,
    CLOCK_HEAD,
    CLOCK_BODY,
    CLOCK_BUSY,
} clock_state;

/* NULL when out of memory or threads. `plain`: a late client can be told 408 (no TLS). */
serve_clock *clock_open(bool plain);
void clock_close(serve_clock *clock);

/* A connection that was accepted; NULL when out of memory: it then has no deadline. */
clock_entry *clock_add(serve_clock *clock, int fd);
/* It is about to be closed. */
void clock_remove(serve_clock *clock, clock_entry *entry);

void clock_set(serve_clock *clock, clock_entry *entry, clock_state state);
void clock_received(serve_clock *clock, clock_entry *entry, uint64_t n_bytes);

/* Whether the other end has sent its last byte, or is gone. */
bool clock_has_left(int fd);

/* A condition whose waits are by the clock that nobody sets, and a time on it to wait until. */
void clock_init_condition(pthread_cond_t *condition);
struct timespec clock_after_us(int64_t us);

/* When a connection in that state is late, counted from its begin. Pure. */
int64_t clock_allowed_ms(clock_state state, bool first, uint64_t n_bytes);

#endif
