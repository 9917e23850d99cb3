#include "hub/hub.h"
#include "pipeline/state.h"

#include <string.h>

/* The other lane's files where both lanes name the same model: its weights are then packed once. */
static bool same_model(const tandem_index *index, tandem_lane lane)
{
    tandem_lane other = lane == TANDEM_LANE_GTE ? TANDEM_LANE_CODERANK : TANDEM_LANE_GTE;

    return index->lanes[other].files &&
           td_str_eq(td_str_from(index->models[lane]), td_str_from(index->models[other]));
}

bool td_pipeline_lanes_is_remote(const tandem_index *index, tandem_lane lane)
{
    return index->backends[lane].urls != NULL;
}

void td_pipeline_lanes_slots(td_embedder *const lanes[TANDEM_N_LANES], uint32_t asked,
                             uint32_t threads, td_schedule_options *options)
{
    options->in_flight_max = asked;
    options->threads = threads;
    options->spare_slot = asked == 0 && lanes[0]->is_local == lanes[1]->is_local;
}

static const td_str PRECISION = {" precision=", 11};

/* The precision that an identity names. f32 is not named: identities are older than the others. */
static td_str precision_of(td_str identity)
{
    size_t at = td_str_find(identity, PRECISION, 0);
    return at == TD_STR_NONE ? TD_STR("f32") : td_str_slice(identity, at + PRECISION.n, identity.n);
}

static td_str model_of(td_str identity)
{
    size_t at = td_str_find(identity, PRECISION, 0);
    return td_str_slice(identity, 0, at == TD_STR_NONE ? identity.n : at);
}

/* What auto means for a lane that holds vectors: the precision that they were made in, whatever
 * this machine would choose; a slower one is better than two in one index. */
static tandem_code choose_precision(tandem_index *index, tandem_lane lane,
                                    const char **precision_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store_lane stored = {0};
    td_arena *arena = td_arena_new(1u << 16);
    bool is_auto = !index->precision || strcmp(index->precision, "auto") == 0;

    if (!arena)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a lane");
    *precision_out = index->precision;
    if (!is_auto)
        goto out;
    TD_TRY(index->store->lane_get(index->store, lane, &stored, arena, err));
    if (stored.dim > 0) {
        *precision_out = td_arena_copy(index->arena, precision_of(stored.fingerprint)).ptr;
        if (!*precision_out)
            code = td_arena_fail(index->arena, err);
    }
out:
    td_arena_free(arena);
    return code;
}

static tandem_code name_lane(tandem_index *index, td_pipeline_lane *lane, tandem_error *err)
{
    const td_embedder *embedder = lane->embedder;
    bool exact = td_str_eq(embedder->precision, TD_STR("f32"));

    lane->identity =
        td_arena_fmt(index->arena, "%.*s@%.*s%.*s%.*s", TD_STR_FMT(lane->files->id),
                     TD_STR_FMT(lane->files->revision), exact ? 0 : (int)PRECISION.n, PRECISION.ptr,
                     exact ? 0 : (int)embedder->precision.n, embedder->precision.ptr);
    return lane->identity.ptr ? TANDEM_OK : td_arena_fail(index->arena, err);
}

static tandem_code load_local_locked(tandem_index *index, tandem_lane lane, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_pipeline_lane loaded = {0};
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    bool borrowed = same_model(index, lane);

    TD_TRY(choose_precision(index, lane, &options.precision, err));
    options.isa = index->isa;
    options.n_threads = index->threads;
    options.memory_bytes_max = index->memory_bytes_max;
    if (borrowed)
        loaded.files = index->lanes[1 - lane].files;
    else
        TD_TRY(td_hub_find(index->models[lane], &loaded.files, err));
    TD_TRY(td_embed_local_open(loaded.files, &options, &loaded.embedder, err));
    TD_TRY(name_lane(index, &loaded, err));
    index->lanes[lane].files = loaded.files;
    index->lanes[lane].embedder = loaded.embedder;
    index->lanes[lane].identity = loaded.identity;
    loaded = (td_pipeline_lane){0};

out:
    if (loaded.embedder)
        loaded.embedder->close(loaded.embedder);
    if (!borrowed)
        td_model_files_close(loaded.files);
    return code;
}

tandem_code td_pipeline_lanes_check(const tandem_index *index, tandem_lane lane,
                                    const td_store_lane *stored, const td_pipeline_lane *opened,
                                    tandem_error *err)
{
    const char *name = tandem_lane_name(lane);
    td_str was = stored->fingerprint, is = opened->identity;

    /* Servers have been met with this in mind, and know what is the same but for rounding. */
    if (!stored->has_vectors || td_str_eq(was, is) || td_pipeline_lanes_is_remote(index, lane))
        return TANDEM_OK;
    if (!td_str_eq(model_of(was), model_of(is)))
        return td_fail(err, TANDEM_E_CONFLICT,
                       "lane %s of %s was made with model %.*s, but is asked with %.*s: name that "
                       "model with --%s",
                       name, index->location, TD_STR_FMT(model_of(was)), TD_STR_FMT(model_of(is)),
                       name);
    return td_fail(err, TANDEM_E_CONFLICT,
                   "lane %s of %s was made in precision %.*s, but is asked in %.*s: use "
                   "--precision %.*s or auto, or make another index",
                   name, index->location, TD_STR_FMT(precision_of(was)),
                   TD_STR_FMT(precision_of(is)), TD_STR_FMT(precision_of(was)));
}

/* ---- on servers ---- */

td_embed_remote_options td_pipeline_lanes_options(const tandem_backend *backend, const char *model)
{
    td_embed_remote_options options = TD_EMBED_REMOTE_OPTIONS;

    options.urls = backend->urls;
    options.api = backend->api;
    options.key = backend->key;
    options.ca_file = backend->ca_file;
    options.model = model;
    if (backend->timeout_ms > 0)
        options.timeout_ms = backend->timeout_ms;
    return options;
}

/* What the index holds vectors of; a lane without any takes every model. */
static tandem_code pin(tandem_index *index, tandem_lane lane, td_arena *arena,
                       td_embed_remote_options *options, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store_lane stored = {0};

    TD_TRY(index->store->lane_get(index->store, lane, &stored, arena, err));
    if (stored.has_vectors) {
        options->pinned = stored.fingerprint;
        options->pinned_dim = stored.dim;
    }

out:
    return code;
}

static tandem_code load_remote_locked(tandem_index *index, tandem_lane lane, bool for_job,
                                      tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_pipeline_lane *into = &index->lanes[lane];
    td_embed_remote_options options =
        td_pipeline_lanes_options(&index->backends[lane], index->models[lane]);
    td_arena *arena = td_arena_new(1u << 16);

    if (!arena)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a lane");
    TD_TRY(pin(index, lane, arena, &options, err));
    options.may_be_absent = options.is_thorough = for_job;
    TD_TRY(td_embed_remote_open(&options, &into->embedder, err));
    into->identity = into->embedder->identity;

out:
    td_arena_free(arena);
    return code;
}

tandem_code td_pipeline_lanes_get(tandem_index *index, tandem_lane lane, bool for_job,
                                  const td_pipeline_lane **lane_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool is_remote = td_pipeline_lanes_is_remote(index, lane);
    pthread_mutex_t *lock = is_remote ? &index->lanes[lane].lock : &index->lock;

    pthread_mutex_lock(lock);
    if (!index->lanes[lane].embedder) {
        code = is_remote ? load_remote_locked(index, lane, for_job, err)
                         : load_local_locked(index, lane, err);
        if (code != TANDEM_OK)
            td_context(err, "model of lane %s", tandem_lane_name(lane));
    }
    pthread_mutex_unlock(lock);
    if (code == TANDEM_OK)
        *lane_out = &index->lanes[lane];
    return code;
}

typedef struct opening {
    tandem_index *index;
    tandem_lane lane;
    const td_pipeline_lane **lane_out; /* NULL: it failed */
    tandem_error *why;
} opening;

static void *get_lane(void *user)
{
    opening *o = user;

    *o->lane_out = NULL;
    *o->why = (tandem_error){.code = TANDEM_OK};
    o->why->code = td_pipeline_lanes_get(o->index, o->lane, true, o->lane_out, o->why);
    return NULL;
}

void td_pipeline_lanes_get_both(tandem_index *index, const td_pipeline_lane *lanes_out[],
                                tandem_error whys_out[])
{
    opening first = {index, TANDEM_LANE_GTE, &lanes_out[0], &whys_out[0]};
    opening second = {index, TANDEM_LANE_CODERANK, &lanes_out[1], &whys_out[1]};
    pthread_t thread;
    bool beside = td_pipeline_lanes_is_remote(index, second.lane) &&
                  td_thread_start(&thread, "td-meet", get_lane, &second, NULL) == TANDEM_OK;

    get_lane(&first);
    if (beside) {
        pthread_join(thread, NULL);
    } else if (lanes_out[0] || tandem_code_retry(whys_out[0].code)) {
        get_lane(&second);
    } else { /* nobody waits for a model to be packed that will not be needed */
        lanes_out[1] = NULL;
        whys_out[1] = whys_out[0];
    }
}

tandem_code td_pipeline_lanes_embedder(tandem_index *index, tandem_lane lane,
                                       tandem_embedder **embedder_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_pipeline_lane *of = &index->lanes[lane];
    const td_pipeline_lane *opened = NULL;

    TD_TRY(td_pipeline_lanes_get(index, lane, false, &opened, err));
    pthread_mutex_lock(&index->lock);
    if (!of->face)
        code = td_pipeline_model_borrow(of->files, of->embedder, &of->face, err);
    if (code == TANDEM_OK)
        *embedder_out = of->face;
    pthread_mutex_unlock(&index->lock);
out:
    return code;
}

void td_pipeline_lanes_close(tandem_index *index)
{
    td_model_files *first = index->lanes[0].files;

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        td_pipeline_model_close(index->lanes[l].face);
        if (index->lanes[l].embedder)
            index->lanes[l].embedder->close(index->lanes[l].embedder);
    }
    td_model_files_close(first);
    if (index->lanes[1].files != first)
        td_model_files_close(index->lanes[1].files);
}
