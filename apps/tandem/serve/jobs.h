/* serve/jobs.h - crawls that clients asked for: one runs, others wait; a restart forgets none.
 *
 * In:       requests as crawl_request.h checked them
 * Out:      progress, the pages of a result
 * Threads:  any; one thread of its own runs the crawls, since an index has one writer
 *
 * A job is a file ID.json (request and progress, replaced whole) and a file ID.pages (a JSON object
 * a line), in a folder beside the index. What was running when the server ended runs again at the
 * next start; what it had stored is not done again.
 *
 *   waiting -> running    the thread takes the oldest                           (run)
 *   running -> ended      completed, failed or cancelled; never changes again   (finish)
 *   waiting -> ended      cancelled before its turn                             (jobs_cancel)
 *   running -> waiting    the server ended                                      (put_off)
 */
#ifndef SERVE_JOBS_H
#define SERVE_JOBS_H

#include "output.h"
#include "settings.h"

#include <stdio.h>

enum {
    JOBS_ID_BYTES = 33,
    JOBS_WAITING_MAX = 100,
    JOBS_KEPT_MAX = 500, /* ended ones; the oldest are forgotten first */
    JOBS_BEAT_S = 15,
};

typedef struct jobs jobs;

typedef struct jobs_options {
    tandem_index *index; /* borrowed */
    const settings *s;
    const char *folder;          /* made if absent */
    void (*changed)(void *user); /* some job has news, or it is time for a sign of life */
    void *user;
} jobs_options;

/* NULL after an error message. */
jobs *jobs_open(const jobs_options *options);

/* Stops the crawl that runs; it goes on at the next start. NULL is fine. */
void jobs_close(jobs *all);

/* Takes the reference. Errors: E_BUSY (too many wait), E_IO, E_NO_SPACE, E_NOMEM. Writes a file. */
tandem_code jobs_add(jobs *all, json_t *request, char id_out[JOBS_ID_BYTES], tandem_error *error);

/* False: there is no such job. An ended one stays as it ended. Writes a file: a job that was
 * cancelled does not run after a restart. */
bool jobs_cancel(jobs *all, const char *id);

/* As progress_json; NULL: there is no such job, or no memory. */
json_t *jobs_progress(jobs *all, const char *id);

/* The newest `n_max` jobs, newest first: their progress with "request". */
json_t *jobs_list(jobs *all, size_t n_max);

/* The progress of the job that changed first after `version_io`, which moves on; of that one id, or
 * NULL for any. NULL: nothing changed. `ended_out`: it will not change again. */
json_t *jobs_next(jobs *all, const char *id, uint64_t *version_io, bool *ended_out);
/* Grows every JOBS_BEAT_S; `changed` is called at least as often. */
uint64_t jobs_beat(void);

/* What became of a job's pages so far, for visits_read; the caller closes the file, which is NULL
 * before the first page. False: there is no such job. `listed`: those in the file, which is cut off
 * at its limit. */
bool jobs_visits(jobs *all, const char *id, FILE **visits_out, uint64_t *n_listed_out,
                 uint64_t *n_total_out);

typedef struct jobs_spans {
    tandem_span *items; /* [n], malloc'ed; NULL: none */
    size_t n;
    int64_t now_us; /* on their clock, while it runs and no batch is in flight: what those that are
                       do is not known before they end; else 0 */
    bool live;      /* there may be more */
} jobs_spans;

/* What a job's slots did when: so far, or as the index has it of one of its last runs. False: there
 * is no such job. Errors: E_NOMEM; those of reading. Reads the index. */
bool jobs_copy_spans(jobs *all, const char *id, jobs_spans *out, tandem_error *error);

typedef enum jobs_result_code {
    JOBS_RESULT_OK,
    JOBS_RESULT_NONE,    /* no such job */
    JOBS_RESULT_NOT_YET, /* it has not completed */
    JOBS_RESULT_NO_FILE, /* its pages cannot be read */
} jobs_result_code;

/* The request (new reference) and the pages of a completed job, for job_file_read_pages; the caller
 * closes them. */
jobs_result_code jobs_result(jobs *all, const char *id, json_t **request_out, FILE **pages_out,
                             uint64_t *n_pages_out);

#endif
