/* schedule/rate.h - what a batch of a lane costs, learnt from those that ended.
 *
 * Two straight lines are fitted to the last batches, seconds over tokens and seconds over chunks;
 * the one that foretold better is believed. Services that work token by token are met by the first,
 * those with a price a text by the second.
 *
 * Threads:  pure functions on the caller's struct
 */
#ifndef TD_SCHEDULE_RATE_H
#define TD_SCHEDULE_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One fitted line; sums fade, so that a backend may change its pace. */
typedef struct td_rate_line {
    double weight, x, y, xx, xy;
    double error; /* mean relative error of what it foretold */
} td_rate_line;

typedef struct td_rate {
    uint64_t n;
    td_rate_line by_token, by_item;
    double call, text, text_tokens; /* td_schedule_rate_hint; 0: none */
    bool is_priced;                 /* `call` is all that a call costs, not what it does at least */
    double least;                   /* of all batches: no call can cost more */
} td_rate;

typedef struct td_cost {
    bool known;                            /* from batches */
    bool hinted;                           /* from td_schedule_rate_hint alone */
    double per_batch, per_item, per_token; /* seconds; of the last two one is 0 */
    double spread;                         /* relative error to expect, 0..1 */
} td_cost;

/* Before the first batch, seconds: what a call takes there and back at the least, texts apart, and
 * a call with one text of so many tokens. The price of a call is looked for between the two until
 * batches of many sizes tell it. */
void td_schedule_rate_hint(td_rate *rate, double call_seconds, double text_seconds,
                           size_t text_tokens);

/* Both were told apart since: a call costs so much by itself. */
void td_schedule_rate_price(td_rate *rate, double call_seconds, double text_seconds);

/* A batch ended well. */
void td_schedule_rate_add(td_rate *rate, size_t n_items, uint64_t n_tokens, double seconds);

/* Before the first batch: what was hinted, a price a text; else one second a token, not known. */
td_cost td_schedule_rate_cost(const td_rate *rate);

/* Seconds of work, without what a batch costs by itself. */
static inline double td_schedule_rate_work(td_cost cost, size_t n_items, uint64_t n_tokens)
{
    return cost.per_item * (double)n_items + cost.per_token * (double)n_tokens;
}

#endif
