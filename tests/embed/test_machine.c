#include "base/error.h"
#include "embed/embed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_machine_has_kernels_that_are_fast_in_f32(void **state)
{
    (void)state;
    td_embed_machine machine;
    td_embed_machine_get(&machine);
    assert_true(strlen(machine.isa) > 0);
    assert_in_range(machine.n_fast, 1, TD_EMBED_PRECISIONS);
    assert_string_equal(machine.fast[0], "f32");
}

static void products_take_time_and_more_threads_than_cores_are_no_error(void **state)
{
    (void)state;
    static const char *const precisions[] = {"f32", "bf16", "int8"};
    for (size_t i = 0; i < 3; i++) {
        double gflops = 0;
        assert_int_equal(td_embed_machine_measure(precisions[i], NULL, 3, &gflops, NULL),
                         TANDEM_OK);
        assert_true(gflops > 0);
    }
}

static void refuses_an_unknown_precision_or_isa(void **state)
{
    (void)state;
    double gflops = 0;
    tandem_error err = {0};
    assert_int_equal(td_embed_machine_measure("f8", NULL, 1, &gflops, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "f8"));
    assert_int_equal(td_embed_machine_measure("f32", "sse9", 1, &gflops, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "sse9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_machine_has_kernels_that_are_fast_in_f32),
        cmocka_unit_test(products_take_time_and_more_threads_than_cores_are_no_error),
        cmocka_unit_test(refuses_an_unknown_precision_or_isa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
