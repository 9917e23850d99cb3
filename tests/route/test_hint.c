#include "route/hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static float comment_of(const char *language, const char *text)
{
    return td_route_hint_of(td_str_from(text), td_str_from(language)).comment;
}

static void counts_comments_as_the_language_writes_them(void **state)
{
    (void)state;
    assert_true(comment_of("c", "// a\n/* b\nc */\n") == 1);
    assert_true(comment_of("c", "abc\n/*d*/\n") > 0.6f && comment_of("c", "abc\n/*d*/\n") < 0.7f);
    assert_true(comment_of("python", "r\"\"\"a\nb\n\"\"\"\n# c\n") == 1);
    assert_true(comment_of("python", "'''a'''\nb\n") < 1);
    assert_true(comment_of("perl", "=pod\n\na\n\n=cut\n") == 1);
    assert_true(comment_of("lua", "--[[ a\nb ]]\n-- c\n") == 1);
    assert_true(comment_of("html", "<!-- a\nb -->\n") == 1);
    assert_true(comment_of("unknown", "# a\n") == 1);
    assert_true(comment_of("json", "# a\n") == 0);
    assert_true(comment_of("", "") == 0);
}

static void measures_small_words_in_comments(void **state)
{
    (void)state;
    td_route_hint hint = td_route_hint_of(TD_STR("// the sum of all\nsum(x, y)\n"), TD_STR("c"));
    assert_true(hint.comment_sentence == 0.75f);
    hint = td_route_hint_of(TD_STR("// averyveryverylongword\nthe(of, to)\n"), TD_STR("c"));
    assert_true(hint.comment_sentence == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_comments_as_the_language_writes_them),
        cmocka_unit_test(measures_small_words_in_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
