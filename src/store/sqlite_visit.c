#include "store/sqlite.h"

static td_str bytes_of(const td_hash *hash)
{
    return (td_str){(const char *)hash->bytes, sizeof(hash->bytes)};
}

tandem_code td_store_sqlite_visit_put(td_store_sqlite *self, int64_t run, int64_t source,
                                      const td_store_visit *visit, tandem_error *err)
{
    if (visit->is_unchanged)
        return td_store_sqlite_db_run(&self->db, TD_SQL_VISIT_SEEN, err, "ibii", source, visit->uri,
                                      run, visit->fetched_wall_ms);
    return td_store_sqlite_db_run(&self->db, TD_SQL_VISIT_PUT, err, "ibibttbib", source, visit->uri,
                                  run, bytes_of(&visit->recipe), visit->etag, visit->last_modified,
                                  bytes_of(&visit->hash), visit->fetched_wall_ms, visit->links);
}

typedef struct visit_ask {
    int64_t source;
    td_str uri;
    bool found;
    td_store_visited visited;
    td_buf *links;
} visit_ask;

static bool copy_hash(td_str from, td_hash *to)
{
    if (from.n != sizeof(to->bytes))
        return false;
    memcpy(to->bytes, from.ptr, from.n);
    return true;
}

static tandem_code read_visit(td_store_db *db, void *context, tandem_error *err)
{
    visit_ask *ask = context;
    td_store_visited *visited = &ask->visited;
    sqlite3_stmt *statement = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_VISIT_GET, &statement, err, "ib", ask->source,
                                   ask->uri));
    TD_TRY(td_store_sqlite_db_step(db, statement, &ask->found, err));
    if (!ask->found)
        goto out;
    visited->run = sqlite3_column_int64(statement, 0);
    if (!copy_hash(td_store_sqlite_db_str(statement, 1), &visited->recipe) ||
        !copy_hash(td_store_sqlite_db_str(statement, 4), &visited->known.hash))
        return td_store_sqlite_db_damaged(db, "a hash of a visit", err);
    td_store_sqlite_read_header(td_store_sqlite_db_str(statement, 2), visited->known.etag,
                                sizeof(visited->known.etag));
    td_store_sqlite_read_header(td_store_sqlite_db_str(statement, 3), visited->known.last_modified,
                                sizeof(visited->known.last_modified));
    visited->known.fetched_wall_ms = sqlite3_column_int64(statement, 5);
    if (ask->links)
        TD_TRY(td_buf_add(ask->links, td_store_sqlite_db_str(statement, 6), err));

out:
    return code;
}

tandem_code td_store_sqlite_visit_get(td_store *store, int64_t source, td_str uri, bool *found_out,
                                      td_store_visited *visited_out, td_buf *links,
                                      tandem_error *err)
{
    visit_ask ask = {.source = source, .uri = uri, .links = links};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_visit, &ask, err);

    if (code != TANDEM_OK)
        return code;
    *found_out = ask.found;
    if (ask.found)
        *visited_out = ask.visited;
    return TANDEM_OK;
}

static tandem_code read_last_done(td_store_db *db, void *context, tandem_error *err)
{
    visit_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_RUN_LAST_DONE, &statement, err, "i", ask->source));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    ask->visited.run = row ? sqlite3_column_int64(statement, 0) : 0;

out:
    return code;
}

tandem_code td_store_sqlite_visit_last_done(td_store *store, int64_t source, int64_t *run_out,
                                            tandem_error *err)
{
    visit_ask ask = {.source = source};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_last_done, &ask, err);

    if (code == TANDEM_OK)
        *run_out = ask.visited.run;
    return code;
}
