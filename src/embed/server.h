/* embed/server.h - one server of a lane: met, asked, and asked again who it is.
 *
 * In:       texts
 * Out:      vectors that are known to be of the model that was met, or the reason why not
 * Threads:  any; facts are a plain value that the caller keeps
 */
#ifndef TD_EMBED_SERVER_H
#define TD_EMBED_SERVER_H

#include "embed/embed.h"
#include "embed/exchange.h"
#include "embed/form.h"

/* What is known of a server. All zeros: nothing. */
typedef struct td_server_facts {
    const td_form *form;
    bool is_telling;                 /* `about` is its own word */
    td_wire_about about;             /* model[0] '\0': it does not tell, and nobody named one */
    char answers_as[TD_WIRE_NAME_N]; /* the model that its answers name; empty: they do not */
    bool takes_gzip;                 /* in requests */
    /* As it was met: a call of td_embed_server_embed there and back, texts apart, and one with the
     * probe. */
    double call_seconds, text_seconds;
    td_embed_price price; /* n_texts 0: not told */
} td_server_facts;

typedef struct td_server_call {
    td_exchange *exchange;
    td_str base;        /* the server's URL without a form's path; ends in a NUL */
    const char *wanted; /* the model's name as the user gave it; NULL: whichever it has */
    int64_t until_us;   /* td_clock_us: the end of patience */
    bool is_thorough;   /* td_embed_server_meet alone: with a second call beside the probe's */
} td_server_call;

typedef struct td_server_batch {
    const td_str *texts;
    size_t n;
    td_str prompt;
    size_t dim;      /* 0: learn it; vectors then has room for TD_WIRE_DIM_MAX of one text */
    float *vectors;  /* [n, dim]; on failure it may hold anything */
    size_t n_tokens; /* out: of all; 0: not told */
    uint32_t retry_after_ms; /* out: what the server asked for; 0: nothing */
} td_server_batch;

/* Which form it speaks (unless facts->form is set), which model it has, what it makes of the probe:
 * probe [TD_WIRE_DIM_MAX], of which *dim_out are used. A thorough one sends the probe behind
 * another text, and that text alone beside it: so it is known what calls cost, and that vectors
 * come in the order of the texts. It blocks for both; of a server that takes no two texts, or
 * refuses them, or a second call, or serves one connection at a time, there is no price.
 * Errors: as td_embed_exchange_run and _judge; E_CONFLICT for another model than the wanted one,
 * E_NOT_FOUND for no such model or no known form, E_INVALID for a model that must be named,
 * E_FORMAT for an answer that is not to be believed, and for vectors in another order. */
tandem_code td_embed_server_meet(const td_server_call *call, td_server_facts *facts, float *probe,
                                 size_t *dim_out, uint32_t *retry_after_ms_out, tandem_error *err);

/* What two calls at the same time take there, with texts like the probe, of which the vectors
 * [dim] come to nothing. price_out->is_beside: they were. Blocks for both.
 * Errors: as for a batch. */
tandem_code td_embed_server_price(const td_server_call *call, const td_server_facts *facts,
                                  size_t dim, td_embed_price *price_out, tandem_error *err);

/* Vectors of a batch. They are believed once the server has been found to be the one that was met:
 * by what it tells of itself, or by what it makes of the probe [dim] if the connection is new and
 * it tells no revision. Errors: as above; E_DENIED for another model than was met. */
tandem_code td_embed_server_embed(const td_server_call *call, td_server_facts *facts,
                                  const float *probe, td_server_batch *batch, tandem_error *err);

#endif
