/* source/heap.h - pointers in the order of a number, least first.
 *
 * Threads:  one owner
 */
#ifndef TD_SOURCE_HEAP_H
#define TD_SOURCE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct td_source_heap {
    struct td_source_heap_item {
        uint64_t key;
        void *item;
    } * items;
    size_t n, capacity;
} td_source_heap;

/* False when out of memory. */
bool td_source_heap_push(td_source_heap *heap, uint64_t key, void *item);

/* The least; the heap must not be empty. */
void *td_source_heap_pop(td_source_heap *heap);

/* Frees the heap's own memory, not the items. */
void td_source_heap_clear(td_source_heap *heap);

#endif
