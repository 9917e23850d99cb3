/* input.h - standard input and files, read whole. */
#ifndef INPUT_H
#define INPUT_H

#include "tandem/tandem.h"

#include <stdbool.h>

/* Reads `path`, "-" for standard input, whole, at most 64 MB; `text_out` is malloc'ed. Returns 0,
 * or the exit status after an error message. */
int input_read(const char *path, tandem_str *text_out);

/* Line number `number` of standard input into *line, which grows to at most 64 MB and is yours to
 * free; *n_out are its bytes without the end of line. Returns 0, or the exit status after an error
 * message. */
int input_line(char **line, size_t *capacity, size_t number, size_t *n_out, bool *end_out);

#endif
