#include "tandem/tandem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void tells_what_this_process_may_use(void **state)
{
    (void)state;
    tandem_machine machine;
    tandem_machine_get(&machine);
    assert_in_range(machine.n_cpus, 1, machine.n_cpus_online);
    assert_true(machine.rss_bytes > 0 && machine.rss_bytes <= machine.memory_bytes);
    assert_true(machine.rss_peak_bytes > 0);
    assert_true(strlen(machine.isa) > 0);
    assert_ptr_equal(strstr(machine.fast, "f32"), machine.fast);
    assert_ptr_equal(strstr(machine.libcurl, "libcurl/"), machine.libcurl);
}

static void has_dozens_of_samples_and_an_end(void **state)
{
    (void)state;
    size_t n = 0;
    while (tandem_machine_sample(n))
        n++;
    assert_in_range(n, 24, 1000);
    assert_null(tandem_machine_sample(n + 1));
}

static void refuses_a_measurement_without_its_arguments(void **state)
{
    (void)state;
    double gflops = -1;
    tandem_error err;
    assert_int_equal(tandem_machine_measure(NULL, NULL, 1, &gflops, &err), TANDEM_E_INVALID);
    assert_int_equal(tandem_machine_measure("f32", NULL, 1, NULL, &err), TANDEM_E_INVALID);
    assert_int_equal(tandem_machine_measure("f32", NULL, 2000, &gflops, &err), TANDEM_E_INVALID);
    assert_true(gflops < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_this_process_may_use),
        cmocka_unit_test(has_dozens_of_samples_and_an_end),
        cmocka_unit_test(refuses_a_measurement_without_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
