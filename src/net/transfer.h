/* net/transfer.h - one request, from the caller's request to the caller's `done`, hop after hop.
 *
 * Inside net only: net.c owns the list and the multi handle, transfer.c what one request needs.
 * Threads:  the owner of the td_net
 *
 * States of a transfer, and what moves it on:
 *  1. waiting   in net->waiting, no easy handle             td_net_get
 *  2. running   in net->running, easy handle in the multi   start_waiting, and for each hop
 *  3. finished  `done` was called, freed                    td_net_transfer_finish
 */
#ifndef TD_NET_TRANSFER_H
#define TD_NET_TRANSFER_H

#include "net/net.h"

#include <curl/curl.h>

enum {
    TD_NET_REDIRECTS_MAX = 50,
    TD_NET_DENIED_N = 96,
};

typedef struct td_net_transfer td_net_transfer;

/* What the bodies of one td_net's transfers take together. */
typedef struct td_net_budget {
    size_t n, n_held, n_max;       /* bytes; n_max 0: no limit */
    const td_net_transfer *eldest; /* may pass it, so that one goes on whatever the others have */
} td_net_budget;

struct td_net_transfer {
    td_net_transfer *next;
    const td_net_options *options; /* of the td_net */
    CURL *easy;
    struct curl_slist *headers;
    td_net_request request; /* of its texts only `post` is used after the start */
    uint32_t timeout_ms;
    char *bearer;          /* NULL: none; for hops to `origin` alone */
    td_buf origin;         /* the first hop's scheme, host and port */
    td_buf url;            /* of the present hop, normal form, ends in a NUL */
    td_net_url parts;      /* slices of it */
    td_net_budget *budget; /* of the td_net */
    td_buf body;
    td_buf location; /* where this hop's answer redirects to; empty if it does not */
    size_t n_wanted; /* bytes that its body was to take last, found room or not */
    size_t n_decoded;
    int64_t started_ms; /* when it began to run; the time-out counts from here */
    uint32_t n_redirects;
    uint64_t visited[TD_NET_REDIRECTS_MAX + 1]; /* hashes of the URLs before: finds loops */
    size_t header_bytes;
    bool is_allowed;  /* this hop's host:port was named: private addresses are open to it */
    bool asked;       /* `want` was asked on this hop */
    bool is_redirect; /* this hop's answer will be followed: its body is not kept */
    bool refused;     /* `want` or `take` said no */
    bool cut;         /* past the cap, and the caller wants what fits */
    bool is_put_back; /* the budget has no room for its body, or it is left waiting */
    bool too_large, too_packed, too_nested, headers_too_large;
    char denied[TD_NET_DENIED_N]; /* "10.0.0.1 (private)": an address that was refused */
};

/* A transfer for the request, its URL in normal form and checked. Errors: as td_net_get. */
tandem_code td_net_transfer_new(const td_net_options *options, td_net_budget *budget,
                                const td_net_request *request, td_net_transfer **transfer_out,
                                tandem_error *err);
void td_net_transfer_free(td_net_transfer *transfer);

/* Sets the easy handle up for the present hop. Errors: E_NOMEM; E_TIMEOUT when redirects used up
 * the time. */
tandem_code td_net_transfer_prepare(td_net_transfer *transfer, CURL *easy, tandem_error *err);

/* After a hop has ended with `result`: true if it led to another hop, which td_net_transfer_prepare
 * is to set up; false if the transfer is over, `*err` then says how. */
bool td_net_transfer_advance(td_net_transfer *transfer, CURLcode result, tandem_error *err);

/* What its body wanted to take when it found no room, or will in the end if more is told. */
size_t td_net_transfer_bytes_wanted(const td_net_transfer *transfer);

/* Calls `done` with the answer, or with *err if its code is no TANDEM_OK. Does not free. */
void td_net_transfer_finish(td_net_transfer *transfer, const tandem_error *err);

/* net/failure.c: the reason for `result` in one line, with host and what to do. */
tandem_code td_net_failure_of(const td_net_transfer *transfer, CURLcode result, tandem_error *err);

/* net/header.c: what the request asks to be sent on every hop. Errors: E_INVALID for a name or a
 * value that is none, E_NOMEM. */
tandem_code td_net_header_set_all(td_net_transfer *transfer, tandem_error *err);

/* net/header.c: the last answer's header, empty if it has none; several of one name are joined by
 * ", ". Appended to `out`. */
tandem_code td_net_header_add(CURL *easy, const char *name, td_buf *out, tandem_error *err);

/* net/header.c: "Text/HTML; charset=UTF-8" becomes "text/html" and "utf-8", in place. */
void td_net_header_split_type(td_str content_type, td_str *media_type_out, td_str *charset_out);

#endif
