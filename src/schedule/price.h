/* schedule/price.h - what a server's calls cost, from how it was met.
 *
 * With c for a call, x for a text and w for the way there and back, one text alone takes c + x, and
 * n of them c + n x; one text beside them c + x as well, or it ends c - w + x after them if the
 * server takes one call at a time. Delays only add, so the least of several measures counts.
 *
 * Threads:  pure functions
 */
#ifndef TD_SCHEDULE_PRICE_H
#define TD_SCHEDULE_PRICE_H

#include "embed/embed.h"

/* Seconds. */
typedef struct td_priced {
    bool is_known;
    double call, text; /* a call whatever its texts; a call with one text */
    bool takes_turns;  /* calls beside each other are no faster than one by one */
} td_priced;

/* way: there and back; one: a call with one text, at the most, as the server was met. */
td_priced td_schedule_price_read(double way, double one, const td_embed_price *measured);

#endif
