#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct range {
    uint8_t bytes[16];
    uint8_t n_bits;
    const char *kind;
} range;

static const range ranges_v4[] = {
    {{0}, 8, "this network"},
    {{10}, 8, "private"},
    {{100, 64}, 10, "carrier-grade NAT"},
    {{127}, 8, "loopback"},
    {{169, 254}, 16, "link-local"},
    {{172, 16}, 12, "private"},
    {{192, 0, 0}, 24, "protocol assignment"},
    {{192, 0, 2}, 24, "documentation"},
    {{192, 88, 99}, 24, "6to4 relay"},
    {{192, 168}, 16, "private"},
    {{198, 18}, 15, "benchmark"},
    {{198, 51, 100}, 24, "documentation"},
    {{203, 0, 113}, 24, "documentation"},
    {{224}, 4, "multicast"},
    {{240}, 4, "reserved"},
};

static const range ranges_v6[] = {
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "local NAT64"},
    {{0x01}, 64, "discard"},
    {{0x20, 0x01, 0x00, 0x00}, 32, "Teredo"},
    {{0x20, 0x01, 0x00, 0x02, 0x00, 0x00}, 48, "benchmark"},
    {{0x20, 0x01, 0x00, 0x10}, 28, "ORCHID"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x3f, 0xff, 0x00}, 20, "documentation"},
    {{0x5f, 0x00}, 16, "segment routing"},
    {{0xfc}, 7, "private"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "site-local"},
    {{0xff}, 8, "multicast"},
};

/* Prefixes behind which an IPv4 address stands at `offset`. */
static const struct {
    uint8_t bytes[12];
    uint8_t n_bits, offset;
} carriers[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12}, /* ::ffff:a.b.c.d, mapped */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},       /* ::ffff:0:a.b.c.d, translated */
    {{0}, 96, 12},                                        /* ::a.b.c.d, compatible; :: and ::1 */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},                   /* 64:ff9b::a.b.c.d, NAT64 */
    {{0x20, 0x02}, 16, 2},                                /* 2002:aabb:ccdd::, 6to4 */
};

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, size_t n_bits)
{
    size_t n_whole = n_bits / 8;
    if (memcmp(address, prefix, n_whole) != 0)
        return false;
    if (n_bits % 8 == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - n_bits % 8));
    return (address[n_whole] & mask) == (prefix[n_whole] & mask);
}

static const char *kind_in(const range *ranges, size_t n, const uint8_t *address)
{
    for (size_t i = 0; i < n; i++)
        if (has_prefix(address, ranges[i].bytes, ranges[i].n_bits))
            return ranges[i].kind;
    return NULL;
}

static const char *kind_v4(const uint8_t address[4])
{
    return kind_in(ranges_v4, sizeof(ranges_v4) / sizeof(ranges_v4[0]), address);
}

static const char *kind_v6(const uint8_t address[16])
{
    static const uint8_t loopback[16] = {[15] = 1};
    static const uint8_t isatap[4] = {0x00, 0x00, 0x5e, 0xfe};

    if (memcmp(address, loopback, sizeof(loopback)) == 0)
        return "loopback";
    for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
        if (has_prefix(address, carriers[i].bytes, carriers[i].n_bits))
            return kind_v4(address + carriers[i].offset);
    const char *kind = kind_in(ranges_v6, sizeof(ranges_v6) / sizeof(ranges_v6[0]), address);
    if (kind)
        return kind;
    /* ISATAP is an interface id, so any prefix may stand before it; bit 1 of its first byte says
     * only whether the IPv4 address is unique. */
    uint8_t id[4] = {address[8] & 0xfd, address[9], address[10], address[11]};
    return memcmp(id, isatap, sizeof(isatap)) == 0 ? kind_v4(address + 12) : NULL;
}

const char *td_net_address_special(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return kind_v4((const uint8_t *)&v4.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return kind_v6(v6.sin6_addr.s6_addr);
    }
    return "not an internet";
}

void td_net_address_text(const struct sockaddr *address, char out[TD_NET_ADDRESS_TEXT_N])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    const char *text = NULL;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        text = inet_ntop(AF_INET, &v4.sin_addr, out, TD_NET_ADDRESS_TEXT_N);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof(v6));
        text = inet_ntop(AF_INET6, &v6.sin6_addr, out, TD_NET_ADDRESS_TEXT_N);
    }
    if (!text)
        snprintf(out, TD_NET_ADDRESS_TEXT_N, "family %d", (int)address->sa_family);
}
