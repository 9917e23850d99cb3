#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void gives_the_digits_of_xxh128sum(void **state)
{
    (void)state;
    /* printf %s abc | xxh128sum, and the same of nothing; xxhash 0.8.1 */
    char hex[TD_HASH_HEX_N];
    td_hash_hex(td_hash_of(TD_STR("")), hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
    td_hash_hex(td_hash_of(TD_STR("abc")), hex);
    assert_string_equal(hex, "06b05ab6733a618578af5f94892f3950");
}

static void takes_no_text_for_the_empty_one(void **state)
{
    (void)state;
    assert_true(td_hash_eq(td_hash_of((td_str){0}), td_hash_of(TD_STR(""))));
}

static void tells_apart_where_parts_are_cut(void **state)
{
    (void)state;
    td_str one[] = {TD_STR("ab"), TD_STR("c")};
    td_str other[] = {TD_STR("a"), TD_STR("bc")};
    td_str more[] = {TD_STR("ab"), TD_STR("c"), TD_STR("")};
    td_hash hash = td_hash_of_parts(one, 2);
    assert_true(td_hash_eq(hash, td_hash_of_parts(one, 2)));
    assert_false(td_hash_eq(hash, td_hash_of_parts(other, 2)));
    assert_false(td_hash_eq(hash, td_hash_of_parts(more, 3)));
    assert_false(td_hash_eq(td_hash_of_parts(NULL, 0), td_hash_of_parts(more + 2, 1)));
}

static void keeps_the_hash_of_parts_between_releases(void **state)
{
    (void)state;
    /* Keys of caches on disk depend on it: lengths as eight bytes, lowest first. */
    td_str parts[] = {TD_STR("abc")};
    char hex[TD_HASH_HEX_N];
    char expected[TD_HASH_HEX_N];
    td_hash_hex(td_hash_of_parts(parts, 1), hex);
    td_hash_hex(td_hash_of(TD_STR("\3\0\0\0\0\0\0\0abc")), expected);
    assert_string_equal(hex, expected);

    char text[8 + 0x0102] = "\x02\x01";
    parts[0] = (td_str){text + 8, 0x0102};
    td_hash_hex(td_hash_of_parts(parts, 1), hex);
    td_hash_hex(td_hash_of((td_str){text, sizeof(text)}), expected);
    assert_string_equal(hex, expected);
}

static size_t n_forgotten;

static void count(td_str read)
{
    n_forgotten += read.n;
}

static void bytes_may_be_forgotten_as_they_are_read(void **state)
{
    (void)state;
    const size_t n = (17 << 20) + 3; /* some stretches and a rest */
    char *bytes = malloc(n);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 31);
    const td_str parts[] = {TD_STR("name"), {bytes, n}};
    assert_true(td_hash_eq(td_hash_of_parts_in_turn(parts, 2, count), td_hash_of_parts(parts, 2)));
    assert_int_equal(n_forgotten, n + 4);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_digits_of_xxh128sum),
        cmocka_unit_test(takes_no_text_for_the_empty_one),
        cmocka_unit_test(tells_apart_where_parts_are_cut),
        cmocka_unit_test(keeps_the_hash_of_parts_between_releases),
        cmocka_unit_test(bytes_may_be_forgotten_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
