/* /metrics: what the library counts, requests by route and code among it, and what the batcher
 * does. */
#include "serve/answer.h"
#include "serve/serve.h"

#include <stdio.h>
#include <stdlib.h>

void metrics_count(const http_request *request, double seconds)
{
    const char *method = request->route ? request->route->method : "";
    const char *route = request->route ? request->route->path : "other";
    char labels[128];

    snprintf(labels, sizeof(labels), "method=\"%s\",route=\"%s\"", method, route);
    tandem_metrics_observe("tandem_http_request_seconds", labels, seconds, NULL);
    snprintf(labels, sizeof(labels), "method=\"%s\",route=\"%s\",code=\"%d\"", method, route,
             request->status);
    tandem_metrics_count("tandem_http_requests_total", labels, 1, NULL);
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
    write_batcher(&w, &state);
    wire_format(&w, "# TYPE tandem_http_streams gauge\ntandem_http_streams %zu\n",
                sv->http ? http_n_streams(sv->http) : 0);
    if (w.failed) {
        wire_clear(&w);
        w.ptr = NULL;
    }
    http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", w.ptr, w.n);
}
