#include "tandem/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_pull_checks_its_arguments(void **state)
{
    tandem_pull_options options = TANDEM_PULL_OPTIONS;
    tandem_error err = {0};

    (void)state;
    assert_int_equal(tandem_model_pull(NULL, NULL, NULL, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "name"));
    assert_int_equal(tandem_model_pull("../x", NULL, NULL, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "org/name"));
    options.struct_size = 1;
    assert_int_equal(tandem_model_pull("org/name", &options, NULL, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "struct_size"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pull_checks_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
