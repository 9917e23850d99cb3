/* The upper way, step by step. To see the order of the steps, read take_document and send_work. */
#include "base/clock.h"
#include "net/net.h"
#include "pipeline/links.h"
#include "pipeline/state.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WORK_BYTES_MAX = 512 << 20, /* of one page's chunks: arrays, not texts */
    LINKS_ARENA_BYTES_MAX = 256 << 20,
};

/* -- source -- */

tandem_code td_pipeline_index_feed(tandem_job *job, size_t feed, tandem_error *err)
{
    td_source *source = job->feeds[feed].source;

    while (!atomic_load(&job->stop)) {
        td_page *page = NULL;
        tandem_code code = source->next(source, &page, err);
        if (code != TANDEM_OK)
            return code;
        if (!page) {
            job->feeds[feed].complete = true;
            return TANDEM_OK;
        }
        td_pipeline_fetched *fetched = malloc(sizeof(*fetched));
        if (!fetched) {
            td_page_free(page);
            return td_fail_nomem(err, "page under way");
        }
        *fetched = (td_pipeline_fetched){page, feed};
        if (!td_queue_push(job->pages, fetched)) {
            td_page_free(page);
            free(fetched);
        }
    }
    return TANDEM_OK;
}

/* The job's own input as one page, as if it had been a file of that name. */
tandem_code td_pipeline_index_input(tandem_job *job, size_t feed, tandem_error *err)
{
    const tandem_job_options *options = &job->options;
    td_page *page = td_page_new(options->input.n + (1u << 20));
    td_pipeline_fetched *fetched = malloc(sizeof(*fetched));

    if (!page || !fetched) {
        td_page_free(page);
        free(fetched);
        return td_fail_nomem(err, "input");
    }
    page->uri = page->final_uri = td_str_from(options->input_name);
    page->media_type = page->charset = page->etag = page->last_modified = TD_STR("");
    page->body = options->input;
    page->hash = td_hash_of(page->body);
    page->fetched_wall_ms = td_clock_wall_ms();
    *fetched = (td_pipeline_fetched){page, feed};
    if (!td_queue_push(job->pages, fetched)) {
        td_page_free(page);
        free(fetched);
    }
    job->feeds[feed].complete = true;
    return TANDEM_OK;
}

/* Tells the source which links a page holds: a crawl goes on from there. */
static void report_links(tandem_job *job, size_t feed, const td_page *page,
                         const td_document *document)
{
    td_source *source = job->feeds[feed].source;
    bool follow = document && !document->nofollow;

    if (source)
        source->done(source, page->uri, follow ? document->links : NULL,
                     follow ? document->n_links : 0);
}

/* -- what the caller sees -- */

static void visit(tandem_job *job, const td_page *page, const td_document *document,
                  const td_chunks *chunks, tandem_page_status status, td_str reason)
{
    if (!job->options.visit)
        return;
    tandem_item item = {
        .status = status,
        .reason = reason,
        .uri = page->uri,
        .final_uri = page->final_uri,
        .media_type = page->media_type,
        .http_status = page->http_status,
        .is_web = page->is_web,
        .is_drawn = page->is_drawn,
        .fetched_wall_ms = page->fetched_wall_ms,
        .body = page->body,
    };
    tandem_link *links = NULL;
    if (document) {
        item.has_document = true;
        item.title = document->title;
        item.description = document->description;
        item.author = document->author;
        item.date = document->date;
        item.language = document->natural_language;
        item.canonical = document->canonical;
        item.text = document->text;
        links = td_arena_zalloc(document->arena, document->n_links, sizeof(*links));
        for (size_t i = 0; links && i < document->n_links; i++)
            links[i] = (tandem_link){document->links[i].href, document->links[i].text};
        item.links = links;
        item.n_links = links ? document->n_links : 0;
    }
    if (chunks) {
        item.chunks = chunks->items;
        item.n_chunks = chunks->n;
    }
    pthread_mutex_lock(&job->visit_lock);
    job->options.visit(job->options.user, &item);
    pthread_mutex_unlock(&job->visit_lock);
}

/* -- cache and schedule -- */

void td_pipeline_index_settle(td_work *work)
{
    if (atomic_fetch_sub(&work->n_left, 1) != 1)
        return;
    td_document_free(work->document);
    td_page_free(work->page);
    td_arena_free(work->arena); /* the work itself lies in it */
}

/* A piece that will get no vector in this run, and those that wait for it: their chunks stay
 * pending in the store, and the next run does them. */
static void drop(tandem_job *job, td_piece *piece)
{
    td_piece *waiting = td_pipeline_once_leave(&job->once, piece);

    while (waiting) {
        td_piece *next = waiting->next_equal;
        td_pipeline_index_settle(waiting->work);
        waiting = next;
    }
    td_pipeline_index_settle(piece->work);
}

void td_pipeline_index_done(void *user, td_task *task)
{
    tandem_job *job = user;
    td_piece *piece = task->user;
    td_pipeline_lane_counts *lane = &job->lanes[task->lane];
    bool taken = false;

    if (task->status == TD_TASK_DONE) {
        atomic_fetch_add(&lane->embedded, 1);
        if (task->note.truncated)
            atomic_fetch_add(&lane->truncated, 1);
        taken = td_pipeline_write_vector(job, piece, task->vector, true);
    } else if (task->status == TD_TASK_FAILED) {
        taken = td_pipeline_write_failure(job, piece, &task->error);
    }
    if (!taken)
        drop(job, piece);
}

static void submit(tandem_job *job, td_piece *piece, float *scratch)
{
    tandem_lane lane = piece->task.lane;
    tandem_error error = {0};
    bool found = false;

    piece->key = td_cache_key(job->fingerprints[lane], TANDEM_ROLE_DOCUMENT, piece->task.text);
    if (!td_pipeline_once_enter(&job->once, piece))
        return;
    td_cache *cache = job->index->cache;
    tandem_code code =
        cache->get(cache, piece->key, scratch, job->embedders[lane]->dim, &found, &error);
    if (code != TANDEM_OK) {
        td_pipeline_job_fail(job, &error);
        drop(job, piece);
    } else if (found) {
        if (!td_pipeline_write_vector(job, piece, scratch, false))
            drop(job, piece);
    } else if (td_schedule_put(job->schedule, &piece->task, &error) != TANDEM_OK) {
        drop(job, piece);
    }
}

static tandem_code init_piece(td_work *work, size_t i, tandem_error *err)
{
    const tandem_chunk *chunk = &work->chunks.items[i];
    td_piece *piece = &work->pieces[i];

    piece->work = work;
    piece->i = i;
    piece->task = (td_task){.lane = chunk->lane, .user = piece};
    return td_chunk_model_text(chunk, work->arena, &piece->task.text, err);
}

tandem_code td_pipeline_index_pieces(td_work *work, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n = work->chunks.n;

    work->pieces = td_arena_zalloc(work->arena, n, sizeof(*work->pieces));
    if (n && !work->pieces)
        TD_TRY(td_arena_fail(work->arena, err));
    for (size_t i = 0; i < n; i++)
        TD_TRY(init_piece(work, i, err));
out:
    return code;
}

void td_pipeline_index_submit(tandem_job *job, td_work *work)
{
    size_t dim_max = job->embedders[0]->dim;
    if (job->embedders[1]->dim > dim_max)
        dim_max = job->embedders[1]->dim;
    float *scratch = malloc(dim_max * sizeof(*scratch));
    size_t n = work->chunks.n;

    if (!scratch) {
        tandem_error error = {0};
        td_fail_nomem(&error, "chunks of a page");
        td_pipeline_job_fail(job, &error);
    }
    for (size_t i = 0; i < n; i++) {
        if (scratch)
            submit(job, &work->pieces[i], scratch);
        else
            td_pipeline_index_settle(work);
    }
    td_pipeline_index_settle(work);
    free(scratch);
}

/* Page first, then its pieces: the writer's queue keeps that order, so a vector never comes before
 * its chunk has an id. Takes the work. */
static void send_work(tandem_job *job, td_work *work, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n = work->chunks.n;
    td_hash hash = work->page->hash;

    td_pipeline_job_mix(job, &work->page->hash);
    work->chunk_ids = td_arena_zalloc(work->arena, n, sizeof(*work->chunk_ids));
    if (n && !work->chunk_ids)
        TD_TRY(td_arena_fail(work->arena, err));
    TD_TRY(td_pipeline_index_pieces(work, err));
    for (size_t i = 0; i < n; i++)
        atomic_fetch_add(&job->lanes[work->chunks.items[i].lane].total, 1);
    atomic_store(&work->n_left, n + 2); /* pieces, the page, and submit */
    if (!td_pipeline_write_page(job, work))
        td_pipeline_index_settle(work);
    else if (work->page->is_web)
        td_pipeline_write_visit(job, work->feed, work->page, hash, work->document);
    td_pipeline_index_submit(job, work);

out:
    if (code != TANDEM_OK) {
        td_pipeline_job_fail(job, err);
        atomic_store(&work->n_left, 1);
        td_pipeline_index_settle(work);
    }
}

/* -- extract, chunk, route -- */

static bool resolve(void *user, td_str base, td_str href, td_buf *out)
{
    const td_page *page = user;

    return page->is_web && td_net_url_resolve(base, href, out, NULL) == TANDEM_OK;
}

static tandem_code read_once(tandem_job *job, td_page *page, td_arena *scratch,
                             td_document **document_out, tandem_error *err)
{
    td_extract_options options = TD_EXTRACT_OPTIONS;

    options.resolve = resolve;
    options.resolve_user = page;
    options.scratch = scratch;
    options.whole_page = job->options.whole_page;
    options.links_only = job->options.links_only;
    /* Chunks are the same whether a page comes from a folder or a site; a page that a person reads
     * has links that lead somewhere. */
    options.links_as_written = job->options.until >= TANDEM_UNTIL_CHUNK;
    return td_extract(page, &options, document_out, err);
}

/* The page's document; of the page as a browser draws it, where that is wanted. */
static tandem_code extract(tandem_job *job, size_t feed, td_page **page, td_arena *scratch,
                           td_document **document_out, tandem_error *err)
{
    tandem_error why = {.code = TANDEM_OK};
    tandem_code code = read_once(job, *page, scratch, document_out, &why);
    bool is_drawn = false;

    if (code == TANDEM_OK || code == TANDEM_E_EMPTY)
        code = td_pipeline_draw(job, feed, page, *document_out, &why, &is_drawn);
    if (code == TANDEM_OK && is_drawn) {
        td_document_free(*document_out);
        *document_out = NULL;
        code = read_once(job, *page, scratch, document_out, &why);
    }
    if (code != TANDEM_OK) {
        td_document_free(*document_out);
        *document_out = NULL;
        if (err)
            *err = why;
    }
    return code;
}

static td_work *new_work(tandem_job *job, size_t feed, td_page *page, td_document *document)
{
    td_arena *arena = td_arena_new(WORK_BYTES_MAX);
    td_work *work = arena ? td_arena_zalloc(arena, 1, sizeof(*work)) : NULL;

    if (!work) {
        td_arena_free(arena);
        return NULL;
    }
    work->job = job;
    work->feed = feed;
    work->page = page;
    work->document = document;
    work->arena = arena;
    return work;
}

/* Whether a page that failed may be there again tomorrow, so that what it led to must not be taken
 * for gone. One that is forbidden led to something only if an earlier run had it. */
static bool may_return(const tandem_job *job, const td_page *page, size_t feed)
{
    if (td_pipeline_write_is_gone(page))
        return false;
    bool is_refused = page->http_status >= 400 && page->http_status < 500;
    return !is_refused || td_pipeline_known_had(&job->feeds[feed], page->uri);
}

/* The page is out: counted, told to source, store and caller, freed. Its links, if it had some,
 * are followed all the same. */
static void miss(tandem_job *job, td_page *page, const td_document *document, size_t feed,
                 bool failed, td_str reason)
{
    atomic_fetch_add(failed ? &job->n_failed : &job->n_skipped, 1);
    atomic_fetch_add(&job->feeds[feed].n_failed, failed);
    if (failed && page->is_web && may_return(job, page, feed))
        atomic_store(&job->feeds[feed].unsure, true);
    report_links(job, feed, page, document);
    if (job->options.until == TANDEM_UNTIL_STORE)
        td_pipeline_write_miss(job, feed, page, failed, reason);
    visit(job, page, NULL, NULL, failed ? TANDEM_PAGE_FAILED : TANDEM_PAGE_SKIPPED, reason);
    td_page_free(page);
}

/* Cut, routed, seen by the caller and sent on. Takes page and document. */
static void take_document(tandem_job *job, td_page *page, size_t feed, td_document *document)
{
    tandem_error error = {0};
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_work *work = new_work(job, feed, page, document);

    options.size = job->options.chunk_size;
    options.overlap = job->options.chunk_overlap;
    td_pipeline_meter_set(job, &options);
    if (!work)
        td_fail_nomem(&error, "page under way");
    else if (job->options.until >= TANDEM_UNTIL_CHUNK)
        td_chunk_split(document, &options, work->arena, &work->chunks, &error);
    if (error.code != TANDEM_OK) {
        td_context(&error, "%.*s", TD_STR_FMT(page->uri));
        td_pipeline_job_fail(job, &error);
    } else {
        td_route_set(&work->chunks, TD_ROUTE_AUTO);
        atomic_fetch_add(page->is_web ? &job->n_pages : &job->n_files, 1);
        atomic_fetch_add(&job->feeds[feed].n_good, 1);
        visit(job, page, document, &work->chunks, TANDEM_PAGE_FETCHED, TD_STR(""));
        if (job->options.until == TANDEM_UNTIL_STORE) {
            send_work(job, work, &error);
            return;
        }
        if (td_pipeline_job_remembers(job) && page->is_web)
            td_pipeline_write_visit(job, feed, page, page->hash, document);
    }
    td_document_free(document);
    td_page_free(page);
    if (work)
        td_arena_free(work->arena);
}

static bool is_copy(tandem_job *job, const td_page *page, size_t feed, const td_document *document)
{
    td_source *source = job->feeds[feed].source;

    return document->canonical.n && source && source->same_as &&
           source->same_as(source, page, document->canonical);
}

static void miss_copy(tandem_job *job, td_page *page, size_t feed, td_document *document)
{
    char reason[512];

    snprintf(reason, sizeof(reason), "its canonical address is %.*s",
             TD_STR_FMT(td_str_slice(document->canonical, 0, 400)));
    miss(job, page, document, feed, false, td_str_from(reason));
    td_document_free(document);
}

/* The page is as an earlier run had it. `document`: NULL if its bytes did not come. */
static void take_same(tandem_job *job, td_page *page, size_t feed, td_document *document)
{
    bool has_bytes = page->is_web && page->body.n;

    atomic_fetch_add(&job->n_unchanged, 1);
    atomic_fetch_add(&job->feeds[feed].n_good, 1);
    if (td_pipeline_job_stores(job))
        td_pipeline_write_seen(job, feed, page->uri);
    if (has_bytes)
        td_pipeline_write_visit(job, feed, page, page->hash, document);
    else if (page->is_web)
        td_pipeline_write_revisit(job, feed, page);
    visit(job, page, NULL, NULL, TANDEM_PAGE_UNCHANGED, TD_STR(""));
    td_document_free(document);
    td_page_free(page);
}

/* A page and what was extracted of it; takes both. */
static void take_extracted(tandem_job *job, td_page *page, size_t feed, td_document *document)
{
    td_source *source = job->feeds[feed].source;

    if (source && source->is_copy && source->is_copy(source, page)) {
        miss(job, page, document, feed, false, TD_STR("the same bytes as a page before it"));
        td_document_free(document);
    } else if (page->status == TD_PAGE_FETCHED && is_copy(job, page, feed, document)) {
        miss_copy(job, page, feed, document);
    } else {
        report_links(job, feed, page, document);
        if (page->status == TD_PAGE_UNCHANGED || td_pipeline_draw_is_known(job, feed, page))
            take_same(job, page, feed, document);
        else
            take_document(job, page, feed, document);
    }
}

static void take_fetched(tandem_job *job, td_page *page, size_t feed, td_arena *scratch)
{
    td_document *document = NULL;
    tandem_error error = {0};

    if (job->options.until == TANDEM_UNTIL_PAGE && !page->is_web) {
        report_links(job, feed, page, NULL);
        atomic_fetch_add(&job->n_files, 1);
        visit(job, page, NULL, NULL, TANDEM_PAGE_FETCHED, TD_STR(""));
        td_page_free(page);
        return;
    }
    switch (extract(job, feed, &page, scratch, &document, &error)) {
    case TANDEM_OK:
        take_extracted(job, page, feed, document);
        break;
    case TANDEM_E_NOMEM:
        td_pipeline_job_fail(job, &error);
        td_page_free(page);
        break;
    case TANDEM_E_CANCELLED: /* in the middle of a drawing: the next run has it */
        td_page_free(page);
        break;
    default: /* no text in it: an image, an empty page; or it could not be drawn */
        miss(job, page, NULL, feed, tandem_code_retry(error.code), td_str_from(error.message));
    }
}

/* What an earlier run found on a page that was not fetched again. */
static void report_kept_links(tandem_job *job, size_t feed, const td_page *page)
{
    td_store *store = job->index ? job->index->store : NULL;
    td_source *source = job->feeds[feed].source;
    td_buf packed = TD_BUF(TD_PIPELINE_LINKS_BYTES_MAX);
    td_arena *arena = td_arena_new(LINKS_ARENA_BYTES_MAX);
    td_store_visited visited;
    td_link *links = NULL;
    tandem_error error = {0};
    size_t n = 0;
    bool found = false;

    if (!arena)
        td_fail_nomem(&error, "links of a page");
    else if (store && store->visit_get &&
             store->visit_get(store, job->feeds[feed].source_id, page->uri, &found, &visited,
                              &packed, &error) == TANDEM_OK)
        td_pipeline_links_unpack(td_buf_str(&packed), arena, &links, &n, &error);
    if (error.code != TANDEM_OK) {
        td_context(&error, "%.*s", TD_STR_FMT(page->uri));
        td_pipeline_job_fail(job, &error);
    }
    if (source)
        source->done(source, page->uri, links, n);
    td_arena_free(arena);
    td_buf_clear(&packed);
}

static void take_unchanged(tandem_job *job, td_page *page, size_t feed, td_arena *scratch)
{
    td_document *document = NULL;

    if (!page->is_web || page->body.n == 0) {
        report_kept_links(job, feed, page);
        take_same(job, page, feed, NULL);
    } else if (extract(job, feed, &page, scratch, &document, NULL) == TANDEM_OK) {
        /* Its bytes are, but nobody has drawn them yet. */
        page->status = page->is_drawn ? TD_PAGE_FETCHED : page->status;
        take_extracted(job, page, feed, document);
    } else {
        report_links(job, feed, page, NULL);
        take_same(job, page, feed, NULL);
    }
}

/* A dry run: what would be fetched. The page whose links are wanted was read for them. */
static void take_listed(tandem_job *job, td_page *page, size_t feed, td_arena *scratch)
{
    td_document *document = NULL;

    if (page->body.n)
        extract(job, feed, &page, scratch, &document, NULL);
    report_links(job, feed, page, document);
    visit(job, page, NULL, NULL, TANDEM_PAGE_LISTED, TD_STR(""));
    td_document_free(document);
    td_page_free(page);
}

void *td_pipeline_index_core(void *user)
{
    tandem_job *job = user;
    td_arena *scratch = td_arena_new(TD_EXTRACT_SCRATCH_BYTES); /* slower without */
    void *item = NULL;

    while (td_queue_pop(job->pages, &item)) {
        td_pipeline_fetched fetched = *(td_pipeline_fetched *)item;
        free(item);
        if (atomic_load(&job->stop)) {
            td_page_free(fetched.page);
            continue;
        }
        atomic_fetch_add(&job->n_seen, 1);
        switch (fetched.page->status) {
        case TD_PAGE_FETCHED:
            take_fetched(job, fetched.page, fetched.feed, scratch);
            break;
        case TD_PAGE_UNCHANGED:
            take_unchanged(job, fetched.page, fetched.feed, scratch);
            break;
        case TD_PAGE_LISTED:
            take_listed(job, fetched.page, fetched.feed, scratch);
            break;
        case TD_PAGE_SKIPPED:
        case TD_PAGE_FAILED:
            miss(job, fetched.page, NULL, fetched.feed, fetched.page->status == TD_PAGE_FAILED,
                 fetched.page->reason);
            break;
        }
    }
    td_arena_free(scratch);
    return NULL;
}
