#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void adds_and_ends_with_a_nul_that_does_not_count(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(100);
    assert_int_equal(td_buf_add(&buf, TD_STR("ab"), NULL), TANDEM_OK);
    assert_int_equal(td_buf_add_byte(&buf, 'c', NULL), TANDEM_OK);
    assert_int_equal(td_buf_add_fmt(&buf, NULL, "%d%s", 4, "e"), TANDEM_OK);
    assert_int_equal(td_buf_add_times(&buf, 'f', 3, NULL), TANDEM_OK);
    assert_int_equal(td_buf_add_times(&buf, 'g', 0, NULL), TANDEM_OK);
    assert_string_equal(buf.ptr, "abc4efff");
    assert_int_equal(buf.n, 8);
    td_buf_clear(&buf);
}

static void is_the_empty_text_before_anything_was_added(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(10);
    assert_int_equal(td_buf_str(&buf).n, 0);
    assert_non_null(td_buf_str(&buf).ptr);
    assert_int_equal(td_buf_add(&buf, (td_str){0}, NULL), TANDEM_OK);
    assert_string_equal(td_buf_str(&buf).ptr, "");
    td_buf_clear(&buf);
}

static void fills_up_to_its_cap_and_no_further(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(3);
    tandem_error err;
    assert_int_equal(td_buf_add(&buf, TD_STR("abc"), &err), TANDEM_OK);
    assert_int_equal(buf.capacity, 4);
    assert_int_equal(td_buf_add_byte(&buf, 'd', &err), TANDEM_E_TOO_LARGE);
    assert_string_equal(err.message, "1 more bytes after 3 pass the cap of 3");
    assert_int_equal(td_buf_add_fmt(&buf, &err, "%d", 1), TANDEM_E_TOO_LARGE);
    assert_int_equal(td_buf_add_times(&buf, 'd', 2, &err), TANDEM_E_TOO_LARGE);
    assert_int_equal(td_buf_reserve(&buf, SIZE_MAX, &err), TANDEM_E_TOO_LARGE);
    assert_string_equal(buf.ptr, "abc");
    td_buf_clear(&buf);
}

static void adds_nothing_of_what_does_not_fit(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(5);
    assert_int_equal(td_buf_add(&buf, TD_STR("abcdefgh"), NULL), TANDEM_E_TOO_LARGE);
    assert_int_equal(buf.n, 0);
    assert_null(buf.ptr);
}

static void reports_a_size_that_no_memory_has(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(SIZE_MAX);
    assert_int_equal(td_buf_reserve(&buf, SIZE_MAX, NULL), TANDEM_E_NOMEM);
    assert_int_equal(td_buf_add(&buf, TD_STR("a"), NULL), TANDEM_OK);
    td_buf_clear(&buf);
}

static void grows_by_doubling(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(1 << 20);
    int n_grown = 0;
    size_t capacity = 0;
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(td_buf_add_byte(&buf, (char)i, NULL), TANDEM_OK);
        n_grown += buf.capacity != capacity;
        capacity = buf.capacity;
    }
    assert_in_range(n_grown, 2, 20);
    for (int i = 0; i < 100000; i++)
        assert_true(buf.ptr[i] == (char)i);
    td_buf_clear(&buf);
}

static void cut_forgets_the_end_only(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(10);
    td_buf_cut(&buf, 0);
    assert_int_equal(td_buf_add(&buf, TD_STR("abcdef"), NULL), TANDEM_OK);
    td_buf_cut(&buf, 99);
    assert_int_equal(buf.n, 6);
    td_buf_cut(&buf, 2);
    assert_string_equal(buf.ptr, "ab");
    td_buf_clear(&buf);
}

static void take_leaves_an_empty_one_with_the_same_cap(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(10);
    assert_int_equal(td_buf_add(&buf, TD_STR("ab"), NULL), TANDEM_OK);
    td_buf taken = td_buf_take(&buf);
    assert_string_equal(taken.ptr, "ab");
    assert_null(buf.ptr);
    assert_int_equal(buf.n, 0);
    assert_int_equal(buf.capacity, 0);
    assert_int_equal(buf.n_max, 10);
    td_buf_clear(&taken);
    td_buf_clear(&buf);
}

static void clear_keeps_the_cap_and_can_be_repeated(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(10);
    assert_int_equal(td_buf_add(&buf, TD_STR("ab"), NULL), TANDEM_OK);
    td_buf_clear(&buf);
    td_buf_clear(&buf);
    assert_int_equal(buf.n_max, 10);
    assert_int_equal(td_buf_add(&buf, TD_STR("cd"), NULL), TANDEM_OK);
    td_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_and_ends_with_a_nul_that_does_not_count),
        cmocka_unit_test(is_the_empty_text_before_anything_was_added),
        cmocka_unit_test(fills_up_to_its_cap_and_no_further),
        cmocka_unit_test(adds_nothing_of_what_does_not_fit),
        cmocka_unit_test(reports_a_size_that_no_memory_has),
        cmocka_unit_test(grows_by_doubling),
        cmocka_unit_test(cut_forgets_the_end_only),
        cmocka_unit_test(take_leaves_an_empty_one_with_the_same_cap),
        cmocka_unit_test(clear_keeps_the_cap_and_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
