#include "base/error.h"

#include "base/os.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct code_facts {
    const char *name;
    const char *text;
    int http;
    int exit;
    bool retry;
} code_facts;

static const code_facts facts[] = {
#define CODE_FACTS(name_, retry_, http_, exit_, text_) \
    {.name = #name_, .text = (text_), .http = (http_), .exit = (exit_), .retry = (retry_)},
    TANDEM_CODES(CODE_FACTS)
#undef CODE_FACTS
};

static const code_facts *facts_get(tandem_code code)
{
    bool known = (unsigned)code < TANDEM_N_CODES;
    return &facts[known ? code : TANDEM_E_INTERNAL];
}

const char *tandem_code_name(tandem_code code)
{
    return facts_get(code)->name;
}

const char *tandem_code_text(tandem_code code)
{
    return facts_get(code)->text;
}

bool tandem_code_retry(tandem_code code)
{
    return facts_get(code)->retry;
}

int tandem_code_http(tandem_code code)
{
    return facts_get(code)->http;
}

int tandem_code_exit(tandem_code code)
{
    return facts_get(code)->exit;
}

/* Bytes of `text` that end with a whole character; text[n] is the first byte cut off. */
static size_t whole_characters_n(const char *text, size_t n)
{
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* Copies `from` to `to`, at most `to_max` bytes with the NUL, cut at a character. */
static void copy_cut(char *to, size_t to_max, const char *from)
{
    size_t n = strlen(from);
    if (n >= to_max)
        n = whole_characters_n(from, to_max - 1);
    memcpy(to, from, n);
    to[n] = '\0';
}

/* Every text is made here first: an argument may point into the very error that is written. The
 * sum of both fields and the three bytes of " > " always fits. */
enum {
    TEXT_BYTES = sizeof(((tandem_error *)0)->message) * 2 + 8
};

/* A text may quote a file, a page or a server: whatever would break its line, or drive a terminal,
 * becomes '?'. */
static void make_printable(char *text)
{
    td_str rest = td_str_from(text);

    for (size_t at = 0, n; at < rest.n; at += n) {
        uint32_t codepoint = 0;
        n = td_utf8_at(rest, at, &codepoint);
        bool bad = n == 0 || codepoint < 0x20 || (codepoint >= 0x7F && codepoint < 0xA0);
        n = n ? n : 1;
        if (bad)
            memset(text + at, '?', n);
    }
}

static __attribute__((format(printf, 2, 0))) void format_text(char text[TEXT_BYTES],
                                                              const char *format, va_list args)
{
    if (vsnprintf(text, TEXT_BYTES, format, args) < 0)
        text[0] = '\0';
    make_printable(text);
}

static void set(tandem_error *err, tandem_code code, const char *message)
{
    err->code = code;
    copy_cut(err->message, sizeof(err->message), message);
    err->context[0] = '\0';
}

tandem_code td_fail(tandem_error *err, tandem_code code, const char *format, ...)
{
    td_assert(code != TANDEM_OK);
    if (!err)
        return code;

    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);
    set(err, code, text);
    return code;
}

static tandem_code code_of_errno(int errno_value)
{
    switch (errno_value) {
    case ENOMEM:
        return TANDEM_E_NOMEM;
    case ENOSPC:
    case EDQUOT:
        return TANDEM_E_NO_SPACE;
    case ENOENT:
        return TANDEM_E_NOT_FOUND;
    case EACCES:
    case EPERM:
        return TANDEM_E_DENIED;
    default:
        return TANDEM_E_IO;
    }
}

tandem_code td_fail_errno(tandem_error *err, int errno_value, const char *format, ...)
{
    tandem_code code = code_of_errno(errno_value);
    if (!err)
        return code;

    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);

    /* The reason stands at the end and is short: when both do not fit, the text gives way. */
    char reason[96];
    td_os_error_text(errno_value, reason, sizeof(reason));
    char message[sizeof(err->message)];
    copy_cut(message, sizeof(message) - strlen(reason) - 2, text);
    size_t n = strlen(message);
    snprintf(message + n, sizeof(message) - n, ": %s", reason);
    set(err, code, message);
    return code;
}

tandem_code td_fail_nomem(tandem_error *err, const char *what)
{
    return td_fail(err, TANDEM_E_NOMEM, "out of memory: %s", what);
}

void td_context(tandem_error *err, const char *format, ...)
{
    if (!err)
        return;

    char text[TEXT_BYTES];
    va_list args;
    va_start(args, format);
    format_text(text, format, args);
    va_end(args);

    char whole[TEXT_BYTES];
    char step[sizeof(err->context)];
    copy_cut(step, sizeof(step), text);
    snprintf(whole, sizeof(whole), "%s%s%s", step, err->context[0] ? " > " : "", err->context);
    copy_cut(err->context, sizeof(err->context), whole);
}

_Noreturn void td_assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "tandem: internal mistake at %s:%d: %s\n", file, line, condition);
    abort();
}
