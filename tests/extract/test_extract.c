#include "support.h"

#include <zlib.h>

static void gives_source_code_as_it_is_with_its_language(void **state)
{
    td_document *document = test_read("src/main.rs", "", TD_STR("fn main() {}\r\n"));

    (void)state;
    assert_int_equal(document->format, TD_FORMAT_CODE);
    assert_str(document->code_language, "rust");
    assert_str(document->text, "fn main() {}\r\n");
    assert_str(document->title, "main.rs");
    assert_str(document->uri, "src/main.rs");
    td_document_free(document);
}

static void tells_the_format_of_each_kind(void **state)
{
    static const struct {
        const char *uri, *type, *body;
        td_format format;
    } CASES[] = {
        {"a.html", "", "<p>x", TD_FORMAT_MARKDOWN},
        {"https://h/", "text/html", "<p>x", TD_FORMAT_MARKDOWN},
        {"a.md", "", "# x", TD_FORMAT_MARKDOWN},
        {"a.rst", "", "x", TD_FORMAT_RST},
        {"a.1", "", ".TH A 1\n.SH B\nx\n", TD_FORMAT_MARKDOWN},
        {"a.css", "", "p{}", TD_FORMAT_CODE},
        {"LICENSE", "", "words", TD_FORMAT_TEXT},
        {"https://h/a.py", "text/plain", "x=1", TD_FORMAT_CODE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        td_document *document = test_read(CASES[i].uri, CASES[i].type, td_str_from(CASES[i].body));

        assert_int_equal(document->format, CASES[i].format);
        td_document_free(document);
    }
}

static tandem_code fails(const char *uri, const char *type, td_str body, size_t text_bytes_max)
{
    td_extract_options options = test_options();
    td_document *document = NULL;
    tandem_error err = {0};
    tandem_code code;

    options.text_bytes_max = text_bytes_max;
    code = test_read_with(uri, type, body, &options, &document, &err);
    assert_null(document);
    assert_int_equal(err.code, code);
    assert_true(err.message[0] != 0);
    return code;
}

static void names_what_it_cannot_read(void **state)
{
    (void)state;
    assert_int_equal(fails("a.png", "image/png", TD_STR("x"), 100), TANDEM_E_UNSUPPORTED);
    assert_int_equal(fails("a.c", "", TD_STR("a\0b"), 100), TANDEM_E_UNSUPPORTED);
    assert_int_equal(fails("a.c", "", TD_STR(" \n"), 100), TANDEM_E_EMPTY);
    assert_int_equal(fails("a.c", "", TD_STR(""), 100), TANDEM_E_EMPTY);
    assert_int_equal(fails("a.html", "", TD_STR(""), 100), TANDEM_E_EMPTY);
    assert_int_equal(fails("a.c", "", TD_STR("0123456789"), 9), TANDEM_E_TOO_LARGE);
    assert_int_equal(fails("a.html", "", TD_STR("<h1>a"), 3), TANDEM_E_TOO_LARGE);
    assert_int_equal(fails("a.ipynb", "", TD_STR("{"), 100), TANDEM_E_FORMAT);
    assert_int_equal(fails("a.gz", "", TD_STR("\x1F\x8B\x08"), 100), TANDEM_E_FORMAT);
}

static void reads_a_page_whose_texts_nobody_set(void **state)
{
    td_page *page = td_page_new(4096);
    td_document *document = NULL;

    (void)state;
    assert_int_equal(td_extract(page, NULL, &document, NULL), TANDEM_E_EMPTY);
    page->body = TD_STR("words");
    assert_int_equal(td_extract(page, NULL, &document, NULL), TANDEM_OK);
    assert_str(document->text, "words");
    td_document_free(document);
    td_page_free(page);
}

static void takes_the_charset_from_the_page(void **state)
{
    td_page *page = test_page(BASE_URI, "text/html", TD_STR("<p>na\xEFve"));
    td_document *document = NULL;

    (void)state;
    page->charset = TD_STR("iso-8859-1");
    assert_int_equal(td_extract(page, NULL, &document, NULL), TANDEM_OK);
    assert_str(document->text, "na\xC3\xAFve\n");
    td_document_free(document);
    td_page_free(page);
}

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

static void says_empty_for_a_page_of_white_space_whatever_its_format(void **state)
{
    static const struct {
        const char *uri, *body;
    } CASES[] = {
        {"x.md", "\xC2\xA0\n\xE2\x80\x83\n"},
        {"x.rst", "\n\n"},
        {"x.txt", "\xC2\xA0"},
        {"x.py", "\n"},
        {"x.ipynb", "{\"cells\":[{\"source\":\"\xC2\xA0\"}]}"},
        {"x.1", ".TH \"\" 1\n.so b.1\n"},
        {BASE_URI, "<html><body><p>&nbsp;</p><p>&emsp;</p>"},
    };
    td_extract_options options = test_options();

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
        td_document *d = NULL;

        if (test_read_with(CASES[i].uri, "", td_str_from(CASES[i].body), &options, &d, NULL) !=
            TANDEM_E_EMPTY)
            fail_msg("%s is not empty", CASES[i].uri);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_source_code_as_it_is_with_its_language),
        cmocka_unit_test(tells_the_format_of_each_kind),
        cmocka_unit_test(names_what_it_cannot_read),
        cmocka_unit_test(reads_a_page_whose_texts_nobody_set),
        cmocka_unit_test(takes_the_charset_from_the_page),
        cmocka_unit_test(reads_a_packed_manual_page_by_its_name),
        cmocka_unit_test(does_not_unpack_twice),
        cmocka_unit_test(says_empty_for_a_page_of_white_space_whatever_its_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
