/* base/queue.h - bounded hand-over of pointers between threads.
 *
 * Threads:  all functions from any thread, but free
 */
#ifndef TD_BASE_QUEUE_H
#define TD_BASE_QUEUE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct td_queue td_queue;

/* NULL when out of memory. n_slots >= 1. */
td_queue *td_queue_new(size_t n_slots);

/* Frees; nobody may be inside. Items still queued stay their owner's problem: drain first. */
void td_queue_free(td_queue *queue);

/* Waits for room. False when the queue was ended: the item stays the caller's. */
bool td_queue_push(td_queue *queue, void *item);

/* Waits for an item. False when the queue was ended and is empty. */
bool td_queue_pop(td_queue *queue, void **item_out);

/* Takes an item if one is there; never waits. */
bool td_queue_try_pop(td_queue *queue, void **item_out);

/* Waits for an item, but no longer than wait_ms. */
bool td_queue_pop_within(td_queue *queue, uint32_t wait_ms, void **item_out);

/* No more pushes; those who wait are woken. Items inside can still be popped. */
void td_queue_end(td_queue *queue);

size_t td_queue_n(td_queue *queue);

#endif
