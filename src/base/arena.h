/* base/arena.h - memory that is freed all at once: one arena per document, one per batch.
 *
 * Threads:  one owner at a time
 */
#ifndef TD_BASE_ARENA_H
#define TD_BASE_ARENA_H

#include "base/error.h"
#include "base/str.h"

typedef struct td_arena td_arena;

/* NULL when out of memory. `bytes_max` caps what it hands out in all. */
td_arena *td_arena_new(size_t bytes_max);

/* Frees everything that came from it. NULL is fine. */
void td_arena_free(td_arena *arena);

/* Everything that came from it goes, as with td_arena_free, but up to `keep_bytes` of memory stay
 * with the arena for what it hands out next: memory that goes back to the system after each page
 * costs as much as a fifth of the work on the page. */
void td_arena_clear(td_arena *arena, size_t keep_bytes);

/* 16-byte aligned, not cleared; NULL when out of memory or past the cap (see td_arena_fail). */
void *td_arena_alloc(td_arena *arena, size_t bytes);

/* `n` zeroed items of `item_bytes`; NULL also when the product overflows. */
void *td_arena_zalloc(td_arena *arena, size_t n, size_t item_bytes);

/* A copy with a NUL behind it; ptr is NULL on failure. */
td_str td_arena_copy(td_arena *arena, td_str s);
td_str td_arena_fmt(td_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A larger copy of `old` (old_bytes long), for arrays that double; `old` may be NULL. */
void *td_arena_grow(td_arena *arena, const void *old, size_t old_bytes, size_t new_bytes);

/* The failure that a NULL stands for: E_TOO_LARGE past the cap, else E_NOMEM. */
tandem_code td_arena_fail(const td_arena *arena, tandem_error *err);

/* Bytes handed out so far. */
size_t td_arena_bytes(const td_arena *arena);

#endif
