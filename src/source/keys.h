/* source/keys.h - a set of numbers: which addresses, which contents were seen.
 *
 * 8 bytes a key. The first few thousand are in memory; from then on all are in a temporary file,
 * and those that were asked for last in memory too, so that a crawl takes no more of it for a
 * million addresses than for some ten thousand. Where no file can be made all stay in memory.
 * To ask the file takes a system call, to ask memory none.
 * Threads:  one owner
 */
#ifndef TD_SOURCE_KEYS_H
#define TD_SOURCE_KEYS_H

#include "source/spill.h"

enum {
    TD_SOURCE_KEYS_IN_MEMORY = 1 << 12 /* slots, of which 7 of 8 are in use at most */
};

typedef struct td_source_keys {
    uint64_t *slots; /* 0 is free; with a file: the keys that were found last, each in its place */
    size_t n_slots, n;
    size_t n_in_memory;   /* slots, a power of two; 0: TD_SOURCE_KEYS_IN_MEMORY */
    td_source_spill file; /* lines of slots; empty while all are in memory */
    size_t n_lines;
} td_source_keys;

typedef enum td_source_keys_added {
    TD_SOURCE_KEYS_NEW,
    TD_SOURCE_KEYS_THERE, /* it was in already */
    TD_SOURCE_KEYS_FULL,  /* n_max are in */
    TD_SOURCE_KEYS_LOST,  /* no memory, or the file cannot be read */
} td_source_keys_added;

/* Puts a key (not 0, and evenly spread) into the set; it begins as {0}, or with `n_in_memory`. */
td_source_keys_added td_source_keys_add(td_source_keys *keys, uint64_t key, size_t n_max);

/* Whether the key is in the set. A file that cannot be read has none. */
bool td_source_keys_has(td_source_keys *keys, uint64_t key);

/* Frees; an empty set is fine. */
void td_source_keys_clear(td_source_keys *keys);

#endif
