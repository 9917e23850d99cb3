/* serve/answer.h - answers made of JSON, and refusals of what a body says. */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include "serve/http.h"
#include "serve/json.h"

/* Takes the bytes; the wire is empty then. */
void http_reply_wire(http_request *request, int status, wire *w);
/* Takes the reference. */
void http_reply_json(http_request *request, int status, json_t *value);

/* A field of the body (NULL: the body as a whole; "?name": an argument of the query) is not as it
 * should be. `type` is pydantic's name of the error, which the runner's clients get with `input`
 * (borrowed). */
void http_invalid(http_request *request, const char *type, const char *field, json_t *input,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The body as an object, new reference; NULL after an answer that says what is wrong. */
json_t *http_body_json(http_request *request);

#endif
