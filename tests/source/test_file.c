#include "source/file.h"
#include "source/tree.h"

static void a_named_file_is_one_page_whatever_the_rules_say(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];
    td_page *page = NULL;

    (void)state;
    tree_put(&dir, ".hidden.txt", "x");
    tree_put(&dir, ".gitignore", "*\n");
    td_source *source = tree_open(tree_path(&dir, ".hidden.txt", path), NULL);
    assert_string_equal(source->kind, "file");
    assert_true(td_str_eq(source->uri, td_str_from(path)));
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    assert_true(td_str_eq(page->uri, TD_STR(".hidden.txt")));
    assert_true(td_str_eq(page->final_uri, td_str_from(path)));
    assert_true(td_str_eq(page->body, TD_STR("x")));
    source->done(source, page->uri, NULL, 0);
    td_page_free(page);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_OK);
    assert_null(page);
    source->close(source);
    tree_remove(dir);
}

static void a_named_binary_file_is_skipped(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];

    (void)state;
    tree_put_bytes(&dir, "a.txt", TD_STR("\0"));
    tree_expect(tree_path(&dir, "a.txt", path), NULL, "- a.txt: binary file\n");
    tree_remove(dir);
}

static void a_cancelled_file_is_not_given(void **state)
{
    tree_dir dir = tree_make();
    char path[8192];
    td_page *page = NULL;

    (void)state;
    tree_put(&dir, "a.txt", "x");
    td_source *source = tree_open(tree_path(&dir, "a.txt", path), NULL);
    source->cancel(source);
    assert_int_equal(source->next(source, &page, NULL), TANDEM_E_CANCELLED);
    source->close(source);
    tree_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_file_is_one_page_whatever_the_rules_say),
        cmocka_unit_test(a_named_binary_file_is_skipped),
        cmocka_unit_test(a_cancelled_file_is_not_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
