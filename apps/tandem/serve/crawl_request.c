#include "serve/crawl_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONCURRENT_MAX = 50, /* the runner's cap */
    PAGES_PRESET = 20,
    NAME_CHARS_MAX = 100,
    UNUSED_CHARS_MAX = 500,
};

static const char *const modes[] = {"single", "batch", "recursive", "sitemap"};

/* -- checks -- */

static bool is_url(const char *url)
{
    const char *host = strncasecmp(url, "http://", 7) == 0    ? url + 7
                       : strncasecmp(url, "https://", 8) == 0 ? url + 8
                                                              : NULL;

    if (!host || strchr("/?#:@", host[0]) ||
        json_count_chars((tandem_str){url, strlen(url)}) > CRAWL_URL_CHARS_MAX)
        return false;
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return false;
    return true;
}

/* "http://user:password@host/" */
static bool has_user(const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return host[strcspn(host, "@/?#")] == '@';
}

static bool check_urls(http_request *request, json_t *body, json_t *out)
{
    json_t *urls = json_object_get(body, "urls");

    if (!urls) {
        http_invalid(request, "missing", "urls", body, "Field required");
        return false;
    }
    if (!json_is_array(urls)) {
        http_invalid(request, "list_type", "urls", urls, "Input should be a valid list");
        return false;
    }
    if (json_array_size(urls) == 0) {
        http_fail(request, 400, "At least one URL is required");
        return false;
    }
    if (json_array_size(urls) > CRAWL_URLS_MAX) {
        http_invalid(request, "too_long", "urls", NULL, "at most %d URLs are taken",
                     (int)CRAWL_URLS_MAX);
        return false;
    }
    for (size_t i = 0; i < json_array_size(urls); i++) {
        json_t *url = json_array_get(urls, i);
        const char *text = json_string_value(url);
        if (!text || strlen(text) != json_string_length(url) || !is_url(text)) {
            http_invalid(request, "url_parsing", "urls", url,
                         "Input should be a valid URL of http or https (URL %zu)", i);
            return false;
        }
        if (has_user(text)) { /* requests are kept on disk and shown; this one is not even echoed */
            http_invalid(request, "url_parsing", "urls", NULL,
                         "URL %zu has a user or password in it, which is not taken", i);
            return false;
        }
    }
    json_object_set(out, "urls", urls);
    return true;
}

static bool check_text(http_request *request, json_t *body, json_t *out, const char *field,
                       size_t chars_max)
{
    json_t *value = json_object_get(body, field);
    const char *text = json_string_value(value);

    if (value && !json_is_null(value) &&
        (!text || strlen(text) != json_string_length(value) ||
         json_count_chars((tandem_str){text, strlen(text)}) > chars_max)) {
        http_invalid(request, "string_type", field, value,
                     "Input should be a valid string of at most %zu characters", chars_max);
        return false;
    }
    if (value && json_string_length(value) > 0)
        json_object_set(out, field, value);
    else
        json_object_set_new(out, field, json_null());
    return true;
}

static bool check_word(http_request *request, json_t *body, json_t *out, const char *field,
                       const char *words, const char *preset)
{
    json_t *value = json_object_get(body, field);
    const char *text = json_string_value(value);
    const char *at = text && text[0] ? strstr(words, text) : NULL;
    size_t n = text ? strlen(text) : 0;

    if ((!value || json_is_null(value)) && (preset || !value || json_is_null(value))) {
        json_object_set_new(out, field, preset ? json_string(preset) : json_null());
        return true;
    }
    if (!at || (at != words && at[-1] != ' ') || (at[n] && at[n] != ',')) {
        http_invalid(request, "enum", field, value, "Input should be one of %s", words);
        return false;
    }
    json_object_set(out, field, value);
    return true;
}

static bool check_count(http_request *request, json_t *body, json_t *out, const char *field,
                        json_int_t preset)
{
    json_t *value = json_object_get(body, field);

    if (value && !json_is_null(value) &&
        (!json_is_integer(value) || json_integer_value(value) < 0 ||
         json_integer_value(value) > 10000000)) {
        http_invalid(request, json_is_integer(value) ? "greater_than_equal" : "int_type", field,
                     value, "Input should be a whole number of 0 to 10000000");
        return false;
    }
    json_object_set_new(out, field,
                        json_integer(json_is_integer(value) ? json_integer_value(value) : preset));
    return true;
}

static bool check_bool(http_request *request, json_t *body, json_t *out, const char *field,
                       bool preset)
{
    json_t *value = json_object_get(body, field);

    if (value && !json_is_boolean(value)) {
        http_invalid(request, "bool_type", field, value, "Input should be a valid boolean");
        return false;
    }
    json_object_set_new(out, field, json_boolean(value ? json_is_true(value) : preset));
    return true;
}

/* Fields that the runner takes and never uses: their types are looked at, no more. */
static bool check_unused(http_request *request, json_t *body, json_t *out)
{
    json_t *tags = json_object_get(body, "tags");

    for (size_t i = 0; i < json_array_size(tags); i++)
        if (!json_is_string(json_array_get(tags, i))) {
            http_invalid(request, "string_type", "tags", tags, "Input should be strings");
            return false;
        }
    if (tags && !json_is_null(tags) && !json_is_array(tags)) {
        http_invalid(request, "list_type", "tags", tags, "Input should be a valid list");
        return false;
    }
    return check_bool(request, body, out, "extract_code_examples", true) &&
           check_text(request, body, out, "knowledge_type", UNUSED_CHARS_MAX) &&
           check_text(request, body, out, "provider", UNUSED_CHARS_MAX);
}

json_t *crawl_request_check(http_request *request, json_t *body)
{
    json_t *out = json_object();

    if (out && check_urls(request, body, out) &&
        check_text(request, body, out, "project", NAME_CHARS_MAX) &&
        check_text(request, body, out, "dataset", NAME_CHARS_MAX) &&
        check_word(request, body, out, "scope", "global, project, local", NULL) &&
        check_word(request, body, out, "mode", "single, batch, recursive, sitemap", "single") &&
        check_count(request, body, out, "max_depth", 1) &&
        check_count(request, body, out, "max_pages", PAGES_PRESET) &&
        check_count(request, body, out, "max_concurrent", 0) &&
        check_bool(request, body, out, "same_domain_only", true) &&
        check_bool(request, body, out, "same_path_prefix", false) &&
        check_bool(request, body, out, "include_links", false) &&
        check_bool(request, body, out, "auto_discovery", true) && check_unused(request, body, out))
        return out;
    if (!out)
        http_fail(request, 503, "out of memory");
    json_decref(out);
    return NULL;
}

/* -- as a job -- */

static const char *text_or_null(const json_t *object, const char *field)
{
    return json_string_value(json_object_get(object, field));
}

static uint64_t count_of(const json_t *object, const char *field)
{
    json_int_t value = json_integer_value(json_object_get(object, field));

    return value > 0 ? (uint64_t)value : 0;
}

void crawl_request_read(const json_t *object, crawl_request *out)
{
    json_t *urls = json_object_get(object, "urls");
    const char *mode = text_or_null(object, "mode");
    size_t n = json_array_size(urls);

    *out = (crawl_request){
        .urls = calloc(n ? n : 1, sizeof(*out->urls)),
        .project = text_or_null(object, "project"),
        .dataset = text_or_null(object, "dataset"),
        .scope = text_or_null(object, "scope"),
        .depth = count_of(object, "max_depth"),
        .pages_max = count_of(object, "max_pages"),
        .concurrent = count_of(object, "max_concurrent"),
        .same_domain = json_is_true(json_object_get(object, "same_domain_only")),
        .same_path = json_is_true(json_object_get(object, "same_path_prefix")),
        .discovery = json_is_true(json_object_get(object, "auto_discovery")),
    };
    out->stores = out->project || out->dataset;
    for (int m = CRAWL_SINGLE; mode && m <= CRAWL_SITEMAP; m++)
        if (strcmp(mode, modes[m]) == 0)
            out->mode = (crawl_mode)m;
    for (size_t i = 0; out->urls && i < n; i++) {
        const char *url = json_string_value(json_array_get(urls, i));
        if (url)
            out->urls[out->n_urls++] = url;
    }
    /* One URL is one page there: no more of them than pages are wanted. */
    if (out->mode <= CRAWL_BATCH && out->pages_max && out->n_urls > out->pages_max)
        out->n_urls = (size_t)out->pages_max;
}

void crawl_request_clear(crawl_request *request)
{
    free(request->urls);
    *request = (crawl_request){.urls = NULL};
}

void crawl_request_apply(const crawl_request *request, tandem_job_options *o)
{
    uint64_t share = request->n_urls ? request->pages_max / request->n_urls : 0;

    o->until = request->stores ? TANDEM_UNTIL_STORE : TANDEM_UNTIL_DOCUMENT;
    o->project = request->project;
    o->dataset = request->dataset;
    o->scope = request->scope;
    o->any_host = !request->same_domain;
    o->below = request->same_path;
    o->refuse_private = !o->allow_private;
    o->pages_max = request->pages_max == 0 ? 0 : (uint32_t)(share ? share : 1);
    if (request->concurrent)
        o->per_host_max =
            (uint32_t)(request->concurrent < CONCURRENT_MAX ? request->concurrent : CONCURRENT_MAX);
    /* The runner's depth 1 is the named pages alone. */
    o->depth_max =
        request->mode == CRAWL_RECURSIVE && request->depth > 1 ? (uint32_t)request->depth - 1 : 0;
    o->mode = TANDEM_MODE_LINKS;
    if (request->mode == CRAWL_SITEMAP) {
        o->mode = TANDEM_MODE_SITEMAP;
        o->depth_max = 1;
    } else if (request->mode == CRAWL_RECURSIVE && request->discovery && o->depth_max > 0) {
        o->mode = TANDEM_MODE_AUTO;
    }
}

uint64_t crawl_request_expected(const crawl_request *request)
{
    return request->mode <= CRAWL_BATCH ? request->n_urls : request->pages_max;
}
