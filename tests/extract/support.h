/* What the tests of this room share: pages made of texts, and a resolver. */
#ifndef TD_TESTS_EXTRACT_SUPPORT_H
#define TD_TESTS_EXTRACT_SUPPORT_H

#include "base/os.h"
#include "base/utf8.h"
#include "extract/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE_URI "https://docs.example.org/x.html"

/* Enough of RFC 3986 for tests: absolute stays, "/..." is the host's, all else the folder's. */
static inline bool test_resolve(void *user, td_str base, td_str href, td_buf *out)
{
    size_t host = td_str_find(base, TD_STR("://"), 0);
    size_t cut = TD_STR_NONE;

    (void)user;
    if (td_str_find(href, TD_STR("://"), 0) != TD_STR_NONE || host == TD_STR_NONE)
        return td_buf_add(out, href, NULL) == TANDEM_OK;
    if (td_str_starts(href, TD_STR("/")))
        cut = td_str_find_byte(base, '/', host + 3);
    else if (!td_str_starts(href, TD_STR("#")))
        cut = td_str_find_last_byte(base, '/') + 1;
    return td_buf_add(out, td_str_slice(base, 0, cut), NULL) == TANDEM_OK &&
           td_buf_add(out, href, NULL) == TANDEM_OK;
}

static inline td_extract_options test_options(void)
{
    td_extract_options options = TD_EXTRACT_OPTIONS;

    options.resolve = test_resolve;
    return options;
}

static inline td_page *test_page(const char *uri, const char *media_type, td_str body)
{
    td_page *page = td_page_new(1 << 20);

    assert_non_null(page);
    page->uri = page->final_uri = td_str_from(uri);
    page->media_type = td_str_from(media_type);
    page->is_web = strstr(uri, "://") != NULL;
    page->body = body;
    return page;
}

static inline tandem_code test_read_with(const char *uri, const char *media_type, td_str body,
                                         const td_extract_options *options, td_document **document,
                                         tandem_error *err)
{
    td_page *page = test_page(uri, media_type, body);
    tandem_code code = td_extract(page, options, document, err);

    td_page_free(page);
    return code;
}

static inline td_document *test_read(const char *uri, const char *media_type, td_str body)
{
    td_extract_options options = test_options();
    tandem_error err = {0};
    td_document *document = NULL;

    if (test_read_with(uri, media_type, body, &options, &document, &err) != TANDEM_OK)
        fail_msg("%s: %s", tandem_code_name(err.code), err.message);
    assert_int_equal(td_utf8_valid_n(document->text), document->text.n);
    assert_null(memchr(document->text.ptr, 0, document->text.n));
    return document;
}

static inline td_document *test_html(const char *html)
{
    return test_read(BASE_URI, "text/html", td_str_from(html));
}

#define assert_str(actual, expected) test_assert_str((actual), (expected), __FILE__, __LINE__)
static inline void test_assert_str(td_str actual, const char *expected, const char *file, int line)
{
    if (td_str_eq(actual, td_str_from(expected)))
        return;
    print_error("expected |%s|\n but got |%.*s|\n", expected, TD_STR_FMT(actual));
    _fail(file, line);
}

/* The Markdown of an HTML text is exactly `expected`. */
#define assert_markdown(html, expected) test_markdown((html), (expected), __FILE__, __LINE__)
static inline void test_markdown(const char *html, const char *expected, const char *file, int line)
{
    td_document *document = test_html(html);

    test_assert_str(document->text, expected, file, line);
    td_document_free(document);
}

/* n copies of `what`, then `end`; free it. */
static inline td_str test_repeat(const char *what, size_t n, const char *end)
{
    size_t bytes = strlen(what), more = strlen(end);
    char *made = malloc(n * bytes + more + 1);

    assert_non_null(made);
    for (size_t i = 0; i < n; i++)
        memcpy(made + i * bytes, what, bytes);
    memcpy(made + n * bytes, end, more + 1);
    return (td_str){made, n * bytes + more};
}

#endif
