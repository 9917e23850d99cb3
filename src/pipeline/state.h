/* pipeline/state.h - the insides of tandem_index and tandem_job, for this room alone.
 *
 * A job's threads: `conductor` (reads the sources and ends the job), `core` threads (extract,
 * chunk, route, look in the cache), the schedule's slots (embed), `writer` (owns the store).
 *
 *     conductor --pages--> core --tasks--> schedule --vectors--> writer
 *                           `-----------pages, cached----------------^
 *
 * Both arrows are bounded queues, so a slow writer slows the crawl. The writer waits for nobody but
 * its queue, so the ring can't lock up.
 */
#ifndef TD_PIPELINE_STATE_H
#define TD_PIPELINE_STATE_H

#include "base/queue.h"
#include "base/thread.h"
#include "cache/cache.h"
#include "chunk/chunk.h"
#include "embed/embed.h"
#include "extract/extract.h"
#include "pipeline/pipeline.h"
#include "route/route.h"
#include "schedule/schedule.h"
#include "source/source.h"
#include "store/store.h"

typedef struct td_pipeline_lane {
    td_model_files *files;
    td_embedder *embedder; /* NULL until first needed */
    /* "id@revision", and " precision=int8" where it is not f32: vectors of another identity do not
     * belong beside these. */
    td_str identity;
    tandem_embedder *face; /* what callers get of it; NULL until asked for */
    pthread_mutex_t lock; /* rank 1: guards the above where the model is on servers; held while they
                              are met, since whoever comes second must wait for that anyway */
} td_pipeline_lane;

struct tandem_index {
    td_arena *arena; /* texts of the options */
    const char *location;
    const char *models[TANDEM_N_LANES]; /* NULL: embedded default */
    const char *precision, *isa;
    uint32_t threads; /* 0: one a core */
    uint64_t memory_bytes_max;
    tandem_backend backends[TANDEM_N_LANES]; /* urls NULL: in this process */
    bool read_only;
    td_store *store;
    td_cache *cache;      /* NULL when read only */
    pthread_mutex_t lock; /* rank 1: guards local lanes; held while a model loads, since whoever
                             comes second needs that model anyway */
    td_pipeline_lane lanes[TANDEM_N_LANES];
};

/* The lane's model, loaded (its servers met) on first use; borrowed until the index closes.
 * for_job: servers are met thoroughly; those that don't answer later, if the index tells their
 * model. */
tandem_code td_pipeline_lanes_get(tandem_index *index, tandem_lane lane, bool for_job,
                                  const td_pipeline_lane **lane_out, tandem_error *err);
/* For a job: of both lanes, [TANDEM_N_LANES] each. To meet servers is to wait for them, so it is
 * done for both at the same time. A lane that failed is NULL, and its error says why. */
void td_pipeline_lanes_get_both(tandem_index *index, const td_pipeline_lane *lanes_out[],
                                tandem_error whys_out[]);
/* E_CONFLICT where the lane's vectors are of another model or precision. */
tandem_code td_pipeline_lanes_check(const tandem_index *index, tandem_lane lane,
                                    const td_store_lane *stored, const td_pipeline_lane *opened,
                                    tandem_error *err);
/* What a backend means to embed/; its texts are borrowed. */
td_embed_remote_options td_pipeline_lanes_options(const tandem_backend *backend, const char *model);
bool td_pipeline_lanes_is_remote(const tandem_index *index, tandem_lane lane);
void td_pipeline_lanes_close(tandem_index *index);
/* How many slots a schedule of both lanes has: as many as asked for, or, if that is 0, what
 * schedule.h says of so many threads, and a spare one where the lanes share the slots:
 * cores can be shared for a moment, and no server gets more than it would have without the other
 * lane; but what was asked for stays a cap. */
void td_pipeline_lanes_slots(td_embedder *const lanes[TANDEM_N_LANES], uint32_t asked,
                             uint32_t threads, td_schedule_options *options);

/* model.c: an embedder over a loaded model that stays its owner's. */
tandem_code td_pipeline_model_borrow(td_model_files *files, td_embedder *embedder,
                                     tandem_embedder **embedder_out, tandem_error *err);
/* model.c: what does an opened model's work; borrowed. */
td_embedder *td_pipeline_model_door(const tandem_embedder *embedder);
/* model.c: of the engine, as it was opened with; 0: one a core. */
uint32_t td_pipeline_model_threads(const tandem_embedder *embedder);

/* One source of a job. */
typedef struct td_pipeline_feed {
    td_source *source; /* NULL: the job's own input, or what is to be tried again */
    tandem_job *job;
    int64_t source_id, run_id;
    int64_t since_run;  /* what later runs had, was had by a run that was cut short */
    bool complete;      /* read to its end */
    atomic_bool unsure; /* a page could not be had or drawn, and may be tomorrow */
    atomic_uint_fast64_t n_good, n_failed; /* pages: had or unchanged; failed */
} td_pipeline_feed;

typedef struct td_work td_work;

/* One chunk on its way to its vector. */
typedef struct td_piece {
    td_task task;
    td_work *work;
    size_t i; /* in work->chunks */
    td_hash key;
    struct td_piece *next_in_bucket; /* once.c */
    struct td_piece *next_equal;     /* once.c: pieces of the same text that wait for this one */
} td_piece;

/* One page on its way through the store; freed when the page and all its pieces are settled. */
struct td_work {
    tandem_job *job;
    size_t feed;
    td_page *page;
    td_document *document;
    td_arena *arena; /* chunks, ids, pieces */
    td_chunks chunks;
    int64_t *chunk_ids; /* [n]; filled in by the writer, 0 until then */
    td_piece *pieces;   /* [n] */
    atomic_size_t n_left;
};

/* One of a work's pieces, or its page, is done with; the last one frees it. */
void td_pipeline_index_settle(td_work *work);

/* -- once.c: equal texts of one run are embedded once -- */

typedef struct td_once {
    pthread_mutex_t lock; /* rank 2: guards the buckets */
    td_piece **buckets;
    size_t n_buckets; /* a power of two */
} td_once;

tandem_code td_pipeline_once_init(td_once *once, size_t n_buckets, tandem_error *err);
void td_pipeline_once_clear(td_once *once);
/* True: this piece is the first of its key and must be embedded. False: it waits for the first. */
bool td_pipeline_once_enter(td_once *once, td_piece *piece);
/* The first piece is settled: takes it out; returns those that waited, linked by next_equal. */
td_piece *td_pipeline_once_leave(td_once *once, td_piece *piece);

/* -- the job -- */

typedef struct td_pipeline_lane_counts {
    atomic_uint_fast64_t total, done, failed, cached, embedded, truncated;
} td_pipeline_lane_counts;

struct tandem_job {
    tandem_index *index;
    tandem_job_options options; /* its texts in `arena` */
    td_arena *arena;
    td_pipeline_feed *feeds;
    size_t n_feeds;
    td_source_browser *browser; /* NULL: pages are taken as they are fetched */
    bool is_retry;              /* feeds are sources with chunks that have no vector */
    td_hash recipe;             /* of everything that decides how a page becomes chunks */
    td_embed_counter *counters[TANDEM_N_LANES]; /* NULL: chunks are measured in characters */
    td_str fingerprints[TANDEM_N_LANES];
    td_embedder *embedders[TANDEM_N_LANES];
    td_embedder
        *down[TANDEM_N_LANES]; /* ours: what stands in for a lane whose servers are not there */

    td_queue *pages;  /* td_pipeline_fetched: conductor to core */
    td_queue *writes; /* td_write: core and slots to writer */
    td_schedule *schedule;
    td_once once;
    pthread_t conductor, writer;
    pthread_t *cores;
    size_t n_cores;
    bool conductor_runs;
    const char *phase; /* conductor: of tandem_run_phase; NULL: none */

    td_stop stop;         /* cancelled or failed: take nothing new */
    pthread_mutex_t lock; /* rank 1: guards all below */
    pthread_cond_t ended_changed;
    pthread_mutex_t visit_lock; /* rank 1: one visit at a time; held over the caller's function,
                                   which is what it promises */
    bool ended;
    bool cancelled;
    tandem_error error; /* what ended it; code OK if nothing did */

    int64_t begun_us;
    atomic_int_fast64_t ended_us; /* 0 until then */
    atomic_bool sources_ended;
    atomic_uint_fast64_t n_seen, n_pages, n_files, n_unchanged, n_skipped, n_failed, n_removed;
    td_pipeline_lane_counts lanes[TANDEM_N_LANES];
    td_schedule_progress last; /* of the schedule, kept when it is closed */
};

typedef struct td_pipeline_fetched {
    td_page *page;
    size_t feed;
} td_pipeline_fetched;

/* Ends the job with a failure; the first one counts. Any thread. */
void td_pipeline_job_fail(tandem_job *job, const tandem_error *error);

/* -- feeds.c: the job's sources -- */

/* Opens them, and the job's own input as one; begins a run of each in the store. */
tandem_code td_pipeline_feeds_open(tandem_job *job, const char *const *sources, size_t n_sources,
                                   tandem_error *err);
tandem_code td_pipeline_feeds_begin_run(tandem_job *job, td_pipeline_feed *feed, tandem_error *err);
/* Reads all of them to their ends, one after the other. */
void td_pipeline_feeds_read(tandem_job *job);
/* Makes that end soon. Any thread. */
void td_pipeline_feeds_cancel(tandem_job *job);
/* Tells the store how each run ended, and what is gone. */
void td_pipeline_feeds_end_runs(tandem_job *job);
void td_pipeline_feeds_close(tandem_job *job);

/* known.c: td_source_known, for a td_pipeline_feed. */
bool td_pipeline_known_get(void *feed, td_str uri, td_page_known *known_out);
/* Whether an earlier run had the page, whatever became of its chunks; true too if the store cannot
 * tell, for what is taken for gone is removed. */
bool td_pipeline_known_had(td_pipeline_feed *feed, td_str uri);

/* meter.c: opens what counts the tokens of a text, where the job's chunks are measured in them, and
 * sees that the models take chunks of that size. */
tandem_code td_pipeline_meter_open(tandem_job *job, tandem_error *err);
void td_pipeline_meter_close(tandem_job *job);
void td_pipeline_meter_set(const tandem_job *job, td_chunk_options *options);
/* Everything besides its bytes that decides how a page becomes chunks. Stored hashes of pages are
 * mixed with it, so a page is "unchanged" only if it would be cut the same way again. */
td_hash td_pipeline_meter_recipe(const tandem_job *job);

/* Whether the job keeps something: texts and vectors, or only where a crawl has been. */
bool td_pipeline_job_stores(const tandem_job *job);
bool td_pipeline_job_remembers(const tandem_job *job);

/* Turns a page's hash into the stored one and back. */
void td_pipeline_job_mix(const tandem_job *job, td_hash *hash);

/* progress.c: the run's counts as a JSON object; returns its bytes. */
enum {
    TD_PIPELINE_JSON_BYTES_MAX = 2048
};
size_t td_pipeline_progress_json(tandem_job *job, char out[TD_PIPELINE_JSON_BYTES_MAX]);

/* progress.c: the job goes on to a phase ("read", "embed", "store"), or ends (NULL). */
void td_pipeline_progress_phase(tandem_job *job, const char *phase);
/* progress.c: the log line at the end of a run. */
void td_pipeline_progress_log(tandem_job *job, const char *state);

/* index.c: what core threads and the conductor run. */
void *td_pipeline_index_core(void *job);
/* Fills in work->pieces, from its chunks. */
tandem_code td_pipeline_index_pieces(td_work *work, tandem_error *err);
/* Sends a work's pieces to cache and schedule, and lets go of it. work->n_left counts the pieces,
 * who else holds the work, and this call. */
void td_pipeline_index_submit(tandem_job *job, td_work *work);
tandem_code td_pipeline_index_feed(tandem_job *job, size_t feed, tandem_error *err);
tandem_code td_pipeline_index_input(tandem_job *job, size_t feed, tandem_error *err);
void td_pipeline_index_done(void *job, td_task *task);

/* -- draw.c: pages that show nothing until their scripts have run -- */

/* Opens job->browser where the options and the sources ask for one. */
tandem_code td_pipeline_draw_open(tandem_job *job, const char *const *sources, size_t n_sources,
                                  tandem_error *err);
/* Draws the page if the options ask for it, or what was extracted of it (NULL: nothing) does:
 * *page is then another one, and *is_drawn_out true. OK too where it need not be or, with some text
 * in it, could not be. Errors: why a page without text could not be drawn; E_EMPTY for one that is
 * not drawn. */
tandem_code td_pipeline_draw(tandem_job *job, size_t feed, td_page **page,
                             const td_document *document, tandem_error *err, bool *is_drawn_out);
/* Whether an earlier run had this very drawing. */
bool td_pipeline_draw_is_known(tandem_job *job, size_t feed, const td_page *page);

/* -- retry.c: chunks without a vector instead of pages -- */

/* One feed for each source that has any; E_NOT_FOUND for a source that the store does not hold. */
tandem_code td_pipeline_retry_find(tandem_job *job, const char *source, tandem_error *err);
tandem_code td_pipeline_retry_feed(tandem_job *job, size_t feed, tandem_error *err);

/* -- write.c: what the writer thread does -- */

void *td_pipeline_write_run(void *job);
/* Each hands one thing to the writer; takes what it is given. False: no memory, or the job ends. */
bool td_pipeline_write_page(tandem_job *job, td_work *work);
/* What is remembered of a web page for the next crawl. `hash` is of its bytes. */
bool td_pipeline_write_visit(tandem_job *job, size_t feed, const td_page *page, td_hash hash,
                             const td_document *document);
/* The same for one that is as it was. */
bool td_pipeline_write_revisit(tandem_job *job, size_t feed, const td_page *page);
bool td_pipeline_write_seen(tandem_job *job, size_t feed, td_str uri);
bool td_pipeline_write_miss(tandem_job *job, size_t feed, const td_page *page, bool failed,
                            td_str reason);
/* Whether the server says that there is no such page any more. */
bool td_pipeline_write_is_gone(const td_page *page);
/* vector [dim] is copied; `fresh`: not from the cache. */
bool td_pipeline_write_vector(tandem_job *job, td_piece *piece, const float *vector, bool fresh);
bool td_pipeline_write_failure(tandem_job *job, td_piece *piece, const tandem_error *why);

#endif
