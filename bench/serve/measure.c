/* What the server costs over the engine, measured from the other end of a connection on loopback.
 *
 *   bench_serve one PORT [MODEL]      one short text at a time against the engine in this process
 *   bench_serve many PORT [MODEL]     64 clients of one text each against the engine in bulk
 *   bench_serve streams PORT N        N idle streams of events, and what others then wait
 *
 * MODEL is the one that the server has as gte. See README.md for figures. */
#include "tandem/tandem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    N_ONE = 1500,
    N_CLIENTS = 64,
    N_TEXTS = 512,
    ROUNDS = 3,
    TEXT_BYTES = 900,
    REPLY_BYTES_MAX = 64 << 10,
    PER_ADDRESS = 1000, /* streams from 127.0.1.1, 127.0.1.2, ...: each has its share of them */
};

typedef struct client {
    int socket;
    size_t text; /* that it waits for */
    int64_t since_us;
    size_t n;
    char reply[REPLY_BYTES_MAX];
} client;

static uint16_t port;

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, size_t n, double q)
{
    qsort(values, n, sizeof(*values), compare);
    return values[(size_t)((double)(n - 1) * q)];
}

/* -- HTTP -- */

static int connect_from(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    inet_pton(AF_INET, address, &from.sin_addr);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        die("cannot connect");
    return fd;
}

static void send_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            die("cannot send");
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void ask_embed(int fd, const char *text)
{
    char request[TEXT_BYTES + 300];
    int n_body = snprintf(request, sizeof(request), "{\"inputs\":\"%s\"}", text);
    int n = snprintf(request, sizeof(request),
                     "POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n{\"inputs\":\"%s\"}",
                     n_body, text);
    send_all(fd, request, (size_t)n);
}

/* Whether the reply is whole. */
static bool take(client *c)
{
    ssize_t got = recv(c->socket, c->reply + c->n, sizeof(c->reply) - 1 - c->n, 0);

    if (got <= 0)
        die("the server has closed");
    c->n += (size_t)got;
    c->reply[c->n] = '\0';
    const char *body = strstr(c->reply, "\r\n\r\n");
    const char *length = body ? strcasestr(c->reply, "Content-Length: ") : NULL;
    if (!length)
        return false;
    if (strncmp(c->reply, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "%s\n", c->reply);
        exit(1);
    }
    size_t whole = (size_t)(body + 4 - c->reply) + strtoul(length + 16, NULL, 10);
    return c->n >= whole;
}

static double get_health_ms(client *c)
{
    static const char request[] = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int64_t begun = now_us();

    c->n = 0;
    send_all(c->socket, request, sizeof(request) - 1);
    while (!take(c))
        continue;
    return (double)(now_us() - begun) / 1000;
}

static double embed_ms(client *c, const char *text)
{
    int64_t begun = now_us();

    c->n = 0;
    ask_embed(c->socket, text);
    while (!take(c))
        continue;
    return (double)(now_us() - begun) / 1000;
}

/* -- the engine in this process -- */

static tandem_embedder *open_engine(const char *model, size_t *dim_out)
{
    tandem_embedder *embedder = NULL;
    tandem_model_info info;
    tandem_error error;

    if (tandem_embedder_open(model, NULL, &embedder, &error) != TANDEM_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    tandem_embedder_get_info(embedder, &info);
    *dim_out = info.dim;
    return embedder;
}

/* -- one -- */

static int measure_one(const char *model)
{
    static const char text[] = "what is a lane of the schedule?";
    static client c;
    static double engine[N_ONE], http[N_ONE], health[N_ONE];
    size_t dim = 0;
    tandem_embedder *embedder = open_engine(model, &dim);
    float *vector = malloc(dim * sizeof(*vector));
    tandem_str s = {text, sizeof(text) - 1};

    c.socket = connect_from("127.0.0.1");
    for (int i = -50; i < N_ONE; i++) { /* the first ones warm up */
        int64_t begun = now_us();
        tandem_embedder_run(embedder, &s, 1, TANDEM_ROLE_DOCUMENT, vector, NULL, NULL);
        double engine_ms = (double)(now_us() - begun) / 1000, http_ms = embed_ms(&c, text);
        double health_ms = get_health_ms(&c);
        if (i >= 0) {
            engine[i] = engine_ms;
            http[i] = http_ms;
            health[i] = health_ms;
        }
    }
    double own = quantile(engine, N_ONE, 0.5), all = quantile(http, N_ONE, 0.5);
    printf(
        "engine %.3f ms, POST /embed %.3f ms (p99 %.3f), overhead %.3f ms; GET /health %.3f ms\n",
        own, all, quantile(http, N_ONE, 0.99), all - own, quantile(health, N_ONE, 0.5));
    free(vector);
    tandem_embedder_close(embedder);
    return 0;
}

/* -- many -- */

static char texts[N_TEXTS][TEXT_BYTES];

/* Words, a number so that no two are the same, 300 to TEXT_BYTES - 1 bytes. */
static void make_texts(void)
{
    static const char *const words[] = {"lane",  "queue", "server", "answers", "the",  "of",
                                        "model", "batch", "vector", "waits",   "runs", "and"};
    for (size_t i = 0; i < N_TEXTS; i++) {
        size_t most = 300 + i * 37 % (TEXT_BYTES - 330);
        size_t n = (size_t)snprintf(texts[i], TEXT_BYTES, "number %zu", i);
        for (size_t k = i; n < most; k = k * 7 + 3)
            n += (size_t)snprintf(texts[i] + n, TEXT_BYTES - n, " %s", words[k % 12]);
    }
}

static double bulk_seconds(tandem_embedder *embedder, size_t dim, uint64_t *n_tokens_out)
{
    tandem_str strings[N_TEXTS];
    static tandem_text_note notes[N_TEXTS];
    float *vectors = malloc(N_TEXTS * dim * sizeof(*vectors));

    for (size_t i = 0; i < N_TEXTS; i++)
        strings[i] = (tandem_str){texts[i], strlen(texts[i])};
    int64_t begun = now_us();
    tandem_embedder_embed(embedder, strings, N_TEXTS, TANDEM_ROLE_DOCUMENT, vectors, notes, NULL);
    double seconds = (double)(now_us() - begun) / 1e6;
    *n_tokens_out = 0;
    for (size_t i = 0; i < N_TEXTS; i++)
        *n_tokens_out += notes[i].n_tokens;
    free(vectors);
    return seconds;
}

static double clients_seconds(client *clients, double *ms)
{
    struct pollfd polls[N_CLIENTS];
    size_t next = 0, done = 0;
    int64_t begun = now_us();

    for (size_t i = 0; i < N_CLIENTS; i++) {
        clients[i].n = 0;
        clients[i].text = next++;
        clients[i].since_us = now_us();
        ask_embed(clients[i].socket, texts[clients[i].text]);
        polls[i] = (struct pollfd){.fd = clients[i].socket, .events = POLLIN};
    }
    while (done < N_TEXTS && poll(polls, N_CLIENTS, -1) > 0) {
        for (size_t i = 0; i < N_CLIENTS; i++) {
            client *c = &clients[i];
            if (!polls[i].revents || !take(c))
                continue;
            ms[done++] = (double)(now_us() - c->since_us) / 1000;
            c->n = 0;
            if (next == N_TEXTS)
                continue;
            c->text = next++;
            c->since_us = now_us();
            ask_embed(c->socket, texts[c->text]);
        }
    }
    return (double)(now_us() - begun) / 1e6;
}

static int measure_many(const char *model)
{
    static double ms[N_TEXTS], bulk[ROUNDS], many[ROUNDS];
    client *clients = calloc(N_CLIENTS, sizeof(*clients));
    size_t dim = 0;
    uint64_t n_tokens = 0;
    tandem_embedder *embedder = open_engine(model, &dim);

    make_texts();
    for (size_t i = 0; i < N_CLIENTS; i++)
        clients[i].socket = connect_from("127.0.0.1");
    for (int round = -1; round < ROUNDS; round++) { /* the first one warms up */
        double a = bulk_seconds(embedder, dim, &n_tokens), b = clients_seconds(clients, ms);
        if (round >= 0) {
            bulk[round] = a;
            many[round] = b;
        }
    }
    double a = quantile(bulk, ROUNDS, 0.5), b = quantile(many, ROUNDS, 0.5);
    printf("bulk %.0f tokens/s, %d clients %.0f tokens/s: %.1f %%; a text %.0f ms, p99 %.0f ms\n",
           (double)n_tokens / a, (int)N_CLIENTS, (double)n_tokens / b, 100 * a / b,
           quantile(ms, N_TEXTS, 0.5), quantile(ms, N_TEXTS, 0.99));
    free(clients);
    tandem_embedder_close(embedder);
    return 0;
}

/* -- streams -- */

static int measure_streams(size_t n)
{
    static const char request[] = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static client c;
    static double health[N_ONE], embed[N_ONE / 5];
    char address[32], head[1024];
    int64_t begun = now_us();

    for (size_t i = 0; i < n; i++) {
        snprintf(address, sizeof(address), "127.0.1.%zu", i / PER_ADDRESS + 1);
        int fd = connect_from(address);
        send_all(fd, request, sizeof(request) - 1);
        if (recv(fd, head, sizeof(head), 0) < 12 || strncmp(head, "HTTP/1.1 200", 12) != 0) {
            fprintf(stderr, "stream %zu is refused\n", i);
            return 1;
        }
    }
    printf("%zu streams open after %.2f s\n", n, (double)(now_us() - begun) / 1e6);
    c.socket = connect_from("127.0.0.1");
    for (int i = 0; i < N_ONE; i++)
        health[i] = get_health_ms(&c);
    for (int i = 0; i < N_ONE / 5; i++)
        embed[i] = embed_ms(&c, "what is a lane?");
    printf("GET /health %.3f ms, p99 %.3f; POST /embed %.3f ms, p99 %.3f\n",
           quantile(health, N_ONE, 0.5), quantile(health, N_ONE, 0.99),
           quantile(embed, N_ONE / 5, 0.5), quantile(embed, N_ONE / 5, 0.99));
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    const char *third = argc > 3 ? argv[3] : NULL;

    port = argc > 2 ? (uint16_t)strtoul(argv[2], NULL, 10) : 0;
    if (strcmp(what, "one") == 0)
        return measure_one(third);
    if (strcmp(what, "many") == 0)
        return measure_many(third);
    if (strcmp(what, "streams") == 0 && third)
        return measure_streams(strtoul(third, NULL, 10));
    fprintf(stderr, "usage: bench_serve one|many PORT [MODEL] | streams PORT N\n");
    return 2;
}
