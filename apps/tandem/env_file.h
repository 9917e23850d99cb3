/* env_file.h - variables from the environment, and below them from a file of NAME=value lines. */
#ifndef ENV_FILE_H
#define ENV_FILE_H

#include <stddef.h>

enum {
    ENV_FILE_MAX = 256
};

typedef struct env_file {
    const char *path; /* what was read; NULL: none */
    char *text;       /* holds names and values */
    const char *names[ENV_FILE_MAX], *values[ENV_FILE_MAX];
    size_t n;
} env_file;

/* Reads `path`, or where it is NULL .env.crawl4ai, else .env, in the working directory; none is
 * fine then. Lines: NAME=value, `export ` allowed, # comments, quotes as in a shell. Returns 0, or
 * 2 after an error that names file and line. */
int env_file_read(env_file *env, const char *path);

/* The environment's value, else the file's, else NULL; *from_out says which. */
const char *env_file_get(const env_file *env, const char *name, const char **from_out);

#endif
