/* tandem/index.h - an opened store with its two lanes: ask it, look at it, fill it (job.h).
 *
 * Threads:  open and close from one thread; all others from any
 */
#ifndef TANDEM_INDEX_H
#define TANDEM_INDEX_H

#include "tandem/embedder.h"
#include "tandem/error.h"
#include "tandem/value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tandem_index tandem_index;

typedef struct tandem_index_options {
    size_t struct_size;
    const char *models[TANDEM_N_LANES]; /* as tandem_embedder_open; NULL: embedded default */
    /* As in embedder.h, but "auto" is what a lane's vectors were made in, where it has some. */
    const char *precision;
    const char *isa;           /* NULL: the best of this CPU */
    bool read_only;            /* E_NOT_FOUND instead of making a store */
    bool must_exist;           /* as well, but to write to it */
    uint64_t cache_bytes_max;  /* of cached vectors; 0: no limit */
    uint32_t threads;          /* of models and of a job's own work; 0: one a core */
    uint64_t memory_bytes_max; /* as tandem_embedder_options */
    tandem_backend backends[TANDEM_N_LANES];
    /* Of the store's file that is kept in memory, 64 KiB..1 TiB; each connection that reads keeps a
     * quarter of it more; 0: 32 MiB. */
    uint64_t store_bytes_max;
} tandem_index_options;

#define TANDEM_INDEX_OPTIONS                                              \
    (tandem_index_options)                                                \
    {                                                                     \
        .struct_size = sizeof(tandem_index_options), .precision = "auto", \
        .cache_bytes_max = 1ull << 30                                     \
    }

/* Opens or makes the store in the file `location`; NULL is tandem.db in the user's data folder.
 * Models are loaded, and servers met, when first needed.
 * Errors: E_NOT_FOUND, E_FORMAT (not a tandem database), E_UNSUPPORTED (a newer schema), E_BUSY
 * (another program writes to it), E_DENIED, E_NO_SPACE. */
tandem_code tandem_index_open(const char *location, const tandem_index_options *options,
                              tandem_index **index_out, tandem_error *err);

/* No job may be open on it. NULL is fine. */
void tandem_index_close(tandem_index *index);

/* The store's file. Borrowed until close. */
const char *tandem_index_location(const tandem_index *index);

/* The lane's model, loaded when first asked for; the same that searches and jobs use, so it lies in
 * memory once. Borrowed until the index closes: not to be closed. Errors: as
 * tandem_embedder_open. */
tandem_code tandem_index_get_embedder(tandem_index *index, tandem_lane lane,
                                      tandem_embedder **embedder_out, tandem_error *err);

typedef enum tandem_kind {
    TANDEM_KIND_ANY,
    TANDEM_KIND_PROSE,
    TANDEM_KIND_CODE,
} tandem_kind;

typedef struct tandem_search_options {
    size_t struct_size;
    uint32_t k; /* hits wanted, 1..1000 */
    bool exact; /* every vector at full precision instead of one bit a dimension first */
    const char *scope, *project, *dataset, *language; /* NULL: any */
    const char *path_glob;                            /* on the path or URL; NULL: any */
    const char *source;                               /* as it was named to index; NULL: any */
    tandem_kind kind;
} tandem_search_options;

#define TANDEM_SEARCH_OPTIONS                                 \
    (tandem_search_options)                                   \
    {                                                         \
        .struct_size = sizeof(tandem_search_options), .k = 10 \
    }

typedef struct tandem_hits tandem_hits;

/* Searches both lanes and the words at once, fused by reciprocal ranks. `options` may be NULL. A
 * lane whose servers do not answer is left out, with a warning to the log.
 * Errors: E_EMPTY for an empty query, E_INVALID naming the option, E_NOT_FOUND for a source that
 * the index does not hold, E_CONFLICT when the index was made with other models or in another
 * precision than it is opened with. */
tandem_code tandem_index_search(tandem_index *index, tandem_str query,
                                const tandem_search_options *options, tandem_hits **hits_out,
                                tandem_error *err);

/* Hits, best first; borrowed until tandem_hits_free. */
const tandem_hit *tandem_hits_get(const tandem_hits *hits, size_t *n_out);
void tandem_hits_free(tandem_hits *hits);

typedef struct tandem_status {
    uint64_t sources, pages, skipped, failed; /* pages */
    uint64_t chunks[TANDEM_N_LANES];          /* with a vector */
    uint64_t chunks_pending, chunks_failed;
    uint64_t bytes;                   /* of the database on disk */
    char models[TANDEM_N_LANES][128]; /* empty: lane not used so far */
    size_t dims[TANDEM_N_LANES];
    /* the cache of vectors; zeros in an index that is opened to be read only */
    uint64_t cache_hits, cache_misses, cache_stored, cache_evicted; /* of this process */
    uint64_t cache_bytes, cache_bytes_max; /* of vectors; max 0: no limit */
} tandem_status;

tandem_code tandem_index_get_status(tandem_index *index, tandem_status *status_out,
                                    tandem_error *err);

/* One source. Texts are good inside the callback. */
typedef struct tandem_source_info {
    tandem_str kind; /* "web", "dir", "file" */
    tandem_str uri, scope, project, dataset;
    uint64_t pages, chunks;
    int64_t indexed_wall_ms; /* end of its last run that was done, since 1970; 0: none */
    tandem_str last_run;     /* "done", "cancelled", "interrupted", "failed" */
} tandem_source_info;
typedef void (*tandem_source_each)(void *user, const tandem_source_info *info);
/* `source` as it was named to index, or NULL for all; `each` may be NULL to ask only whether it is
 * there. Errors: E_NOT_FOUND when the index does not hold it. */
tandem_code tandem_index_each_source(tandem_index *index, const char *source,
                                     tandem_source_each each, void *user, tandem_error *err);

/* A page that was skipped or failed at its last visit. Texts are good inside the callback. */
typedef struct tandem_miss {
    tandem_str uri, reason;
    bool failed; /* else skipped */
} tandem_miss;
typedef void (*tandem_miss_each)(void *user, const tandem_miss *miss);
/* `source` as it was named to index, or NULL for all. */
tandem_code tandem_index_each_miss(tandem_index *index, const char *source, tandem_miss_each each,
                                   void *user, tandem_error *err);

/* Removes a source with all its pages. Errors: E_NOT_FOUND when there is none of that name. */
tandem_code tandem_index_remove(tandem_index *index, const char *source, tandem_error *err);

#ifdef __cplusplus
}
#endif

#endif
