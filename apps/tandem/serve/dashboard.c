/* The dashboard: GET / and the files that it is made of, which lie in the program (dashboard.S).
 * They hold nothing of an index, so they are open; what they ask for then is not. */
#include "serve/answer.h"
#include "serve/serve.h"

#include <stdlib.h>
#include <string.h>

/* dashboard.S: each ends where the next begins. */
extern const char serve_dashboard_api[], serve_dashboard_app[], serve_dashboard_dom[],
    serve_dashboard_icon[], serve_dashboard_index[], serve_dashboard_jobs[], serve_dashboard_run[],
    serve_dashboard_runs[], serve_dashboard_search[], serve_dashboard_store[],
    serve_dashboard_style[], serve_dashboard_theme[], serve_dashboard_timeline[],
    serve_dashboard_end[];

#define JS "text/javascript; charset=utf-8"

static const struct {
    const char *name, *type, *from, *end;
} files[] = {
    {"api.js", JS, serve_dashboard_api, serve_dashboard_app},
    {"app.js", JS, serve_dashboard_app, serve_dashboard_dom},
    {"dom.js", JS, serve_dashboard_dom, serve_dashboard_icon},
    {"icon.svg", "image/svg+xml", serve_dashboard_icon, serve_dashboard_index},
    {"jobs.js", JS, serve_dashboard_jobs, serve_dashboard_run},
    {"run.js", JS, serve_dashboard_run, serve_dashboard_runs},
    {"runs.js", JS, serve_dashboard_runs, serve_dashboard_search},
    {"search.js", JS, serve_dashboard_search, serve_dashboard_store},
    {"store.js", JS, serve_dashboard_store, serve_dashboard_style},
    {"style.css", "text/css; charset=utf-8", serve_dashboard_style, serve_dashboard_theme},
    {"theme.js", JS, serve_dashboard_theme, serve_dashboard_timeline},
    {"timeline.js", JS, serve_dashboard_timeline, serve_dashboard_end},
};

static void reply(http_request *request, const char *type, const char *from, const char *end)
{
    size_t n = (size_t)(end - from);
    char *copy = malloc(n);

    if (copy)
        memcpy(copy, from, n);
    /* Besides the policy of every answer: no frame, form, plug-in or base address of a page that is
     * all ours, and no text ever read as markup. */
    http_add_header(request, "Content-Security-Policy",
                    "base-uri 'none'; form-action 'none'; object-src 'none'");
    http_add_header(request, "Content-Security-Policy",
                    "require-trusted-types-for 'script'; trusted-types");
    http_add_header(request, "Referrer-Policy", "no-referrer");
    http_reply(request, 200, type, copy, n);
}

void dashboard_get(http_request *request)
{
    reply(request, "text/html; charset=utf-8", serve_dashboard_index, serve_dashboard_jobs);
}

void dashboard_get_file(http_request *request)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(files[i].name, request->segment) == 0) {
            reply(request, files[i].type, files[i].from, files[i].end);
            return;
        }
    }
    http_fail(request, 404, "Not Found");
}
