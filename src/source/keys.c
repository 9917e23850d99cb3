/* In memory: open addressing, slot by slot. In the file: the same, line by line, since what is read
 * at once costs no more than one slot of it. */
#include "source/keys.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_MIN = 1024,
    LINE_SLOTS = 8,
    BLOCK_LINES = 64, /* read at once when all are gone through */
};

typedef struct line {
    uint64_t slots[LINE_SLOTS];
} line;

/* -- in memory -- */

/* The slot that holds the key, or the free one where it belongs. */
static uint64_t *slot_of(const td_source_keys *keys, uint64_t key)
{
    size_t at = (size_t)key & (keys->n_slots - 1);
    while (keys->slots[at] != 0 && keys->slots[at] != key)
        at = (at + 1) & (keys->n_slots - 1);
    return &keys->slots[at];
}

static bool grow_in_memory(td_source_keys *keys)
{
    td_source_keys larger = {.n_slots = keys->n_slots ? keys->n_slots * 2 : SLOTS_MIN,
                             .n = keys->n,
                             .n_in_memory = keys->n_in_memory,
                             .file = keys->file};

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

/* -- in the file -- */

/* Looks for the key from its line on: *l_out is the line with it, or with the free slot where it
 * belongs, *at_out which one and *slot_out which of its slots. False when it cannot be read. */
static bool find_line(const td_source_spill *file, size_t n_lines, uint64_t key, line *l_out,
                      size_t *at_out, size_t *slot_out)
{
    for (size_t at = (size_t)(key >> 20) & (n_lines - 1);; at = (at + 1) & (n_lines - 1)) {
        if (!td_source_spill_get(file, at * sizeof(*l_out), l_out, sizeof(*l_out)))
            return false;
        for (size_t i = 0; i < LINE_SLOTS; i++) {
            if (l_out->slots[i] != 0 && l_out->slots[i] != key)
                continue;
            *at_out = at;
            *slot_out = i;
            return true;
        }
    }
}

static bool put_in_file(td_source_spill *file, size_t n_lines, uint64_t key)
{
    line l;
    size_t at = 0, i = 0;

    return find_line(file, n_lines, key, &l, &at, &i) &&
           td_source_spill_put(file, at * sizeof(l) + i * sizeof(key), &key, sizeof(key));
}

static bool is_in_file(const td_source_keys *keys)
{
    return keys->n_lines > 0;
}

typedef bool (*take_key)(void *to, uint64_t key);

/* All keys of the file, in turn. */
static bool each_in_file(const td_source_keys *keys, take_key take, void *to)
{
    line block[BLOCK_LINES];
    bool ok = true;

    for (size_t at = 0; ok && at < keys->n_lines; at += BLOCK_LINES) {
        ok = td_source_spill_get(&keys->file, at * sizeof(*block), block, sizeof(block));
        for (size_t i = 0; ok && i < BLOCK_LINES * LINE_SLOTS; i++) {
            uint64_t key = block[i / LINE_SLOTS].slots[i % LINE_SLOTS];
            ok = key == 0 || take(to, key);
        }
    }
    return ok;
}

static bool take_into_file(void *to, uint64_t key)
{
    td_source_keys *larger = to;

    return put_in_file(&larger->file, larger->n_lines, key);
}

/* Out of memory into a file, or from one into another of twice the size. The slots in memory are
 * then a cache of it. */
static bool grow_in_file(td_source_keys *keys)
{
    size_t n_slots = is_in_file(keys) ? keys->n_lines * LINE_SLOTS : keys->n_slots;
    td_source_keys larger = {.n_lines = n_slots * 2 / LINE_SLOTS};
    bool ok = true;

    if (keys->file.is_useless)
        return false;
    if (is_in_file(keys))
        ok = each_in_file(keys, take_into_file, &larger);
    for (size_t i = 0; ok && !is_in_file(keys) && i < keys->n_slots; i++)
        ok = keys->slots[i] == 0 || take_into_file(&larger, keys->slots[i]);
    if (!ok) {
        td_source_spill_clear(&larger.file);
        keys->file.is_useless = true;
        return false;
    }
    if (!is_in_file(keys))
        memset(keys->slots, 0, keys->n_slots * sizeof(*keys->slots));
    td_source_spill_clear(&keys->file);
    keys->file = larger.file;
    keys->n_lines = larger.n_lines;
    return true;
}

static bool take_into_memory(void *to, uint64_t key)
{
    *slot_of(to, key) = key;
    return true;
}

/* The way back, when the disk is full. */
static bool leave_file(td_source_keys *keys)
{
    td_source_keys all = {.n_slots = keys->n_lines * LINE_SLOTS, .n = keys->n};

    all.slots = calloc(all.n_slots, sizeof(*all.slots));
    if (!all.slots || !each_in_file(keys, take_into_memory, &all)) {
        free(all.slots);
        return false;
    }
    td_source_keys_clear(keys);
    *keys = all;
    keys->file.is_useless = true;
    return true;
}

/* -- both -- */

static bool make_room(td_source_keys *keys)
{
    if (is_in_file(keys))
        return keys->n < keys->n_lines * LINE_SLOTS / 4 * 3 || grow_in_file(keys) ||
               leave_file(keys);
    if (keys->n < keys->n_slots / 8 * 7)
        return true;
    size_t most = keys->n_in_memory ? keys->n_in_memory : TD_SOURCE_KEYS_IN_MEMORY;
    return (keys->n_slots >= most && grow_in_file(keys)) || grow_in_memory(keys);
}

bool td_source_keys_has(td_source_keys *keys, uint64_t key)
{
    line l;
    size_t at = 0, i = 0;

    if (keys->n_slots == 0)
        return false;
    if (!is_in_file(keys))
        return *slot_of(keys, key) == key;
    uint64_t *last = &keys->slots[key & (keys->n_slots - 1)];
    if (*last == key)
        return true;
    if (!find_line(&keys->file, keys->n_lines, key, &l, &at, &i) || l.slots[i] != key)
        return false;
    *last = key;
    return true;
}

static td_source_keys_added add_to_file(td_source_keys *keys, uint64_t key, size_t n_max)
{
    line l;
    size_t at = 0, i = 0;

    if (!find_line(&keys->file, keys->n_lines, key, &l, &at, &i))
        return TD_SOURCE_KEYS_LOST;
    if (l.slots[i] == key)
        return TD_SOURCE_KEYS_THERE;
    if (keys->n >= n_max)
        return TD_SOURCE_KEYS_FULL;
    if (!td_source_spill_put(&keys->file, at * sizeof(l) + i * sizeof(key), &key, sizeof(key))) {
        if (!leave_file(keys))
            return TD_SOURCE_KEYS_LOST;
        *slot_of(keys, key) = key;
    }
    keys->n++;
    return TD_SOURCE_KEYS_NEW;
}

td_source_keys_added td_source_keys_add(td_source_keys *keys, uint64_t key, size_t n_max)
{
    if (!make_room(keys))
        return TD_SOURCE_KEYS_LOST;
    if (is_in_file(keys))
        return add_to_file(keys, key, n_max);
    uint64_t *slot = slot_of(keys, key);
    if (*slot != 0)
        return TD_SOURCE_KEYS_THERE;
    if (keys->n >= n_max)
        return TD_SOURCE_KEYS_FULL;
    *slot = key;
    keys->n++;
    return TD_SOURCE_KEYS_NEW;
}

void td_source_keys_clear(td_source_keys *keys)
{
    free(keys->slots);
    td_source_spill_clear(&keys->file);
    *keys = (td_source_keys){0};
}
