/* The upper way from its middle: chunks that are stored without a vector go to cache and schedule
 * again. Each vector that comes out is kept like any other, so a retry may be stopped anywhere, and
 * a chunk that fails again is left as it is. */
#include "pipeline/state.h"

#include <stdlib.h>

enum {
    SLICE_CHUNKS = 256, /* read at once; the schedule's window bounds how many slices there are */
    SLICE_BYTES_MAX = 256 << 20,
    FEEDS_MAX = 1 << 20,
};

/* -- which sources -- */

typedef struct finder {
    tandem_job *job;
    size_t n_room;
    bool failed;
} finder;

static bool add_feed(void *user, const td_store_open_source *source)
{
    finder *f = user;
    tandem_job *job = f->job;

    if (job->n_feeds == f->n_room) {
        size_t n = f->n_room ? f->n_room * 2 : 8;
        td_pipeline_feed *feeds = n <= FEEDS_MAX ? calloc(n, sizeof(*feeds)) : NULL;
        if (!feeds) {
            f->failed = true;
            return false;
        }
        for (size_t i = 0; i < job->n_feeds; i++) {
            feeds[i].source_id = job->feeds[i].source_id;
            feeds[i].job = job;
        }
        free(job->feeds);
        job->feeds = feeds;
        f->n_room = n;
    }
    job->feeds[job->n_feeds].job = job;
    job->feeds[job->n_feeds++].source_id = source->source;
    for (int l = 0; l < TANDEM_N_LANES; l++)
        atomic_fetch_add(&job->lanes[l].total, source->chunks[l]);
    return true;
}

tandem_code td_pipeline_retry_find(tandem_job *job, const char *source, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store *store = job->index->store;
    td_buf name = TD_BUF(1u << 16);
    finder f = {.job = job};

    if (source)
        TD_TRY(td_source_name(source, &name, err));
    TD_TRY(store->each_open(store, td_buf_str(&name), add_feed, &f, err));
    if (f.failed)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for the sources to try again");
    if (source && job->n_feeds == 0)
        TD_TRY(td_pipeline_handle_each_source(job->index, source, NULL, NULL, err));
out:
    td_buf_clear(&name);
    return code;
}

/* -- their chunks -- */

/* A slice as a work of its own. NULL: there are no more. */
static tandem_code read_slice(tandem_job *job, size_t feed, int64_t after_id, td_work **work_out,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store *store = job->index->store;
    td_arena *arena = td_arena_new(SLICE_BYTES_MAX);
    td_store_open_chunk *open = NULL;
    td_work *work = NULL;
    size_t n = 0;

    if (!arena)
        return td_fail_nomem(err, "chunks to try again");
    work = td_arena_zalloc(arena, 1, sizeof(*work));
    open = td_arena_zalloc(arena, SLICE_CHUNKS, sizeof(*open));
    if (!work || !open)
        TD_TRY(td_arena_fail(arena, err));
    TD_TRY(store->open_get(store, job->feeds[feed].source_id, after_id, open, SLICE_CHUNKS, &n,
                           arena, err));
    if (n == 0)
        goto out;
    *work = (td_work){.job = job, .feed = feed, .arena = arena, .chunks = {.n = n}};
    work->chunks.items = td_arena_zalloc(arena, n, sizeof(*work->chunks.items));
    work->chunk_ids = td_arena_zalloc(arena, n, sizeof(*work->chunk_ids));
    if (!work->chunks.items || !work->chunk_ids)
        TD_TRY(td_arena_fail(arena, err));
    for (size_t i = 0; i < n; i++) {
        work->chunks.items[i] = open[i].chunk;
        work->chunk_ids[i] = open[i].chunk_id;
    }
    TD_TRY(td_pipeline_index_pieces(work, err));
    *work_out = work;
    arena = NULL;

out:
    td_arena_free(arena);
    return code;
}

tandem_code td_pipeline_retry_feed(tandem_job *job, size_t feed, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int64_t after_id = 0;

    while (!atomic_load(&job->stop)) {
        td_work *work = NULL;
        TD_TRY(read_slice(job, feed, after_id, &work, err));
        if (!work)
            break;
        after_id = work->chunk_ids[work->chunks.n - 1];
        atomic_store(&work->n_left, work->chunks.n + 1); /* pieces, and submit */
        td_pipeline_index_submit(job, work);
    }

out:
    return code;
}
