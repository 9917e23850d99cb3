#include "serve/jobs.h"

#include "serve/clock.h"
#include "serve/job_file.h"
#include "serve/jobs_inner.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void jobs_touch_locked(jobs *all, one_job *job)
{
    job->version = ++all->version;
    job->progress.updated_wall_ms = wall_ms();
}

one_job *jobs_find_locked(jobs *all, const char *id)
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
    return json_pack("{s:O,s:o,s:b,s:I,s:I,s:I,s:I,s:i,s:b}", "request", job->request, "progress",
                     progress_json(&job->progress, job->id), "ended", job->ended, "pages",
                     (json_int_t)job->n_pages, "visits", (json_int_t)job->n_visits, "listed",
                     (json_int_t)job->n_listed, "run", (json_int_t)job->run, "starts",
                     (int)job->n_starts, "cancel", job->wants_cancel);
}

static bool write_file(jobs *all, one_job *job)
{
    pthread_mutex_lock(&all->lock);
    json_t *record = record_locked(job);
    pthread_mutex_unlock(&all->lock);
    bool ok = record && job_file_write(all->options.folder, job->id, record);
    int why = record ? errno : ENOMEM;

    json_decref(record);
    errno = why;
    return ok;
}

/* `files` is held: a newer state is never written over by an older one. */
static void save_held(jobs *all, one_job *job)
{
    if (!write_file(all, job))
        output_note("job %s: cannot write to %s: %s", job->id, all->options.folder,
                    strerror(errno));
}

void jobs_save(jobs *all, one_job *job)
{
    pthread_mutex_lock(&all->files);
    save_held(all, job);
    pthread_mutex_unlock(&all->files);
}

static void end_locked(jobs *all, one_job *job, const char *status, const char *log)
{
    progress_end(&job->progress, status, log);
    job->ended = true;
    jobs_touch_locked(all, job);
}

void jobs_finish(jobs *all, one_job *job, const char *status, const char *log)
{
    pthread_mutex_lock(&all->files);
    pthread_mutex_lock(&all->lock);
    end_locked(all, job, status, log);
    pthread_mutex_unlock(&all->lock);
    save_held(all, job);
    pthread_mutex_unlock(&all->files);
    all->options.changed(all->options.user);
}

static void append_locked(jobs *all, one_job *job)
{
    one_job **end = &all->first;

    while (*end)
        end = &(*end)->next;
    *end = job;
}

/* The oldest ended one, if too many are kept; out of the list. */
static one_job *take_old_locked(jobs *all)
{
    size_t n = 0;

    for (one_job *job = all->first; job; job = job->next)
        n += job->ended;
    for (one_job **at = &all->first; n > JOBS_KEPT_MAX && *at; at = &(*at)->next) {
        one_job *old = *at;
        if (old->ended && old != all->current) { /* whose thread may still read it */
            *at = old->next;
            return old;
        }
    }
    return NULL;
}

void jobs_forget_old(jobs *all)
{
    one_job *old;

    pthread_mutex_lock(&all->files);
    do {
        pthread_mutex_lock(&all->lock);
        old = take_old_locked(all);
        pthread_mutex_unlock(&all->lock);
        if (old) {
            job_file_remove(all->options.folder, old->id);
            free_job(old);
        }
    } while (old);
    pthread_mutex_unlock(&all->files);
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
        job->n_visits = (uint64_t)json_integer_value(json_object_get(record, "visits"));
        job->n_listed = (uint64_t)json_integer_value(json_object_get(record, "listed"));
        job->run = (int64_t)json_integer_value(json_object_get(record, "run"));
        job->progress.waits = !job->ended;
        job->n_starts = (unsigned)json_integer_value(json_object_get(record, "starts"));
        if (job->wants_cancel && !job->ended) {
            progress_end(&job->progress, "cancelled", "Crawl cancelled");
            job->ended = true;
        }
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
    all->version = (uint64_t)wall_ms(); /* so that no version comes again after a restart */
    pthread_mutex_init(&all->crawling, NULL);
    pthread_mutex_init(&all->files, NULL);
    pthread_mutex_init(&all->lock, NULL);
    clock_init_condition(&all->changed);
    if (all->options.folder && load_all(all)) {
        all->runs = pthread_create(&all->thread, NULL, jobs_run, all) == 0;
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
    pthread_mutex_destroy(&all->crawling);
    pthread_mutex_destroy(&all->files);
    free((char *)all->options.folder);
    free(all);
}

static tandem_code fail(tandem_error *error, tandem_code code, const char *folder, int why)
{
    error->code = code;
    error->context[0] = '\0';
    if (code == TANDEM_E_BUSY)
        snprintf(error->message, sizeof(error->message), "too many crawls wait: try again later");
    else if (why)
        snprintf(error->message, sizeof(error->message), "the crawl cannot be kept in %.180s: %s",
                 folder, strerror(why));
    else
        snprintf(error->message, sizeof(error->message), "%s", tandem_code_text(code));
    return code;
}

static bool has_room(jobs *all)
{
    size_t n = 0;

    pthread_mutex_lock(&all->lock);
    for (one_job *job = all->first; job; job = job->next)
        n += !job->ended;
    bool has = n < JOBS_WAITING_MAX && !all->ends;
    pthread_mutex_unlock(&all->lock);
    return has;
}

static void append(jobs *all, one_job *job)
{
    pthread_mutex_lock(&all->lock);
    append_locked(all, job);
    jobs_touch_locked(all, job);
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
}

tandem_code jobs_add(jobs *all, json_t *request, char id_out[JOBS_ID_BYTES], tandem_error *error)
{
    one_job *job = calloc(1, sizeof(*job));
    tandem_code code = TANDEM_OK;

    if (!job || !job_file_make_id(job->id)) {
        free(job);
        json_decref(request);
        return fail(error, TANDEM_E_NOMEM, NULL, 0);
    }
    job->request = request;
    job->progress.status = "running";
    job->progress.waits = true;
    job->progress.begun_wall_ms = job->progress.updated_wall_ms = wall_ms();
    snprintf(job->progress.log, sizeof(job->progress.log), "Waiting for its turn");
    memcpy(id_out, job->id, JOBS_ID_BYTES);
    pthread_mutex_lock(&all->files);
    if (!has_room(all))
        code = fail(error, TANDEM_E_BUSY, NULL, 0);
    else if (!write_file(all, job)) /* on disk before anyone hears of it */
        code = fail(error, errno == ENOSPC ? TANDEM_E_NO_SPACE : TANDEM_E_IO, all->options.folder,
                    errno);
    else
        append(all, job);
    pthread_mutex_unlock(&all->files);
    if (code != TANDEM_OK)
        free_job(job);
    return code;
}

bool jobs_cancel(jobs *all, const char *id)
{
    pthread_mutex_lock(&all->files);
    pthread_mutex_lock(&all->lock);
    one_job *job = jobs_find_locked(all, id);
    bool changes = job && !job->ended && !job->wants_cancel;
    if (changes) {
        job->wants_cancel = true;
        if (job != all->current)
            end_locked(all, job, "cancelled", "Crawl cancelled");
        else
            snprintf(job->progress.log, sizeof(job->progress.log), "Crawl cancelled");
        jobs_touch_locked(all, job);
    }
    pthread_mutex_unlock(&all->lock);
    if (changes)
        save_held(all, job);
    pthread_mutex_unlock(&all->files);
    bool known = job != NULL; /* from here on it may be forgotten */
    if (changes) {
        jobs_forget_old(all);
        all->options.changed(all->options.user);
    }
    return known;
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
    one_job *job = jobs_find_locked(all, id);
    json_t *object = job ? json_locked(job) : NULL;
    pthread_mutex_unlock(&all->lock);
    return object;
}

json_t *jobs_list(jobs *all, size_t n_max)
{
    json_t *list = json_array();
    size_t n = 0;

    pthread_mutex_lock(&all->lock);
    for (one_job *job = all->first; job; job = job->next)
        n++;
    for (one_job *job = all->first; job; job = job->next) {
        if (n-- > n_max)
            continue;
        json_t *object = json_locked(job);
        json_object_set(object, "request", job->request);
        json_array_insert_new(list, 0, object);
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

uint64_t jobs_beat(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec / JOBS_BEAT_S;
}

jobs_result_code jobs_result(jobs *all, const char *id, json_t **request_out, FILE **pages_out,
                             uint64_t *n_pages_out)
{
    jobs_result_code code = JOBS_RESULT_NONE;

    pthread_mutex_lock(&all->lock);
    one_job *job = jobs_find_locked(all, id);
    if (job)
        code = strcmp(job->progress.status, "completed") ? JOBS_RESULT_NOT_YET : JOBS_RESULT_OK;
    json_t *request = code == JOBS_RESULT_OK ? json_incref(job->request) : NULL;
    uint64_t n_pages = code == JOBS_RESULT_OK ? job->n_pages : 0;
    pthread_mutex_unlock(&all->lock);
    if (code != JOBS_RESULT_OK)
        return code;
    FILE *pages = job_file_pages(all->options.folder, id, "r");
    if (!pages) {
        json_decref(request);
        return JOBS_RESULT_NO_FILE;
    }
    *request_out = request;
    *pages_out = pages;
    *n_pages_out = n_pages;
    return JOBS_RESULT_OK;
}
