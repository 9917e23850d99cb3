#include "output.h"
#include "serve/http_inner.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    POOL_THREADS = 4,
    POOL_WAITING_MAX = 256,
    HEADERS_BYTES_MAX = 24 << 10, /* of one request, with what MHD needs besides */
    SILENT_S_MAX = 135, /* a client that takes nothing of its answer; longer than all of clock.h */
    /* A refused body up to this size is read and dropped, so that the client comes to read why;
     * for a larger one the connection is closed. */
    DROPPED_BYTES_MAX = 16 << 20,
};

/* -- routes -- */

/* Whether `path` fits; what {} stands for is copied. */
static bool fits(const char *pattern, const char *path, char segment_out[HTTP_SEGMENT_BYTES])
{
    const char *hole = strstr(pattern, "{}");
    size_t n = hole ? (size_t)(hole - pattern) : strlen(pattern);

    if (strncmp(pattern, path, n) != 0)
        return false;
    if (!hole)
        return path[n] == '\0';
    size_t n_segment = strcspn(path + n, "/");
    if (n_segment == 0 || n_segment >= HTTP_SEGMENT_BYTES ||
        strcmp(path + n + n_segment, hole + 2) != 0)
        return false;
    memcpy(segment_out, path + n, n_segment);
    segment_out[n_segment] = '\0';
    return true;
}

static bool is_method(const http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static void find_route(http_request *request, const http_options *o, char *allowed, size_t n)
{
    allowed[0] = '\0';
    request->family = strncmp(request->path, "/v1/", 4) == 0    ? HTTP_OPENAI
                      : strncmp(request->path, "/api/", 5) == 0 ? HTTP_OLLAMA
                                                                : HTTP_RUNNER;
    for (size_t i = 0; i < o->n_routes; i++) {
        if (!fits(o->routes[i].path, request->path, request->segment))
            continue;
        request->family = o->routes[i].family;
        if (is_method(&o->routes[i], request->method)) {
            request->route = &o->routes[i];
            return;
        }
        size_t used = strlen(allowed);
        snprintf(allowed + used, n - used, "%s%s", used ? ", " : "", o->routes[i].method);
    }
}

/* -- before the body -- */

typedef struct header_count {
    const char *name;
    size_t n;
} header_count;

static enum MHD_Result count_header(void *user, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    header_count *count = user;

    (void)kind;
    (void)value;
    count->n += strcasecmp(name, count->name) == 0;
    return MHD_YES;
}

static size_t count_headers(const http_request *request, const char *name)
{
    header_count count = {.name = name};

    MHD_get_connection_values(request->inner->connection, MHD_HEADER_KIND, count_header, &count);
    return count.n;
}

/* Two lengths, or a length and chunks: this server and one before it could see two different
 * requests in the same bytes (RFC 9112, 6.3 and 11.2). */
static bool has_two_lengths(const http_request *request)
{
    size_t lengths = count_headers(request, "Content-Length");
    size_t encodings = count_headers(request, "Transfer-Encoding");

    return lengths + encodings > 1;
}

static uint64_t declared_bytes(http_request *request)
{
    const char *length = http_header(request, "Content-Length");

    return length ? strtoull(length, NULL, 10) : 0;
}

static void check(http_request *request)
{
    const http_options *o = &request->inner->server->options;
    char allowed[64];

    find_route(request, o, allowed, sizeof(allowed));
    if (has_two_lengths(request)) {
        request->inner->closes = true;
        http_fail(request, 400, "the request has more than one length");
    } else if (!guard_allows_host(o->guard, http_header(request, "Host"))) {
        http_fail(request, 403, "this Host is not served here; --allow-host names one more");
    } else if (!guard_allows_origin(o->guard, http_header(request, "Origin"))) {
        http_fail(request, 403, "pages of this Origin may not ask; --allow-host names one more");
    } else if (!(request->route && request->route->flags & HTTP_OPEN) &&
               !guard_allows_key(o->guard, http_header(request, "Authorization"))) {
        http_add_header(request, "WWW-Authenticate", "Bearer");
        http_fail(request, 401, "a key is needed: Authorization: Bearer KEY");
    } else if (!request->route && allowed[0]) {
        http_add_header(request, "Allow", "%s", allowed);
        http_fail(request, 405, "Method Not Allowed");
    } else if (!request->route) {
        http_fail(request, 404, "Not Found");
    } else if (declared_bytes(request) > o->body_bytes_max) {
        http_fail(request, 413, "the body has %llu bytes, allowed are %llu",
                  (unsigned long long)declared_bytes(request),
                  (unsigned long long)o->body_bytes_max);
    }
}

/* -- answering -- */

static struct MHD_Response *respond(http_request *request)
{
    struct MHD_Response *response;

    if (request->stream)
        return http_stream_respond(request);
    response =
        MHD_create_response_from_buffer(request->n_reply, request->reply, MHD_RESPMEM_MUST_FREE);
    if (response)
        request->reply = NULL;
    return response;
}

static enum MHD_Result send_answer(http_request *request)
{
    struct http_inner *in = request->inner;
    struct MHD_Response *response = respond(request);

    if (!response)
        return MHD_NO;
    if (request->content_type)
        MHD_add_response_header(response, "Content-Type", request->content_type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'self'; frame-ancestors 'none'");
    if (!request->stream)
        MHD_add_response_header(response, "Cache-Control", "no-store");
    for (size_t i = 0; i < request->n_headers; i++)
        MHD_add_response_header(response, request->headers[i].name, request->headers[i].value);
    if (in->closes)
        MHD_add_response_header(response, "Connection", "close");
    in->answered = true;
    enum MHD_Result queued =
        MHD_queue_response(in->connection, (unsigned)request->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* The first call for a request: its headers are in. */
static enum MHD_Result begin(http_request *request)
{
    struct http_inner *in = request->inner;

    in->begun = true;
    check(request);
    bool refuses = request->status != 0;
    if (refuses && (in->closes || http_header(request, "Expect") ||
                    declared_bytes(request) > DROPPED_BYTES_MAX)) {
        clock_set(in->server->clock, in->clock, CLOCK_BUSY);
        return send_answer(request);
    }
    clock_set(in->server->clock, in->clock, CLOCK_BODY);
    return MHD_YES;
}

static bool make_room(http_request *request, size_t n)
{
    struct http_inner *in = request->inner;
    http_server *server = in->server;
    size_t wanted = in->n + n + 1;
    size_t capacity = in->capacity ? in->capacity : 4096;

    while (capacity < wanted)
        capacity *= 2;
    if (capacity == in->capacity)
        return true;
    uint64_t more = capacity - in->capacity;
    char *body = NULL;
    if (atomic_fetch_add(&server->n_bodies_bytes, more) + more <= server->options.bodies_bytes_max)
        body = realloc(in->body, capacity);
    if (!body) {
        atomic_fetch_sub(&server->n_bodies_bytes, more);
        http_add_header(request, "Retry-After", "1");
        http_fail(request, 503, "too many requests hold too much memory");
        return false;
    }
    in->body = body;
    in->capacity = capacity;
    return true;
}

/* A piece of the body. A request that is refused already lets it pass. */
static enum MHD_Result receive(http_request *request, const char *bytes, size_t n)
{
    struct http_inner *in = request->inner;
    uint64_t most = in->server->options.body_bytes_max;

    in->n_seen += n;
    clock_received(in->server->clock, in->clock, n);
    if (in->n_seen > most && request->status == 0)
        http_fail(request, 413, "the body has more than %llu bytes", (unsigned long long)most);
    if (in->n_seen > most + DROPPED_BYTES_MAX)
        return MHD_NO;
    if (request->status != 0 || !make_room(request, n))
        return MHD_YES;
    memcpy(in->body + in->n, bytes, n);
    in->n += n;
    return MHD_YES;
}

/* After the end of http_drain no handler begins: what handlers use may then be taken down. */
static void run_handler(http_request *request)
{
    http_server *server = request->inner->server;

    pthread_mutex_lock(&server->lock);
    bool runs = !server->refuses;
    server->n_handlers += runs;
    pthread_mutex_unlock(&server->lock);
    if (!runs) {
        request->inner->closes = true;
        http_fail(request, 503, "the server is ending");
        return;
    }
    request->route->run(request);
    pthread_mutex_lock(&server->lock);
    server->n_handlers--;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void run_on_pool(void *item)
{
    http_request *request = item;

    if (http_gone(request)) /* while it waited: nobody reads what would be made */
        http_fail(request, tandem_code_http(TANDEM_E_CANCELLED), "the client has gone");
    else
        run_handler(request);
    http_resume(request);
}

/* The request is whole. */
static enum MHD_Result dispatch(http_request *request)
{
    struct http_inner *in = request->inner;

    in->dispatched = true;
    pthread_mutex_lock(&in->server->lock);
    in->server->n_active++;
    in->closes = in->closes || in->server->ends;
    pthread_mutex_unlock(&in->server->lock);
    clock_set(in->server->clock, in->clock, CLOCK_BUSY);
    if (request->status == 0 && make_room(request, 0)) {
        in->body[in->n] = '\0';
        request->body = in->body;
        request->n_body = in->n;
        if (request->route->flags & HTTP_BLOCKS) {
            http_defer(request);
            if (work_push(in->server->pool, request))
                return MHD_YES;
            http_add_header(request, "Retry-After", "1");
            http_fail(request, 503, "too many requests wait");
            http_resume(request);
            return MHD_YES;
        }
        run_handler(request);
    }
    return in->deferred ? MHD_YES : send_answer(request);
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *n_upload, void **request_io)
{
    http_request *request = *request_io;

    (void)user;
    (void)connection;
    (void)version;
    if (!request)
        return MHD_NO; /* no memory */
    if (!request->inner->begun) {
        snprintf(request->method, sizeof(request->method), "%s", method);
        request->path = url;
        return begin(request);
    }
    if (*n_upload > 0) {
        size_t n = *n_upload;
        *n_upload = 0;
        return receive(request, upload, n);
    }
    if (request->inner->answered)
        return MHD_YES;
    if (!request->inner->dispatched)
        return dispatch(request);
    if (request->resumed)
        request->resumed(request);
    return send_answer(request);
}

/* -- MHD's other callbacks -- */

static void *request_line(void *user, const char *uri, struct MHD_Connection *connection)
{
    http_listener_of *of = user;
    http_server *server = of->server;
    http_request *request = calloc(1, sizeof(*request));
    struct http_inner *in = calloc(1, sizeof(*in));

    (void)uri;
    if (!request || !in) {
        free(request);
        free(in);
        return NULL;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    in->server = server;
    in->connection = connection;
    in->clock = info ? info->socket_context : NULL;
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    in->fd = info ? info->connect_fd : -1;
    clock_gettime(CLOCK_MONOTONIC, &in->at);
    request->inner = in;
    request->app = server->options.app;
    request->listener = of->tag;
    request->path = "";
    clock_set(server->clock, in->clock, CLOCK_HEAD);
    return request;
}

static void completed(void *user, struct MHD_Connection *connection, void **request_io,
                      enum MHD_RequestTerminationCode why)
{
    http_request *request = *request_io;
    struct timespec now;

    (void)user;
    (void)connection;
    (void)why;
    if (!request)
        return;
    struct http_inner *in = request->inner;
    http_server *server = in->server;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (server->options.log && in->begun)
        server->options.log(server->options.app, request,
                            (double)(now.tv_sec - in->at.tv_sec) +
                                (double)(now.tv_nsec - in->at.tv_nsec) / 1e9);
    if (request->free_user)
        request->free_user(request->user);
    clock_set(server->clock, in->clock, CLOCK_IDLE);
    atomic_fetch_sub(&server->n_bodies_bytes, in->capacity);
    if (!in->answered)
        http_stream_free(request->stream);
    bool was_active = in->dispatched;
    free(in->body);
    free(in);
    free(request->reply);
    free(request);
    *request_io = NULL;
    if (!was_active)
        return;
    pthread_mutex_lock(&server->lock);
    server->n_active--;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void connection_changed(void *user, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode what)
{
    http_server *server = ((http_listener_of *)user)->server;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info ? clock_add(server->clock, info->connect_fd) : NULL;
    } else {
        clock_remove(server->clock, *context);
        *context = NULL;
    }
}

static void be_silent(void *user, const char *format, va_list arguments)
{
    (void)user;
    (void)format;
    (void)arguments;
}

/* -- the server -- */

static struct MHD_Daemon *start(http_server *server, http_listener_of *of, int socket)
{
    const http_options *o = &server->options;
    unsigned flags = MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem more[4];
    size_t n = 0;

    if (o->io_threads > 1)
        more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, o->io_threads, NULL};
    if (o->tls_cert) {
        flags |= MHD_USE_TLS;
        more[n++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_cert};
        more[n++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key};
    }
    more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    return MHD_start_daemon(flags, 0, NULL, NULL, answer, server, MHD_OPTION_EXTERNAL_LOGGER,
                            be_silent, NULL, MHD_OPTION_LISTEN_SOCKET, socket,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)o->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            (unsigned)o->per_ip_max, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)SILENT_S_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)HEADERS_BYTES_MAX, MHD_OPTION_URI_LOG_CALLBACK, request_line,
                            of, MHD_OPTION_NOTIFY_COMPLETED, completed, server,
                            MHD_OPTION_NOTIFY_CONNECTION, connection_changed, of, MHD_OPTION_ARRAY,
                            more, MHD_OPTION_END);
}

http_server *http_open(const http_options *options)
{
    http_server *server = calloc(1, sizeof(*server));

    if (!server) {
        output_error("out of memory for a server");
        return NULL;
    }
    server->options = *options;
    pthread_mutex_init(&server->lock, NULL);
    clock_init_condition(&server->changed);
    server->clock = clock_open(!options->tls_cert);
    server->pool = work_open(POOL_THREADS, POOL_WAITING_MAX, run_on_pool);
    bool ok = server->clock && server->pool;
    for (size_t i = 0; ok && i < options->n_listeners; i++) {
        server->of[i] = (http_listener_of){server, options->listeners[i].tag};
        server->daemons[i] = start(server, &server->of[i], options->listeners[i].socket);
        server->quiet[i] = MHD_INVALID_SOCKET;
        ok = server->daemons[i] != NULL;
    }
    if (ok)
        return server;
    output_error("cannot start the HTTP server: %s",
                 options->tls_cert ? "look at certificate and key, in PEM" : strerror(errno));
    http_close(server);
    return NULL;
}

void http_drain(http_server *server, uint32_t wait_ms)
{
    struct timespec until = clock_after_us((int64_t)wait_ms * 1000);

    for (size_t i = 0; i < server->options.n_listeners; i++) {
        server->quiet[i] = MHD_quiesce_daemon(server->daemons[i]);
        shutdown(server->quiet[i], SHUT_RDWR); /* closed when MHD's threads have ended */
    }
    pthread_mutex_lock(&server->lock);
    server->ends = true;
    pthread_mutex_unlock(&server->lock);
    http_wake_streams(server);
    pthread_mutex_lock(&server->lock);
    while (server->n_active > 0 &&
           pthread_cond_timedwait(&server->changed, &server->lock, &until) == 0)
        continue;
    server->refuses = true;
    while (server->n_handlers > 0)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

void http_close(http_server *server)
{
    if (!server)
        return;
    work_close(server->pool);
    for (size_t i = 0; i < HTTP_LISTENERS_MAX && server->daemons[i]; i++) {
        MHD_stop_daemon(server->daemons[i]);
        if (server->quiet[i] != MHD_INVALID_SOCKET)
            close(server->quiet[i]);
    }
    clock_close(server->clock);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

/* -- what handlers call -- */

const char *http_argument(http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->inner->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->inner->connection, MHD_HEADER_KIND, name);
}

void http_defer(http_request *request)
{
    request->inner->deferred = true;
    MHD_suspend_connection(request->inner->connection);
}

void http_resume(http_request *request)
{
    MHD_resume_connection(request->inner->connection);
}

bool http_gone(const http_request *request)
{
    return clock_has_left(request->inner->fd);
}
