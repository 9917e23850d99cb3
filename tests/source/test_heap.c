#include "source/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void items_come_out_in_the_order_of_their_keys(void **state)
{
    td_source_heap heap = {0};
    uint64_t seed = 7, last = 0;
    static char items[1000];

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        assert_true(td_source_heap_push(&heap, seed >> 40, &items[i]));
    }
    for (size_t i = 0; i < 1000; i++) {
        uint64_t key = heap.items[0].key;
        assert_true(key >= last);
        last = key;
        char *item = td_source_heap_pop(&heap);
        assert_int_equal(*item, 0);
        *item = 1; /* each once */
    }
    assert_int_equal(heap.n, 0);
    td_source_heap_clear(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_of_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
