/* serve/http_inner.h - what the files of http.h share. */
#ifndef SERVE_HTTP_INNER_H
#define SERVE_HTTP_INNER_H

#include "serve/clock.h"
#include "serve/http.h"
#include "serve/work.h"

#include <microhttpd.h>

#include <pthread.h>
#include <time.h>

struct http_inner {
    http_server *server;
    struct MHD_Connection *connection;
    clock_entry *clock;
    int fd;
    bool begun;      /* headers were looked at */
    bool dispatched; /* given to its handler */
    bool answered;   /* MHD has the answer */
    bool deferred;
    bool closes; /* the connection is not to be used again */
    char *body;
    size_t n, capacity;
    uint64_t n_seen; /* of the body, kept or not */
    struct timespec at;
};

typedef struct http_listener_of {
    http_server *server;
    int tag;
} http_listener_of;

struct http_server {
    http_options options;
    http_listener_of of[HTTP_LISTENERS_MAX];
    struct MHD_Daemon *daemons[HTTP_LISTENERS_MAX];
    MHD_socket quiet[HTTP_LISTENERS_MAX]; /* listens no more; invalid before that */
    serve_clock *clock;
    work_pool *pool;
    atomic_uint_fast64_t n_bodies_bytes;

    pthread_mutex_t lock; /* rank 2: guards all below; streams are suspended and resumed under it */
    pthread_cond_t changed;
    size_t n_active;   /* requests that are whole and not yet answered to the end */
    size_t n_handlers; /* that run */
    http_stream *streams;
    size_t n_streams;
    bool ends;    /* streams come to their end, connections with the answer under way */
    bool refuses; /* no handler begins */
};

/* The response of a stream; NULL when out of memory. */
struct MHD_Response *http_stream_respond(http_request *request);
void http_stream_free(http_stream *stream);

#endif
