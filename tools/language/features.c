/* Features of a text for train.py, by ctypes: the same code that tandem runs. */
#include "chunk/features.h"

typedef struct lines {
    char *ptr;
    size_t n, n_max;
} lines;

static void add(void *user, td_str token)
{
    lines *out = user;
    if (out->n + token.n + 1 > out->n_max)
        return;
    memcpy(out->ptr + out->n, token.ptr, token.n);
    out->n += token.n;
    out->ptr[out->n++] = '\n';
}

size_t feats(const char *text, size_t n, float *shapes, char *tokens_out, size_t n_max);
int n_shapes(void);

size_t feats(const char *text, size_t n, float *shapes, char *tokens_out, size_t n_max)
{
    lines out = {tokens_out, 0, n_max};
    td_chunk_features_read((td_str){text, n}, add, &out, shapes);
    return out.n;
}

int n_shapes(void)
{
    return TD_CHUNK_N_SHAPES;
}
