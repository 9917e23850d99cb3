#include "chunk/syntax.h"
#include "split.h"

static void knows_families_and_has_an_answer_for_all_others(void **state)
{
    (void)state;
    assert_true(td_chunk_syntax_of(TD_STR("c"))->flags & TD_CHUNK_SYNTAX_BRACES);
    assert_true(td_chunk_syntax_of(TD_STR("css"))->flags & TD_CHUNK_SYNTAX_BRACES);
    assert_false(td_chunk_syntax_of(TD_STR("python"))->flags & TD_CHUNK_SYNTAX_BRACES);
    assert_string_equal(td_chunk_syntax_of(TD_STR("lua"))->line, "--");
    assert_ptr_equal(td_chunk_syntax_of(TD_STR("unknown")), td_chunk_syntax_of(TD_STR("yaml")));
    assert_ptr_equal(td_chunk_syntax_of(TD_STR("")), td_chunk_syntax_of(TD_STR("yaml")));
    assert_ptr_equal(td_chunk_syntax_of(TD_STR("c cpp")), td_chunk_syntax_of(TD_STR("c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_families_and_has_an_answer_for_all_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
