/* source/keys.h - a set of numbers: which addresses, which contents were seen.
 *
 * 8 bytes a slot, at most 7 of 8 slots in use: 100,000 keys cost 1 MiB, a million 16.
 * Threads:  one owner
 */
#ifndef TD_SOURCE_KEYS_H
#define TD_SOURCE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_source_keys {
    uint64_t *slots; /* 0 is free */
    size_t n_slots, n;
} td_source_keys;

typedef enum td_source_keys_added {
    TD_SOURCE_KEYS_NEW,
    TD_SOURCE_KEYS_THERE, /* it was in already */
    TD_SOURCE_KEYS_FULL,  /* n_max are in */
    TD_SOURCE_KEYS_NO_MEMORY,
} td_source_keys_added;

/* Puts a key (not 0) into the set, which begins as {0}. */
td_source_keys_added td_source_keys_add(td_source_keys *keys, uint64_t key, size_t n_max);

/* Whether the key is in the set. */
bool td_source_keys_has(const td_source_keys *keys, uint64_t key);

/* Frees; an empty set is fine. */
void td_source_keys_clear(td_source_keys *keys);

#endif
