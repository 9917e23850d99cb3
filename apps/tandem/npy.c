#include "npy.h"

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HEADER_BYTES = 128
};

struct npy {
    FILE *file;
    char *path, *part;
    size_t n, dim;
};

/* Of fixed length, so that it can be written first with no rows and again at the end. */
static bool write_header(npy *f)
{
    char header[HEADER_BYTES + 1];
    int n = snprintf(header, sizeof(header),
                     "\x93NUMPY\x01%c\x76%c{'descr': '<f4', 'fortran_order': False, "
                     "'shape': (%zu, %zu), }",
                     0, 0, f->n, f->dim);

    memset(header + n, ' ', (size_t)(HEADER_BYTES - n));
    header[7] = 0;
    header[8] = HEADER_BYTES - 10;
    header[9] = 0;
    header[HEADER_BYTES - 1] = '\n';
    return fseek(f->file, 0, SEEK_SET) == 0 && fwrite(header, HEADER_BYTES, 1, f->file) == 1;
}

npy *npy_open(const char *path, size_t dim)
{
    npy *f = calloc(1, sizeof(*f));
    size_t n = strlen(path) + sizeof(".part");

    if (f) {
        f->dim = dim;
        f->path = strdup(path);
        f->part = malloc(n);
    }
    if (!f || !f->path || !f->part) {
        output_error("out of memory for %s", path);
        npy_finish(f, false);
        return NULL;
    }
    snprintf(f->part, n, "%s.part", path);
    f->file = fopen(f->part, "wb");
    if (!f->file || !write_header(f)) {
        output_error("cannot write %s: %s", f->part, strerror(errno));
        npy_finish(f, false);
        return NULL;
    }
    return f;
}

bool npy_add(npy *f, const float *rows, size_t n)
{
    f->n += n;
    if (fwrite(rows, f->dim * sizeof(*rows), n, f->file) == n)
        return true;
    output_error("cannot write %s: %s", f->part, strerror(errno));
    return false;
}

bool npy_finish(npy *f, bool keep)
{
    bool ok = true;

    if (!f)
        return false;
    if (f->file) {
        ok = !keep || write_header(f);
        ok = fclose(f->file) == 0 && ok;
        ok = ok && (!keep || rename(f->part, f->path) == 0);
        if (!ok)
            output_error("cannot write %s: %s", f->path, strerror(errno));
        if (!ok || !keep)
            unlink(f->part);
    }
    free(f->path);
    free(f->part);
    free(f);
    return ok;
}
