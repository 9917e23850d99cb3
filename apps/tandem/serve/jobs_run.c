/* Runs one crawl after the other. */
#include "run_job.h"
#include "serve/clock.h"
#include "serve/crawl_request.h"
#include "serve/job_file.h"
#include "serve/jobs_inner.h"
#include "serve/visits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 50, /* a cancel is seen within it */
    TELL_MS = 200,
    SAVE_MS = 1000,
    STARTS_MAX = 3, /* of one job: what ends the server each time is not tried on */
    PAGES_HTML_BYTES_MAX = 64 << 20, /* of a result; past it pages go without their HTML, */
    PAGES_BYTES_MAX = 256 << 20,     /* and past this they are left out */
};

/* What the job that runs is about; of its thread, and of the visits that it causes. */
typedef struct running {
    jobs *all;
    one_job *job;
    tandem_index *index; /* NULL: nothing is stored */
    FILE *pages;
    size_t n_bytes;
    uint64_t n_pages;
    FILE *visits; /* NULL: not listed */
    size_t n_visits_bytes;
    uint64_t n_visits, n_listed;
} running;

/* The page as an earlier run stored it: nothing has changed since. */
static size_t add_unchanged(running *r, const tandem_item *item)
{
    tandem_page *page = NULL;
    tandem_item old = *item;

    if (!r->index || tandem_index_open_page(r->index, item->uri, &page, NULL) != TANDEM_OK)
        return job_file_add_page(r->pages, item, false);
    const tandem_page_info *info = tandem_page_get_info(page);
    old.title = info->title;
    old.text = tandem_page_get_text(page);
    size_t n = job_file_add_page(r->pages, &old, true);
    tandem_page_free(page);
    return n;
}

/* A list that cannot be written is shorter, which is told; the crawl is none the worse. */
static void list_visit(running *r, const tandem_item *item)
{
    size_t n = 0;

    r->n_visits++;
    if (r->visits && !ferror(r->visits) && r->n_visits_bytes < VISITS_BYTES_MAX)
        n = visits_add(r->visits, r->n_visits, item);
    r->n_visits_bytes += n;
    r->n_listed += n > 0;
}

static void visit(void *user, const tandem_item *item)
{
    running *r = user;
    one_job *job = r->job;

    list_visit(r, item);

    if (r->pages && r->n_bytes < PAGES_BYTES_MAX && item->status <= TANDEM_PAGE_UNCHANGED) {
        size_t n = item->has_document
                       ? job_file_add_page(r->pages, item, r->n_bytes < PAGES_HTML_BYTES_MAX)
                       : add_unchanged(r, item);
        r->n_bytes += n;
        r->n_pages += n > 0;
    }
    pthread_mutex_lock(&r->all->lock);
    job->n_pages = r->n_pages;
    job->n_visits = r->n_visits;
    job->n_listed = r->n_listed;
    snprintf(job->progress.url, sizeof(job->progress.url), "%.*s", (int)item->uri.n, item->uri.ptr);
    if (item->status == TANDEM_PAGE_FAILED)
        progress_add_error(&job->progress, item->uri, item->reason);
    pthread_mutex_unlock(&r->all->lock);
}

static bool should_stop(jobs *all, const one_job *job)
{
    pthread_mutex_lock(&all->lock);
    bool stop = all->ends || job->wants_cancel;
    pthread_mutex_unlock(&all->lock);
    return stop;
}

/* Follows the crawl to its end. */
static void watch(jobs *all, one_job *job, tandem_job *crawl, uint64_t expected)
{
    tandem_progress counts;
    bool stopped = false;
    uint32_t since_tell = 0, since_save = 0;

    while (!tandem_job_wait(crawl, LOOK_MS)) {
        if (!stopped && should_stop(all, job)) {
            stopped = true;
            tandem_job_cancel(crawl);
        }
        since_tell += LOOK_MS;
        since_save += LOOK_MS;
        if (since_tell < TELL_MS)
            continue;
        since_tell = 0;
        tandem_job_get_progress(crawl, &counts);
        pthread_mutex_lock(&all->lock);
        progress_update(&job->progress, &counts, expected);
        jobs_touch_locked(all, job);
        pthread_mutex_unlock(&all->lock);
        all->options.changed(all->options.user);
        if (since_save >= SAVE_MS) {
            since_save = 0;
            jobs_save(all, job);
        }
    }
    tandem_job_get_progress(crawl, &counts);
    pthread_mutex_lock(&all->lock);
    progress_update(&job->progress, &counts, expected);
    pthread_mutex_unlock(&all->lock);
}

/* The server's own end stopped it: it goes on at the next start, which this one did not spoil. */
static void put_off(jobs *all, one_job *job)
{
    pthread_mutex_lock(&all->lock);
    job->n_starts--;
    job->progress.waits = true;
    pthread_mutex_unlock(&all->lock);
    jobs_save(all, job);
}

/* The pages are whole on disk before the job is said to have completed. */
static void complete(running *r, const char *log)
{
    char text[300];
    bool whole = job_file_end_pages(r->pages);

    r->pages = NULL;
    snprintf(text, sizeof(text), "its pages cannot be written to %.200s: %s",
             r->all->options.folder, strerror(errno));
    jobs_finish(r->all, r->job, whole ? "completed" : "failed", whole ? log : text);
}

/* How it ended. */
static void conclude(running *r, tandem_job *crawl)
{
    tandem_summary summary = {.code = TANDEM_OK};
    tandem_error error = {.code = TANDEM_OK};
    char log[300];
    tandem_code code = tandem_job_get_summary(crawl, &summary, &error);
    uint64_t n = summary.pages + summary.files + summary.unchanged;

    pthread_mutex_lock(&r->all->lock);
    r->job->run = strtoll(summary.run, NULL, 10);
    pthread_mutex_unlock(&r->all->lock);
    if (code == TANDEM_E_CANCELLED) {
        pthread_mutex_lock(&r->all->lock);
        bool asked = r->job->wants_cancel;
        pthread_mutex_unlock(&r->all->lock);
        if (asked)
            jobs_finish(r->all, r->job, "cancelled", "Crawl cancelled");
        else
            put_off(r->all, r->job);
    } else if (code != TANDEM_OK && code != TANDEM_E_PARTIAL) {
        jobs_finish(r->all, r->job, "failed", error.message);
    } else if (n == 0 && summary.failed + summary.skipped > 0) {
        snprintf(log, sizeof(log), "No page could be had: %llu failed, %llu skipped",
                 (unsigned long long)summary.failed, (unsigned long long)summary.skipped);
        jobs_finish(r->all, r->job, "failed", log);
    } else if (code == TANDEM_E_PARTIAL) {
        snprintf(log, sizeof(log), "Crawl finished; %.250s", error.message);
        complete(r, log);
    } else {
        complete(r, "Crawl finished successfully");
    }
}

/* What an earlier start, which was cut off, saw of pages and errors comes again. */
static void begin(jobs *all, one_job *job, const crawl_request *request)
{
    pthread_mutex_lock(&all->lock);
    job->n_starts++;
    job->n_pages = job->n_visits = job->n_listed = 0;
    job->progress.waits = false;
    json_decref(job->progress.errors);
    job->progress.errors = NULL;
    job->progress.n_errors = 0;
    job->progress.stores = request->stores;
    snprintf(job->progress.log, sizeof(job->progress.log), "Starting crawl of %zu URL(s)",
             request->n_urls);
    snprintf(job->progress.detail, sizeof(job->progress.detail), "Setup");
    jobs_touch_locked(all, job);
    pthread_mutex_unlock(&all->lock);
    jobs_save(all, job);
}

/* From now on its spans can be asked for, until it is NULL again. */
static void show_crawl(jobs *all, tandem_job *crawl)
{
    pthread_mutex_lock(&all->crawling);
    all->crawl = crawl;
    pthread_mutex_unlock(&all->crawling);
}

static void run(jobs *all, one_job *job)
{
    tandem_job_options options = job_options_of(all->options.s);
    crawl_request request;
    tandem_job *crawl = NULL;
    tandem_error error = {.code = TANDEM_OK};
    running r = {.all = all, .job = job};

    crawl_request_read(job->request, &request);
    crawl_request_apply(&request, &options);
    r.index = request.stores ? all->options.index : NULL;
    options.visit = visit;
    options.user = &r;
    begin(all, job, &request);
    r.pages = job_file_pages(all->options.folder, job->id, "w");
    r.visits = job_file_visits(all->options.folder, job->id, "w");
    if (!r.pages) {
        jobs_finish(all, job, "failed", "the folder of jobs cannot be written to");
    } else if (tandem_job_open(r.index, request.urls, request.n_urls, &options, &crawl, &error) !=
               TANDEM_OK) {
        jobs_finish(all, job, "failed", error.message);
    } else {
        show_crawl(all, crawl);
        watch(all, job, crawl, crawl_request_expected(&request));
        conclude(&r, crawl);
        show_crawl(all, NULL);
    }
    tandem_job_close(crawl);
    if (r.pages)
        fclose(r.pages);
    if (r.visits)
        fclose(r.visits);
    crawl_request_clear(&request);
}

/* -- the thread -- */

static one_job *next_job_locked(jobs *all)
{
    one_job *job = all->first;

    while (job && job->ended)
        job = job->next;
    return job;
}

/* Waits until there is a job, or for a sign of life. */
static one_job *take_next(jobs *all, bool *ends_out)
{
    pthread_mutex_lock(&all->lock);
    all->current = all->ends ? NULL : next_job_locked(all);
    if (!all->current && !all->ends) {
        struct timespec until = clock_after_us((int64_t)JOBS_BEAT_S * 1000000);
        pthread_cond_timedwait(&all->changed, &all->lock, &until);
    }
    one_job *job = all->current;
    *ends_out = all->ends;
    pthread_mutex_unlock(&all->lock);
    return job;
}

void *jobs_run(void *user)
{
    jobs *all = user;

    for (;;) {
        bool ends = false;
        one_job *job = take_next(all, &ends);
        if (ends)
            return NULL;
        if (!job)
            all->options.changed(all->options.user);
        else if (job->n_starts >= STARTS_MAX)
            jobs_finish(all, job, "failed", "given up: the server ended each time while it ran");
        else
            run(all, job);
        jobs_forget_old(all);
    }
}
