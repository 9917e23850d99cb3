#include "serve/clock.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef POLLRDHUP
#    define POLLRDHUP POLLHUP
#endif

enum {
    LOOK_MS = 500,
};

struct clock_entry {
    clock_entry *next, *before;
    int fd;
    clock_state state;
    bool first;    /* no request so far */
    bool is_late;  /* shut down already */
    bool has_left; /* at the last look */
    int64_t since_ms;
    uint64_t n_bytes;
};

struct serve_clock {
    pthread_mutex_t lock; /* rank 3: guards all below; held for no I/O that waits */
    pthread_cond_t ended;
    clock_entry *entries;
    bool ends, plain;
    pthread_t thread;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec clock_after_us(int64_t us)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    us += at.tv_nsec / 1000;
    at.tv_sec += us / 1000000;
    at.tv_nsec = us % 1000000 * 1000;
    return at;
}

int64_t clock_allowed_ms(clock_state state, bool first, uint64_t n_bytes)
{
    switch (state) {
    case CLOCK_IDLE:
        return first ? CLOCK_HEAD_MS : CLOCK_IDLE_MS;
    case CLOCK_HEAD:
        return CLOCK_HEAD_MS;
    case CLOCK_BODY:
        return CLOCK_HEAD_MS + (int64_t)(n_bytes * 1000 / CLOCK_BODY_RATE);
    case CLOCK_BUSY:
        break;
    }
    return INT64_MAX;
}

bool clock_has_left(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* MHD is told of changes alone, and does not see an end that came together with bytes: without this
 * such a connection would last until it is late. Two looks, so that what came before the end has
 * been read and, if it was a whole request, is being answered. */
static bool left_long_ago_locked(clock_entry *entry)
{
    bool before = entry->has_left;

    entry->has_left = entry->state != CLOCK_BUSY && clock_has_left(entry->fd);
    return before && entry->has_left;
}

static void end_left_locked(clock_entry *entry)
{
    entry->is_late = true;
    shutdown(entry->fd, SHUT_RDWR);
}

static void end_late_locked(serve_clock *clock, clock_entry *entry)
{
    static const char late[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                               "Content-Length: 0\r\n\r\n";

    entry->is_late = true;
    if (clock->plain && entry->state != CLOCK_IDLE)
        (void)!send(entry->fd, late, sizeof(late) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(entry->fd, SHUT_RDWR);
}

static void *look(void *user)
{
    serve_clock *clock = user;

    pthread_mutex_lock(&clock->lock);
    while (!clock->ends) {
        int64_t now = now_ms();
        struct timespec until = clock_after_us(LOOK_MS * 1000);
        for (clock_entry *e = clock->entries; e; e = e->next) {
            if (e->is_late)
                continue;
            if (now - e->since_ms > clock_allowed_ms(e->state, e->first, e->n_bytes))
                end_late_locked(clock, e);
            else if (left_long_ago_locked(e))
                end_left_locked(e);
        }
        pthread_cond_timedwait(&clock->ended, &clock->lock, &until);
    }
    pthread_mutex_unlock(&clock->lock);
    return NULL;
}

serve_clock *clock_open(bool plain)
{
    serve_clock *clock = calloc(1, sizeof(*clock));

    if (!clock)
        return NULL;
    clock->plain = plain;
    pthread_mutex_init(&clock->lock, NULL);
    clock_init_condition(&clock->ended);
    if (pthread_create(&clock->thread, NULL, look, clock) == 0)
        return clock;
    pthread_cond_destroy(&clock->ended);
    pthread_mutex_destroy(&clock->lock);
    free(clock);
    return NULL;
}

void clock_close(serve_clock *clock)
{
    if (!clock)
        return;
    pthread_mutex_lock(&clock->lock);
    clock->ends = true;
    pthread_cond_signal(&clock->ended);
    pthread_mutex_unlock(&clock->lock);
    pthread_join(clock->thread, NULL);
    while (clock->entries)
        clock_remove(clock, clock->entries);
    pthread_cond_destroy(&clock->ended);
    pthread_mutex_destroy(&clock->lock);
    free(clock);
}

clock_entry *clock_add(serve_clock *clock, int fd)
{
    clock_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->fd = fd;
    entry->first = true;
    entry->since_ms = now_ms();
    pthread_mutex_lock(&clock->lock);
    entry->next = clock->entries;
    if (entry->next)
        entry->next->before = entry;
    clock->entries = entry;
    pthread_mutex_unlock(&clock->lock);
    return entry;
}

void clock_remove(serve_clock *clock, clock_entry *entry)
{
    if (!entry)
        return;
    pthread_mutex_lock(&clock->lock);
    if (entry->before)
        entry->before->next = entry->next;
    else
        clock->entries = entry->next;
    if (entry->next)
        entry->next->before = entry->before;
    pthread_mutex_unlock(&clock->lock);
    free(entry);
}

void clock_set(serve_clock *clock, clock_entry *entry, clock_state state)
{
    if (!entry)
        return;
    pthread_mutex_lock(&clock->lock);
    entry->state = state;
    entry->first = entry->first && state == CLOCK_IDLE;
    entry->since_ms = now_ms();
    entry->n_bytes = 0;
    entry->has_left = false;
    pthread_mutex_unlock(&clock->lock);
}

void clock_received(serve_clock *clock, clock_entry *entry, uint64_t n_bytes)
{
    if (!entry)
        return;
    pthread_mutex_lock(&clock->lock);
    entry->n_bytes += n_bytes;
    pthread_mutex_unlock(&clock->lock);
}
