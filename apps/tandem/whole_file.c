#include "whole_file.h"

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool whole_file_write(const char *path, const char *bytes, size_t n)
{
    size_t n_part = strlen(path) + sizeof(".part");
    char *part = malloc(n_part);
    FILE *file = NULL;
    bool ok = true;

    if (!strcmp(path, "-")) {
        fwrite(bytes, 1, n, stdout); /* output_finish looks at how that went */
        goto out;
    }
    ok = part != NULL;
    if (!ok) {
        output_error("out of memory for %s", path);
        goto out;
    }
    snprintf(part, n_part, "%s.part", path);
    file = fopen(part, "wb");
    ok = file && fwrite(bytes, 1, n, file) == n;
    ok = (!file || fclose(file) == 0) && ok;
    ok = ok && rename(part, path) == 0;
    if (!ok) {
        output_error("cannot write %s: %s", path, strerror(errno));
        unlink(part);
    }

out:
    free(part);
    return ok;
}
