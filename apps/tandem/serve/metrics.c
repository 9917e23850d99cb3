/* /metrics: requests by route and code, and what the batcher does, as Prometheus text. */
#include "serve/answer.h"
#include "serve/routes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ROUTES_MAX = 64, /* the last one: requests that fit no route */
    N_BUCKETS = 16,  /* of 1/4096 s, doubled each time */
};

static const int codes[] = {200, 202, 204, 400, 401, 403, 404, 405, 409, 413, 422,
                            429, 431, 499, 500, 501, 502, 503, 504, 507, 0 /* any other */};
enum {
    N_CODES = sizeof(codes) / sizeof(codes[0]),
};

/* Of the one server that a process has. */
static struct {
    atomic_uint_fast64_t n[N_CODES];
    atomic_uint_fast64_t buckets[N_BUCKETS + 1];
    atomic_uint_fast64_t microseconds;
} counts[ROUTES_MAX];

static size_t slot_of(const http_route *route)
{
    size_t i = route ? (size_t)(route - serve_routes) : ROUTES_MAX - 1;

    return i < ROUTES_MAX ? i : ROUTES_MAX - 1;
}

void metrics_count(const http_request *request, double seconds)
{
    size_t slot = slot_of(request->route);
    size_t code = 0, bucket = 0;

    while (code + 1 < N_CODES && codes[code] != request->status)
        code++;
    for (double limit = 1.0 / 4096; bucket < N_BUCKETS && seconds > limit; limit *= 2)
        bucket++;
    atomic_fetch_add(&counts[slot].n[code], 1);
    atomic_fetch_add(&counts[slot].buckets[bucket], 1);
    atomic_fetch_add(&counts[slot].microseconds, (uint64_t)(seconds * 1e6));
}

static const char *name_of(size_t slot)
{
    return slot < serve_n_routes ? serve_routes[slot].path : "other";
}

static const char *method_of(size_t slot)
{
    return slot < serve_n_routes ? serve_routes[slot].method : "";
}

static void write_requests(wire *w)
{
    wire_text(w, "# TYPE tandem_http_requests_total counter\n");
    for (size_t r = 0; r < ROUTES_MAX; r++) {
        for (size_t c = 0; c < N_CODES; c++) {
            unsigned long long n = atomic_load(&counts[r].n[c]);
            if (n > 0)
                wire_format(w,
                            "tandem_http_requests_total{method=\"%s\",route=\"%s\",code=\"%d\"} "
                            "%llu\n",
                            method_of(r), name_of(r), codes[c], n);
        }
    }
}

static void write_seconds(wire *w)
{
    wire_text(w, "# TYPE tandem_http_request_seconds histogram\n");
    for (size_t r = 0; r < ROUTES_MAX; r++) {
        unsigned long long n = 0;
        double limit = 1.0 / 4096;
        for (size_t b = 0; b <= N_BUCKETS; b++)
            n += atomic_load(&counts[r].buckets[b]);
        if (n == 0)
            continue;
        n = 0;
        for (size_t b = 0; b < N_BUCKETS; b++, limit *= 2) {
            n += atomic_load(&counts[r].buckets[b]);
            wire_format(w,
                        "tandem_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} "
                        "%llu\n",
                        method_of(r), name_of(r), limit, n);
        }
        n += atomic_load(&counts[r].buckets[N_BUCKETS]);
        wire_format(w,
                    "tandem_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} "
                    "%llu\n",
                    method_of(r), name_of(r), n);
        wire_format(w, "tandem_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %g\n",
                    method_of(r), name_of(r), (double)atomic_load(&counts[r].microseconds) / 1e6);
        wire_format(w, "tandem_http_request_seconds_count{method=\"%s\",route=\"%s\"} %llu\n",
                    method_of(r), name_of(r), n);
    }
}

static void write_batcher(wire *w, const batcher_state *state)
{
    const struct {
        const char *name, *kind;
        unsigned long long of[TANDEM_N_LANES];
    } rows[] = {
        {"tandem_embed_waiting_texts", "gauge", {state->n_waiting[0], state->n_waiting[1]}},
        {"tandem_embed_running_texts", "gauge", {state->n_running[0], state->n_running[1]}},
        {"tandem_embed_texts_total", "counter", {state->n_texts[0], state->n_texts[1]}},
        {"tandem_embed_tokens_total", "counter", {state->n_tokens[0], state->n_tokens[1]}},
        {"tandem_embed_batches_total", "counter", {state->n_batches[0], state->n_batches[1]}},
    };
    const struct {
        const char *why;
        unsigned long long n;
    } dropped[] = {{"queue_full", state->n_refused},
                   {"client_gone", state->n_gone},
                   {"late", state->n_late}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wire_format(w, "# TYPE %s %s\n", rows[i].name, rows[i].kind);
        for (int l = 0; l < TANDEM_N_LANES; l++)
            wire_format(w, "%s{lane=\"%s\"} %llu\n", rows[i].name, tandem_lane_name((tandem_lane)l),
                        rows[i].of[l]);
    }
    wire_text(w, "# TYPE tandem_embed_dropped_total counter\n");
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
        wire_format(w, "tandem_embed_dropped_total{reason=\"%s\"} %llu\n", dropped[i].why,
                    dropped[i].n);
}

void metrics_get(http_request *request)
{
    const serve *sv = request->app;
    batcher_state state;
    wire w = {.ptr = NULL};
    char *library = NULL;
    size_t n = 0;

    batcher_get_state(sv->batcher, &state);
    if (tandem_metrics_copy(&library, &n, NULL) == TANDEM_OK)
        wire_add(&w, library, n);
    free(library);
    write_requests(&w);
    write_seconds(&w);
    write_batcher(&w, &state);
    wire_format(&w, "# TYPE tandem_http_streams gauge\ntandem_http_streams %zu\n",
                sv->http ? http_n_streams(sv->http) : 0);
    if (w.failed) {
        wire_clear(&w);
        w.ptr = NULL;
    }
    http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", w.ptr, w.n);
}
