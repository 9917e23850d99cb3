/* serve/guard.h - who may ask: Host, Origin and key.
 *
 * A page of any site can make a browser send requests to loopback. Such a request carries that
 * site's Origin, or, after DNS rebinding, its name as Host: both are refused.
 * Threads:  pure functions on a guard that does not change
 */
#ifndef SERVE_GUARD_H
#define SERVE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

enum {
    GUARD_HASH_BYTES = 32,
};

typedef struct guard {
    bool loopback;            /* bound to loopback only */
    const char *const *hosts; /* names allowed besides loopback's; borrowed */
    size_t n_hosts;
    bool has_key;
    unsigned char key_hash[GUARD_HASH_BYTES]; /* SHA-256: the key itself is not kept */
} guard;

/* Whether a host to bind is loopback: 127/8, ::1 or localhost. */
bool guard_is_loopback(const char *host);

/* `key` NULL or "": none is asked for. */
void guard_init(guard *g, const char *bind_host, const char *const *hosts, size_t n_hosts,
                const char *key);

/* `host` as the header says it, with or without port; NULL (HTTP/1.0) is allowed: no browser sends
 * that. Bound elsewhere than to loopback, any address written as numbers is allowed too, since a
 * name that was rebound is no number. */
bool guard_allows_host(const guard *g, const char *host);

/* NULL (no browser, or the page's own GET) is allowed. */
bool guard_allows_origin(const guard *g, const char *origin);

/* `authorization` as the header says it: "Bearer KEY". The comparison takes the same time whatever
 * was sent. */
bool guard_allows_key(const guard *g, const char *authorization);

#endif
