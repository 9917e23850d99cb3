/* run_job.h - a job in the foreground: progress, signals, its end. */
#ifndef RUN_JOB_H
#define RUN_JOB_H

#include "settings.h"

/* From now on a first SIGINT or SIGTERM cancels the job that runs or comes. For a command that does
 * other work before its job; job_run calls it too. */
void job_catch_signals(void);

/* Whether one has come: for work that has no job to cancel. */
bool job_is_signalled(void);

/* The options that settings ask for; texts borrowed from them. */
tandem_index_options index_options_of(const settings *s);
tandem_job_options job_options_of(const settings *s);

/* Shows progress until the job ends, fills the summary, closes it. A first SIGINT or SIGTERM
 * cancels, a second ends the program at once. Returns the exit status; errors are printed, but
 * E_PARTIAL's, which the summary tells. `stores`: the progress has lanes. `show` false: no progress
 * (a command that writes results as it goes to the same terminal). */
int job_finish(tandem_job *job, bool stores, bool show, tandem_summary *summary_out);

/* Opens a job that reads sources, and finishes it. */
int job_run(tandem_index *index, const char *const *sources, size_t n_sources,
            const tandem_job_options *options, bool show, tandem_summary *summary_out);

#endif
