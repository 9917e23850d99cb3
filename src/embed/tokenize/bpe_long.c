#include "embed/tokenize/bpe_long.h"

#include "base/size.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* A symbol of the piece; neighbours by index. */
typedef struct symbol {
    uint32_t id; /* NONE: merged into its left neighbour */
    uint32_t n_bytes;
    uint32_t previous, next;
} symbol;

/* One window's work space. */
typedef struct space {
    symbol *symbols;
    uint32_t *ids;   /* the ids that its bytes start from */
    uint64_t *queue; /* a heap, least first: rank in the upper half, place in the lower */
    size_t n_queue;
} space;

static tandem_code init(space *s, size_t n, tandem_error *err)
{
    size_t ignored;
    /* Each merge takes an entry out of the queue and puts at most two in: 2 n at any time. */
    if (n >= NONE || !td_size_mul(n, sizeof(symbol) + 20, &ignored))
        return td_fail(err, TANDEM_E_TOO_LARGE, "a word of %zu bytes", n);
    s->symbols = malloc(n * sizeof(*s->symbols));
    s->ids = malloc(n * sizeof(*s->ids));
    s->queue = malloc(2 * n * sizeof(*s->queue));
    return s->symbols && s->ids && s->queue ? TANDEM_OK : td_fail_nomem(err, "a long word");
}

static void clear(space *s)
{
    free(s->symbols);
    free(s->ids);
    free(s->queue);
    *s = (space){0};
}

static void push(space *s, uint64_t entry)
{
    size_t at = s->n_queue++;
    for (size_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (s->queue[parent] <= entry)
            break;
        s->queue[at] = s->queue[parent];
    }
    s->queue[at] = entry;
}

static uint64_t pop(space *s)
{
    uint64_t top = s->queue[0];
    uint64_t entry = s->queue[--s->n_queue];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->n_queue; at = child) {
        child += child + 1 < s->n_queue && s->queue[child + 1] < s->queue[child];
        if (entry <= s->queue[child])
            break;
        s->queue[at] = s->queue[child];
    }
    s->queue[at] = entry;
    return top;
}

static void push_pair(const td_bpe *bpe, space *s, uint32_t left)
{
    uint32_t right = s->symbols[left].next;
    if (right == NONE)
        return;
    const td_bpe_merge *merge =
        td_embed_tokenize_bpe_find(bpe, s->symbols[left].id, s->symbols[right].id);
    if (merge)
        push(s, (uint64_t)merge->rank << 32 | left);
}

/* The merge that a queue entry stands for; NULL if its pair is no longer there. */
static const td_bpe_merge *still_there(const td_bpe *bpe, const space *s, uint64_t entry)
{
    const symbol *left = &s->symbols[(uint32_t)entry];
    if (left->id == NONE || left->next == NONE)
        return NULL;
    const td_bpe_merge *merge =
        td_embed_tokenize_bpe_find(bpe, left->id, s->symbols[left->next].id);
    return merge && merge->rank == entry >> 32 ? merge : NULL;
}

static void merge_pair(const td_bpe *bpe, space *s, uint32_t at, uint32_t id)
{
    symbol *left = &s->symbols[at];
    symbol *right = &s->symbols[left->next];
    left->id = id;
    left->n_bytes += right->n_bytes;
    right->id = NONE;
    left->next = right->next;
    if (left->next != NONE)
        s->symbols[left->next].previous = at;
    if (left->previous != NONE)
        push_pair(bpe, s, left->previous);
    push_pair(bpe, s, at);
}

/* Lays out one symbol per byte; bytes without a token may have none. */
static size_t lay_out(const td_bpe *bpe, space *s, td_str bytes)
{
    size_t n = td_embed_tokenize_bpe_symbols(bpe, bytes, s->ids);
    for (size_t i = 0; i < n; i++)
        s->symbols[i] =
            (symbol){s->ids[i], 1, i ? (uint32_t)i - 1 : NONE, i + 1 < n ? (uint32_t)i + 1 : NONE};
    return n;
}

/* Merges `bytes`; the tokens are the chain from symbol 0 on. Returns the number of symbols. */
static size_t merge_all(const td_bpe *bpe, space *s, td_str bytes)
{
    size_t n = lay_out(bpe, s, bytes);
    s->n_queue = 0;
    for (size_t i = 0; i + 1 < n; i++)
        push_pair(bpe, s, (uint32_t)i);
    while (s->n_queue > 0) {
        uint64_t entry = pop(s);
        const td_bpe_merge *merge = still_there(bpe, s, entry);
        if (merge)
            merge_pair(bpe, s, (uint32_t)entry, merge->id);
    }
    return n;
}

static void add_all(const space *s, size_t n, td_ids *ids)
{
    for (uint32_t i = n ? 0 : NONE; i != NONE && !ids->full; i = s->symbols[i].next)
        td_embed_tokenize_ids_add(ids, s->symbols[i].id);
}

/* Adds the tokens that end in the first three quarters of the window. Returns their bytes, and the
 * id of the token that follows them. */
static size_t add_front(const space *s, size_t window, td_ids *ids, uint32_t *next_id_out)
{
    size_t n_bytes = 0, n_keep = window - (window + 3) / 4; /* < window */
    uint32_t i = 0;
    while (n_bytes + s->symbols[i].n_bytes <= n_keep) {
        td_embed_tokenize_ids_add(ids, s->symbols[i].id);
        n_bytes += s->symbols[i].n_bytes;
        i = s->symbols[i].next;
    }
    *next_id_out = s->symbols[i].id;
    return n_bytes;
}

/* False if two windows disagreed: what was added is to be forgotten. */
static bool run_windows(const td_bpe *bpe, space *s, td_str piece, size_t window, td_ids *ids)
{
    uint32_t expected = NONE;
    for (size_t at = 0;;) {
        td_str bytes = td_str_slice(piece, at, at + window);
        size_t n = merge_all(bpe, s, bytes);
        if (expected != NONE && s->symbols[0].id != expected)
            return false;
        if (at + bytes.n == piece.n)
            add_all(s, n, ids);
        if (at + bytes.n == piece.n || ids->full)
            return true;
        size_t n_kept = add_front(s, window, ids, &expected);
        if (n_kept == 0)
            return false;
        at += n_kept;
    }
}

static bool has_all_bytes(const td_bpe *bpe)
{
    for (size_t i = 0; i < 256; i++)
        if (bpe->byte_ids[i] == TD_NO_ID)
            return false;
    return true;
}

tandem_code td_embed_tokenize_bpe_long_run(const td_bpe *bpe, td_str piece, size_t window,
                                           td_ids *ids, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t n_before = ids->n;
    bool done = false;
    space s = {0};

    /* Windows need invariant 3, and a symbol for each byte, so that bytes can be counted. */
    if (piece.n > window && bpe->in_order && has_all_bytes(bpe)) {
        TD_TRY(init(&s, window, err));
        done = run_windows(bpe, &s, piece, window, ids);
    }
    if (!done) {
        clear(&s);
        ids->n = n_before;
        ids->full = false;
        TD_TRY(init(&s, piece.n, err));
        add_all(&s, merge_all(bpe, &s, piece), ids);
    }

out:
    clear(&s);
    return code;
}
