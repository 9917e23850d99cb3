/* OpenAI's /v1/embeddings and /v1/models, and Ollama's /api/embed and /api/tags. */
#include "serve/embed_call.h"

#include <string.h>

/* -- OpenAI -- */

static bool read_encoding(embed_call *call)
{
    json_t *format = json_object_get(call->body, "encoding_format");
    const char *name = json_string_value(format);

    if (!format || json_is_null(format) || (name && strcmp(name, "float") == 0))
        return true;
    call->base64 = name && strcmp(name, "base64") == 0;
    if (!call->base64)
        http_invalid(call->request, "enum", "encoding_format", format, "must be float or base64");
    return call->base64;
}

static void render_openai(embed_call *call)
{
    wire w = {.ptr = NULL};
    size_t n_tokens = embed_call_tokens(call);

    if (embed_call_raw(call))
        return;
    wire_text(&w, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < call->job.n; i++) {
        wire_format(&w, "%s{\"object\":\"embedding\",\"index\":%zu,", i > 0 ? "," : "", i);
        if (call->job.notes[i].truncated)
            wire_text(&w, "\"truncated\":true,");
        wire_text(&w, "\"embedding\":");
        if (call->base64)
            wire_base64(&w, embed_call_vector(call, i), call->n_out);
        else
            wire_floats(&w, embed_call_vector(call, i), call->n_out);
        wire_text(&w, "}");
    }
    wire_text(&w, "],\"model\":");
    wire_string(&w, text_of(call->sv->infos[call->job.lane].id));
    wire_format(&w, ",\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu}}", n_tokens, n_tokens);
    http_reply_wire(call->request, 200, &w);
}

void api_openai_embeddings(http_request *request)
{
    embed_call *call = embed_call_new(request);

    if (call && embed_call_model(call, "model") && embed_call_texts(call, "input") &&
        embed_call_options(call, "input_type") && embed_call_dimensions(call) &&
        read_encoding(call))
        embed_call_start(call, render_openai);
}

static json_t *model_json(const serve *sv, const char *name, tandem_lane lane)
{
    const tandem_model_info *info = &sv->infos[lane];

    return json_pack("{s:s,s:s,s:I,s:s,s:s,s:i,s:i}", "id", name, "object", "model", "created",
                     (json_int_t)sv->begun, "owned_by", "tandem", "root", info->id, "dimensions",
                     (int)info->dim, "max_model_len", (int)info->tokens_max);
}

void api_openai_models(http_request *request)
{
    const serve *sv = request->app;
    json_t *list = json_array();

    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_array_append_new(list,
                              model_json(sv, tandem_lane_name((tandem_lane)l), (tandem_lane)l));
    for (int l = 0; l < TANDEM_N_LANES; l++)
        if (l == 0 || strcmp(sv->infos[0].id, sv->infos[l].id) != 0)
            json_array_append_new(list, model_json(sv, sv->infos[l].id, (tandem_lane)l));
    http_reply_json(request, 200, json_pack("{s:s,s:o}", "object", "list", "data", list));
}

void api_openai_model(http_request *request)
{
    const serve *sv = request->app;
    tandem_lane lane;
    char here[256];

    if (serve_find_model(sv, request, request->segment, &lane)) {
        http_reply_json(request, 200, model_json(sv, request->segment, lane));
        return;
    }
    serve_list_models(sv, here, sizeof(here));
    http_fail(request, 404, "model \"%.100s\" is not here; there is %s", request->segment, here);
}

/* -- Ollama -- */

static void render_ollama(embed_call *call)
{
    wire w = {.ptr = NULL};

    if (embed_call_raw(call))
        return;
    wire_text(&w, "{\"model\":");
    wire_string(&w, text_of(call->sv->infos[call->job.lane].id));
    wire_text(&w, ",\"embeddings\":[");
    for (size_t i = 0; i < call->job.n; i++) {
        if (i > 0)
            wire_text(&w, ",");
        wire_floats(&w, embed_call_vector(call, i), call->n_out);
    }
    wire_format(&w, "],\"prompt_eval_count\":%zu}", embed_call_tokens(call));
    http_reply_wire(call->request, 200, &w);
}

void api_ollama_embed(http_request *request)
{
    embed_call *call = embed_call_new(request);

    if (call && embed_call_model(call, "model") && embed_call_texts(call, "input") &&
        embed_call_options(call, "input_type") && embed_call_dimensions(call))
        embed_call_start(call, render_ollama);
}

void api_ollama_tags(http_request *request)
{
    const serve *sv = request->app;
    json_t *list = json_array();

    for (int l = 0; l < TANDEM_N_LANES; l++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:{s:s}}", "name",
                                              tandem_lane_name((tandem_lane)l), "model",
                                              sv->infos[l].id, "digest", sv->infos[l].revision,
                                              "details", "family", sv->infos[l].architecture));
    http_reply_json(request, 200, json_pack("{s:o}", "models", list));
}
