#include "store/sqlite.h"

#include "base/os.h"
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* 16 KiB pages: ten vectors of 384 or five of 768 dimensions fill one with little waste, and a
 * block of bits is read in few steps. */
#define PAGE_SIZE_SQL "PRAGMA page_size = 16384"

/* Full syncs happen at checkpoints (WAL, synchronous NORMAL): a power cut may lose the last
 * commits, never the file. Checkpoints are our own (sqlite_write.c), so that a failed fsync is
 * seen; the hook of sqlite_db.c has taken the place of SQLite's. */
#define WRITER_SQL                                            \
    "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"  \
    "PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY;" \
    "PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON"
#define READER_SQL "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON"

enum {
    MEMORY_KIB = 32 << 10
};

static tandem_code limit_memory(td_store_db *db, uint64_t kib, tandem_error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "PRAGMA cache_size = -%llu", (unsigned long long)kib);
    return td_store_sqlite_db_exec(db, sql, err);
}

static tandem_code fail_absent(const char *path, tandem_error *err)
{
    return td_fail(err, TANDEM_E_NOT_FOUND, "there is no index in %s: make one with tandem index",
                   path);
}

/* -- the pool of readers -- */

/* The path as a URI that tells SQLite that nobody writes. */
static tandem_code add_immutable_uri(const char *path, td_buf *uri, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_buf_add(uri, TD_STR("file:"), err));
    for (const char *c = path; *c; c++)
        if (*c == '%' || *c == '?' || *c == '#')
            TD_TRY(td_buf_add_fmt(uri, err, "%%%02X", (unsigned)*c));
        else
            TD_TRY(td_buf_add_byte(uri, *c, err));
    TD_TRY(td_buf_add(uri, TD_STR("?immutable=1"), err));

out:
    return code;
}

static tandem_code open_reader(td_store_sqlite *self, td_store_db *db, tandem_error *err)
{
    td_buf uri = TD_BUF(64 << 10);
    int flags = SQLITE_OPEN_READONLY;
    tandem_code code = TANDEM_OK;

    if (self->immutable) {
        TD_TRY(add_immutable_uri(self->path, &uri, err));
        flags |= SQLITE_OPEN_URI;
    }
    TD_TRY(td_store_sqlite_db_open(self->immutable ? uri.ptr : self->path, flags, self->busy_ms, db,
                                   err));
    db->path = self->path;
    TD_TRY(td_store_sqlite_db_exec(db, READER_SQL, err));
    TD_TRY(limit_memory(db, self->memory_kib / 4, err));
    TD_TRY(td_store_sqlite_find_init(db, err));

out:
    td_buf_clear(&uri);
    return code;
}

tandem_code td_store_sqlite_take_reader(td_store_sqlite *self, td_store_db **db_out,
                                        tandem_error *err)
{
    td_store_db *db = NULL;

    pthread_mutex_lock(&self->read_lock);
    if (self->n_readers > 0)
        db = self->readers[--self->n_readers];
    pthread_mutex_unlock(&self->read_lock);
    if (!db) {
        db = calloc(1, sizeof(*db));
        if (!db)
            return td_fail_nomem(err, "a database connection");
        tandem_code code = open_reader(self, db, err);
        if (code != TANDEM_OK) {
            td_store_sqlite_db_close(db);
            free(db);
            return code;
        }
    }
    *db_out = db;
    return TANDEM_OK;
}

void td_store_sqlite_give_reader(td_store_sqlite *self, td_store_db *db)
{
    if (!db)
        return;
    /* A statement left in the middle would hold an old snapshot and keep the log from shrinking. */
    for (size_t i = 0; i < TD_N_SQL; i++)
        sqlite3_reset(db->statements[i]);
    pthread_mutex_lock(&self->read_lock);
    bool kept = self->n_readers < TD_STORE_IDLE_READERS_MAX;
    if (kept)
        self->readers[self->n_readers++] = db;
    pthread_mutex_unlock(&self->read_lock);
    if (!kept) {
        td_store_sqlite_db_close(db);
        free(db);
    }
}

/* -- opening -- */

/* The first bytes tell whether it is SQLite's at all, before a lock file is put beside it. */
static tandem_code look_at_file(td_store_sqlite *self, bool *exists_out, tandem_error *err)
{
    static const char MAGIC[16] = "SQLite format 3";
    char head[sizeof(MAGIC)];
    struct stat info;
    tandem_code code = TANDEM_OK;
    int fd = open(self->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        *exists_out = false;
        return self->read_only ? fail_absent(self->path, err) : TANDEM_OK;
    }
    if (fd < 0)
        return td_fail_errno(err, errno, "cannot open the database %s", self->path);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        code = td_fail(err, TANDEM_E_INVALID, "%s is no regular file: name a file for the database",
                       self->path);
        goto out;
    }
    ssize_t n = pread(fd, head, sizeof(head), 0);
    if (n < 0)
        code = td_fail_errno(err, errno, "cannot read %s", self->path);
    else if (n == 0 && self->read_only)
        code = fail_absent(self->path, err);
    else if (n > 0 && (n != sizeof(head) || memcmp(head, MAGIC, sizeof(MAGIC)) != 0))
        code = td_fail(err, TANDEM_E_FORMAT,
                       "%s is not a tandem database (nor any SQLite file): name another --db",
                       self->path);
    *exists_out = n > 0;

out:
    close(fd);
    return code;
}

static tandem_code make_folder(const char *path, tandem_error *err)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;

    if (n == 0 || n >= sizeof(folder))
        return TANDEM_OK;
    memcpy(folder, path, n);
    folder[n] = '\0';
    return td_os_is_dir(folder) ? TANDEM_OK : td_os_make_dirs(folder, err);
}

static tandem_code identify(td_store_sqlite *self, td_store_db *db, bool *is_old_out,
                            tandem_error *err)
{
    td_store_identity identity = TD_STORE_IS_EMPTY;
    tandem_code code = td_store_migrate_identify(db, &identity, is_old_out, err);

    if (code != TANDEM_OK || !self->read_only)
        return code;
    if (identity == TD_STORE_IS_EMPTY)
        return fail_absent(self->path, err);
    if (*is_old_out)
        return td_fail(
            err, TANDEM_E_UNSUPPORTED,
            "%s was made by an older tandem: run tandem index once to bring it up to date",
            self->path);
    return TANDEM_OK;
}

/* A log that nobody may replay (read-only folder, no -wal file) leaves the main file alone as it
 * is; SQLite then wants to be told so. */
static bool may_be_immutable(const td_store_sqlite *self)
{
    char wal[4200];

    snprintf(wal, sizeof(wal), "%s-wal", self->path);
    return access(wal, F_OK) != 0;
}

static tandem_code open_read_only(td_store_sqlite *self, tandem_error *err)
{
    td_store_db *db = NULL;
    bool is_old = false;
    tandem_code code = td_store_sqlite_take_reader(self, &db, err);

    if (code == TANDEM_OK)
        code = identify(self, db, &is_old, err);
    if (code == TANDEM_E_DENIED && may_be_immutable(self)) {
        td_store_sqlite_give_reader(self, db);
        while (self->n_readers > 0) {
            td_store_sqlite_db_close(self->readers[--self->n_readers]);
            free(self->readers[self->n_readers]);
        }
        db = NULL;
        self->immutable = true;
        code = td_store_sqlite_take_reader(self, &db, err);
        if (code == TANDEM_OK)
            code = identify(self, db, &is_old, err);
    }
    td_store_sqlite_give_reader(self, db);
    return code;
}

static tandem_code load_writer_state(td_store_sqlite *self, tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_RUNS_INTERRUPT, err, ""));
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_CHUNK_LAST, &statement, err, ""));
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    self->next_chunk_id = row ? sqlite3_column_int64(statement, 0) + 1 : 1;
    sqlite3_reset(statement);
    for (int64_t lane = 0; lane < TANDEM_N_LANES; lane++) {
        TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_LANE_GET, &statement, err, "i", lane));
        TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
        int64_t dim = row ? sqlite3_column_int64(statement, 2) : 0;
        sqlite3_reset(statement);
        if (dim < 0 || dim > TD_STORE_DIM_MAX)
            return td_store_sqlite_db_damaged(&self->db, "the width of a lane", err);
        self->dims[lane] = (size_t)dim;
    }

out:
    return code;
}

static tandem_code open_writer(td_store_sqlite *self, tandem_error *err)
{
    bool exists = false, is_old = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(make_folder(self->path, err));
    TD_TRY(look_at_file(self, &exists, err));
    if (exists) { /* whose is it? before a lock file is put beside it */
        TD_TRY(td_store_sqlite_db_open(self->path, SQLITE_OPEN_READWRITE, self->busy_ms, &self->db,
                                       err));
        TD_TRY(identify(self, &self->db, &is_old, err));
        td_store_sqlite_db_close(&self->db);
    }
    TD_TRY(td_store_sqlite_lock_take(self, err));
    TD_TRY(td_store_sqlite_db_open(self->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                   self->busy_ms, &self->db, err));
    TD_TRY(td_store_sqlite_db_exec(&self->db, PAGE_SIZE_SQL, err));
    TD_TRY(identify(self, &self->db, &is_old, err));
    TD_TRY(td_store_sqlite_db_exec(&self->db, "PRAGMA journal_mode = WAL", err));
    TD_TRY(td_store_sqlite_db_exec(&self->db, WRITER_SQL, err));
    TD_TRY(limit_memory(&self->db, self->memory_kib, err));
    if (is_old)
        TD_TRY(td_store_migrate_newest(&self->db, err));
    TD_TRY(load_writer_state(self, err));

out:
    return code;
}

static void close_store(td_store *store)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    tandem_error err;

    if (!self)
        return;
    if (self->db.handle && td_store_sqlite_write_flush(store, &err) != TANDEM_OK)
        td_log(TD_ERROR, "store", "db=%s last writes are lost: %s", self->path, err.message);
    td_arena_free(self->ops_arena);
    while (self->n_readers > 0) {
        td_store_sqlite_db_close(self->readers[--self->n_readers]);
        free(self->readers[self->n_readers]);
    }
    td_store_sqlite_db_close(&self->db);
    td_store_sqlite_lock_drop(self);
    pthread_mutex_destroy(&self->read_lock);
    free(self->path);
    free(self->lock_path);
    free(self);
}

/* ":memory:" and "file:x" become "./:memory:" and "./file:x": no name is special. */
static char *path_of(const char *location, const char *suffix)
{
    bool special = location[0] == ':' || td_str_starts(td_str_from(location), TD_STR("file:"));
    const char *front = special ? "./" : "";
    size_t n = strlen(front) + strlen(location) + strlen(suffix) + 1;
    char *path = malloc(n);

    if (path)
        snprintf(path, n, "%s%s%s", front, location, suffix);
    return path;
}

static const td_store METHODS = {
    .source_put = td_store_sqlite_run_source_put,
    .lane_put = td_store_sqlite_run_lane_put,
    .run_begin = td_store_sqlite_run_begin,
    .run_end = td_store_sqlite_run_end,
    .spans_put = td_store_sqlite_report_put,
    .page_put = td_store_sqlite_write_page_put,
    .page_seen = td_store_sqlite_write_page_seen,
    .page_miss = td_store_sqlite_write_page_miss,
    .visit_put = td_store_sqlite_write_visit_put,
    .vectors_put = td_store_sqlite_write_vectors_put,
    .flush = td_store_sqlite_write_flush,
    .source_remove = td_store_sqlite_run_source_remove,
    .lane_get = td_store_sqlite_read_lane,
    .page_known = td_store_sqlite_read_known,
    .visit_get = td_store_sqlite_visit_get,
    .run_last_done = td_store_sqlite_visit_last_done,
    .text_search = td_store_sqlite_find_text,
    .filter_ids = td_store_sqlite_find_ids,
    .each_bits = td_store_sqlite_scan_bits,
    .each_vector = td_store_sqlite_scan_vectors,
    .vectors_get = td_store_sqlite_scan_get,
    .hits_get = td_store_sqlite_read_hits,
    .counts_get = td_store_sqlite_read_counts,
    .each_source = td_store_sqlite_read_sources,
    .each_miss = td_store_sqlite_read_misses,
    .each_scope = td_store_sqlite_list_scopes,
    .each_page = td_store_sqlite_list_pages,
    .page_get = td_store_sqlite_list_page,
    .each_open = td_store_sqlite_open_each,
    .open_get = td_store_sqlite_open_get,
    .run_get = td_store_sqlite_report_run,
    .spans_get = td_store_sqlite_report_spans,
    .close = close_store,
};

tandem_code td_store_sqlite_open(const char *location, const td_store_options *options,
                                 td_store **store_out, tandem_error *err)
{
    bool exists = false;
    tandem_code code = TANDEM_OK;
    td_store_sqlite *self = calloc(1, sizeof(*self));

    if (!self)
        return td_fail_nomem(err, "a store");
    self->store = METHODS;
    self->lock_fd = -1;
    self->read_only = options->read_only;
    self->busy_ms = options->busy_ms;
    self->memory_kib = options->memory_bytes_max ? options->memory_bytes_max >> 10 : MEMORY_KIB;
    self->path = path_of(location, "");
    self->lock_path = path_of(location, ".lock");
    pthread_mutex_init(&self->read_lock, NULL);
    if (!self->path || !self->lock_path)
        code = td_fail_nomem(err, "a store");
    else if (!self->read_only)
        code = open_writer(self, err);
    else if ((code = look_at_file(self, &exists, err)) == TANDEM_OK)
        code = open_read_only(self, err);
    if (code != TANDEM_OK) {
        close_store(&self->store);
        return code;
    }
    *store_out = &self->store;
    return TANDEM_OK;
}
