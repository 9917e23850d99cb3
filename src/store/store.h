/* store/store.h - where pages, chunks and vectors stay, and are found again.
 *
 * In:       pages with their chunks, then vectors as batches finish
 * Out:      records for search, counts for people
 * Threads:  functions of the first group (write) from one writer thread at a time; those of the
 *           second (read) from any thread
 *
 * Every write is idempotent and lands whole or not at all; killed anywhere, the next run finds each
 * page either complete, or not complete and to be done again.
 */
#ifndef TD_STORE_H
#define TD_STORE_H

#include "base/buf.h"
#include "base/hash.h"
#include "flow/chunks.h"
#include "flow/document.h"
#include "flow/page.h"

enum {
    TD_STORE_REPORTS_MAX = 20
};

typedef struct td_store td_store;

typedef struct td_store_lane {
    td_str model_id;
    td_str fingerprint;
    size_t dim;       /* 0: no model has been used for this lane */
    bool has_vectors; /* out of lane_get: else any model may take the lane over */
} td_store_lane;

/* Where a page belongs. kind "web", "dir", "file"; uri as td_source's. scope global, project or
 * local; project and dataset may be empty. */
typedef struct td_store_source {
    td_str kind, uri, scope, project, dataset;
} td_store_source;

typedef enum td_vector_status {
    TD_VECTOR_DONE,
    TD_VECTOR_FAILED, /* reason is kept; keyword search has the chunk, vector search has not */
} td_vector_status;

typedef struct td_store_vector {
    int64_t chunk_id;
    tandem_lane lane;
    td_vector_status status;
    const float *values; /* [dim]; NULL when failed */
    td_str reason;       /* when failed */
    bool truncated;
} td_store_vector;

/* A page whose fetch gave no document: kept so that people can ask why. */
typedef struct td_store_miss {
    td_str uri;
    bool failed; /* else skipped */
    bool gone;   /* the server says that there is no such page (404, 410): what an earlier run
                    stored of it is removed; else a failed page keeps it */
    td_str reason;
} td_store_miss;

/* What a crawl remembers of a web page that it had. */
typedef struct td_store_visit {
    td_str uri;
    bool is_unchanged; /* only the run and the time are new; nothing below but that is read */
    td_str etag, last_modified;
    td_hash hash, recipe;
    int64_t fetched_wall_ms;
    td_str links; /* as the pipeline packs them */
} td_store_visit;

typedef struct td_store_visited {
    int64_t run; /* the last one that had the page */
    td_page_known known;
    td_hash recipe;
} td_store_visited;

typedef struct td_store_filter {
    td_str scope, project, dataset, language; /* empty: any */
    td_str path_glob;                         /* on the page's path or URL; empty: any */
    td_str source;                            /* uri of a source; empty: any */
    int kind;                                 /* 0: any, 1: prose, 2: code */
} td_store_filter;

typedef struct td_store_found {
    int64_t chunk_id;
    double score; /* higher is better */
} td_store_found;

typedef struct td_store_counts {
    uint64_t sources, pages, skipped, failed; /* pages */
    uint64_t chunks[TANDEM_N_LANES];          /* with a vector */
    uint64_t chunks_pending, chunks_failed;
    uint64_t bytes; /* of the database on disk */
} td_store_counts;

/* A source with chunks that have no vector: failed, or pending since a run was cut off. */
typedef struct td_store_open_source {
    int64_t source;
    td_str uri;
    uint64_t chunks[TANDEM_N_LANES];
} td_store_open_source;

/* One of those chunks, as page_put got it; offsets, places and confidence are left out. */
typedef struct td_store_open_chunk {
    int64_t chunk_id;
    tandem_chunk chunk;
} td_store_open_chunk;

/* One run of a job; those of one job (a run a source) tell the same. */
typedef struct td_store_run {
    int64_t id; /* of the job's first */
    td_str kind, state, summary_json;
    td_str source_uri; /* of the job's first */
    uint64_t n_sources;
    int64_t begun_wall_ms, ended_wall_ms; /* 0: it has not ended, or was cut off */
} td_store_run;

/* One row of `tandem status`: a source with what it holds. Texts good inside the callback. */
typedef struct td_store_source_row {
    td_store_source source;
    uint64_t pages, chunks;
    int64_t indexed_wall_ms; /* end of its last run that was done; 0: none */
    td_str last_run; /* "done", "cancelled", "interrupted", "failed"; "running" while it does */
} td_store_source_row;

/* A scope that has a source. Texts good inside the callback. */
typedef struct td_store_scope_row {
    td_str scope, project, dataset, name; /* name as td_store_scope_name */
    uint64_t pages, chunks, chunks_code;
} td_store_scope_row;

/* A page that has a text; uri after redirects. */
typedef struct td_store_page_row {
    int64_t id;
    td_str uri, title, media_type;
    bool is_web;
    uint64_t chunks;
    int64_t fetched_wall_ms;
} td_store_page_row;

/* A block of a lane's one-bit vectors: row i of `bits` belongs to ids[i]; 0 means the row is free.
 * A bit is 1 where the value is > 0; dimension 0 is the lowest bit of byte 0. Good inside the
 * callback. Return false to stop. */
typedef bool (*td_store_each_bits)(void *user, const int64_t *ids, const uint8_t *bits, size_t n,
                                   size_t row_bytes);
typedef bool (*td_store_each_vector)(void *user, int64_t chunk_id, const float *values, size_t dim);
typedef bool (*td_store_each_source)(void *user, const td_store_source_row *row);
typedef bool (*td_store_each_scope)(void *user, const td_store_scope_row *row);
typedef bool (*td_store_each_page)(void *user, const td_store_page_row *row);
typedef bool (*td_store_each_miss)(void *user, const td_store_miss *miss);
typedef bool (*td_store_each_open)(void *user, const td_store_open_source *source);

struct td_store {
    /* -- write: the writer thread -- */

    /* The source's id, made on first use; a second call with other scope or project moves it. */
    tandem_code (*source_put)(td_store *self, const td_store_source *source, int64_t *source_out,
                              tandem_error *err);
    /* Pins the model of a lane. E_CONFLICT, naming both and what to do, if the lane holds vectors
     * of another fingerprint. */
    tandem_code (*lane_put)(td_store *self, tandem_lane lane, const td_store_lane *model,
                            tandem_error *err);
    /* kind: "index" or "retry"; job: the first run of the same job, 0: this is the first. */
    tandem_code (*run_begin)(td_store *self, int64_t source, const char *kind, int64_t job,
                             int64_t *run_out, tandem_error *err);
    /* What the run's slots did, once; those of the last TD_STORE_REPORTS_MAX runs are kept. */
    tandem_code (*spans_put)(td_store *self, int64_t run, const tandem_span *spans, size_t n,
                             tandem_error *err);
    /* state: "done", "cancelled", "failed"; summary_json: for `report`. complete: the source was
     * read to its end, so pages that this run did not see are removed (n_removed_out). */
    tandem_code (*run_end)(td_store *self, int64_t run, const char *state, td_str summary_json,
                           bool complete, uint64_t *n_removed_out, tandem_error *err);
    /* Replaces a page and all its chunks (vectors pending), all or none. chunk_ids_out [n]. */
    tandem_code (*page_put)(td_store *self, int64_t run, const td_page *page,
                            const td_document *document, const td_chunks *chunks,
                            int64_t *chunk_ids_out, tandem_error *err);
    /* The page is as it was: seen in this run, nothing else changes. */
    tandem_code (*page_seen)(td_store *self, int64_t run, td_str uri, tandem_error *err);
    /* The page was skipped or failed. A failed page keeps what an earlier run stored of it. */
    tandem_code (*page_miss)(td_store *self, int64_t run, const td_store_miss *miss,
                             tandem_error *err);
    /* Remembers a page that this run had; gathered like page_put, so call it behind that. A
     * complete run_end forgets those of other runs. NULL, like the two that read: not kept here. */
    tandem_code (*visit_put)(td_store *self, int64_t run, const td_store_visit *visit,
                             tandem_error *err);
    /* Vectors of any chunks, all or none. A chunk that is gone by now is passed over. A vector that
     * is zero or not finite is kept as failed. */
    tandem_code (*vectors_put)(td_store *self, const td_store_vector *vectors, size_t n,
                               tandem_error *err);
    /* Commits what is gathered. page_put, page_seen, page_miss and vectors_put only gather; each
     * first commits when 1024 items, 8 MiB or half a second have come together, so that an error of
     * theirs may be about earlier writes, which stay gathered and are tried again. All others, and
     * close, commit before they begin. A kill loses what was not committed, which the next run does
     * again: a writer that has nothing to do should flush. Readers see what was committed. */
    tandem_code (*flush)(td_store *self, tandem_error *err);
    /* Removes a source with all it holds; *found_out says whether there was one of that uri. */
    tandem_code (*source_remove)(td_store *self, td_str uri, bool *found_out, tandem_error *err);

    /* -- read: any thread -- */

    tandem_code (*lane_get)(td_store *self, tandem_lane lane, td_store_lane *model_out,
                            td_arena *arena, tandem_error *err);
    /* Whether the page is there, complete (no chunk pending or failed), and what it was. */
    tandem_code (*page_known)(td_store *self, int64_t source, td_str uri, bool *found_out,
                              td_page_known *known_out, tandem_error *err);
    /* What is remembered of a page; its links are appended to `links`, unless that is NULL. */
    tandem_code (*visit_get)(td_store *self, int64_t source, td_str uri, bool *found_out,
                             td_store_visited *visited_out, td_buf *links, tandem_error *err);
    /* The last run of the source that came to its end; 0 if none did. What later runs had, was had
     * by a run that was cut short. */
    tandem_code (*run_last_done)(td_store *self, int64_t source, int64_t *run_out,
                                 tandem_error *err);
    /* BM25 over text, heading, symbol, title; words of the query are OR-ed, quoted parts are
     * phrases; nothing in the query is an error. found [k]; best first. */
    tandem_code (*text_search)(td_store *self, td_str query, const td_store_filter *filter,
                               size_t k, td_store_found *found, size_t *n_out, tandem_error *err);
    /* Ids of all chunks that pass the filter, ascending; malloc'ed, the caller frees. */
    tandem_code (*filter_ids)(td_store *self, const td_store_filter *filter, int64_t **ids_out,
                              size_t *n_out, tandem_error *err);
    tandem_code (*each_bits)(td_store *self, tandem_lane lane, td_store_each_bits each, void *user,
                             tandem_error *err);
    tandem_code (*each_vector)(td_store *self, tandem_lane lane, td_store_each_vector each,
                               void *user, tandem_error *err);
    /* Vectors of these chunks, each by callback; one that is gone is passed over. */
    tandem_code (*vectors_get)(td_store *self, tandem_lane lane, const int64_t *ids, size_t n,
                               td_store_each_vector each, void *user, tandem_error *err);
    /* Everything of these chunks but rank and scores, into hits [n]; texts in `arena`. A chunk that
     * is gone leaves a hit whose text.ptr is NULL. */
    tandem_code (*hits_get)(td_store *self, const int64_t *ids, size_t n, td_arena *arena,
                            tandem_hit *hits, tandem_error *err);
    tandem_code (*counts_get)(td_store *self, td_store_counts *counts_out, tandem_error *err);
    tandem_code (*each_source)(td_store *self, td_store_each_source each, void *user,
                               tandem_error *err);
    /* Pages skipped or failed at their last visit, of one source or (uri empty) all. */
    tandem_code (*each_miss)(td_store *self, td_str source_uri, td_store_each_miss each, void *user,
                             tandem_error *err);
    /* Sources with chunks that have no vector: the one of that uri or (uri empty) all. */
    tandem_code (*each_open)(td_store *self, td_str source_uri, td_store_each_open each, void *user,
                             tandem_error *err);
    /* The first of a source's chunks without a vector whose id is above after_id, by id: into
     * chunks_out [n_max], texts in `arena`. Fewer than n_max: there are no more. */
    tandem_code (*open_get)(td_store *self, int64_t source, int64_t after_id,
                            td_store_open_chunk *chunks_out, size_t n_max, size_t *n_out,
                            td_arena *arena, tandem_error *err);
    /* The job that `run` (0: the last) belongs to; texts in `arena`. */
    tandem_code (*run_get)(td_store *self, int64_t run, td_store_run *run_out, bool *found_out,
                           td_arena *arena, tandem_error *err);
    /* What its slots did, as put: [*n_out] in `arena`. */
    tandem_code (*spans_get)(td_store *self, int64_t run, const tandem_span **spans_out,
                             size_t *n_out, td_arena *arena, tandem_error *err);
    /* Every scope that has a source, by name. NULL where the backend has no such list, as the next
     * two. */
    tandem_code (*each_scope)(td_store *self, td_store_each_scope each, void *user,
                              tandem_error *err);
    /* At most n_max pages with an id past after_id, by id. */
    tandem_code (*each_page)(td_store *self, int64_t after_id, size_t n_max,
                             td_store_each_page each, void *user, tandem_error *err);
    /* A page by its uri, before or after redirects, with its text; all in `arena`. */
    tandem_code (*page_get)(td_store *self, td_str uri, td_arena *arena,
                            td_store_page_row *page_out, td_str *text_out, bool *found_out,
                            tandem_error *err);
    void (*close)(td_store *self);
};

typedef struct td_store_options {
    size_t struct_size;
    bool read_only;   /* E_NOT_FOUND instead of making the file */
    uint32_t busy_ms; /* wait for another writer, then E_BUSY that names the file */
    /* Of the file that the writer keeps in memory, where the store is a file; each reader keeps a
     * quarter of it. 0: 32 MiB. */
    uint64_t memory_bytes_max;
} td_store_options;

#define TD_STORE_OPTIONS                                         \
    (td_store_options)                                           \
    {                                                            \
        .struct_size = sizeof(td_store_options), .busy_ms = 5000 \
    }

/* The scope that results from what was asked: "global", "project" or "local" (static). Without a
 * project all is global; with project and dataset it is local unless "project" was asked for.
 * Errors: E_INVALID when `asked` is neither empty nor one of the three. */
tandem_code td_store_scope_rule(td_str asked, td_str project, td_str dataset, td_str *scope_out,
                                tandem_error *err);

/* Appends what the crawl4ai runner calls that place: "global_knowledge", "project_{P}" or
 * "project_{P}_dataset_{D}". For people: two scopes can have one name. */
tandem_code td_store_scope_name(td_str scope, td_str project, td_str dataset, td_buf *out,
                                tandem_error *err);

/* Opens or makes a store; location is a file path. One writer per file: a second store that writes
 * gets E_BUSY naming the file (readers are never refused).
 * Errors: E_FORMAT (not a tandem database), E_UNSUPPORTED (a newer schema: update tandem),
 * E_NOT_FOUND, E_DENIED, E_NO_SPACE. A missing folder is made. Beside the file lie its "-wal" and
 * "-shm" (SQLite's) and ".lock" (ours; it stays). */
tandem_code td_store_open(const char *location, const td_store_options *options,
                          td_store **store_out, tandem_error *err);

#endif
