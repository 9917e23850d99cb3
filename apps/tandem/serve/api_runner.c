/* The crawl4ai runner's REST API, and what it never had: a stream of progress, a list of jobs.
 * What differs from the runner on purpose is in docs/api.md. */
#include "serve/crawl_request.h"
#include "serve/job_file.h"
#include "serve/jobs.h"
#include "serve/serve.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_PRESET = 10,
    LIMIT_MAX = 1000,
    SUMMARY_CHARS = 100,
    LIST_MAX_JOBS = 100,
};

/* -- crawls -- */

void api_runner_crawl(http_request *request)
{
    serve *sv = request->app;
    json_t *body = http_body_json(request);
    json_t *crawl = body ? crawl_request_check(request, body) : NULL;
    char id[JOBS_ID_BYTES];
    tandem_error error;

    json_decref(body);
    if (!crawl)
        return;
    if (jobs_add(sv->jobs, crawl, id, &error) == TANDEM_OK) {
        snprintf(request->note, sizeof(request->note), "job %s", id);
        http_reply_json(request, 200,
                        json_pack("{s:s,s:s}", "progress_id", id, "status", "running"));
        return;
    }
    if (error.code == TANDEM_E_BUSY)
        http_add_header(request, "Retry-After", "30");
    http_fail_error(request, &error);
}

void api_runner_progress(http_request *request)
{
    serve *sv = request->app;
    json_t *object = jobs_progress(sv->jobs, request->segment);

    if (object)
        http_reply_json(request, 200, object);
    else
        http_fail(request, 404, "Unknown progress id");
}

void api_runner_cancel(http_request *request)
{
    serve *sv = request->app;

    if (jobs_cancel(sv->jobs, request->segment))
        http_reply_text(request, 200, "application/json", "{\"status\":\"cancelled\"}");
    else
        http_fail(request, 404, "Unknown progress id");
}

void api_runner_jobs(http_request *request)
{
    serve *sv = request->app;

    http_reply_json(request, 200, jobs_list(sv->jobs, LIST_MAX_JOBS));
}

static void add_field(wire *w, const json_t *object, const char *field)
{
    wire_format(w, "\"%s\":", field);
    wire_json(w, json_incref(json_object_get(object, field)));
    wire_text(w, ",");
}

void api_runner_result(http_request *request)
{
    serve *sv = request->app;
    json_t *crawl = NULL;
    FILE *pages = NULL;
    uint64_t n_pages = 0;
    wire w = {.ptr = NULL};

    switch (jobs_result(sv->jobs, request->segment, &crawl, &pages, &n_pages)) {
    case JOBS_RESULT_NONE:
        http_fail(request, 404, "Unknown progress id");
        return;
    case JOBS_RESULT_NOT_YET:
        http_fail(request, 409, "Crawl not completed");
        return;
    case JOBS_RESULT_NO_FILE:
        http_fail(request, 500, "the pages of this crawl cannot be read");
        return;
    case JOBS_RESULT_OK:
        break;
    }
    wire_text(&w, "{");
    add_field(&w, crawl, "project");
    add_field(&w, crawl, "dataset");
    add_field(&w, crawl, "mode");
    wire_format(&w, "\"total_pages\":%llu,\"pages\":[", (unsigned long long)n_pages);
    bool read = job_file_read_pages(pages, &w);
    wire_text(&w, "]}");
    fclose(pages);
    json_decref(crawl);
    if (read) {
        http_reply_wire(request, 200, &w);
        return;
    }
    wire_clear(&w);
    http_fail(request, 500, "the pages of this crawl cannot be read");
}

/* -- search -- */

/* The first characters, as the runner's summary. */
static json_t *summary_of(tandem_str text)
{
    size_t n = 0;

    for (size_t chars = 0; n < text.n && chars < SUMMARY_CHARS; chars++)
        for (n++; n < text.n && ((unsigned char)text.ptr[n] & 0xC0) == 0x80;)
            n++;
    json_t *head = json_text((tandem_str){text.ptr, n});
    json_t *all = n < text.n ? json_sprintf("%s...", json_string_value(head)) : NULL;
    if (!all)
        return head;
    json_decref(head);
    return all;
}

static json_t *text_or_null(tandem_str text)
{
    return text.n ? json_text(text) : json_null();
}

static json_t *hit_json(const tandem_hit *hit)
{
    float cosine = 0;
    json_t *object =
        json_pack("{s:o,s:o,s:o,s:b,s:o,s:o,s:i,s:s,s:o,s:o,s:o}", "id",
                  json_sprintf("%llu", (unsigned long long)hit->id), "chunk_text",
                  json_text(hit->text), "summary", summary_of(hit->text), "is_code", hit->is_code,
                  "language", json_text(hit->language), "relative_path", json_text(hit->path),
                  "chunk_index", (int)hit->index, "model_used", tandem_lane_name(hit->lane),
                  "project_id", text_or_null(hit->project), "dataset_id",
                  text_or_null(hit->dataset), "scope", json_text(hit->scope));

    for (int l = 0; l < TANDEM_N_LANES; l++)
        if (hit->lane_rank[l] && hit->lane_score[l] > cosine)
            cosine = hit->lane_score[l];
    json_object_set_new(object, "similarity_score", json_real((double)cosine));
    json_object_set_new(object, "score", json_real(hit->score));
    json_object_set_new(object, "title", json_text(hit->title));
    json_object_set_new(object, "heading", json_text(hit->heading));
    json_object_set_new(object, "symbol", json_text(hit->symbol));
    json_object_set_new(object, "start_line", json_integer(hit->start_line));
    json_object_set_new(object, "end_line", json_integer(hit->end_line));
    if (hit->snippet.n)
        json_object_set_new(object, "snippet", json_text(hit->snippet));
    return object;
}

static json_t *hits_json(const tandem_hits *hits, size_t *n_out)
{
    json_t *list = json_array();
    const tandem_hit *items = tandem_hits_get(hits, n_out);

    for (size_t i = 0; i < *n_out; i++)
        json_array_append_new(list, hit_json(&items[i]));
    return list;
}

/* False after an answer. NULL where it is null or absent. */
static bool read_text(http_request *request, json_t *body, const char *field, const char **out)
{
    json_t *value = json_object_get(body, field);

    *out = NULL;
    if (!value || json_is_null(value))
        return true;
    *out = json_string_value(value);
    if (*out && strlen(*out) == json_string_length(value)) {
        *out = (*out)[0] ? *out : NULL;
        return true;
    }
    http_invalid(request, "string_type", field, value, "Input should be a valid string");
    return false;
}

static bool read_flag(http_request *request, json_t *body, const char *field, bool *out)
{
    json_t *value = json_object_get(body, field);

    *out = json_is_true(value);
    if (!value || json_is_null(value) || json_is_boolean(value))
        return true;
    http_invalid(request, "bool_type", field, value, "Input should be a valid boolean");
    return false;
}

static bool read_limit(http_request *request, json_t *body, tandem_search_options *o)
{
    json_t *limit = json_object_get(body, "limit");

    o->k = LIMIT_PRESET;
    if (!limit)
        return true;
    if (!json_is_integer(limit) || json_integer_value(limit) < 1 ||
        json_integer_value(limit) > LIMIT_MAX) {
        http_invalid(request, json_is_integer(limit) ? "less_than_equal" : "int_type", "limit",
                     limit, "Input should be a whole number of 1 to %d", (int)LIMIT_MAX);
        return false;
    }
    o->k = (uint32_t)json_integer_value(limit);
    return true;
}

static bool read_scope(http_request *request, json_t *body, tandem_search_options *o)
{
    json_t *value = json_object_get(body, "scope");

    if (!read_text(request, body, "scope", &o->scope))
        return false;
    const char *scope = json_string_value(value); /* an empty one is none of them */
    if (!scope || strcmp(scope, "global") == 0 || strcmp(scope, "project") == 0 ||
        strcmp(scope, "local") == 0)
        return true;
    http_invalid(request, "enum", "scope", value, "Input should be one of global, project, local");
    return false;
}

static bool read_search(http_request *request, json_t *body, tandem_search_options *o)
{
    bool code = false, prose = false;

    if (!read_text(request, body, "project", &o->project) ||
        !read_text(request, body, "dataset", &o->dataset) || !read_scope(request, body, o) ||
        !read_text(request, body, "language", &o->language) ||
        !read_text(request, body, "path", &o->path_glob) ||
        !read_flag(request, body, "filter_code", &code) ||
        !read_flag(request, body, "filter_text", &prose) || !read_limit(request, body, o))
        return false;
    if (code != prose)
        o->kind = code ? TANDEM_KIND_CODE : TANDEM_KIND_PROSE;
    return true;
}

static void search(http_request *request, json_t *body)
{
    serve *sv = request->app;
    tandem_search_options o = TANDEM_SEARCH_OPTIONS;
    json_t *query = json_object_get(body, "query");
    tandem_hits *hits = NULL;
    tandem_error error = {.code = TANDEM_OK};
    size_t n = 0;

    if (!json_is_string(query)) {
        http_invalid(request, query ? "string_type" : "missing", "query", query ? query : body,
                     query ? "Input should be a valid string" : "Field required");
        return;
    }
    if (!read_search(request, body, &o))
        return;
    tandem_str text = {json_string_value(query), json_string_length(query)};
    if (tandem_index_search(sv->index, text, &o, &hits, &error) != TANDEM_OK) {
        http_fail_error(request, &error);
        return;
    }
    json_t *results = hits_json(hits, &n);
    snprintf(request->note, sizeof(request->note), "%zu hits", n);
    http_reply_json(request, 200,
                    json_pack("{s:O,s:o,s:I}", "query", query, "results", results, "total",
                              (json_int_t)n));
    tandem_hits_free(hits);
}

void api_runner_search(http_request *request)
{
    json_t *body = http_body_json(request);

    if (body)
        search(request, body);
    json_decref(body);
}

/* -- one chunk -- */

static bool parse_id(const char *text, uint64_t *id_out)
{
    char *end = NULL;

    if (text[0] < '1' || text[0] > '9' || strlen(text) > 18)
        return false;
    *id_out = strtoull(text, &end, 10);
    return *end == '\0';
}

static bool is_yes(const char *text)
{
    return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

void api_runner_chunk(http_request *request)
{
    serve *sv = request->app;
    bool context = is_yes(http_argument(request, "include_context"));
    tandem_hits *hits = NULL;
    tandem_error error = {.code = TANDEM_OK};
    uint64_t id = 0;
    size_t n = 0;

    if (!parse_id(request->segment, &id) ||
        tandem_index_get_chunk(sv->index, id, context ? 1 : 0, &hits, &error) ==
            TANDEM_E_NOT_FOUND) {
        http_fail(request, 404, "Chunk not found");
        return;
    }
    if (!hits) {
        http_fail_error(request, &error);
        return;
    }
    const tandem_hit *items = tandem_hits_get(hits, &n);
    json_t *object = NULL;
    size_t at = 0;
    while (at + 1 < n && items[at].id != id)
        at++;
    object = hit_json(&items[at]);
    if (context && at > 0) /* of its page, in the page's order */
        json_object_set_new(object, "context_before", json_text(items[at - 1].text));
    if (context && at + 1 < n)
        json_object_set_new(object, "context_after", json_text(items[at + 1].text));
    tandem_hits_free(hits);
    http_reply_json(request, 200, object);
}

/* -- scopes -- */

typedef struct scope_list {
    json_t *list;
    const char *project;
} scope_list;

static void add_scope(void *user, const tandem_scope_info *info)
{
    scope_list *s = user;

    if (s->project && (strlen(s->project) != info->project.n ||
                       memcmp(s->project, info->project.ptr, info->project.n) != 0))
        return;
    json_array_append_new(s->list,
                          json_pack("{s:o,s:o,s:o,s:o,s:I,s:I,s:I}", "scope",
                                    json_text(info->scope), "collection_name",
                                    json_text(info->name), "project", text_or_null(info->project),
                                    "dataset", text_or_null(info->dataset), "chunk_count",
                                    (json_int_t)info->chunks, "code_chunks",
                                    (json_int_t)info->chunks_code, "text_chunks",
                                    (json_int_t)(info->chunks - info->chunks_code)));
}

void api_runner_scopes(http_request *request)
{
    serve *sv = request->app;
    scope_list s = {json_array(), http_argument(request, "project")};
    tandem_error error = {.code = TANDEM_OK};

    if (tandem_index_each_scope(sv->index, add_scope, &s, &error) == TANDEM_OK) {
        http_reply_json(request, 200, s.list);
        return;
    }
    json_decref(s.list);
    http_fail_error(request, &error);
}
