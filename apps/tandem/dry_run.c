#include "dry_run.h"

#include "output.h"
#include "run_job.h"

#include <stdio.h>

typedef struct listing {
    const settings *s;
    unsigned long long n_fetch, n_skip, n_fail;
} listing;

static void print_json(const char *word, const tandem_item *item)
{
    output_json(json_pack("{s:o,s:s,s:o}", "url", output_json_text(item->uri), "would", word,
                          "reason", item->reason.n ? output_json_text(item->reason) : json_null()));
}

static void print_text(const char *word, const tandem_item *item)
{
    printf("%s ", word);
    output_text(stdout, item->uri);
    if (item->reason.n) {
        fputs(": ", stdout);
        output_text(stdout, item->reason);
    }
    putchar('\n');
}

static void visit(void *user, const tandem_item *item)
{
    listing *l = user;
    const char *word = "fetch";

    if (item->status == TANDEM_PAGE_SKIPPED) {
        word = "skip";
        l->n_skip++;
    } else if (item->status == TANDEM_PAGE_FAILED) {
        word = "fail";
        l->n_fail++;
    } else {
        l->n_fetch++;
    }
    if (l->s->json)
        print_json(word, item);
    else
        print_text(word, item);
}

int dry_run(const settings *s)
{
    tandem_job_options options = job_options_of(s);
    tandem_summary summary = {0};
    listing l = {.s = s};

    options.until = TANDEM_UNTIL_PAGE;
    options.visit = visit;
    options.user = &l;
    int status =
        job_run(NULL, (const char *const *)s->operands, s->n_operands, &options, false, &summary);
    output_note("dry run: %llu would be fetched, %llu would not, %llu failed", l.n_fetch, l.n_skip,
                l.n_fail);
    return status;
}
