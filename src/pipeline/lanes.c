#include "hub/hub.h"
#include "pipeline/state.h"

/* The other lane's files where both lanes name the same model: its weights are then packed once. */
static bool same_model(const tandem_index *index, tandem_lane lane)
{
    tandem_lane other = lane == TANDEM_LANE_GTE ? TANDEM_LANE_CODERANK : TANDEM_LANE_GTE;

    return index->lanes[other].files &&
           td_str_eq(td_str_from(index->models[lane]), td_str_from(index->models[other]));
}

static tandem_code load_locked(tandem_index *index, tandem_lane lane, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_pipeline_lane *into = &index->lanes[lane];
    td_model_files *files = NULL;
    td_embed_local_options options = TD_EMBED_LOCAL_OPTIONS;
    bool borrowed = same_model(index, lane);

    options.precision = index->precision;
    options.isa = index->isa;
    if (borrowed)
        files = index->lanes[1 - lane].files;
    else
        TD_TRY(td_hub_find(index->models[lane], &files, err));
    into->identity =
        td_arena_fmt(index->arena, "%.*s@%.*s", TD_STR_FMT(files->id), TD_STR_FMT(files->revision));
    if (!into->identity.ptr)
        TD_TRY(td_arena_fail(index->arena, err));
    TD_TRY(td_embed_local_open(files, &options, &into->embedder, err));
    into->files = files;
    files = NULL;

out:
    if (!borrowed)
        td_model_files_close(files);
    if (code != TANDEM_OK)
        td_context(err, "model of lane %s", tandem_lane_name(lane));
    return code;
}

tandem_code td_pipeline_lanes_get(tandem_index *index, tandem_lane lane,
                                  const td_pipeline_lane **lane_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    pthread_mutex_lock(&index->lock);
    if (!index->lanes[lane].embedder)
        code = load_locked(index, lane, err);
    pthread_mutex_unlock(&index->lock);
    if (code == TANDEM_OK)
        *lane_out = &index->lanes[lane];
    return code;
}

void td_pipeline_lanes_close(tandem_index *index)
{
    td_model_files *first = index->lanes[0].files;

    for (int l = 0; l < TANDEM_N_LANES; l++)
        if (index->lanes[l].embedder)
            index->lanes[l].embedder->close(index->lanes[l].embedder);
    td_model_files_close(first);
    if (index->lanes[1].files != first)
        td_model_files_close(index->lanes[1].files);
}
