/* serve/serve.h - what the parts of one server share.
 *
 * Threads:  filled in before the first request, then read by all; what changes has its own lock
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "serve/batcher.h"
#include "serve/guard.h"
#include "serve/http.h"
#include "serve/jobs.h"
#include "serve/mcp.h"
#include "settings.h"

#include <time.h>

typedef struct serve {
    const settings *s;
    tandem_index *index;
    tandem_embedder *embedders[TANDEM_N_LANES]; /* borrowed from the index */
    tandem_model_info infos[TANDEM_N_LANES];
    batcher *batcher;
    _Atomic(http_server *) http; /* NULL until it is open */
    jobs *jobs;
    mcp mcp;
    guard guard;
    time_t begun;
} serve;

/* Tags of the sockets that stand in for one model's service; the main one is SERVE_MAIN. */
enum {
    SERVE_MAIN = -1,
};

/* The lane that a request's `model` means; false if none is called so. NULL or "": the lane of the
 * socket, else gte. */
bool serve_find_model(const serve *sv, const http_request *request, const char *name,
                      tandem_lane *lane_out);
/* The models that can be named, for an error: "all-MiniLM-L6-v2 (gte, coderank)". */
void serve_list_models(const serve *sv, char *out, size_t n);

/* Handlers, by API. */
void api_tei_embed(http_request *request);
void api_tei_embed_all(http_request *request);
void api_tei_similarity(http_request *request);
void api_tei_tokenize(http_request *request);
void api_tei_decode(http_request *request);
void api_tei_info(http_request *request);
void api_tei_health(http_request *request);
void api_openai_embeddings(http_request *request);
void api_openai_models(http_request *request);
void api_openai_model(http_request *request);
void api_ollama_embed(http_request *request);
void api_ollama_tags(http_request *request);
void api_runner_crawl(http_request *request);
void api_runner_progress(http_request *request);
void api_runner_result(http_request *request);
void api_runner_cancel(http_request *request);
void api_runner_jobs(http_request *request);
void api_runner_search(http_request *request);
void api_runner_chunk(http_request *request);
void api_runner_scopes(http_request *request);
void api_jobs_pages(http_request *request);
void api_jobs_timeline(http_request *request);
void api_status(http_request *request);
void dashboard_get(http_request *request);
void dashboard_get_file(http_request *request);
void sse_all(http_request *request);
void sse_one(http_request *request);
void mcp_http_post(http_request *request);
bool mcp_http_index(mcp *m, json_t *arguments, wire *out);
void metrics_get(http_request *request);
void metrics_count(const http_request *request, double seconds);

#endif
