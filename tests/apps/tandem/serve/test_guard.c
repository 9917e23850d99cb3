#include "serve/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void knows_what_is_loopback(void **state)
{
    (void)state;
    assert_true(guard_is_loopback("127.0.0.1"));
    assert_true(guard_is_loopback("127.8.9.10"));
    assert_true(guard_is_loopback("::1"));
    assert_true(guard_is_loopback("LocalHost"));
    assert_false(guard_is_loopback("0.0.0.0"));
    assert_false(guard_is_loopback("::"));
    assert_false(guard_is_loopback("10.0.0.1"));
    assert_false(guard_is_loopback("127.0.0.1.evil.example"));
}

static void lets_only_its_own_names_be_host(void **state)
{
    const char *const more[] = {"box.lan"};
    guard g;

    (void)state;
    guard_init(&g, "127.0.0.1", more, 1, NULL);
    assert_true(guard_allows_host(&g, "127.0.0.1:7070"));
    assert_true(guard_allows_host(&g, "localhost"));
    assert_true(guard_allows_host(&g, "localhost.:1"));
    assert_true(guard_allows_host(&g, "[::1]:7070"));
    assert_true(guard_allows_host(&g, "BOX.lan:7070"));
    assert_true(guard_allows_host(&g, NULL));
    assert_false(guard_allows_host(&g, "evil.example"));
    assert_false(guard_allows_host(&g, "box.lan.evil.example"));
    assert_false(guard_allows_host(&g, "10.0.0.1:7070"));
    assert_false(guard_allows_host(&g, "localhost:80@evil.example"));
    assert_false(guard_allows_host(&g, "[::1"));
    assert_false(guard_allows_host(&g, "[::1]evil"));
    assert_false(guard_allows_host(&g, ""));
    assert_false(guard_allows_host(&g, ":80"));
}

static void bound_elsewhere_takes_numbers_but_no_names(void **state)
{
    guard g;

    (void)state;
    guard_init(&g, "0.0.0.0", NULL, 0, "k");
    assert_true(guard_allows_host(&g, "192.168.1.5:7070"));
    assert_true(guard_allows_host(&g, "[fd00::5]"));
    assert_false(guard_allows_host(&g, "rebound.example"));
}

static void lets_no_page_of_another_site_ask(void **state)
{
    guard g;

    (void)state;
    guard_init(&g, "127.0.0.1", NULL, 0, NULL);
    assert_true(guard_allows_origin(&g, NULL));
    assert_true(guard_allows_origin(&g, "http://localhost:7070"));
    assert_true(guard_allows_origin(&g, "https://127.0.0.1"));
    assert_false(guard_allows_origin(&g, "null"));
    assert_false(guard_allows_origin(&g, ""));
    assert_false(guard_allows_origin(&g, "http://"));
    assert_false(guard_allows_origin(&g, "http://evil.example"));
    assert_false(guard_allows_origin(&g, "http://localhost.evil.example:7070"));
    assert_false(guard_allows_origin(&g, "file://localhost"));
}

static void asks_for_the_very_key(void **state)
{
    guard g;

    (void)state;
    guard_init(&g, "127.0.0.1", NULL, 0, "s3cret");
    assert_true(guard_allows_key(&g, "Bearer s3cret"));
    assert_true(guard_allows_key(&g, "bearer  s3cret"));
    assert_false(guard_allows_key(&g, NULL));
    assert_false(guard_allows_key(&g, "Bearer "));
    assert_false(guard_allows_key(&g, "Bearer s3cre"));
    assert_false(guard_allows_key(&g, "Bearer s3crets"));
    assert_false(guard_allows_key(&g, "s3cret"));
    assert_null(memmem(&g, sizeof(g), "s3cret", 6));
    guard_init(&g, "127.0.0.1", NULL, 0, "");
    assert_true(guard_allows_key(&g, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_is_loopback),
        cmocka_unit_test(lets_only_its_own_names_be_host),
        cmocka_unit_test(bound_elsewhere_takes_numbers_but_no_names),
        cmocka_unit_test(lets_no_page_of_another_site_ask),
        cmocka_unit_test(asks_for_the_very_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
