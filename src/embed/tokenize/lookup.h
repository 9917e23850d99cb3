/* embed/tokenize/lookup.h - the id of a token: a flat hash table, one cache line for most answers.
 *
 * Open addressing, at most half full. A slot holds everything but the token's bytes, which are read
 * only when the tag of 32 bits fits, so a miss rarely leaves the table.
 * Threads:  read-only once filled
 */
#ifndef TD_EMBED_TOKENIZE_LOOKUP_H
#define TD_EMBED_TOKENIZE_LOOKUP_H

#include "embed/tokenize/vocab.h"

typedef struct td_lookup_slot {
    uint32_t tag;       /* upper half of the hash */
    uint32_t at, n, id; /* n 0: free */
} td_lookup_slot;

typedef struct td_lookup {
    const char *bytes; /* borrowed: where `at` points into */
    td_lookup_slot *slots;
    size_t mask, n_used;
    uint64_t seed;
    uint32_t n_bytes_max[256]; /* of the tokens that start with this byte */
} td_lookup;

/* Makes an empty table for up to n_keys tokens. `bytes` is borrowed for the table's life.
 * Errors: E_NOMEM. */
tandem_code td_embed_tokenize_lookup_init(td_lookup *lookup, const char *bytes, size_t n_keys,
                                          tandem_error *err);

/* Puts one token, not empty, in; the same token again gets the later id.
 * Errors: E_FORMAT when tokens were chosen to collide, E_NOMEM. */
tandem_code td_embed_tokenize_lookup_add(td_lookup *lookup, uint32_t at, uint32_t n, uint32_t id,
                                         tandem_error *err);
void td_embed_tokenize_lookup_clear(td_lookup *lookup);

static inline uint64_t td_embed_tokenize_lookup_mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t td_embed_tokenize_lookup_hash(const char *p, size_t n, uint64_t seed)
{
    uint64_t a = 0, b = 0;
    if (n > 16) {
        for (; n > 16; p += 8, n -= 8) {
            memcpy(&a, p, 8);
            seed = td_embed_tokenize_lookup_mix(a ^ seed, UINT64_C(0x9E3779B97F4A7C15));
        }
        memcpy(&a, p, 8);
        memcpy(&b, p + n - 8, 8);
    } else if (n >= 8) {
        memcpy(&a, p, 8);
        memcpy(&b, p + n - 8, 8);
    } else if (n >= 4) {
        uint32_t first, last;
        memcpy(&first, p, 4);
        memcpy(&last, p + n - 4, 4);
        a = first;
        b = last;
    } else if (n > 0) {
        const unsigned char *u = (const unsigned char *)p;
        a = (uint64_t)u[0] << 16 | (uint64_t)u[n >> 1] << 8 | u[n - 1];
    }
    return td_embed_tokenize_lookup_mix(a ^ seed, b ^ (UINT64_C(0xA0761D6478BD642F) + n));
}

/* The id of these bytes, or TD_NO_ID. */
static inline uint32_t td_embed_tokenize_lookup_find(const td_lookup *lookup, const char *bytes,
                                                     size_t n)
{
    uint64_t hash = td_embed_tokenize_lookup_hash(bytes, n, lookup->seed);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = hash & lookup->mask;; i = (i + 1) & lookup->mask) {
        const td_lookup_slot *slot = &lookup->slots[i];
        if (slot->n == 0)
            return TD_NO_ID;
        if (slot->tag == tag && slot->n == n && memcmp(lookup->bytes + slot->at, bytes, n) == 0)
            return slot->id;
    }
}

#endif
