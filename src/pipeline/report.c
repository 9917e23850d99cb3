#include "pipeline/state.h"

enum {
    REPORT_BYTES_MAX = 64 << 20
};

struct tandem_report {
    td_arena *arena; /* this struct and all it holds */
    td_store_run run;
    const tandem_span *spans; /* [n] */
    size_t n;
};

tandem_code td_pipeline_report_new(tandem_index *index, int64_t run, tandem_report **report_out,
                                   tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_store *store = index->store;
    td_arena *arena = td_arena_new(REPORT_BYTES_MAX);
    tandem_report *report = arena ? td_arena_zalloc(arena, 1, sizeof(*report)) : NULL;
    bool found = false;

    if (!report)
        TD_FAIL(err, TANDEM_E_NOMEM, "no memory for a report");
    report->arena = arena;
    TD_TRY(store->run_get(store, run, &report->run, &found, arena, err));
    if (!found && run == 0)
        TD_FAIL(err, TANDEM_E_NOT_FOUND, "no run is recorded in %s", index->location);
    if (!found)
        TD_FAIL(err, TANDEM_E_NOT_FOUND,
                "there is no run %lld in %s; without a number the last one is reported",
                (long long)run, index->location);
    TD_TRY(store->spans_get(store, report->run.id, &report->spans, &report->n, arena, err));
    *report_out = report;
    arena = NULL;

out:
    td_arena_free(arena);
    return code;
}

void td_pipeline_report_free(tandem_report *report)
{
    if (report)
        td_arena_free(report->arena);
}

void td_pipeline_report_run(const tandem_report *report, tandem_run_info *info_out)
{
    const td_store_run *run = &report->run;

    *info_out = (tandem_run_info){
        .run = run->id,
        .kind = run->kind,
        .state = run->state,
        .source = run->source_uri,
        .n_sources = run->n_sources,
        .begun_wall_ms = run->begun_wall_ms,
        .ended_wall_ms = run->ended_wall_ms,
        .summary_json = run->summary_json,
    };
}

const tandem_span *td_pipeline_report_spans(const tandem_report *report, size_t *n_out)
{
    *n_out = report->n;
    return report->spans;
}
