#include "pipeline/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void what_is_packed_comes_out_again_but_for_what_is_not_followed(void **state)
{
    td_link links[] = {
        {.href = TD_STR("https://a.example/docs/one.html")},
        {.href = TD_STR("https://a.example/docs/one.html")},
        {.href = TD_STR("https://a.example/docs/two.html")},
        {.href = TD_STR("https://a.example/private"), .nofollow = true},
        {.href = TD_STR("")},
        {.href = TD_STR("https://a.example/docs/two.html?x")},
        {.href = TD_STR("http://b.example/")},
        {.href = TD_STR("x")},
    };
    static const char *const expected[] = {"https://a.example/docs/one.html",
                                           "https://a.example/docs/two.html",
                                           "https://a.example/docs/two.html?x", "http://b.example/",
                                           "x"};
    td_buf packed = TD_BUF(10000);
    td_arena *arena = td_arena_new(100000);
    td_link *out = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(td_pipeline_links_pack(links, 8, &packed, NULL), TANDEM_OK);
    assert_true(packed.n < 80);
    assert_int_equal(td_pipeline_links_unpack(td_buf_str(&packed), arena, &out, &n, NULL),
                     TANDEM_OK);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++)
        assert_true(td_str_eq(out[i].href, td_str_from(expected[i])));
    td_arena_free(arena);
    td_buf_clear(&packed);
}

static void long_addresses_survive(void **state)
{
    static char text[40000];
    td_link links[] = {{.href = {text, 300}}, {.href = {text, 20000}}};
    td_buf packed = TD_BUF(100000);
    td_arena *arena = td_arena_new(1000000);
    td_link *out = NULL;
    size_t n = 0;

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(td_pipeline_links_pack(links, 2, &packed, NULL), TANDEM_OK);
    assert_int_equal(td_pipeline_links_unpack(td_buf_str(&packed), arena, &out, &n, NULL),
                     TANDEM_OK);
    assert_int_equal(n, 2);
    assert_int_equal(out[0].href.n, 300);
    assert_int_equal(out[1].href.n, 20000);
    td_arena_free(arena);
    td_buf_clear(&packed);
}

static void damaged_bytes_are_an_error(void **state)
{
    static const td_str bad[] = {
        {"\x01\x01x", 3}, /* shares with nothing */
        {"\x00\x05x", 3}, /* longer than there is */
        {"\x00", 1},      {"\xff\xff\xff\xff\xff", 5}, {"\x00\x01x\x02\x00", 5},
    };
    td_arena *arena = td_arena_new(100000);
    td_link *out = NULL;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(td_pipeline_links_unpack(bad[i], arena, &out, &n, NULL), TANDEM_E_FORMAT);
    assert_int_equal(td_pipeline_links_unpack(TD_STR(""), arena, &out, &n, NULL), TANDEM_OK);
    assert_int_equal(n, 0);
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_out_again_but_for_what_is_not_followed),
        cmocka_unit_test(long_addresses_survive),
        cmocka_unit_test(damaged_bytes_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
