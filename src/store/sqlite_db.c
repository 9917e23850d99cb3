#include "store/sqlite_db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const SQL[TD_N_SQL] = {
#define TD_STORE_SQL_TEXT(name, text) [TD_SQL_##name] = text,
    TD_STORE_SQL(TD_STORE_SQL_TEXT)
#undef TD_STORE_SQL_TEXT
};

static int keep_wal_frames(void *user, sqlite3 *handle, const char *schema, int n_frames)
{
    (void)handle, (void)schema;
    ((td_store_db *)user)->n_wal_frames = n_frames;
    return SQLITE_OK;
}

tandem_code td_store_sqlite_db_open(const char *path, int flags, uint32_t busy_ms,
                                    td_store_db *db_out, tandem_error *err)
{
    *db_out = (td_store_db){.path = path};
    /* A connection is used by one thread at a time, so SQLite's own mutexes are not needed. */
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(path, &db_out->handle, flags, NULL) != SQLITE_OK)
        return td_store_sqlite_db_fail(db_out, err);
    sqlite3_busy_timeout(db_out->handle, busy_ms > INT32_MAX ? INT32_MAX : (int)busy_ms);
    sqlite3_db_config(db_out->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db_out->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_wal_hook(db_out->handle, keep_wal_frames, db_out);
    return TANDEM_OK;
}

void td_store_sqlite_db_close(td_store_db *db)
{
    for (size_t i = 0; i < TD_N_SQL; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    sqlite3_close(db->handle);
    db->handle = NULL;
}

/* Which errors of the file system mean a full disk. A limit on file size is the user's own wall,
 * and the same advice helps. */
static bool is_no_space(int errno_value)
{
    return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG;
}

/* What the system said last of the file or its log. Not every failure is told through
 * sqlite3_system_errno. */
static bool had_no_space(const td_store_db *db)
{
    int of_file = 0, of_log = 0;
    sqlite3_file *log = NULL;

    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
    return is_no_space(of_file) || is_no_space(of_log);
}

static tandem_code fail_io(const td_store_db *db, tandem_error *err)
{
    int system = sqlite3_system_errno(db->handle);
    int extended = sqlite3_extended_errcode(db->handle);

    if (is_no_space(system) || (extended == SQLITE_IOERR_WRITE && had_no_space(db)))
        return td_fail(err, TANDEM_E_NO_SPACE,
                       "no space left for %s: make room and run again; what was stored is whole",
                       db->path);
    if (extended == SQLITE_IOERR_NOMEM)
        return td_fail_nomem(err, "reading the database");
    if (extended == SQLITE_IOERR_SHORT_READ)
        return td_store_sqlite_db_damaged(db, "it is cut short", err);
    if (system != 0)
        return td_fail_errno(err, system, "cannot read or write %s (%s)", db->path,
                             sqlite3_errmsg(db->handle));
    return td_fail(err, TANDEM_E_IO, "cannot read or write %s: %s (%d); check the disk", db->path,
                   sqlite3_errmsg(db->handle), extended);
}

static tandem_code fail_open(const td_store_db *db, tandem_error *err)
{
    int system = sqlite3_system_errno(db->handle);

    if (system != 0)
        return td_fail_errno(err, system, "cannot open the database %s", db->path);
    return td_fail(err, TANDEM_E_DENIED, "cannot open the database %s: %s; check its folder",
                   db->path, sqlite3_errmsg(db->handle));
}

tandem_code td_store_sqlite_db_damaged(const td_store_db *db, const char *what, tandem_error *err)
{
    return td_fail(err, TANDEM_E_FORMAT,
                   "the database %s is damaged (%s): restore a copy, or delete it and index again",
                   db->path, what);
}

tandem_code td_store_sqlite_db_fail(td_store_db *db, tandem_error *err)
{
    if (!db->handle)
        return td_fail_nomem(err, "a database connection");
    switch (sqlite3_errcode(db->handle) & 0xff) {
    case SQLITE_FULL:
        return td_fail(err, TANDEM_E_NO_SPACE,
                       "no space left for %s: make room and run again; what was stored is whole",
                       db->path);
    case SQLITE_IOERR:
        return fail_io(db, err);
    case SQLITE_CORRUPT:
        return td_store_sqlite_db_damaged(db, sqlite3_errmsg(db->handle), err);
    case SQLITE_NOTADB:
        return td_fail(err, TANDEM_E_FORMAT,
                       "%s is not a tandem database (nor any SQLite file): name another --db",
                       db->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return td_fail(err, TANDEM_E_BUSY, "%s is locked by another program: try again later",
                       db->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return td_fail(err, TANDEM_E_DENIED,
                       "%s may not be written: check who owns it and its folder", db->path);
    case SQLITE_CANTOPEN:
        return fail_open(db, err);
    case SQLITE_NOMEM:
        return td_fail_nomem(err, "a database operation");
    case SQLITE_TOOBIG:
        return td_fail(err, TANDEM_E_TOO_LARGE, "a text is too large for %s: %s", db->path,
                       sqlite3_errmsg(db->handle));
    default:
        return td_fail(err, TANDEM_E_INTERNAL, "%s: %s (%d)", db->path, sqlite3_errmsg(db->handle),
                       sqlite3_extended_errcode(db->handle));
    }
}

tandem_code td_store_sqlite_db_exec(td_store_db *db, const char *sql, tandem_error *err)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return td_store_sqlite_db_fail(db, err);
    return TANDEM_OK;
}

tandem_code td_store_sqlite_db_number(td_store_db *db, const char *sql, int64_t *value_out,
                                      tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    tandem_code code = TANDEM_OK;

    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        code = td_store_sqlite_db_fail(db, err);
    else
        *value_out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code;
}

tandem_code td_store_sqlite_db_bind_one(td_store_db *db, sqlite3_stmt *statement, int at, td_str s,
                                        bool is_blob, tandem_error *err)
{
    const char *ptr = s.ptr ? s.ptr : ""; /* NULL would bind SQL's NULL */
    int rc = is_blob ? sqlite3_bind_blob64(statement, at, ptr, s.n, SQLITE_STATIC)
                     : sqlite3_bind_text64(statement, at, ptr, s.n, SQLITE_STATIC, SQLITE_UTF8);
    return rc == SQLITE_OK ? TANDEM_OK : td_store_sqlite_db_fail(db, err);
}

static tandem_code bind_all(td_store_db *db, sqlite3_stmt *statement, const char *types,
                            va_list args, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    for (int at = 1; types[at - 1] && code == TANDEM_OK; at++) {
        int rc = SQLITE_OK;
        switch (types[at - 1]) {
        case 'i':
            rc = sqlite3_bind_int64(statement, at, va_arg(args, int64_t));
            break;
        case 'd':
            rc = sqlite3_bind_double(statement, at, va_arg(args, double));
            break;
        case 't':
        case 'b':
            code = td_store_sqlite_db_bind_one(db, statement, at, va_arg(args, td_str),
                                               types[at - 1] == 'b', err);
            break;
        default:
            rc = sqlite3_bind_null(statement, at);
            break;
        }
        if (rc != SQLITE_OK)
            code = td_store_sqlite_db_fail(db, err);
    }
    return code;
}

static tandem_code bind_list(td_store_db *db, td_store_sql sql, sqlite3_stmt **statement_out,
                             tandem_error *err, const char *types, va_list args)
{
    sqlite3_stmt **slot = &db->statements[sql];

    if (!*slot &&
        sqlite3_prepare_v3(db->handle, SQL[sql], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL))
        return td_store_sqlite_db_fail(db, err);
    sqlite3_reset(*slot);
    *statement_out = *slot;
    return bind_all(db, *slot, types, args, err);
}

tandem_code td_store_sqlite_db_bind(td_store_db *db, td_store_sql sql, sqlite3_stmt **statement_out,
                                    tandem_error *err, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    tandem_code code = bind_list(db, sql, statement_out, err, types, args);
    va_end(args);
    return code;
}

tandem_code td_store_sqlite_db_step(td_store_db *db, sqlite3_stmt *statement, bool *row_out,
                                    tandem_error *err)
{
    int rc = sqlite3_step(statement);

    if (rc == SQLITE_ROW) {
        *row_out = true;
        return TANDEM_OK;
    }
    /* The message must be taken before the reset, which may clear it. */
    tandem_code code = rc == SQLITE_DONE ? TANDEM_OK : td_store_sqlite_db_fail(db, err);
    sqlite3_reset(statement);
    *row_out = false;
    return code;
}

tandem_code td_store_sqlite_db_run(td_store_db *db, td_store_sql sql, tandem_error *err,
                                   const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    bool row = true;
    va_list args;

    va_start(args, types);
    tandem_code code = bind_list(db, sql, &statement, err, types, args);
    va_end(args);
    while (code == TANDEM_OK && row)
        code = td_store_sqlite_db_step(db, statement, &row, err);
    return code;
}

td_str td_store_sqlite_db_str(sqlite3_stmt *statement, int column)
{
    const char *ptr = sqlite3_column_blob(statement, column);
    size_t n = (size_t)sqlite3_column_bytes(statement, column);

    return ptr ? (td_str){ptr, n} : (td_str){"", 0};
}

tandem_code td_store_sqlite_db_begin(td_store_db *db, td_store_sql how, tandem_error *err)
{
    tandem_code code = td_store_sqlite_db_run(db, how, err, "");
    db->in_transaction = code == TANDEM_OK;
    return code;
}

tandem_code td_store_sqlite_db_end(td_store_db *db, tandem_code code, tandem_error *err)
{
    if (!db->in_transaction)
        return code;
    if (code == TANDEM_OK)
        code = td_store_sqlite_db_run(db, TD_SQL_COMMIT, err, "");
    /* A failed commit may leave the transaction open (SQLITE_BUSY) or have ended it (disk full). */
    if (code != TANDEM_OK && !sqlite3_get_autocommit(db->handle))
        td_store_sqlite_db_run(db, TD_SQL_ROLLBACK, NULL, "");
    db->in_transaction = false;
    return code;
}
