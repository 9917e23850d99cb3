/* input.h - standard input and files, read whole. */
#ifndef INPUT_H
#define INPUT_H

#include "tandem/tandem.h"

/* Reads `path`, "-" for standard input, whole; `text_out` is malloc'ed. Returns 0, or the exit
 * status after an error message. */
int input_read(const char *path, tandem_str *text_out);

#endif
