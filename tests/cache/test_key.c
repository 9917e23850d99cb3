#include "cache/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static td_hash key(const char *model, tandem_role role, const char *text)
{
    return td_cache_key(td_str_from(model), role, td_str_from(text));
}

static void the_same_model_role_and_text_give_the_same_key(void **state)
{
    (void)state;
    td_hash a = key("m@1 f32", TANDEM_ROLE_DOCUMENT, "hello");
    assert_true(td_hash_eq(a, key("m@1 f32", TANDEM_ROLE_DOCUMENT, "hello")));
}

static void model_role_and_text_each_change_the_key(void **state)
{
    (void)state;
    td_hash a = key("m@1 f32", TANDEM_ROLE_DOCUMENT, "hello");
    assert_false(td_hash_eq(a, key("m@1 int8", TANDEM_ROLE_DOCUMENT, "hello")));
    assert_false(td_hash_eq(a, key("m@1 f32", TANDEM_ROLE_QUERY, "hello")));
    assert_false(td_hash_eq(a, key("m@1 f32", TANDEM_ROLE_DOCUMENT, "hello ")));
}

static void bytes_that_move_from_model_to_text_change_the_key(void **state)
{
    (void)state;
    assert_false(
        td_hash_eq(key("ab", TANDEM_ROLE_DOCUMENT, "c"), key("a", TANDEM_ROLE_DOCUMENT, "bc")));
    assert_false(
        td_hash_eq(key("a", TANDEM_ROLE_DOCUMENT, "db"), key("ad", TANDEM_ROLE_DOCUMENT, "b")));
}

static void an_empty_text_has_a_key(void **state)
{
    (void)state;
    td_hash none = td_cache_key(TD_STR("m"), TANDEM_ROLE_DOCUMENT, (td_str){NULL, 0});
    assert_true(td_hash_eq(none, key("m", TANDEM_ROLE_DOCUMENT, "")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_model_role_and_text_give_the_same_key),
        cmocka_unit_test(model_role_and_text_each_change_the_key),
        cmocka_unit_test(bytes_that_move_from_model_to_text_change_the_key),
        cmocka_unit_test(an_empty_text_has_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
