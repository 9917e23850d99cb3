/* base/error.h - how a failure is made, explained on its way up, and checked against.
 *
 * Threads:  pure functions on the caller's own tandem_error
 */
#ifndef TD_BASE_ERROR_H
#define TD_BASE_ERROR_H

#include "tandem/error.h"

/* Sets code and message and clears the way there; returns `code`, so that a caller can write
 * `return td_fail(err, ...)`. `err` may be NULL. A message too long is cut at a character; a
 * character that would break the line or drive a terminal becomes '?', as it may be quoted. */
tandem_code td_fail(tandem_error *err, tandem_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* td_fail with errno's text at the end: "cannot open a/b: No such file or directory".
 * ENOMEM, ENOSPC, EDQUOT, ENOENT, EACCES and EPERM choose their own code; all others are E_IO. */
tandem_code td_fail_errno(tandem_error *err, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* td_fail for malloc's NULL. `what` names what was being made. */
tandem_code td_fail_nomem(tandem_error *err, const char *what);

/* Puts one step in front of the way there: "page 3" and "chunk 1" become "page 3 > chunk 1". */
void td_context(tandem_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs `call`; on failure keeps its code in the local `code` and leaves through the label `out`. */
#define TD_TRY(call)           \
    do {                       \
        code = (call);         \
        if (code != TANDEM_OK) \
            goto out;          \
    } while (0)

/* Leaves through `out` with a fresh failure. */
#define TD_FAIL(err, failure, ...)                     \
    do {                                               \
        code = td_fail((err), (failure), __VA_ARGS__); \
        goto out;                                      \
    } while (0)

/* For our own mistakes only; stays on in release builds. Prints file, line, condition; aborts. */
#define td_assert(condition) \
    ((condition) ? (void)0 : td_assert_failed(#condition, __FILE__, __LINE__))

/* td_assert inside kernels: debug builds only. */
#if defined(NDEBUG)
#    define td_assert_hot(condition) ((void)0)
#else
#    define td_assert_hot(condition) td_assert(condition)
#endif

_Noreturn void td_assert_failed(const char *condition, const char *file, int line);

#endif
