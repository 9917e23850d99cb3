#include "store/migrate.h"

#include <stdio.h>

enum {
    APPLICATION_ID = 0x746E646D
};

/* Names that may hold any bytes (URIs) are BLOBs, so that no function of SQL cuts them at a NUL.
 *
 * 1. A chunk's text is not stored: it is page_texts.text [start_byte, end_byte).
 * 2. chunk_words holds no text either (contentless), so whoever removes a row must hand it the very
 *    values that were put: td_store_sqlite_page does both through one function.
 * 3. bit_rows: 1024 rows a block; ids little-endian i64, 0 where the row is free; bits
 *    [1024, (dim + 7) / 8]. A vector's slot is block * 1024 + row. Kept apart from n_used, whose
 *    updates would else rewrite the block.
 * 4. chunks.status: 0 done, 1 pending, 2 failed. pages.miss at the last visit: 0 none, 1 skipped,
 *    2 failed. */
static const char SCHEMA_1[] =
    "CREATE TABLE scopes(id INTEGER PRIMARY KEY, scope TEXT NOT NULL, project TEXT NOT NULL,"
    " dataset TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(scope, project, dataset)) STRICT;"
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, uri BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " scope INTEGER NOT NULL REFERENCES scopes(id)) STRICT;"
    "CREATE TABLE runs(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " source INTEGER NOT NULL REFERENCES sources(id), state TEXT NOT NULL,"
    " complete INTEGER NOT NULL DEFAULT 0, begun_ms INTEGER NOT NULL, ended_ms INTEGER,"
    " summary TEXT NOT NULL DEFAULT '') STRICT;"
    "CREATE INDEX runs_source ON runs(source, id);"
    "CREATE TABLE lanes(lane INTEGER PRIMARY KEY, model_id TEXT NOT NULL,"
    " fingerprint TEXT NOT NULL, dim INTEGER NOT NULL) STRICT;"
    "CREATE TABLE pages(id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources(id),"
    " uri BLOB NOT NULL, final_uri BLOB NOT NULL DEFAULT x'', is_web INTEGER NOT NULL DEFAULT 0,"
    " has_text INTEGER NOT NULL DEFAULT 0, miss INTEGER NOT NULL DEFAULT 0,"
    " reason TEXT NOT NULL DEFAULT '', seen_run INTEGER NOT NULL DEFAULT 0,"
    " n_chunks INTEGER NOT NULL DEFAULT 0, hash BLOB NOT NULL DEFAULT x'',"
    " etag TEXT NOT NULL DEFAULT '', last_modified TEXT NOT NULL DEFAULT '',"
    " media_type TEXT NOT NULL DEFAULT '', http_status INTEGER NOT NULL DEFAULT 0,"
    " fetched_ms INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL DEFAULT '',"
    " description TEXT NOT NULL DEFAULT '', author TEXT NOT NULL DEFAULT '',"
    " date TEXT NOT NULL DEFAULT '', natural_language TEXT NOT NULL DEFAULT '',"
    " UNIQUE(source, uri)) STRICT;"
    "CREATE INDEX pages_missed ON pages(source) WHERE miss <> 0;"
    "CREATE TABLE page_texts(page INTEGER PRIMARY KEY REFERENCES pages(id),"
    " text BLOB NOT NULL) STRICT;"
    "CREATE TABLE chunks(id INTEGER PRIMARY KEY, page INTEGER NOT NULL REFERENCES pages(id),"
    " idx INTEGER NOT NULL, start_byte INTEGER NOT NULL, end_byte INTEGER NOT NULL,"
    " start_char INTEGER NOT NULL, end_char INTEGER NOT NULL, start_line INTEGER NOT NULL,"
    " end_line INTEGER NOT NULL, is_code INTEGER NOT NULL, confidence REAL NOT NULL,"
    " lane INTEGER NOT NULL, status INTEGER NOT NULL DEFAULT 1,"
    " truncated INTEGER NOT NULL DEFAULT 0, language TEXT NOT NULL, heading TEXT NOT NULL,"
    " symbol TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', UNIQUE(page, idx)) STRICT;"
    "CREATE TABLE vectors(chunk INTEGER PRIMARY KEY REFERENCES chunks(id),"
    " lane INTEGER NOT NULL, slot INTEGER NOT NULL, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE bit_blocks(id INTEGER PRIMARY KEY, lane INTEGER NOT NULL,"
    " n_used INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX bit_blocks_room ON bit_blocks(lane, id) WHERE n_used < 1024;"
    "CREATE TABLE bit_rows(block INTEGER PRIMARY KEY REFERENCES bit_blocks(id),"
    " ids BLOB NOT NULL, bits BLOB NOT NULL) STRICT;"
    "CREATE VIRTUAL TABLE chunk_words USING fts5(text, parts, heading, symbol, title, path,"
    " content='', tokenize = \"porter unicode61 remove_diacritics 2 tokenchars '_'\");"
    /* Fewer, larger merges: a tenth less time for writing, nothing lost in searching. */
    "INSERT INTO chunk_words(chunk_words, rank) VALUES('automerge', 8);"
    "INSERT INTO chunk_words(chunk_words, rank) VALUES('hashsize', 8388608);";

/* runs.kind: "index", or "retry" of chunks without a vector. runs.job: the first run of the same
 * job, which has the job's spans. run_spans: tandem_span, code by name. */
static const char SCHEMA_2[] =
    "ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'index';"
    "ALTER TABLE runs ADD COLUMN job INTEGER NOT NULL DEFAULT 0;"
    "UPDATE runs SET job = id;"
    "CREATE INDEX runs_job ON runs(job);"
    "CREATE TABLE run_spans(run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,"
    " i INTEGER NOT NULL, slot INTEGER NOT NULL, round INTEGER NOT NULL,"
    " start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, gte_batches INTEGER NOT NULL,"
    " gte_chunks INTEGER NOT NULL, gte_us INTEGER NOT NULL, coderank_batches INTEGER NOT NULL,"
    " coderank_chunks INTEGER NOT NULL, coderank_us INTEGER NOT NULL, tokens INTEGER NOT NULL,"
    " failed INTEGER NOT NULL, retried INTEGER NOT NULL, halved INTEGER NOT NULL,"
    " code TEXT NOT NULL, PRIMARY KEY(run, i)) STRICT, WITHOUT ROWID;";

/* What a crawl remembers of each page of a web site, beside what is stored of it: with which words
 * to ask whether it has changed, and where it led to, so that a page that need not be fetched still
 * leads on. `run` is the last one that had it; `recipe` is the pipeline's. */
static const char SCHEMA_3[] =
    "CREATE TABLE visits(id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources(id),"
    " uri BLOB NOT NULL, run INTEGER NOT NULL, recipe BLOB NOT NULL, etag TEXT NOT NULL,"
    " last_modified TEXT NOT NULL, hash BLOB NOT NULL, fetched_ms INTEGER NOT NULL,"
    " links BLOB NOT NULL, UNIQUE(source, uri)) STRICT;";

static const char *const STEPS[] = {SCHEMA_1, SCHEMA_2, SCHEMA_3};
enum {
    N_STEPS = sizeof(STEPS) / sizeof(STEPS[0])
};

static tandem_code fail_foreign(const td_store_db *db, tandem_error *err)
{
    return td_fail(err, TANDEM_E_FORMAT,
                   "%s is another program's SQLite database, not tandem's: name another --db",
                   db->path);
}

tandem_code td_store_migrate_identify(td_store_db *db, td_store_identity *identity_out,
                                      bool *is_old_out, tandem_error *err)
{
    int64_t application = 0, version = 0, n_tables = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_number(db, "PRAGMA application_id", &application, err));
    TD_TRY(td_store_sqlite_db_number(db, "PRAGMA user_version", &version, err));
    if (application == APPLICATION_ID && version > 0) {
        if (version > N_STEPS)
            TD_FAIL(err, TANDEM_E_UNSUPPORTED,
                    "%s was made by a newer tandem (schema %lld, this one knows %d): update tandem",
                    db->path, (long long)version, (int)N_STEPS);
        *identity_out = TD_STORE_IS_OURS;
        *is_old_out = version < N_STEPS;
        goto out;
    }
    TD_TRY(td_store_sqlite_db_number(db,
                                     "SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB"
                                     " 'cache*' AND name NOT GLOB 'sqlite_*'",
                                     &n_tables, err));
    if (n_tables > 0 || version != 0 || (application != 0 && application != APPLICATION_ID)) {
        code = fail_foreign(db, err);
        goto out;
    }
    *identity_out = TD_STORE_IS_EMPTY;
    *is_old_out = true;

out:
    return code;
}

/* One step and its number, whole or not at all. Another process may have done it meanwhile. */
static tandem_code run_step(td_store_db *db, const char *const *steps, size_t n, int64_t *done_out,
                            tandem_error *err)
{
    char number[96];
    int64_t version = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_begin(db, TD_SQL_BEGIN_WRITE, err));
    TD_TRY(td_store_sqlite_db_number(db, "PRAGMA user_version", &version, err));
    if (version >= 0 && (uint64_t)version < n) {
        TD_TRY(td_store_sqlite_db_exec(db, steps[version], err));
        version++;
        snprintf(number, sizeof(number), "PRAGMA application_id = %d; PRAGMA user_version = %lld",
                 (int)APPLICATION_ID, (long long)version);
        TD_TRY(td_store_sqlite_db_exec(db, number, err));
    }
    *done_out = version;

out:
    code = td_store_sqlite_db_end(db, code, err);
    if (code != TANDEM_OK)
        td_context(err, "schema step %lld", (long long)version + 1);
    return code;
}

tandem_code td_store_migrate_run(td_store_db *db, const char *const *steps, size_t n,
                                 tandem_error *err)
{
    int64_t done = 0;
    tandem_code code = TANDEM_OK;

    do
        TD_TRY(run_step(db, steps, n, &done, err));
    while ((uint64_t)done < n);

out:
    return code;
}

tandem_code td_store_migrate_to(td_store_db *db, size_t version, tandem_error *err)
{
    td_assert(version <= N_STEPS);
    return td_store_migrate_run(db, STEPS, version, err);
}

tandem_code td_store_migrate_newest(td_store_db *db, tandem_error *err)
{
    return td_store_migrate_to(db, N_STEPS, err);
}
