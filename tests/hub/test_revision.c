#include "hub/revision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const td_model_file a = {TD_STR("config.json"), TD_STR("{}")};
static const td_model_file b = {TD_STR("vocab.txt"), TD_STR("[PAD]")};

static void does_not_depend_on_the_order_of_files(void **state)
{
    char one[TD_HASH_HEX_N], other[TD_HASH_HEX_N];

    (void)state;
    td_hub_revision_of((td_model_file[]){a, b}, 2, NULL, one);
    td_hub_revision_of((td_model_file[]){b, a}, 2, NULL, other);
    assert_string_equal(one, other);
}

static void changes_with_any_byte_or_name(void **state)
{
    td_model_file renamed = {TD_STR("vocab.tx"), TD_STR("[PAD]")};
    td_model_file changed = {TD_STR("vocab.txt"), TD_STR("[PAD}")};
    char before[TD_HASH_HEX_N], after[TD_HASH_HEX_N];

    (void)state;
    td_hub_revision_of((td_model_file[]){a, b}, 2, NULL, before);
    td_hub_revision_of((td_model_file[]){a, renamed}, 2, NULL, after);
    assert_string_not_equal(before, after);
    td_hub_revision_of((td_model_file[]){a, changed}, 2, NULL, after);
    assert_string_not_equal(before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_not_depend_on_the_order_of_files),
        cmocka_unit_test(changes_with_any_byte_or_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
