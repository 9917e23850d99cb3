#include "base/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

static td_str pack(const void *bytes, size_t n, unsigned char *out, size_t out_n)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)n;
    stream.next_out = out;
    stream.avail_out = (unsigned)out_n;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return (td_str){(const char *)out, out_n - stream.avail_out};
}

static void gives_back_what_was_packed(void **state)
{
    unsigned char packed[1000];
    td_buf out = TD_BUF(1000);

    (void)state;
    assert_int_equal(td_gzip_read(pack("words", 5, packed, sizeof(packed)), &out, NULL), TANDEM_OK);
    assert_string_equal(out.ptr, "words");
    td_buf_clear(&out);
}

static void stops_a_bomb_at_the_cap(void **state)
{
    unsigned char *packed = malloc(100000);
    char *zeros = calloc(1, 10 << 20);
    td_buf out = TD_BUF(100000);

    (void)state;
    assert_int_equal(td_gzip_read(pack(zeros, 10 << 20, packed, 100000), &out, NULL),
                     TANDEM_E_TOO_LARGE);
    assert_true(out.n <= 100000);
    td_buf_clear(&out);
    free(zeros);
    free(packed);
}

static void says_format_for_damaged_bytes(void **state)
{
    unsigned char packed[1000];
    td_str whole = pack("some words to pack", 18, packed, sizeof(packed));
    td_buf out = TD_BUF(1000);

    (void)state;
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(td_gzip_read(td_str_slice(whole, 0, n), &out, NULL), TANDEM_E_FORMAT);
    td_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_packed),
        cmocka_unit_test(stops_a_bomb_at_the_cap),
        cmocka_unit_test(says_format_for_damaged_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
