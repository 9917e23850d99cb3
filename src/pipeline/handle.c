#include "base/os.h"
#include "pipeline/state.h"

#include <stdio.h>
#include <stdlib.h>

static const char *copy_or_null(td_arena *arena, const char *text, bool *failed)
{
    if (!text)
        return NULL;
    const char *copy = td_arena_copy(arena, td_str_from(text)).ptr;
    *failed = *failed || !copy;
    return copy;
}

/* "$XDG_DATA_HOME/tandem/tandem.db", its folder made. */
static tandem_code default_location(bool make, td_buf *buf, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_os_data_dir(buf, err));
    if (make)
        TD_TRY(td_os_make_dirs(buf->ptr, err));
    TD_TRY(td_buf_add(buf, TD_STR("/tandem.db"), err));
out:
    return code;
}

static tandem_code copy_options(tandem_index *index, const char *location,
                                const tandem_index_options *options, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf path = TD_BUF(4096);
    bool failed = false;

    if (location)
        TD_TRY(td_buf_add(&path, td_str_from(location), err));
    else
        TD_TRY(default_location(!options->read_only, &path, err));
    index->location = copy_or_null(index->arena, path.ptr, &failed);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        index->models[l] = copy_or_null(index->arena, options->models[l], &failed);
    index->precision = copy_or_null(index->arena, options->precision, &failed);
    index->isa = copy_or_null(index->arena, options->isa, &failed);
    index->threads = options->threads;
    index->memory_bytes_max = options->memory_bytes_max;
    index->read_only = options->read_only;
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const tandem_backend *from = &options->backends[l];
        index->backends[l] = (tandem_backend){
            .urls = copy_or_null(index->arena, from->urls, &failed),
            .api = copy_or_null(index->arena, from->api, &failed),
            .key = copy_or_null(index->arena, from->key, &failed),
            .ca_file = copy_or_null(index->arena, from->ca_file, &failed),
            .timeout_ms = from->timeout_ms,
        };
    }
    if (failed)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for the index's options");
out:
    td_buf_clear(&path);
    return code;
}

tandem_code td_pipeline_handle_open(const char *location, const tandem_index_options *options,
                                    tandem_index **index_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store_options store_options = TD_STORE_OPTIONS;
    tandem_index *index = calloc(1, sizeof(*index));

    if (!index)
        return td_fail_nomem(err, "index");
    pthread_mutex_init(&index->lock, NULL);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        pthread_mutex_init(&index->lanes[l].lock, NULL);
    index->arena = td_arena_new(1u << 20);
    if (!index->arena)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for an index");
    TD_TRY(copy_options(index, location, options, err));
    if (options->must_exist && !td_os_is_file(index->location))
        TD_FAIL(err, TANDEM_E_NOT_FOUND, "there is no index %s; `tandem index SOURCE` makes it",
                index->location);
    store_options.read_only = options->read_only;
    store_options.memory_bytes_max = options->store_bytes_max;
    TD_TRY(td_store_open(index->location, &store_options, &index->store, err));
    if (!options->read_only)
        TD_TRY(td_cache_open_sqlite(index->location, options->cache_bytes_max, &index->cache, err));
    *index_out = index;
    index = NULL;
out:
    td_pipeline_handle_close(index);
    return code;
}

void td_pipeline_handle_close(tandem_index *index)
{
    if (!index)
        return;
    td_pipeline_lanes_close(index);
    if (index->cache)
        index->cache->close(index->cache);
    if (index->store)
        index->store->close(index->store);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        pthread_mutex_destroy(&index->lanes[l].lock);
    pthread_mutex_destroy(&index->lock);
    td_arena_free(index->arena);
    free(index);
}

const char *td_pipeline_handle_location(const tandem_index *index)
{
    return index->location;
}

static void count_cache(tandem_index *index, tandem_status *status)
{
    td_cache_counts counts = {0};

    if (index->cache)
        index->cache->get_counts(index->cache, &counts);
    status->cache_hits = counts.n_hits;
    status->cache_misses = counts.n_misses;
    status->cache_stored = counts.n_stored;
    status->cache_evicted = counts.n_evicted;
    status->cache_bytes = counts.bytes;
    status->cache_bytes_max = counts.bytes_max;
}

tandem_code td_pipeline_handle_status(tandem_index *index, tandem_status *status_out,
                                      tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_arena *arena = td_arena_new(1u << 16);
    td_store_counts counts = {0};
    td_store_lane lane = {0};
    tandem_status status = {0};

    if (!arena)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a status");
    TD_TRY(index->store->counts_get(index->store, &counts, err));
    status = (tandem_status){
        .sources = counts.sources,
        .pages = counts.pages,
        .skipped = counts.skipped,
        .failed = counts.failed,
        .chunks_pending = counts.chunks_pending,
        .chunks_failed = counts.chunks_failed,
        .bytes = counts.bytes,
    };
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        TD_TRY(index->store->lane_get(index->store, (tandem_lane)l, &lane, arena, err));
        status.chunks[l] = counts.chunks[l];
        status.dims[l] = lane.dim;
        snprintf(status.models[l], sizeof(status.models[l]), "%.*s", TD_STR_FMT(lane.model_id));
    }
    count_cache(index, &status);
    *status_out = status;
out:
    td_arena_free(arena);
    return code;
}

typedef struct source_visit {
    tandem_source_each each; /* NULL: only whether there is one */
    void *user;
    td_str only; /* its name; empty: all */
    bool found;
} source_visit;

static bool pass_source(void *user, const td_store_source_row *row)
{
    source_visit *visit = user;
    if (visit->only.n && !td_str_eq(row->source.uri, visit->only))
        return true;
    visit->found = true;
    if (!visit->each)
        return false;
    tandem_source_info info = {
        .kind = row->source.kind,
        .uri = row->source.uri,
        .scope = row->source.scope,
        .project = row->source.project,
        .dataset = row->source.dataset,
        .pages = row->pages,
        .chunks = row->chunks,
        .indexed_wall_ms = row->indexed_wall_ms,
        .last_run = row->last_run,
    };

    visit->each(visit->user, &info);
    return true;
}

static tandem_code fail_absent(const tandem_index *index, td_str source, tandem_error *err)
{
    return td_fail(err, TANDEM_E_NOT_FOUND,
                   "%.*s is not in the index %s; `tandem status` lists its sources", (int)source.n,
                   source.ptr, index->location);
}

tandem_code td_pipeline_handle_each_source(tandem_index *index, const char *source,
                                           tandem_source_each each, void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf name = TD_BUF(1u << 16);
    source_visit visit = {.each = each, .user = user};

    if (source)
        TD_TRY(td_source_name(source, &name, err));
    visit.only = td_buf_str(&name);
    TD_TRY(index->store->each_source(index->store, pass_source, &visit, err));
    if (source && !visit.found)
        TD_TRY(fail_absent(index, visit.only, err));
out:
    td_buf_clear(&name);
    return code;
}

typedef struct miss_visit {
    tandem_miss_each each;
    void *user;
} miss_visit;

static bool pass_miss(void *user, const td_store_miss *miss)
{
    miss_visit *visit = user;
    tandem_miss out = {.uri = miss->uri, .reason = miss->reason, .failed = miss->failed};

    visit->each(visit->user, &out);
    return true;
}

tandem_code td_pipeline_handle_each_miss(tandem_index *index, const char *source,
                                         tandem_miss_each each, void *user, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf name = TD_BUF(1u << 16);
    miss_visit visit = {each, user};

    if (source)
        TD_TRY(td_source_name(source, &name, err));
    TD_TRY(index->store->each_miss(index->store, td_buf_str(&name), pass_miss, &visit, err));
out:
    td_buf_clear(&name);
    return code;
}

tandem_code td_pipeline_handle_remove(tandem_index *index, const char *source, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf name = TD_BUF(1u << 16);
    bool found = false;

    TD_TRY(td_source_name(source, &name, err));
    TD_TRY(index->store->source_remove(index->store, td_buf_str(&name), &found, err));
    if (!found)
        TD_TRY(fail_absent(index, td_buf_str(&name), err));
out:
    td_buf_clear(&name);
    return code;
}
