/* embed/crew.h - parked threads that do one piece of work together.
 *
 * In:       a function that each member calls
 * Out:      its return from all of them
 * Threads:  take and give_back from any thread; between the two the crew is that thread's, which is
 *           member 0 of what it runs
 */
#ifndef TD_EMBED_CREW_H
#define TD_EMBED_CREW_H

#include "base/error.h"

#include <stddef.h>

typedef struct td_crew td_crew;

/* A crew of n members, the thread that takes it included; 1..TD_CREW_MAX. No thread starts before
 * the first take. Errors: E_NOMEM. */
enum {
    TD_CREW_MAX = 64
};
tandem_code td_embed_crew_open(size_t n, td_crew **crew_out, tandem_error *err);

/* Nobody may hold it. NULL is fine. */
void td_embed_crew_close(td_crew *crew);

/* Waits until the crew is free; returns how many members it has. A thread that cannot be started is
 * a member less. */
size_t td_embed_crew_take(td_crew *crew);
void td_embed_crew_give_back(td_crew *crew);

/* Calls work(user, member) for each member at the same time; returns when all have returned. */
void td_embed_crew_run(td_crew *crew, void (*work)(void *user, size_t member), void *user);

/* Called by all members inside a work; returns when all are here. Looks for a while before it
 * sleeps, since members arrive within microseconds of each other. */
void td_embed_crew_meet(td_crew *crew);

#endif
