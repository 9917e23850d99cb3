#include "serve/log.h"

#include <stdio.h>
#include <unistd.h>

size_t log_format(const http_request *request, double seconds, char *out, size_t n)
{
    int length =
        snprintf(out, n, "tandem: %s %.200s %d %.1f ms%s%s", request->method, request->path,
                 request->status, seconds * 1e3, request->note[0] ? ": " : "", request->note);
    size_t used = length < 0 ? 0 : (size_t)length < n ? (size_t)length : n - 1;

    for (size_t i = 0; i < used; i++)
        if ((unsigned char)out[i] < 0x20 || (unsigned char)out[i] >= 0x7F)
            out[i] = '?';
    return used;
}

void log_write(const http_request *request, double seconds)
{
    char line[400];
    size_t n = log_format(request, seconds, line, sizeof(line) - 1);

    line[n++] = '\n';
    (void)!write(STDERR_FILENO, line, n); /* one call, so that lines of two threads stay whole */
}
