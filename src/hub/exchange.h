/* hub/exchange.h - one question to a hub, hop after hop, and what its answers say.
 *
 * Inside hub only: remote.c asks and asks again, exchange.c follows and reads.
 * Threads:  the owner of the td_hub_remote
 */
#ifndef TD_HUB_EXCHANGE_H
#define TD_HUB_EXCHANGE_H

#include "hub/remote.h"
#include "net/net.h"

enum {
    TD_HUB_STEP_MS = 100,
    TD_HUB_URL_BYTES_MAX = 8192,
};

typedef struct td_hub_exchange td_hub_exchange;

/* One question, over all its hops. It lives in the remote, so that a request which a cancel leaves
 * under way still has it when it is closed. */
struct td_hub_exchange {
    td_hub_remote *remote;
    td_buf url;           /* of the present hop */
    td_buf body;          /* of a question without sink */
    bool is_head, is_own; /* own: the present hop is at the endpoint's origin */
    bool ended;
    int status;
    tandem_error error; /* of the network */
    td_buf location;
    int64_t retry_after_ms; /* < 0: none */
    char reason[32];        /* X-Error-Code */
    /* what the endpoint says of the file; "" and UINT64_MAX: nothing */
    char hash[TD_HUB_HASH_BYTES_MAX + 1], commit[TD_HUB_HASH_BYTES_MAX + 1];
    uint64_t n_bytes;
    /* for the sink */
    const td_hub_file *file;
    const char *of; /* commit that `file` is of */
    uint64_t at;
    bool began;
    td_hub_sink sink;
    void *user;
    tandem_error sunk; /* why the body was left */
};

struct td_hub_remote {
    td_hub_remote_options options;
    td_net *net;
    td_buf endpoint; /* normal form, no slash at its end */
    td_net_url parts;
    bool is_loopback_http; /* so http is good enough for redirects too */
    bool has_answered;
    td_hub_exchange x;
};

/* Follows x->url to the end of one try. A HEAD ends where all is told, and needs not leave the
 * endpoint. Errors: E_DENIED for a redirect that is not followed, E_FORMAT for an answer that lies,
 * E_CANCELLED, the sink's, the network's. What the status means is the caller's to say. */
tandem_code td_hub_exchange_run(td_hub_exchange *x, tandem_error *err);

/* Whether the last answer was a redirect. */
static inline bool td_hub_exchange_is_redirect(const td_hub_exchange *x)
{
    return x->location.n > 0;
}

/* What the headers told must fit what is known of the file. Errors: E_FORMAT, E_CONFLICT. */
tandem_code td_hub_exchange_check(const td_hub_exchange *x, const td_hub_file *file,
                                  tandem_error *err);

/* Tells the caller of the pull that time goes by. Errors: E_CANCELLED. */
tandem_code td_hub_exchange_tick(td_hub_remote *remote, const char *reason, tandem_error *err);

#endif
