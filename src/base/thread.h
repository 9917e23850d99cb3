/* base/thread.h - threads, and the one list of locks.
 *
 * Locks by rank (take by rising rank; hold none over I/O or a callback). Every mutex of the tree
 * stands here, and tests/tidy checks that each `pthread_mutex_t` has a line:
 *   0  apps/tandem/serve/jobs_inner.h  all->crawling  the crawl that runs; held while it is asked
 *   1  pipeline/state.h       job->lock          progress, end state
 *   1  pipeline/state.h       job->visit_lock    one visit at a time; held over the visitor
 *   1  pipeline/state.h       index->lock        local lanes; held while a model loads
 *   1  pipeline/state.h       lane->lock         one remote lane; held while its servers are met
 *   1  schedule/state.h       schedule->lock     lanes, window, slots
 *   2  source/crawl.h         crawl->lock        frontier (its temporary file too), pages given
 *   2  pipeline/state.h       once->lock         texts that are being embedded
 *   2  embed/engine.c         engines_lock       loaded models; held while one is packed
 *   2  embed/pool.c           pool_lock          the process's pool
 *   3  embed/pool.c           pool->lock         idle workspaces, planned scratch
 *   3  embed/exchange.c       exchange->lock    idle HTTP clients
 *   3  embed/remote.c         self->lock        servers of one lane
 *   2  apps/tandem/serve/http_inner.h  server->lock  requests under way; streams sleep and wake
 *   2  apps/tandem/serve/jobs_inner.h  all->files   held while a job's file is written
 *   3  apps/tandem/serve/batcher.c     b->lock       texts that wait to be embedded
 *   3  apps/tandem/serve/clock.c       clock->lock   connections and their deadlines
 *   3  apps/tandem/serve/jobs_inner.h  all->lock     crawls that were asked for
 *   3  apps/tandem/serve/work.c        pool->lock    requests that wait for a thread
 *   3  source/browser.c       b->lock            pages that are waited for
 *   3  base/queue.c           queue->lock        slots of one queue
 *   4  embed/crew.c           crew->lock         a crew's work and its sleepers
 *   4  embed/gate.h           gate->lock         nothing but the wait for a turn
 *   4  store/sqlite.h         store->read_lock   idle readers
 *   4  cache/sqlite.c         cache->lock        the cache's connection; held over local file I/O
 *   5  api/library.c          target.lock        one line at a time to the caller's sink
 *   5  base/log.c, metrics.c  lock               sink and registry
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
