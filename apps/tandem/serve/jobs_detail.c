/* What can be asked of one job besides its progress and its result. */
#include "serve/job_file.h"
#include "serve/jobs_inner.h"

#include <stdlib.h>
#include <string.h>

bool jobs_visits(jobs *all, const char *id, FILE **visits_out, uint64_t *n_listed_out,
                 uint64_t *n_total_out)
{
    pthread_mutex_lock(&all->lock);
    const one_job *job = jobs_find_locked(all, id);
    if (job) {
        *n_listed_out = job->n_listed;
        *n_total_out = job->n_visits;
    }
    pthread_mutex_unlock(&all->lock);
    *visits_out = job ? job_file_visits(all->options.folder, id, "r") : NULL;
    return job != NULL;
}

/* A run that was cut off, or is not among the last that the index keeps, has none. */
static tandem_code spans_of_run(jobs *all, int64_t run, jobs_spans *out, tandem_error *error)
{
    tandem_report *report = NULL;
    tandem_code code = tandem_report_new(all->options.index, run, &report, error);

    if (code == TANDEM_OK) {
        const tandem_span *spans = tandem_report_get_spans(report, &out->n);
        size_t n_bytes = out->n * sizeof(*spans);
        out->items = out->n ? malloc(n_bytes) : NULL;
        if (out->items) {
            memcpy(out->items, spans, n_bytes);
        } else if (out->n) {
            out->n = 0;
            code = error->code = TANDEM_E_NOMEM;
            error->context[0] = '\0';
            snprintf(error->message, sizeof(error->message), "%s", tandem_code_text(code));
        }
    }
    tandem_report_free(report);
    return code;
}

bool jobs_copy_spans(jobs *all, const char *id, jobs_spans *out, tandem_error *error)
{
    uint64_t in_flight = 0;
    int64_t run = 0;

    *out = (jobs_spans){.items = NULL};
    pthread_mutex_lock(&all->crawling);
    pthread_mutex_lock(&all->lock);
    const one_job *job = jobs_find_locked(all, id);
    bool here = job && job == all->current && all->crawl;
    for (int l = 0; here && l < TANDEM_N_LANES; l++)
        in_flight += job->progress.counts.lanes[l].in_flight;
    if (job) {
        run = job->run;
        out->live = !job->ended;
    }
    pthread_mutex_unlock(&all->lock);
    if (here)
        tandem_job_copy_spans(all->crawl, &out->items, &out->n, &out->now_us, error);
    if (in_flight > 0)
        out->now_us = 0;
    pthread_mutex_unlock(&all->crawling);
    if (!job || here || run <= 0)
        return job != NULL;
    if (spans_of_run(all, run, out, error) == TANDEM_E_NOT_FOUND)
        error->code = TANDEM_OK;
    return true;
}
