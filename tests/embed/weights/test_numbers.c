#include "embed/weights/numbers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void halves_are_exact(void **state)
{
    (void)state;
    assert_true(td_embed_weights_numbers_from_f16(0x3c00) == 1.0f);
    assert_true(td_embed_weights_numbers_from_f16(0xc000) == -2.0f);
    assert_true(td_embed_weights_numbers_from_f16(0x7bff) == 65504.0f);
    assert_true(td_embed_weights_numbers_from_f16(0x0400) == 0x1p-14f);
    assert_true(td_embed_weights_numbers_from_f16(0x0001) == 0x1p-24f);
    assert_true(td_embed_weights_numbers_from_f16(0x83ff) == -1023 * 0x1p-24f);
    assert_true(signbit(td_embed_weights_numbers_from_f16(0x8000)));
    assert_true(isinf(td_embed_weights_numbers_from_f16(0x7c00)));
    assert_true(isnan(td_embed_weights_numbers_from_f16(0x7e00)));
}

static void numbers_are_read_at_any_address(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0xff, 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x20, 0xc1};
    float out[2];
    td_embed_weights_numbers_read(bytes + 1, TD_DTYPE_F32, 1, 2, out);
    assert_true(out[0] == 1 && out[1] == -10);
    td_embed_weights_numbers_read(bytes + 3, TD_DTYPE_BF16, 1, 1, out);
    assert_true(out[0] == 1);
    td_embed_weights_numbers_read((const uint8_t *)"\x7f\x81", TD_DTYPE_I8, 0.5f, 2, out);
    assert_true(out[0] == 63.5f && out[1] == -63.5f);
    assert_int_equal(td_embed_weights_numbers_bytes(TD_DTYPE_F16), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_are_exact),
        cmocka_unit_test(numbers_are_read_at_any_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
