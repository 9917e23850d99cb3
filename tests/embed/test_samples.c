#include "base/utf8.h"
#include "embed/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void samples_are_different_texts_of_a_few_dozen_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < TD_SAMPLES_N; i++) {
        td_str text = td_str_from(td_embed_samples[i]);
        assert_in_range(text.n, 40, 300);
        assert_int_equal(td_utf8_valid_n(text), text.n);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(td_embed_samples[i], td_embed_samples[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_different_texts_of_a_few_dozen_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
