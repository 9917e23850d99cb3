/* What handlers say: bytes, or an error in the words that each API's clients know. */
#include "serve/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void http_add_header(http_request *request, const char *name, const char *format, ...)
{
    va_list arguments;

    if (request->n_headers == HTTP_HEADERS_MAX)
        return;
    request->headers[request->n_headers].name = name;
    va_start(arguments, format);
    vsnprintf(request->headers[request->n_headers].value, sizeof(request->headers[0].value), format,
              arguments);
    va_end(arguments);
    request->n_headers++;
}

void http_reply(http_request *request, int status, const char *type, char *bytes, size_t n)
{
    if (!bytes) {
        http_fail(request, 503, "out of memory");
        return;
    }
    free(request->reply);
    request->status = status;
    request->content_type = type;
    request->reply = bytes;
    request->n_reply = n;
}

void http_reply_text(http_request *request, int status, const char *type, const char *text)
{
    http_reply(request, status, type, strdup(text), strlen(text));
}

void http_reply_wire(http_request *request, int status, wire *w)
{
    if (w->failed) {
        wire_clear(w);
        http_reply(request, status, NULL, NULL, 0);
        return;
    }
    http_reply(request, status, "application/json", w->ptr, w->n);
    *w = (wire){.ptr = NULL};
}

void http_reply_json(http_request *request, int status, json_t *value)
{
    wire w = {.ptr = NULL};

    wire_json(&w, value);
    http_reply_wire(request, status, &w);
}

/* -- errors -- */

static const char *tei_type(int status)
{
    switch (status) {
    case 400:
        return "Empty";
    case 413:
        return "Validation";
    case 429:
        return "Overloaded";
    case 503:
        return "Unhealthy";
    default:
        return status >= 500 ? "Backend" : "Tokenizer";
    }
}

static const char *openai_code(int status)
{
    switch (status) {
    case 401:
        return "\"invalid_api_key\"";
    case 404:
        return "\"model_not_found\"";
    case 429:
        return "\"rate_limit_exceeded\"";
    default:
        return "null";
    }
}

static const char *openai_type(int status)
{
    return status == 429  ? "rate_limit_error"
           : status < 500 ? "invalid_request_error"
                          : "server_error";
}

static void write_error(wire *w, http_family family, int status, const char *field, tandem_str text)
{
    switch (family) {
    case HTTP_RUNNER:
        wire_text(w, "{\"detail\":");
        wire_string(w, text);
        break;
    case HTTP_TEI:
        wire_text(w, "{\"error\":");
        wire_string(w, text);
        wire_format(w, ",\"error_type\":\"%s\"", tei_type(status));
        break;
    case HTTP_OLLAMA:
        wire_text(w, "{\"error\":");
        wire_string(w, text);
        break;
    case HTTP_OPENAI:
        wire_text(w, "{\"error\":{\"message\":");
        wire_string(w, text);
        wire_format(w, ",\"type\":\"%s\",\"param\":", openai_type(status));
        if (field)
            wire_string(w, text_of(field));
        else
            wire_text(w, "null");
        wire_format(w, ",\"code\":%s}", openai_code(status));
        break;
    case HTTP_MCP:
        wire_format(w, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,\"message\":",
                    status == 400 ? -32700 : -32000);
        wire_string(w, text);
        wire_text(w, "}");
        break;
    }
    wire_text(w, "}");
}

static void fail(http_request *request, int status, const char *field, const char *message)
{
    static const char no_memory[] = "{\"detail\":\"out of memory\"}";
    wire w = {.ptr = NULL};

    write_error(&w, request->family, status, field, text_of(message));
    free(request->reply);
    request->reply = w.failed ? strdup(no_memory) : w.ptr;
    request->n_reply = w.failed ? sizeof(no_memory) - 1 : w.n;
    if (w.failed)
        free(w.ptr);
    if (!request->reply)
        request->n_reply = 0;
    request->status = status;
    request->content_type = "application/json";
    snprintf(request->note, sizeof(request->note), "%.63s", message);
}

void http_fail(http_request *request, int status, const char *format, ...)
{
    char message[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    fail(request, status, NULL, message);
}

void http_fail_error(http_request *request, const tandem_error *error)
{
    const char *message = error->message[0] ? error->message : tandem_code_text(error->code);
    int status = tandem_code_http(error->code);

    if (error->context[0])
        http_fail(request, status, "%s: %s", error->context, message);
    else
        fail(request, status, NULL, message);
}

/* As pydantic says it: [{"type", "loc": ["body", FIELD], "msg", "input"}]. */
static void fail_runner(http_request *request, const char *type, const char *field,
                        const char *message, json_t *input)
{
    json_t *where = json_pack("[s]", field && strncmp(field, "?", 1) == 0 ? "query" : "body");

    if (field)
        json_array_append_new(where, json_string(field[0] == '?' ? field + 1 : field));
    json_t *one = json_pack("{s:s,s:o,s:s,s:o}", "type", type, "loc", where, "msg", message,
                            "input", input ? json_incref(input) : json_null());
    http_reply_json(request, 422, json_pack("{s:[o]}", "detail", one));
    snprintf(request->note, sizeof(request->note), "%.20s: %.40s", field ? field : "body", message);
}

void http_invalid(http_request *request, const char *type, const char *field, json_t *input,
                  const char *format, ...)
{
    char message[400], whole[480];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    snprintf(whole, sizeof(whole), "%s%s%s", field ? field : "", field ? ": " : "", message);
    if (request->family == HTTP_RUNNER)
        fail_runner(request, type, field, message, input);
    else
        fail(request, request->family == HTTP_TEI && field ? 422 : 400, field, whole);
}

json_t *http_body_json(http_request *request)
{
    char message[JSON_ERROR_BYTES];
    json_t *body = json_read(request->body, request->n_body, message);

    if (!body)
        http_invalid(request, "json_invalid", NULL, NULL, "%s", message);
    else if (!json_is_object(body))
        http_invalid(request, "model_attributes_type", NULL, body, "an object is expected");
    else
        return body;
    json_decref(body);
    return NULL;
}
