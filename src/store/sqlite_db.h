/* store/sqlite_db.h - one connection to SQLite: its prepared statements, and failures in our words.
 *
 * Threads:  one owner at a time
 */
#ifndef TD_STORE_SQLITE_DB_H
#define TD_STORE_SQLITE_DB_H

#include "base/error.h"
#include "base/str.h"
#include "store/sqlite_sql.h"

#include <sqlite3.h>

typedef struct td_store_db {
    sqlite3 *handle;
    const char *path;    /* borrowed; for messages */
    int n_wal_frames;    /* in the log after the last commit of this connection */
    bool in_transaction; /* between begin and commit or rollback */
    sqlite3_stmt *statements[TD_N_SQL];
} td_store_db;

/* Opens `path` with SQLITE_OPEN_ flags. A lock of another connection is waited for busy_ms.
 * db_out is cleared by td_store_sqlite_db_close, also after a failure. */
tandem_code td_store_sqlite_db_open(const char *path, int flags, uint32_t busy_ms,
                                    td_store_db *db_out, tandem_error *err);

/* An empty struct is fine. */
void td_store_sqlite_db_close(td_store_db *db);

/* The failure that SQLite reported last on this connection: what it means and what to do. */
tandem_code td_store_sqlite_db_fail(td_store_db *db, tandem_error *err);

/* E_FORMAT for a file whose content contradicts itself; `what` says where. */
tandem_code td_store_sqlite_db_damaged(const td_store_db *db, const char *what, tandem_error *err);

/* Runs statements that give no rows. */
tandem_code td_store_sqlite_db_exec(td_store_db *db, const char *sql, tandem_error *err);

/* The first column of the first row of `sql`. */
tandem_code td_store_sqlite_db_number(td_store_db *db, const char *sql, int64_t *value_out,
                                      tandem_error *err);

/* A statement, ready to step, with its parameters bound from ?1 on as `types` says, a letter each:
 *   i int64_t   d double   t td_str as TEXT   b td_str as BLOB   n nothing: NULL
 * Texts are not copied: they must live until the last step. */
tandem_code td_store_sqlite_db_bind(td_store_db *db, td_store_sql sql, sqlite3_stmt **statement_out,
                                    tandem_error *err, const char *types, ...);

/* Parameters of a statement that is not in the table. */
tandem_code td_store_sqlite_db_bind_one(td_store_db *db, sqlite3_stmt *statement, int at, td_str s,
                                        bool is_blob, tandem_error *err);

/* The next row; at the end *row_out is false and the statement is reset. */
tandem_code td_store_sqlite_db_step(td_store_db *db, sqlite3_stmt *statement, bool *row_out,
                                    tandem_error *err);

/* td_store_sqlite_db_bind, then to the end; rows are passed over. */
tandem_code td_store_sqlite_db_run(td_store_db *db, td_store_sql sql, tandem_error *err,
                                   const char *types, ...);

/* The bytes of a TEXT or BLOB column; good until the next step. */
td_str td_store_sqlite_db_str(sqlite3_stmt *statement, int column);

/* A transaction. End takes the code so far: commits on OK, else rolls back and returns the code. */
tandem_code td_store_sqlite_db_begin(td_store_db *db, td_store_sql how, tandem_error *err);
tandem_code td_store_sqlite_db_end(td_store_db *db, tandem_code code, tandem_error *err);

#endif
