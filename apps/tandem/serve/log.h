/* serve/log.h - one line a request, on stderr. */
#ifndef SERVE_LOG_H
#define SERVE_LOG_H

#include "serve/http.h"

#include <stddef.h>

/* "POST /embed 200 1.3 ms: 3 texts". Of the address the path alone: a query may hold what is not to
 * be kept, and no header is in it. Control characters become '?'. Returns its bytes. */
size_t log_format(const http_request *request, double seconds, char *out, size_t n);

void log_write(const http_request *request, double seconds);

#endif
