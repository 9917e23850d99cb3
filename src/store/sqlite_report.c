#include "store/sqlite.h"

static tandem_code put_span(td_store_sqlite *self, int64_t run, size_t i, const tandem_span *s,
                            tandem_error *err)
{
    const int g = TANDEM_LANE_GTE, c = TANDEM_LANE_CODERANK;

    return td_store_sqlite_db_run(&self->db, TD_SQL_SPAN_ADD, err, "iiiiiiiiiiiiiiiit", run,
                                  (int64_t)i, (int64_t)s->slot, (int64_t)s->round, s->start_us,
                                  s->end_us, (int64_t)s->batches[g], (int64_t)s->chunks[g],
                                  s->busy_us[g], (int64_t)s->batches[c], (int64_t)s->chunks[c],
                                  s->busy_us[c], (int64_t)s->n_tokens, (int64_t)s->n_failed,
                                  (int64_t)s->n_retried, (int64_t)s->n_halved,
                                  td_str_from(tandem_code_name(s->code)));
}

tandem_code td_store_sqlite_report_put(td_store *store, int64_t run, const tandem_span *spans,
                                       size_t n, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_write_begin(self, err));
    for (size_t i = 0; i < n && code == TANDEM_OK; i++)
        code = put_span(self, run, i, &spans[i], err);
    if (code == TANDEM_OK)
        code = td_store_sqlite_db_run(&self->db, TD_SQL_SPANS_PRUNE, err, "i",
                                      (int64_t)TD_STORE_REPORTS_MAX);
    code = td_store_sqlite_write_end(self, code, err);

out:
    return code;
}

/* -- reading -- */

typedef struct report_ask {
    const td_store_sqlite *self;
    int64_t run;
    td_arena *arena;
    td_store_run found;
    bool is_found;
    tandem_span *spans;
    size_t n;
} report_ask;

static tandem_code read_run(td_store_db *db, void *context, tandem_error *err)
{
    report_ask *ask = context;
    sqlite3_stmt *row = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_RUN_GET, &row, err, "i", ask->run));
    TD_TRY(td_store_sqlite_db_step(db, row, &ask->is_found, err));
    if (!ask->is_found)
        goto out;
    td_str state = td_store_sqlite_read_state(ask->self, td_store_sqlite_db_str(row, 2));
    ask->found = (td_store_run){
        .id = sqlite3_column_int64(row, 0),
        .kind = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 1)),
        .state = td_arena_copy(ask->arena, state),
        .summary_json = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 3)),
        .source_uri = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 4)),
        .n_sources = (uint64_t)sqlite3_column_int64(row, 5),
        .begun_wall_ms = sqlite3_column_int64(row, 6),
        .ended_wall_ms = sqlite3_column_int64(row, 7),
    };
    if (!ask->found.kind.ptr || !ask->found.state.ptr || !ask->found.summary_json.ptr ||
        !ask->found.source_uri.ptr)
        code = td_arena_fail(ask->arena, err);

out:
    return code;
}

tandem_code td_store_sqlite_report_run(td_store *store, int64_t run, td_store_run *run_out,
                                       bool *found_out, td_arena *arena, tandem_error *err)
{
    report_ask ask = {.self = (td_store_sqlite *)store, .run = run, .arena = arena};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_run, &ask, err);

    if (code != TANDEM_OK)
        return code;
    *found_out = ask.is_found;
    if (ask.is_found)
        *run_out = ask.found;
    return TANDEM_OK;
}

/* A name that this program does not know is a newer one's. */
static tandem_code code_of(td_str name)
{
    for (int c = 0; c < TANDEM_N_CODES; c++)
        if (td_str_eq(name, td_str_from(tandem_code_name((tandem_code)c))))
            return (tandem_code)c;
    return TANDEM_E_INTERNAL;
}

static void read_span(sqlite3_stmt *row, tandem_span *out)
{
    int64_t v[14];

    for (int i = 0; i < 14; i++)
        v[i] = sqlite3_column_int64(row, i);
    *out = (tandem_span){
        .slot = (uint32_t)v[0],
        .round = (uint32_t)v[1],
        .start_us = v[2],
        .end_us = v[3],
        .n_tokens = (uint64_t)v[10],
        .n_failed = (uint32_t)v[11],
        .n_retried = (uint32_t)v[12],
        .n_halved = (uint32_t)v[13],
        .code = code_of(td_store_sqlite_db_str(row, 14)),
    };
    for (int l = 0; l < TANDEM_N_LANES; l++) {
        out->batches[l] = (uint32_t)v[4 + 3 * l];
        out->chunks[l] = (uint32_t)v[5 + 3 * l];
        out->busy_us[l] = v[6 + 3 * l];
    }
}

static tandem_code read_spans(td_store_db *db, void *context, tandem_error *err)
{
    report_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    size_t n = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_SPANS_COUNT, &statement, err, "i", ask->run));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    n = row ? (size_t)sqlite3_column_int64(statement, 0) : 0;
    ask->spans = td_arena_zalloc(ask->arena, n ? n : 1, sizeof(*ask->spans));
    if (!ask->spans)
        TD_TRY(td_arena_fail(ask->arena, err));
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_SPANS_GET, &statement, err, "i", ask->run));
    for (ask->n = 0; ask->n < n; ask->n++) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        read_span(statement, &ask->spans[ask->n]);
    }

out:
    return code;
}

tandem_code td_store_sqlite_report_spans(td_store *store, int64_t run,
                                         const tandem_span **spans_out, size_t *n_out,
                                         td_arena *arena, tandem_error *err)
{
    report_ask ask = {.run = run, .arena = arena};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_spans, &ask, err);

    if (code == TANDEM_OK) {
        *spans_out = ask.spans;
        *n_out = ask.n;
    }
    return code;
}
