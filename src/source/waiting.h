/* source/waiting.h - addresses that wait to be fetched, packed: some ten bytes each, and those in
 * the middle of a long queue in a temporary file.
 *
 * In:       leads, each with an order that grows within its level (frontier.c)
 * Out:      the same leads, least order first
 * Threads:  one owner
 *
 * A level is a chain of blocks that is written at its end and read at its start; a block that was
 * read is freed. A record tells how its address differs from the one before in its level. Of a
 * chain of large blocks only the first and the last are in memory, as long as the others find room
 * in the file.
 */
#ifndef TD_SOURCE_WAITING_H
#define TD_SOURCE_WAITING_H

#include "base/buf.h"
#include "source/frontier.h"
#include "source/spill.h"

typedef struct td_source_waiting {
    struct td_source_waiting_level *levels; /* the first one has the least order; none is empty */
    td_source_spill *spill;                 /* borrowed; shared by all that wait in a crawl */
    td_buf given;                           /* the address looked at last, */
    size_t behind;                          /* ... and where its record ends */
} td_source_waiting;

enum {
    TD_SOURCE_WAITING_LEVEL_BITS = 40,
    TD_SOURCE_WAITING_SPILL_BYTES_MAX = 256 << 20, /* what does not fit stays in memory */
};

void td_source_waiting_init(td_source_waiting *waiting, td_source_spill *spill);

/* Puts a lead at the end of its level, `order` >> TD_SOURCE_WAITING_LEVEL_BITS. False when out of
 * memory. */
bool td_source_waiting_push(td_source_waiting *waiting, uint64_t order, const td_source_lead *lead);

/* The least order; UINT64_MAX if nothing waits. */
uint64_t td_source_waiting_first(const td_source_waiting *waiting);

/* The lead of the least order; there must be one. Its address is good until the next call. False
 * when out of memory, or when the file cannot be read. */
bool td_source_waiting_look(td_source_waiting *waiting, td_source_lead *lead_out);

/* Takes the lead out that td_source_waiting_look gave just before. */
void td_source_waiting_drop(td_source_waiting *waiting);

/* Frees; an empty one is fine. */
void td_source_waiting_clear(td_source_waiting *waiting);

#endif
