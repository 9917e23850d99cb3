/* base/thread.h - threads, and the one list of locks.
 *
 * Locks by rank (take by rising rank; hold none over I/O or a callback). Every mutex of the tree
 * stands here, and tests/tidy checks that each `pthread_mutex_t` has a line:
 *   1  pipeline/job.c            job->lock          progress, end state
 *   1  schedule/schedule.c       schedule->lock     lanes, window, slots
 *   2  source/                   source->lock       frontier and pages handed out
 *   3  base/queue.c              queue->lock        slots of one queue
 *   4  store/sqlite.c            store->read_lock   the read connection (held over local file I/O)
 *   4  cache/sqlite.c            cache->lock        the cache's connection (held over local file I/O)
 *   5  base/log.c, metrics.c     lock               sink and registry
 */
#ifndef TD_BASE_THREAD_H
#define TD_BASE_THREAD_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>

/* A flag that one thread raises and others look at. */
typedef atomic_bool td_stop;

/* Starts `run(arg)` under a name of at most 15 bytes; E_NOMEM or E_INTERNAL when it can't. All
 * signals are blocked in it but those of a fault (SIGSEGV and its kin): the program's main thread
 * takes them. */
tandem_code td_thread_start(pthread_t *thread_out, const char *name, void *(*run)(void *arg),
                            void *arg, tandem_error *err);

#endif
