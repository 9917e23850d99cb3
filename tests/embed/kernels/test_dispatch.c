#include "embed/kernels/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void gives_some_table_without_a_wish(void **state)
{
    (void)state;
    const td_kernels *a = NULL, *b = NULL;
    assert_int_equal(td_embed_kernels_choose(NULL, &a, NULL), TANDEM_OK);
    assert_int_equal(td_embed_kernels_choose("auto", &b, NULL), TANDEM_OK);
    assert_ptr_equal(a, b);
}

static void gives_the_table_of_a_name_or_says_that_it_is_not_here(void **state)
{
    (void)state;
    static const char *const names[] = {"plain",       "avx2",        "avx_vnni", "avx512",
                                        "avx512_vnni", "avx512_bf16", "amx",      "onednn"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const td_kernels *kernels = NULL;
        tandem_error err;
        tandem_code code = td_embed_kernels_choose(names[i], &kernels, &err);
        if (code == TANDEM_OK)
            assert_string_equal(kernels->name, names[i]);
        else
            assert_int_equal(code, TANDEM_E_UNSUPPORTED);
        assert_true(i > 0 || code == TANDEM_OK);
    }
}

static void refuses_an_unknown_name_and_lists_the_known(void **state)
{
    (void)state;
    const td_kernels *kernels = NULL;
    tandem_error err;
    assert_int_equal(td_embed_kernels_choose("mmx", &kernels, &err), TANDEM_E_INVALID);
    assert_non_null(strstr(err.message, "avx512"));
    assert_null(kernels);
}

static void every_table_is_fast_in_f32(void **state)
{
    (void)state;
    const td_kernels *kernels = NULL;
    assert_int_equal(td_embed_kernels_choose("plain", &kernels, NULL), TANDEM_OK);
    assert_true(td_embed_kernels_is_fast(kernels, TD_PRECISION_F32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_some_table_without_a_wish),
        cmocka_unit_test(gives_the_table_of_a_name_or_says_that_it_is_not_here),
        cmocka_unit_test(every_table_is_fast_in_f32),
        cmocka_unit_test(refuses_an_unknown_name_and_lists_the_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
