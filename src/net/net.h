/* net/net.h - HTTP: many requests at once on one thread, with limits, time-outs and address checks.
 *
 * In:       URLs and headers
 * Out:      bytes, capped and in time, or a reason
 * Threads:  a td_net has one owner thread; td_net_url_* are pure
 * Source:   libcurl multi; RFC 3986 for URLs (libcurl's URL API), RFC 6890 for special addresses
 *
 * The address check sits where the socket is opened, so it sees the address after DNS and on
 * every redirect hop: that is what makes rebinding pointless. Redirects are followed here and not
 * by libcurl, so that each hop is a request of its own with its own host:port: a private address
 * is open to a hop only if that hop's own host:port was named in `allowed`.
 * Proxy variables, netrc, cookies and alt-svc are never used.
 */
#ifndef TD_NET_H
#define TD_NET_H

#include "base/buf.h"

typedef struct td_net td_net;

typedef struct td_net_options {
    size_t struct_size;
    const char *user_agent;
    uint32_t connections_max;          /* in all, 1..1024 */
    uint32_t connections_per_host_max; /* 1..256 */
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;     /* whole request, redirects included */
    size_t body_bytes_max;   /* decoded */
    const char *body_option; /* what sets it, for the error of a larger one; NULL: nothing */
    uint32_t redirects_max;
    bool allow_private;         /* any private address */
    const char *const *allowed; /* "host:port" that the user named: private allowed, these alone */
    size_t n_allowed;
    const char *ca_file;      /* NULL: the system's */
    uint32_t low_speed_bytes; /* fewer bytes a second than this for ... 0: no such limit */
    uint32_t low_speed_s;     /* ... so many seconds ends the request; 0: no such limit */
    /* Of all bodies under way, and of what td_net_hold says; 0: no limit. A GET whose body would
     * pass it ends with E_BUSY and `is_put_back`, to be asked for again, and fewer are under way at
     * once from then on. The eldest may pass it as long as what is held alone does not. */
    size_t in_hand_bytes_max;
} td_net_options;

#define TD_NET_OPTIONS                                                                     \
    (td_net_options)                                                                       \
    {                                                                                      \
        .struct_size = sizeof(td_net_options), .user_agent = "tandem/" TANDEM_VERSION,     \
        .connections_max = 32, .connections_per_host_max = 6, .connect_timeout_ms = 10000, \
        .timeout_ms = 30000, .body_bytes_max = 10u << 20, .redirects_max = 10,             \
        .low_speed_bytes = 64, .low_speed_s = 15                                           \
    }

/* What came back. All texts are borrowed and good inside the callback only. */
typedef struct td_net_reply {
    tandem_code code; /* TANDEM_OK for any complete HTTP answer, whatever its status */
    const tandem_error *error;
    int status;
    td_str final_url;
    td_str media_type, charset; /* lower case, of Content-Type */
    td_str etag, last_modified, retry_after, x_robots_tag;
    td_str body;
    td_str location;  /* where a redirect that was not followed leads, absolute; else empty */
    bool body_left;   /* there is more than `body`: cut at the cap, or `want` or `take` said no */
    bool is_put_back; /* no room in the options' in_hand_bytes_max, or td_net_put_back; ask again */
    uint64_t n_read;  /* bytes of the body that came, unpacked; also of one that was given up */
    void *headers;    /* internal: what td_net_reply_header looks into */
    bool is_new_connection; /* none that was open could be used again */
    int http_version;       /* 10, 11, 20; 0: not known */
} td_net_reply;

/* Appends a header of the answer, or nothing if it has none; several of one name are joined by
 * ", ". Inside the callback only. Errors: as td_buf_add. */
tandem_code td_net_reply_header(const td_net_reply *reply, const char *name, td_buf *out,
                                tandem_error *err);

typedef void (*td_net_done)(void *user, const td_net_reply *reply);

/* Asked once, before the first byte of the body: false leaves the body where it is. */
typedef bool (*td_net_want)(void *user, int status, td_str media_type);

/* Given the body bit by bit as it comes, in place of `body` in the reply; not that of a redirect
 * that is followed. `head` has status, final_url and headers. False leaves the rest. */
typedef bool (*td_net_take)(void *user, const td_net_reply *head, td_str bytes);

typedef struct td_net_field {
    td_str name, value;
} td_net_field;

typedef struct td_net_request {
    td_str url;
    td_str if_none_match, if_modified_since; /* empty: not sent */
    td_str accept;                           /* empty: any */
    /* With a ptr that is not NULL the request is a POST of these bytes, borrowed until `done`. */
    td_str post, post_type;
    bool post_gzip;        /* the bytes are compressed already */
    uint32_t timeout_ms;   /* 0: the options' */
    size_t body_bytes_max; /* 0: the options' */
    td_net_done done;      /* called exactly once, from td_net_step or close */
    void *user;
    td_net_want want;    /* NULL: every body is read */
    bool keep_redirects; /* a redirect is the answer, with `location`: the caller follows it */
    bool body_cut;       /* a body past its cap is cut there instead of failing */
    td_net_take take;    /* NULL: the body is kept for the reply, up to its cap */
    td_str bearer;       /* a token, sent to this URL's scheme, host and port alone; empty: none */
    uint64_t range_from; /* ask for the body from this byte on; a server may send all of it */
    bool is_head;        /* ask for the headers alone */
    const td_net_field
        *fields; /* [n_fields] more headers, sent on every hop; borrowed for the call */
    size_t n_fields;
    bool uncompressed; /* ask for the bytes as they are, so that lengths are the file's */
} td_net_request;

tandem_code td_net_open(const td_net_options *options, td_net **net_out, tandem_error *err);

/* Requests still under way get `done` with E_CANCELLED. NULL is fine. */
void td_net_close(td_net *net);

/* Starts a GET (or HEAD, or POST). Only http and https. A POST is never sent on: a redirect is its
 * answer. Errors: E_INVALID for a URL or header that is none, E_DENIED for a private address that
 * the URL itself spells out; `done` is then not called. */
tandem_code td_net_get(td_net *net, const td_net_request *request, tandem_error *err);

/* Does what can be done, waiting at most wait_ms for something to happen; calls `done`s. */
tandem_code td_net_step(td_net *net, uint32_t wait_ms, tandem_error *err);

/* A descriptor that something else of the thread waits for. */
typedef struct td_net_fd {
    int fd;
    bool to_write; /* else to read */
} td_net_fd;

/* The same, and ends the wait too when one of `fds` [n_fds], at most 4, is ready. */
tandem_code td_net_step_beside(td_net *net, uint32_t wait_ms, const td_net_fd *fds, size_t n_fds,
                               tandem_error *err);

/* Ends the GETs to the URL's host and port that each wait on a connection of their own for the
 * first byte of an answer, with E_BUSY and `is_put_back`: for a server that answers on one
 * connection alone, and leaves the others waiting until that is closed. None where one waits on a
 * connection that was used before: that may be the one. Returns how many. Calls `done`s. */
size_t td_net_put_back(td_net *net, td_str url);

/* Wakes a td_net_step that waits. Any thread. */
void td_net_wake(td_net *net);

/* What the owner has still in memory of the bodies that it was given. */
void td_net_hold(td_net *net, size_t n_bytes);

/* Requests under way, and what their bodies take by now. */
size_t td_net_n_active(const td_net *net);
size_t td_net_n_bytes(const td_net *net);

/* A URL in its normal form: scheme and host in lower case, no default port, dot segments gone, no
 * fragment, "/" for an empty path; query and escapes as given. Appended to `out`.
 * Errors: E_INVALID for what is no absolute http(s) URL. */
tandem_code td_net_url_normal(td_str url, td_buf *out, tandem_error *err);

/* `reference` as seen from the absolute `base`, in normal form but with its fragment dropped. */
tandem_code td_net_url_resolve(td_str base, td_str reference, td_buf *out, tandem_error *err);

typedef struct td_net_url {
    td_str scheme, host, path, query; /* slices of a normal-form URL */
    uint16_t port;                    /* default filled in */
} td_net_url;

/* Takes a normal-form URL apart; false if it is none. An IPv6 host keeps its brackets. */
bool td_net_url_split(td_str url, td_net_url *url_out);

/* libcurl and what it is built on: "libcurl/7.88.1 OpenSSL/3.0.11 ...". Static. */
const char *td_net_version(void);

/* Milliseconds that a Retry-After asks to wait, counted from wall_ms: a number of seconds, or a
 * date (one that is past gives 0). False if it is neither. */
bool td_net_retry_after(td_str value, int64_t wall_ms, int64_t *wait_ms_out);

#endif
