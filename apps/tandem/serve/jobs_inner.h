/* serve/jobs_inner.h - what the files of jobs.h share: jobs.c keeps the jobs, jobs_run.c runs them.
 */
#ifndef SERVE_JOBS_INNER_H
#define SERVE_JOBS_INNER_H

#include "serve/jobs.h"
#include "serve/progress.h"

#include <pthread.h>

typedef struct one_job {
    struct one_job *next; /* newer */
    char id[JOBS_ID_BYTES];
    json_t *request; /* does not change */
    progress progress;
    uint64_t version;
    uint64_t n_pages;  /* in the file */
    uint64_t n_visits; /* pages it came to, */
    uint64_t n_listed; /* and those that its file of visits has */
    int64_t run;       /* the index's number of it, once it has ended; 0: none */
    unsigned n_starts; /* that did not come to an end */
    bool wants_cancel, ended;
} one_job;

struct jobs {
    jobs_options options;     /* folder: owned */
    pthread_mutex_t crawling; /* rank 0: guards `crawl`, and is held while that is asked */
    tandem_job *crawl;        /* what `current` does; NULL: nothing yet, or no more */
    pthread_mutex_t files; /* rank 2: one file of a job is written at a time, and none forgotten */
    pthread_mutex_t lock;  /* rank 3: guards all below */
    pthread_cond_t changed;
    one_job *first;   /* oldest */
    one_job *current; /* the thread has it */
    uint64_t version;
    bool ends;
    pthread_t thread;
    bool runs;
};

one_job *jobs_find_locked(jobs *all, const char *id);

void jobs_touch_locked(jobs *all, one_job *job);

/* As it is now, to disk; what fails is noted on stderr. */
void jobs_save(jobs *all, one_job *job);

/* Ends a job, for good. */
void jobs_finish(jobs *all, one_job *job, const char *status, const char *log);

/* The thread: runs the oldest job that has not ended, then the next one, until `ends`. */
void *jobs_run(void *user);

/* Takes the oldest ended jobs off that are too many. */
void jobs_forget_old(jobs *all);

#endif
