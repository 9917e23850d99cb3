#include "tandem/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void names_each_lane(void **state)
{
    (void)state;
    assert_string_equal(tandem_lane_name(TANDEM_LANE_GTE), "gte");
    assert_string_equal(tandem_lane_name(TANDEM_LANE_CODERANK), "coderank");
}

static void gives_a_name_also_for_a_value_that_is_no_lane(void **state)
{
    (void)state;
    assert_string_equal(tandem_lane_name((tandem_lane)99), "unknown");
    assert_string_equal(tandem_lane_name((tandem_lane)-1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_each_lane),
        cmocka_unit_test(gives_a_name_also_for_a_value_that_is_no_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
