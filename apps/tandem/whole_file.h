/* whole_file.h - a file that is there whole or not at all. */
#ifndef WHOLE_FILE_H
#define WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes beside `path`, then puts it in its place; "-" is standard output. False after an error
 * message. */
bool whole_file_write(const char *path, const char *bytes, size_t n);

#endif
