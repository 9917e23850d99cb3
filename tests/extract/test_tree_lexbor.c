#include "tree_check.h"

#if TANDEM_HAVE_LEXBOR
static void follows_the_standard_where_html_is_broken(void **state)
{
    (void)state;
    check_tree_cases(td_extract_tree_lexbor_parse);
}

static void says_too_large_when_its_memory_is_used_up(void **state)
{
    (void)state;
    check_tree_too_large(td_extract_tree_lexbor_parse);
}

static void sees_no_joint_where_a_page_is_taken_in_pieces(void **state)
{
    td_str text = test_repeat("one two &amp; three > four ", 9000, "");
    td_str tags = test_repeat("<p title='>'>one</p>two", 9000, "");
    td_buf tree = tree_of(td_extract_tree_lexbor_parse, text);

    (void)state;
    assert_null(memchr(tree.ptr + strlen("html(head body(`"), '`',
                       tree.n - strlen("html(head body(```))")));
    td_buf_clear(&tree);
    tree = tree_of(td_extract_tree_lexbor_parse, tags);
    for (size_t i = 0, at = strlen("html(head body("); i < 9000;
         i++, at += strlen("p(`one`) `two` "))
        assert_memory_equal(tree.ptr + at, "p(`one`) `two`", strlen("p(`one`) `two`"));
    td_buf_clear(&tree);
    free((char *)(uintptr_t)text.ptr);
    free((char *)(uintptr_t)tags.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_standard_where_html_is_broken),
        cmocka_unit_test(says_too_large_when_its_memory_is_used_up),
        cmocka_unit_test(sees_no_joint_where_a_page_is_taken_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    return 0; /* it was not built */
}
#endif
