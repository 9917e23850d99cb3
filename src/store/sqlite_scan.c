#include "store/sqlite.h"

#include <stdlib.h>

/* A reader in one snapshot, with the width of a lane; dim 0 when the lane was never used. */
static tandem_code take_lane(td_store *store, tandem_lane lane, td_store_db **db_out,
                             size_t *dim_out, tandem_error *err)
{
    td_store_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_take_reader((td_store_sqlite *)store, &db, err));
    *db_out = db;
    TD_TRY(td_store_sqlite_db_begin(db, TD_SQL_BEGIN_READ, err));
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_LANE_GET, &statement, err, "i", (int64_t)lane));
    TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
    int64_t dim = row ? sqlite3_column_int64(statement, 2) : 0;
    sqlite3_reset(statement);
    if (dim < 0 || dim > TD_STORE_DIM_MAX)
        code = td_store_sqlite_db_damaged(db, "the width of a lane", err);
    *dim_out = (size_t)dim;

out:
    return code;
}

static tandem_code give_lane(td_store *store, td_store_db *db, sqlite3_stmt *statement,
                             tandem_code code, tandem_error *err)
{
    if (!db)
        return code;
    sqlite3_reset(statement);
    code = td_store_sqlite_db_end(db, code, err);
    td_store_sqlite_give_reader((td_store_sqlite *)store, db);
    return code;
}

tandem_code td_store_sqlite_scan_bits(td_store *store, tandem_lane lane, td_store_each_bits each,
                                      void *user, tandem_error *err)
{
    int64_t ids[TD_STORE_BLOCK_ROWS]; /* a column's bytes may lie at any address */
    td_store_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    size_t dim = 0;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(take_lane(store, lane, &db, &dim, err));
    size_t row_bytes = (dim + 7) / 8;
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_EACH_BITS, &statement, err, "i", (int64_t)lane));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        td_str id_bytes = td_store_sqlite_db_str(statement, 0);
        td_str bits = td_store_sqlite_db_str(statement, 1);
        if (id_bytes.n != sizeof(ids) || bits.n != row_bytes * TD_STORE_BLOCK_ROWS) {
            code = td_store_sqlite_db_damaged(db, "a block of bits has a wrong size", err);
            break;
        }
        memcpy(ids, id_bytes.ptr, sizeof(ids));
        if (!each(user, ids, (const uint8_t *)bits.ptr, TD_STORE_BLOCK_ROWS, row_bytes))
            break;
    }

out:
    return give_lane(store, db, statement, code, err);
}

/* The vector in a column, at an address that floats may have. */
static tandem_code read_vector(td_store_db *db, sqlite3_stmt *statement, int column, float *values,
                               size_t dim, tandem_error *err)
{
    td_str bytes = td_store_sqlite_db_str(statement, column);

    if (bytes.n != dim * sizeof(float))
        return td_store_sqlite_db_damaged(db, "a vector has a wrong size", err);
    memcpy(values, bytes.ptr, bytes.n);
    return TANDEM_OK;
}

tandem_code td_store_sqlite_scan_vectors(td_store *store, tandem_lane lane,
                                         td_store_each_vector each, void *user, tandem_error *err)
{
    td_store_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    float *values = NULL;
    size_t dim = 0;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(take_lane(store, lane, &db, &dim, err));
    values = malloc(dim > 0 ? dim * sizeof(*values) : 1);
    if (!values) {
        code = td_fail_nomem(err, "a vector");
        goto out;
    }
    TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_EACH_VECTOR, &statement, err, "i", (int64_t)lane));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            break;
        TD_TRY(read_vector(db, statement, 1, values, dim, err));
        if (!each(user, sqlite3_column_int64(statement, 0), values, dim))
            break;
    }

out:
    free(values);
    return give_lane(store, db, statement, code, err);
}

tandem_code td_store_sqlite_scan_get(td_store *store, tandem_lane lane, const int64_t *ids,
                                     size_t n, td_store_each_vector each, void *user,
                                     tandem_error *err)
{
    td_store_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    float *values = NULL;
    size_t dim = 0;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(take_lane(store, lane, &db, &dim, err));
    values = malloc(dim > 0 ? dim * sizeof(*values) : 1);
    if (!values) {
        code = td_fail_nomem(err, "a vector");
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        TD_TRY(td_store_sqlite_db_bind(db, TD_SQL_VECTOR_GET, &statement, err, "ii", ids[i],
                                       (int64_t)lane));
        TD_TRY(td_store_sqlite_db_step(db, statement, &row, err));
        if (!row)
            continue;
        TD_TRY(read_vector(db, statement, 0, values, dim, err));
        if (!each(user, ids[i], values, dim))
            break;
    }

out:
    free(values);
    return give_lane(store, db, statement, code, err);
}
