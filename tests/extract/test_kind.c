#include "extract/kind.h"
#include "support.h"

static td_kind kind_of(const char *type, const char *name, td_str body, const char *language)
{
    td_str found = TD_STR("?");
    td_kind kind = td_extract_kind_of(td_str_from(type), td_str_from(name), body, &found);

    assert_str(found, language);
    return kind;
}
#define KIND(type, name, body, language) kind_of((type), (name), TD_STR(body), (language))

static void believes_a_clear_media_type_before_the_name(void **state)
{
    (void)state;
    assert_int_equal(KIND("text/html; charset=utf-8", "x.py", "", ""), TD_KIND_HTML);
    assert_int_equal(KIND("application/xhtml+xml", "x", "", ""), TD_KIND_HTML);
    assert_int_equal(KIND("text/markdown", "x", "", ""), TD_KIND_MARKDOWN);
}

static void believes_the_name_where_the_media_type_says_little(void **state)
{
    (void)state;
    assert_int_equal(KIND("text/plain", "a.py", "", "python"), TD_KIND_CODE);
    assert_int_equal(KIND("application/octet-stream", "README.md", "", ""), TD_KIND_MARKDOWN);
    assert_int_equal(KIND("", "a.html", "", ""), TD_KIND_HTML);
    assert_int_equal(KIND("", "a.mdx", "", ""), TD_KIND_MDX);
    assert_int_equal(KIND("", "a.rst", "", ""), TD_KIND_RST);
    assert_int_equal(KIND("", "index.rst.txt", "", ""), TD_KIND_RST);
    assert_int_equal(KIND("", "a.ipynb", "{}", ""), TD_KIND_NOTEBOOK);
    assert_int_equal(KIND("", "style.css", "", "css"), TD_KIND_CODE);
    assert_int_equal(KIND("text/x-python", "noname", "", "python"), TD_KIND_CODE);
    assert_int_equal(KIND("application/json", "api", "", "json"), TD_KIND_CODE);
    assert_int_equal(KIND("image/svg+xml", "x", "", "xml"), TD_KIND_CODE);
}

static void looks_at_the_bytes_where_nothing_else_tells(void **state)
{
    (void)state;
    assert_int_equal(KIND("", "x", " \n<!-- c --><!DOCTYPE html><p>", ""), TD_KIND_HTML);
    assert_int_equal(KIND("", "x", "\xEF\xBB\xBF<html>", ""), TD_KIND_HTML);
    assert_int_equal(KIND("", "run", "#!/bin/sh\nls", "shell"), TD_KIND_CODE);
    assert_int_equal(KIND("", "notes.txt", "Just words.", ""), TD_KIND_TEXT);
    assert_int_equal(KIND("", "x.txt", "Title\n=====\n\n.. note:: see :ref:`a`\n", ""),
                     TD_KIND_RST);
    assert_int_equal(KIND("", "x.txt", "Title\n=====\n\nText only.\n", ""), TD_KIND_TEXT);
}

static void takes_only_troff_for_a_manual_page(void **state)
{
    (void)state;
    assert_int_equal(KIND("", "ls.1", ".TH LS 1\n", ""), TD_KIND_MAN);
    assert_int_equal(KIND("", "cat.3pm", "'\\\" t\n.TH X 3\n", ""), TD_KIND_MAN);
    assert_int_equal(KIND("", "frobd.8", ".Dd x\n.Dt FROBD 8\n", ""), TD_KIND_MAN);
    assert_int_equal(KIND("", "libx.so.1", "words", ""), TD_KIND_TEXT);
    assert_int_equal(KIND("", "access.log.1", "GET /", ""), TD_KIND_TEXT);
}

static void tells_binary_and_packed_bytes_from_text(void **state)
{
    (void)state;
    assert_int_equal(KIND("", "a.c", "int\0x", ""), TD_KIND_BINARY);
    assert_int_equal(KIND("image/png", "x", "text", ""), TD_KIND_BINARY);
    assert_int_equal(KIND("", "x.txt", "%PDF-1.4", ""), TD_KIND_PDF);
    assert_int_equal(KIND("application/pdf", "x", "%PDF-1.4\n\0", ""), TD_KIND_PDF);
    assert_int_equal(KIND("application/pdf", "x", "text", ""), TD_KIND_BINARY);
    assert_int_equal(KIND("", "x.1.gz", "\x1F\x8B\x08rest", ""), TD_KIND_GZIP);
    assert_int_equal(KIND("", "x.txt", "\xFF\xFEx\0", ""), TD_KIND_TEXT);
}

static void cuts_the_name_from_a_path_or_url(void **state)
{
    (void)state;
    assert_str(td_extract_kind_name(TD_STR("/a/b.c"), false), "b.c");
    assert_str(td_extract_kind_name(TD_STR("/a/b?c#d"), false), "b?c#d");
    assert_str(td_extract_kind_name(TD_STR("https://h/a/b.py?raw=1/2#L3"), true), "b.py");
    assert_str(td_extract_kind_name(TD_STR("https://h/a/"), true), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_a_clear_media_type_before_the_name),
        cmocka_unit_test(believes_the_name_where_the_media_type_says_little),
        cmocka_unit_test(looks_at_the_bytes_where_nothing_else_tells),
        cmocka_unit_test(takes_only_troff_for_a_manual_page),
        cmocka_unit_test(tells_binary_and_packed_bytes_from_text),
        cmocka_unit_test(cuts_the_name_from_a_path_or_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
