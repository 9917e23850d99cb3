#include "source/trap.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    SLOTS_MIN = 256,
    SLOTS_MAX = 1 << 20,
};

static uint64_t key_of(const td_net_url *url, td_str path)
{
    td_str parts[2] = {url->host, path};
    td_hash hash = td_hash_of_parts(parts, 2);
    uint64_t key;

    memcpy(&key, hash.bytes, sizeof(key));
    return (key ^ url->port) | 1;
}

static struct td_source_trap_slot *slot_of(const td_source_traps *traps, uint64_t key)
{
    size_t at = (size_t)(key >> 1) & (traps->n_slots - 1);

    while (traps->slots[at].key != 0 && traps->slots[at].key != key)
        at = (at + 1) & (traps->n_slots - 1);
    return &traps->slots[at];
}

static bool grow(td_source_traps *traps)
{
    td_source_traps larger = {.n_slots = traps->n_slots ? traps->n_slots * 2 : SLOTS_MIN,
                              .n_used = traps->n_used};

    if (larger.n_slots > SLOTS_MAX)
        return false;
    larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < traps->n_slots; i++)
        if (traps->slots[i].key != 0)
            *slot_of(&larger, traps->slots[i].key) = traps->slots[i];
    free(traps->slots);
    *traps = larger;
    return true;
}

/* How often the path's commonest part stands in it; paths have few parts, so two loops do. */
static size_t count_repeats(td_str path, size_t *n_parts_out)
{
    td_str parts[TD_SOURCE_TRAP_PARTS_MAX + 1], rest = path;
    size_t n = 0, most = 0;

    while (n <= TD_SOURCE_TRAP_PARTS_MAX && td_str_next(&rest, '/', &parts[n]))
        n += parts[n].n > 0;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t k = 0; k < n; k++)
            same += td_str_eq(parts[i], parts[k]);
        most = same > most ? same : most;
    }
    *n_parts_out = n;
    return most;
}

/* One more of what the key stands for, of which n_max are no trap. */
static td_source_trapped count_one(td_source_traps *traps, uint64_t key, uint32_t n_max)
{
    if (traps->n_used * 2 >= traps->n_slots && !grow(traps))
        return TD_SOURCE_TRAP_NONE;
    struct td_source_trap_slot *slot = slot_of(traps, key);
    traps->n_used += slot->key == 0;
    slot->key = key;
    if (slot->n <= n_max)
        slot->n++;
    else
        return TD_SOURCE_TRAP_MORE;
    return slot->n <= n_max ? TD_SOURCE_TRAP_NONE : TD_SOURCE_TRAP_FIRST;
}

td_source_trapped td_source_trap_count(td_source_traps *traps, const td_net_url *url,
                                       td_source_trap_limits limits, const char **why_out)
{
    size_t n_parts = 0;

    if (count_repeats(url->path, &n_parts) > TD_SOURCE_TRAP_REPEATS_MAX) {
        *why_out = "a trap: its path repeats itself";
        return TD_SOURCE_TRAP_MORE;
    }
    if (n_parts > TD_SOURCE_TRAP_PARTS_MAX) {
        *why_out = "a trap: its path has no end";
        return TD_SOURCE_TRAP_MORE;
    }
    td_source_trapped trapped = TD_SOURCE_TRAP_NONE;
    if (url->query.n > 0 && limits.variants_max > 0)
        trapped = count_one(traps, key_of(url, url->path), limits.variants_max);
    if (trapped != TD_SOURCE_TRAP_NONE) {
        *why_out = "too many variants of this address by query: this and further ones are left out";
        return trapped;
    }
    if (limits.host_max > 0)
        trapped = count_one(traps, key_of(url, TD_STR("")), limits.host_max);
    if (trapped != TD_SOURCE_TRAP_NONE)
        *why_out = "too many pages of this host: this and further ones are left out";
    return trapped;
}

void td_source_trap_clear(td_source_traps *traps)
{
    free(traps->slots);
    *traps = (td_source_traps){0};
}
