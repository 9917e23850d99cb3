/* serve/listen.h - sockets that listen. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

/* A socket on host:port (0: any free one), or -1 after an error message that says what to do. The
 * port that it got is in port_out. */
int listen_open(const char *host, uint16_t port, uint16_t *port_out);

/* "30001,30002" -> two ports; false if it is not that. */
bool listen_parse_ports(const char *text, uint16_t ports_out[2]);

#endif
