#include "commands.h"
#include "output.h"
#include "run_job.h"
#include "summary.h"

#include <stdio.h>

#define LLU(x) ((unsigned long long)(x))

static void print_text(const tandem_summary *s, bool metrics)
{
    if (!s->chunks[0] && !s->chunks[1]) {
        puts("nothing to embed: every chunk has its vector");
        return;
    }
    printf("chunks     gte %llu, coderank %llu; %llu embedded, %llu cached, %llu failed again\n",
           LLU(s->chunks[0]), LLU(s->chunks[1]), LLU(s->embedded), LLU(s->cached),
           LLU(s->chunks_failed[0] + s->chunks_failed[1]));
    if (metrics)
        printf("speed      %.1f s, %.0f chunks/s, %s, overlap %.2f, speedup %.2f\n", s->seconds,
               s->chunks_per_second, tandem_strategy_name(s->strategy), s->overlap_ratio,
               s->speedup);
}

int cmd_retry(const settings *s)
{
    tandem_index_options options = index_options_of(s);
    tandem_job_options job_options = job_options_of(s);
    tandem_index *index = NULL;
    tandem_job *job = NULL;
    tandem_error error = {0};
    tandem_summary summary = {0};
    int status = 0;

    options.must_exist = true;
    job_catch_signals();
    if (tandem_index_open(s->db, &options, &index, &error) != TANDEM_OK)
        return output_failure(&error);
    if (tandem_job_open_retry(index, s->n_operands ? s->operands[0] : NULL, &job_options, &job,
                              &error) != TANDEM_OK) {
        status = output_failure(&error);
        goto out;
    }
    status = job_finish(job, true, !s->quiet, &summary);
    if (s->json)
        output_json(summary_json(&summary, s->metrics));
    else if (!s->quiet)
        print_text(&summary, s->metrics);
    if (summary.chunks_failed[0] || summary.chunks_failed[1])
        output_note("`tandem status` says what failed and why");

out:
    tandem_index_close(index);
    return status;
}
