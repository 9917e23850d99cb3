#include "flow/document.h"
#include "flow/model_files.h"
#include "flow/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void frees_page_and_document_with_all_their_texts(void **state)
{
    td_page *page = td_page_new(1u << 20);
    td_document *document = td_document_new(1u << 20);

    (void)state;
    page->body = td_arena_copy(page->arena, TD_STR("bytes"));
    document->text = td_arena_copy(document->arena, TD_STR("text"));
    assert_true(td_str_eq(page->body, TD_STR("bytes")));
    td_page_free(page); /* leaks show in the sanitizer's report */
    td_document_free(document);
    td_page_free(NULL);
    td_document_free(NULL);
}

static void gives_no_bytes_for_a_file_that_a_model_has_not(void **state)
{
    td_model_file list[] = {{TD_STR("config.json"), TD_STR("{}")}};
    td_model_files files = {.files = list, .n_files = 1};

    (void)state;
    assert_true(td_str_eq(td_model_files_get(&files, "config.json"), TD_STR("{}")));
    assert_null(td_model_files_get(&files, "config.jso").ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frees_page_and_document_with_all_their_texts),
        cmocka_unit_test(gives_no_bytes_for_a_file_that_a_model_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
