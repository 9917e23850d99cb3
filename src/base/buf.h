/* base/buf.h - bytes that grow, up to a cap that must be given.
 *
 * A td_buf is initialised by TD_BUF(max) and cleared by td_buf_clear. The bytes are always
 * followed by a NUL that is not counted, once anything was added.
 * Threads:  one owner
 */
#ifndef TD_BASE_BUF_H
#define TD_BASE_BUF_H

#include "base/error.h"
#include "base/str.h"

#include <stdarg.h>

typedef struct td_buf {
    char *ptr;
    size_t n;        /* bytes in use */
    size_t capacity; /* bytes allocated */
    size_t n_max;    /* never more than this */
} td_buf;

#define TD_BUF(max_bytes)    \
    (td_buf)                 \
    {                        \
        .n_max = (max_bytes) \
    }

/* Room for `n_more` bytes after the present ones. Errors: E_TOO_LARGE past n_max, E_NOMEM. */
tandem_code td_buf_reserve(td_buf *buf, size_t n_more, tandem_error *err);

/* Appends; errors as td_buf_reserve, and then nothing was added. */
tandem_code td_buf_add(td_buf *buf, td_str bytes, tandem_error *err);
tandem_code td_buf_add_byte(td_buf *buf, char byte, tandem_error *err);
tandem_code td_buf_add_times(td_buf *buf, char byte, size_t n, tandem_error *err);
tandem_code td_buf_add_fmt(td_buf *buf, tandem_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The bytes, borrowed until the next change. */
static inline td_str td_buf_str(const td_buf *buf)
{
    return (td_str){buf->ptr ? buf->ptr : "", buf->n};
}

/* Forgets bytes past `n`. */
void td_buf_cut(td_buf *buf, size_t n);

/* The struct moves to the caller; `buf` is left empty with the same cap. */
td_buf td_buf_take(td_buf *buf);

/* Frees; an empty struct is fine. The cap stays. */
void td_buf_clear(td_buf *buf);

#endif
