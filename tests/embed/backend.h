/* tests/embed/backend.h - a server of embeddings on loopback, in any of the three forms.
 *
 * Vectors are made of the text and the model's name. A test's `fault` sees each request for vectors
 * (the probe's too) and may answer it itself.
 */
#ifndef TESTS_EMBED_BACKEND_H
#define TESTS_EMBED_BACKEND_H

#include "base/hash.h"
#include "net/server.h"

#include <jansson.h>

#include <math.h>
#include <stdatomic.h>

enum {
    BACKEND_DIM = 32,
    BACKEND_BODY_BYTES = 4 << 20,
};

typedef struct backend backend;

/* True: it has answered; false: the backend answers as it should. */
typedef bool (*backend_fault)(backend *b, server_request *request, json_t *texts, int n);

struct backend {
    const char *form;     /* "tei", "openai", "ollama" */
    const char *model;    /* read by the server's threads: set it while nothing is asked */
    const char *revision; /* NULL: not told */
    const char *served;   /* whose vectors are given; NULL: those of `model` */
    size_t items_max;     /* told by /info */
    bool is_silent;       /* tells nothing of itself */
    backend_fault fault;
    atomic_int n_asked, n_texts_most, n_about;
    server *server;
    char url[2200];
};

static inline void backend_vector(const char *model, td_str text, float out[BACKEND_DIM])
{
    const td_str parts[2] = {td_str_from(model), text};
    td_hash hash = td_hash_of_parts(parts, 2);
    uint64_t seed;
    double sum = 0;

    memcpy(&seed, hash.bytes, sizeof(seed));
    for (size_t d = 0; d < BACKEND_DIM; d++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[d] = (float)((double)(int32_t)(seed >> 32) / 2147483648.0);
        sum += (double)out[d] * (double)out[d];
    }
    for (size_t d = 0; d < BACKEND_DIM; d++)
        out[d] = (float)((double)out[d] / sqrt(sum));
}

static inline bool backend_send(server_request *request, int status, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    bool keep = server_send(request, status, "Content-Type: application/json\r\n", text);
    free(text);
    json_decref(body);
    return keep;
}

static inline json_t *backend_rows(const backend *b, json_t *texts, bool objects)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *text = json_array_get(texts, i);
        float vector[BACKEND_DIM];
        json_t *row = json_array();
        backend_vector(b->served ? b->served : b->model,
                       (td_str){json_string_value(text), json_string_length(text)}, vector);
        for (size_t d = 0; d < BACKEND_DIM; d++)
            json_array_append_new(row, json_real((double)vector[d]));
        if (objects)
            row = json_pack("{s:i,s:o}", "index", (int)i, "embedding", row);
        json_array_append_new(rows, row);
    }
    return rows;
}

static inline json_t *backend_answer(const backend *b, json_t *texts)
{
    if (strcmp(b->form, "tei") == 0)
        return backend_rows(b, texts, false);
    if (strcmp(b->form, "ollama") == 0)
        return json_pack("{s:s,s:o,s:i}", "model", b->model, "embeddings",
                         backend_rows(b, texts, false), "prompt_eval_count",
                         (int)json_array_size(texts) * 5);
    return json_pack("{s:s,s:o,s:{s:i}}", "model", b->model, "data", backend_rows(b, texts, true),
                     "usage", "prompt_tokens", (int)json_array_size(texts) * 5);
}

static inline bool backend_about(backend *b, server_request *request)
{
    bool tei = strcmp(b->form, "tei") == 0, ollama = strcmp(b->form, "ollama") == 0;

    if (b->is_silent)
        return server_send(request, 404, "", "");
    if (tei && strcmp(request->path, "/info") == 0)
        return backend_send(request, 200,
                            json_pack("{s:s,s:s?,s:i,s:i}", "model_id", b->model, "model_sha",
                                      b->revision, "max_client_batch_size", (int)b->items_max,
                                      "max_input_length", 512));
    if (ollama && strcmp(request->path, "/api/version") == 0)
        return backend_send(request, 200, json_pack("{s:s}", "version", "0.13.1"));
    if (ollama && strcmp(request->path, "/api/tags") == 0)
        return backend_send(request, 200,
                            json_pack("{s:[{s:s,s:s?}]}", "models", "name", b->model, "digest",
                                      b->revision));
    if (!tei && !ollama && strcmp(request->path, "/v1/models") == 0)
        return backend_send(request, 200, json_pack("{s:[{s:s}]}", "data", "id", b->model));
    return server_send(request, 404, "", "");
}

static inline bool backend_handle(void *user, server_request *request)
{
    backend *b = user;
    json_error_t why;

    if (strncmp(request->text, "GET", 3) == 0) {
        atomic_fetch_add(&b->n_about, 1);
        return backend_about(b, request);
    }
    char *body = malloc(BACKEND_BODY_BYTES);
    size_t n = server_body(request, body, BACKEND_BODY_BYTES);
    json_t *root = json_loadb(body, n, 0, &why);
    json_t *texts = json_object_get(root, strcmp(b->form, "tei") == 0 ? "inputs" : "input");
    free(body);
    if (!json_is_array(texts)) {
        json_decref(root);
        return server_send(request, 400, "", "{\"error\":\"no texts\"}");
    }
    if ((int)json_array_size(texts) > atomic_load(&b->n_texts_most))
        atomic_store(&b->n_texts_most, (int)json_array_size(texts));
    int number = atomic_fetch_add(&b->n_asked, 1) + 1;
    bool keep = true;
    if (!b->fault || !b->fault(b, request, texts, number))
        keep = backend_send(request, 200, backend_answer(b, texts));
    json_decref(root);
    return keep;
}

static inline void backend_start(backend *b, const char *form, const char *model)
{
    *b = (backend){.form = form, .model = model, .revision = "r1", .items_max = 32};
    b->server = server_start(backend_handle, b);
    server_url(b->server, "", b->url);
}

static inline void backend_stop(backend *b)
{
    if (b->server)
        server_stop(b->server);
    b->server = NULL;
}

#endif
