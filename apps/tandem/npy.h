/* npy.h - a NumPy array file, float32 [n, dim], written row by row.
 *
 * Source: NumPy's format description, version 1.0
 */
#ifndef NPY_H
#define NPY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct npy npy;

/* Starts `path` beside itself; nothing of that name is touched until npy_finish. NULL after an
 * error message. */
npy *npy_open(const char *path, size_t dim);

bool npy_add(npy *file, const float *rows, size_t n);

/* Puts the file in its place; false after an error message. `keep` false drops it. */
bool npy_finish(npy *file, bool keep);

#endif
