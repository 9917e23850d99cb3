/* embed/exchange.h - one question to a server and its answer, for callers that wait.
 *
 * A caller takes a client that is idle, with the connections that it holds open, and gives it back;
 * so there are as many as ever asked at the same time. A redirect is an answer, not followed: a key
 * goes to the servers that the user named and to no other.
 * Threads:  run from many threads at once; open and close from one
 */
#ifndef TD_EMBED_EXCHANGE_H
#define TD_EMBED_EXCHANGE_H

#include "base/buf.h"

typedef struct td_exchange td_exchange;

typedef struct td_exchange_options {
    const char *key;     /* sent as "Authorization: Bearer"; NULL: none */
    const char *ca_file; /* NULL: the system's */
} td_exchange_options;

typedef struct td_ask {
    td_str url;
    td_str post;   /* ptr NULL: a GET */
    bool gzip;     /* the server takes compressed requests */
    bool is_apart; /* by a connection that nobody has had */
    size_t answer_bytes_max;
    uint32_t timeout_ms; /* of the whole exchange */
} td_ask;

typedef struct td_told {
    int status;
    td_buf body;
    bool is_cut;             /* there is more than `body` */
    bool is_new_connection;  /* whoever answers may be another than the time before */
    bool takes_gzip;         /* of requests */
    uint32_t retry_after_ms; /* 0: not told */
    char location[200];      /* of a redirect; else empty */
} td_told;

/* Errors: E_INVALID for a key that cannot be one, E_NOMEM. */
tandem_code td_embed_exchange_open(const td_exchange_options *options, td_exchange **exchange_out,
                                   tandem_error *err);
/* Nobody may be asking. NULL is fine. */
void td_embed_exchange_close(td_exchange *exchange);

/* Any complete answer is a success, whatever its status; clear it with td_embed_exchange_clear.
 * Errors: E_NETWORK, E_TIMEOUT, E_NOT_FOUND (no such host), E_DENIED (certificate), E_FORMAT (no
 * HTTP, or a compressed answer that unpacks without end), E_NOMEM, E_INVALID (a URL). */
tandem_code td_embed_exchange_run(td_exchange *exchange, const td_ask *ask, td_told *told_out,
                                  tandem_error *err);
void td_embed_exchange_clear(td_told *told); /* an empty one is fine */

/* OK for 200; else what the status means to a schedule, with the server's own words: E_TOO_LARGE
 * (413) and E_INVALID (400, 422) ask for fewer texts, E_BUSY, E_TIMEOUT and E_UNAVAILABLE for
 * patience, E_DENIED and E_NOT_FOUND say that no call will do. A key that the server repeats is
 * left out. */
tandem_code td_embed_exchange_judge(const td_exchange *exchange, const td_told *told,
                                    tandem_error *err);

#endif
