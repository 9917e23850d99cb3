#include "serve/http_inner.h"

#include <stdlib.h>
#include <sys/types.h>

enum {
    BLOCK_BYTES = 16 << 10,
};

struct http_stream {
    http_stream *next, *before;
    http_server *server;
    struct MHD_Connection *connection;
    http_stream_read read;
    void *user;
    void (*free_user)(void *user);
    bool listed, waits;
};

void http_reply_stream(http_request *request, const char *type, http_stream_read read, void *user,
                       void (*free_user)(void *user))
{
    http_stream *stream = calloc(1, sizeof(*stream));

    if (!stream) {
        free_user(user);
        http_fail(request, 503, "out of memory");
        return;
    }
    stream->server = request->inner->server;
    stream->connection = request->inner->connection;
    stream->read = read;
    stream->user = user;
    stream->free_user = free_user;
    request->status = 200;
    request->content_type = type;
    request->stream = stream;
}

void http_stream_free(http_stream *stream)
{
    if (!stream)
        return;
    http_server *server = stream->server;
    if (stream->listed) {
        pthread_mutex_lock(&server->lock);
        if (stream->before)
            stream->before->next = stream->next;
        else
            server->streams = stream->next;
        if (stream->next)
            stream->next->before = stream->before;
        server->n_streams--;
        pthread_mutex_unlock(&server->lock);
    }
    stream->free_user(stream->user);
    free(stream);
}

static void free_stream(void *user)
{
    http_stream_free(user);
}

/* Whoever has news takes the lock to wake streams, so none is lost between a read that found none
 * and the sleep. */
static ssize_t read_stream(void *user, uint64_t at, char *out, size_t n)
{
    http_stream *stream = user;
    http_server *server = stream->server;
    ssize_t got = MHD_CONTENT_READER_END_OF_STREAM;

    (void)at;
    pthread_mutex_lock(&server->lock);
    if (!server->ends) {
        long read = stream->read(stream->user, out, n);
        got = read < 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)read;
        if (got == 0) {
            stream->waits = true;
            MHD_suspend_connection(stream->connection);
        }
    }
    pthread_mutex_unlock(&server->lock);
    return got;
}

struct MHD_Response *http_stream_respond(http_request *request)
{
    http_stream *stream = request->stream;
    http_server *server = stream->server;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream,
                                          free_stream);

    if (!response)
        return NULL;
    pthread_mutex_lock(&server->lock);
    stream->listed = true;
    stream->next = server->streams;
    if (stream->next)
        stream->next->before = stream;
    server->streams = stream;
    server->n_streams++;
    pthread_mutex_unlock(&server->lock);
    return response;
}

void http_wake_streams(http_server *server)
{
    pthread_mutex_lock(&server->lock);
    for (http_stream *stream = server->streams; stream; stream = stream->next) {
        if (stream->waits) {
            stream->waits = false;
            MHD_resume_connection(stream->connection);
        }
    }
    pthread_mutex_unlock(&server->lock);
}

size_t http_n_streams(http_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t n = server->n_streams;
    pthread_mutex_unlock(&server->lock);
    return n;
}
