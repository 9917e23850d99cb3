#include "extract/tree_pool.h"
#include "support.h"

static void gives_a_freed_piece_to_the_next_of_its_size(void **state)
{
    td_arena *arena = td_arena_new(1 << 20);
    td_tree_pool pool;
    void *small, *large;

    (void)state;
    td_extract_tree_pool_init(&pool, arena);
    if (setjmp(pool.give_up))
        fail();
    small = td_extract_tree_pool_alloc(&pool, 40);
    large = td_extract_tree_pool_alloc(&pool, 33000);
    assert_int_equal((uintptr_t)small % sizeof(void *), 0);
    memset(small, 1, 40);
    memset(large, 2, 33000);
    td_extract_tree_pool_free(&pool, small);
    td_extract_tree_pool_free(&pool, large);
    td_extract_tree_pool_free(&pool, NULL);
    assert_ptr_equal(td_extract_tree_pool_alloc(&pool, 33001), large);
    assert_ptr_equal(td_extract_tree_pool_alloc(&pool, 39), small);
    void *other = td_extract_tree_pool_alloc(&pool, 39);
    assert_ptr_not_equal(other, small);
    td_extract_tree_pool_free(&pool, small);
    td_extract_tree_pool_free(&pool, other);
    assert_ptr_equal(td_extract_tree_pool_alloc(&pool, 40), other);
    assert_ptr_equal(td_extract_tree_pool_alloc(&pool, 40), small);
    td_arena_free(arena);
}

static void keeps_what_was_in_a_piece_that_grows(void **state)
{
    td_arena *arena = td_arena_new(64 << 20);
    td_tree_pool pool;
    unsigned char *grows = NULL;

    (void)state;
    td_extract_tree_pool_init(&pool, arena);
    if (setjmp(pool.give_up))
        fail();
    for (size_t n = 1; n < 3000000; n = n * 2 + 5) {
        grows = td_extract_tree_pool_realloc(&pool, grows, n);
        for (size_t i = 0; i < n / 2; i++)
            if (n > 1 && i < (n - 5) / 2 && grows[i] != i % 251)
                fail_msg("byte %zu of %zu is lost", i, n);
        for (size_t i = 0; i < n; i++)
            grows[i] = (unsigned char)(i % 251);
    }
    td_arena_free(arena);
}

/* Asks for 1 MB of an arena of 64 KB, or for all there is; true if there was a jump. */
static bool jumps(td_tree_pool *pool, size_t bytes)
{
    if (setjmp(pool->give_up))
        return true;
    td_extract_tree_pool_alloc(pool, bytes);
    return false;
}

static void jumps_when_memory_is_used_up_and_says_so(void **state)
{
    td_arena *arena = td_arena_new(64 << 10);
    td_tree_pool pool;
    tandem_error err = {0};

    (void)state;
    td_extract_tree_pool_init(&pool, arena);
    assert_false(jumps(&pool, 1000));
    assert_true(jumps(&pool, 1 << 20));
    assert_int_equal(td_extract_tree_pool_fail(&pool, 5, &err), TANDEM_E_TOO_LARGE);
    assert_true(jumps(&pool, SIZE_MAX));
    assert_int_equal(td_extract_tree_pool_fail(&pool, 5, &err), TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "memory"));
    td_arena_free(arena);
}

static void jumps_when_time_is_over_and_says_so(void **state)
{
    td_arena *arena = td_arena_new(64 << 10);
    td_tree_pool pool;
    tandem_error err = {0};

    (void)state;
    td_extract_tree_pool_init(&pool, arena);
    td_extract_tree_pool_check(&pool);
    pool.deadline_ms = -1;
    if (!setjmp(pool.give_up)) {
        td_extract_tree_pool_check(&pool);
        fail();
    }
    assert_int_equal(td_extract_tree_pool_fail(&pool, 5, &err), TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "5 bytes takes too long"));
    /* Pieces are asked for in any number between two looks at it from outside. */
    if (!setjmp(pool.give_up)) {
        for (int i = 0; i < 10000; i++)
            td_extract_tree_pool_free(&pool, td_extract_tree_pool_alloc(&pool, 8));
        fail();
    }
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_freed_piece_to_the_next_of_its_size),
        cmocka_unit_test(keeps_what_was_in_a_piece_that_grows),
        cmocka_unit_test(jumps_when_memory_is_used_up_and_says_so),
        cmocka_unit_test(jumps_when_time_is_over_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
