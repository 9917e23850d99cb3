#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool quiet;
static bool colour[2]; /* stdout, stderr */
static bool live;
static atomic_int lost; /* errno of the first write to stdout that is known to have failed */

void output_init(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool able = term && strcmp(term, "dumb") != 0;

    live = able && isatty(STDERR_FILENO);
    colour[0] = able && !(no_colour && no_colour[0]) && isatty(STDOUT_FILENO);
    colour[1] = live && !(no_colour && no_colour[0]);
}

void output_set_quiet(bool on)
{
    quiet = on;
}

bool output_is_live(void)
{
    return live && !quiet;
}

int output_columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

const char *output_style_of(FILE *stream, output_style style)
{
    static const char *const escapes[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                          "\033[32m", "\033[36m", "\033[31m"};

    return colour[stream == stderr] ? escapes[style] : "";
}

/* In one write, so that lines of two threads stay whole. */
static void say(output_style style, const char *format, va_list arguments)
{
    char line[2048], whole[4 * sizeof(line)] = ""; /* a character of three bytes for a control */
    FILE *memory = fmemopen(whole, sizeof(whole), "w");
    FILE *out = memory ? memory : stderr;

    vsnprintf(line, sizeof(line), format, arguments);
    fprintf(out, "%standem:%s ", output_style_of(stderr, style),
            output_style_of(stderr, STYLE_PLAIN));
    output_text(out, text_of(line));
    fputc('\n', out);
    if (memory) {
        fclose(memory);
        fputs(whole, stderr);
    }
}

void output_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(STYLE_RED, format, arguments);
    va_end(arguments);
}

void output_note(const char *format, ...)
{
    va_list arguments;

    if (quiet)
        return;
    va_start(arguments, format);
    say(STYLE_DIM, format, arguments);
    va_end(arguments);
}

int output_failure(const tandem_error *error)
{
    const char *message = error->message[0] ? error->message : tandem_code_text(error->code);

    if (error->context[0])
        output_error("%s: %s", error->context, message);
    else
        output_error("%s", message);
    return tandem_code_exit(error->code);
}

/* Right behind a write: what comes later sets errno anew. */
static void note_loss(void)
{
    if (lost == 0 && ferror(stdout))
        lost = errno;
}

void output_text(FILE *stream, tandem_str text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        /* C1 controls are two bytes in UTF-8; U+0080..U+009F start with C2 80..9F. */
        bool c1 = c == 0xC2 && i + 1 < text.n && (unsigned char)text.ptr[i + 1] < 0xA0;
        bool line_end = c == '\r' && i + 1 < text.n && text.ptr[i + 1] == '\n';
        bool control = (c < 0x20 && c != '\n' && c != '\t' && !line_end) || c == 0x7F || c1;
        if (!control)
            continue;
        fwrite(text.ptr + from, 1, i - from, stream);
        fputs("\xEF\xBF\xBD", stream);
        i += c1;
        from = i + 1;
    }
    fwrite(text.ptr + from, 1, text.n - from, stream);
    if (stream == stdout)
        note_loss();
}

json_t *output_json_text(tandem_str text)
{
    json_t *value = json_stringn(text.n ? text.ptr : "", text.n);
    char *ascii = value ? NULL : malloc(text.n + 1);

    if (!ascii)
        return value;
    for (size_t i = 0; i < text.n; i++)
        ascii[i] = text.ptr[i] > 0 ? text.ptr[i] : '?';
    value = json_stringn(ascii, text.n);
    free(ascii);
    return value;
}

json_t *output_json_cstr(const char *text)
{
    return output_json_text(text_of(text));
}

void output_json(json_t *value)
{
    bool written = value && json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0;

    if (written)
        putchar('\n');
    note_loss();
    if (!written && !ferror(stdout)) /* what cannot be written is told once, by output_finish() */
        output_error("out of memory for a line of JSON");
    json_decref(value);
}

/* A string of JSON. Runs of what needs no escape are written at once. */
static void put_json_string(tandem_str text)
{
    static const char names[] = "btnvfr"; /* of 8 to 13; JSON has no \v */
    size_t from = 0;

    text.ptr = text.n ? text.ptr : "";
    putchar('"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        fwrite(text.ptr + from, 1, i - from, stdout);
        from = i + 1;
        if (c >= 0x20)
            printf("\\%c", c);
        else if (c >= '\b' && c <= '\r' && c != '\v')
            printf("\\%c", names[c - '\b']);
        else
            printf("\\u%04X", c);
    }
    fwrite(text.ptr + from, 1, text.n - from, stdout);
    putchar('"');
}

void output_json_around(json_t *before, const char *name, tandem_str text, json_t *after)
{
    char *head = before ? json_dumps(before, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    char *tail = after ? json_dumps(after, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;

    if (head && tail) {
        fwrite(head, 1, strlen(head) - 1, stdout); /* without its brace */
        printf(",\"%s\":", name);
        put_json_string(text);
        printf(",%s\n", tail + 1);
    } else {
        output_error("out of memory for a line of JSON");
    }
    note_loss();
    free(head);
    free(tail);
    json_decref(before);
    json_decref(after);
}

bool output_is_lost(void)
{
    return lost != 0; /* ferror() would wait for a write that waits for its reader */
}

int output_finish(int status)
{
    if (fflush(stdout) != 0 && lost == 0)
        lost = errno;
    if (!ferror(stdout) || lost == EPIPE)
        return status;
    output_error("cannot write to standard output: %s", strerror(lost ? lost : EIO));
    return status ? status : 1;
}
