#include "commands.h"
#include "dry_run.h"
#include "output.h"
#include "run_job.h"
#include "summary.h"

#include <stdio.h>

#define LLU(x) ((unsigned long long)(x))

static void print_text(const tandem_summary *s, const char *location, bool metrics)
{
    const char *bold = output_style_of(stdout, STYLE_BOLD);
    const char *plain = output_style_of(stdout, STYLE_PLAIN);

    printf("%spages%s      %llu web, %llu files, %llu unchanged, %llu skipped, %llu failed, %llu "
           "removed\n",
           bold, plain, LLU(s->pages), LLU(s->files), LLU(s->unchanged), LLU(s->skipped),
           LLU(s->failed), LLU(s->removed));
    printf("%schunks%s     gte %llu, coderank %llu; %llu embedded, %llu cached, %llu failed, %llu "
           "truncated\n",
           bold, plain, LLU(s->chunks[0]), LLU(s->chunks[1]), LLU(s->embedded), LLU(s->cached),
           LLU(s->chunks_failed[0] + s->chunks_failed[1]), LLU(s->truncated));
    if (metrics)
        printf("%sspeed%s      %.1f s, %.0f chunks/s, %s, overlap %.2f, speedup %.2f, peak memory "
               "%.0f MB\n",
               bold, plain, s->seconds, s->chunks_per_second, tandem_strategy_name(s->strategy),
               s->overlap_ratio, s->speedup, (double)s->peak_rss_bytes / 1048576.0);
    printf("%sindex%s      %s\n", bold, plain, location);
}

typedef struct counter {
    const settings *s;
    size_t n_links; /* of web pages, when links are not followed */
} counter;

static void count(void *user, const tandem_item *item)
{
    counter *c = user;

    if (item->is_web)
        c->n_links += item->n_links;
    if (c->s->verbose && item->status >= TANDEM_PAGE_SKIPPED)
        output_note("%s %.*s: %.*s", item->status == TANDEM_PAGE_FAILED ? "failed" : "skipped",
                    (int)item->uri.n, item->uri.ptr, (int)item->reason.n, item->reason.ptr);
}

static void advise(const settings *s, const tandem_summary *sum, const counter *c)
{
    if (!s->recursive && !s->depth && c->n_links)
        output_note("%zu links were not followed: add -r to crawl the site", c->n_links);
    if (sum->failed && sum->pages + sum->files + sum->unchanged == 0)
        output_note("nothing could be read: every page failed");
    if (sum->chunks_failed[0] || sum->chunks_failed[1])
        output_note("`tandem status` says what failed and why; `tandem retry` embeds it later");
    else if (sum->failed)
        output_note("`tandem status` says what failed and why; the next run tries it again");
    else if (!s->verbose && sum->skipped)
        output_note("`tandem status` says what was skipped and why");
}

static void advise_on_length(const tandem_summary *sum)
{
    enum {
        TRUNCATED_PERCENT = 20 /* of the chunks: worth a word */
    };
    uint64_t n = sum->embedded; /* of those that come from the cache it is not known */
    if (sum->truncated * 100 > n * TRUNCATED_PERCENT)
        output_note("%llu of %llu chunks are longer than their model reads, which saw the "
                    "beginning (words are found in all): --chunk-unit tokens makes chunks that fit",
                    LLU(sum->truncated), LLU(n));
}

int cmd_index(const settings *s)
{
    tandem_index_options options = index_options_of(s);
    tandem_index *index = NULL;
    tandem_error error = {0};
    tandem_summary summary = {0};
    counter c = {.s = s};

    if (s->dry_run)
        return dry_run(s);
    job_catch_signals(); /* opening an index that was killed may take a while */
    if (tandem_index_open(s->db, &options, &index, &error) != TANDEM_OK)
        return output_failure(&error);
    tandem_job_options job = job_options_of(s);
    job.visit = count;
    job.user = &c;
    int status =
        job_run(index, (const char *const *)s->operands, s->n_operands, &job, !s->quiet, &summary);
    if (summary.run[0]) {
        if (s->json)
            output_json(summary_json(&summary, s->metrics));
        else if (!s->quiet)
            print_text(&summary, tandem_index_location(index), s->metrics);
        advise(s, &summary, &c);
        if (status == tandem_code_exit(TANDEM_OK) || status == tandem_code_exit(TANDEM_E_PARTIAL))
            advise_on_length(&summary);
    }
    tandem_index_close(index);
    return status;
}
