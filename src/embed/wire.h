/* embed/wire.h - the JSON that servers of embeddings are asked with, and answer with.
 *
 * An answer is believed only when it has a vector for each text, in order, each of the one width,
 * finite and not zero; it comes out with vectors of length 1.
 * Threads:  pure functions
 * Source:   OpenAPI of text-embeddings-inference 1.9; OpenAI's API reference, "Embeddings";
 *           Ollama's docs/api.md, "Generate Embeddings"
 */
#ifndef TD_EMBED_WIRE_H
#define TD_EMBED_WIRE_H

#include "base/buf.h"

enum {
    TD_WIRE_DIM_MAX = 16384,
    TD_WIRE_NAME_N = 192, /* of a model's name or revision, with its NUL */
};

/* In: n, dim, vectors. Out: all but n. */
typedef struct td_wire_answer {
    size_t n;                   /* texts that were asked */
    size_t dim;                 /* 0: it is what the first vector has, at most TD_WIRE_DIM_MAX */
    float *vectors;             /* [n, dim] or, where dim is 0, [n, TD_WIRE_DIM_MAX]; caller's */
    size_t n_tokens;            /* of all texts; 0: not told */
    char model[TD_WIRE_NAME_N]; /* that answered; empty: not told */
} td_wire_answer;

/* What a server says of itself. */
typedef struct td_wire_about {
    char model[TD_WIRE_NAME_N];
    char revision[TD_WIRE_NAME_N]; /* empty: not told */
    size_t items_max, tokens_max;  /* of one request, of one text; 0: not told */
} td_wire_about;

/* `prompt` and `text` as one JSON string, quotes included. Both are valid UTF-8. */
tandem_code td_embed_wire_add_text(td_buf *out, td_str prompt, td_str text, tandem_error *err);
/* The bytes that td_embed_wire_add_text would add. */
size_t td_embed_wire_text_bytes(td_str prompt, td_str text);
/* "[text, text, ...]" */
tandem_code td_embed_wire_add_texts(td_buf *out, td_str prompt, const td_str *texts, size_t n,
                                    tandem_error *err);

/* {"model": model, "input": texts, and what stands in `rest`: ",\"truncate\":true}". */
tandem_code td_embed_wire_add_request(td_buf *out, const char *model, td_str prompt,
                                      const td_str *texts, size_t n, const char *rest,
                                      tandem_error *err);

/* [[...], ...] or {"embeddings": [[...], ...], "model": ..., "prompt_eval_count": ...}.
 * On failure the vectors may hold anything. Errors: E_FORMAT, which names the vector and what is
 * wrong with it; E_NOMEM. Memory: about 60 bytes a value that was asked for. */
tandem_code td_embed_wire_rows(td_str body, td_wire_answer *answer, tandem_error *err);

/* {"data": [{"index": 0, "embedding": [...] or base64}, ...], "model": ..., "usage": ...}. */
tandem_code td_embed_wire_objects(td_str body, td_wire_answer *answer, tandem_error *err);

/* GET /info of TEI. E_FORMAT for what is none. */
tandem_code td_embed_wire_info(td_str body, td_wire_about *about, tandem_error *err);

/* A list of models, {"data": [{"id": ...}]} or {"models": [{"name": ..., "digest": ...}]}: the one
 * that is `wanted`, or the only one. E_NOT_FOUND names those there are. */
tandem_code td_embed_wire_models(td_str body, const char *wanted, td_wire_about *about,
                                 tandem_error *err);

/* Whether it is {"version": "..."}, as Ollama's GET /api/version. */
bool td_embed_wire_is_version(td_str body);

/* What an error's body says in one line, at most `out_bytes`: "" if it says nothing. */
void td_embed_wire_complaint(td_str body, char *out, size_t out_bytes);

#endif
