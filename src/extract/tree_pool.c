/* Freed pieces wait in a list by size: vectors and strings that grow by copying would leave twice
 * their size behind in a bare arena. */
#include "extract/tree_pool.h"

#include "base/size.h"

#include <time.h>

enum {
    PARSE_MS_MAX = 2000, /* of this thread's CPU; real pages of 10 MB need a fifth of it at most */
    CLOCK_EVERY = 4096,  /* allocations between two looks at the clock */
    SMALL_STEP = 16,
    SMALL_MAX = SMALL_STEP * TD_TREE_POOL_SMALL,
    HEAD_BYTES = sizeof(size_t),
};

struct td_tree_piece {
    size_t class_index;
    td_tree_piece *next; /* while it is free; else the first bytes of what is kept there */
};

static int64_t thread_cpu_ms(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void td_extract_tree_pool_init(td_tree_pool *pool, td_arena *arena)
{
    memset(pool->free, 0, sizeof(pool->free));
    pool->arena = arena;
    pool->deadline_ms = thread_cpu_ms() + PARSE_MS_MAX;
    pool->n_allocations = 0;
    pool->late = false;
}

/* Bytes of a piece of that class, its head included. */
static size_t room_of(size_t class_index)
{
    size_t step, base;

    if (class_index < TD_TREE_POOL_SMALL)
        return (class_index + 1) * SMALL_STEP;
    step = class_index - TD_TREE_POOL_SMALL;
    base = (size_t)SMALL_MAX << (step / 4);
    return base + base / 4 * (step % 4 + 1);
}

/* The least class whose pieces have room for `bytes`; past the last there is none. */
static size_t class_of(size_t bytes)
{
    size_t index = TD_TREE_POOL_SMALL;

    if (bytes <= SMALL_MAX)
        return bytes ? (bytes - 1) / SMALL_STEP : 0;
    while (index < TD_TREE_POOL_CLASSES && room_of(index) < bytes)
        index++;
    return index;
}

void td_extract_tree_pool_check(td_tree_pool *pool)
{
    if (thread_cpu_ms() <= pool->deadline_ms)
        return;
    pool->late = true;
    longjmp(pool->give_up, 1);
}

void *td_extract_tree_pool_alloc(td_tree_pool *pool, size_t bytes)
{
    size_t room = SIZE_MAX, index;
    td_tree_piece *made = NULL;

    if (++pool->n_allocations % CLOCK_EVERY == 0)
        td_extract_tree_pool_check(pool);
    index = td_size_add(bytes, HEAD_BYTES, &room) ? class_of(room) : TD_TREE_POOL_CLASSES;
    if (index < TD_TREE_POOL_CLASSES) {
        made = pool->free[index];
        if (made) {
            pool->free[index] = made->next;
            return &made->next;
        }
        room = room_of(index);
    }
    made = td_arena_alloc(pool->arena, room);
    if (!made)
        longjmp(pool->give_up, 1);
    made->class_index = index;
    return &made->next;
}

static td_tree_piece *piece_of(void *memory)
{
    return (td_tree_piece *)((char *)memory - HEAD_BYTES);
}

void *td_extract_tree_pool_realloc(td_tree_pool *pool, void *memory, size_t bytes)
{
    size_t room = memory ? room_of(piece_of(memory)->class_index) - HEAD_BYTES : 0;
    void *made;

    if (memory && bytes <= room)
        return memory;
    made = td_extract_tree_pool_alloc(pool, bytes);
    if (room)
        memcpy(made, memory, room);
    td_extract_tree_pool_free(pool, memory);
    return made;
}

void td_extract_tree_pool_free(td_tree_pool *pool, void *memory)
{
    td_tree_piece *freed;

    if (!memory)
        return;
    freed = piece_of(memory);
    freed->next = pool->free[freed->class_index];
    pool->free[freed->class_index] = freed;
}

tandem_code td_extract_tree_pool_fail(const td_tree_pool *pool, size_t html_bytes,
                                      tandem_error *err)
{
    if (pool->late)
        return td_fail(err, TANDEM_E_TOO_LARGE, "HTML of %zu bytes takes too long to parse",
                       html_bytes);
    return td_arena_fail(pool->arena, err);
}
