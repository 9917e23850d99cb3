/* What the server costs over the engine, measured from the other end of a connection on loopback.
 *
 *   bench_serve one PORT [MODEL]      one short text at a time against the engine in this process
 *   bench_serve many PORT [MODEL]     64 clients of one text each against the engine in bulk
 *   bench_serve streams PORT N        N idle streams of events, and what others then wait
 *   bench_serve overload PORT PID SECONDS   ten times what the server can do
 *
 * MODEL is the one that the server has as gte. See README.md for figures. */
#define _GNU_SOURCE /* strcasestr */
#include "tandem/tandem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
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
    REPLY_BYTES_MAX = 256 << 10,
    PER_ADDRESS = 1000, /* streams from 127.0.1.1, 127.0.1.2, ...: each has its share of them */
    N_CROWD = 1000,
    CROWD_TEXTS = 16, /* of one request: some 250 of them fill the queue */
    CROWD_ABLE = 8,   /* that ask again when answered, to see what the server can do */
    TIMES = 10,       /* that much is asked of it then */
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

/* Whether the reply is whole, whatever it says. */
static bool take_any(client *c)
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
    size_t whole = (size_t)(body + 4 - c->reply) + strtoul(length + 16, NULL, 10);
    return c->n >= whole;
}

static int status_of(const client *c)
{
    return (int)strtol(c->reply + 9, NULL, 10);
}

/* Whether the reply is whole; it must be a good one. */
static bool take(client *c)
{
    bool whole = take_any(c);

    if (whole && status_of(c) != 200) {
        fprintf(stderr, "%s\n", c->reply);
        exit(1);
    }
    return whole;
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

/* -- overload -- */

typedef struct crowd {
    client *clients;
    struct pollfd *polls; /* events is 0 for those that wait for nothing */
    size_t n_busy, next;
    size_t n_ok, n_refused, n_other; /* refused: 429 or 503 with Retry-After */
    size_t n_unsent;                 /* every client waited already */
    long pid;
    client watcher;
    size_t n_health;
    double health[4096];
    long rss_mb_least, rss_mb_most, waiting_most;
} crowd;

static long rss_mb(long pid)
{
    char path[64], line[256];
    long kb = 0;

    snprintf(path, sizeof(path), "/proc/%ld/status", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        die(path);
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    fclose(file);
    return kb / 1024;
}

/* Texts that wait, by the server's own count. */
static long waiting_texts(client *c)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static const char name[] = "\ntandem_embed_waiting_texts{";
    long n = 0;

    c->n = 0;
    send_all(c->socket, request, sizeof(request) - 1);
    while (!take(c))
        continue;
    for (const char *at = c->reply; (at = strstr(at, name)) != NULL;) {
        at = strchr(at, '}') + 1;
        n += strtol(at, NULL, 10);
    }
    return n;
}

static void ask_many(client *c, size_t first)
{
    static char body[CROWD_TEXTS * TEXT_BYTES + 64], head[256];
    size_t n = (size_t)snprintf(body, sizeof(body), "{\"inputs\":[");

    for (size_t i = 0; i < CROWD_TEXTS; i++)
        n += (size_t)snprintf(body + n, sizeof(body) - n, "%s\"%s\"", i ? "," : "",
                              texts[(first + i) % N_TEXTS]);
    n += (size_t)snprintf(body + n, sizeof(body) - n, "]}");
    size_t n_head =
        (size_t)snprintf(head, sizeof(head),
                         "POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
                         n);
    send_all(c->socket, head, n_head);
    send_all(c->socket, body, n);
}

static void send_one(crowd *w)
{
    for (size_t k = 0; k < N_CROWD; k++) {
        size_t i = (w->next + k) % N_CROWD;
        if (w->polls[i].events)
            continue;
        if (w->polls[i].fd < 0) /* only now: one that asks nothing is closed */
            w->polls[i].fd = w->clients[i].socket = connect_from("127.0.1.1");
        w->clients[i].n = 0;
        ask_many(&w->clients[i], w->next);
        w->polls[i].events = POLLIN;
        w->n_busy++;
        w->next = i + 1;
        return;
    }
    w->n_unsent++;
}

static void take_replies(crowd *w, int wait_ms)
{
    if (poll(w->polls, N_CROWD, wait_ms) <= 0)
        return;
    for (size_t i = 0; i < N_CROWD; i++) {
        if (!w->polls[i].revents || !take_any(&w->clients[i]))
            continue;
        int status = status_of(&w->clients[i]);
        bool told = strcasestr(w->clients[i].reply, "\r\nRetry-After: ") != NULL;
        w->n_ok += status == 200;
        w->n_refused += (status == 429 || status == 503) && told;
        w->n_other += status != 200 && !((status == 429 || status == 503) && told);
        w->polls[i].events = w->polls[i].revents = 0;
        w->n_busy--;
    }
}

static void look(crowd *w)
{
    long rss = rss_mb(w->pid), waiting = waiting_texts(&w->watcher);

    if (w->n_health < sizeof(w->health) / sizeof(w->health[0]))
        w->health[w->n_health++] = get_health_ms(&w->watcher);
    w->rss_mb_least = rss < w->rss_mb_least ? rss : w->rss_mb_least;
    w->rss_mb_most = rss > w->rss_mb_most ? rss : w->rss_mb_most;
    w->waiting_most = waiting > w->waiting_most ? waiting : w->waiting_most;
}

/* per_second 0: CROWD_ABLE clients ask as soon as they are answered. */
static void drive(crowd *w, double per_second, double seconds)
{
    int64_t begun = now_us(), looked = begun, now = begun;
    size_t n_sent = 0;

    w->n_ok = w->n_refused = w->n_other = w->n_unsent = w->n_health = 0;
    w->rss_mb_most = w->waiting_most = 0;
    w->rss_mb_least = LONG_MAX;
    for (; (double)(now - begun) / 1e6 < seconds; now = now_us()) {
        double due = per_second * (double)(now - begun) / 1e6;
        while (per_second > 0 ? (double)n_sent < due : w->n_busy < CROWD_ABLE) {
            send_one(w);
            n_sent++;
        }
        take_replies(w, 1);
        if (now - looked > 100000) {
            looked = now;
            look(w);
        }
    }
}

static void tell(crowd *w, const char *what, double seconds)
{
    printf("%s: a second %.1f requests answered, %.1f refused with Retry-After; %zu other, %zu "
           "unsent; at most %ld texts waiting, %ld to %ld MB; GET /health %.2f ms, p99 %.2f\n",
           what, (double)w->n_ok / seconds, (double)w->n_refused / seconds, w->n_other, w->n_unsent,
           w->waiting_most, w->rss_mb_least, w->rss_mb_most, quantile(w->health, w->n_health, 0.5),
           quantile(w->health, w->n_health, 0.99));
    fflush(stdout);
}

/* How long until a text of somebody else is taken again, and until it is as fast as alone. */
static void measure_recovery(crowd *w, const char *what, double alone_ms)
{
    static client other;
    double taken_s = -1, ms = 0;
    int64_t begun = now_us();

    other.socket = connect_from("127.0.0.9");
    do {
        int64_t at = now_us();
        other.n = 0;
        ask_embed(other.socket, "what is a lane?");
        while (!take_any(&other))
            continue;
        ms = (double)(now_us() - at) / 1000;
        if (taken_s < 0 && status_of(&other) == 200)
            taken_s = (double)(at - begun) / 1e6;
        if (w)
            take_replies(w, 0);
    } while (status_of(&other) != 200 || ms > 3 * alone_ms + 5);
    printf("%s: a text is taken after %.2f s, as fast as alone after %.2f s\n", what, taken_s,
           (double)(now_us() - begun) / 1e6);
    close(other.socket);
}

static void open_crowd(crowd *w)
{
    for (size_t i = 0; i < N_CROWD; i++)
        w->polls[i] = (struct pollfd){.fd = -1};
    w->n_busy = 0;
}

static int measure_overload(long pid, double seconds)
{
    static crowd w;
    static double alone[100];

    w.pid = pid;
    w.clients = calloc(N_CROWD, sizeof(*w.clients));
    w.polls = calloc(N_CROWD, sizeof(*w.polls));
    w.watcher.socket = connect_from("127.0.0.1");
    make_texts();
    for (int i = 0; i < 100; i++)
        alone[i] = embed_ms(&w.watcher, "what is a lane?");
    double alone_ms = quantile(alone, 100, 0.5);
    printf("idle: %ld MB, a short text %.2f ms\n", rss_mb(pid), alone_ms);
    open_crowd(&w);
    drive(&w, 0, seconds / 10);
    double able = (double)w.n_ok / (seconds / 10);
    tell(&w, "at capacity", seconds / 10);
    drive(&w, TIMES * able, seconds / 4); /* the queue fills, every connection is used */
    tell(&w, "ten times that, at first", seconds / 4);
    drive(&w, TIMES * able, seconds);
    tell(&w, "and then", seconds);
    measure_recovery(&w, "those that wait are served", alone_ms);
    while (w.n_busy > 0)
        take_replies(&w, 100);
    drive(&w, TIMES * able, seconds / 10);
    for (size_t i = 0; i < N_CROWD; i++)
        if (w.polls[i].fd >= 0)
            close(w.polls[i].fd);
    measure_recovery(NULL, "those that wait have gone", alone_ms);
    open_crowd(&w);
    drive(&w, 0, seconds / 10);
    tell(&w, "at capacity again", seconds / 10);
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
    if (strcmp(what, "overload") == 0 && argc > 4)
        return measure_overload(strtol(third, NULL, 10), strtod(argv[4], NULL));
    fprintf(stderr, "usage: bench_serve one|many PORT [MODEL] | streams PORT N | overload PORT PID "
                    "SECONDS\n");
    return 2;
}
