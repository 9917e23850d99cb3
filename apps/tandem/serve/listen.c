#include "serve/listen.h"

#include "output.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAITING_MAX = 1024, /* connections that nobody has accepted yet */
};

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t n = sizeof(address);

    getsockname(fd, (struct sockaddr *)&address, &n);
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

static int open_one(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, WAITING_MAX) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int listen_open(const char *host, uint16_t port, uint16_t *port_out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char name[8];

    snprintf(name, sizeof(name), "%u", port);
    int rc = getaddrinfo(host, name, &hints, &found);
    if (rc != 0) {
        output_error("cannot listen on %s: %s", host, gai_strerror(rc));
        return -1;
    }
    int fd = open_one(found);
    if (fd < 0 && errno == EADDRINUSE)
        output_error("port %u of %s is taken: another server runs there; name another one with "
                     "--port or --embed-ports",
                     port, host);
    else if (fd < 0)
        output_error("cannot listen on port %u of %s: %s", port, host, strerror(errno));
    else
        *port_out = port_of(fd);
    freeaddrinfo(found);
    return fd;
}

static bool parse_port(const char *text, char **end, uint16_t *out)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    unsigned long port = strtoul(text, end, 10);
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

bool listen_parse_ports(const char *text, uint16_t ports_out[2])
{
    char *end = NULL;
    uint16_t ports[2];

    if (!parse_port(text, &end, &ports[0]) || *end != ',' ||
        !parse_port(end + 1, &end, &ports[1]) || *end)
        return false;
    memcpy(ports_out, ports, sizeof(ports));
    return true;
}
