#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void gives_aligned_pieces_that_do_not_touch(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = td_arena_alloc(arena, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_equal(pieces[i][k], i);
    }
    assert_int_equal(td_arena_bytes(arena), 199 * 200 / 2);
    td_arena_free(arena);
}

static void gives_a_piece_larger_than_any_block(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(8 << 20);
    char *small = td_arena_alloc(arena, 10);
    char *large = td_arena_alloc(arena, 5 << 20);
    assert_non_null(small);
    assert_non_null(large);
    memset(large, 1, 5 << 20);
    td_arena_free(arena);
}

static void keeps_to_its_cap_and_says_so(void **state)
{
    (void)state;
    tandem_error err;
    td_arena *arena = td_arena_new(100);
    assert_non_null(td_arena_alloc(arena, 60));
    assert_null(td_arena_alloc(arena, 41));
    assert_int_equal(td_arena_fail(arena, &err), TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "100 bytes"));
    assert_non_null(td_arena_alloc(arena, 40));
    assert_null(td_arena_alloc(arena, SIZE_MAX));
    assert_int_equal(td_arena_bytes(arena), 100);
    td_arena_free(arena);
}

static void hands_out_anew_what_a_clear_kept(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    char *first = td_arena_alloc(arena, 100);
    assert_non_null(td_arena_alloc(arena, 300 << 10));
    td_arena_clear(arena, 64 << 10);
    assert_int_equal(td_arena_bytes(arena), 0);
    assert_ptr_equal(td_arena_alloc(arena, 100), first);
    char *large = td_arena_alloc(arena, (1 << 20) - 100); /* the whole cap is there again */
    assert_non_null(large);
    memset(large, 1, (1 << 20) - 100);
    assert_null(td_arena_alloc(arena, 1));
    td_arena_clear(arena, 0);
    td_arena_clear(arena, 0);
    assert_non_null(td_arena_alloc(arena, 1));
    td_arena_free(arena);
}

static void takes_no_memory_for_a_passed_cap(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(SIZE_MAX);
    assert_null(td_arena_alloc(arena, SIZE_MAX));
    assert_null(td_arena_alloc(arena, SIZE_MAX - 64));
    td_arena_free(arena);
}

static void clears_items_and_checks_their_product(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    memset(td_arena_alloc(arena, 1000), 0xFF, 1000);
    uint32_t *items = td_arena_zalloc(arena, 100, sizeof(*items));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(items[i], 0);
    assert_null(td_arena_zalloc(arena, SIZE_MAX / 2, 4));
    assert_int_equal(td_arena_fail(arena, NULL), TANDEM_E_TOO_LARGE);
    td_arena_free(arena);
}

static void copies_text_with_a_nul_behind_it(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(100);
    td_str copy = td_arena_copy(arena, td_str_slice(TD_STR("abcdef"), 1, 4));
    assert_string_equal(copy.ptr, "bcd");
    assert_int_equal(copy.n, 3);
    assert_string_equal(td_arena_copy(arena, (td_str){0}).ptr, "");
    assert_null(td_arena_copy(arena, (td_str){"x", 1000}).ptr);
    assert_null(td_arena_copy(arena, (td_str){"x", SIZE_MAX}).ptr);
    td_arena_free(arena);
}

static void formats_text(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(20);
    td_str text = td_arena_fmt(arena, "%s-%d", "a", 12);
    assert_string_equal(text.ptr, "a-12");
    assert_int_equal(text.n, 4);
    assert_null(td_arena_fmt(arena, "%*d", 30, 1).ptr);
    td_arena_free(arena);
}

static void grows_into_a_copy(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1000);
    char *first = td_arena_grow(arena, NULL, 0, 4);
    memcpy(first, "abcd", 4);
    char *second = td_arena_grow(arena, first, 4, 8);
    assert_memory_equal(second, "abcd", 4);
    assert_null(td_arena_grow(arena, second, 8, 2000));
    assert_memory_equal(second, "abcd", 4);
    td_arena_free(arena);
}

static void frees_nothing_when_there_is_none(void **state)
{
    (void)state;
    td_arena_free(NULL);
    td_arena *arena = td_arena_new(10);
    assert_int_equal(td_arena_bytes(arena), 0);
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_pieces_that_do_not_touch),
        cmocka_unit_test(gives_a_piece_larger_than_any_block),
        cmocka_unit_test(keeps_to_its_cap_and_says_so),
        cmocka_unit_test(hands_out_anew_what_a_clear_kept),
        cmocka_unit_test(takes_no_memory_for_a_passed_cap),
        cmocka_unit_test(clears_items_and_checks_their_product),
        cmocka_unit_test(copies_text_with_a_nul_behind_it),
        cmocka_unit_test(formats_text),
        cmocka_unit_test(grows_into_a_copy),
        cmocka_unit_test(frees_nothing_when_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
