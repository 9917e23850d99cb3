/* net/address.h - which addresses are no part of the public internet.
 *
 * In:       the address that a socket is about to be opened to
 * Out:      what kind of special address it is, if it is one
 * Threads:  pure functions
 * Source:   RFC 6890 and the IANA special-purpose registries (IPv4 2021-02, IPv6 2024-10)
 */
#ifndef TD_NET_ADDRESS_H
#define TD_NET_ADDRESS_H

#include <sys/socket.h>

/* "loopback", "private", "link-local", ...; NULL for a public address. A family that is neither
 * IPv4 nor IPv6 is special too. An IPv6 address that carries an IPv4 one (mapped, compatible,
 * 6to4, NAT64, ISATAP) is what the inner one is. */
const char *td_net_address_special(const struct sockaddr *address);

enum {
    TD_NET_ADDRESS_TEXT_N = 64
};

/* The address without port, for messages. Always ends in a NUL. */
void td_net_address_text(const struct sockaddr *address, char out[TD_NET_ADDRESS_TEXT_N]);

#endif
