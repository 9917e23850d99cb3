/* The table `cache` in an SQLite file that the store fills too, each with its own connection.
 *
 * 1. A row's `sum` covers its key and its vector: a torn or swapped one is a miss, and is dropped.
 * 2. `used` is a coarse logical clock: it moves on with every open and every TICK_VECTORS vectors
 *    stored, so neither a hit nor a jump of the wall clock costs anything. A hit on a row that was
 *    used before the present tick is noted in `touched`; all notes go to disk in one transaction,
 *    with the next put, at close, or when the list is full.
 * 3. Eviction goes in the order of `used`, then of storing, from an index that also holds the
 *    sizes; it goes 1/16 below the limit, so that its cost is spread over many puts.
 */
#include "base/metrics.h"
#include "base/size.h"
#include "base/thread.h"
#include "cache/cache.h"

#include <sqlite3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BUSY_MS = 10000,
    TOUCHED_MAX = 4096,
    TICK_VECTORS = 1024,
    EVICT_ROWS = 256, /* at a time */
};

static const char SQL_OPEN[] = "PRAGMA trusted_schema=OFF; PRAGMA synchronous=NORMAL";
static const char SQL_MAKE[] =
    "PRAGMA journal_mode=WAL;" /* stays in the file: so only once the file is known to be ours */
    "CREATE TABLE IF NOT EXISTS cache(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
    " used INTEGER NOT NULL, bytes INTEGER NOT NULL, sum INTEGER NOT NULL, vector BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS cache_used ON cache(used, id, bytes)";
static const char COLUMNS[] = "id INTEGER, key BLOB, used INTEGER, bytes INTEGER, sum INTEGER, "
                              "vector BLOB";

typedef enum statement {
    GET,
    PUT,
    TOUCH,
    DROP,
    OLDEST,
    TOTAL,
    LAST_TICK,
    BEGIN,
    COMMIT,
    ROLLBACK,
    N_STATEMENTS,
} statement;

static const char *const SQL[N_STATEMENTS] = {
    [GET] = "SELECT id, used, sum, vector FROM cache WHERE key = ?1",
    [PUT] = "INSERT OR IGNORE INTO cache(key, used, bytes, sum, vector) VALUES(?1,?2,?3,?4,?5)",
    [TOUCH] = "UPDATE cache SET used = ?2 WHERE id = ?1",
    [DROP] = "DELETE FROM cache WHERE id = ?1 RETURNING bytes",
    [OLDEST] = "SELECT id FROM cache INDEXED BY cache_used ORDER BY used, id LIMIT ?1",
    [TOTAL] = "SELECT coalesce(sum(bytes), 0) FROM cache INDEXED BY cache_used",
    [LAST_TICK] = "SELECT coalesce(max(used), 0) FROM cache",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

typedef struct sqlite_cache {
    td_cache door;
    uint64_t bytes_max; /* 0: no limit */
    char *path;
    td_metric *hits, *misses, *broken, *stored, *evicted;

    pthread_mutex_t lock; /* rank 4: guards all below; held over local file I/O */
    sqlite3 *db;
    sqlite3_stmt *statements[N_STATEMENTS];
    uint64_t bytes; /* of vectors, as this connection knows */
    int64_t tick;
    size_t n_since_tick;
    int64_t *touched; /* [TOUCHED_MAX] ids */
    size_t n_touched;
    uint8_t *blob; /* of one vector */
    size_t blob_bytes;
} sqlite_cache;

/* ---- errors ---- */

static tandem_code fail_sqlite(const sqlite_cache *cache, const char *what, tandem_error *err)
{
    int failure = cache->db ? sqlite3_errcode(cache->db) : SQLITE_NOMEM;
    int reason = cache->db ? sqlite3_system_errno(cache->db) : 0;
    const char *text = cache->db ? sqlite3_errmsg(cache->db) : "out of memory";
    tandem_code code = TANDEM_E_IO;
    if (failure == SQLITE_FULL || (failure == SQLITE_IOERR && reason == ENOSPC))
        return td_fail(err, TANDEM_E_NO_SPACE,
                       "cannot %s the vector cache in %s: no space left; make room and run again",
                       what, cache->path);
    if (failure == SQLITE_BUSY || failure == SQLITE_LOCKED)
        return td_fail(err, TANDEM_E_BUSY,
                       "cannot %s the vector cache in %s: another program writes to the file", what,
                       cache->path);
    if (failure == SQLITE_NOMEM)
        code = TANDEM_E_NOMEM;
    else if (failure == SQLITE_CORRUPT || failure == SQLITE_NOTADB)
        code = TANDEM_E_FORMAT;
    else if (failure == SQLITE_READONLY || failure == SQLITE_PERM || reason == EACCES)
        code = TANDEM_E_DENIED;
    else if (reason == ENOENT)
        code = TANDEM_E_NOT_FOUND;
    return td_fail(err, code, "cannot %s the vector cache in %s: %s", what, cache->path, text);
}

/* ---- statements ---- */

static sqlite3_stmt *fresh(sqlite_cache *cache, statement which)
{
    sqlite3_stmt *s = cache->statements[which];
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return s;
}

/* Runs a statement that gives no row. */
static tandem_code finish(sqlite_cache *cache, sqlite3_stmt *s, const char *what, tandem_error *err)
{
    int step = sqlite3_step(s);
    tandem_code code = step == SQLITE_DONE ? TANDEM_OK : fail_sqlite(cache, what, err);
    sqlite3_reset(s);
    return code;
}

static tandem_code number(sqlite_cache *cache, statement which, int64_t *out, tandem_error *err)
{
    sqlite3_stmt *s = fresh(cache, which);
    tandem_code code = TANDEM_OK;
    if (sqlite3_step(s) == SQLITE_ROW)
        *out = sqlite3_column_int64(s, 0);
    else
        code = fail_sqlite(cache, "read", err);
    sqlite3_reset(s);
    return code;
}

static tandem_code begin(sqlite_cache *cache, tandem_error *err)
{
    return finish(cache, fresh(cache, BEGIN), "write to", err);
}

/* Ends the transaction: whole on OK, without a trace otherwise. */
static tandem_code end(sqlite_cache *cache, tandem_code code, tandem_error *err)
{
    if (code == TANDEM_OK)
        code = finish(cache, fresh(cache, COMMIT), "write to", err);
    if (code != TANDEM_OK && !sqlite3_get_autocommit(cache->db))
        finish(cache, fresh(cache, ROLLBACK), "write to", NULL);
    return code;
}

/* ---- vectors as bytes ---- */

static void to_bytes(const float *vector, size_t dim, uint8_t *out)
{
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &vector[i], sizeof(bits));
        for (int b = 0; b < 4; b++)
            out[i * 4 + (size_t)b] = (uint8_t)(bits >> (8 * b));
    }
}

static void from_bytes(const uint8_t *bytes, size_t dim, float *out)
{
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits = 0;
        for (int b = 0; b < 4; b++)
            bits |= (uint32_t)bytes[i * 4 + (size_t)b] << (8 * b);
        memcpy(&out[i], &bits, sizeof(bits));
    }
}

static int64_t sum_of(td_hash key, const uint8_t *bytes, size_t n)
{
    const td_str parts[] = {
        {(const char *)key.bytes, sizeof(key.bytes)},
        {(const char *)bytes, n},
    };
    td_hash hash = td_hash_of_parts(parts, 2);
    uint64_t sum = 0;
    for (int b = 0; b < 8; b++)
        sum = sum << 8 | hash.bytes[b];
    return (int64_t)sum;
}

static tandem_code reserve_blob(sqlite_cache *cache, size_t dim, size_t *bytes_out,
                                tandem_error *err)
{
    size_t bytes;
    if (dim == 0 || !td_size_mul(dim, sizeof(float), &bytes) || bytes > INT32_MAX)
        return td_fail(err, TANDEM_E_INVALID, "a vector of width %zu for the cache", dim);
    if (bytes > cache->blob_bytes) {
        uint8_t *larger = realloc(cache->blob, bytes);
        if (!larger)
            return td_fail_nomem(err, "cached vector");
        cache->blob = larger;
        cache->blob_bytes = bytes;
    }
    *bytes_out = bytes;
    return TANDEM_OK;
}

/* ---- within a transaction ---- */

static tandem_code drop_row(sqlite_cache *cache, int64_t id, tandem_error *err)
{
    sqlite3_stmt *s = fresh(cache, DROP);
    sqlite3_bind_int64(s, 1, id);
    int step = sqlite3_step(s);
    if (step == SQLITE_ROW) {
        uint64_t bytes = (uint64_t)sqlite3_column_int64(s, 0);
        cache->bytes -= bytes < cache->bytes ? bytes : cache->bytes;
        step = sqlite3_step(s);
    }
    tandem_code code = step == SQLITE_DONE ? TANDEM_OK : fail_sqlite(cache, "write to", err);
    sqlite3_reset(s);
    return code;
}

static tandem_code write_touched(sqlite_cache *cache, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (size_t i = 0; i < cache->n_touched && code == TANDEM_OK; i++) {
        sqlite3_stmt *s = fresh(cache, TOUCH);
        sqlite3_bind_int64(s, 1, cache->touched[i]);
        sqlite3_bind_int64(s, 2, cache->tick);
        code = finish(cache, s, "write to", err);
    }
    return code;
}

/* The ids of the least lately used rows. */
static tandem_code read_oldest(sqlite_cache *cache, int64_t ids[EVICT_ROWS], size_t *n_out,
                               tandem_error *err)
{
    sqlite3_stmt *s = fresh(cache, OLDEST);
    sqlite3_bind_int(s, 1, EVICT_ROWS);
    int step;
    size_t n = 0;
    while ((step = sqlite3_step(s)) == SQLITE_ROW && n < EVICT_ROWS)
        ids[n++] = sqlite3_column_int64(s, 0);
    tandem_code code = step == SQLITE_DONE ? TANDEM_OK : fail_sqlite(cache, "read", err);
    sqlite3_reset(s);
    *n_out = n;
    return code;
}

static tandem_code evict(sqlite_cache *cache, size_t *n_evicted_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int64_t ids[EVICT_ROWS], total = 0;
    size_t n = 1;
    if (cache->bytes_max == 0 || cache->bytes <= cache->bytes_max)
        return TANDEM_OK;
    /* Another connection may have stored or evicted since this one counted. */
    TD_TRY(number(cache, TOTAL, &total, err));
    cache->bytes = (uint64_t)total;
    uint64_t aim = cache->bytes_max - cache->bytes_max / 16;
    while (cache->bytes > aim && n > 0) {
        TD_TRY(read_oldest(cache, ids, &n, err));
        for (size_t i = 0; i < n && cache->bytes > aim; i++) {
            TD_TRY(drop_row(cache, ids[i], err));
            ++*n_evicted_out;
        }
    }

out:
    return code;
}

static tandem_code insert(sqlite_cache *cache, td_hash key, const float *vector, size_t dim,
                          size_t bytes, size_t *n_stored_out, tandem_error *err)
{
    to_bytes(vector, dim, cache->blob);
    sqlite3_stmt *s = fresh(cache, PUT);
    sqlite3_bind_blob(s, 1, key.bytes, sizeof(key.bytes), SQLITE_STATIC);
    sqlite3_bind_int64(s, 2, cache->tick);
    sqlite3_bind_int64(s, 3, (int64_t)bytes);
    sqlite3_bind_int64(s, 4, sum_of(key, cache->blob, bytes));
    sqlite3_bind_blob(s, 5, cache->blob, (int)bytes, SQLITE_STATIC);
    tandem_code code = finish(cache, s, "write to", err);
    sqlite3_clear_bindings(s);
    if (code != TANDEM_OK || sqlite3_changes(cache->db) == 0)
        return code;
    cache->bytes += bytes;
    ++*n_stored_out;
    return TANDEM_OK;
}

static tandem_code write_locked(sqlite_cache *cache, const td_hash *keys, const float *vectors,
                                size_t n, size_t dim, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t bytes = 0, n_stored = 0, n_evicted = 0;
    uint64_t bytes_before = cache->bytes;
    if (n > 0)
        TD_TRY(reserve_blob(cache, dim, &bytes, err));
    TD_TRY(begin(cache, err));
    code = write_touched(cache, err);
    for (size_t i = 0; i < n && code == TANDEM_OK; i++)
        code = insert(cache, keys[i], vectors + i * dim, dim, bytes, &n_stored, err);
    if (code == TANDEM_OK)
        code = evict(cache, &n_evicted, err);
    TD_TRY(end(cache, code, err));

    cache->n_touched = 0;
    cache->n_since_tick += n_stored;
    if (cache->n_since_tick >= TICK_VECTORS) {
        cache->n_since_tick = 0;
        cache->tick++;
    }
    td_metrics_add(cache->stored, (double)n_stored);
    td_metrics_add(cache->evicted, (double)n_evicted);

out:
    if (code != TANDEM_OK)
        cache->bytes = bytes_before;
    return code;
}

/* ---- the door ---- */

static tandem_code sqlite_put(td_cache *self, const td_hash *keys, const float *vectors, size_t n,
                              size_t dim, tandem_error *err)
{
    sqlite_cache *cache = (sqlite_cache *)self;
    if (n == 0)
        return TANDEM_OK;
    pthread_mutex_lock(&cache->lock);
    tandem_code code = write_locked(cache, keys, vectors, n, dim, err);
    pthread_mutex_unlock(&cache->lock);
    return code;
}

static void note_use_locked(sqlite_cache *cache, int64_t id, int64_t used)
{
    if (used >= cache->tick)
        return;
    if (cache->n_touched == TOUCHED_MAX)
        write_locked(cache, NULL, NULL, 0, 0, NULL);
    if (cache->n_touched == TOUCHED_MAX)
        cache->n_touched =
            0; /* could not be written: the order of eviction suffers, nothing else */
    cache->touched[cache->n_touched++] = id;
}

static tandem_code get_locked(sqlite_cache *cache, td_hash key, float *out, size_t dim,
                              bool *found_out, tandem_error *err)
{
    sqlite3_stmt *s = fresh(cache, GET);
    sqlite3_bind_blob(s, 1, key.bytes, sizeof(key.bytes), SQLITE_STATIC);
    int step = sqlite3_step(s);
    if (step != SQLITE_ROW) {
        tandem_code code = step == SQLITE_DONE ? TANDEM_OK : fail_sqlite(cache, "read", err);
        sqlite3_reset(s);
        *found_out = false;
        return code;
    }
    int64_t id = sqlite3_column_int64(s, 0), used = sqlite3_column_int64(s, 1);
    const uint8_t *bytes = sqlite3_column_blob(s, 3);
    size_t n = (size_t)sqlite3_column_bytes(s, 3);
    bool good = bytes && n % sizeof(float) == 0 && n / sizeof(float) == dim &&
                sum_of(key, bytes, n) == sqlite3_column_int64(s, 2);
    if (good)
        from_bytes(bytes, dim, out);
    sqlite3_reset(s); /* ends the read before anything is written */
    *found_out = good;
    if (good) {
        note_use_locked(cache, id, used);
    } else {
        td_metrics_add(cache->broken, 1);
        drop_row(cache, id, NULL); /* where it can't be, the next get finds it broken again */
    }
    return TANDEM_OK;
}

static tandem_code sqlite_get(td_cache *self, td_hash key, float *out, size_t dim, bool *found_out,
                              tandem_error *err)
{
    sqlite_cache *cache = (sqlite_cache *)self;
    bool found = false;
    pthread_mutex_lock(&cache->lock);
    tandem_code code = get_locked(cache, key, out, dim, &found, err);
    pthread_mutex_unlock(&cache->lock);
    if (code != TANDEM_OK)
        return code;
    td_metrics_add(found ? cache->hits : cache->misses, 1);
    *found_out = found;
    return TANDEM_OK;
}

static void sqlite_get_counts(td_cache *self, td_cache_counts *counts_out)
{
    sqlite_cache *cache = (sqlite_cache *)self;
    pthread_mutex_lock(&cache->lock);
    uint64_t bytes = cache->bytes;
    pthread_mutex_unlock(&cache->lock);
    *counts_out = (td_cache_counts){
        .n_hits = (uint64_t)td_metrics_value(cache->hits),
        .n_misses = (uint64_t)td_metrics_value(cache->misses),
        .n_stored = (uint64_t)td_metrics_value(cache->stored),
        .n_evicted = (uint64_t)td_metrics_value(cache->evicted),
        .bytes = bytes,
        .bytes_max = cache->bytes_max,
    };
}

static void sqlite_close(td_cache *self)
{
    sqlite_cache *cache = (sqlite_cache *)self;
    if (!cache)
        return;
    if (cache->n_touched > 0)
        write_locked(cache, NULL, NULL, 0, 0, NULL);
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(cache->statements[i]);
    sqlite3_close(cache->db);
    pthread_mutex_destroy(&cache->lock);
    free(cache->touched);
    free(cache->blob);
    free(cache->path);
    free(cache);
}

/* ---- open ---- */

/* "id INTEGER, key BLOB, ..." of whatever is called cache; empty when nothing is. */
static tandem_code read_columns(sqlite_cache *cache, char *out, size_t n_out, tandem_error *err)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT c.name || ' ' || c.type FROM pragma_table_info('cache') c "
                              "ORDER BY c.cid LIMIT 32";
    if (sqlite3_prepare_v2(cache->db, sql, -1, &s, NULL) != SQLITE_OK)
        return fail_sqlite(cache, "read", err);
    size_t n = 0;
    int step;
    out[0] = '\0';
    while ((step = sqlite3_step(s)) == SQLITE_ROW && n < n_out)
        n += (size_t)snprintf(out + n, n_out - n, "%s%s", n ? ", " : "",
                              (const char *)sqlite3_column_text(s, 0));
    bool whole = step == SQLITE_DONE || step == SQLITE_ROW;
    tandem_code code = whole ? TANDEM_OK : fail_sqlite(cache, "read", err);
    sqlite3_finalize(s);
    return code;
}

static tandem_code check_table(sqlite_cache *cache, tandem_error *err)
{
    char columns[512];
    tandem_code code = read_columns(cache, columns, sizeof(columns), err);
    if (code == TANDEM_OK && columns[0] && strcmp(columns, COLUMNS) != 0)
        return td_fail(err, TANDEM_E_FORMAT,
                       "%s has a table \"cache\" that is not tandem's (%.80s): rename that table, "
                       "or name another file",
                       cache->path, columns);
    return code;
}

static tandem_code prepare(sqlite_cache *cache, tandem_error *err)
{
    for (int i = 0; i < N_STATEMENTS; i++) {
        if (sqlite3_prepare_v3(cache->db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &cache->statements[i], NULL) != SQLITE_OK)
            return fail_sqlite(cache, "open", err);
    }
    return TANDEM_OK;
}

static tandem_code connect(sqlite_cache *cache, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int64_t total = 0, last_tick = 0;
    if (sqlite3_open_v2(cache->path, &cache->db, flags, NULL) != SQLITE_OK)
        return fail_sqlite(cache, "open", err);
    sqlite3_busy_timeout(cache->db, BUSY_MS);
    /* The file may be anyone's: its triggers and views are not run. */
    sqlite3_db_config(cache->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(cache->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(cache->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (sqlite3_exec(cache->db, SQL_OPEN, NULL, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(cache, "open", err);
    TD_TRY(check_table(cache, err));
    if (sqlite3_exec(cache->db, SQL_MAKE, NULL, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(cache, "make", err);
    TD_TRY(prepare(cache, err));
    TD_TRY(number(cache, TOTAL, &total, err));
    TD_TRY(number(cache, LAST_TICK, &last_tick, err));
    cache->bytes = (uint64_t)total;
    cache->tick = last_tick < INT64_MAX / 2 ? last_tick + 1 : 1;

out:
    return code;
}

tandem_code td_cache_open_sqlite(const char *path, uint64_t bytes_max, td_cache **cache_out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    sqlite_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return td_fail_nomem(err, "vector cache");
    pthread_mutex_init(&cache->lock, NULL);
    cache->door = (td_cache){.get = sqlite_get,
                             .put = sqlite_put,
                             .get_counts = sqlite_get_counts,
                             .close = sqlite_close};
    cache->bytes_max = bytes_max;
    cache->path = strdup(path);
    cache->touched = malloc(TOUCHED_MAX * sizeof(*cache->touched));
    cache->hits = td_metrics_counter("tandem_cache_total", "result=\"hit\"");
    cache->misses = td_metrics_counter("tandem_cache_total", "result=\"miss\"");
    cache->broken = td_metrics_counter("tandem_cache_total", "result=\"broken\"");
    cache->stored = td_metrics_counter("tandem_cache_total", "result=\"stored\"");
    cache->evicted = td_metrics_counter("tandem_cache_total", "result=\"evicted\"");
    if (!cache->path || !cache->touched)
        TD_FAIL(err, TANDEM_E_NOMEM, "out of memory for the vector cache");
    TD_TRY(connect(cache, err));
    *cache_out = &cache->door;
    cache = NULL;

out:
    sqlite_close(cache ? &cache->door : NULL);
    return code;
}
