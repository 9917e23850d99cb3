/* What the server has and did so far, in figures: store, cache, models. */
#include "serve/answer.h"
#include "serve/serve.h"

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *lane_json(const serve *sv, int l, const tandem_status *status,
                         const batcher_state *texts)
{
    const tandem_model_info *info = &sv->infos[l];

    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "model", info->id, "precision",
                     info->precision, "dim", number(info->dim), "chunks", number(status->chunks[l]),
                     "texts_waiting", number(texts->n_waiting[l]), "texts_running",
                     number(texts->n_running[l]), "texts_total", number(texts->n_texts[l]));
}

static json_t *store_json(const tandem_status *status)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "sources", number(status->sources), "pages",
                     number(status->pages), "pages_skipped", number(status->skipped),
                     "pages_failed", number(status->failed), "chunks_pending",
                     number(status->chunks_pending), "chunks_failed", number(status->chunks_failed),
                     "bytes", number(status->bytes));
}

static json_t *cache_json(const tandem_status *status)
{
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "hits", number(status->cache_hits), "misses",
                     number(status->cache_misses), "stored", number(status->cache_stored),
                     "evicted", number(status->cache_evicted), "bytes", number(status->cache_bytes),
                     "bytes_max", number(status->cache_bytes_max));
}

void api_status(http_request *request)
{
    const serve *sv = request->app;
    http_server *http = sv->http;
    tandem_status status;
    tandem_error error = {.code = TANDEM_OK};
    batcher_state texts;

    if (tandem_index_get_status(sv->index, &status, &error) != TANDEM_OK) {
        http_fail_error(request, &error);
        return;
    }
    batcher_get_state(sv->batcher, &texts);
    json_t *lanes = json_object();
    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_object_set_new(lanes, tandem_lane_name((tandem_lane)l),
                            lane_json(sv, l, &status, &texts));
    http_reply_json(request, 200,
                    json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "version", TANDEM_VERSION,
                              "uptime_seconds", number((uint64_t)(time(NULL) - sv->begun)),
                              "listeners", number(http ? http_n_streams(http) : 0), "location",
                              json_text(text_of(tandem_index_location(sv->index))), "store",
                              store_json(&status), "cache", cache_json(&status), "lanes", lanes));
}
