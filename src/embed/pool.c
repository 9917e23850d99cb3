#include "embed/pool.h"

#include "base/os.h"
#include "embed/crew.h"

#include <stdlib.h>

enum {
    N_CREWS = 2 /* of TD_CLASS_QUERY and of TD_CLASS_LONG */
};

struct td_pool {
    size_t n_users, n_threads;
    td_gate gate;
    td_crew *crews[N_CREWS];
    td_scratch *scratches[N_CREWS]; /* whoever has taken the crew has its scratch */

    pthread_mutex_t lock; /* rank 3: guards all below */
    td_workspace *idle;
    size_t scratch_bytes; /* planned */
};

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER; /* rank 2: guards pool and n_users */
static td_pool *shared;

/* ---- life ---- */

static void workspace_free(td_workspace *work)
{
    if (!work)
        return;
    td_embed_model_scratch_free(work->scratch);
    free(work->ids);
    free(work->starts);
    free(work);
}

static void pool_free(td_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        td_workspace *next = pool->idle->next;
        workspace_free(pool->idle);
        pool->idle = next;
    }
    for (int i = 0; i < N_CREWS; i++) {
        td_embed_crew_close(pool->crews[i]);
        td_embed_model_scratch_free(pool->scratches[i]);
    }
    td_embed_gate_clear(&pool->gate);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static tandem_code pool_new(size_t n_threads, td_pool **pool_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return td_fail_nomem(err, "threads of the engine");
    pthread_mutex_init(&pool->lock, NULL);
    td_embed_gate_init(&pool->gate);
    n_threads = n_threads > 0 ? n_threads : td_os_n_cpus();
    pool->n_threads = n_threads < TD_CREW_MAX ? n_threads : TD_CREW_MAX;
    for (int i = 0; i < N_CREWS; i++) {
        TD_TRY(td_embed_crew_open(pool->n_threads, &pool->crews[i], err));
        pool->scratches[i] = td_embed_model_scratch_new();
        if (!pool->scratches[i])
            TD_FAIL(err, TANDEM_E_NOMEM, "no memory for threads of the engine");
    }
    *pool_out = pool;
    pool = NULL;
out:
    pool_free(pool);
    return code;
}

tandem_code td_embed_pool_take(size_t n_threads, td_pool **pool_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    pthread_mutex_lock(&pool_lock);
    if (!shared)
        TD_TRY(pool_new(n_threads, &shared, err));
    shared->n_users++;
    *pool_out = shared;
out:
    pthread_mutex_unlock(&pool_lock);
    return code;
}

void td_embed_pool_give_back(td_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool_lock);
    bool last = --pool->n_users == 0;
    if (last)
        shared = NULL;
    pthread_mutex_unlock(&pool_lock);
    if (last)
        pool_free(pool);
}

size_t td_embed_pool_n_threads(const td_pool *pool)
{
    return pool->n_threads;
}

size_t td_embed_pool_plan(td_pool *pool, size_t scratch_bytes)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->scratch_bytes < scratch_bytes)
        pool->scratch_bytes = scratch_bytes;
    size_t most = pool->scratch_bytes;
    pthread_mutex_unlock(&pool->lock);
    return most;
}

/* ---- workspaces ---- */

static td_workspace *take_idle(td_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    td_workspace *work = pool->idle;
    if (work)
        pool->idle = work->next;
    pthread_mutex_unlock(&pool->lock);
    return work;
}

static td_workspace *workspace_new(void)
{
    td_workspace *work = calloc(1, sizeof(*work));
    if (!work)
        return NULL;
    work->scratch = td_embed_model_scratch_new();
    work->starts = calloc(TD_GROUP_TOKENS + 2, sizeof(*work->starts));
    if (work->scratch && work->starts)
        return work;
    workspace_free(work);
    return NULL;
}

tandem_code td_embed_pool_workspace_take(td_pool *pool, size_t tokens_max, td_workspace **work_out,
                                         tandem_error *err)
{
    td_workspace *work = take_idle(pool);
    size_t n_ids = (tokens_max > TD_GROUP_TOKENS ? tokens_max : TD_GROUP_TOKENS) + tokens_max;

    if (!work)
        work = workspace_new();
    if (work && work->n_ids < n_ids) {
        free(work->ids);
        work->ids = calloc(n_ids, sizeof(*work->ids));
        work->n_ids = work->ids ? n_ids : 0;
    }
    if (!work || !work->ids) {
        workspace_free(work);
        return td_fail_nomem(err, "an embedding run");
    }
    *work_out = work;
    return TANDEM_OK;
}

void td_embed_pool_workspace_give_back(td_pool *pool, td_workspace *work)
{
    if (!work)
        return;
    pthread_mutex_lock(&pool->lock);
    work->next = pool->idle;
    pool->idle = work;
    pthread_mutex_unlock(&pool->lock);
}

/* ---- runs ---- */

void td_embed_pool_bulk_begin(td_pool *pool)
{
    td_embed_gate_enter(&pool->gate, TD_CLASS_BULK);
}

void td_embed_pool_bulk_end(td_pool *pool)
{
    td_embed_gate_leave(&pool->gate, TD_CLASS_BULK);
}

void td_embed_pool_stand_aside(td_pool *pool)
{
    td_embed_gate_stand_aside(&pool->gate, TD_CLASS_LONG);
}

typedef struct run {
    td_pool *pool;
    td_class class;
    td_crew *crew;
    const td_model *model;
    td_scratch *scratch; /* NULL: the crew's */
} run;

static void meet(void *user)
{
    td_embed_crew_meet(((run *)user)->crew);
}

static void stand_aside(void *user, size_t member)
{
    const run *r = user;
    (void)member;
    td_embed_gate_stand_aside(&r->pool->gate, r->class);
}

static void forward(void *user, size_t member)
{
    const run *r = user;
    td_embed_model_forward(r->model, r->scratch, member);
}

static tandem_code run_alone(run *r, const td_ragged *group, float *vectors, tandem_error *err)
{
    const td_team team = {.n = 1, .pause = stand_aside, .user = r};
    tandem_code code = td_embed_model_prepare(r->model, group, &team, r->scratch, err);
    if (code != TANDEM_OK)
        return code;
    forward(r, 0);
    return td_embed_model_finish(r->model, r->scratch, vectors, err);
}

static tandem_code run_by_crew(run *r, const td_ragged *group, float *vectors, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_team team = {.wait = meet, .pause = stand_aside, .user = r};

    r->crew = r->pool->crews[r->class];
    td_embed_gate_enter(&r->pool->gate, r->class);
    team.n = td_embed_crew_take(r->crew);
    r->scratch = r->scratch ? r->scratch : r->pool->scratches[r->class];
    TD_TRY(td_embed_model_prepare(r->model, group, &team, r->scratch, err));
    td_embed_crew_run(r->crew, forward, r);
    TD_TRY(td_embed_model_finish(r->model, r->scratch, vectors, err));
out:
    td_embed_crew_give_back(r->crew);
    td_embed_gate_leave(&r->pool->gate, r->class);
    return code;
}

tandem_code td_embed_pool_run(td_pool *pool, bool is_query, const td_model *model,
                              const td_ragged *group, td_scratch *own, float *vectors,
                              tandem_error *err)
{
    run r = {.pool = pool, .class = TD_CLASS_LONG, .model = model, .scratch = own};
    bool is_long = group->starts[group->n_texts] > TD_GROUP_TOKENS;
    bool is_alone = pool->n_threads > 1 && td_embed_gate_count(&pool->gate, TD_CLASS_BULK) == 1;

    if (!is_long)
        r.class = is_query ? TD_CLASS_QUERY : is_alone ? TD_CLASS_LONG : TD_CLASS_BULK;
    if (r.class == TD_CLASS_BULK)
        return run_alone(&r, group, vectors, err);
    r.scratch = NULL;
    return run_by_crew(&r, group, vectors, err);
}

tandem_code td_embed_pool_run_once(td_pool *pool, const td_model *model, const td_ragged *texts,
                                   td_scratch *own, float *vectors, tandem_error *err)
{
    run r = {.pool = pool, .class = TD_CLASS_LONG, .model = model, .scratch = own};
    return run_by_crew(&r, texts, vectors, err);
}

typedef struct sharing {
    void (*work)(void *arg);
    void *arg;
} sharing;

static void work_on(void *user, size_t member)
{
    const sharing *s = user;
    (void)member;
    s->work(s->arg);
}

void td_embed_pool_share(td_pool *pool, void (*work)(void *arg), void *arg)
{
    sharing s = {work, arg};
    td_crew *crew = pool->crews[TD_CLASS_LONG];

    td_embed_crew_take(crew);
    td_embed_crew_run(crew, work_on, &s);
    td_embed_crew_give_back(crew);
}
