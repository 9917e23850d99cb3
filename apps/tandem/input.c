#include "input.h"

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_BYTES_MAX = 1 << 30
};

int input_read(const char *path, tandem_str *text_out)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    size_t capacity = 1u << 16;
    size_t n = 0;
    char *text = file ? malloc(capacity) : NULL;

    while (text && !feof(file) && !ferror(file) && n < INPUT_BYTES_MAX) {
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
    else if (n >= INPUT_BYTES_MAX)
        output_error("%s is larger than %d bytes", is_stdin ? "standard input" : path,
                     INPUT_BYTES_MAX);
    if (file && !is_stdin)
        fclose(file);
    if (failed || n >= INPUT_BYTES_MAX) {
        free(text);
        return 1;
    }
    *text_out = (tandem_str){text, n};
    return 0;
}
