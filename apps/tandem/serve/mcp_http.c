/* MCP as Streamable HTTP: one message a POST, its answer as JSON. */
#include "serve/crawl_request.h"
#include "serve/jobs.h"
#include "serve/mcp.h"
#include "serve/serve.h"

#include <stdlib.h>
#include <string.h>

/* The tool `index` of a server starts a job, as POST /crawl would. */
bool mcp_http_index(mcp *m, json_t *arguments, wire *out)
{
    serve *sv = m->user;
    http_request check = {.family = HTTP_RUNNER};
    json_t *pages = json_object_get(arguments, "max_pages");
    bool recursive = json_is_true(json_object_get(arguments, "recursive"));
    const char *project = json_string_value(json_object_get(arguments, "project"));
    json_t *body =
        json_pack("{s:[O],s:s,s:o,s:s,s:i,s:b}", "urls", json_object_get(arguments, "source"),
                  "mode", recursive ? "recursive" : "single", "max_pages",
                  pages ? json_incref(pages) : json_integer(20), "project",
                  project ? project : "mcp", "max_depth", recursive ? 10 : 1, "auto_discovery",
                  recursive);
    char id[JOBS_ID_BYTES];
    tandem_error error;

    if (json_object_get(arguments, "dataset"))
        json_object_set(body, "dataset", json_object_get(arguments, "dataset"));
    json_t *crawl = crawl_request_check(&check, body);
    bool ok = crawl && jobs_add(sv->jobs, crawl, id, &error) == TANDEM_OK;
    if (ok)
        wire_format(out, "started; progress_id %s", id);
    else
        wire_text(out, crawl ? error.message : check.note);
    free(check.reply);
    json_decref(body);
    return ok;
}

void mcp_http_post(http_request *request)
{
    serve *sv = request->app;
    const char *version = http_header(request, "MCP-Protocol-Version");
    char message[JSON_ERROR_BYTES];

    if (version && !mcp_knows_version(version)) {
        http_reply_json(request, 400,
                        mcp_error(NULL, MCP_INVALID_REQUEST, "an unknown MCP-Protocol-Version"));
        return;
    }
    json_t *body = json_read(request->body, request->n_body, message);
    if (!body) {
        http_reply_json(request, 400, mcp_error(NULL, -32700, message));
        return;
    }
    json_t *answer = mcp_answer(&sv->mcp, body);
    const char *method = json_string_value(json_object_get(body, "method"));
    snprintf(request->note, sizeof(request->note), "%.60s", method ? method : "");
    json_t *error = json_object_get(json_object_get(answer, "error"), "code");
    if (answer)
        http_reply_json(request, json_integer_value(error) == MCP_INVALID_REQUEST ? 400 : 200,
                        answer);
    else
        http_reply_text(request, 202, NULL, "");
    json_decref(body);
}
