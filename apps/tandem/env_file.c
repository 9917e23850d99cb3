#include "env_file.h"

#include "output.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_BYTES_MAX = 1 << 20
};

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = file ? malloc(FILE_BYTES_MAX + 1) : NULL;

    if (text)
        text[fread(text, 1, FILE_BYTES_MAX, file)] = '\0';
    if (file)
        fclose(file);
    return text;
}

/* Cuts quotes, or a comment and the space before it, off a value in place. */
static char *clean_value(char *value)
{
    while (*value == ' ' || *value == '\t')
        value++;
    if (*value == '"' || *value == '\'') {
        char *end = strchr(value + 1, *value);
        if (!end)
            return NULL;
        *end = '\0';
        return value + 1;
    }
    char *comment = strstr(value, " #");
    if (comment)
        *comment = '\0';
    char *end = value + strlen(value);
    while (end > value && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return value;
}

static bool is_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static int read_line(env_file *env, char *line, size_t number)
{
    while (isspace((unsigned char)*line))
        line++;
    if (!*line || *line == '#')
        return 0;
    if (!strncmp(line, "export ", 7))
        line += 7;
    char *equals = strchr(line, '=');
    if (equals)
        *equals = '\0';
    char *value = equals ? clean_value(equals + 1) : NULL;
    if (!value || !is_name(line) || env->n == ENV_FILE_MAX) {
        output_error("%s, line %zu is not NAME=value", env->path, number);
        return 2;
    }
    env->names[env->n] = line;
    env->values[env->n++] = value;
    return 0;
}

int env_file_read(env_file *env, const char *path)
{
    static const char *const usual[] = {".env.crawl4ai", ".env"};
    int status = 0;

    for (size_t i = 0; !path && i < 2 && !env->text; i++)
        if ((env->text = read_all(usual[i])))
            env->path = usual[i];
    if (path && !(env->text = read_all(path))) {
        output_error("cannot read the env file %s: %s", path, strerror(errno));
        return 2;
    }
    if (path)
        env->path = path;
    size_t number = 1;
    for (char *line = env->text; line && status == 0; number++) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        status = read_line(env, line, number);
        line = end ? end + 1 : NULL;
    }
    return status;
}

const char *env_file_get(const env_file *env, const char *name, const char **from_out)
{
    const char *value = getenv(name);

    *from_out = "the environment";
    for (size_t i = env->n; !value && i-- > 0;) {
        if (!strcmp(env->names[i], name)) {
            value = env->values[i];
            *from_out = env->path;
        }
    }
    return value && value[0] ? value : NULL;
}
