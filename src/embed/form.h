/* embed/form.h - the ways in which servers are asked for vectors: paths, limits, bodies.
 *
 * In:       texts, and what a server answered
 * Out:      the request's body; vectors in the texts' order
 * Threads:  pure functions over constant tables
 */
#ifndef TD_EMBED_FORM_H
#define TD_EMBED_FORM_H

#include "embed/wire.h"

typedef struct td_form {
    const char *name;  /* "tei" */
    const char *embed; /* path below the base URL */
    const char *about; /* path that tells of the model */
    size_t items_max;  /* of one request, where the server does not tell */
    size_t bytes_max;  /* of one request's body */
    bool
        is_asked_again; /* `about` tells which model answers, so it is asked after each batch; where
                            it does not, the answers name their model */
    tandem_code (*write)(td_buf *out, const char *model, td_str prompt, const td_str *texts,
                         size_t n, tandem_error *err);
    tandem_code (*read)(td_str body, td_wire_answer *answer, tandem_error *err);
    /* `wanted`: the name of the model, or NULL for the one that there is. */
    tandem_code (*tell)(td_str body, const char *wanted, td_wire_about *about, tandem_error *err);
} td_form;

extern const td_form td_embed_form_tei, td_embed_form_openai, td_embed_form_ollama;

/* "tei", "openai" or "ollama"; NULL for any other name. */
const td_form *td_embed_form_named(const char *name);

/* Takes a URL as people write it apart: "http://a:8080/", "http://a/v1/embeddings",
 * "http://a:11434/api/embed". Appends the base that a form's paths follow; *form_out is the form
 * that the path names, or NULL. Errors: E_INVALID as td_net_url_normal, and for a URL with a
 * query. */
tandem_code td_embed_form_base(td_str url, td_buf *base_out, const td_form **form_out,
                               tandem_error *err);

/* A path of the form below the base. An OpenAI base that has a path of its own (".../v1") is
 * followed by what comes after "/v1" alone. */
tandem_code td_embed_form_url(const td_form *form, td_str base, const char *path, td_buf *out,
                              tandem_error *err);

#endif
