#include "extract/content_name.h"
#include "support.h"

static void check(const char *word, td_content_name expected)
{
    assert_int_equal(td_extract_content_name(td_str_from(word), false), expected);
}

static void knows_whole_words_in_any_case(void **state)
{
    (void)state;
    check("headerlink", TD_NAME_NEVER);
    check("HeaderLink", TD_NAME_NEVER);
    check("linenos", TD_NAME_GUTTER);
    check("sphinxsidebar", TD_NAME_STRUCTURE);
    check("markdown-body", TD_NAME_CONTENT);
    check("content", TD_NAME_MAYBE);
    check("comment-list", TD_NAME_COMMENTS);
    check("author-bio", TD_NAME_NOISE);
    check("related-posts", TD_NAME_NOISE);
}

static void knows_parts_of_words(void **state)
{
    (void)state;
    check("cookie-notice", TD_NAME_NOISE);
    check("left_sidebar", TD_NAME_STRUCTURE);
    check("post-share", TD_NAME_NOISE);
    check("siteFooter", TD_NAME_STRUCTURE);
    check("page-sidebar2", TD_NAME_STRUCTURE);
    check("BorlabsCookie", TD_NAME_NOISE);
    assert_int_equal(td_extract_content_name(TD_STR("setCookie"), true), TD_NAME_NONE);
    assert_int_equal(td_extract_content_name(TD_STR("left-sidebar"), true), TD_NAME_STRUCTURE);
}

static void takes_a_state_for_no_name(void **state)
{
    (void)state;
    check("has-sharing", TD_NAME_NONE);
    check("no-sidebar", TD_NAME_NONE);
    check("with-footer", TD_NAME_NONE);
}

static void says_nothing_of_words_that_only_look_alike(void **state)
{
    (void)state;
    check("toctree-wrapper", TD_NAME_NONE);
    check("menuselection", TD_NAME_NONE);
    check("linenums", TD_NAME_NONE);
    check("shareholder", TD_NAME_NONE);
    check("comment", TD_NAME_NONE); /* of one post, which may be all that a thread is made of */
    check("author", TD_NAME_NONE);
    check("", TD_NAME_NONE);
}

static void knows_calls_to_do_something_with_the_page(void **state)
{
    (void)state;
    assert_true(td_extract_content_name_is_action(TD_STR("Edit this page")));
    assert_true(td_extract_content_name_is_action(TD_STR("[source]")));
    assert_false(td_extract_content_name_is_action(TD_STR("edit this file first")));
    assert_false(td_extract_content_name_is_action(TD_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_whole_words_in_any_case),
        cmocka_unit_test(knows_parts_of_words),
        cmocka_unit_test(takes_a_state_for_no_name),
        cmocka_unit_test(says_nothing_of_words_that_only_look_alike),
        cmocka_unit_test(knows_calls_to_do_something_with_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
