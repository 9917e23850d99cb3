#include "source/keys.h"

#include <stdlib.h>

enum {
    SLOTS_MIN = 1024
};

/* The slot that holds the key, or the free one where it belongs. */
static uint64_t *slot_of(const td_source_keys *keys, uint64_t key)
{
    size_t at = (size_t)key & (keys->n_slots - 1);
    while (keys->slots[at] != 0 && keys->slots[at] != key)
        at = (at + 1) & (keys->n_slots - 1);
    return &keys->slots[at];
}

static bool grow(td_source_keys *keys)
{
    td_source_keys larger = {.n_slots = keys->n_slots ? keys->n_slots * 2 : SLOTS_MIN,
                             .n = keys->n};

    larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < keys->n_slots; i++)
        if (keys->slots[i] != 0)
            *slot_of(&larger, keys->slots[i]) = keys->slots[i];
    free(keys->slots);
    *keys = larger;
    return true;
}

td_source_keys_added td_source_keys_add(td_source_keys *keys, uint64_t key, size_t n_max)
{
    if (keys->n >= keys->n_slots / 8 * 7 && !grow(keys))
        return TD_SOURCE_KEYS_NO_MEMORY;
    uint64_t *slot = slot_of(keys, key);
    if (*slot != 0)
        return TD_SOURCE_KEYS_THERE;
    if (keys->n >= n_max)
        return TD_SOURCE_KEYS_FULL;
    *slot = key;
    keys->n++;
    return TD_SOURCE_KEYS_NEW;
}

bool td_source_keys_has(const td_source_keys *keys, uint64_t key)
{
    return keys->n_slots > 0 && *slot_of(keys, key) == key;
}

void td_source_keys_clear(td_source_keys *keys)
{
    free(keys->slots);
    *keys = (td_source_keys){0};
}
