#include "base/hash.h"

/* Inlined: the one way to keep the state of several parts on the stack, whatever the library. */
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    STRETCH_BYTES = 8 << 20
};

static td_hash canonical(XXH128_hash_t value)
{
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, value);
    td_hash hash;
    memcpy(hash.bytes, bytes.digest, sizeof(hash.bytes));
    return hash;
}

td_hash td_hash_of(td_str bytes)
{
    return canonical(XXH3_128bits(bytes.n ? bytes.ptr : "", bytes.n));
}

static void add_in_turn(XXH3_state_t *state, td_str part, void (*forget)(td_str read))
{
    for (td_str read; part.n; part = td_str_slice(part, read.n, part.n)) {
        read = td_str_slice(part, 0, forget && part.n > STRETCH_BYTES ? STRETCH_BYTES : part.n);
        XXH3_128bits_update(state, read.ptr, read.n);
        if (forget)
            forget(read);
    }
}

td_hash td_hash_of_parts_in_turn(const td_str *parts, size_t n, void (*forget)(td_str read))
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset(&state);
    for (size_t i = 0; i < n; i++) {
        unsigned char length[8];
        for (size_t k = 0; k < sizeof(length); k++)
            length[k] = (unsigned char)((uint64_t)parts[i].n >> (8 * k));
        XXH3_128bits_update(&state, length, sizeof(length));
        add_in_turn(&state, parts[i], forget);
    }
    return canonical(XXH3_128bits_digest(&state));
}

td_hash td_hash_of_parts(const td_str *parts, size_t n)
{
    return td_hash_of_parts_in_turn(parts, n, NULL);
}

void td_hash_hex(td_hash hash, char out[TD_HASH_HEX_N])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof(hash.bytes); i++) {
        out[2 * i] = digits[hash.bytes[i] >> 4];
        out[2 * i + 1] = digits[hash.bytes[i] & 15];
    }
    out[TD_HASH_HEX_N - 1] = '\0';
}
