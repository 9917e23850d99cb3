#include "source/frontier.h"

#include "base/hash.h"
#include "net/net.h"
#include "source/heap.h"
#include "source/keys.h"
#include "source/waiting.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ORIGIN_BYTES_MAX = 600,
    HOST_BUCKETS = 1024,
    PAUSE_MS_MAX = 30 * 1000,
    EASE_AFTER = 10,
    SEEN_IN_MEMORY = 1 << 16, /* slots: every link of every page is looked for */
};

typedef struct host_node {
    td_source_host host;       /* first, so that a host is its node */
    td_source_waiting waiting; /* leads as they came */
    td_source_heap queue;      /* targets that were taken before */
    struct host_node *next;    /* in its bucket */
} host_node;

struct td_source_frontier {
    td_source_keys seen;
    td_source_spill spill; /* of those that wait */
    host_node *buckets[HOST_BUCKETS];
    host_node **hosts; /* [n_hosts] in the order they came */
    size_t n_hosts, hosts_capacity;
    td_source_heap delayed;   /* by time */
    size_t n_queued, n_bytes; /* bytes: of all addresses that were pushed */
    uint64_t n_pushed;
    size_t urls_max, hosts_max;
    uint32_t per_host_max;
    int64_t delay_ms;
};

uint64_t td_source_frontier_key(td_str url)
{
    td_hash hash = td_hash_of(url);
    uint64_t key;

    memcpy(&key, hash.bytes, sizeof(key));
    return key ? key : 1;
}

static td_source_pushed add_key(td_source_frontier *frontier, uint64_t key)
{
    switch (td_source_keys_add(&frontier->seen, key, frontier->urls_max)) {
    case TD_SOURCE_KEYS_NEW:
        return TD_SOURCE_PUSHED;
    case TD_SOURCE_KEYS_THERE:
        return TD_SOURCE_SEEN;
    case TD_SOURCE_KEYS_FULL:
        return TD_SOURCE_FULL;
    case TD_SOURCE_KEYS_LOST:
        break;
    }
    return TD_SOURCE_NO_MEMORY;
}

tandem_code td_source_frontier_new(size_t urls_max, size_t hosts_max, uint32_t per_host_max,
                                   int64_t delay_ms, td_source_frontier **frontier_out,
                                   tandem_error *err)
{
    td_source_frontier *frontier = calloc(1, sizeof(*frontier));

    if (!frontier)
        return td_fail_nomem(err, "frontier");
    frontier->seen.n_in_memory = SEEN_IN_MEMORY;
    frontier->urls_max = urls_max;
    frontier->hosts_max = hosts_max;
    frontier->per_host_max = per_host_max;
    frontier->delay_ms = delay_ms;
    *frontier_out = frontier;
    return TANDEM_OK;
}

static void free_targets(td_source_heap *heap)
{
    for (size_t i = 0; i < heap->n; i++)
        td_source_frontier_drop(heap->items[i].item);
    td_source_heap_clear(heap);
}

void td_source_frontier_free(td_source_frontier *frontier)
{
    if (!frontier)
        return;
    for (size_t i = 0; i < frontier->n_hosts; i++) {
        host_node *node = frontier->hosts[i];
        td_source_waiting_clear(&node->waiting);
        free_targets(&node->queue);
        td_source_robots_free(node->host.robots);
        free(node->host.origin);
        free(node);
    }
    free_targets(&frontier->delayed);
    free(frontier->hosts);
    td_source_keys_clear(&frontier->seen);
    td_source_spill_clear(&frontier->spill);
    free(frontier);
}

static host_node *find_host(const td_source_frontier *frontier, td_str origin, size_t bucket)
{
    for (host_node *node = frontier->buckets[bucket]; node; node = node->next)
        if (td_str_eq(td_str_from(node->host.origin), origin))
            return node;
    return NULL;
}

static bool add_host(td_source_frontier *frontier, host_node *node, size_t bucket)
{
    if (frontier->n_hosts == frontier->hosts_capacity) {
        size_t larger = frontier->hosts_capacity ? frontier->hosts_capacity * 2 : 8;
        host_node **grown = realloc(frontier->hosts, larger * sizeof(host_node *));
        if (!grown)
            return false;
        frontier->hosts = grown;
        frontier->hosts_capacity = larger;
    }
    node->next = frontier->buckets[bucket];
    frontier->buckets[bucket] = node;
    frontier->hosts[frontier->n_hosts++] = node;
    return true;
}

/* The host of a URL, made on first use. */
static td_source_pushed host_of(td_source_frontier *frontier, td_str url, td_source_host **host_out)
{
    char origin[ORIGIN_BYTES_MAX];
    td_net_url parts;

    if (!td_net_url_split(url, &parts))
        return TD_SOURCE_FULL;
    int n = snprintf(origin, sizeof(origin), "%.*s://%.*s:%u", TD_STR_FMT(parts.scheme),
                     TD_STR_FMT(parts.host), (unsigned)parts.port);
    if (n < 0 || (size_t)n >= sizeof(origin))
        return TD_SOURCE_FULL;
    td_str name = {origin, (size_t)n};
    size_t bucket = (size_t)td_source_frontier_key(name) % HOST_BUCKETS;
    host_node *node = find_host(frontier, name, bucket);
    if (!node) {
        if (frontier->n_hosts >= frontier->hosts_max)
            return TD_SOURCE_FULL;
        node = calloc(1, sizeof(*node));
        char *copy = node ? strdup(origin) : NULL;
        if (!copy || !add_host(frontier, node, bucket)) {
            free(copy);
            free(node);
            return TD_SOURCE_NO_MEMORY;
        }
        node->host.origin = copy;
        td_source_waiting_init(&node->waiting, &frontier->spill);
        node->host.delay_ms = frontier->delay_ms;
    }
    *host_out = &node->host;
    return TD_SOURCE_PUSHED;
}

static bool enqueue(td_source_frontier *frontier, td_source_target *target)
{
    host_node *node = (host_node *)target->host;
    bool ok = td_source_heap_push(&node->queue, target->order, target);
    frontier->n_queued += ok;
    return ok;
}

td_source_pushed td_source_frontier_add(td_source_frontier *frontier, const td_source_lead *lead)
{
    td_source_host *host = NULL;

    if (frontier->n_bytes + lead->url.n > TD_SOURCE_FRONTIER_BYTES_MAX)
        return TD_SOURCE_FULL;
    td_source_pushed pushed = add_key(frontier, td_source_frontier_key(lead->url));

    if (pushed == TD_SOURCE_PUSHED)
        pushed = host_of(frontier, lead->url, &host);
    if (pushed != TD_SOURCE_PUSHED)
        return pushed;
    /* 24 bits of depth are more than the links of any path; 2^40 pushes do not happen. */
    uint64_t level = lead->depth < (1u << 24) ? lead->depth : (1u << 24) - 1;
    uint64_t order = level << TD_SOURCE_WAITING_LEVEL_BITS | frontier->n_pushed++;
    if (!td_source_waiting_push(&((host_node *)host)->waiting, order, lead))
        return TD_SOURCE_NO_MEMORY;
    frontier->n_queued++;
    frontier->n_bytes += lead->url.n;
    return TD_SOURCE_PUSHED;
}

td_source_pushed td_source_frontier_push(td_source_frontier *frontier, td_str url, uint32_t depth)
{
    td_source_lead lead = {.url = url, .depth = depth, .changed_ms = -1};

    return td_source_frontier_add(frontier, &lead);
}

/* Those whose time has come go back to their hosts. Returns the time of the next one. */
static int64_t wake_delayed(td_source_frontier *frontier, int64_t now_ms)
{
    while (frontier->delayed.n > 0) {
        if (frontier->delayed.items[0].key > (uint64_t)now_ms)
            return (int64_t)frontier->delayed.items[0].key;
        td_source_target *target = td_source_heap_pop(&frontier->delayed);
        frontier->n_queued--;
        if (!enqueue(frontier, target))
            td_source_frontier_drop(target);
    }
    return INT64_MAX;
}

/* When the host may start another request; INT64_MAX when not before one of its own has ended. */
static int64_t ready_at(const td_source_frontier *frontier, const td_source_host *host)
{
    if (host->closed != TANDEM_OK)
        return INT64_MIN;
    if (host->robots_state == TD_SOURCE_ROBOTS_ASKED)
        return INT64_MAX;
    /* With a delay requests follow one another: only so is the gap between them that long. */
    uint32_t usual = host->n_max ? host->n_max : frontier->per_host_max;
    bool is_one = host->delay_ms > 0 || host->pause_ms > 0 || host->is_single;
    uint32_t n_max = is_one ? 1 : usual;
    return host->n_active < n_max ? host->resume_ms : INT64_MAX;
}

bool td_source_frontier_is_sated(const td_source_frontier *frontier)
{
    return frontier->n_hosts == 1 && frontier->hosts[0]->host.n_active > 0 &&
           ready_at(frontier, &frontier->hosts[0]->host) == INT64_MAX;
}

size_t td_source_frontier_n_hosts(const td_source_frontier *frontier)
{
    return frontier->n_hosts;
}

td_source_host *td_source_frontier_host(const td_source_frontier *frontier, size_t i)
{
    return &frontier->hosts[i]->host;
}

/* What of the host comes first: a target that was taken before, or the first of those that wait. */
static uint64_t order_of(const host_node *node)
{
    uint64_t waits = td_source_waiting_first(&node->waiting);
    uint64_t again = node->queue.n > 0 ? node->queue.items[0].key : UINT64_MAX;

    return again < waits ? again : waits;
}

static td_source_target *unpack(host_node *node)
{
    td_source_lead lead = {.depth = 0};
    uint64_t order = td_source_waiting_first(&node->waiting);

    if (!td_source_waiting_look(&node->waiting, &lead))
        return NULL;
    td_source_target *target = malloc(sizeof(*target) + lead.url.n + 1);
    if (!target)
        return NULL;
    *target = (td_source_target){.host = &node->host,
                                 .order = order,
                                 .depth = lead.depth,
                                 .role = lead.role,
                                 .level = lead.level,
                                 .is_guess = lead.is_guess,
                                 .changed_ms = lead.changed_ms,
                                 .why_not = lead.why_not,
                                 .url_n = (uint32_t)lead.url.n};
    memcpy(target->url, lead.url.ptr, lead.url.n);
    target->url[lead.url.n] = '\0';
    td_source_waiting_drop(&node->waiting);
    return target;
}

td_source_target *td_source_frontier_take(td_source_frontier *frontier, int64_t now_ms,
                                          int64_t *wait_ms_out)
{
    int64_t soonest = wake_delayed(frontier, now_ms);
    host_node *best = NULL;
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < frontier->n_hosts; i++) {
        host_node *node = frontier->hosts[i];
        uint64_t order = order_of(node);
        if (order == UINT64_MAX)
            continue;
        int64_t at = ready_at(frontier, &node->host);
        if (at > now_ms) {
            soonest = at < soonest ? at : soonest;
        } else if (order < least) {
            best = node;
            least = order;
        }
    }
    *wait_ms_out = soonest == INT64_MAX ? INT64_MAX : soonest - now_ms;
    if (!best)
        return NULL;
    bool is_again = best->queue.n > 0 && best->queue.items[0].key == least;
    td_source_target *target = is_again ? td_source_heap_pop(&best->queue) : unpack(best);
    if (!target) {
        *wait_ms_out = -1;
        return NULL;
    }
    frontier->n_queued--;
    best->host.n_active++;
    return target;
}

void td_source_frontier_release(td_source_host *host, int64_t now_ms)
{
    td_assert(host->n_active > 0);
    host->n_active--;
    /* The clock's milliseconds are cut, not rounded: one more makes the gap never shorter. */
    int64_t gap_ms = host->pause_ms > host->delay_ms ? host->pause_ms : host->delay_ms;
    if (gap_ms > 0 && host->resume_ms < now_ms + gap_ms + 1)
        host->resume_ms = now_ms + gap_ms + 1;
}

void td_source_frontier_slow(const td_source_frontier *frontier, td_source_host *host,
                             int64_t pause_ms)
{
    uint32_t n = host->n_max ? host->n_max : frontier->per_host_max;
    int64_t longer = host->pause_ms > 0 ? host->pause_ms * 2 : pause_ms;

    host->n_max = n > 1 ? n / 2 : 1;
    host->pause_ms = longer > PAUSE_MS_MAX ? PAUSE_MS_MAX : longer;
    host->n_eased = 0;
}

void td_source_frontier_ease(const td_source_frontier *frontier, td_source_host *host)
{
    if (host->n_max == 0 || ++host->n_eased < EASE_AFTER)
        return;
    host->n_eased = 0;
    host->pause_ms /= 2;
    if (host->pause_ms == 0)
        host->n_max = host->n_max + 1 < frontier->per_host_max ? host->n_max + 1 : 0;
}

bool td_source_frontier_put_back(td_source_frontier *frontier, td_source_target *target)
{
    if (enqueue(frontier, target))
        return true;
    td_source_frontier_drop(target);
    return false;
}

bool td_source_frontier_delay(td_source_frontier *frontier, td_source_target *target,
                              int64_t until_ms)
{
    if (!td_source_heap_push(&frontier->delayed, (uint64_t)(until_ms < 0 ? 0 : until_ms), target)) {
        td_source_frontier_drop(target);
        return false;
    }
    frontier->n_queued++;
    return true;
}

bool td_source_frontier_was_at(const td_source_target *target, td_str url)
{
    uint64_t key = td_source_frontier_key(url);

    if (key == td_source_frontier_key(td_source_frontier_url(target)))
        return true;
    for (size_t i = 0; i < target->n_hops; i++)
        if (target->hops[i] == key)
            return true;
    return false;
}

td_source_pushed td_source_frontier_follow(td_source_frontier *frontier, td_source_target *target,
                                           td_str url)
{
    td_source_host *host = NULL;
    td_source_pushed pushed = add_key(frontier, td_source_frontier_key(url));

    if (pushed == TD_SOURCE_PUSHED)
        pushed = host_of(frontier, url, &host);
    if (pushed != TD_SOURCE_PUSHED)
        return pushed;
    td_assert(target->n_hops < TD_SOURCE_HOPS_MAX);
    if (!target->hops)
        target->hops = calloc(TD_SOURCE_HOPS_MAX + 1, sizeof(*target->hops));
    char *hop = target->hops ? strndup(url.ptr, url.n) : NULL;
    if (!hop)
        return TD_SOURCE_NO_MEMORY;
    target->hops[target->n_hops++] = td_source_frontier_key(td_source_frontier_url(target));
    free(target->hop);
    target->hop = hop;
    target->host = host;
    target->n_tries = 0;
    return enqueue(frontier, target) ? TD_SOURCE_PUSHED : TD_SOURCE_NO_MEMORY;
}

void td_source_frontier_drop(td_source_target *target)
{
    if (!target)
        return;
    free(target->hop);
    free(target->hops);
    free(target);
}

td_str td_source_frontier_url(const td_source_target *target)
{
    return target->hop ? td_str_from(target->hop) : td_source_frontier_start(target);
}

td_str td_source_frontier_start(const td_source_target *target)
{
    return (td_str){target->url, target->url_n};
}

bool td_source_frontier_has(td_source_frontier *frontier, td_str url)
{
    return td_source_keys_has(&frontier->seen, td_source_frontier_key(url));
}

size_t td_source_frontier_n(const td_source_frontier *frontier)
{
    return frontier->n_queued;
}

size_t td_source_frontier_n_seen(const td_source_frontier *frontier)
{
    return frontier->seen.n;
}
