#include "source/read.h"
#include "source/tree.h"

#include <fcntl.h>

static td_page *read_file(const tree_dir *dir, const char *name, size_t bytes_max)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_page *page = NULL;
    char path[8192];

    tree_path(dir, name, path);
    options.file_bytes_max = bytes_max;
    assert_int_equal(td_source_read_file(AT_FDCWD, path, false, td_str_from(name),
                                         td_str_from(path), &options, &page, NULL),
                     TANDEM_OK);
    assert_non_null(page);
    return page;
}

static void every_size_up_to_the_limit_is_read_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 20000, 99999, 100000};
    tree_dir dir = tree_make();
    char *text = malloc(100001);

    (void)state;
    for (size_t i = 0; i < 100001; i++)
        text[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        tree_put_bytes(&dir, "a.txt", (td_str){text, sizes[i]});
        td_page *page = read_file(&dir, "a.txt", 100000);
        assert_int_equal(page->status, TD_PAGE_FETCHED);
        assert_true(td_str_eq(page->body, (td_str){text, sizes[i]}));
        td_page_free(page);
    }
    tree_put_bytes(&dir, "a.txt", (td_str){text, 100001});
    td_page *page = read_file(&dir, "a.txt", 100000);
    assert_int_equal(page->status, TD_PAGE_SKIPPED);
    td_page_free(page);
    free(text);
    tree_remove(dir);
}

/* The system says that files of /proc have 0 bytes. */
static void a_file_that_says_it_is_empty_is_read_to_its_end(void **state)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_page *page = NULL;

    (void)state;
    if (access("/proc/self/status", R_OK) != 0)
        skip();
    assert_int_equal(td_source_read_file(AT_FDCWD, "/proc/self/status", false, TD_STR("status"),
                                         TD_STR("/proc/self/status"), &options, &page, NULL),
                     TANDEM_OK);
    assert_int_equal(page->status, TD_PAGE_FETCHED);
    assert_true(page->body.n > 100);
    td_page_free(page);
    options.file_bytes_max = 50;
    assert_int_equal(td_source_read_file(AT_FDCWD, "/proc/self/status", false, TD_STR("status"),
                                         TD_STR("/proc/self/status"), &options, &page, NULL),
                     TANDEM_OK);
    assert_int_equal(page->status, TD_PAGE_SKIPPED);
    td_page_free(page);
}

static void a_file_that_is_gone_is_a_failed_page(void **state)
{
    tree_dir dir = tree_make();
    td_page *page = read_file(&dir, "nothing", 100);

    (void)state;
    assert_int_equal(page->status, TD_PAGE_FAILED);
    assert_int_equal(page->code, TANDEM_E_NOT_FOUND);
    assert_non_null(strstr(page->reason.ptr, "No such file"));
    td_page_free(page);
    tree_remove(dir);
}

static void a_printable_path_is_valid_and_keeps_names_apart(void **state)
{
    static const char *const cases[][2] = {
        {"plain/caf\xc3\xa9", "plain/caf\xc3\xa9"},
        {"a\xff"
         "b",
         "a\\xFFb"},
        {"a\xc3(", "a\\xC3("},
        {"tab\there", "tab\\x09here"},
        {"\x7f", "\\x7F"},
        {"\xc2\x9b"
         "31m",
         "\\xC2\\x9B31m"},
        {"", ""},
    };
    td_buf out = TD_BUF(1000);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_buf_cut(&out, 0);
        assert_int_equal(td_source_read_printable(td_str_from(cases[i][0]), &out, NULL), TANDEM_OK);
        assert_true(td_str_eq(td_buf_str(&out), td_str_from(cases[i][1])));
    }
    td_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_up_to_the_limit_is_read_whole),
        cmocka_unit_test(a_file_that_says_it_is_empty_is_read_to_its_end),
        cmocka_unit_test(a_file_that_is_gone_is_a_failed_page),
        cmocka_unit_test(a_printable_path_is_valid_and_keeps_names_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
