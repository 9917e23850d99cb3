#include "summary.h"

#include <stdlib.h>
#include <string.h>

static json_t *pair(const uint64_t values[TANDEM_N_LANES])
{
    return json_pack("{s:I,s:I}", tandem_lane_name(TANDEM_LANE_GTE),
                     (json_int_t)values[TANDEM_LANE_GTE], tandem_lane_name(TANDEM_LANE_CODERANK),
                     (json_int_t)values[TANDEM_LANE_CODERANK]);
}

static json_t *lanes_json(const tandem_summary *s)
{
    json_t *all = json_object();

    for (int l = 0; l < TANDEM_N_LANES; l++) {
        const tandem_lane_summary *lane = &s->lanes[l];
        json_object_set_new(all, tandem_lane_name((tandem_lane)l),
                            json_pack("{s:I,s:I,s:I,s:f}", "batches", (json_int_t)lane->batches,
                                      "retries", (json_int_t)lane->retries, "tokens",
                                      (json_int_t)lane->tokens, "busy_seconds",
                                      lane->busy_seconds));
    }
    return all;
}

/* The lines of the exposition, `name{labels} value`, as members; a histogram's buckets stay out. */
static json_t *metrics_json(void)
{
    char *text = NULL, *rest = NULL;
    size_t n = 0;
    json_t *all = json_object();

    if (tandem_metrics_copy(&text, &n, NULL) != TANDEM_OK)
        return all;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *space = strrchr(line, ' ');
        if (line[0] == '#' || !space || strstr(line, "_bucket{"))
            continue;
        *space = '\0';
        json_object_set_new(all, line, json_real(strtod(space + 1, NULL)));
    }
    free(text);
    return all;
}

json_t *summary_json(const tandem_summary *s, bool metrics)
{
    json_t *all =
        json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:I,s:f}", "run", s->run, "pages",
                  (json_int_t)s->pages, "files", (json_int_t)s->files, "unchanged",
                  (json_int_t)s->unchanged, "skipped", (json_int_t)s->skipped, "failed",
                  (json_int_t)s->failed, "removed", (json_int_t)s->removed, "chunks",
                  pair(s->chunks), "chunks_failed", pair(s->chunks_failed), "embedded",
                  (json_int_t)s->embedded, "cached", (json_int_t)s->cached, "truncated",
                  (json_int_t)s->truncated, "seconds", s->seconds);

    if (!all || !metrics)
        return all;
    json_object_set_new(all, "chunks_per_second", json_real(s->chunks_per_second));
    json_object_set_new(all, "strategy", json_string(tandem_strategy_name(s->strategy)));
    json_object_set_new(all, "overlap_ratio", json_real(s->overlap_ratio));
    json_object_set_new(all, "speedup", json_real(s->speedup));
    json_object_set_new(all, "peak_rss_mb", json_real((double)s->peak_rss_bytes / 1048576.0));
    json_object_set_new(all, "embed_seconds", json_real(s->embed_seconds));
    json_object_set_new(all, "rounds", json_integer((json_int_t)s->rounds));
    json_object_set_new(all, "slots", json_integer(s->slots));
    json_object_set_new(all, "lanes", lanes_json(s));
    json_object_set_new(all, "metrics", metrics_json());
    return all;
}
