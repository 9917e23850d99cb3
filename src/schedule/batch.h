/* schedule/batch.h - tasks of one lane grouped by length, batches cut from them, batches checked.
 *
 * A batch is a chain of tasks (`next`); its first task carries what is known of the whole
 * (batch_n, batch_tokens, batch_tries, due_us). So no batch ever needs memory of its own.
 *
 * Threads:  one owner at a time
 */
#ifndef TD_SCHEDULE_BATCH_H
#define TD_SCHEDULE_BATCH_H

#include "schedule/strategy.h"

enum {
    TD_PENDING_GROUPS = 48 /* two a power of two: lengths in one differ by less than a half */
};

/* Tasks in no batch yet; first come, first served inside a group. */
typedef struct td_pending {
    td_task *first[TD_PENDING_GROUPS], *last[TD_PENDING_GROUPS];
    uint64_t filled; /* bit g: group g has tasks */
    size_t n;
    uint64_t n_tokens;
} td_pending;

void td_schedule_batch_add(td_pending *pending, td_task *task);

/* When the oldest was put; INT64_MAX when there is none. */
int64_t td_schedule_batch_oldest_us(const td_pending *pending);

/* Tokens that no text passes, and the longest is less than a half below; 0 when there is none. */
uint64_t td_schedule_batch_longest(const td_pending *pending);

/* Cuts a batch of at most items_max tasks and tokens_max tokens (one task always fits); NULL when
 * none is there. Cost: the batch's length, times the groups for TD_PICK_IN_ORDER. */
td_task *td_schedule_batch_cut(td_pending *pending, td_pick pick, size_t items_max,
                               uint64_t tokens_max);

/* Splits a batch of two or more; the tries are forgotten, since a new set of texts is called. */
td_task *td_schedule_batch_halve(td_task *batch);

/* Whether vectors [n, dim] can be believed: finite, and of length 1 within 1e-3.
 * Errors: E_FORMAT naming the first that can't. */
tandem_code td_schedule_batch_check(const float *vectors, size_t n, size_t dim, tandem_error *err);

#endif
