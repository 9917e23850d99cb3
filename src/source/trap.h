/* source/trap.h - addresses that a site makes without end: calendars, filters, endless folders.
 *
 * In:       addresses in normal form, each once
 * Out:      whether it looks like one too many
 * Threads:  one owner
 */
#ifndef TD_SOURCE_TRAP_H
#define TD_SOURCE_TRAP_H

#include "net/net.h"

enum {
    TD_SOURCE_TRAP_REPEATS_MAX = 4, /* of one part of a path: /a/b/a/b/a/b/a/b is the last */
    TD_SOURCE_TRAP_PARTS_MAX = 64,  /* of a path */
};

/* How many queries a path was seen with, and addresses a host. Begins as {0}. */
typedef struct td_source_traps {
    struct td_source_trap_slot {
        uint64_t key;
        uint32_t n;
    } * slots;
    size_t n_slots, n_used;
} td_source_traps;

typedef enum td_source_trapped {
    TD_SOURCE_TRAP_NONE,
    TD_SOURCE_TRAP_FIRST, /* one too many, the first of its path or host: worth telling */
    TD_SOURCE_TRAP_MORE,
} td_source_trapped;

/* What one path may have of queries, and one host of addresses; 0: any number. */
typedef struct td_source_trap_limits {
    uint32_t variants_max, host_max;
} td_source_trap_limits;

/* Counts an address. *why_out is set for a trap; static. Out of memory counts as none: the other
 * limits of a crawl still hold. */
td_source_trapped td_source_trap_count(td_source_traps *traps, const td_net_url *url,
                                       td_source_trap_limits limits, const char **why_out);

void td_source_trap_clear(td_source_traps *traps);

#endif
