#include "store/sqlite.h"

#include <stdio.h>
#include <sys/stat.h>

tandem_code td_store_sqlite_read_snapshot(td_store *store, td_store_read_body body, void *context,
                                          tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_store_db *db = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_take_reader(self, &db, err));
    TD_TRY(td_store_sqlite_db_begin(db, TD_SQL_BEGIN_READ, err));
    code = body(db, context, err);
    for (size_t i = 0; i < TD_N_SQL; i++) /* a commit wants no statement in its middle */
        if (i != TD_SQL_COMMIT)
            sqlite3_reset(db->statements[i]);
    code = td_store_sqlite_db_end(db, code, err);

out:
    td_store_sqlite_give_reader(self, db);
    return code;
}

/* -- lanes and pages -- */

typedef struct lane_ask {
    tandem_lane lane;
    td_store_lane model;
    td_arena *arena;
} lane_ask;

static tandem_code read_lane(td_store_db *db, void *context, tandem_error *err)
{
    lane_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    ask->model = (td_store_lane){.model_id = TD_STR(""), .fingerprint = TD_STR(""), .dim = 0};
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_LANE_GET, &statement, err, "i", (int64_t)ask->lane));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    if (!row)
        goto out;
    int64_t dim = sqlite3_column_int64(statement, 2);
    if (dim <= 0 || dim > TD_STORE_DIM_MAX)
        return td_store_sqlite_db_damaged(db, "the width of a lane", err);
    ask->model.model_id = td_arena_copy(ask->arena, td_store_sqlite_db_str(statement, 0));
    ask->model.fingerprint = td_arena_copy(ask->arena, td_store_sqlite_db_str(statement, 1));
    ask->model.dim = (size_t)dim;
    if (!ask->model.model_id.ptr || !ask->model.fingerprint.ptr)
        TD_TRY(td_arena_fail(ask->arena, err));
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_LANE_USED, &statement, err, "i", (int64_t)ask->lane));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    ask->model.has_vectors = row && sqlite3_column_int(statement, 0) != 0;

out:
    return code;
}

tandem_code td_store_sqlite_read_lane(td_store *store, tandem_lane lane, td_store_lane *model_out,
                                      td_arena *arena, tandem_error *err)
{
    lane_ask ask = {.lane = lane, .arena = arena};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_lane, &ask, err);

    if (code == TANDEM_OK)
        *model_out = ask.model;
    return code;
}

typedef struct known_ask {
    int64_t source;
    td_str uri;
    bool found;
    td_page_known known;
} known_ask;

void td_store_sqlite_read_header(td_str from, char *to, size_t to_max)
{
    size_t n = from.n < to_max ? from.n : 0;

    memcpy(to, from.ptr, n);
    to[n] = '\0';
}

static tandem_code read_known(td_store_db *db, void *context, tandem_error *err)
{
    known_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_PAGE_KNOWN, &statement, err, "ib", ask->source,
                                   ask->uri));
    TD_TRY(td_store_sqlite_db_step(db, statement, &ask->found, err));
    if (!ask->found)
        goto out;
    td_str hash = td_store_sqlite_db_str(statement, 2);
    if (hash.n != sizeof(ask->known.hash.bytes))
        return td_store_sqlite_db_damaged(db, "a page's hash", err);
    td_store_sqlite_read_header(td_store_sqlite_db_str(statement, 0), ask->known.etag,
                                sizeof(ask->known.etag));
    td_store_sqlite_read_header(td_store_sqlite_db_str(statement, 1), ask->known.last_modified,
                                sizeof(ask->known.last_modified));
    memcpy(ask->known.hash.bytes, hash.ptr, hash.n);

out:
    return code;
}

tandem_code td_store_sqlite_read_known(td_store *store, int64_t source, td_str uri, bool *found_out,
                                       td_page_known *known_out, tandem_error *err)
{
    known_ask ask = {.source = source, .uri = uri};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_known, &ask, err);

    if (code != TANDEM_OK)
        return code;
    *found_out = ask.found;
    if (ask.found)
        *known_out = ask.known;
    return TANDEM_OK;
}

/* -- hits -- */

typedef struct hits_ask {
    const int64_t *ids;
    size_t n;
    td_arena *arena;
    tandem_hit *hits;
    sqlite3_blob *texts; /* moved from page to page */
} hits_ask;

tandem_code td_store_sqlite_read_text(td_store_db *db, sqlite3_blob **texts, int64_t page,
                                      uint64_t start, uint64_t end, td_arena *arena,
                                      td_str *text_out, tandem_error *err)
{
    uint64_t n = end - start;
    int rc = *texts ? sqlite3_blob_reopen(*texts, page)
                    : sqlite3_blob_open(db->handle, "main", "page_texts", "text", page, 0, texts);

    if (rc != SQLITE_OK || end < start || end > (uint64_t)sqlite3_blob_bytes(*texts))
        return td_store_sqlite_db_damaged(db, "a chunk lies outside its page", err);
    char *text = td_arena_alloc(arena, (size_t)n + 1);
    if (!text)
        return td_arena_fail(arena, err);
    if (sqlite3_blob_read(*texts, text, (int)n, (int)start) != SQLITE_OK)
        return td_store_sqlite_db_fail(db, err);
    text[n] = '\0';
    *text_out = (td_str){text, (size_t)n};
    return TANDEM_OK;
}

static tandem_code read_hit(td_store_db *db, hits_ask *ask, sqlite3_stmt *row, tandem_hit *hit,
                            tandem_error *err)
{
    td_str uri = td_store_sqlite_db_str(row, 1), final_uri = td_store_sqlite_db_str(row, 2);
    int64_t lane = sqlite3_column_int64(row, 9);

    if (lane < 0 || lane >= TANDEM_N_LANES)
        return td_store_sqlite_db_damaged(db, "the lane of a chunk", err);
    hit->path = td_arena_copy(ask->arena, final_uri.n > 0 ? final_uri : uri);
    hit->url = sqlite3_column_int(row, 3) ? hit->path : TD_STR("");
    hit->title = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 4));
    hit->heading = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 5));
    hit->symbol = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 6));
    hit->language = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 7));
    hit->scope = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 15));
    hit->project = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 16));
    hit->dataset = td_arena_copy(ask->arena, td_store_sqlite_db_str(row, 17));
    if (!hit->path.ptr || !hit->title.ptr || !hit->heading.ptr || !hit->symbol.ptr ||
        !hit->language.ptr || !hit->scope.ptr || !hit->project.ptr || !hit->dataset.ptr)
        return td_arena_fail(ask->arena, err);
    hit->is_code = sqlite3_column_int(row, 8) != 0;
    hit->lane = (tandem_lane)lane;
    hit->index = (uint32_t)sqlite3_column_int64(row, 14);
    hit->start_line = (uint32_t)sqlite3_column_int64(row, 10);
    hit->end_line = (uint32_t)sqlite3_column_int64(row, 11);
    hit->start_byte = (uint64_t)sqlite3_column_int64(row, 12);
    hit->end_byte = (uint64_t)sqlite3_column_int64(row, 13);
    return td_store_sqlite_read_text(db, &ask->texts, sqlite3_column_int64(row, 0), hit->start_byte,
                                     hit->end_byte, ask->arena, &hit->text, err);
}

static tandem_code read_hits(td_store_db *db, void *context, tandem_error *err)
{
    hits_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < ask->n; i++) {
        tandem_hit hit = {.rank = 0};
        TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_HIT_GET, &statement, err, "i", ask->ids[i]));
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        hit.id = (uint64_t)ask->ids[i];
        if (row)
            TD_TRY(read_hit(db, ask, statement, &hit, err));
        ask->hits[i] = hit;
    }

out:
    sqlite3_blob_close(ask->texts);
    ask->texts = NULL;
    return code;
}

tandem_code td_store_sqlite_read_hits(td_store *store, const int64_t *ids, size_t n,
                                      td_arena *arena, tandem_hit *hits, tandem_error *err)
{
    hits_ask ask = {.ids = ids, .n = n, .arena = arena, .hits = hits};

    return td_store_sqlite_read_snapshot(store, read_hits, &ask, err);
}

/* -- counts -- */

static tandem_code count_pages(td_store_db *db, td_store_counts *counts, tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_COUNT_PAGES, &statement, err, ""));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    if (!row)
        goto out;
    counts->sources = (uint64_t)sqlite3_column_int64(statement, 0);
    counts->pages = (uint64_t)sqlite3_column_int64(statement, 1);
    counts->skipped = (uint64_t)sqlite3_column_int64(statement, 2);
    counts->failed = (uint64_t)sqlite3_column_int64(statement, 3);

out:
    return code;
}

static tandem_code read_counts(td_store_db *db, void *context, tandem_error *err)
{
    td_store_counts *counts = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(count_pages(db, counts, err));
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_COUNT_VECTORS, &statement, err, ""));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        int64_t lane = sqlite3_column_int64(statement, 0);
        if (lane >= 0 && lane < TANDEM_N_LANES)
            counts->chunks[lane] = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_COUNT_OPEN, &statement, err, ""));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        uint64_t n = (uint64_t)sqlite3_column_int64(statement, 1);
        *(sqlite3_column_int(statement, 0) == 1 ? &counts->chunks_pending
                                                : &counts->chunks_failed) = n;
    }

out:
    return code;
}

static uint64_t bytes_of(const char *path, const char *suffix)
{
    char name[4200];
    struct stat info;

    snprintf(name, sizeof(name), "%s%s", path, suffix);
    return stat(name, &info) == 0 ? (uint64_t)info.st_size : 0;
}

tandem_code td_store_sqlite_read_counts(td_store *store, td_store_counts *counts_out,
                                        tandem_error *err)
{
    const char *path = ((td_store_sqlite *)store)->path;
    td_store_counts counts = {.sources = 0};
    tandem_code code = td_store_sqlite_read_snapshot(store, read_counts, &counts, err);

    if (code != TANDEM_OK)
        return code;
    counts.bytes = bytes_of(path, "") + bytes_of(path, "-wal");
    *counts_out = counts;
    return TANDEM_OK;
}

/* -- lists -- */

typedef struct list_ask {
    const td_store_sqlite *self;
    td_str source_uri;
    td_store_each_source each_source;
    td_store_each_miss each_miss;
    void *user;
} list_ask;

td_str td_store_sqlite_read_state(const td_store_sqlite *self, td_str state)
{
    bool running = td_str_eq(state, TD_STR("running"));

    return running && !td_store_sqlite_lock_held(self) ? TD_STR("interrupted") : state;
}

static tandem_code read_sources(td_store_db *db, void *context, tandem_error *err)
{
    list_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_EACH_SOURCE, &statement, err, ""));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        td_store_source_row source = {.source = {.kind = td_store_sqlite_db_str(statement, 0),
                                                 .uri = td_store_sqlite_db_str(statement, 1),
                                                 .scope = td_store_sqlite_db_str(statement, 2),
                                                 .project = td_store_sqlite_db_str(statement, 3),
                                                 .dataset = td_store_sqlite_db_str(statement, 4)},
                                      .pages = (uint64_t)sqlite3_column_int64(statement, 5),
                                      .chunks = (uint64_t)sqlite3_column_int64(statement, 6),
                                      .indexed_wall_ms = sqlite3_column_int64(statement, 7),
                                      .last_run = td_store_sqlite_read_state(
                                          ask->self, td_store_sqlite_db_str(statement, 8))};
        if (!ask->each_source(ask->user, &source))
            break;
    }

out:
    return code;
}

tandem_code td_store_sqlite_read_sources(td_store *store, td_store_each_source each, void *user,
                                         tandem_error *err)
{
    list_ask ask = {.self = (td_store_sqlite *)store, .each_source = each, .user = user};

    return td_store_sqlite_read_snapshot(store, read_sources, &ask, err);
}

static tandem_code read_misses(td_store_db *db, void *context, tandem_error *err)
{
    list_ask *ask = context;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_EACH_MISS, &statement, err, "b", ask->source_uri));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        td_store_miss miss = {.uri = td_store_sqlite_db_str(statement, 0),
                              .failed = sqlite3_column_int(statement, 1) == 2,
                              .reason = td_store_sqlite_db_str(statement, 2)};
        if (!ask->each_miss(ask->user, &miss))
            break;
    }

out:
    return code;
}

tandem_code td_store_sqlite_read_misses(td_store *store, td_str source_uri, td_store_each_miss each,
                                        void *user, tandem_error *err)
{
    list_ask ask = {.source_uri = source_uri, .each_miss = each, .user = user};

    return td_store_sqlite_read_snapshot(store, read_misses, &ask, err);
}
