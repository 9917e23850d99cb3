/* output.h - results on stdout, everything else on stderr; text from pages can't drive a terminal.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "tandem/tandem.h"

#include <jansson.h>

#include <stdio.h>

/* Sets up colour and width from the terminal and NO_COLOR. */
void output_init(void);
void output_set_quiet(bool quiet);

/* "tandem: ..." on stderr. */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, unless quiet. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* An error of the library, with the way there; returns the exit status. */
int output_failure(const tandem_error *error);

/* Whether stderr is a terminal that can redraw lines. */
bool output_is_live(void);
/* Columns of the terminal on stderr; 80 if it is none. */
int output_columns(void);

typedef enum output_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_GREEN,
    STYLE_CYAN,
    STYLE_RED,
} output_style;
/* The escape for `style` on that stream, or "" where colour is off. */
const char *output_style_of(FILE *stream, output_style style);

/* Text of foreign origin: control characters but newline and tab become U+FFFD. */
void output_text(FILE *stream, tandem_str text);

/* A JSON string; bytes that are not UTF-8 become '?'. Never NULL but when memory is out. */
json_t *output_json_text(tandem_str text);
json_t *output_json_cstr(const char *text);

/* One compact line on stdout; takes the reference. */
void output_json(json_t *value);

/* The same with a member `name` in it that has a long text, which is written as it stands instead
 * of being copied into a value and out again: `before` and `after` are the members on both sides,
 * one at least each. The text is UTF-8, as the library's texts are. */
void output_json_around(json_t *before, const char *name, tandem_str text, json_t *after);

/* Flushes stdout: the exit status, 1 with a message if it could not be written. A reader that has
 * gone (a closed pipe) is no error. */
int output_finish(int status);
/* Whether something of stdout could not be written, so that there is no use in more. Any thread. */
bool output_is_lost(void);

static inline tandem_str text_of(const char *text)
{
    return (tandem_str){text ? text : "", text ? __builtin_strlen(text) : 0};
}

#endif
