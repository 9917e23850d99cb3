/* serve/http.h - HTTP on libmicrohttpd: listeners, requests within limits, answers now or later.
 *
 * In:       a table of routes, sockets that listen
 * Out:      a handler called for each whole request that host, origin, key and limits let through
 * Threads:  I/O threads (a few per listener) parse, answer and must never wait; a handler that
 *           waits is either of a HTTP_BLOCKS route, which runs on a thread of the pool, or defers
 *           its request and resumes it from any thread
 *
 * Life of a request:
 *   head     the request line is in; headers must follow within HEAD_MS       (begin)
 *   body     headers are accepted; the body must come at BODY_RATE            (receive)
 *   run      whole; on an I/O thread, on the pool, or deferred                (dispatch)
 *   answered reply is queued; then logged and freed                           (completed)
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "tandem/tandem.h"

#include "serve/guard.h"

#include <stdatomic.h>

typedef struct http_server http_server;
typedef struct http_request http_request;
typedef struct http_stream http_stream;

/* Whose error bodies a route speaks. */
typedef enum http_family {
    HTTP_RUNNER, /* {"detail": ...} */
    HTTP_TEI,    /* {"error": ..., "error_type": ...} */
    HTTP_OPENAI, /* {"error": {"message", "type", "param", "code"}} */
    HTTP_OLLAMA, /* {"error": ...} */
    HTTP_MCP,    /* {"jsonrpc": "2.0", "error": {"code", "message"}, "id": null} */
} http_family;

enum {
    HTTP_OPEN = 1,   /* no key is asked for */
    HTTP_BLOCKS = 2, /* runs on a thread of the pool */
    HTTP_HEADERS_MAX = 8,
    HTTP_SEGMENT_BYTES = 256,
};

typedef struct http_route {
    const char *method;
    const char *path; /* "/progress/{}": {} is one segment, not empty */
    void (*run)(http_request *request);
    http_family family;
    unsigned flags;
} http_route;

struct http_request {
    void *app;
    const http_route *route; /* NULL: none fits */
    http_family family;
    char method[12]; /* cut if longer */
    const char *path;
    char segment[HTTP_SEGMENT_BYTES]; /* what {} stands for; "" */
    int listener;                     /* tag of the socket that it came by */
    const char *body;                 /* NUL-terminated */
    size_t n_body;

    /* The answer; status 0: none so far. */
    int status;
    const char *content_type;
    char *reply; /* malloc'ed; taken */
    size_t n_reply;
    struct {
        const char *name;
        char value[64];
    } headers[HTTP_HEADERS_MAX];
    size_t n_headers;
    http_stream *stream; /* instead of reply */

    /* For those that defer. */
    void (*resumed)(http_request *request); /* on an I/O thread, after http_resume */
    void *user;
    void (*free_user)(void *user);

    char note[64]; /* for the log: "3 texts" */
    struct http_inner *inner;
};

typedef struct http_listener {
    int socket; /* taken over */
    int tag;
} http_listener;

enum {
    HTTP_LISTENERS_MAX = 3
};

typedef struct http_options {
    http_listener listeners[HTTP_LISTENERS_MAX];
    size_t n_listeners;
    const http_route *routes;
    size_t n_routes;
    void *app;
    const guard *guard; /* borrowed */
    uint64_t body_bytes_max;
    uint64_t bodies_bytes_max;            /* of all requests under way */
    uint32_t connections_max, per_ip_max; /* 0: no limit */
    uint32_t io_threads;                  /* of each listener */
    const char *tls_cert, *tls_key;       /* PEM; NULL: no TLS */
    /* One request is over. Any I/O thread. */
    void (*log)(void *app, const http_request *request, double seconds);
} http_options;

/* Starts. Prints what is wrong and returns NULL if it can't. */
http_server *http_open(const http_options *options);

/* No new connections; waits until no request is under way, at most wait_ms. Streams are ended.
 * After it no handler runs any more, and none begins: late requests are told 503. */
void http_drain(http_server *server, uint32_t wait_ms);

/* Every deferred request must have been resumed. NULL is fine. */
void http_close(http_server *server);

/* A query argument, decoded; NULL if it isn't there. */
const char *http_argument(http_request *request, const char *name);
/* A header of the request; NULL if it isn't there. */
const char *http_header(http_request *request, const char *name);

void http_add_header(http_request *request, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers with malloc'ed bytes, which are taken; NULL answers 503 for memory. */
void http_reply(http_request *request, int status, const char *type, char *bytes, size_t n);
void http_reply_text(http_request *request, int status, const char *type, const char *text);

/* Answers with an error in the words of the request's family. */
void http_fail(http_request *request, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a failure of the library. */
void http_fail_error(http_request *request, const tandem_error *error);

/* From a handler on an I/O thread: the answer comes later, by http_resume, once, from any thread;
 * `resumed` is then called on an I/O thread. */
void http_defer(http_request *request);
void http_resume(http_request *request);

/* Whether the client of a deferred request has gone. Any thread, before http_resume. */
bool http_gone(const http_request *request);

/* -- an answer without end (http_stream.c) -- */

/* Writes at most n bytes; returns how many, 0 for nothing yet, -1 for the end. I/O threads. */
typedef long (*http_stream_read)(void *user, char *out, size_t n);

/* Answers with a stream of that type. `free_user` is called when it is over. */
void http_reply_stream(http_request *request, const char *type, http_stream_read read, void *user,
                       void (*free_user)(void *user));

/* Lets every waiting stream read again. Any thread. */
void http_wake_streams(http_server *server);
size_t http_n_streams(http_server *server);

#endif
