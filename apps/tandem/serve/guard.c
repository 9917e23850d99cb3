#include "serve/guard.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    HOST_BYTES_MAX = 256,
};

static bool is_number(const char *host)
{
    struct in6_addr address;

    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

bool guard_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static void hash_of(const char *key, size_t n, unsigned char out[GUARD_HASH_BYTES])
{
    gnutls_hash_fast(GNUTLS_DIG_SHA256, key, n, out);
}

void guard_init(guard *g, const char *bind_host, const char *const *hosts, size_t n_hosts,
                const char *key)
{
    *g = (guard){.loopback = guard_is_loopback(bind_host), .hosts = hosts, .n_hosts = n_hosts};
    g->has_key = key && key[0];
    if (g->has_key)
        hash_of(key, strlen(key), g->key_hash);
}

/* "[::1]:7070" -> "::1", "name.:80" -> "name"; false for what is no host. */
static bool bare_host(const char *host, char out[HOST_BYTES_MAX])
{
    bool bracket = host[0] == '[';
    const char *end = bracket ? strchr(host, ']') : strchr(host, ':');
    const char *from = host + bracket;
    size_t n = end ? (size_t)(end - from) : strlen(from);
    const char *rest = end ? end + bracket : "";

    if ((bracket && !end) || n == 0 || n >= HOST_BYTES_MAX)
        return false;
    if (rest[0] && (rest[0] != ':' || strspn(rest + 1, "0123456789") != strlen(rest + 1)))
        return false;
    memcpy(out, from, n);
    out[n] = '\0';
    if (n > 1 && out[n - 1] == '.')
        out[n - 1] = '\0';
    return true;
}

bool guard_allows_host(const guard *g, const char *host)
{
    char name[HOST_BYTES_MAX];

    if (!host)
        return true;
    if (!bare_host(host, name))
        return false;
    if (guard_is_loopback(name) || (!g->loopback && is_number(name)))
        return true;
    for (size_t i = 0; i < g->n_hosts; i++)
        if (strcasecmp(name, g->hosts[i]) == 0)
            return true;
    return false;
}

bool guard_allows_origin(const guard *g, const char *origin)
{
    if (!origin)
        return true;
    if (strncasecmp(origin, "http://", 7) == 0)
        return origin[7] && guard_allows_host(g, origin + 7);
    return strncasecmp(origin, "https://", 8) == 0 && origin[8] && guard_allows_host(g, origin + 8);
}

bool guard_allows_key(const guard *g, const char *authorization)
{
    unsigned char hash[GUARD_HASH_BYTES];
    unsigned char differs = 0;

    if (!g->has_key)
        return true;
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    const char *key = authorization + 7 + strspn(authorization + 7, " ");
    hash_of(key, strlen(key), hash);
    for (size_t i = 0; i < sizeof(hash); i++)
        differs |= hash[i] ^ g->key_hash[i];
    return differs == 0;
}
