#include "source/heap.h"

#include "base/error.h"

#include <stdlib.h>

typedef struct td_source_heap_item item;

bool td_source_heap_push(td_source_heap *heap, uint64_t key, void *value)
{
    if (heap->n == heap->capacity) {
        size_t larger = heap->capacity ? heap->capacity * 2 : 16;
        item *grown = realloc(heap->items, larger * sizeof(*grown));
        if (!grown)
            return false;
        heap->items = grown;
        heap->capacity = larger;
    }
    size_t at = heap->n++;
    for (; at > 0 && heap->items[(at - 1) / 2].key > key; at = (at - 1) / 2)
        heap->items[at] = heap->items[(at - 1) / 2];
    heap->items[at] = (item){key, value};
    return true;
}

void *td_source_heap_pop(td_source_heap *heap)
{
    td_assert(heap->n > 0);
    void *least = heap->items[0].item;
    item last = heap->items[--heap->n];
    size_t at = 0;

    for (size_t child; (child = at * 2 + 1) < heap->n; at = child) {
        if (child + 1 < heap->n && heap->items[child + 1].key < heap->items[child].key)
            child++;
        if (heap->items[child].key >= last.key)
            break;
        heap->items[at] = heap->items[child];
    }
    if (heap->n > 0)
        heap->items[at] = last;
    return least;
}

void td_source_heap_clear(td_source_heap *heap)
{
    free(heap->items);
    *heap = (td_source_heap){0};
}
