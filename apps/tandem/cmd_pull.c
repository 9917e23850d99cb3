#include "commands.h"
#include "output.h"
#include "run_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLAIN_EVERY_SECONDS = 5,
    TIME_BYTES = 32,
};

typedef struct show {
    bool drawn;        /* a line is on the screen */
    double next_plain; /* seconds: when the next plain line is due */
} show;

static void clear_line(show *view)
{
    if (view->drawn)
        fputs("\r\033[2K", stderr);
    view->drawn = false;
}

static double mega(uint64_t bytes)
{
    return (double)bytes / 1e6;
}

static double rate(const tandem_pull_progress *p)
{
    return p->seconds > 0 ? mega(p->fetched) / p->seconds : 0;
}

static void format_eta(const tandem_pull_progress *p, char out[TIME_BYTES])
{
    double seconds = rate(p) > 0 ? mega(p->bytes_total - p->bytes) / rate(p) : -1;
    unsigned s = seconds < 0 || seconds > 1e6 ? 0 : (unsigned)(seconds + 0.5);

    out[0] = '\0';
    if (seconds >= 0 && s >= 3600)
        snprintf(out, TIME_BYTES, "  ETA %u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else if (seconds >= 0)
        snprintf(out, TIME_BYTES, "  ETA %u:%02u", s / 60, s % 60);
}

/* One line that is drawn over and over; never wider than the screen, or it would scroll. */
static void draw_live(show *view, const tandem_pull_progress *p)
{
    char eta[TIME_BYTES], words[256];
    int n_bar = 20, n_filled, columns = output_columns();

    n_filled =
        p->bytes_total ? (int)((double)n_bar * (double)p->bytes / (double)p->bytes_total) : 0;
    format_eta(p, eta);
    int n = snprintf(words, sizeof(words), " %.1f/%.1f MB  %.1f MB/s%s  %s", mega(p->bytes),
                     mega(p->bytes_total), rate(p), eta, p->file);
    fputs("\r\033[2K", stderr);
    for (int i = 0; i < n_bar && columns > n_bar + 1; i++)
        fputs(i < n_filled ? "\u2588" : "\u2591", stderr);
    if (n > 0)
        fprintf(stderr, "%.*s", columns > n_bar + 1 ? columns - n_bar - 1 : columns - 1, words);
    fflush(stderr);
    view->drawn = true;
}

static void draw_plain(show *view, const tandem_pull_progress *p)
{
    if (p->event == TANDEM_PULL_LISTED)
        output_note("%s: %zu files, %.1f MB, commit %.12s", p->id, p->n_files_total,
                    mega(p->bytes_total), p->revision);
    else if (p->event == TANDEM_PULL_FILE)
        output_note("%s: %s, %.1f MB%s", p->id, p->file, mega(p->file_bytes),
                    p->was_here ? ", was here" : "");
    else if (p->event == TANDEM_PULL_BYTES && p->seconds >= view->next_plain) {
        view->next_plain = p->seconds + PLAIN_EVERY_SECONDS;
        output_note("%s: %.1f of %.1f MB, %.1f MB/s", p->id, mega(p->bytes), mega(p->bytes_total),
                    rate(p));
    }
}

static bool watch(void *user, const tandem_pull_progress *progress)
{
    show *view = user;

    if (progress->event == TANDEM_PULL_WAIT) {
        clear_line(view);
        output_note("%s: %s", progress->id, progress->reason);
    } else if (output_is_live() && progress->event != TANDEM_PULL_LISTED)
        draw_live(view, progress);
    else if (!output_is_live())
        draw_plain(view, progress);
    return !job_is_signalled();
}

static void print_result(const settings *s, const tandem_pull_summary *summary)
{
    if (s->json)
        output_json(json_pack("{s:s,s:s,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:f}", "id", summary->id,
                              "revision", summary->revision, "path",
                              output_json_cstr(summary->path), "files",
                              (json_int_t)summary->n_files, "files_fetched",
                              (json_int_t)summary->n_fetched, "bytes", (json_int_t)summary->bytes,
                              "bytes_fetched", (json_int_t)summary->fetched, "bytes_resumed",
                              (json_int_t)summary->resumed, "bytes_discarded",
                              (json_int_t)summary->discarded, "seconds", summary->seconds));
    else
        printf("%s %.12s  %zu files, %.1f MB, %zu fetched (%.1f MB in %.1f s)  %s\n", summary->id,
               summary->revision, summary->n_files, mega(summary->bytes), summary->n_fetched,
               mega(summary->fetched), summary->seconds, summary->path);
}

static int pull_one(const settings *s, const char *name)
{
    tandem_pull_options options = TANDEM_PULL_OPTIONS;
    tandem_pull_summary summary;
    tandem_error error = {0};
    show view = {.next_plain = PLAIN_EVERY_SECONDS};

    options.endpoint = s->endpoint;
    options.token = getenv("HF_TOKEN"); /* no option: a command line is seen by every user */
    options.offline = s->offline;
    options.allow_private = s->allow_private;
    options.watch = watch;
    options.user = &view;
    tandem_code code = tandem_model_pull(name, &options, &summary, &error);
    clear_line(&view);
    if (code == TANDEM_OK) {
        print_result(s, &summary);
        return 0;
    }
    if (!error.context[0])
        snprintf(error.context, sizeof(error.context), "%s", name);
    return output_failure(&error);
}

/* A model that can't be had does not keep the others away; the first failure is the exit status. */
int cmd_pull(const settings *s)
{
    int status = 0;

    job_catch_signals();
    for (size_t i = 0; i < s->n_operands && !job_is_signalled(); i++) {
        int one = pull_one(s, s->operands[i]);
        status = status ? status : one;
    }
    return status;
}
