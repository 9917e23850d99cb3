/* hub/remote.h - questions to a hub: what a model consists of, and the bytes of its files.
 *
 * Redirects are followed here, hop after hop: only to https, or to http where the endpoint itself
 * is http on loopback. The token goes to the endpoint's own scheme, host and port alone.
 * What fails for a moment (429, 5xx, a connection that breaks) is tried again, as often and as late
 * as Retry-After and the limits here say; a file goes on from the byte where it was cut.
 * Threads:  one owner
 * Source:   huggingface_hub 2.4.0, file_download.py (headers), hf_raise_for_status (X-Error-Code)
 */
#ifndef TD_HUB_REMOTE_H
#define TD_HUB_REMOTE_H

#include "base/buf.h"
#include "hub/listing.h"

typedef struct td_hub_remote td_hub_remote;

/* Called several times a second while something is waited for; `reason`, when not NULL, is what
 * for. False ends it with E_CANCELLED. */
typedef bool (*td_hub_tick)(void *user, const char *reason);

typedef struct td_hub_remote_options {
    const char *endpoint; /* "https://huggingface.co" */
    const char *token;    /* NULL or "": none */
    bool allow_private;   /* private addresses beyond the endpoint's own */
    td_hub_tick tick;
    void *user;
} td_hub_remote_options;

/* Errors: E_INVALID for an endpoint that is no http(s) URL, E_DENIED for a token that would travel
 * over http beyond this machine; as td_net_open. */
tandem_code td_hub_remote_open(const td_hub_remote_options *options, td_hub_remote **remote_out,
                               tandem_error *err);
void td_hub_remote_close(td_hub_remote *remote);

/* The files of a model. Errors: E_DENIED (401, 403: says HF_TOKEN), E_NOT_FOUND, as
 * td_hub_listing_read, and the network's. */
tandem_code td_hub_remote_list(td_hub_remote *remote, const td_hub_name *name,
                               td_hub_listing *listing_out, tandem_error *err);

/* Asks for hash and length of a file where the listing did not tell them. Errors: E_FORMAT when
 * the hub does not tell them either. */
tandem_code td_hub_remote_look(td_hub_remote *remote, td_str id, const char *commit,
                               td_hub_file *file, tandem_error *err);

/* Where the bytes of a file go. `at` is the place of the first of them: past the ones before, or 0
 * when a server sends all of it again. */
typedef tandem_code (*td_hub_sink)(void *user, uint64_t at, td_str bytes, tandem_error *err);

/* The bytes of a file from `from` on. Errors: E_FORMAT for a length, a range or a hash other than
 * `file` has; the sink's; the network's, when it has failed too often without a byte between. */
tandem_code td_hub_remote_fetch(td_hub_remote *remote, td_str id, const char *commit,
                                const td_hub_file *file, uint64_t from, td_hub_sink sink,
                                void *user, tandem_error *err);

#endif
