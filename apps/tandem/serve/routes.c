#include "serve/routes.h"

#include <stdlib.h>
#include <string.h>

/* openapi.S */
extern const char serve_openapi[], serve_openapi_end[];

static void get_openapi(http_request *request)
{
    size_t n = (size_t)(serve_openapi_end - serve_openapi);
    char *copy = malloc(n);

    if (copy)
        memcpy(copy, serve_openapi, n);
    http_reply(request, 200, "application/json", copy, n);
}

const http_route serve_routes[] = {
    {"GET", "/", dashboard_get, HTTP_RUNNER, HTTP_OPEN},
    {"GET", "/ui/{}", dashboard_get_file, HTTP_RUNNER, HTTP_OPEN},
    {"GET", "/openapi.json", get_openapi, HTTP_RUNNER, HTTP_OPEN},
    {"GET", "/health", api_tei_health, HTTP_RUNNER, HTTP_OPEN},
    {"GET", "/metrics", metrics_get, HTTP_RUNNER, 0},
    {"GET", "/status", api_status, HTTP_RUNNER, HTTP_BLOCKS},

    {"POST", "/crawl", api_runner_crawl, HTTP_RUNNER, HTTP_BLOCKS},
    {"GET", "/progress/{}", api_runner_progress, HTTP_RUNNER, 0},
    {"GET", "/result/{}", api_runner_result, HTTP_RUNNER, HTTP_BLOCKS},
    {"POST", "/cancel/{}", api_runner_cancel, HTTP_RUNNER, HTTP_BLOCKS},
    {"POST", "/search", api_runner_search, HTTP_RUNNER, HTTP_BLOCKS},
    {"GET", "/chunk/{}", api_runner_chunk, HTTP_RUNNER, HTTP_BLOCKS},
    {"GET", "/scopes", api_runner_scopes, HTTP_RUNNER, HTTP_BLOCKS},
    {"GET", "/jobs", api_runner_jobs, HTTP_RUNNER, 0},
    {"GET", "/jobs/{}/pages", api_jobs_pages, HTTP_RUNNER, HTTP_BLOCKS},
    {"GET", "/jobs/{}/timeline", api_jobs_timeline, HTTP_RUNNER, HTTP_BLOCKS},
    {"GET", "/progress/{}/events", sse_one, HTTP_RUNNER, 0},
    {"GET", "/events", sse_all, HTTP_RUNNER, 0},
    {"POST", "/mcp", mcp_http_post, HTTP_MCP, HTTP_BLOCKS},

    {"POST", "/embed", api_tei_embed, HTTP_TEI, 0},
    {"POST", "/embed_all", api_tei_embed_all, HTTP_TEI, HTTP_BLOCKS},
    {"POST", "/similarity", api_tei_similarity, HTTP_TEI, 0},
    {"POST", "/tokenize", api_tei_tokenize, HTTP_TEI, HTTP_BLOCKS},
    {"POST", "/decode", api_tei_decode, HTTP_TEI, HTTP_BLOCKS},
    {"GET", "/info", api_tei_info, HTTP_TEI, 0},

    {"POST", "/v1/embeddings", api_openai_embeddings, HTTP_OPENAI, 0},
    {"GET", "/v1/models", api_openai_models, HTTP_OPENAI, 0},
    {"GET", "/v1/models/{}", api_openai_model, HTTP_OPENAI, 0},
    {"POST", "/api/embed", api_ollama_embed, HTTP_OLLAMA, 0},
    {"GET", "/api/tags", api_ollama_tags, HTTP_OLLAMA, 0},
};

const size_t serve_n_routes = sizeof(serve_routes) / sizeof(serve_routes[0]);
