#include "extract/tag.h"
#include "support.h"

static void finds_every_element_by_its_name_in_any_case(void **state)
{
    (void)state;
    for (int tag = TD_TAG_TEXT + 1; tag < TD_N_TAGS; tag++)
        assert_int_equal(td_extract_tag_find(td_extract_tag_name((td_tag)tag)), tag);
    assert_int_equal(td_extract_tag_find(TD_STR("BlockQuote")), TD_TAG_BLOCKQUOTE);
}

static void finds_every_attribute_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < TD_N_ATTRIBUTES; i++)
        assert_int_equal(td_extract_tag_attribute_find(
                             td_extract_tag_attribute_name((td_attribute)i)),
                         i);
    assert_int_equal(td_extract_tag_attribute_find(TD_STR("onclick")), TD_N_ATTRIBUTES);
}

static void knows_nothing_of_other_names(void **state)
{
    (void)state;
    assert_int_equal(td_extract_tag_find(TD_STR("")), TD_TAG_UNKNOWN);
    assert_int_equal(td_extract_tag_find(TD_STR("my-element")), TD_TAG_UNKNOWN);
    assert_int_equal(td_extract_tag_find(TD_STR("a-name-that-is-longer-than-all-of-ours")),
                     TD_TAG_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_element_by_its_name_in_any_case),
        cmocka_unit_test(finds_every_attribute_by_its_name),
        cmocka_unit_test(knows_nothing_of_other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
