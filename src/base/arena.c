#include "base/arena.h"

#include "base/size.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Under AddressSanitizer what was not handed out is poisoned and a gap follows each piece, so
 * that a write past its end is found as with malloc. */
#if defined(__SANITIZE_ADDRESS__)
#    define ARENA_POISONS 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define ARENA_POISONS 1
#    endif
#endif
#ifndef ARENA_POISONS
#    define ARENA_POISONS 0
#endif
#if ARENA_POISONS
#    include <sanitizer/asan_interface.h>
#else
#    define ASAN_POISON_MEMORY_REGION(ptr, n)   ((void)(ptr), (void)(n))
#    define ASAN_UNPOISON_MEMORY_REGION(ptr, n) ((void)(ptr), (void)(n))
#endif

enum {
    ALIGNMENT = 16,
    BLOCK_BYTES_MIN = 4096,
    BLOCK_BYTES_MAX = 1 << 20,
    GAP_BYTES = ARENA_POISONS ? ALIGNMENT : 0,
};

typedef struct arena_block {
    struct arena_block *before;
    size_t n_used, n_bytes;
    alignas(ALIGNMENT) char bytes[];
} arena_block;

struct td_arena {
    arena_block *block; /* the newest; NULL before the first piece */
    arena_block *spare; /* empty ones, kept by td_arena_clear */
    size_t bytes_handed_out, bytes_max;
    bool past_cap; /* why the last NULL was given */
};

td_arena *td_arena_new(size_t bytes_max)
{
    td_arena *arena = calloc(1, sizeof(*arena));
    if (arena)
        arena->bytes_max = bytes_max;
    return arena;
}

static void free_blocks(arena_block *block)
{
    for (arena_block *before; block; block = before) {
        before = block->before;
        ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->n_bytes);
        free(block);
    }
}

void td_arena_free(td_arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->block);
    free_blocks(arena->spare);
    free(arena);
}

void td_arena_clear(td_arena *arena, size_t keep_bytes)
{
    size_t n_kept = 0;

    for (const arena_block *spare = arena->spare; spare; spare = spare->before)
        n_kept += spare->n_bytes;
    for (arena_block *block = arena->block, *before; block; block = before) {
        bool keep = n_kept <= keep_bytes && block->n_bytes <= keep_bytes - n_kept;

        before = block->before;
        block->before = keep ? arena->spare : NULL;
        if (!keep) {
            free_blocks(block);
            continue;
        }
        n_kept += block->n_bytes;
        block->n_used = 0;
        ASAN_POISON_MEMORY_REGION(block->bytes, block->n_bytes);
        arena->spare = block;
    }
    arena->block = NULL;
    arena->bytes_handed_out = 0;
}

/* Bytes of the next block: twice the last, so that a large document needs few of them. */
static size_t next_block_bytes(const td_arena *arena, size_t needed)
{
    size_t bytes = arena->block ? arena->block->n_bytes : BLOCK_BYTES_MIN / 2;
    bytes = bytes < BLOCK_BYTES_MAX / 2 ? bytes * 2 : BLOCK_BYTES_MAX;
    return bytes > needed ? bytes : needed;
}

/* An empty block that has room for `needed`; NULL if none is kept. */
static arena_block *take_spare(td_arena *arena, size_t needed)
{
    for (arena_block **at = &arena->spare; *at; at = &(*at)->before) {
        arena_block *block = *at;
        if (block->n_bytes < needed)
            continue;
        *at = block->before;
        return block;
    }
    return NULL;
}

static bool add_block(td_arena *arena, size_t needed)
{
    arena_block *block = take_spare(arena, needed);
    if (!block) {
        size_t n_bytes = next_block_bytes(arena, needed);
        size_t whole;
        if (!td_size_add(n_bytes, sizeof(arena_block), &whole))
            return false;
        block = malloc(whole);
        if (!block)
            return false;
        block->n_used = 0;
        block->n_bytes = n_bytes;
        ASAN_POISON_MEMORY_REGION(block->bytes, n_bytes);
    }
    block->before = arena->block;
    arena->block = block;
    return true;
}

/* `bytes` and what keeps the next piece aligned. */
static bool padded_bytes(size_t bytes, size_t *padded_out)
{
    size_t padded;
    if (!td_size_add(bytes ? bytes : 1, GAP_BYTES + ALIGNMENT - 1, &padded))
        return false;
    *padded_out = padded / ALIGNMENT * ALIGNMENT;
    return true;
}

void *td_arena_alloc(td_arena *arena, size_t bytes)
{
    size_t total, padded;
    arena->past_cap = !td_size_add(arena->bytes_handed_out, bytes, &total) ||
                      total > arena->bytes_max || !padded_bytes(bytes, &padded);
    if (arena->past_cap)
        return NULL;

    arena_block *block = arena->block;
    if (!block || block->n_bytes - block->n_used < padded) {
        if (!add_block(arena, padded))
            return NULL;
        block = arena->block;
    }
    char *piece = block->bytes + block->n_used;
    block->n_used += padded;
    arena->bytes_handed_out = total;
    ASAN_UNPOISON_MEMORY_REGION(piece, bytes);
    return piece;
}

void *td_arena_zalloc(td_arena *arena, size_t n, size_t item_bytes)
{
    size_t bytes;
    if (!td_size_mul(n, item_bytes, &bytes)) {
        arena->past_cap = true;
        return NULL;
    }
    void *piece = td_arena_alloc(arena, bytes);
    return piece ? memset(piece, 0, bytes) : NULL;
}

td_str td_arena_copy(td_arena *arena, td_str s)
{
    size_t bytes;
    if (!td_size_add(s.n, 1, &bytes)) {
        arena->past_cap = true;
        return (td_str){0};
    }
    char *piece = td_arena_alloc(arena, bytes);
    if (!piece)
        return (td_str){0};
    if (s.n)
        memcpy(piece, s.ptr, s.n);
    piece[s.n] = '\0';
    return (td_str){piece, s.n};
}

td_str td_arena_fmt(td_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    td_assert(n >= 0);

    char *piece = td_arena_alloc(arena, (size_t)n + 1);
    if (!piece)
        return (td_str){0};
    va_start(args, format);
    vsnprintf(piece, (size_t)n + 1, format, args);
    va_end(args);
    return (td_str){piece, (size_t)n};
}

void *td_arena_grow(td_arena *arena, const void *old, size_t old_bytes, size_t new_bytes)
{
    td_assert(new_bytes >= old_bytes);
    void *piece = td_arena_alloc(arena, new_bytes);
    if (piece && old && old_bytes)
        memcpy(piece, old, old_bytes);
    return piece;
}

tandem_code td_arena_fail(const td_arena *arena, tandem_error *err)
{
    if (arena->past_cap)
        return td_fail(err, TANDEM_E_TOO_LARGE, "needs more than %zu bytes of working memory",
                       arena->bytes_max);
    return td_fail(err, TANDEM_E_NOMEM, "out of memory after %zu bytes of working memory",
                   arena->bytes_handed_out);
}

size_t td_arena_bytes(const td_arena *arena)
{
    return arena->bytes_handed_out;
}
