#include "extract/gzip.h"
#include "support.h"

#include <zlib.h>

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
    assert_int_equal(td_extract_gzip_read(pack("words", 5, packed, sizeof(packed)), &out, NULL),
                     TANDEM_OK);
    assert_str(td_buf_str(&out), "words");
    td_buf_clear(&out);
}

static void stops_a_bomb_at_the_cap(void **state)
{
    unsigned char *packed = malloc(100000);
    char *zeros = calloc(1, 10 << 20);
    td_buf out = TD_BUF(100000);

    (void)state;
    assert_int_equal(td_extract_gzip_read(pack(zeros, 10 << 20, packed, 100000), &out, NULL),
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
        assert_int_equal(td_extract_gzip_read(td_str_slice(whole, 0, n), &out, NULL),
                         TANDEM_E_FORMAT);
    td_buf_clear(&out);
}

static void reads_a_packed_manual_page_by_its_name(void **state)
{
    unsigned char packed[1000];
    td_str body = pack(".TH A 1\n.SH B\nwords\n", 20, packed, sizeof(packed));
    td_document *document = test_read("/usr/share/man/man1/a.1.gz", "application/gzip", body);

    (void)state;
    assert_int_equal(document->format, TD_FORMAT_MARKDOWN);
    assert_str(document->text, "# A(1)\n\n## B\n\nwords\n");
    td_document_free(document);
}

static void does_not_unpack_twice(void **state)
{
    unsigned char once[1000], twice[1000];
    td_str body = pack("words", 5, once, sizeof(once));
    td_document *document = NULL;

    (void)state;
    body = pack(body.ptr, body.n, twice, sizeof(twice));
    assert_int_equal(test_read_with("a.txt.gz", "", body, NULL, &document, NULL),
                     TANDEM_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_packed),
        cmocka_unit_test(stops_a_bomb_at_the_cap),
        cmocka_unit_test(says_format_for_damaged_bytes),
        cmocka_unit_test(reads_a_packed_manual_page_by_its_name),
        cmocka_unit_test(does_not_unpack_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
