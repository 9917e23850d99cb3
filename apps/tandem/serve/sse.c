/* Progress as it changes: GET /progress/{id}/events of one job, GET /events of all.
 * Source: the HTML standard, 9.2 "Server-sent events". */
#include "serve/answer.h"
#include "serve/jobs.h"
#include "serve/serve.h"

#include <stdlib.h>
#include <string.h>

/* One client: what it has seen, and what of an event it has not yet taken. */
typedef struct subscriber {
    serve *sv;
    char id[JOBS_ID_BYTES]; /* empty: all jobs */
    uint64_t version, beat;
    wire out;
    size_t n_sent;
    bool ends; /* after what is in `out` */
} subscriber;

static void free_subscriber(void *user)
{
    subscriber *s = user;

    wire_clear(&s->out);
    free(s);
}

/* The next event into `out`; false when there is none. */
static bool next_event(subscriber *s)
{
    bool ended = false;
    json_t *object = jobs_next(s->sv->jobs, s->id[0] ? s->id : NULL, &s->version, &ended);
    uint64_t beat = jobs_beat();

    s->out.n = s->n_sent = 0;
    if (object) {
        wire_format(&s->out, "id: %llu\nevent: progress\ndata: ", (unsigned long long)s->version);
        wire_json(&s->out, object);
        wire_text(&s->out, "\n\n");
        s->ends = ended && s->id[0];
    } else if (beat != s->beat) {
        wire_text(&s->out, ": still here\n\n"); /* so that a client that has gone is noticed */
    }
    s->beat = beat;
    return s->out.n > 0;
}

static long read_events(void *user, char *out, size_t n)
{
    subscriber *s = user;

    if (s->n_sent == s->out.n && (s->ends || !next_event(s)))
        return s->ends ? -1 : 0;
    if (s->out.failed)
        return -1;
    if (n > s->out.n - s->n_sent)
        n = s->out.n - s->n_sent;
    memcpy(out, s->out.ptr + s->n_sent, n);
    s->n_sent += n;
    return (long)n;
}

static uint64_t last_of(http_request *request)
{
    const char *last = http_header(request, "Last-Event-ID");

    return last ? strtoull(last, NULL, 10) : 0;
}

static void subscribe(http_request *request, const char *id)
{
    subscriber *s = calloc(1, sizeof(*s));

    if (!s) {
        http_fail(request, 503, "out of memory");
        return;
    }
    s->sv = request->app;
    snprintf(s->id, sizeof(s->id), "%s", id);
    s->version = last_of(request);
    s->beat = jobs_beat();
    wire_text(&s->out, "retry: 2000\n\n"); /* also what tells a client at once that it is through */
    http_add_header(request, "Cache-Control", "no-cache");
    http_reply_stream(request, "text/event-stream", read_events, s, free_subscriber);
}

void sse_all(http_request *request)
{
    subscribe(request, "");
}

/* A browser that has heard the end asks again, with the number of that event: 204 tells it that
 * there is no more. */
void sse_one(http_request *request)
{
    serve *sv = request->app;
    uint64_t version = 0;
    bool ended = false;
    json_t *object = jobs_next(sv->jobs, request->segment, &version, &ended);

    if (!object)
        http_fail(request, 404, "Unknown progress id");
    else if (ended && last_of(request) == version)
        http_reply_text(request, 204, NULL, "");
    else
        subscribe(request, request->segment);
    json_decref(object);
}
