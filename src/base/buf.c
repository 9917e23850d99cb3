#include "base/buf.h"

#include "base/size.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_BYTES = 64
};

/* Bytes to allocate for `needed`: doubled, so that adding is cheap on average, within the cap. */
static size_t grown_bytes(const td_buf *buf, size_t needed)
{
    size_t doubled = buf->capacity ? buf->capacity : FIRST_BYTES / 2;
    if (!td_size_mul(doubled, 2, &doubled) || doubled < needed)
        doubled = needed;
    size_t most = buf->n_max == SIZE_MAX ? SIZE_MAX : buf->n_max + 1;
    return doubled < most ? doubled : most;
}

tandem_code td_buf_reserve(td_buf *buf, size_t n_more, tandem_error *err)
{
    size_t needed;
    if (!td_size_add(buf->n, n_more, &needed) || needed > buf->n_max)
        return td_fail(err, TANDEM_E_TOO_LARGE, "%zu more bytes after %zu pass the cap of %zu",
                       n_more, buf->n, buf->n_max);
    if (!td_size_add(needed, 1, &needed))
        return td_fail_nomem(err, "buffer");
    if (needed <= buf->capacity)
        return TANDEM_OK;

    size_t capacity = grown_bytes(buf, needed);
    char *ptr = realloc(buf->ptr, capacity);
    if (!ptr)
        return td_fail(err, TANDEM_E_NOMEM, "out of memory: buffer of %zu bytes", capacity);
    ptr[buf->n] = '\0';
    buf->ptr = ptr;
    buf->capacity = capacity;
    return TANDEM_OK;
}

/* Whether n more bytes and the NUL fit into what is allocated. */
static bool has_room(const td_buf *buf, size_t n)
{
    return n < buf->capacity - buf->n;
}

tandem_code td_buf_add(td_buf *buf, td_str bytes, tandem_error *err)
{
    if (!has_room(buf, bytes.n)) {
        tandem_code code = td_buf_reserve(buf, bytes.n, err);
        if (code != TANDEM_OK)
            return code;
    }
    if (bytes.n)
        memcpy(buf->ptr + buf->n, bytes.ptr, bytes.n);
    buf->n += bytes.n;
    buf->ptr[buf->n] = '\0';
    return TANDEM_OK;
}

tandem_code td_buf_add_times(td_buf *buf, char byte, size_t n, tandem_error *err)
{
    if (!has_room(buf, n)) {
        tandem_code code = td_buf_reserve(buf, n, err);
        if (code != TANDEM_OK)
            return code;
    }
    memset(buf->ptr + buf->n, byte, n);
    buf->n += n;
    buf->ptr[buf->n] = '\0';
    return TANDEM_OK;
}

tandem_code td_buf_add_byte(td_buf *buf, char byte, tandem_error *err)
{
    if (!has_room(buf, 1))
        return td_buf_add(buf, (td_str){&byte, 1}, err);
    buf->ptr[buf->n++] = byte;
    buf->ptr[buf->n] = '\0';
    return TANDEM_OK;
}

tandem_code td_buf_add_fmt(td_buf *buf, tandem_error *err, const char *format, ...)
{
    tandem_code code = TANDEM_OK;
    va_list args;

    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        TD_FAIL(err, TANDEM_E_INTERNAL, "cannot format \"%s\"", format);
    TD_TRY(td_buf_reserve(buf, (size_t)n, err));

    va_start(args, format);
    vsnprintf(buf->ptr + buf->n, (size_t)n + 1, format, args);
    va_end(args);
    buf->n += (size_t)n;

out:
    return code;
}

void td_buf_cut(td_buf *buf, size_t n)
{
    if (n >= buf->n)
        return;
    buf->n = n;
    buf->ptr[n] = '\0';
}

td_buf td_buf_take(td_buf *buf)
{
    td_buf taken = *buf;
    *buf = TD_BUF(taken.n_max);
    return taken;
}

void td_buf_clear(td_buf *buf)
{
    free(buf->ptr);
    *buf = TD_BUF(buf->n_max);
}
