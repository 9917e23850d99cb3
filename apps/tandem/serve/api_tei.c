/* Hugging Face's text-embeddings-inference: /embed, /embed_all, /similarity, /tokenize, /decode,
 * /info.
 * Source: its OpenAPI document of version 1.8. What differs is in docs/api.md. */
#include "serve/decode.h"
#include "serve/embed_call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TEXTS_MAX = 2048,
    ROWS_MAX = 8192, /* of one answer of /embed_all: some 70 MB of JSON for a width of 768 */
};

/* A text's begin is what stays. */
static bool read_direction(embed_call *call)
{
    json_t *value = json_object_get(call->body, "truncation_direction");
    const char *name = json_string_value(value);

    if (!value || json_is_null(value) || (name && strcasecmp(name, "right") == 0))
        return true;
    http_invalid(call->request, "literal_error", "truncation_direction", value, "must be right");
    return false;
}

static bool read_options(embed_call *call)
{
    return embed_call_options(call, "prompt_name") && read_direction(call);
}

/* -- /embed -- */

static void render_embed(embed_call *call)
{
    wire w = {.ptr = NULL};

    if (embed_call_raw(call))
        return;
    wire_text(&w, "[");
    for (size_t i = 0; i < call->job.n; i++) {
        if (i > 0)
            wire_text(&w, ",");
        wire_floats(&w, embed_call_vector(call, i), call->n_out);
    }
    wire_text(&w, "]");
    http_reply_wire(call->request, 200, &w);
}

/* Vectors here have length 1: what was asked for otherwise can't be given. */
static bool is_normal(embed_call *call)
{
    bool normalize = true;

    if (!embed_call_bool(call, "normalize", true, &normalize))
        return false;
    if (!normalize)
        http_invalid(call->request, "literal_error", "normalize", json_false(),
                     "must be true: vectors have length 1 here");
    return normalize;
}

void api_tei_embed(http_request *request)
{
    embed_call *call = embed_call_new(request);

    if (call && embed_call_model(call, "model") && embed_call_texts(call, "inputs") &&
        read_options(call) && embed_call_dimensions(call) && is_normal(call))
        embed_call_start(call, render_embed);
}

/* -- /embed_all: on a thread of the pool -- */

/* The rows of one text; false after an answer. */
static bool write_rows(embed_call *call, wire *w, size_t i, float *rows, size_t *n_left_io)
{
    tandem_text_note *note = &call->job.notes[i];
    tandem_error error;
    size_t n = *n_left_io;
    tandem_code code = tandem_embedder_rows(call->sv->embedders[call->job.lane], call->texts[i],
                                            call->job.role, rows, &n, &note->truncated, &error);

    if (code == TANDEM_E_TOO_LARGE)
        http_fail(call->request, 413, "more than %d tokens in one request", (int)ROWS_MAX);
    else if (code != TANDEM_OK)
        http_fail_error(call->request, &error);
    if (code != TANDEM_OK)
        return false;
    *n_left_io -= n;
    note->n_tokens = (uint32_t)n;
    wire_text(w, i > 0 ? ",[" : "[");
    for (size_t k = 0; k < n; k++) {
        if (k > 0)
            wire_text(w, ",");
        wire_floats(w, rows + k * call->dim, call->dim);
    }
    wire_text(w, "]");
    return true;
}

static bool write_all_rows(embed_call *call, wire *w)
{
    size_t n_left = ROWS_MAX;
    float *rows = malloc(n_left * call->dim * sizeof(*rows));
    bool ok = rows != NULL;

    if (!ok)
        http_fail(call->request, 503, "out of memory");
    wire_text(w, "[");
    for (size_t i = 0; ok && i < call->job.n; i++) {
        ok = !http_gone(call->request);
        if (ok)
            ok = write_rows(call, w, i, rows, &n_left);
        else
            http_fail(call->request, tandem_code_http(TANDEM_E_CANCELLED), "the client has gone");
    }
    wire_text(w, "]");
    free(rows);
    return ok && embed_call_told(call);
}

void api_tei_embed_all(http_request *request)
{
    embed_call *call = embed_call_new(request);
    wire w = {.ptr = NULL};

    if (!call || !embed_call_model(call, "model") || !embed_call_texts(call, "inputs") ||
        !read_options(call))
        return;
    if (write_all_rows(call, &w))
        http_reply_wire(request, 200, &w);
    else
        wire_clear(&w);
}

/* -- /similarity -- */

static void render_similarity(embed_call *call)
{
    const float *first = embed_call_vector(call, 0);
    wire w = {.ptr = NULL};
    size_t n = call->job.n - 1;
    float *products = malloc(n * sizeof(*products));

    if (!products) {
        http_fail(call->request, 503, "out of memory");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const float *other = embed_call_vector(call, i + 1);
        double sum = 0;
        for (size_t k = 0; k < call->dim; k++)
            sum += (double)first[k] * (double)other[k];
        products[i] = (float)sum;
    }
    wire_floats(&w, products, n);
    free(products);
    http_reply_wire(call->request, 200, &w);
}

/* {"source_sentence", "sentences"} as one list of texts, the source first. */
static bool flatten_similarity(embed_call *call)
{
    json_t *inputs = json_object_get(call->body, "inputs");
    json_t *source = json_object_get(inputs, "source_sentence");
    json_t *others = json_object_get(inputs, "sentences");
    json_t *parameters = json_object_get(call->body, "parameters");

    if (!json_is_string(source) || !json_is_array(others)) {
        http_invalid(call->request, "missing", "inputs", inputs,
                     "must have source_sentence, a string, and sentences, a list");
        return false;
    }
    if (json_array_size(others) == 0) {
        http_fail(call->request, 400, "`inputs.sentences` cannot be empty");
        return false;
    }
    if (parameters && !json_is_null(parameters) && !json_is_object(parameters)) {
        http_invalid(call->request, "dict_type", "parameters", parameters, "must be an object");
        return false;
    }
    for (size_t i = 0; i < json_array_size(others); i++) {
        if (!json_is_string(json_array_get(others, i))) {
            http_invalid(call->request, "string_type", "inputs", others,
                         "sentences must be strings");
            return false;
        }
    }
    json_t *all = json_pack("[O]", source);
    if (json_array_extend(all, others) || json_object_set_new(call->body, "inputs", all) ||
        (parameters && !json_is_null(parameters) &&
         json_object_update_missing(call->body, parameters))) {
        http_fail(call->request, 503, "out of memory");
        return false;
    }
    return true;
}

void api_tei_similarity(http_request *request)
{
    embed_call *call = embed_call_new(request);

    if (call && flatten_similarity(call) && embed_call_model(call, "model") &&
        embed_call_texts(call, "inputs") && read_options(call))
        embed_call_start(call, render_similarity);
}

/* -- /tokenize and /decode: on a thread of the pool -- */

static void write_token(wire *w, tandem_embedder *embedder, uint32_t id)
{
    tandem_str token = tandem_embedder_token(embedder, id);

    if (!token.ptr)
        token = text_of("");
    wire_format(w, "{\"id\":%u,\"text\":", id);
    wire_string(w, token);
    wire_format(w, ",\"special\":%s,\"start\":null,\"stop\":null}",
                decode_is_special(token) ? "true" : "false");
}

/* One text's list; false after an answer. */
static bool write_tokens(embed_call *call, wire *w, size_t i, bool special)
{
    tandem_embedder *embedder = call->sv->embedders[call->job.lane];
    uint32_t *ids = malloc(call->sv->infos[call->job.lane].tokens_max * sizeof(*ids));
    tandem_error error = {.code = TANDEM_E_NOMEM};
    size_t n = 0, n_written = 0;
    bool truncated = false;

    if (!ids || tandem_embedder_tokenize(embedder, call->texts[i], call->job.role, ids, &n,
                                         &truncated, &error) != TANDEM_OK) {
        free(ids);
        http_fail_error(call->request, &error);
        return false;
    }
    wire_text(w, i > 0 ? ",[" : "[");
    for (size_t k = 0; k < n; k++) {
        if (!special && decode_is_special(tandem_embedder_token(embedder, ids[k])))
            continue;
        if (n_written++ > 0)
            wire_text(w, ",");
        write_token(w, embedder, ids[k]);
    }
    wire_text(w, "]");
    free(ids);
    return true;
}

void api_tei_tokenize(http_request *request)
{
    embed_call *call = embed_call_new(request);
    wire w = {.ptr = NULL};
    bool special = true;

    if (!call || !embed_call_model(call, "model") || !embed_call_texts(call, "inputs") ||
        !embed_call_role(call, "prompt_name") || !read_direction(call) ||
        !embed_call_bool(call, "add_special_tokens", true, &special))
        return;
    wire_text(&w, "[");
    for (size_t i = 0; i < call->job.n; i++) {
        if (!write_tokens(call, &w, i, special)) {
            wire_clear(&w);
            return;
        }
    }
    wire_text(&w, "]");
    http_reply_wire(request, 200, &w);
}

static char *decode_list(const embed_call *call, json_t *ids, bool skip)
{
    size_t n = json_array_size(ids);
    uint32_t *list = n ? malloc(n * sizeof(*list)) : NULL;
    bool ok = list != NULL;

    for (size_t k = 0; ok && k < n; k++) {
        json_int_t id = json_integer_value(json_array_get(ids, k));
        ok = json_is_integer(json_array_get(ids, k)) && id >= 0 && id <= UINT32_MAX;
        list[k] = (uint32_t)id;
    }
    char *text = ok ? decode_ids(call->sv->embedders[call->job.lane], list, n, skip) : NULL;
    free(list);
    return text;
}

void api_tei_decode(http_request *request)
{
    embed_call *call = embed_call_new(request);
    wire w = {.ptr = NULL};
    bool skip = true;

    if (!call || !embed_call_model(call, "model") ||
        !embed_call_bool(call, "skip_special_tokens", true, &skip))
        return;
    json_t *ids = json_object_get(call->body, "ids");
    bool one = json_is_integer(json_array_get(ids, 0));
    size_t n = one ? 1 : json_array_size(ids);
    wire_text(&w, "[");
    for (size_t i = 0; i < n; i++) {
        char *text = decode_list(call, one ? ids : json_array_get(ids, i), skip);
        if (!text) {
            n = 0;
            break;
        }
        if (i > 0)
            wire_text(&w, ",");
        wire_string(&w, text_of(text));
        free(text);
    }
    wire_text(&w, "]");
    if (n > 0 && n <= TEXTS_MAX) {
        http_reply_wire(request, 200, &w);
        return;
    }
    wire_clear(&w);
    http_invalid(request, "list_type", "ids", ids,
                 "must be a list of ids of the model's vocabulary, or up to %d such lists",
                 (int)TEXTS_MAX);
}

/* -- /info and /health -- */

void api_tei_info(http_request *request)
{
    const serve *sv = request->app;
    tandem_lane lane = TANDEM_LANE_GTE;

    serve_find_model(sv, request, NULL, &lane);
    const tandem_model_info *info = &sv->infos[lane];
    json_t *models = json_object();
    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_object_set_new(models, tandem_lane_name((tandem_lane)l),
                            json_pack("{s:s,s:i,s:i}", "model_id", sv->infos[l].id, "dim",
                                      (int)sv->infos[l].dim, "max_input_length",
                                      (int)sv->infos[l].tokens_max));
    http_reply_json(
        request, 200,
        json_pack("{s:s,s:s,s:s,s:{s:{}},s:i,s:i,s:i,s:n,s:i,s:b,s:i,s:s,s:n,s:n,s:i,s:o}",
                  "model_id", info->id, "model_sha", info->revision, "model_dtype", info->precision,
                  "model_type", "embedding", "max_concurrent_requests", (int)sv->s->queue,
                  "max_input_length", (int)info->tokens_max, "max_batch_tokens", 2048,
                  "max_batch_requests", "max_client_batch_size", TEXTS_MAX, "auto_truncate",
                  !(sv->s->truncate && strcmp(sv->s->truncate, "error") == 0),
                  "tokenization_workers", 2, "version", tandem_version(), "sha", "docker_label",
                  "dim", (int)info->dim, "models", models));
}

void api_tei_health(http_request *request)
{
    http_reply_text(request, 200, "application/json", "{\"status\":\"ok\"}");
}
