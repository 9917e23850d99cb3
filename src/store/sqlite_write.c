#include "store/sqlite.h"

/* Gathered writes.
 *
 * A transaction costs what it touches: the ends of a dozen tables and a segment of the keyword
 * index, whether for one page or for a hundred. So pages and vectors are copied to memory and
 * committed together, by count, bytes or age. The transaction is open only inside a call: one held
 * open between calls would keep the cache, another connection to the same file, from writing.
 *
 * 1. Ids of chunks are given out at once; this is the only writer, so they are as good as taken.
 * 2. A failed commit keeps what is gathered: when there is room on the disk again, it goes through.
 *    While it fails, each write tries it first, so no more is gathered. */
enum {
    GATHER_ITEMS_MAX = 1024, /* pages, chunks, vectors */
    GATHER_BYTES_MAX = 8 << 20,
    GATHER_MS_MAX = 500,
    CHECKPOINT_FRAMES = 2048, /* pages in the log: 32 MiB at 16 KiB each */
};
#define OP_BYTES_MAX ((size_t)2 << 30) /* of one page: text and chunks */

typedef enum op_kind {
    OP_PAGE,
    OP_SEEN,
    OP_MISS,
    OP_VISIT,
    OP_VECTOR,
} op_kind;

struct td_store_op {
    td_store_op *next;
    op_kind kind;
    int64_t run, source;
    union {
        struct {
            td_store_page_put put;
            td_page page;
            td_document document;
        } page;
        td_str seen_uri;
        td_store_miss miss;
        td_store_visit visit;
        td_store_vector vector;
    };
};

/* -- applying -- */

static tandem_code apply(td_store_sqlite *self, const td_store_op *op, tandem_error *err)
{
    switch (op->kind) {
    case OP_PAGE:
        return td_store_sqlite_page_put(self, &op->page.put, err);
    case OP_SEEN:
        return td_store_sqlite_db_run(&self->db, TD_SQL_PAGE_SEEN, err, "ibi", op->source,
                                      op->seen_uri, op->run);
    case OP_MISS:
        return td_store_sqlite_page_miss(self, op->run, op->source, &op->miss, err);
    case OP_VISIT:
        return td_store_sqlite_visit_put(self, op->run, op->source, &op->visit, err);
    default:
        return td_store_sqlite_page_vector(self, &op->vector, err);
    }
}

static tandem_code fail_broken(const td_store_sqlite *self, tandem_error *err)
{
    return td_fail(
        err, TANDEM_E_IO,
        "the disk failed to keep %s: nothing more is written; check the disk, then run again",
        self->path);
}

tandem_code td_store_sqlite_write_check(const td_store_sqlite *self, tandem_error *err)
{
    if (self->read_only)
        return td_fail(err, TANDEM_E_INVALID, "%s was opened for reading only", self->path);
    return self->is_broken ? fail_broken(self, err) : TANDEM_OK;
}

static tandem_code begin(td_store_sqlite *self, tandem_error *err)
{
    tandem_code code = td_store_sqlite_write_check(self, err);

    return code != TANDEM_OK ? code : td_store_sqlite_db_begin(&self->db, TD_SQL_BEGIN_WRITE, err);
}

/* After a failed fsync the system may have dropped the very pages that were not written; trying
 * again would only seem to work. */
static void note_broken(td_store_sqlite *self)
{
    int extended = sqlite3_extended_errcode(self->db.handle);

    if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
        self->is_broken = true;
}

/* Moves the log into the file. Readers may keep part of it back; that part waits. */
static tandem_code checkpoint(td_store_sqlite *self, tandem_error *err)
{
    int rc = SQLITE_OK;

    if (self->db.n_wal_frames < CHECKPOINT_FRAMES)
        return TANDEM_OK;
    self->db.n_wal_frames = 0;
    rc = sqlite3_wal_checkpoint_v2(self->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
        return TANDEM_OK;
    note_broken(self);
    return self->is_broken ? fail_broken(self, err) : td_store_sqlite_db_fail(&self->db, err);
}

static tandem_code end(td_store_sqlite *self, tandem_code code, tandem_error *err)
{
    td_store_sqlite_bits_close(self);
    if (code != TANDEM_OK)
        note_broken(self);
    tandem_code ended = td_store_sqlite_db_end(&self->db, code, err);
    if (code == TANDEM_OK && ended != TANDEM_OK)
        note_broken(self);
    return ended;
}

static void forget(td_store_sqlite *self)
{
    td_arena_free(self->ops_arena);
    self->ops_arena = NULL;
    self->first_op = self->last_op = NULL;
    self->n_ops_items = 0;
}

tandem_code td_store_sqlite_write_flush(td_store *store, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    tandem_code code = TANDEM_OK;

    if (!self->first_op)
        return TANDEM_OK;
    TD_TRY(begin(self, err));
    for (const td_store_op *op = self->first_op; op && code == TANDEM_OK; op = op->next)
        code = apply(self, op, err);
    TD_TRY(end(self, code, err));
    forget(self);
    TD_TRY(checkpoint(self, err));

out:
    return code;
}

tandem_code td_store_sqlite_write_begin(td_store_sqlite *self, tandem_error *err)
{
    tandem_code code = td_store_sqlite_write_flush(&self->store, err);

    return code == TANDEM_OK ? begin(self, err) : code;
}

tandem_code td_store_sqlite_write_end(td_store_sqlite *self, tandem_code code, tandem_error *err)
{
    code = end(self, code, err);
    return code == TANDEM_OK ? checkpoint(self, err) : code;
}

/* -- gathering -- */

/* Makes room: commits when enough is gathered, or when it has waited long enough. */
static tandem_code flush_if_due(td_store_sqlite *self, tandem_error *err)
{
    tandem_code code = td_store_sqlite_write_check(self, err);

    if (code != TANDEM_OK || !self->first_op)
        return code;
    if (self->n_ops_items < GATHER_ITEMS_MAX &&
        td_arena_bytes(self->ops_arena) < GATHER_BYTES_MAX &&
        td_clock_ms() - self->first_op_ms < GATHER_MS_MAX)
        return TANDEM_OK;
    return td_store_sqlite_write_flush(&self->store, err);
}

static tandem_code new_op(td_store_sqlite *self, op_kind kind, td_store_op **op_out,
                          tandem_error *err)
{
    if (!self->ops_arena)
        self->ops_arena = td_arena_new(GATHER_BYTES_MAX + OP_BYTES_MAX);
    if (!self->ops_arena)
        return td_fail_nomem(err, "writes to the store");
    td_store_op *op = td_arena_zalloc(self->ops_arena, 1, sizeof(*op));
    if (!op)
        return td_arena_fail(self->ops_arena, err);
    op->kind = kind;
    *op_out = op;
    return TANDEM_OK;
}

/* Only a whole op joins the list, so that a failure half-way leaves nothing to apply. */
static void add_op(td_store_sqlite *self, td_store_op *op, size_t n_items)
{
    if (self->last_op)
        self->last_op->next = op;
    else
        self->first_op_ms = td_clock_ms();
    if (!self->first_op)
        self->first_op = op;
    self->last_op = op;
    self->n_ops_items += n_items;
}

/* Replaces a text by a copy; false when out of memory. */
static bool keep(td_arena *arena, td_str *text)
{
    *text = td_arena_copy(arena, text->ptr ? *text : (td_str){"", 0});
    return text->ptr != NULL;
}

/* Chunks whose texts are slices of the copied document. */
static tandem_code keep_chunks(td_arena *arena, td_str document, const td_chunks *from,
                               td_store_page_put *put, tandem_error *err)
{
    tandem_chunk *chunks = td_arena_zalloc(arena, from->n > 0 ? from->n : 1, sizeof(*chunks));

    if (!chunks)
        return td_arena_fail(arena, err);
    for (size_t i = 0; i < from->n; i++) {
        tandem_chunk *chunk = &chunks[i];
        *chunk = from->items[i];
        if (chunk->end_byte > document.n || chunk->start_byte > chunk->end_byte ||
            (i > 0 && chunk->index <= chunks[i - 1].index) || (size_t)chunk->lane >= TANDEM_N_LANES)
            return td_fail(err, TANDEM_E_INVALID,
                           "chunk %zu has bytes %llu to %llu of a text of %zu, or is out of order",
                           i, (unsigned long long)chunk->start_byte,
                           (unsigned long long)chunk->end_byte, document.n);
        chunk->text = td_str_slice(document, (size_t)chunk->start_byte, (size_t)chunk->end_byte);
        if (!keep(arena, &chunk->language) || !keep(arena, &chunk->heading) ||
            !keep(arena, &chunk->symbol))
            return td_arena_fail(arena, err);
    }
    put->chunks = chunks;
    put->n = from->n;
    return TANDEM_OK;
}

static bool keep_page(td_arena *arena, td_page *page)
{
    page->arena = NULL;
    page->body = (td_str){"", 0};
    page->charset = (td_str){"", 0};
    page->reason = (td_str){"", 0};
    return keep(arena, &page->uri) && keep(arena, &page->final_uri) &&
           keep(arena, &page->media_type) && keep(arena, &page->etag) &&
           keep(arena, &page->last_modified);
}

static bool keep_document(td_arena *arena, td_document *document)
{
    document->arena = NULL;
    document->links = NULL;
    document->n_links = 0;
    return keep(arena, &document->text) && keep(arena, &document->title) &&
           keep(arena, &document->description) && keep(arena, &document->author) &&
           keep(arena, &document->date) && keep(arena, &document->natural_language);
}

/* Which source a run belongs to. Runs begin and end through this store, so one look at the table
 * for each of a run's pages would only cost; the last one is kept. */
static tandem_code source_of(td_store_sqlite *self, int64_t run, int64_t *source_out,
                             tandem_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    tandem_code code = TANDEM_OK;

    TD_TRY(td_store_sqlite_db_bind(&self->db, TD_SQL_RUN_SOURCE, &statement, err, "i", run));
    TD_TRY(td_store_sqlite_db_step(&self->db, statement, &row, err));
    if (!row)
        return td_fail(err, TANDEM_E_INVALID, "there is no run %lld", (long long)run);
    *source_out = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);

out:
    return code;
}

tandem_code td_store_sqlite_write_page_put(td_store *store, int64_t run, const td_page *page,
                                           const td_document *document, const td_chunks *chunks,
                                           int64_t *chunk_ids_out, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_store_op *op = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(flush_if_due(self, err));
    TD_TRY(new_op(self, OP_PAGE, &op, err));
    TD_TRY(source_of(self, run, &op->source, err));
    op->page.page = *page;
    op->page.document = *document;
    if (!keep_page(self->ops_arena, &op->page.page) ||
        !keep_document(self->ops_arena, &op->page.document)) {
        code = td_arena_fail(self->ops_arena, err);
        goto out;
    }
    op->page.put = (td_store_page_put){.run = run,
                                       .source = op->source,
                                       .first_chunk_id = self->next_chunk_id,
                                       .page = &op->page.page,
                                       .document = &op->page.document};
    TD_TRY(keep_chunks(self->ops_arena, op->page.document.text, chunks, &op->page.put, err));
    for (size_t i = 0; i < chunks->n; i++)
        chunk_ids_out[i] = self->next_chunk_id++;
    add_op(self, op, chunks->n + 1);

out:
    return code;
}

tandem_code td_store_sqlite_write_page_seen(td_store *store, int64_t run, td_str uri,
                                            tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_store_op *op = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(flush_if_due(self, err));
    TD_TRY(new_op(self, OP_SEEN, &op, err));
    TD_TRY(source_of(self, run, &op->source, err));
    op->run = run;
    op->seen_uri = uri;
    if (keep(self->ops_arena, &op->seen_uri))
        add_op(self, op, 1);
    else
        code = td_arena_fail(self->ops_arena, err);

out:
    return code;
}

tandem_code td_store_sqlite_write_page_miss(td_store *store, int64_t run, const td_store_miss *miss,
                                            tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_store_op *op = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(flush_if_due(self, err));
    TD_TRY(new_op(self, OP_MISS, &op, err));
    TD_TRY(source_of(self, run, &op->source, err));
    op->run = run;
    op->miss = *miss;
    if (keep(self->ops_arena, &op->miss.uri) && keep(self->ops_arena, &op->miss.reason))
        add_op(self, op, 1);
    else
        code = td_arena_fail(self->ops_arena, err);

out:
    return code;
}

tandem_code td_store_sqlite_write_visit_put(td_store *store, int64_t run,
                                            const td_store_visit *visit, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_store_op *op = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(flush_if_due(self, err));
    TD_TRY(new_op(self, OP_VISIT, &op, err));
    TD_TRY(source_of(self, run, &op->source, err));
    op->run = run;
    op->visit = *visit;
    if (keep(self->ops_arena, &op->visit.uri) && keep(self->ops_arena, &op->visit.etag) &&
        keep(self->ops_arena, &op->visit.last_modified) && keep(self->ops_arena, &op->visit.links))
        add_op(self, op, 1);
    else
        code = td_arena_fail(self->ops_arena, err);

out:
    return code;
}

static tandem_code gather_vector(td_store_sqlite *self, const td_store_vector *vector,
                                 td_store_op **op_out, tandem_error *err)
{
    td_store_op *op = NULL;
    tandem_code code = TANDEM_OK;

    if ((size_t)vector->lane >= TANDEM_N_LANES)
        return td_fail(err, TANDEM_E_INVALID, "there is no lane %d", (int)vector->lane);
    size_t bytes = self->dims[vector->lane] * sizeof(float);
    if (vector->status == TD_VECTOR_DONE && (bytes == 0 || !vector->values))
        return td_fail(err, TANDEM_E_INVALID, "a vector of lane %s without %s",
                       tandem_lane_name(vector->lane), bytes == 0 ? "its model" : "its values");
    TD_TRY(new_op(self, OP_VECTOR, &op, err));
    op->vector = *vector;
    if (!keep(self->ops_arena, &op->vector.reason))
        return td_arena_fail(self->ops_arena, err);
    if (vector->status == TD_VECTOR_DONE) {
        float *values = td_arena_alloc(self->ops_arena, bytes);
        if (!values)
            return td_arena_fail(self->ops_arena, err);
        memcpy(values, vector->values, bytes);
        op->vector.values = values;
    }
    *op_out = op;

out:
    return code;
}

tandem_code td_store_sqlite_write_vectors_put(td_store *store, const td_store_vector *vectors,
                                              size_t n, tandem_error *err)
{
    td_store_sqlite *self = (td_store_sqlite *)store;
    td_store_op *first = NULL, *last = NULL, *op = NULL;
    tandem_code code = TANDEM_OK;

    TD_TRY(flush_if_due(self, err));
    for (size_t i = 0; i < n; i++) {
        TD_TRY(gather_vector(self, &vectors[i], &op, err));
        if (last)
            last->next = op;
        else
            first = op;
        last = op;
    }
    if (first) { /* all of them, or none */
        add_op(self, first, n);
        self->last_op = last;
    }

out:
    return code;
}
