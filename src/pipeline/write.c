/* The writer thread: everything that changes the store goes through here, in the order in which it
 * was handed over. Vectors are gathered, so that many share one transaction. */
#include "base/metrics.h"
#include "pipeline/links.h"
#include "pipeline/state.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    VECTORS_MAX = 64,
    IDLE_MS = 100, /* so long the store may gather what comes one by one, as a crawl's pages do */
};

typedef enum write_kind {
    WRITE_PAGE,
    WRITE_SEEN,
    WRITE_MISS,
    WRITE_VISIT,
    WRITE_VECTOR,
} write_kind;

typedef struct td_write {
    write_kind kind;
    size_t feed;
    td_work *work;        /* page */
    td_piece *piece;      /* vector */
    bool failed;          /* miss, vector */
    bool gone;            /* miss */
    bool fresh;           /* vector: goes to the cache too */
    td_store_visit visit; /* visit: its texts lie in `text` */
    size_t n_uri;         /* seen, miss: bytes of `text` that are the uri; the rest is the reason */
    size_t n_text;
    float *vector; /* behind the struct */
    char *text;    /* behind the struct */
} td_write;

typedef struct writer {
    tandem_job *job;
    td_write *vectors[VECTORS_MAX];
    size_t n_vectors;
    float *scratch; /* [VECTORS_MAX, widest dim] for the cache */
    bool broken;    /* the store failed: take everything, write nothing */
} writer;

/* -- handing over -- */

static td_write *new_write(write_kind kind, size_t extra_bytes)
{
    td_write *write = calloc(1, sizeof(*write) + extra_bytes + 1);

    if (write) {
        write->kind = kind;
        write->vector = (float *)(void *)(write + 1);
        write->text = (char *)(write + 1);
    }
    return write;
}

static bool push(tandem_job *job, td_write *write)
{
    if (write && td_queue_push(job->writes, write))
        return true;
    if (!write) {
        tandem_error error = {0};
        td_fail_nomem(&error, "record under way to the store");
        td_pipeline_job_fail(job, &error);
    }
    free(write);
    return false;
}

bool td_pipeline_write_page(tandem_job *job, td_work *work)
{
    td_write *write = new_write(WRITE_PAGE, 0);

    if (write)
        write->work = work;
    return push(job, write);
}

static td_write *new_text(write_kind kind, size_t feed, td_str uri, td_str reason)
{
    td_write *write = new_write(kind, uri.n + reason.n);

    if (write) {
        write->feed = feed;
        write->n_uri = uri.n;
        write->n_text = uri.n + reason.n;
        if (uri.n)
            memcpy(write->text, uri.ptr, uri.n);
        if (reason.n)
            memcpy(write->text + uri.n, reason.ptr, reason.n);
    }
    return write;
}

bool td_pipeline_write_seen(tandem_job *job, size_t feed, td_str uri)
{
    return push(job, new_text(WRITE_SEEN, feed, uri, TD_STR("")));
}

/* Copies `from` behind the others; returns where it lies. */
static td_str put_text(td_write *write, td_str from)
{
    td_str at = {write->text + write->n_text, from.n};

    if (from.n)
        memcpy(write->text + write->n_text, from.ptr, from.n);
    write->n_text += from.n;
    return at;
}

static bool push_visit(tandem_job *job, size_t feed, const td_store_visit *visit)
{
    td_write *write = new_write(WRITE_VISIT, visit->uri.n + visit->etag.n + visit->last_modified.n +
                                                 visit->links.n);

    if (write) {
        write->feed = feed;
        write->visit = *visit;
        write->visit.uri = put_text(write, visit->uri);
        write->visit.etag = put_text(write, visit->etag);
        write->visit.last_modified = put_text(write, visit->last_modified);
        write->visit.links = put_text(write, visit->links);
    }
    return push(job, write);
}

bool td_pipeline_write_visit(tandem_job *job, size_t feed, const td_page *page, td_hash hash,
                             const td_document *document)
{
    td_buf links = TD_BUF(TD_PIPELINE_LINKS_BYTES_MAX);
    bool leads_on = document && !document->nofollow && !page->is_nofollow;
    /* Without its links a page must be fetched the next time. */
    bool is_whole = !leads_on || td_pipeline_links_pack(document->links, document->n_links, &links,
                                                        NULL) == TANDEM_OK;
    /* Behind a redirect they are another address's, and the next time it may lead elsewhere. */
    bool is_own = is_whole && td_str_eq(page->uri, page->final_uri);
    td_store_visit visit = {
        .uri = page->uri,
        .etag = is_own ? page->etag : TD_STR(""),
        .last_modified = is_own ? page->last_modified : TD_STR(""),
        .hash = hash,
        .recipe = job->recipe,
        .fetched_wall_ms = is_whole ? page->fetched_wall_ms : 0,
        .links = is_whole ? td_buf_str(&links) : TD_STR(""),
    };
    bool ok = push_visit(job, feed, &visit);

    td_buf_clear(&links);
    return ok;
}

bool td_pipeline_write_revisit(tandem_job *job, size_t feed, const td_page *page)
{
    td_store_visit visit = {.uri = page->uri,
                            .is_unchanged = true,
                            .fetched_wall_ms = page->fetched_wall_ms};

    return push_visit(job, feed, &visit);
}

bool td_pipeline_write_is_gone(const td_page *page)
{
    return page->http_status == 404 || page->http_status == 410;
}

bool td_pipeline_write_miss(tandem_job *job, size_t feed, const td_page *page, bool failed,
                            td_str reason)
{
    td_write *write = new_text(WRITE_MISS, feed, page->uri, reason);

    if (write) {
        write->failed = failed;
        write->gone = td_pipeline_write_is_gone(page);
    }
    return push(job, write);
}

bool td_pipeline_write_vector(tandem_job *job, td_piece *piece, const float *vector, bool fresh)
{
    size_t bytes = job->embedders[piece->task.lane]->dim * sizeof(float);
    td_write *write = new_write(WRITE_VECTOR, bytes);

    if (write) {
        write->piece = piece;
        write->fresh = fresh;
        memcpy(write->vector, vector, bytes);
    }
    return push(job, write);
}

bool td_pipeline_write_failure(tandem_job *job, td_piece *piece, const tandem_error *why)
{
    char reason[sizeof(why->context) + sizeof(why->message) + 2];
    snprintf(reason, sizeof(reason), "%s%s%s", why->context, why->context[0] ? ": " : "",
             why->message[0] ? why->message : tandem_code_text(why->code));
    td_write *write = new_text(WRITE_VECTOR, 0, TD_STR(""), td_str_from(reason));

    if (write) {
        write->piece = piece;
        write->failed = true;
    }
    return push(job, write);
}

/* -- writing -- */

static void break_off(writer *w, tandem_error *error)
{
    td_metrics_add(td_metrics_counter("tandem_store_writes_total",
                                      "store=\"sqlite\",status=\"failed\""),
                   1);
    td_context(error, "writing to %s", w->job->index->location);
    td_pipeline_job_fail(w->job, error);
    w->broken = true;
}

static td_store_vector record_of(const td_write *write, const td_piece *piece)
{
    return (td_store_vector){
        .chunk_id = piece->work->chunk_ids[piece->i],
        .lane = piece->task.lane,
        .status = write->failed ? TD_VECTOR_FAILED : TD_VECTOR_DONE,
        .values = write->failed ? NULL : write->vector,
        .reason = {write->text, write->failed ? write->n_text : 0},
        .truncated = piece->task.note.truncated,
    };
}

static void put_vectors(writer *w, const td_store_vector *records, size_t n)
{
    tandem_error error = {0};
    td_store *store = w->job->index->store;

    if (w->broken || n == 0)
        return;
    if (store->vectors_put(store, records, n, &error) != TANDEM_OK) {
        break_off(w, &error);
        return;
    }
    td_metrics_add(td_metrics_counter("tandem_store_writes_total",
                                      "store=\"sqlite\",status=\"ok\""),
                   (double)n);
    for (size_t i = 0; i < n; i++) {
        td_pipeline_lane_counts *lane = &w->job->lanes[records[i].lane];
        atomic_fetch_add(records[i].status == TD_VECTOR_DONE ? &lane->done : &lane->failed, 1);
    }
}

static void put_cache(writer *w, tandem_lane lane)
{
    tandem_error error = {0};
    td_cache *cache = w->job->index->cache;
    td_hash keys[VECTORS_MAX];
    size_t dim = w->n_vectors ? w->job->embedders[lane]->dim : 0;
    size_t n = 0;

    for (size_t i = 0; i < w->n_vectors; i++) {
        const td_write *write = w->vectors[i];
        if (!write->fresh || write->piece->task.lane != lane)
            continue;
        keys[n] = write->piece->key;
        memcpy(w->scratch + n * dim, write->vector, dim * sizeof(float));
        n++;
    }
    if (n && !w->broken && cache->put(cache, keys, w->scratch, n, dim, &error) != TANDEM_OK)
        break_off(w, &error);
}

/* The pieces of the same text that waited for this one get the same vector. */
static void settle_with_equals(writer *w, td_write *write)
{
    td_store_vector records[VECTORS_MAX];
    td_piece *waiting = td_pipeline_once_leave(&w->job->once, write->piece);

    while (waiting) {
        td_piece *slice[VECTORS_MAX];
        size_t n = 0;
        for (; waiting && n < VECTORS_MAX; waiting = waiting->next_equal, n++) {
            waiting->task.note = write->piece->task.note;
            records[n] = record_of(write, waiting);
            slice[n] = waiting;
        }
        put_vectors(w, records, n);
        for (size_t i = 0; i < n; i++) {
            if (!write->failed)
                atomic_fetch_add(&w->job->lanes[slice[i]->task.lane].cached, 1);
            td_pipeline_index_settle(slice[i]->work);
        }
    }
    td_pipeline_index_settle(write->piece->work);
}

static void put_gathered(writer *w)
{
    td_store_vector records[VECTORS_MAX];

    for (size_t i = 0; i < w->n_vectors; i++) {
        const td_write *write = w->vectors[i];
        records[i] = record_of(write, write->piece);
        if (!write->failed && !write->fresh)
            atomic_fetch_add(&w->job->lanes[write->piece->task.lane].cached, 1);
    }
    put_vectors(w, records, w->n_vectors);
    for (int l = 0; l < TANDEM_N_LANES; l++)
        put_cache(w, (tandem_lane)l);
    for (size_t i = 0; i < w->n_vectors; i++) {
        settle_with_equals(w, w->vectors[i]);
        free(w->vectors[i]);
    }
    w->n_vectors = 0;
}

static void put_other(writer *w, td_write *write)
{
    tandem_error error = {0};
    td_store *store = w->job->index->store;
    tandem_code code = TANDEM_OK;
    td_str uri = {write->text, write->n_uri};

    if (write->kind == WRITE_PAGE) {
        td_work *work = write->work;
        int64_t run = w->job->feeds[work->feed].run_id;
        if (!w->broken)
            code = store->page_put(store, run, work->page, work->document, &work->chunks,
                                   work->chunk_ids, &error);
        td_pipeline_index_settle(work);
    } else if (write->kind == WRITE_VISIT) {
        if (!w->broken && store->visit_put)
            code =
                store->visit_put(store, w->job->feeds[write->feed].run_id, &write->visit, &error);
    } else if (!w->broken) {
        int64_t run = w->job->feeds[write->feed].run_id;
        td_store_miss miss = {
            .uri = uri,
            .failed = write->failed,
            .gone = write->gone,
            .reason = {write->text + write->n_uri, write->n_text - write->n_uri},
        };
        code = write->kind == WRITE_SEEN ? store->page_seen(store, run, uri, &error)
                                         : store->page_miss(store, run, &miss, &error);
    }
    free(write);
    if (code != TANDEM_OK)
        break_off(w, &error);
}

static void flush(writer *w)
{
    tandem_error error = {0};
    td_store *store = w->job->index->store;

    put_gathered(w);
    if (!w->broken && store->flush(store, &error) != TANDEM_OK)
        break_off(w, &error);
}

static void take(writer *w, td_write *write)
{
    if (write->kind != WRITE_VECTOR) {
        put_other(w, write);
        return;
    }
    w->vectors[w->n_vectors++] = write;
    if (w->n_vectors == VECTORS_MAX)
        put_gathered(w);
}

void *td_pipeline_write_run(void *user)
{
    tandem_job *job = user;
    writer w = {.job = job};
    void *item = NULL;
    size_t dim = 1; /* a crawl alone has no models */

    for (int l = 0; l < TANDEM_N_LANES; l++)
        if (job->embedders[l] && job->embedders[l]->dim > dim)
            dim = job->embedders[l]->dim;
    w.scratch = malloc(VECTORS_MAX * dim * sizeof(float));
    if (!w.scratch) {
        tandem_error error = {0};
        td_fail_nomem(&error, "the writer");
        break_off(&w, &error);
    }
    for (;;) {
        if (!td_queue_try_pop(job->writes, &item)) {
            put_gathered(&w);
            if (!td_queue_pop_within(job->writes, IDLE_MS, &item)) {
                flush(&w);
                if (!td_queue_pop(job->writes, &item))
                    break;
            }
        }
        take(&w, item);
    }
    flush(&w);
    free(w.scratch);
    return NULL;
}
