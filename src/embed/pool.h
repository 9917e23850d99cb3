/* embed/pool.h - the cores that the process's models share: whose batch runs when, on how many of
 * them, and in what memory.
 *
 * Three classes of work (gate.h). A query has all cores at once, and its own crew and memory, so
 * that it can overtake at any step. A text longer than TD_GROUP_TOKENS, or bulk work that is alone,
 * has all cores too, one run at a time, so that only one run of such size needs memory. All other
 * groups run each on the thread that brings it.
 *
 * Threads:  any
 */
#ifndef TD_EMBED_POOL_H
#define TD_EMBED_POOL_H

#include "embed/gate.h"
#include "embed/model/model.h"

enum {
    /* More tokens at once are no faster; fewer mean less memory and a shorter step. */
    TD_GROUP_TOKENS = 1024,
};

typedef struct td_pool td_pool;

/* The process's pool, made of n threads (0: one a core) if there is none in use; else as it is. */
tandem_code td_embed_pool_take(size_t n_threads, td_pool **pool_out, tandem_error *err);
void td_embed_pool_give_back(td_pool *pool); /* NULL is fine */

size_t td_embed_pool_n_threads(const td_pool *pool);

/* All models share scratch: notes what one of them will need, returns the most that any does. */
size_t td_embed_pool_plan(td_pool *pool, size_t scratch_bytes);

/* What one call works in: ids of a group, and of the text that came too much for it. */
typedef struct td_workspace {
    struct td_workspace *next; /* idle ones form a list */
    td_scratch *scratch;       /* of groups that run on the calling thread */
    uint32_t *ids;             /* [n_ids] */
    size_t n_ids;
    uint32_t *starts; /* [TD_GROUP_TOKENS + 2]: a text has at least one token */
} td_workspace;

/* One for texts of at most tokens_max. As many are kept as ever worked at the same time. */
tandem_code td_embed_pool_workspace_take(td_pool *pool, size_t tokens_max, td_workspace **work_out,
                                         tandem_error *err);
void td_embed_pool_workspace_give_back(td_pool *pool, td_workspace *work); /* NULL is fine */

/* Around a call that brings bulk work: bulk work that knows itself alone may use more cores. */
void td_embed_pool_bulk_begin(td_pool *pool);
void td_embed_pool_bulk_end(td_pool *pool);

/* Called by other work between steps that are none of a run: returns when no query is under way, or
 * when it has waited long enough (gate.h). */
void td_embed_pool_stand_aside(td_pool *pool);

/* Calls work(arg) on all cores at once; returns when all have returned. A query gets no core while
 * it runs, unless it stands aside between its pieces. */
void td_embed_pool_share(td_pool *pool, void (*work)(void *arg), void *arg);

/* Vectors of any number of texts, bulk work between begin and end, by all cores at once, in `own`
 * memory: for a run so large that comes once. Errors: those of td_embed_model_run. */
tandem_code td_embed_pool_run_once(td_pool *pool, const td_model *model, const td_ragged *texts,
                                   td_scratch *own, float *vectors, tandem_error *err);

/* Vectors of one group: of a query, or of bulk work between begin and end. Errors: those of
 * td_embed_model_run. */
tandem_code td_embed_pool_run(td_pool *pool, bool is_query, const td_model *model,
                              const td_ragged *group, td_scratch *own, float *vectors,
                              tandem_error *err);

#endif
