/* net/server.h (tests) - a small HTTP server on loopback whose answers the test writes itself.
 *
 * A thread per connection calls the test's handler for each request. The handler sends its answer
 * with server_send or writes raw bytes to request->fd. Returning false closes the connection.
 */
#ifndef TEST_NET_SERVER_H
#define TEST_NET_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SERVER_CONNECTIONS_MAX = 2048,
    SERVER_LOG_MAX = 8192,
    SERVER_REQUEST_BYTES = 16384,
};

typedef struct server server;

typedef struct server_request {
    server *from;
    int fd;
    char path[2100];                     /* with query, as sent */
    char text[SERVER_REQUEST_BYTES + 1]; /* request line and headers, and what came with them */
    size_t n;                            /* bytes of text */
} server_request;

typedef bool (*server_handler)(void *user, server_request *request);

struct server {
    server_handler handler;
    void *user;
    int listener;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t came;  /* a request did */
    bool stopping;
    int n_connections;
    int fds[SERVER_CONNECTIONS_MAX]; /* -1 once closed */
    pthread_t threads[SERVER_CONNECTIONS_MAX];
    int n_requests;
    char *log[SERVER_LOG_MAX]; /* paths in the order they came */
    int n_busy, n_busy_most;   /* requests inside the handler at once */
};

static inline void server_write(server_request *request, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(request->fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        n -= (size_t)sent;
    }
}

/* A whole answer. `headers` are lines that each end in \r\n, or "". */
static inline bool server_send_bytes(server_request *request, int status, const char *headers,
                                     const void *body, size_t n)
{
    char head[4096];
    int head_n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n",
                          status, n, headers);
    server_write(request, head, (size_t)head_n);
    server_write(request, body, n);
    return true;
}

static inline bool server_send(server_request *request, int status, const char *headers,
                               const char *body)
{
    return server_send_bytes(request, status, headers, body, strlen(body));
}

static inline bool server_html(server_request *request, const char *body)
{
    return server_send(request, 200, "Content-Type: text/html; charset=utf-8\r\n", body);
}

static inline bool server_redirect(server_request *request, int status, const char *to)
{
    char header[4400];
    snprintf(header, sizeof(header), "Location: %s\r\n", to);
    return server_send(request, status, header, "moved");
}

/* Reads up to the empty line; false at the end of the connection. */
static inline bool server_read_request(server_request *request)
{
    size_t n = 0;
    request->text[0] = '\0';
    while (n < SERVER_REQUEST_BYTES && !strstr(request->text, "\r\n\r\n")) {
        ssize_t got = recv(request->fd, request->text + n, SERVER_REQUEST_BYTES - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        request->text[n] = '\0';
        request->n = n;
        if (request->text[0] == 0x16) { /* the hello of a TLS client */
            snprintf(request->path, sizeof(request->path), "/tls");
            return true;
        }
    }
    return sscanf(request->text, "%*15s %2099s", request->path) == 1;
}

/* The body of a request with a Content-Length, its first n_max bytes; returns how many came. */
static inline size_t server_body(const server_request *request, char *out, size_t n_max)
{
    const char *length = strcasestr(request->text, "\r\nContent-Length: ");
    const char *body = strstr(request->text, "\r\n\r\n") + 4;
    size_t n = length ? (size_t)strtoul(length + 18, NULL, 10) : 0;
    size_t have = request->n - (size_t)(body - request->text);

    n = n < n_max ? n : n_max;
    have = have < n ? have : n;
    memcpy(out, body, have);
    while (have < n) {
        ssize_t got = recv(request->fd, out + have, n - have, 0);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    return have;
}

typedef struct server_connection {
    server *from;
    int index, fd;
} server_connection;

static inline bool server_answer(server *s, server_request *request)
{
    pthread_mutex_lock(&s->lock);
    if (s->n_requests < SERVER_LOG_MAX)
        s->log[s->n_requests++] = strdup(request->path);
    pthread_cond_broadcast(&s->came);
    s->n_busy++;
    s->n_busy_most = s->n_busy > s->n_busy_most ? s->n_busy : s->n_busy_most;
    pthread_mutex_unlock(&s->lock);
    bool keep = s->handler(s->user, request);
    pthread_mutex_lock(&s->lock);
    s->n_busy--;
    pthread_mutex_unlock(&s->lock);
    return keep;
}

static inline void *server_run_connection(void *arg)
{
    server_connection *connection = arg;
    server *s = connection->from;
    server_request *request = calloc(1, sizeof(*request));

    request->from = s;
    request->fd = connection->fd;
    while (server_read_request(request) && server_answer(s, request)) {
    }
    pthread_mutex_lock(&s->lock);
    s->fds[connection->index] = -1;
    pthread_mutex_unlock(&s->lock);
    close(connection->fd);
    free(request);
    free(connection);
    return NULL;
}

static inline void *server_run(void *arg)
{
    server *s = arg;
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        pthread_mutex_lock(&s->lock);
        if (fd < 0 || s->stopping || s->n_connections == SERVER_CONNECTIONS_MAX) {
            pthread_mutex_unlock(&s->lock);
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        server_connection *connection = calloc(1, sizeof(*connection));
        *connection = (server_connection){s, s->n_connections, fd};
        s->fds[s->n_connections] = fd;
        pthread_create(&s->threads[s->n_connections++], NULL, server_run_connection, connection);
        pthread_mutex_unlock(&s->lock);
    }
}

/* On a port of the caller's choice; 0: any that is free. */
static inline server *server_start_at(server_handler handler, void *user, uint16_t port)
{
    server *s = calloc(1, sizeof(*s));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t n = sizeof(address);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->handler = handler;
    s->user = user;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->came, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(s->listener, 512) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &n) != 0)
        abort();
    s->port = ntohs(address.sin_port);
    pthread_create(&s->thread, NULL, server_run, s);
    return s;
}

static inline server *server_start(server_handler handler, void *user)
{
    return server_start_at(handler, user, 0);
}

static inline void server_stop(server *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (int i = 0; i < s->n_connections; i++)
        if (s->fds[i] >= 0)
            shutdown(s->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    for (int i = 0; i < s->n_connections; i++)
        pthread_join(s->threads[i], NULL);
    for (int i = 0; i < s->n_requests; i++)
        free(s->log[i]);
    close(s->listener);
    pthread_cond_destroy(&s->came);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static inline int server_n_requests(server *s, const char *path)
{
    int n = 0;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->n_requests; i++)
        n += !path || strcmp(s->log[i], path) == 0;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* Waits until so many requests have come; returns how many there are then. */
static inline int server_wait(server *s, int n)
{
    pthread_mutex_lock(&s->lock);
    while (s->n_requests < n)
        pthread_cond_wait(&s->came, &s->lock);
    n = s->n_requests;
    pthread_mutex_unlock(&s->lock);
    return n;
}

static inline int server_n_connections(server *s)
{
    pthread_mutex_lock(&s->lock);
    int n = s->n_connections;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* "http://127.0.0.1:PORT" + path in a buffer of the caller. */
static inline const char *server_url(const server *s, const char *path, char out[2200])
{
    snprintf(out, 2200, "http://127.0.0.1:%u%s", s->port, path);
    return out;
}

/* A port of loopback that nobody listens on. */
static inline uint16_t server_dead_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}

#endif
