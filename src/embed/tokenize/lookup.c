#include "embed/tokenize/lookup.h"

#include <stdlib.h>

enum {
    /* Half full, random keys never need a tenth of this; keys made to collide would make every
     * search a walk through the table. */
    PROBES_MAX = 256,
    SEEDS_MAX = 8,
};

static const uint64_t FIRST_SEED = UINT64_C(0x8EBC6AF09C88C6E3);

tandem_code td_embed_tokenize_lookup_init(td_lookup *lookup, const char *bytes, size_t n_keys,
                                          tandem_error *err)
{
    size_t n_slots = 16;
    while (n_slots < n_keys * 2)
        n_slots *= 2;
    td_lookup_slot *slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return td_fail_nomem(err, "a table of tokens");
    *lookup = (td_lookup){bytes, slots, n_slots - 1, 0, FIRST_SEED, {0}};
    return TANDEM_OK;
}

/* False when the key's place is too far from where it belongs. */
static bool put(td_lookup *lookup, uint32_t at, uint32_t n, uint32_t id)
{
    uint64_t hash = td_embed_tokenize_lookup_hash(lookup->bytes + at, n, lookup->seed);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t probe = 0; probe < PROBES_MAX; probe++) {
        td_lookup_slot *slot = &lookup->slots[(hash + probe) & lookup->mask];
        bool same = slot->n == n && slot->tag == tag &&
                    memcmp(lookup->bytes + slot->at, lookup->bytes + at, n) == 0;
        if (slot->n != 0 && !same)
            continue;
        lookup->n_used += !same;
        *slot = (td_lookup_slot){tag, at, n, id};
        return true;
    }
    return false;
}

/* All keys and one more, under another seed. */
static bool reseed(td_lookup *lookup, td_lookup_slot *slots, const td_lookup_slot *more)
{
    td_lookup old = *lookup;
    lookup->slots = slots;
    lookup->n_used = 0;
    lookup->seed = td_embed_tokenize_lookup_mix(old.seed, FIRST_SEED) | 1;
    bool ok = put(lookup, more->at, more->n, more->id);
    for (size_t i = 0; ok && i <= old.mask; i++) {
        const td_lookup_slot *slot = &old.slots[i];
        ok = slot->n == 0 || put(lookup, slot->at, slot->n, slot->id);
    }
    lookup->slots = old.slots;
    return ok;
}

tandem_code td_embed_tokenize_lookup_add(td_lookup *lookup, uint32_t at, uint32_t n, uint32_t id,
                                         tandem_error *err)
{
    uint32_t *n_bytes_max = &lookup->n_bytes_max[(unsigned char)lookup->bytes[at]];
    td_assert(n > 0 && lookup->n_used * 2 <= lookup->mask);
    *n_bytes_max = n > *n_bytes_max ? n : *n_bytes_max;
    if (put(lookup, at, n, id))
        return TANDEM_OK;

    td_lookup_slot more = {0, at, n, id};
    for (int i = 0; i < SEEDS_MAX; i++) {
        td_lookup_slot *slots = calloc(lookup->mask + 1, sizeof(*slots));
        if (!slots)
            return td_fail_nomem(err, "a table of tokens");
        bool ok = reseed(lookup, slots, &more);
        free(ok ? lookup->slots : slots);
        if (ok) {
            lookup->slots = slots;
            return TANDEM_OK;
        }
    }
    return td_fail(err, TANDEM_E_FORMAT, "its tokens were made to collide in a hash table");
}

void td_embed_tokenize_lookup_clear(td_lookup *lookup)
{
    free(lookup->slots);
    lookup->slots = NULL;
}
