#include "commands.h"
#include "dry_run.h"
#include "output.h"
#include "run_job.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Kept in memory: each row is read once, and written once. More made no crawl faster. */
    STATE_BYTES_MAX = 256 << 10,
};

static json_t *links_json(const tandem_item *item)
{
    json_t *links = json_array();

    for (size_t i = 0; i < item->n_links; i++)
        json_array_append_new(links, output_json_text(item->links[i].href));
    return links;
}

static void print_json(const tandem_item *item)
{
    char when[32];
    time_t seconds = (time_t)(item->fetched_wall_ms / 1000);
    struct tm parts;

    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
    json_t *before =
        json_pack("{s:o,s:o,s:i,s:o,s:o}", "url", output_json_text(item->uri), "final_url",
                  output_json_text(item->final_uri), "status", item->http_status, "title",
                  output_json_text(item->title), "language", output_json_text(item->language));
    json_t *after =
        json_pack("{s:o,s:s,s:b,s:b,s:b,s:b,s:o}", "links", links_json(item), "fetched_at", when,
                  "skipped",
                  item->status == TANDEM_PAGE_SKIPPED || item->status == TANDEM_PAGE_FAILED,
                  "failed", item->status == TANDEM_PAGE_FAILED, "unchanged",
                  item->status == TANDEM_PAGE_UNCHANGED, "drawn", item->is_drawn, "reason",
                  item->reason.n ? output_json_text(item->reason) : json_null());

    output_json_around(before, "markdown", item->text, after);
}

/* A page as Markdown under a comment that says whose it is. */
static void print_text(const settings *s, const tandem_item *item)
{
    if (item->status == TANDEM_PAGE_UNCHANGED)
        return;
    if (!item->has_document) {
        output_note("%s %.*s: %.*s", item->status == TANDEM_PAGE_FAILED ? "failed" : "skipped",
                    (int)item->uri.n, item->uri.ptr, (int)item->reason.n, item->reason.ptr);
        return;
    }
    if (s->links) {
        output_text(stdout, item->final_uri);
        output_text(stdout, text_of("\n"));
        return;
    }
    fputs("<!-- ", stdout);
    output_text(stdout, item->final_uri);
    fputs(" -->\n", stdout);
    output_text(stdout, item->text);
    output_text(stdout, text_of("\n\n"));
}

static void visit(void *user, const tandem_item *item)
{
    const settings *s = user;

    if (s->json)
        print_json(item);
    else
        print_text(s, item);
    /* The state may say of this page that it was had as soon as this returns; of one that nobody
     * got it must not. */
    if (s->state && fflush(stdout) != 0)
        _exit(output_finish(0));
}

static int crawl(const settings *s, tandem_index *state)
{
    tandem_job_options options = job_options_of(s);
    tandem_summary summary = {0};

    options.until = TANDEM_UNTIL_DOCUMENT;
    options.links_only = s->links;
    options.visit = visit;
    options.user = (void *)s;
    int status =
        job_run(state, (const char *const *)s->operands, s->n_operands, &options, false, &summary);
    if (summary.seconds > 0) /* else it never began, which was said */
        output_note("%llu pages, %llu unchanged, %llu skipped, %llu failed in %.1f s",
                    (unsigned long long)(summary.pages + summary.files),
                    (unsigned long long)summary.unchanged, (unsigned long long)summary.skipped,
                    (unsigned long long)summary.failed, summary.seconds);
    return status;
}

int cmd_crawl(const settings *s)
{
    tandem_index_options options = TANDEM_INDEX_OPTIONS;
    tandem_index *state = NULL;
    tandem_error error = {0};

    if (s->dry_run)
        return dry_run(s);
    options.store_bytes_max = STATE_BYTES_MAX;
    if (s->state && tandem_index_open(s->state, &options, &state, &error) != TANDEM_OK)
        return output_failure(&error);
    int status = crawl(s, state);
    tandem_index_close(state);
    return status;
}
