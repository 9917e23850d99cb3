/* server - the site that the crawlers of bench/crawl fetch: N pages of 20 KB with 21 links each,
 * made as they are asked for, over one thread and epoll.
 *
 *     server PORT N_PAGES DELAY_MS
 *
 * /p/I links to its ten children and to pages far away; every page is reached from /p/0.
 * An answer waits DELAY_MS, as if the site were that far away. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 20 * 1024,
    N_LINKS = 21,
    CONNECTIONS_MAX = 4096,
    IN_BYTES = 4096,
    OUT_BYTES = 24 * 1024,
};

typedef struct connection {
    int n_in;
    char in[IN_BYTES];
    size_t out_n, out_at;
    long long due_ms; /* when the answer may go out; 0: none waits */
    char out[OUT_BYTES];
} connection;

static connection *connections[CONNECTIONS_MAX];
static long n_pages, delay_ms;

static long long now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (long long)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static size_t make_page(long i, char *out)
{
    size_t n = (size_t)sprintf(out,
                               "<!DOCTYPE html><html lang=en><head><title>Page %ld</title></head>"
                               "<body><nav><a href=/p/0>home</a></nav><main><h1>Page %ld</h1>",
                               i, i);

    for (long k = 1; k < N_LINKS; k++) {
        long to = k <= 10 ? (i * 10 + k) % n_pages : (i * 7919 + k * 104729) % n_pages;
        n += (size_t)sprintf(out + n, "<p>See <a href=\"/p/%ld\">page %ld</a>.</p>", to, to);
    }
    for (long s = 0; n < PAGE_BYTES - 200; s++)
        n += (size_t)sprintf(out + n,
                             "<p>Sentence %ld of page %ld tells of <em>lanes</em>, batches and "
                             "<code>vector_%ld</code>, in plain words.</p>\n",
                             s, i, s);
    n += (size_t)sprintf(out + n, "</main></body></html>");
    return n;
}

static void answer(connection *c)
{
    static char page[PAGE_BYTES + 4096];
    long i = -1;
    size_t n = 0;

    if (sscanf(c->in, "GET /p/%ld ", &i) == 1 && i >= 0 && i < n_pages)
        n = make_page(i, page);
    c->out_n =
        (size_t)sprintf(c->out,
                        "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n",
                        n ? "200 OK" : "404 Not Found", n);
    memcpy(c->out + c->out_n, page, n);
    c->out_n += n;
    c->out_at = 0;
    c->due_ms = now_ms() + delay_ms;
}

static void drop(int fd)
{
    close(fd);
    free(connections[fd]);
    connections[fd] = NULL;
}

static void send_some(int epoll, int fd)
{
    connection *c = connections[fd];
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.fd = fd};

    while (c->out_at < c->out_n) {
        ssize_t sent = send(fd, c->out + c->out_at, c->out_n - c->out_at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
            return;
        }
        if (sent <= 0) {
            drop(fd);
            return;
        }
        c->out_at += (size_t)sent;
    }
    c->due_ms = 0;
    event.events = EPOLLIN;
    epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

static void receive(int epoll, int fd)
{
    connection *c = connections[fd];
    ssize_t got = recv(fd, c->in + c->n_in, (size_t)(IN_BYTES - 1 - c->n_in), 0);

    if (got <= 0) {
        drop(fd);
        return;
    }
    c->n_in += (int)got;
    c->in[c->n_in] = '\0';
    if (!strstr(c->in, "\r\n\r\n"))
        return;
    c->n_in = 0;
    answer(c);
    if (delay_ms == 0)
        send_some(epoll, fd);
}

static void accept_all(int epoll, int listener)
{
    int fd, on = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= CONNECTIONS_MAX || !(connections[fd] = calloc(1, sizeof(connection)))) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

/* Sends what is due; returns how long until the next one is. */
static int send_due(int epoll)
{
    long long now = now_ms(), soonest = -1;

    if (delay_ms == 0)
        return -1;
    for (int fd = 0; fd < CONNECTIONS_MAX; fd++) {
        connection *c = connections[fd];
        if (!c || !c->due_ms)
            continue;
        if (c->due_ms <= now)
            send_some(epoll, fd);
        else if (soonest < 0 || c->due_ms < soonest)
            soonest = c->due_ms;
    }
    return soonest < 0 ? -1 : (int)(soonest - now);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct epoll_event events[256];
    int on = 1;

    if (argc != 4)
        return 2;
    n_pages = atol(argv[2]);
    delay_ms = atol(argv[3]);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (n_pages < 1 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 1024) != 0) {
        perror("server");
        return 1;
    }
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, send_due(epoll));
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                accept_all(epoll, listener);
            else if (connections[fd] && (events[i].events & EPOLLOUT))
                send_some(epoll, fd);
            else if (connections[fd])
                receive(epoll, fd);
        }
    }
}
