#include "store/sqlite.h"

/* Blocks of one-bit vectors.
 *
 * 1. A row is in use iff its id is not 0; bit_blocks.n_used counts those of a block.
 * 2. A block whose last row is freed is deleted, so a lane holds vectors iff it has a block.
 * 3. `bits` of td_store_sqlite mirrors the block that takes new rows, within one transaction only:
 *    bits_close forgets it, so that a rollback cannot leave it wrong. */

static void pack(const float *values, size_t dim, uint8_t *bits_out, size_t row_bytes)
{
    memset(bits_out, 0, row_bytes);
    for (size_t i = 0; i < dim; i++)
        bits_out[i / 8] |= (uint8_t)((values[i] > 0) << (i % 8));
}

static void close_lane(td_store_bits *bits)
{
    sqlite3_blob_close(bits->ids_blob);
    sqlite3_blob_close(bits->bits_blob);
    bits->ids_blob = NULL;
    bits->bits_blob = NULL;
    bits->block = 0;
}

void td_store_sqlite_bits_close(td_store_sqlite *self)
{
    for (size_t lane = 0; lane < TANDEM_N_LANES; lane++)
        close_lane(&self->bits[lane]);
}

static tandem_code add_block(td_store_db *db, tandem_lane lane, size_t row_bytes,
                             int64_t *block_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_run(db, TD_SQL_BLOCK_ADD, err, "i", (int64_t)lane));
    int64_t block = sqlite3_last_insert_rowid(db->handle);
    TD_TRY(td_store_sqlite_db_run(db, TD_SQL_BLOCK_ROWS_ADD, err, "iii", block,
                                  (int64_t)sizeof(int64_t) * TD_STORE_BLOCK_ROWS,
                                  (int64_t)row_bytes * TD_STORE_BLOCK_ROWS));
    *block_out = block;

out:
    return code;
}

static tandem_code open_block(td_store_sqlite *self, td_store_bits *bits, int64_t block,
                              tandem_error *err)
{
    sqlite3 *handle = self->db.handle;

    close_lane(bits);
    if (sqlite3_blob_open(handle, "main", "bit_rows", "ids", block, 1, &bits->ids_blob) ||
        sqlite3_blob_open(handle, "main", "bit_rows", "bits", block, 1, &bits->bits_blob))
        return td_store_sqlite_db_damaged(&self->db, "a block of bits is not there", err);
    if (sqlite3_blob_bytes(bits->ids_blob) != sizeof(bits->ids) ||
        (size_t)sqlite3_blob_bytes(bits->bits_blob) != bits->row_bytes * TD_STORE_BLOCK_ROWS)
        return td_store_sqlite_db_damaged(&self->db, "a block of bits has a wrong size", err);
    if (sqlite3_blob_read(bits->ids_blob, bits->ids, sizeof(bits->ids), 0) != SQLITE_OK)
        return td_store_sqlite_db_fail(&self->db, err);
    bits->block = block;
    bits->cursor = 0;
    return TANDEM_OK;
}

static bool find_row(td_store_bits *bits)
{
    while (bits->block && bits->cursor < TD_STORE_BLOCK_ROWS && bits->ids[bits->cursor] != 0)
        bits->cursor++;
    return bits->block && bits->cursor < TD_STORE_BLOCK_ROWS;
}

/* A block with a free row at the cursor. */
static tandem_code find_room(td_store_sqlite *self, tandem_lane lane, tandem_error *err)
{
    td_store_bits *bits = &self->bits[lane];
    sqlite3_stmt *statement = NULL;
    int64_t block = 0;
    bool row = false;
    tandem_code code = TANDEM_OK;

    if (find_row(bits))
        return TANDEM_OK;
    bits->row_bytes = (self->dims[lane] + 7) / 8;
    TD_TRY(
        td_store_sqlite_db_bind(&self->db, TD_SQL_BLOCK_ROOM, &statement, err, "i", (int64_t)lane));
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    if (row) {
        block = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
    } else {
        TD_TRY(add_block(&self->db, lane, bits->row_bytes, &block, err));
    }
    TD_TRY(open_block(self, bits, block, err));
    if (!find_row(bits))
        code = td_store_sqlite_db_damaged(&self->db, "a block of bits is fuller than it says", err);

out:
    return code;
}

/* Adds to n_used. */
static tandem_code use_rows(td_store_sqlite *self, int64_t block, int64_t n_more,
                            int64_t *n_used_out, tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(
        td_store_sqlite_db_bind(&self->db, TD_SQL_BLOCK_USE, &statement, err, "ii", block, n_more));
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    if (!row)
        return td_store_sqlite_db_damaged(&self->db, "a vector's block is not there", err);
    int64_t n_used = sqlite3_column_int64(statement, 0);
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    sqlite3_reset(statement);
    *n_used_out = n_used;

out:
    return code;
}

tandem_code td_store_sqlite_bits_put(td_store_sqlite *self, tandem_lane lane, int64_t chunk_id,
                                     const float *values, int64_t *slot_out, tandem_error *err)
{
    td_store_bits *bits = &self->bits[lane];
    uint8_t packed[(TD_STORE_DIM_MAX + 7) / 8];
    int64_t n_used = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(find_room(self, lane, err));
    pack(values, self->dims[lane], packed, bits->row_bytes);
    int at = (int)bits->cursor;
    if (sqlite3_blob_write(bits->ids_blob, &chunk_id, sizeof(chunk_id),
                           at * (int)sizeof(chunk_id)) ||
        sqlite3_blob_write(bits->bits_blob, packed, (int)bits->row_bytes,
                           at * (int)bits->row_bytes))
        return td_store_sqlite_db_fail(&self->db, err);
    bits->ids[at] = chunk_id;
    TD_TRY(use_rows(self, bits->block, 1, &n_used, err));
    *slot_out = bits->block * TD_STORE_BLOCK_ROWS + at;

out:
    return code;
}

/* Writes 0 as the id of a row in a block that is not open. */
static tandem_code clear_id(td_store_sqlite *self, int64_t block, int row, tandem_error *err)
{
    static const int64_t NO_ID = 0;
    sqlite3_blob *blob = NULL;
    tandem_code code = TANDEM_OK;

    if (sqlite3_blob_open(self->db.handle, "main", "bit_rows", "ids", block, 1, &blob) ||
        sqlite3_blob_write(blob, &NO_ID, sizeof(NO_ID), row * (int)sizeof(NO_ID)))
        code = td_store_sqlite_db_fail(&self->db, err);
    sqlite3_blob_close(blob);
    return code;
}

/* The lane whose open block this is; NULL if none. */
static td_store_bits *open_lane_of(td_store_sqlite *self, int64_t block)
{
    for (size_t lane = 0; lane < TANDEM_N_LANES; lane++)
        if (self->bits[lane].block == block)
            return &self->bits[lane];
    return NULL;
}

tandem_code td_store_sqlite_bits_free(td_store_sqlite *self, int64_t slot, tandem_error *err)
{
    static const int64_t NO_ID = 0;
    int64_t block = slot / TD_STORE_BLOCK_ROWS, n_used = 0;
    int row = (int)(slot % TD_STORE_BLOCK_ROWS);
    tandem_code code = TANDEM_OK;

    if (slot < TD_STORE_BLOCK_ROWS)
        return td_store_sqlite_db_damaged(&self->db, "the place of a vector", err);
    td_store_bits *bits = open_lane_of(self, block);
    TD_TRY(use_rows(self, block, -1, &n_used, err));
    if (n_used <= 0) {
        if (bits)
            close_lane(bits);
        TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_BLOCK_ROWS_DELETE, err, "i", block));
        TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_BLOCK_DELETE, err, "i", block));
    } else if (bits) {
        if (sqlite3_blob_write(bits->ids_blob, &NO_ID, sizeof(NO_ID), row * (int)sizeof(NO_ID)))
            return td_store_sqlite_db_fail(&self->db, err);
        bits->ids[row] = 0;
        bits->cursor = (size_t)row < bits->cursor ? (size_t)row : bits->cursor;
    } else {
        TD_TRY(clear_id(self, block, row, err));
    }

out:
    return code;
}
