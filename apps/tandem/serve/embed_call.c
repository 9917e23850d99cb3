#include "serve/embed_call.h"

#include "serve/decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = 2048, /* of one request, as OpenAI's */
    IDS_MAX = 32768,  /* of one text */
    WAIT_MS_MAX = 60000,
};

static void free_call(void *user)
{
    embed_call *call = user;

    for (size_t i = 0; call->owned && i < call->job.n; i++)
        free(call->owned[i]);
    free(call->owned);
    free(call->texts);
    free(call->job.vectors);
    free(call->job.notes);
    json_decref(call->body);
    free(call);
}

embed_call *embed_call_new(http_request *request)
{
    json_t *body = http_body_json(request);
    embed_call *call = body ? calloc(1, sizeof(*call)) : NULL;

    if (!call) {
        if (body)
            http_fail(request, 503, "out of memory");
        json_decref(body);
        return NULL;
    }
    call->request = request;
    call->sv = request->app;
    call->body = body;
    request->user = call;
    request->free_user = free_call;
    return call;
}

/* -- what the body says -- */

bool embed_call_model(embed_call *call, const char *field)
{
    json_t *name = json_object_get(call->body, field);
    char here[256];

    if (name && !json_is_null(name) && !json_is_string(name)) {
        http_invalid(call->request, "string_type", field, name, "must be a string");
        return false;
    }
    if (!serve_find_model(call->sv, call->request, json_string_value(name), &call->job.lane)) {
        serve_list_models(call->sv, here, sizeof(here));
        http_fail(call->request, 404, "model \"%.100s\" is not here; there is %s",
                  json_string_value(name), here);
        return false;
    }
    call->dim = call->n_out = call->sv->infos[call->job.lane].dim;
    return true;
}

static bool make_texts(embed_call *call, size_t n)
{
    call->texts = calloc(n, sizeof(*call->texts));
    call->owned = calloc(n, sizeof(*call->owned));
    call->job.notes = calloc(n, sizeof(*call->job.notes));
    call->job.vectors = malloc(n * call->dim * sizeof(float));
    call->job.n = n;
    call->job.texts = call->texts;
    if (call->texts && call->owned && call->job.notes && call->job.vectors)
        return true;
    http_fail(call->request, 503, "out of memory for %zu texts", n);
    return false;
}

/* Texts that are given as ids of the model's own vocabulary, as /tokenize gives them. */
static bool read_ids(embed_call *call, const char *field, json_t *ids, size_t i)
{
    size_t n = json_array_size(ids);
    uint32_t *list = n && n <= IDS_MAX ? malloc(n * sizeof(*list)) : NULL;
    bool ok = list != NULL;

    for (size_t k = 0; ok && k < n; k++) {
        json_t *id = json_array_get(ids, k);
        ok = json_is_integer(id) && json_integer_value(id) >= 0 &&
             json_integer_value(id) <= UINT32_MAX;
        list[k] = ok ? (uint32_t)json_integer_value(id) : 0;
    }
    if (ok)
        call->owned[i] = decode_ids(call->sv->embedders[call->job.lane], list, n, true);
    free(list);
    if (!call->owned[i]) {
        http_invalid(call->request, "int_parsing", field, ids,
                     "ids must be 1 to %d numbers of the model's own vocabulary", (int)IDS_MAX);
        return false;
    }
    call->texts[i] = text_of(call->owned[i]);
    return true;
}

static bool read_text(embed_call *call, const char *field, json_t *value, size_t i)
{
    if (json_is_array(value))
        return read_ids(call, field, value, i);
    if (!json_is_string(value)) {
        http_invalid(call->request, "string_type", field, value,
                     "must be a string, a list of strings, or ids");
        return false;
    }
    if (json_string_length(value) == 0) {
        http_fail(call->request, call->request->family == HTTP_TEI ? 413 : 400,
                  "%s: text %zu is empty", field, i);
        return false;
    }
    call->texts[i] = (tandem_str){json_string_value(value), json_string_length(value)};
    return true;
}

bool embed_call_texts(embed_call *call, const char *field)
{
    json_t *inputs = json_object_get(call->body, field);
    size_t n = json_array_size(inputs);

    if (!inputs || json_is_null(inputs)) {
        http_invalid(call->request, "missing", field, call->body, "is needed");
        return false;
    }
    if (json_is_array(inputs) && n == 0) {
        http_fail(call->request, 400, "`%s` cannot be empty", field);
        return false;
    }
    if (n > TEXTS_MAX && !json_is_integer(json_array_get(inputs, 0))) {
        http_fail(call->request, call->request->family == HTTP_TEI ? 413 : 400,
                  "batch size %zu > maximum allowed batch size %d", n, (int)TEXTS_MAX);
        return false;
    }
    call->one = !json_is_array(inputs) || json_is_integer(json_array_get(inputs, 0));
    if (!make_texts(call, call->one ? 1 : n))
        return false;
    if (call->one)
        return read_text(call, field, inputs, 0);
    for (size_t i = 0; i < n; i++)
        if (!read_text(call, field, json_array_get(inputs, i), i))
            return false;
    return true;
}

bool embed_call_bool(embed_call *call, const char *field, bool preset, bool *out)
{
    json_t *value = json_object_get(call->body, field);

    if (value && !json_is_null(value) && !json_is_boolean(value)) {
        http_invalid(call->request, "bool_type", field, value, "must be true or false");
        return false;
    }
    *out = json_is_boolean(value) ? json_is_true(value) : preset;
    return true;
}

bool embed_call_role(embed_call *call, const char *field)
{
    json_t *value = json_object_get(call->body, field);
    const char *name = json_string_value(value);

    call->job.role = TANDEM_ROLE_DOCUMENT;
    if (!value || json_is_null(value))
        return true;
    if (name && (strcmp(name, "query") == 0 || strcmp(name, "document") == 0 ||
                 strcmp(name, "passage") == 0)) {
        call->job.role = name[0] == 'q' ? TANDEM_ROLE_QUERY : TANDEM_ROLE_DOCUMENT;
        return true;
    }
    http_invalid(call->request, "enum", field, value, "must be query, document or passage");
    return false;
}

bool embed_call_options(embed_call *call, const char *role_field)
{
    bool refuse = call->sv->s->truncate && strcmp(call->sv->s->truncate, "error") == 0;
    bool truncate = true;

    if (!embed_call_role(call, role_field) ||
        !embed_call_bool(call, "truncate", !refuse, &truncate))
        return false;
    call->refuse_long = !truncate;
    return true;
}

bool embed_call_dimensions(embed_call *call)
{
    json_t *dimensions = json_object_get(call->body, "dimensions");

    if (!dimensions || json_is_null(dimensions))
        return true;
    if (!json_is_integer(dimensions) || json_integer_value(dimensions) < 1 ||
        json_integer_value(dimensions) > (json_int_t)call->dim) {
        http_invalid(call->request, "int_type", "dimensions", dimensions, "must be 1 to %zu",
                     call->dim);
        return false;
    }
    call->n_out = (size_t)json_integer_value(dimensions);
    return true;
}

/* -- running -- */

static bool is_gone(void *user)
{
    return http_gone(((embed_call *)user)->request);
}

static void is_taken(void *user)
{
    http_defer(((embed_call *)user)->request);
}

static void is_done(void *user)
{
    http_resume(((embed_call *)user)->request);
}

/* The first `n_out` values of each vector, of length 1 again (Matryoshka). */
static void shorten(embed_call *call)
{
    for (size_t i = 0; i < call->job.n; i++) {
        float *v = call->job.vectors + i * call->dim;
        double sum = 0;
        for (size_t k = 0; k < call->n_out; k++)
            sum += (double)v[k] * (double)v[k];
        float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
        for (size_t k = 0; k < call->n_out; k++)
            v[k] *= scale;
    }
}

static bool fits(embed_call *call)
{
    size_t most = call->sv->infos[call->job.lane].tokens_max;

    for (size_t i = 0; call->refuse_long && i < call->job.n; i++) {
        if (call->job.notes[i].truncated) {
            http_fail(call->request, 413,
                      "`inputs` must have at most %zu tokens; text %zu has more", most, i);
            return false;
        }
    }
    return true;
}

bool embed_call_told(embed_call *call)
{
    size_t n = 0, n_tokens = embed_call_tokens(call);

    if (!fits(call))
        return false;
    for (size_t i = 0; i < call->job.n; i++)
        n += call->job.notes[i].truncated;
    http_add_header(call->request, "X-Truncated", "%zu", n);
    http_add_header(call->request, "X-Compute-Type", "cpu");
    http_add_header(call->request, "X-Compute-Tokens", "%zu", n_tokens);
    snprintf(call->request->note, sizeof(call->request->note), "%zu texts, %zu tokens", call->job.n,
             n_tokens);
    return true;
}

static void resumed(http_request *request)
{
    embed_call *call = request->user;

    if (call->job.code != TANDEM_OK) {
        http_fail_error(request, &call->job.error);
        return;
    }
    if (!embed_call_told(call))
        return;
    if (call->n_out < call->dim)
        shorten(call);
    call->render(call);
}

void embed_call_start(embed_call *call, void (*render)(embed_call *call))
{
    unsigned wait_s = 1;

    call->render = render;
    call->request->resumed = resumed;
    call->job.gone = is_gone;
    call->job.done = is_done;
    call->job.user = call;
    call->job.wait_ms_max = WAIT_MS_MAX;
    if (batcher_submit(call->sv->batcher, &call->job, is_taken, &wait_s))
        return;
    http_add_header(call->request, "Retry-After", "%u", wait_s);
    http_fail(call->request, 429, "more texts wait than can: try again in %u s", wait_s);
}

/* -- what came out -- */

const float *embed_call_vector(const embed_call *call, size_t i)
{
    return call->job.vectors + i * call->dim;
}

size_t embed_call_tokens(const embed_call *call)
{
    size_t n = 0;

    for (size_t i = 0; i < call->job.n; i++)
        n += call->job.notes[i].n_tokens;
    return n;
}

bool embed_call_raw(embed_call *call)
{
    const char *accept = http_header(call->request, "Accept");
    size_t row = call->n_out * sizeof(float);

    if (!accept || !strstr(accept, "application/octet-stream"))
        return false;
    char *bytes = malloc(call->job.n * row);
    for (size_t i = 0; bytes && i < call->job.n; i++)
        memcpy(bytes + i * row, embed_call_vector(call, i), row);
    http_add_header(call->request, "X-Shape", "%zu,%zu", call->job.n, call->n_out);
    http_reply(call->request, 200, "application/octet-stream", bytes, call->job.n * row);
    return true;
}
