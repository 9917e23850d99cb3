/* serve/work.h - a few threads for requests that wait: for the database, for a model.
 *
 * Threads:  push from any; `run` is called on the pool's
 */
#ifndef SERVE_WORK_H
#define SERVE_WORK_H

#include <stdbool.h>
#include <stddef.h>

typedef struct work_pool work_pool;

/* NULL when out of memory or threads. At most n_waiting_max items wait. */
work_pool *work_open(size_t n_threads, size_t n_waiting_max, void (*run)(void *item));

/* Runs what waits, then ends. NULL is fine. */
void work_close(work_pool *pool);

/* False when too many wait. */
bool work_push(work_pool *pool, void *item);

#endif
