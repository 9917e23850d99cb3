/* tandem/error.h - what went wrong: one code, one sentence, and the way there.
 *
 * Every function that can fail returns a `tandem_code` and fills the caller's `tandem_error`,
 * if one was given. An out argument is untouched on failure.
 */
#ifndef TANDEM_ERROR_H
#define TANDEM_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
/*      name           retry  http  exit  text */
#define TANDEM_CODES(X)                                          \
    X(OK,              false, 200,  0,    "ok")                  \
    X(E_INVALID,       false, 400,  2,    "not allowed")         \
    X(E_NOT_FOUND,     false, 404,  1,    "not found")           \
    X(E_DENIED,        false, 403,  1,    "refused")             \
    X(E_FORMAT,        false, 422,  1,    "malformed")           \
    X(E_UNSUPPORTED,   false, 501,  1,    "not supported")       \
    X(E_TOO_LARGE,     false, 413,  1,    "too large")           \
    X(E_EMPTY,         false, 422,  1,    "empty")               \
    X(E_CONFLICT,      false, 409,  1,    "conflict")            \
    X(E_BUSY,          true,  429,  1,    "busy")                \
    X(E_TIMEOUT,       true,  504,  1,    "timed out")           \
    X(E_NETWORK,       true,  502,  1,    "network failure")     \
    X(E_UNAVAILABLE,   true,  503,  1,    "unavailable")         \
    X(E_IO,            false, 500,  1,    "input/output error")  \
    X(E_NO_SPACE,      false, 507,  1,    "no space left")       \
    X(E_NOMEM,         false, 503,  1,    "out of memory")       \
    X(E_PARTIAL,       false, 200,  3,    "done with failures")  \
    X(E_CANCELLED,     false, 499,  130,  "cancelled")           \
    X(E_INTERNAL,      false, 500,  1,    "internal error")
/* clang-format on */

typedef enum tandem_code {
#define TANDEM_CODE_ENUM(name, retry, http, exit, text) TANDEM_##name,
    TANDEM_CODES(TANDEM_CODE_ENUM)
#undef TANDEM_CODE_ENUM
    TANDEM_N_CODES
} tandem_code;

typedef struct tandem_error {
    tandem_code code;
    char message[256]; /* what failed, with the numbers that explain it */
    char context[256]; /* the way there, outermost first: "index > page 17 > chunk 3" */
} tandem_error;

/* The name without prefix: "E_TIMEOUT". Static; never NULL, also for a value that is no code. */
const char *tandem_code_name(tandem_code code);

/* What the code means in two words: "timed out". Static; never NULL. */
const char *tandem_code_text(tandem_code code);

/* Whether the same call may succeed later without anything else being changed. */
bool tandem_code_retry(tandem_code code);

/* The HTTP status that a server answers with. */
int tandem_code_http(tandem_code code);

/* The exit status that a program ends with. */
int tandem_code_exit(tandem_code code);

#ifdef __cplusplus
}
#endif

#endif
