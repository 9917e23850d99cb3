#include "hub/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* "hello\n" by sha256sum and by git hash-object. */
#define SHA256 "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define GIT    "ce013625030ba8dba906f756967f9e9ca394464a"

static bool matches(const char *expected, const char *first, const char *second)
{
    td_hub_digest *digest = NULL;
    bool same = false;

    assert_int_equal(td_hub_digest_new(td_str_from(expected), strlen(first) + strlen(second),
                                       &digest, NULL),
                     TANDEM_OK);
    assert_int_equal(td_hub_digest_add(digest, TD_STR("what is forgotten"), NULL), TANDEM_OK);
    assert_int_equal(td_hub_digest_restart(digest, NULL), TANDEM_OK);
    assert_int_equal(td_hub_digest_add(digest, td_str_from(first), NULL), TANDEM_OK);
    assert_int_equal(td_hub_digest_add(digest, td_str_from(second), NULL), TANDEM_OK);
    assert_int_equal(td_hub_digest_matches(digest, &same, NULL), TANDEM_OK);
    td_hub_digest_free(digest);
    return same;
}

static void knows_a_large_file_by_sha_256(void **state)
{
    (void)state;
    assert_true(matches(SHA256, "hel", "lo\n"));
    assert_false(matches(SHA256, "hel", "lo"));
}

static void knows_a_small_file_by_gits_name(void **state)
{
    (void)state;
    assert_true(matches(GIT, "", "hello\n"));
    assert_false(matches(GIT, "Hello", "\n"));
}

static void a_hash_of_another_length_is_unknown(void **state)
{
    td_hub_digest *digest = NULL;

    (void)state;
    assert_int_equal(td_hub_digest_new(TD_STR("abc"), 1, &digest, NULL), TANDEM_E_UNSUPPORTED);
    assert_null(digest);
    td_hub_digest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_a_large_file_by_sha_256),
        cmocka_unit_test(knows_a_small_file_by_gits_name),
        cmocka_unit_test(a_hash_of_another_length_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
