#include "embed/identity.h"

#include <inttypes.h>
#include <stdio.h>

static const double NEAR_COSINE = 0.98;

td_str td_embed_identity_probe(void)
{
    return TD_STR("A lane is one model with its queue of chunks; def probe(text): return [0.5]");
}

td_str td_embed_identity_like(uint64_t number, char out[TD_IDENTITY_LIKE_N])
{
    int n = snprintf(out, TD_IDENTITY_LIKE_N,
                     "A lane is one model with its queue of chunks; of no price: %016" PRIu64 "",
                     number % UINT64_C(10000000000000000));
    return (td_str){out, (size_t)n};
}

void td_embed_identity_write(const td_wire_about *about, const float *vector, size_t dim,
                             char out[TD_IDENTITY_N])
{
    size_t n_bits = dim < TD_IDENTITY_BITS ? dim : TD_IDENTITY_BITS;
    int at = snprintf(out, TD_IDENTITY_N, "%s@%s dim=%zu probe=", about->model,
                      about->revision[0] ? about->revision : "unknown", dim);

    for (size_t bit = 0; bit < n_bits; bit += 4) {
        unsigned digit = 0;
        for (size_t i = 0; i < 4 && bit + i < n_bits; i++)
            digit |= (unsigned)(vector[bit + i] > 0) << i;
        out[at++] = "0123456789abcdef"[digit];
    }
    out[at] = '\0';
}

static bool split(td_str identity, td_str *name_out, td_str *probe_out)
{
    static const char mark[] = " probe=";
    size_t at = td_str_find(identity, td_str_from(mark), 0);

    if (at == TD_STR_NONE)
        return false;
    *name_out = td_str_slice(identity, 0, at);
    *probe_out = td_str_slice(identity, at + sizeof(mark) - 1, identity.n);
    return true;
}

static unsigned digit_of(char c)
{
    return (unsigned)(c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16);
}

bool td_embed_identity_same(td_str a, td_str b)
{
    td_str name_a, name_b, probe_a, probe_b;
    size_t n_different = 0;

    if (!split(a, &name_a, &probe_a) || !split(b, &name_b, &probe_b) ||
        !td_str_eq(name_a, name_b) || probe_a.n != probe_b.n)
        return false;
    for (size_t i = 0; i < probe_a.n; i++)
        n_different +=
            (size_t)__builtin_popcount(digit_of(probe_a.ptr[i]) ^ digit_of(probe_b.ptr[i]));
    return n_different * 10 <= probe_a.n * 4;
}

bool td_embed_identity_near(const float *a, const float *b, size_t dim)
{
    double dot = 0;

    for (size_t d = 0; d < dim; d++)
        dot += (double)a[d] * (double)b[d];
    return dot >= NEAR_COSINE;
}

td_str td_embed_identity_model(td_str identity)
{
    size_t at = td_str_find_byte(identity, ' ', 0);
    td_str name = td_str_slice(identity, 0, at);
    size_t end = td_str_find_last_byte(name, '@');

    return td_str_slice(name, 0, end);
}
