/* extract/tree_pool.h - memory and time for a parser that has no limits of its own.
 *
 * Such a parser cannot be told that memory is out: it allocates from a pool on an arena and is left
 * by a jump to `give_up` when that, or its time, is used up. All it made goes with the arena.
 * Threads:  one owner
 */
#ifndef TD_EXTRACT_TREE_POOL_H
#define TD_EXTRACT_TREE_POOL_H

#include "base/arena.h"
#include "base/error.h"

#include <setjmp.h>

enum {
    TD_TREE_POOL_SMALL = 32,                            /* classes of 16, 32, ... 512 bytes, */
    TD_TREE_POOL_CLASSES = TD_TREE_POOL_SMALL + 4 * 32, /* then four up to each power of two */
};

typedef struct td_tree_piece td_tree_piece;

typedef struct td_tree_pool {
    td_arena *arena;
    td_tree_piece *free[TD_TREE_POOL_CLASSES];
    jmp_buf give_up; /* set it before the first piece is asked for */
    int64_t deadline_ms;
    uint32_t n_allocations;
    bool late;
} td_tree_pool;

/* The time begins to count. `arena` is borrowed. */
void td_extract_tree_pool_init(td_tree_pool *pool, td_arena *arena);

/* At least `bytes`, aligned for pointers and numbers; never NULL. */
void *td_extract_tree_pool_alloc(td_tree_pool *pool, size_t bytes);

/* As realloc; NULL for `memory` allocates. */
void *td_extract_tree_pool_realloc(td_tree_pool *pool, void *memory, size_t bytes);

/* For the next piece of its size. NULL is fine. */
void td_extract_tree_pool_free(td_tree_pool *pool, void *memory);

/* Jumps if the time is over. */
void td_extract_tree_pool_check(td_tree_pool *pool);

/* Why there was a jump. Errors: E_TOO_LARGE (memory or time for `html_bytes`), E_NOMEM. */
tandem_code td_extract_tree_pool_fail(const td_tree_pool *pool, size_t html_bytes,
                                      tandem_error *err);

#endif
