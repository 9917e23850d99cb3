#include "store/sqlite.h"

/* -- sources -- */

typedef struct sources_ask {
    td_str uri;
    td_store_each_open each;
    void *user;
} sources_ask;

static tandem_code read_sources(td_store_db *db, void *context, tandem_error *err)
{
    const sources_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_EACH_OPEN, &statement, err, "b", ask->uri));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        td_store_open_source source = {
            .source = sqlite3_column_int64(statement, 0),
            .uri = td_store_sqlite_db_str(statement, 1),
        };
        for (int l = 0; l < TANDEM_N_LANES; l++)
            source.chunks[l] = (uint64_t)sqlite3_column_int64(statement, 2 + l);
        if (!ask->each(ask->user, &source))
            break;
    }

out:
    return code;
}

tandem_code td_store_sqlite_open_each(td_store *store, td_str source_uri, td_store_each_open each,
                                      void *user, tandem_error *err)
{
    sources_ask ask = {.uri = source_uri, .each = each, .user = user};

    return td_store_sqlite_read_snapshot(store, read_sources, &ask, err);
}

/* -- chunks -- */

typedef struct chunks_ask {
    int64_t source, after_id;
    td_store_open_chunk *chunks; /* [n_max] */
    size_t n_max, n;
    td_arena *arena;
    sqlite3_blob *texts; /* moved from page to page */
} chunks_ask;

static tandem_code read_chunk(td_store_db *db, chunks_ask *ask, sqlite3_stmt *row,
                              td_store_open_chunk *out, tandem_error *err)
{
    tandem_chunk *chunk = &out->chunk;
    int64_t lane = sqlite3_column_int64(row, 6);

    if (lane < 0 || lane >= TANDEM_N_LANES)
        return td_store_sqlite_db_damaged(db, "the lane of a chunk", err);
    *out = (td_store_open_chunk){
        .chunk_id = sqlite3_column_int64(row, 0),
        .chunk = {.start_byte = (uint64_t)sqlite3_column_int64(row, 2),
                  .end_byte = (uint64_t)sqlite3_column_int64(row, 3),
                  .index = (uint32_t)sqlite3_column_int64(row, 4),
                  .is_code = sqlite3_column_int(row, 5) != 0,
                  .lane = (tandem_lane)lane,
                  .language = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 7)),
                  .heading = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 8)),
                  .symbol = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 9))},
    };
    if (!chunk->language.ptr || !chunk->heading.ptr || !chunk->symbol.ptr)
        return td_arena_fail(ask->arena, err);
    return td_store_sqlite_read_text(db, &ask->texts, sqlite3_column_int64(row, 1),
                                     chunk->start_byte, chunk->end_byte, ask->arena, &chunk->text,
                                     err);
}

static tandem_code read_chunks(td_store_db *db, void *context, tandem_error *err)
{
    chunks_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_OPEN_GET, &statement, err, "iii", ask->source,
                                   ask->after_id, (int64_t)ask->n_max));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        TD_TRY(read_chunk(db, ask, statement, &ask->chunks[ask->n], err));
        ask->n++;
    }

out:
    sqlite3_blob_close(ask->texts);
    ask->texts = NULL;
    return code;
}

tandem_code td_store_sqlite_open_get(td_store *store, int64_t source, int64_t after_id,
                                     td_store_open_chunk *chunks_out, size_t n_max, size_t *n_out,
                                     td_arena *arena, tandem_error *err)
{
    chunks_ask ask = {
        .source = source,
        .after_id = after_id,
        .chunks = chunks_out,
        .n_max = n_max,
        .arena = arena,
    };
    tandem_code code = td_store_sqlite_read_snapshot(store, read_chunks, &ask, err);

    if (code == TANDEM_OK)
        *n_out = ask.n;
    return code;
}
