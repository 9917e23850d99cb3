#include "base/utf8.h"
#include "store/sqlite.h"
#include "store/words.h"

#include <math.h>

/* Statuses as they lie in chunks.status and pages.miss (migrate.c). */
enum {
    CHUNK_DONE,
    CHUNK_PENDING,
    CHUNK_FAILED
};
enum {
    MISS_NONE,
    MISS_SKIPPED,
    MISS_FAILED
};

enum {
    PARTS_BYTES_MAX = 64 << 10,
    /* What a title or a path adds to each of its chunks is bounded: both come from strangers. */
    INDEXED_TITLE_BYTES_MAX = 512,
    INDEXED_PATH_BYTES_MAX = 1024,
};

/* The values of a chunk in the keyword index. They must come out the same when the chunk is put and
 * when it is removed, else the index keeps words of what is gone: so both are made here. */
typedef struct chunk_words {
    td_str text, heading, symbol, title, path;
} chunk_words;

static tandem_code run_words(td_store_sqlite *self, td_store_sql sql, int64_t id,
                             const chunk_words *words, td_buf *parts, tandem_error *err)
{
    td_str title = td_str_slice(words->title, 0, INDEXED_TITLE_BYTES_MAX);
    td_str path = td_str_slice(words->path, 0, INDEXED_PATH_BYTES_MAX);

    td_buf_cut(parts, 0);
    td_store_words_parts(words->symbol, parts);
    td_store_words_parts(words->heading, parts);
    td_store_words_parts(path, parts);
    td_store_words_parts(words->text, parts);
    return td_store_sqlite_db_run(&self->db, sql, err, "itttttt", id, words->text,
                                  td_buf_str(parts), words->heading, words->symbol, title, path);
}

/* -- removing -- */

/* One row of CHUNKS_OLD: its words and its bits. */
static tandem_code remove_chunk(td_store_sqlite *self, sqlite3_stmt *chunk, chunk_words *words,
                                td_str page_text, td_buf *parts, tandem_error *err)
{
    int64_t id = sqlite3_column_int64(chunk, 0);
    int64_t start = sqlite3_column_int64(chunk, 1), end = sqlite3_column_int64(chunk, 2);
    tandem_code code = TANDEM_OK;

    if (start < 0 || end < start || (uint64_t)end > page_text.n)
        return td_store_sqlite_db_damaged(&self->db, "a chunk lies outside its page", err);
    words->text = td_str_slice(page_text, (size_t)start, (size_t)end);
    words->heading = td_store_sqlite_db_str(chunk, 3);
    words->symbol = td_store_sqlite_db_str(chunk, 4);
    TD_TRY(run_words(self, TD_SQL_WORDS_DELETE, id, words, parts, err));
    if (sqlite3_column_type(chunk, 5) != SQLITE_NULL) {
        TD_TRY(td_store_sqlite_bits_free(self, sqlite3_column_int64(chunk, 5), err));
        TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_VECTOR_DELETE, err, "i", id));
    }

out:
    return code;
}

tandem_code td_store_sqlite_page_empty(td_store_sqlite *self, int64_t page, tandem_error *err)
{
    sqlite3_stmt *old = NULL, *chunk = NULL;
    td_buf parts = TD_BUF(PARTS_BYTES_MAX);
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_PAGE_OLD, &old, err, "i", page));
    TD_TRY(td_store_sqlite_db_step(&self->db, old, &row, err));
    if (!row)
        goto out; /* nothing was stored of it */
    td_str final_uri = td_store_sqlite_db_str(old, 1), uri = td_store_sqlite_db_str(old, 2);
    chunk_words words = {.title = td_store_sqlite_db_str(old, 0),
                         .path = final_uri.n > 0 ? final_uri : uri};
    td_str text = td_store_sqlite_db_str(old, 3);
    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_CHUNKS_OLD, &chunk, err, "i", page));
    for (;;) {
        TD_TRY(td_store_sqlite_db_step(&self->db, chunk, &row, err));
        if (!row)
            break;
        TD_TRY(remove_chunk(self, chunk, &words, text, &parts, err));
    }
    sqlite3_reset(old);
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_CHUNKS_DELETE, err, "i", page));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_TEXT_DELETE, err, "i", page));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_PAGE_EMPTY, err, "i", page));

out:
    sqlite3_reset(chunk);
    sqlite3_reset(old);
    td_buf_clear(&parts);
    return code;
}

/* -- putting -- */

/* The page's row, made on first use. */
static tandem_code find_page(td_store_sqlite *self, int64_t source, td_str uri, int64_t *page_out,
                             bool *has_text_out, tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(
        td_store_sqlite_db_bind(&self->db, TD_SQL_PAGE_FIND, &statement, err, "ib", source, uri));
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    if (row) {
        *page_out = sqlite3_column_int64(statement, 0);
        *has_text_out = sqlite3_column_int(statement, 1) != 0;
        sqlite3_reset(statement);
        goto out;
    }
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_PAGE_ADD, err, "ib", source, uri));
    *page_out = sqlite3_last_insert_rowid(self->db.handle);
    *has_text_out = false;

out:
    return code;
}

static tandem_code put_chunk(td_store_sqlite *self, int64_t id, int64_t page,
                             const tandem_chunk *chunk, chunk_words *words, td_buf *parts,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_run(
        &self->db, TD_SQL_CHUNK_ADD, err, "iiiiiiiiiidttti", id, page, (int64_t)chunk->index,
        (int64_t)chunk->start_byte, (int64_t)chunk->end_byte, (int64_t)chunk->start_char,
        (int64_t)chunk->end_char, (int64_t)chunk->start_line, (int64_t)chunk->end_line,
        (int64_t)chunk->is_code, isfinite(chunk->confidence) ? (double)chunk->confidence : 0.0,
        chunk->language, chunk->heading, chunk->symbol, (int64_t)chunk->lane));
    words->text = chunk->text;
    words->heading = chunk->heading;
    words->symbol = chunk->symbol;
    TD_TRY(run_words(self, TD_SQL_WORDS_ADD, id, words, parts, err));

out:
    return code;
}

static tandem_code fill_page(td_store_sqlite *self, const td_store_page_put *put, int64_t page,
                             tandem_error *err)
{
    const td_page *from = put->page;
    const td_document *document = put->document;
    td_str hash = {(const char *)from->hash.bytes, sizeof(from->hash.bytes)};

    return td_store_sqlite_db_run(&self->db, TD_SQL_PAGE_FILL, err, "ibitttbiitttttii", page,
                                  from->final_uri, (int64_t)from->is_web, from->media_type,
                                  from->etag, from->last_modified, hash, (int64_t)from->http_status,
                                  from->fetched_wall_ms, document->title, document->description,
                                  document->author, document->date, document->natural_language,
                                  (int64_t)put->n, put->run);
}

tandem_code td_store_sqlite_page_put(td_store_sqlite *self, const td_store_page_put *put,
                                     tandem_error *err)
{
    td_buf parts = TD_BUF(PARTS_BYTES_MAX);
    td_str final_uri = put->page->final_uri;
    chunk_words words = {.title = put->document->title,
                         .path = final_uri.n > 0 ? final_uri : put->page->uri};
    bool has_text = false;
    int64_t page = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(find_page(self, put->source, put->page->uri, &page, &has_text, err));
    if (has_text)
        TD_TRY(td_store_sqlite_page_empty(self, page, err));
    TD_TRY(fill_page(self, put, page, err));
    TD_TRY(
        td_store_sqlite_db_run(&self->db, TD_SQL_TEXT_ADD, err, "ib", page, put->document->text));
    for (size_t i = 0; i < put->n; i++)
        TD_TRY(put_chunk(self, put->first_chunk_id + (int64_t)i, page, &put->chunks[i], &words,
                         &parts, err));

out:
    td_buf_clear(&parts);
    if (code != TANDEM_OK)
        td_context(err, "page %.*s", TD_STR_FMT(put->page->uri));
    return code;
}

tandem_code td_store_sqlite_page_miss(td_store_sqlite *self, int64_t run, int64_t source,
                                      const td_store_miss *miss, tandem_error *err)
{
    bool has_text = false;
    int64_t page = 0;
    int64_t kind = miss->failed ? MISS_FAILED : MISS_SKIPPED;
    tandem_code code = TANDEM_OK;

    TD_TRY(find_page(self, source, miss->uri, &page, &has_text, err));
    if (has_text && (!miss->failed || miss->gone))
        TD_TRY(td_store_sqlite_page_empty(self, page, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_PAGE_MISS, err, "iiit", page, run, kind,
                                  miss->reason));

out:
    return code;
}

/* -- vectors -- */

/* A vector that has no direction, or none that is a number, must not look like success. */
static bool is_sound(const float *values, size_t dim)
{
    double sum = 0;

    for (size_t i = 0; i < dim; i++)
        sum += (double)values[i] * values[i];
    return isfinite(sum) && sum > 0;
}

static tandem_code remove_vector(td_store_sqlite *self, int64_t chunk_id, tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_VECTOR_SLOT, &statement, err, "i", chunk_id));
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    if (!row)
        goto out;
    int64_t slot = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    TD_TRY(td_store_sqlite_bits_free(self, slot, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_VECTOR_DELETE, err, "i", chunk_id));

out:
    return code;
}

tandem_code td_store_sqlite_page_vector(td_store_sqlite *self, const td_store_vector *vector,
                                        tandem_error *err)
{
    size_t dim = self->dims[vector->lane];
    bool done = vector->status == TD_VECTOR_DONE && is_sound(vector->values, dim);
    td_str reason = vector->status == TD_VECTOR_DONE
                        ? TD_STR("the model gave a vector that is zero or not a number")
                        : vector->reason;
    int64_t slot = 0;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_CHUNK_STATUS, err, "iiti", vector->chunk_id,
                                  (int64_t)(done ? CHUNK_DONE : CHUNK_FAILED),
                                  done ? TD_STR("") : reason, (int64_t)vector->truncated));
    if (sqlite3_changes(self->db.handle) == 0)
        goto out; /* its page was replaced or removed meanwhile */
    TD_TRY(remove_vector(self, vector->chunk_id, err));
    if (!done)
        goto out;
    TD_TRY(
        td_store_sqlite_bits_put(self, vector->lane, vector->chunk_id, vector->values, &slot, err));
    TD_TRY(td_store_sqlite_db_run(&self->db, TD_SQL_VECTOR_ADD, err, "iiib", vector->chunk_id,
                                  (int64_t)vector->lane, slot,
                                  (td_str){(const char *)vector->values, dim * sizeof(float)}));

out:
    return code;
}
