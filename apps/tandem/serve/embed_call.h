/* serve/embed_call.h - one request for vectors, whichever API it speaks.
 *
 * A handler makes a call, reads what its API says of model and texts, and starts it; `render` makes
 * the answer when the vectors are there. Each step that fails has answered.
 * Threads:  all on I/O threads
 */
#ifndef SERVE_EMBED_CALL_H
#define SERVE_EMBED_CALL_H

#include "serve/answer.h"
#include "serve/serve.h"

typedef struct embed_call embed_call;

struct embed_call {
    http_request *request;
    serve *sv;
    json_t *body;
    batch_job job;
    tandem_str *texts; /* [job.n], in body or owned */
    char **owned;      /* [job.n]: texts made from ids; NULL entries */
    size_t dim;        /* of the model */
    size_t n_out;      /* values of each vector that are wanted */
    bool one;          /* a single text, not a list */
    bool refuse_long;
    bool base64; /* OpenAI's encoding_format */
    void (*render)(embed_call *call);
};

/* Reads the body; NULL after an answer. Freed with the request. */
embed_call *embed_call_new(http_request *request);

/* Each is false after an answer. */
bool embed_call_model(embed_call *call, const char *field);
/* `field` is a text, a list of texts, a list of ids, or a list of lists of ids. */
bool embed_call_texts(embed_call *call, const char *field);
/* query or document. */
bool embed_call_role(embed_call *call, const char *field);
/* truncate, and the role by `role_field`. */
bool embed_call_options(embed_call *call, const char *role_field);
/* How many values of each vector are wanted. */
bool embed_call_dimensions(embed_call *call);
/* From the body, or `preset` if it is not there; false after an answer. */
bool embed_call_bool(embed_call *call, const char *field, bool preset, bool *out);

/* Whether texts that were cut may be; tells tokens and cuts in headers and log. False after an
 * answer. */
bool embed_call_told(embed_call *call);

/* Embeds, then calls `render` on an I/O thread. */
void embed_call_start(embed_call *call, void (*render)(embed_call *call));

/* Vector i, n_out values, of length 1. */
const float *embed_call_vector(const embed_call *call, size_t i);
size_t embed_call_tokens(const embed_call *call);
/* Answers with the rows as raw float32; whether the client asked for that. */
bool embed_call_raw(embed_call *call);

#endif
