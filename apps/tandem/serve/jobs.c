#include "serve/jobs.h"

#include "run_job.h"
#include "serve/crawl_request.h"
#include "serve/job_file.h"
#include "serve/progress.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    LOOK_MS = 50, /* a cancel is seen within it */
    TELL_MS = 200,
    SAVE_MS = 1000,
    BEAT_S = 15,
    STARTS_MAX = 3, /* of one job: what ends the server each time is not tried on */
    PAGES_HTML_BYTES_MAX = 64 << 20, /* of a result; past it pages go without their HTML, */
    PAGES_BYTES_MAX = 256 << 20,     /* and past this they are left out */
};

typedef struct one_job {
    struct one_job *next; /* newer */
    char id[JOBS_ID_BYTES];
    json_t *request;
    progress progress;
    uint64_t version;
    uint64_t n_pages; /* in the file */
    unsigned n_starts;
    bool wants_cancel, ended;
} one_job;

struct jobs {
    jobs_options options; /* folder: owned */
    pthread_mutex_t lock; /* rank 3: guards all below */
    pthread_cond_t changed;
    one_job *first; /* oldest */
    uint64_t version, beat;
    bool ends;
    pthread_t thread;
    bool runs;
};

/* What the job that runs is about; of its thread, and of the visits that it causes. */
typedef struct running {
    jobs *all;
    one_job *job;
    tandem_index *index; /* NULL: nothing is stored */
    FILE *pages;
    size_t n_bytes;
    uint64_t n_pages;
} running;

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void touch_locked(jobs *all, one_job *job)
{
    job->version = ++all->version;
    job->progress.updated_wall_ms = wall_ms();
}

static one_job *find_locked(jobs *all, const char *id)
{
    one_job *job = all->first;

    while (job && strcmp(job->id, id) != 0)
        job = job->next;
    return job;
}

static void free_job(one_job *job)
{
    json_decref(job->request);
    json_decref(job->progress.errors);
    free(job);
}

/* -- on disk -- */

static json_t *record_locked(const one_job *job)
{
    return json_pack("{s:O,s:o,s:b,s:I,s:i,s:b}", "request", job->request, "progress",
                     progress_json(&job->progress, job->id), "ended", job->ended, "pages",
                     (json_int_t)job->n_pages, "starts", (int)job->n_starts, "cancel",
                     job->wants_cancel);
}

static void save(jobs *all, one_job *job)
{
    pthread_mutex_lock(&all->lock);
    json_t *record = record_locked(job);
    pthread_mutex_unlock(&all->lock);
    if (!record || !job_file_write(all->options.folder, job->id, record))
        output_note("job %s: cannot write to %s: %s", job->id, all->options.folder,
                    record ? strerror(errno) : "out of memory");
    json_decref(record);
}

static void append_locked(jobs *all, one_job *job)
{
    one_job **end = &all->first;

    while (*end)
        end = &(*end)->next;
    *end = job;
}

/* Takes the oldest ended jobs off that are too many. */
static void forget_old(jobs *all)
{
    for (;;) {
        one_job *old = NULL;
        size_t n = 0;
        pthread_mutex_lock(&all->lock);
        for (one_job *job = all->first; job; job = job->next)
            n += job->ended;
        for (one_job **at = &all->first; n > JOBS_KEPT_MAX && *at; at = &(*at)->next) {
            if ((*at)->ended) {
                old = *at;
                *at = old->next;
                break;
            }
        }
        pthread_mutex_unlock(&all->lock);
        if (!old)
            return;
        job_file_remove(all->options.folder, old->id);
        free_job(old);
    }
}

static one_job *load(const char *folder, const char *id)
{
    json_t *record = job_file_read(folder, id);
    json_t *request = json_object_get(record, "request");
    one_job *job = json_is_object(request) ? calloc(1, sizeof(*job)) : NULL;

    if (job) {
        snprintf(job->id, sizeof(job->id), "%s", id);
        job->request = json_incref(request);
        progress_read(&job->progress, json_object_get(record, "progress"));
        job->ended = json_is_true(json_object_get(record, "ended"));
        job->wants_cancel = json_is_true(json_object_get(record, "cancel"));
        job->n_pages = (uint64_t)json_integer_value(json_object_get(record, "pages"));
        job->n_starts = (unsigned)json_integer_value(json_object_get(record, "starts"));
    }
    json_decref(record);
    return job;
}

static void insert_by_age(jobs *all, one_job *job)
{
    one_job **at = &all->first;

    while (*at && (*at)->progress.begun_wall_ms <= job->progress.begun_wall_ms)
        at = &(*at)->next;
    job->next = *at;
    *at = job;
    job->version = ++all->version;
}

static bool load_all(jobs *all)
{
    DIR *folder = NULL;
    char id[JOBS_ID_BYTES];

    if ((mkdir(all->options.folder, 0700) != 0 && errno != EEXIST) ||
        !(folder = opendir(all->options.folder))) {
        output_error("cannot keep jobs in %s: %s", all->options.folder, strerror(errno));
        return false;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        one_job *job = job_file_is_id(entry->d_name, id) ? load(all->options.folder, id) : NULL;
        if (job)
            insert_by_age(all, job);
    }
    closedir(folder);
    return true;
}

/* -- one crawl -- */

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

static void visit(void *user, const tandem_item *item)
{
    running *r = user;
    one_job *job = r->job;

    if (r->pages && r->n_bytes < PAGES_BYTES_MAX && item->status <= TANDEM_PAGE_UNCHANGED) {
        size_t n = item->has_document
                       ? job_file_add_page(r->pages, item, r->n_bytes < PAGES_HTML_BYTES_MAX)
                       : add_unchanged(r, item);
        r->n_bytes += n;
        r->n_pages += n > 0;
    }
    pthread_mutex_lock(&r->all->lock);
    job->n_pages = r->n_pages;
    snprintf(job->progress.url, sizeof(job->progress.url), "%.*s", (int)item->uri.n, item->uri.ptr);
    if (item->status == TANDEM_PAGE_FAILED)
        progress_add_error(&job->progress, item->uri, item->reason);
    pthread_mutex_unlock(&r->all->lock);
}

static void finish(jobs *all, one_job *job, const char *status, const char *log)
{
    pthread_mutex_lock(&all->lock);
    progress_end(&job->progress, status, log);
    job->ended = true;
    touch_locked(all, job);
    pthread_mutex_unlock(&all->lock);
    save(all, job);
    all->options.changed(all->options.user);
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
        touch_locked(all, job);
        pthread_mutex_unlock(&all->lock);
        all->options.changed(all->options.user);
        if (since_save >= SAVE_MS) {
            since_save = 0;
            save(all, job);
        }
    }
    tandem_job_get_progress(crawl, &counts);
    pthread_mutex_lock(&all->lock);
    progress_update(&job->progress, &counts, expected);
    pthread_mutex_unlock(&all->lock);
}

/* How it ended. A crawl that the server's own end stopped stays as it is, to go on later. */
static void conclude(jobs *all, one_job *job, tandem_job *crawl)
{
    tandem_summary summary = {.code = TANDEM_OK};
    tandem_error error = {.code = TANDEM_OK};
    char log[300];
    tandem_code code = tandem_job_get_summary(crawl, &summary, &error);
    uint64_t n = summary.pages + summary.files + summary.unchanged;

    if (code == TANDEM_E_CANCELLED) {
        pthread_mutex_lock(&all->lock);
        bool asked = job->wants_cancel;
        pthread_mutex_unlock(&all->lock);
        if (asked)
            finish(all, job, "cancelled", "Crawl cancelled");
        else
            save(all, job);
    } else if (code != TANDEM_OK && code != TANDEM_E_PARTIAL) {
        snprintf(log, sizeof(log), "%.290s", error.message);
        finish(all, job, "failed", log);
    } else if (n == 0 && summary.failed + summary.skipped > 0) {
        snprintf(log, sizeof(log), "No page could be had: %llu failed, %llu skipped",
                 (unsigned long long)summary.failed, (unsigned long long)summary.skipped);
        finish(all, job, "failed", log);
    } else if (code == TANDEM_E_PARTIAL) {
        snprintf(log, sizeof(log), "Crawl finished; %.250s", error.message);
        finish(all, job, "completed", log);
    } else {
        finish(all, job, "completed", "Crawl finished successfully");
    }
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
    r.pages = job_file_pages(all->options.folder, job->id, "w");
    options.visit = visit;
    options.user = &r;
    pthread_mutex_lock(&all->lock);
    job->n_starts++;
    job->progress.stores = request.stores;
    snprintf(job->progress.log, sizeof(job->progress.log), "Starting crawl of %zu URL(s)",
             request.n_urls);
    snprintf(job->progress.detail, sizeof(job->progress.detail), "Setup");
    touch_locked(all, job);
    pthread_mutex_unlock(&all->lock);
    save(all, job);
    if (!r.pages) {
        finish(all, job, "failed", "the folder of jobs cannot be written to");
    } else if (tandem_job_open(r.index, request.urls, request.n_urls, &options, &crawl, &error) !=
               TANDEM_OK) {
        finish(all, job, "failed", error.message);
    } else {
        watch(all, job, crawl, crawl_request_expected(&request));
        fflush(r.pages);
        conclude(all, job, crawl);
    }
    tandem_job_close(crawl);
    if (r.pages)
        fclose(r.pages);
    crawl_request_clear(&request);
    forget_old(all);
}

/* -- the thread -- */

static one_job *next_job_locked(jobs *all)
{
    one_job *job = all->first;

    while (job && job->ended)
        job = job->next;
    return job;
}

static void wait_locked(jobs *all)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += BEAT_S;
    if (pthread_cond_timedwait(&all->changed, &all->lock, &until) == ETIMEDOUT)
        all->beat++;
}

static void *run_jobs(void *user)
{
    jobs *all = user;

    for (;;) {
        pthread_mutex_lock(&all->lock);
        one_job *job = all->ends ? NULL : next_job_locked(all);
        if (!job && !all->ends)
            wait_locked(all);
        bool ends = all->ends;
        pthread_mutex_unlock(&all->lock);
        if (ends)
            return NULL;
        if (!job)
            all->options.changed(all->options.user);
        else if (job->wants_cancel)
            finish(all, job, "cancelled", "Crawl cancelled");
        else if (job->n_starts >= STARTS_MAX)
            finish(all, job, "failed", "given up: the server ended each time while it ran");
        else
            run(all, job);
    }
}

/* -- from outside -- */

jobs *jobs_open(const jobs_options *options)
{
    jobs *all = calloc(1, sizeof(*all));

    if (!all) {
        output_error("out of memory for jobs");
        return NULL;
    }
    all->options = *options;
    all->options.folder = strdup(options->folder);
    pthread_mutex_init(&all->lock, NULL);
    pthread_cond_init(&all->changed, NULL);
    if (all->options.folder && load_all(all)) {
        all->runs = pthread_create(&all->thread, NULL, run_jobs, all) == 0;
        if (all->runs)
            return all;
        output_error("cannot start the thread of jobs");
    }
    jobs_close(all);
    return NULL;
}

void jobs_close(jobs *all)
{
    if (!all)
        return;
    pthread_mutex_lock(&all->lock);
    all->ends = true;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
    if (all->runs)
        pthread_join(all->thread, NULL);
    while (all->first) {
        one_job *job = all->first;
        all->first = job->next;
        free_job(job);
    }
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free((char *)all->options.folder);
    free(all);
}

bool jobs_add(jobs *all, json_t *request, char id_out[JOBS_ID_BYTES])
{
    one_job *job = calloc(1, sizeof(*job));
    size_t n_waiting = 0;

    if (!job || !job_file_make_id(job->id)) {
        free(job);
        json_decref(request);
        return false;
    }
    job->request = request;
    job->progress.status = "running";
    job->progress.begun_wall_ms = job->progress.updated_wall_ms = wall_ms();
    snprintf(job->progress.log, sizeof(job->progress.log), "Waiting for its turn");
    memcpy(id_out, job->id, JOBS_ID_BYTES);
    pthread_mutex_lock(&all->lock);
    for (one_job *other = all->first; other; other = other->next)
        n_waiting += !other->ended;
    bool fits = n_waiting < JOBS_WAITING_MAX && !all->ends;
    if (fits) {
        touch_locked(all, job);
        json_t *record = record_locked(job); /* on disk before anyone hears of it */
        fits = record && job_file_write(all->options.folder, job->id, record);
        json_decref(record);
    }
    if (fits) {
        append_locked(all, job);
        pthread_cond_broadcast(&all->changed);
    }
    pthread_mutex_unlock(&all->lock);
    if (!fits)
        free_job(job);
    return fits;
}

bool jobs_cancel(jobs *all, const char *id)
{
    pthread_mutex_lock(&all->lock);
    one_job *job = find_locked(all, id);
    if (job && !job->ended) {
        job->wants_cancel = true;
        snprintf(job->progress.log, sizeof(job->progress.log), "Crawl cancelled");
        touch_locked(all, job);
        pthread_cond_broadcast(&all->changed);
    }
    pthread_mutex_unlock(&all->lock);
    all->options.changed(all->options.user);
    return job != NULL;
}

/* A job that is being cancelled is cancelled, for those who ask. */
static json_t *json_locked(const one_job *job)
{
    progress shown = job->progress;

    if (job->wants_cancel && !job->ended)
        shown.status = "cancelled";
    return progress_json(&shown, job->id);
}

json_t *jobs_progress(jobs *all, const char *id)
{
    pthread_mutex_lock(&all->lock);
    one_job *job = find_locked(all, id);
    json_t *object = job ? json_locked(job) : NULL;
    pthread_mutex_unlock(&all->lock);
    return object;
}

json_t *jobs_list(jobs *all, size_t n_max)
{
    json_t *list = json_array();

    pthread_mutex_lock(&all->lock);
    for (one_job *job = all->first; job; job = job->next) {
        json_t *object = json_locked(job);
        json_object_set(object, "request", job->request);
        json_array_insert_new(list, 0, object);
        if (json_array_size(list) > n_max)
            json_array_remove(list, n_max);
    }
    pthread_mutex_unlock(&all->lock);
    return list;
}

json_t *jobs_next(jobs *all, const char *id, uint64_t *version_io, bool *ended_out)
{
    one_job *found = NULL;
    json_t *object = NULL;

    pthread_mutex_lock(&all->lock);
    if (*version_io > all->version)
        *version_io = 0; /* counted by a server before this one */
    for (one_job *job = all->first; job; job = job->next)
        if (job->version > *version_io && (!id || strcmp(id, job->id) == 0) &&
            (!found || job->version < found->version))
            found = job;
    if (found) {
        *version_io = found->version;
        *ended_out = found->ended;
        object = json_locked(found);
    }
    pthread_mutex_unlock(&all->lock);
    return object;
}

uint64_t jobs_beat(jobs *all)
{
    pthread_mutex_lock(&all->lock);
    uint64_t beat = all->beat;
    pthread_mutex_unlock(&all->lock);
    return beat;
}

jobs_result_code jobs_result(jobs *all, const char *id, json_t **request_out, char **pages_out,
                             size_t *n_bytes_out, uint64_t *n_pages_out)
{
    jobs_result_code code = JOBS_RESULT_NONE;
    json_t *request = NULL;

    pthread_mutex_lock(&all->lock);
    one_job *job = find_locked(all, id);
    if (job) {
        bool completed = strcmp(job->progress.status, "completed") == 0;
        code = completed ? JOBS_RESULT_OK : JOBS_RESULT_NOT_YET;
        request = json_incref(job->request);
        *n_pages_out = job->n_pages;
    }
    pthread_mutex_unlock(&all->lock);
    char *pages =
        code == JOBS_RESULT_OK ? job_file_read_pages(all->options.folder, id, n_bytes_out) : NULL;
    if (code == JOBS_RESULT_OK && !pages)
        code = JOBS_RESULT_NO_FILE;
    if (code != JOBS_RESULT_OK) {
        json_decref(request);
        return code;
    }
    *request_out = request;
    *pages_out = pages;
    return JOBS_RESULT_OK;
}
