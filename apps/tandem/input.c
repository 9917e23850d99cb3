#include "input.h"

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_MB_MAX = 64, /* one text: no model and no page needs more */
    INPUT_BYTES_MAX = INPUT_MB_MAX << 20
};

int input_read(const char *path, tandem_str *text_out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    size_t capacity = 1u << 16;
    size_t n = 0;
    char *text = file ? malloc(capacity) : NULL;

    while (text && !feof(file) && !ferror(file) && n <= INPUT_BYTES_MAX) {
        n += fread(text + n, 1, capacity - n, file);
        if (n < capacity)
            continue;
        capacity *= 2;
        char *larger = realloc(text, capacity);
        if (!larger)
            free(text);
        text = larger;
    }
    bool failed = !file || !text || ferror(file);
    if (failed)
        output_error("cannot read %s: %s", is_stdin ? "standard input" : path,
                     file && !text ? "out of memory" : strerror(errno));
    else if (n > INPUT_BYTES_MAX)
        output_error("%s is larger than %d MB: split it", is_stdin ? "standard input" : path,
                     INPUT_MB_MAX);
    if (file && !is_stdin)
        fclose(file);
    if (failed || n > INPUT_BYTES_MAX) {
        free(text);
        return 1;
    }
    *text_out = (tandem_str){text, n};
    return 0;
}

/* Room for one more byte behind `n`. */
static bool make_room(char **line, size_t *capacity, size_t n)
{
    if (n < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : 256;
    char *moved = realloc(*line, larger);

    if (!moved)
        return false;
    *line = moved;
    *capacity = larger;
    return true;
}

int input_line(char **line, size_t *capacity, size_t number, size_t *n_out, bool *end_out)
{
    size_t n = 0;
    int c = 0;

    errno = 0;
    while (n <= INPUT_BYTES_MAX && (c = getc_unlocked(stdin)) != EOF && c != '\n') {
        if (!make_room(line, capacity, n)) {
            output_error("line %zu: out of memory", number);
            return 1;
        }
        (*line)[n++] = (char)c;
    }
    if (n > INPUT_BYTES_MAX) {
        output_error("line %zu is longer than %d MB: split it", number, INPUT_MB_MAX);
        return 1;
    }
    if (ferror(stdin)) {
        output_error("cannot read standard input: %s", strerror(errno));
        return 1;
    }
    *end_out = c == EOF && n == 0;
    while (n > 0 && (*line)[n - 1] == '\r')
        n--;
    *n_out = n;
    return 0;
}
