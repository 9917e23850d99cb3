/* store/sqlite.h - what the files of the SQLite store share.
 *
 * Threads:  `db` and all that is written belongs to the writer thread; readers each take a
 *           connection of their own from the pool (sqlite.c)
 *
 * Files:    sqlite.c        open, close, the pool of readers
 *           sqlite_lock.c   one writer per file
 *           sqlite_db.c     a connection: statements, failures     sqlite_sql.h  the statements
 *           sqlite_write.c  gathers pages and vectors, commits them together
 *           sqlite_page.c   one page and its chunks, put and removed
 *           sqlite_visit.c  what crawls remember of pages
 *           sqlite_bits.c   blocks of one-bit vectors
 *           sqlite_run.c    sources, lanes, runs
 *           sqlite_read.c   pages, hits, counts      sqlite_find.c  keyword search, filters
 *           sqlite_open.c   chunks without a vector  sqlite_report.c what the slots of runs did
 *           sqlite_scan.c   vectors and their bits   sqlite_list.c  scopes and pages
 */
#ifndef TD_STORE_SQLITE_H
#define TD_STORE_SQLITE_H

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/sqlite_db.h"
#include "store/store.h"

enum {
    TD_STORE_BLOCK_ROWS = 1024,
    TD_STORE_IDLE_READERS_MAX = 4,
    /* Vectors longer than this are refused; 4 times the widest model known. */
    TD_STORE_DIM_MAX = 16384,
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "ids and vectors lie in the file as in memory");

/* The block of one lane that takes new rows. Loaded at first use within a transaction. */
typedef struct td_store_bits {
    int64_t block; /* 0: none */
    int64_t ids[TD_STORE_BLOCK_ROWS];
    size_t cursor; /* rows before it are in use */
    size_t row_bytes;
    sqlite3_blob *ids_blob, *bits_blob;
} td_store_bits;

typedef struct td_store_op td_store_op; /* sqlite_write.c: one gathered write */

typedef struct td_store_sqlite {
    td_store store; /* first: td_store * is td_store_sqlite * */
    char *path;     /* absolute or with a slash, so that no name is special to SQLite */
    char *lock_path;
    bool read_only;
    bool immutable; /* the folder cannot be written and nobody writes: read without locks */
    uint32_t busy_ms;
    uint64_t memory_kib; /* of pages that the writer keeps; a reader a quarter of that */
    int lock_fd;         /* -1: none */

    /* writer */
    td_store_db db;
    bool is_broken; /* an fsync failed: what is on disk is unknown, so nothing more is written */
    int64_t next_chunk_id;
    size_t dims[TANDEM_N_LANES]; /* as pinned; 0: none */
    td_store_bits bits[TANDEM_N_LANES];
    td_arena *ops_arena;
    td_store_op *first_op, *last_op;
    size_t n_ops_items; /* pages, chunks and vectors gathered */
    int64_t first_op_ms;

    pthread_mutex_t read_lock; /* rank 4: guards the two below; held for no I/O */
    td_store_db *readers[TD_STORE_IDLE_READERS_MAX];
    size_t n_readers;
} td_store_sqlite;

/* The SQLite backend of td_store_open. */
tandem_code td_store_sqlite_open(const char *location, const td_store_options *options,
                                 td_store **store_out, tandem_error *err);

/* A connection to read by, from the pool or new; give it back to the pool. */
tandem_code td_store_sqlite_take_reader(td_store_sqlite *self, td_store_db **db_out,
                                        tandem_error *err);
void td_store_sqlite_give_reader(td_store_sqlite *self, td_store_db *db);

/* Waits at most busy_ms for the lock file; E_BUSY naming the database and the holder. */
tandem_code td_store_sqlite_lock_take(td_store_sqlite *self, tandem_error *err);
void td_store_sqlite_lock_drop(td_store_sqlite *self);
/* Whether some process holds the writer's lock now. */
bool td_store_sqlite_lock_held(const td_store_sqlite *self);

/* sqlite_write.c: td_store's functions, and what others need of them. */
tandem_code td_store_sqlite_write_page_put(td_store *store, int64_t run, const td_page *page,
                                           const td_document *document, const td_chunks *chunks,
                                           int64_t *chunk_ids_out, tandem_error *err);
tandem_code td_store_sqlite_write_page_seen(td_store *store, int64_t run, td_str uri,
                                            tandem_error *err);
tandem_code td_store_sqlite_write_page_miss(td_store *store, int64_t run, const td_store_miss *miss,
                                            tandem_error *err);
tandem_code td_store_sqlite_write_visit_put(td_store *store, int64_t run,
                                            const td_store_visit *visit, tandem_error *err);
tandem_code td_store_sqlite_write_vectors_put(td_store *store, const td_store_vector *vectors,
                                              size_t n, tandem_error *err);
tandem_code td_store_sqlite_write_flush(td_store *store, tandem_error *err);

/* E_INVALID when opened for reading only, E_IO after a failed fsync. */
tandem_code td_store_sqlite_write_check(const td_store_sqlite *self, tandem_error *err);

/* Commits what is gathered, then begins a transaction for the caller; end takes the code so far. */
tandem_code td_store_sqlite_write_begin(td_store_sqlite *self, tandem_error *err);
tandem_code td_store_sqlite_write_end(td_store_sqlite *self, tandem_code code, tandem_error *err);

/* sqlite_page.c: within a transaction. */
typedef struct td_store_page_put {
    int64_t run, source, first_chunk_id;
    const td_page *page;
    const td_document *document;
    const tandem_chunk *chunks; /* [n]; ids first_chunk_id, +1, ... */
    size_t n;
} td_store_page_put;
tandem_code td_store_sqlite_page_put(td_store_sqlite *self, const td_store_page_put *put,
                                     tandem_error *err);
tandem_code td_store_sqlite_page_miss(td_store_sqlite *self, int64_t run, int64_t source,
                                      const td_store_miss *miss, tandem_error *err);
/* Text, chunks, words, vectors and bits of a page go; its row stays. */
tandem_code td_store_sqlite_page_empty(td_store_sqlite *self, int64_t page, tandem_error *err);
tandem_code td_store_sqlite_page_vector(td_store_sqlite *self, const td_store_vector *vector,
                                        tandem_error *err);

/* sqlite_bits.c: within a transaction; td_store_sqlite_bits_close before its end. */
tandem_code td_store_sqlite_bits_put(td_store_sqlite *self, tandem_lane lane, int64_t chunk_id,
                                     const float *values, int64_t *slot_out, tandem_error *err);
tandem_code td_store_sqlite_bits_free(td_store_sqlite *self, int64_t slot, tandem_error *err);
void td_store_sqlite_bits_close(td_store_sqlite *self);

/* sqlite_visit.c */
tandem_code td_store_sqlite_visit_put(td_store_sqlite *self, int64_t run, int64_t source,
                                      const td_store_visit *visit, tandem_error *err);
tandem_code td_store_sqlite_visit_get(td_store *store, int64_t source, td_str uri, bool *found_out,
                                      td_store_visited *visited_out, td_buf *links,
                                      tandem_error *err);
tandem_code td_store_sqlite_visit_last_done(td_store *store, int64_t source, int64_t *run_out,
                                            tandem_error *err);

/* sqlite_read.c: a header too long to keep is as good as none, the page is asked for without it. */
void td_store_sqlite_read_header(td_str from, char *to, size_t to_max);

/* sqlite_run.c */
tandem_code td_store_sqlite_run_source_put(td_store *store, const td_store_source *source,
                                           int64_t *source_out, tandem_error *err);
tandem_code td_store_sqlite_run_lane_put(td_store *store, tandem_lane lane,
                                         const td_store_lane *model, tandem_error *err);
tandem_code td_store_sqlite_run_begin(td_store *store, int64_t source, const char *kind,
                                      int64_t job, int64_t *run_out, tandem_error *err);
tandem_code td_store_sqlite_run_end(td_store *store, int64_t run, const char *state,
                                    td_str summary_json, bool complete, uint64_t *n_removed_out,
                                    tandem_error *err);
tandem_code td_store_sqlite_run_source_remove(td_store *store, td_str uri, bool *found_out,
                                              tandem_error *err);

/* sqlite_read.c: a run's state; one whose writer is gone while it ran was interrupted. */
td_str td_store_sqlite_read_state(const td_store_sqlite *self, td_str state);

/* sqlite_read.c: runs `body` with a connection of its own in one snapshot of the database. */
typedef tandem_code (*td_store_read_body)(td_store_db *db, void *context, tandem_error *err);
tandem_code td_store_sqlite_read_snapshot(td_store *store, td_store_read_body body, void *context,
                                          tandem_error *err);

/* sqlite_read.c: bytes [start, end) of a page's text, without reading the rest of it, NUL behind
 * them. *texts starts as NULL and is moved from page to page; the caller closes it. */
tandem_code td_store_sqlite_read_text(td_store_db *db, sqlite3_blob **texts, int64_t page,
                                      uint64_t start, uint64_t end, td_arena *arena,
                                      td_str *text_out, tandem_error *err);

/* sqlite_report.c */
tandem_code td_store_sqlite_report_put(td_store *store, int64_t run, const tandem_span *spans,
                                       size_t n, tandem_error *err);
tandem_code td_store_sqlite_report_run(td_store *store, int64_t run, td_store_run *run_out,
                                       bool *found_out, td_arena *arena, tandem_error *err);
tandem_code td_store_sqlite_report_spans(td_store *store, int64_t run,
                                         const tandem_span **spans_out, size_t *n_out,
                                         td_arena *arena, tandem_error *err);

/* sqlite_open.c */
tandem_code td_store_sqlite_open_each(td_store *store, td_str source_uri, td_store_each_open each,
                                      void *user, tandem_error *err);
tandem_code td_store_sqlite_open_get(td_store *store, int64_t source, int64_t after_id,
                                     td_store_open_chunk *chunks_out, size_t n_max, size_t *n_out,
                                     td_arena *arena, tandem_error *err);

/* sqlite_read.c, sqlite_find.c, sqlite_scan.c */
tandem_code td_store_sqlite_read_lane(td_store *store, tandem_lane lane, td_store_lane *model_out,
                                      td_arena *arena, tandem_error *err);
tandem_code td_store_sqlite_read_known(td_store *store, int64_t source, td_str uri, bool *found_out,
                                       td_page_known *known_out, tandem_error *err);
tandem_code td_store_sqlite_read_hits(td_store *store, const int64_t *ids, size_t n,
                                      td_arena *arena, tandem_hit *hits, tandem_error *err);
tandem_code td_store_sqlite_read_counts(td_store *store, td_store_counts *counts_out,
                                        tandem_error *err);
tandem_code td_store_sqlite_read_sources(td_store *store, td_store_each_source each, void *user,
                                         tandem_error *err);
tandem_code td_store_sqlite_read_misses(td_store *store, td_str source_uri, td_store_each_miss each,
                                        void *user, tandem_error *err);
tandem_code td_store_sqlite_find_text(td_store *store, td_str query, const td_store_filter *filter,
                                      size_t k, td_store_found *found, size_t *n_out,
                                      tandem_error *err);
tandem_code td_store_sqlite_find_ids(td_store *store, const td_store_filter *filter,
                                     int64_t **ids_out, size_t *n_out, tandem_error *err);
/* sqlite_list.c */
tandem_code td_store_sqlite_list_scopes(td_store *store, td_store_each_scope each, void *user,
                                        tandem_error *err);
tandem_code td_store_sqlite_list_pages(td_store *store, int64_t after_id, size_t n_max,
                                       td_store_each_page each, void *user, tandem_error *err);
tandem_code td_store_sqlite_list_page(td_store *store, td_str uri, td_arena *arena,
                                      td_store_page_row *page_out, td_str *text_out,
                                      bool *found_out, tandem_error *err);
/* Registers the SQL function that filters by path. */
tandem_code td_store_sqlite_find_init(td_store_db *db, tandem_error *err);
tandem_code td_store_sqlite_scan_bits(td_store *store, tandem_lane lane, td_store_each_bits each,
                                      void *user, tandem_error *err);
tandem_code td_store_sqlite_scan_vectors(td_store *store, tandem_lane lane,
                                         td_store_each_vector each, void *user, tandem_error *err);
tandem_code td_store_sqlite_scan_get(td_store *store, tandem_lane lane, const int64_t *ids,
                                     size_t n, td_store_each_vector each, void *user,
                                     tandem_error *err);

#endif
