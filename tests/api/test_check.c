#include "tandem/index.h"

#include "api/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void keeps_defaults_of_fields_that_an_older_caller_does_not_know(void **state)
{
    tandem_search_options ours = TANDEM_SEARCH_OPTIONS;
    struct {
        size_t struct_size;
        uint32_t k;
    } older = {sizeof(older), 3};

    (void)state;
    ours.kind = TANDEM_KIND_CODE;
    assert_int_equal(td_api_check_options(&ours, sizeof(ours), &older, NULL), TANDEM_OK);
    assert_int_equal(ours.k, 3);
    assert_int_equal(ours.kind, TANDEM_KIND_CODE);
    assert_int_equal(ours.struct_size, sizeof(ours));
}

static void refuses_a_struct_without_a_size(void **state)
{
    tandem_search_options ours = TANDEM_SEARCH_OPTIONS;
    tandem_search_options theirs = {0};

    (void)state;
    assert_int_equal(td_api_check_options(&ours, sizeof(ours), &theirs, NULL), TANDEM_E_INVALID);
}

static void names_the_option_and_its_bounds(void **state)
{
    tandem_error error = {0};

    (void)state;
    assert_int_equal(td_api_check_range("k", 10, 1, 10, &error), TANDEM_OK);
    assert_int_equal(td_api_check_range("k", 11, 1, 10, &error), TANDEM_E_INVALID);
    assert_string_equal(error.message, "k is 11: allowed are 1 to 10");
    assert_int_equal(td_api_check_word("isa", "avx", "plain, avx2", &error), TANDEM_E_INVALID);
    assert_string_equal(error.message, "isa is \"avx\": allowed are plain, avx2");
    assert_int_equal(td_api_check_word("isa", NULL, "plain", &error), TANDEM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_defaults_of_fields_that_an_older_caller_does_not_know),
        cmocka_unit_test(refuses_a_struct_without_a_size),
        cmocka_unit_test(names_the_option_and_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
