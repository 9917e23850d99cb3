#include "store/sqlite.h"

/* -- scopes -- */

typedef struct scopes_ask {
    td_store_each_scope each;
    void *user;
} scopes_ask;

static tandem_code read_scopes(td_store_db *db, void *context, tandem_error *err)
{
    scopes_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_EACH_SCOPE, &statement, err, ""));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        td_store_scope_row scope = {.scope = td_store_sqlite_db_str(statement, 0),
                                    .project = td_store_sqlite_db_str(statement, 1),
                                    .dataset = td_store_sqlite_db_str(statement, 2),
                                    .name = td_store_sqlite_db_str(statement, 3),
                                    .pages = (uint64_t)sqlite3_column_int64(statement, 4),
                                    .chunks = (uint64_t)sqlite3_column_int64(statement, 5),
                                    .chunks_code = (uint64_t)sqlite3_column_int64(statement, 6)};
        if (!ask->each(ask->user, &scope))
            break;
    }

out:
    return code;
}

tandem_code td_store_sqlite_list_scopes(td_store *store, td_store_each_scope each, void *user,
                                        tandem_error *err)
{
    scopes_ask ask = {each, user};

    return td_store_sqlite_read_snapshot(store, read_scopes, &ask, err);
}

/* -- pages -- */

/* The columns that PAGES_AFTER and PAGE_GET begin with. */
static td_store_page_row page_of(sqlite3_stmt *statement)
{
    td_str uri = td_store_sqlite_db_str(statement, 1);
    td_str final_uri = td_store_sqlite_db_str(statement, 2);

    return (td_store_page_row){.id = sqlite3_column_int64(statement, 0),
                               .uri = final_uri.n ? final_uri : uri,
                               .title = td_store_sqlite_db_str(statement, 3),
                               .media_type = td_store_sqlite_db_str(statement, 4),
                               .is_web = sqlite3_column_int(statement, 5) != 0,
                               .chunks = (uint64_t)sqlite3_column_int64(statement, 6),
                               .fetched_wall_ms = sqlite3_column_int64(statement, 7)};
}

typedef struct pages_ask {
    int64_t after_id;
    size_t n_max;
    td_store_each_page each;
    void *user;
} pages_ask;

static tandem_code read_pages(td_store_db *db, void *context, tandem_error *err)
{
    pages_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_PAGES_AFTER, &statement, err, "ii", ask->after_id,
                                   (int64_t)ask->n_max));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        td_store_page_row page = page_of(statement);
        if (!ask->each(ask->user, &page))
            break;
    }

out:
    return code;
}

tandem_code td_store_sqlite_list_pages(td_store *store, int64_t after_id, size_t n_max,
                                       td_store_each_page each, void *user, tandem_error *err)
{
    pages_ask ask = {after_id, n_max, each, user};

    return td_store_sqlite_read_snapshot(store, read_pages, &ask, err);
}

typedef struct page_ask {
    td_str uri;
    td_arena *arena;
    td_store_page_row page;
    td_str text;
    bool found;
} page_ask;

static tandem_code read_page(td_store_db *db, void *context, tandem_error *err)
{
    page_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_PAGE_GET, &statement, err, "b", ask->uri));
    TD_TRY(td_store_sqlite_db_step(db, statement, &ask->found, err));
    if (!ask->found)
        goto out;
    ask->page = page_of(statement);
    ask->page.uri = td_arena_copy(ask->arena, ask->page.uri);
    ask->page.title = td_arena_copy(ask->arena, ask->page.title);
    ask->page.media_type = td_arena_copy(ask->arena, ask->page.media_type);
    ask->text = td_arena_copy(ask->arena, td_store_sqlite_db_str(statement, 8));
    if (!ask->page.uri.ptr || !ask->page.title.ptr || !ask->page.media_type.ptr || !ask->text.ptr)
        code = td_arena_fail(ask->arena, err);

out:
    return code;
}

tandem_code td_store_sqlite_list_page(td_store *store, td_str uri, td_arena *arena,
                                      td_store_page_row *page_out, td_str *text_out,
                                      bool *found_out, tandem_error *err)
{
    page_ask ask = {.uri = uri, .arena = arena};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_page, &ask, err);

    if (code != TANDEM_OK)
        return code;
    *found_out = ask.found;
    *page_out = ask.page;
    *text_out = ask.text;
    return TANDEM_OK;
}
