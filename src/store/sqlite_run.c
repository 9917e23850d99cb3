#include "store/sqlite.h"

#include <stdio.h>

enum {
    RUNS_KEPT = 50,    /* of a source, and as many complete ones */
    SWEEP_PAGES = 256, /* removed in one transaction, so that the cache gets its turn */
    NAME_BYTES_MAX = 64 << 10,
};

/* -- sources -- */

static tandem_code id_of(td_store_sqlite *self, sqlite3_stmt *statement, int64_t *id_out,
                         bool *found_out, tandem_error *err)
{
    bool row = false;
    tandem_code code = td_store_sqlite_db_step(&self->db, statement, &row, err);

    if (code == TANDEM_OK && row)
        *id_out = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    *found_out = code == TANDEM_OK && row;
    return code;
}

static tandem_code put_scope(td_store_sqlite *self, const td_store_source *source, int64_t *id_out,
                             tandem_error *err)
{
    td_buf name = TD_BUF(NAME_BYTES_MAX);
    sqlite3_stmt *statement = NULL;
    td_str scope;
    bool found = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_scope_rule(source->scope, source->project, source->dataset, &scope, err));
    TD_TRY(td_store_scope_name(scope, source->project, source->dataset, &name, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_SCOPE_ADD, err, "tttt", scope, source->project,
                                  source->dataset, td_buf_str(&name)));
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_SCOPE_ID, &statement, err, "ttt", scope,
                                   source->project, source->dataset));
    TD_TRY(id_of(self, statement, id_out, &found, err));
    td_assert(found);

out:
    td_buf_clear(&name);
    return code;
}

tandem_code td_store_sqlite_run_source_put(td_store *store, const td_store_source *source,
                                           int64_t *source_out, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    sqlite3_stmt *statement = NULL;
    int64_t scope = 0, id = 0;
    bool found = false;
    tandem_code code = TANDEM_OK;

    if (source->uri.n == 0)
        return td_fail(err, TANDEM_E_INVALID, "a source has no name");
    TD_TRY(td_store_sqlite_write_begin(self, err));
    TD_TRY(put_scope(self, source, &scope, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_SOURCE_PUT, err, "bti", source->uri,
                                  source->kind, scope));
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_SOURCE_ID, &statement, err, "b", source->uri));
    TD_TRY(id_of(self, statement, &id, &found, err));
    td_assert(found);
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_SCOPES_SWEEP, err, ""));

out:
    code = td_store_sqlite_write_end(self, code, err);
    if (code == TANDEM_OK)
        *source_out = id;
    return code;
}

/* -- lanes -- */

static tandem_code fail_conflict(const td_store_sqlite *self, tandem_lane lane, td_str old_model,
                                 td_str new_model, bool same_model, tandem_error *err)
{
    return td_fail(
        err, TANDEM_E_CONFLICT,
        "lane %s of %s holds vectors of %.*s%s, not of %.*s: use that model, or another --db",
        tandem_lane_name(lane), self->path, TD_STR_FMT(old_model),
        same_model ? " in another revision or precision" : "", TD_STR_FMT(new_model));
}

/* Whether the lane's vectors came from another model than this. */
static tandem_code check_lane(td_store_sqlite *self, tandem_lane lane, const td_store_lane *model,
                              tandem_error *err)
{
    sqlite3_stmt *used = NULL, *old = NULL;
    int64_t is_used = 0;
    bool found = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_LANE_USED, &used, err, "i", (int64_t)lane));
    TD_TRY(id_of(self, used, &is_used, &found, err));
    if (!is_used)
        goto out;
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_LANE_GET, &old, err, "i", (int64_t)lane));
    TD_TRY(td_store_sqlite_db_step(&self->db, old, &found, err));
    if (!found) {
        code = td_store_sqlite_db_damaged(&self->db, "vectors without their model", err);
        goto out;
    }
    td_str old_model = td_store_sqlite_db_str(old, 0);
    if (!td_str_eq(td_store_sqlite_db_str(old, 1), model->fingerprint) ||
        sqlite3_column_int64(old, 2) != (int64_t)model->dim)
        code = fail_conflict(self, lane, old_model, model->model_id,
                             td_str_eq(old_model, model->model_id), err);

out:
    sqlite3_reset(old);
    return code;
}

tandem_code td_store_sqlite_run_lane_put(td_store *store, tandem_lane lane,
                                         const td_store_lane *model, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    tandem_code code = TANDEM_OK;

    if ((size_t)lane >= TANDEM_N_LANES || model->dim == 0 || model->dim > TD_STORE_DIM_MAX)
        return td_fail(err, TANDEM_E_INVALID, "a lane's vectors have 1 to %d values, not %zu",
                       (int)TD_STORE_DIM_MAX, model->dim);
    TD_TRY(td_store_sqlite_write_begin(self, err));
    TD_TRY(check_lane(self, lane, model, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_LANE_PUT, err, "itti", (int64_t)lane,
                                  model->model_id, model->fingerprint, (int64_t)model->dim));

out:
    code = td_store_sqlite_write_end(self, code, err);
    if (code == TANDEM_OK)
        self->dims[lane] = model->dim;
    return code;
}

/* -- runs -- */

tandem_code td_store_sqlite_run_begin(td_store *store, int64_t source, const char *kind,
                                      int64_t job, int64_t *run_out, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    int64_t run = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_write_begin(self, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_RUN_ADD, err, "itii", source, td_str_from(kind),
                                  job, td_clock_wall_ms()));
    run = sqlite3_last_insert_rowid(self->db.handle);
    if (job == 0)
        TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_RUN_JOB, err, "i", run));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_RUNS_PRUNE, err, "ii", source,
                                  (int64_t)RUNS_KEPT));

out:
    code = td_store_sqlite_write_end(self, code, err);
    if (code == TANDEM_OK)
        *run_out = run;
    return code;
}

/* Removes up to SWEEP_PAGES pages of the source that the run did not see, in one transaction. */
static tandem_code sweep_some(td_store_sqlite *self, int64_t source, int64_t run, size_t *n_out,
                              uint64_t *n_removed, tandem_error *err)
{
    int64_t pages[SWEEP_PAGES];
    uint64_t n_with_text = 0;
    size_t n = 0;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_write_begin(self, err));
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_PAGES_UNSEEN, &statement, err, "iii", source,
                                   run, (int64_t)SWEEP_PAGES));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
        if (!row)
            break;
        pages[n++] = sqlite3_column_int64(statement, 0);
        n_with_text += sqlite3_column_int(statement, 1) != 0;
    }
    for (size_t i = 0; i < n; i++) {
        TD_TRY(td_store_sqlite_page_empty(self, pages[i], err));
        TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_PAGE_DELETE, err, "i", pages[i]));
    }

out:
    code = td_store_sqlite_write_end(self, code, err);
    if (code == TANDEM_OK) {
        *n_removed += n_with_text;
        *n_out = n;
    }
    return code;
}

/* All pages that the run did not see. Killed in between, the next complete run goes on. */
static tandem_code sweep(td_store_sqlite *self, int64_t source, int64_t run, uint64_t *n_removed,
                         tandem_error *err)
{
    size_t n = 0;
    tandem_code code = TANDEM_OK;

    do
        TD_TRY(sweep_some(self, source, run, &n, n_removed, err));
    while (n > 0);

out:
    return code;
}

static tandem_code source_of_run(td_store_sqlite *self, int64_t run, int64_t *source_out,
                                 tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool found = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_RUN_SOURCE, &statement, err, "i", run));
    TD_TRY(id_of(self, statement, source_out, &found, err));
    if (!found)
        code = td_fail(err, TANDEM_E_INVALID, "there is no run %lld", (long long)run);

out:
    return code;
}

tandem_code td_store_sqlite_run_end(td_store *store, int64_t run, const char *state,
                                    td_str summary_json, bool complete, uint64_t *n_removed_out,
                                    tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    uint64_t n_removed = 0;
    int64_t source = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_write_check(self, err));
    TD_TRY(td_store_sqlite_write_flush(store, err));
    TD_TRY(source_of_run(self, run, &source, err));
    if (complete)
        TD_TRY(sweep(self, source, run, &n_removed, err));
    TD_TRY(td_store_sqlite_write_begin(self, err));
    if (complete)
        code = td_store_sqlite_db_run(&self->db, TD_SQL_VISITS_SWEEP, err, "ii", source, run);
    if (code == TANDEM_OK)
        code =
            td_store_sqlite_db_run(&self->db, TD_SQL_RUN_END, err, "itiit", run, td_str_from(state),
                                   (int64_t)complete, td_clock_wall_ms(), summary_json);
    TD_TRY(td_store_sqlite_write_end(self, code, err));
    if (n_removed_out)
        *n_removed_out = n_removed;

out:
    return code;
}

tandem_code td_store_sqlite_run_source_remove(td_store *store, td_str uri, bool *found_out,
                                              tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    sqlite3_stmt *statement = NULL;
    int64_t source = 0;
    uint64_t n_removed = 0;
    bool found = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_write_check(self, err));
    TD_TRY(td_store_sqlite_write_flush(store, err));
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_SOURCE_ID, &statement, err, "b", uri));
    TD_TRY(id_of(self, statement, &source, &found, err));
    if (found) {
        TD_TRY(sweep(self, source, -1, &n_removed, err)); /* no page was seen by run -1 */
        TD_TRY(td_store_sqlite_write_begin(self, err));
        code =
            td_store_sqlite_db_run(&self->db, TD_SQL_VISITS_SWEEP, err, "ii", source, (int64_t)-1);
        if (code == TANDEM_OK)
            code = td_store_sqlite_db_run(&self->db, TD_SQL_RUNS_DELETE, err, "i", source);
        if (code == TANDEM_OK)
            code = td_store_sqlite_db_run(&self->db, TD_SQL_SOURCE_DELETE, err, "i", source);
        if (code == TANDEM_OK)
            code = td_store_sqlite_db_run(&self->db, TD_SQL_SCOPES_SWEEP, err, "");
        TD_TRY(td_store_sqlite_write_end(self, code, err));
    }
    *found_out = found;

out:
    return code;
}
