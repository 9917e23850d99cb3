#include "source/waiting.h"

#include <stdlib.h>

enum {
    BLOCK_BYTES_MIN = 256, /* a site of a few pages needs no more, and there may be many sites */
    BLOCK_BYTES_MAX = 16 << 10,
    NUMBER_BYTES_MAX = 10,
    HEAD_BYTES_MAX = 1 + 5 * NUMBER_BYTES_MAX + 16,
    ADDRESS_BYTES_MAX = 64 << 20,
};

/* What a record has besides its order and address. */
enum {
    HAS_GUESS = 1,
    HAS_ROLE = 2,
    HAS_CHANGE = 4,
    HAS_REASON = 8,
};

typedef struct block {
    struct block *next;
    size_t n, capacity;
    uint64_t at;         /* in the file */
    uint64_t first_step; /* from the order before to that of its first record */
    char *bytes;         /* NULL: in the file */
} block;

typedef struct td_source_waiting_level {
    struct td_source_waiting_level *next; /* a deeper one */
    uint64_t number;
    block *first, *last;
    size_t at;              /* of the record to be read next, in the first block */
    size_t n_records;       /* not read yet */
    uint64_t next_order;    /* of that record */
    uint64_t written_order; /* of the one written last */
    td_buf read, written;   /* the addresses of the one dropped last and of the one pushed last */
} level;

void td_source_waiting_init(td_source_waiting *waiting, td_source_spill *spill)
{
    *waiting = (td_source_waiting){.spill = spill, .given = TD_BUF(ADDRESS_BYTES_MAX)};
}

/* -- numbers -- */

static char *put_number(char *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (char)(value | 0x80);
    *to++ = (char)value;
    return to;
}

static const char *get_number(const char *from, uint64_t *value_out)
{
    uint64_t value = 0;

    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)*from++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    *value_out = value;
    return from;
}

/* -- blocks -- */

/* The bytes of a full block go to the file, if there are so many that it is worth it. */
static void spill_block(td_source_spill *spill, block *b)
{
    uint64_t at = spill->n_bytes;

    if (b->capacity < BLOCK_BYTES_MAX || at + b->n > TD_SOURCE_WAITING_SPILL_BYTES_MAX ||
        !td_source_spill_put(spill, at, b->bytes, b->n))
        return;
    b->at = at;
    b->capacity = 0;
    free(b->bytes);
    b->bytes = NULL;
}

/* Sees that the bytes of a block are in memory. */
static bool fetch_block(const td_source_spill *spill, block *b)
{
    if (b->bytes)
        return true;
    b->bytes = malloc(b->n);
    if (b->bytes && td_source_spill_get(spill, b->at, b->bytes, b->n)) {
        b->capacity = b->n;
        return true;
    }
    free(b->bytes);
    b->bytes = NULL;
    return false;
}

static void free_block(block *b)
{
    free(b->bytes);
    free(b);
}

/* -- levels -- */

static void free_level(level *l)
{
    while (l->first) {
        block *next = l->first->next;
        free_block(l->first);
        l->first = next;
    }
    td_buf_clear(&l->read);
    td_buf_clear(&l->written);
    free(l);
}

static level *find_or_add(td_source_waiting *waiting, uint64_t number)
{
    level **at = &waiting->levels;

    while (*at && (*at)->number < number)
        at = &(*at)->next;
    if (*at && (*at)->number == number)
        return *at;
    level *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    l->number = number;
    l->next = *at;
    l->read = l->written = TD_BUF(ADDRESS_BYTES_MAX);
    *at = l;
    return l;
}

static void drop_level(td_source_waiting *waiting, level *l)
{
    level **at = &waiting->levels;

    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    free_level(l);
}

/* A block at the end of the level that has room for n bytes. */
static block *room_for(td_source_spill *spill, level *l, size_t n)
{
    if (l->last && l->last->capacity - l->last->n >= n)
        return l->last;
    size_t capacity = l->last ? l->last->capacity * 2 : BLOCK_BYTES_MIN;
    capacity = capacity > BLOCK_BYTES_MAX ? BLOCK_BYTES_MAX : capacity;
    capacity = capacity < n ? n : capacity;
    block *b = malloc(sizeof(*b));
    char *bytes = malloc(capacity);
    if (!b || !bytes) {
        free(bytes);
        free(b);
        return NULL;
    }
    *b = (block){.capacity = capacity, .bytes = bytes};
    if (l->last && l->last != l->first)
        spill_block(spill, l->last);
    if (l->last)
        l->last->next = b;
    else
        l->first = b;
    l->last = b;
    return b;
}

/* -- records -- */

static size_t shared(td_str a, td_str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

static size_t put_head(char *head, uint64_t order, const td_source_lead *lead)
{
    bool has_role = lead->role != TD_SOURCE_ROLE_PAGE || lead->level > 0;
    char *to = head;

    *to++ = (char)((lead->is_guess ? HAS_GUESS : 0) | (has_role ? HAS_ROLE : 0) |
                   (lead->changed_ms >= 0 ? HAS_CHANGE : 0) | (lead->why_not ? HAS_REASON : 0));
    to = put_number(to, order);
    to = put_number(to, lead->depth);
    if (has_role) {
        *to++ = (char)lead->role;
        *to++ = (char)lead->level;
    }
    if (lead->changed_ms >= 0)
        to = put_number(to, (uint64_t)lead->changed_ms);
    if (lead->why_not) {
        memcpy(to, &lead->why_not, sizeof(lead->why_not));
        to += sizeof(lead->why_not);
    }
    return (size_t)(to - head);
}

static const char *get_head(const char *from, td_source_lead *lead_out)
{
    unsigned has = (unsigned char)*from++;
    uint64_t order = 0, depth = 0, changed = 0;

    *lead_out = (td_source_lead){.is_guess = (has & HAS_GUESS) != 0, .changed_ms = -1};
    from = get_number(from, &order); /* known since the record before was read */
    from = get_number(from, &depth);
    lead_out->depth = (uint32_t)depth;
    if (has & HAS_ROLE) {
        lead_out->role = (td_source_role)*from++;
        lead_out->level = (uint8_t)*from++;
    }
    if (has & HAS_CHANGE) {
        from = get_number(from, &changed);
        lead_out->changed_ms = (int64_t)changed;
    }
    if (has & HAS_REASON) {
        memcpy(&lead_out->why_not, from, sizeof(lead_out->why_not));
        from += sizeof(lead_out->why_not);
    }
    return from;
}

bool td_source_waiting_push(td_source_waiting *waiting, uint64_t order, const td_source_lead *lead)
{
    char head[HEAD_BYTES_MAX];
    level *l = find_or_add(waiting, order >> TD_SOURCE_WAITING_LEVEL_BITS);

    if (!l)
        return false;
    td_assert(l->n_records == 0 || order > l->written_order);
    size_t n_same = shared(td_buf_str(&l->written), lead->url);
    size_t n = put_head(head, order - l->written_order, lead);
    n = (size_t)(put_number(head + n, n_same) - head);
    n = (size_t)(put_number(head + n, lead->url.n - n_same) - head);
    td_str rest = td_str_slice(lead->url, n_same, lead->url.n);
    block *b = NULL;
    if (td_buf_reserve(&l->written, lead->url.n, NULL) == TANDEM_OK)
        b = room_for(waiting->spill, l, n + rest.n);
    if (!b) {
        if (l->n_records == 0) /* it is this call's: no other is empty */
            drop_level(waiting, l);
        return false;
    }
    if (b->n == 0)
        b->first_step = order - l->written_order;
    memcpy(b->bytes + b->n, head, n);
    memcpy(b->bytes + b->n + n, rest.ptr, rest.n);
    b->n += n + rest.n;
    td_buf_cut(&l->written, n_same);
    td_buf_add(&l->written, rest, NULL); /* there is room */
    l->written_order = order;
    if (l->n_records++ == 0)
        l->next_order = order;
    return true;
}

/* The order of the record to be read next, which tells how far it is from the one before. */
static void look_ahead(level *l)
{
    uint64_t step = 0;

    if (l->at == l->first->n) {
        block *read = l->first;
        l->first = read->next;
        l->at = 0;
        free_block(read);
        l->next_order += l->first->first_step; /* its bytes may be in the file */
        return;
    }
    get_number(l->first->bytes + l->at + 1, &step);
    l->next_order += step;
}

bool td_source_waiting_look(td_source_waiting *waiting, td_source_lead *lead_out)
{
    const level *l = waiting->levels;
    td_buf *given = &waiting->given;
    td_source_lead lead;
    uint64_t n_same = 0, n_rest = 0;

    if (!fetch_block(waiting->spill, l->first))
        return false;
    const char *from = get_head(l->first->bytes + l->at, &lead);
    from = get_number(from, &n_same);
    from = get_number(from, &n_rest);
    td_str rest = {from, (size_t)n_rest};
    td_buf_cut(given, 0);
    if (td_buf_reserve(given, (size_t)n_same + rest.n, NULL) != TANDEM_OK)
        return false;
    td_buf_add(given, (td_str){l->read.ptr, (size_t)n_same}, NULL); /* there is room */
    td_buf_add(given, rest, NULL);
    waiting->behind = (size_t)(from - l->first->bytes) + rest.n;
    lead.url = td_buf_str(given);
    *lead_out = lead;
    return true;
}

void td_source_waiting_drop(td_source_waiting *waiting)
{
    level *l = waiting->levels;
    td_buf read = l->read;

    l->read = waiting->given;
    waiting->given = read;
    l->at = waiting->behind;
    if (--l->n_records == 0)
        drop_level(waiting, l);
    else
        look_ahead(l);
}

uint64_t td_source_waiting_first(const td_source_waiting *waiting)
{
    return waiting->levels ? waiting->levels->next_order : UINT64_MAX;
}

void td_source_waiting_clear(td_source_waiting *waiting)
{
    while (waiting->levels)
        drop_level(waiting, waiting->levels);
    td_buf_clear(&waiting->given);
}
