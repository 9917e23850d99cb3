/* texts.h - one text after another, from files taken whole, or from lines of standard input. */
#ifndef TEXTS_H
#define TEXTS_H

#include "tandem/tandem.h"

#include <stdio.h>

typedef struct texts {
    char **paths; /* whole files, when n_paths > 0 */
    size_t n_paths, at;
    bool jsonl; /* lines are JSON: {"text": ...} or a string */
    char *line;
    size_t line_capacity;
    size_t n_lines;
} texts;

/* The next text, malloc'ed; *end_out is set at the end. Returns 0, or the exit status after an
 * error message that names the file or line. */
int texts_next(texts *t, tandem_str *text_out, bool *end_out);
void texts_clear(texts *t);

#endif
