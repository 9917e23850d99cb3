/* base/hash.h - XXH3-128 of bytes: content hashes and cache keys inside one user's data.
 *
 * Not for anything that another party may choose on purpose: downloads use SHA-256.
 * Threads:  pure functions
 * Source:   xxHash 0.8, XXH3_128bits, canonical (big-endian) bytes
 */
#ifndef TD_BASE_HASH_H
#define TD_BASE_HASH_H

#include "base/str.h"

typedef struct td_hash {
    uint8_t bytes[16];
} td_hash;

enum {
    TD_HASH_HEX_N = 33
};

td_hash td_hash_of(td_str bytes);

/* Hash of several parts; ("ab","c") and ("a","bc") differ, since each part's length counts. */
td_hash td_hash_of_parts(const td_str *parts, size_t n);

/* The same of bytes that shall not all be in memory at once: `forget` gets each stretch of a few MB
 * that has been read. */
td_hash td_hash_of_parts_in_turn(const td_str *parts, size_t n, void (*forget)(td_str read));

static inline bool td_hash_eq(td_hash a, td_hash b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

/* 32 lower-case digits and a NUL. */
void td_hash_hex(td_hash hash, char out[TD_HASH_HEX_N]);

#endif
