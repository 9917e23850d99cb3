#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool glob(const char *pattern, const char *s)
{
    return td_str_glob(td_str_from(pattern), td_str_from(s));
}

static void matches_plain_text_whole(void **state)
{
    (void)state;
    assert_true(glob("a/b.c", "a/b.c"));
    assert_false(glob("a/b.c", "a/b.cc"));
    assert_false(glob("a/b.c", "xa/b.c"));
    assert_true(glob("", ""));
    assert_false(glob("", "a"));
    assert_false(glob("a", ""));
}

static void star_stays_in_its_folder(void **state)
{
    (void)state;
    assert_true(glob("*.c", "main.c"));
    assert_true(glob("*", ""));
    assert_false(glob("*.c", "src/main.c"));
    assert_true(glob("src/*/x", "src/a/x"));
    assert_false(glob("src/*/x", "src/a/b/x"));
    assert_true(glob("a*b*c", "aXbYbZc"));
    assert_false(glob("a*b*c", "aXbYbZ"));
}

static void two_stars_cross_folders(void **state)
{
    (void)state;
    assert_true(glob("src/**", "src/a/b/c.h"));
    assert_true(glob("**.c", "a/b/c.c"));
    assert_true(glob("a**z", "a/b/z"));
    assert_false(glob("src/**", "tests/a"));
    assert_true(glob("**", ""));
    assert_true(glob("***", "a/b"));
}

static void a_folder_of_two_stars_may_be_none(void **state)
{
    (void)state;
    assert_true(glob("**/x.c", "x.c"));
    assert_true(glob("**/x.c", "a/b/x.c"));
    assert_false(glob("**/x.c", "a/bx.c"));
    assert_true(glob("a/**/b", "a/b"));
    assert_true(glob("a/**/b", "a/x/y/b"));
    assert_false(glob("a/**/b", "a/xb"));
    assert_false(glob("a**/b", "ab"));
    assert_true(glob("a**/b", "ax/b"));
}

static void goes_back_to_two_stars_when_one_ran_out(void **state)
{
    (void)state;
    assert_true(glob("**a*b", "a/ab"));
    assert_true(glob("**/*.c", "a/b/c/d.c"));
    assert_true(glob("**x*/y", "x/x/zx/y"));
    assert_false(glob("**x*/y", "x/x/zx/z"));
    assert_true(glob("**a/*b**c", "a/a/xb/yc"));
}

static void question_mark_is_one_character(void **state)
{
    (void)state;
    assert_true(glob("?", "\xE2\x82\xAC"));    /* euro sign */
    assert_false(glob("*??", "\xE2\x82\xAC")); /* is not two of anything */
    assert_true(glob("a?c", "abc"));
    assert_false(glob("a?c", "a/c"));
    assert_false(glob("a?", "a"));
    assert_true(glob("?", "\xFF"));
}

static void classes_match_ranges_and_their_opposite(void **state)
{
    (void)state;
    assert_true(glob("[a-c]x", "bx"));
    assert_false(glob("[a-c]x", "dx"));
    assert_true(glob("[!a-c]x", "dx"));
    assert_true(glob("[^a-c]x", "dx"));
    assert_false(glob("[!a-c]x", "bx"));
    assert_false(glob("[!a]", "/"));
    assert_true(glob("[]]", "]"));
    assert_true(glob("[a-]", "-"));
    assert_true(glob("[\\]]", "]"));
    assert_true(glob("[\xC3\xA0-\xC3\xBF]", "\xC3\xA9"));
    assert_true(glob("v[0-9]*", "v2"));
    assert_true(glob("*[0-9].c", "ab7.c"));
}

static void a_class_without_end_is_a_bracket(void **state)
{
    (void)state;
    assert_true(glob("[ab", "[ab"));
    assert_true(glob("a[", "a["));
    assert_false(glob("[ab", "a"));
    assert_false(glob("[a\\", "a"));
}

static void a_backslash_quotes(void **state)
{
    (void)state;
    assert_true(glob("\\*.c", "*.c"));
    assert_false(glob("\\*.c", "a.c"));
    assert_true(glob("a\\?", "a?"));
    assert_true(glob("a\\", "a\\"));
    assert_true(glob("\\[a]", "[a]"));
}

/* The plain twin: tries everything. Star kinds as in str.h, for patterns of bytes a b / * only. */
static bool twin(const char *pattern, const char *at, const char *s)
{
    if (*at == '\0')
        return *s == '\0';
    if (*at != '*')
        return *at == *s && twin(pattern, at + 1, s + 1);
    const char *after = at;
    while (*after == '*')
        after++;
    bool deep = after - at > 1;
    bool by_folder = deep && *after == '/' && (at == pattern || at[-1] == '/');
    if (by_folder) {
        for (const char *t = s;; t++) {
            if ((t == s || t[-1] == '/') && twin(pattern, after + 1, t))
                return true;
            if (*t == '\0')
                return false;
        }
    }
    for (;; s++) {
        if (twin(pattern, after, s))
            return true;
        if (*s == '\0' || (!deep && *s == '/'))
            return false;
    }
}

static void agrees_with_trying_everything(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", "b", "/", "*", "**", "**/", "*/"};
    unsigned seed = 1;
    for (int round = 0; round < 200000; round++) {
        char pattern[32] = "";
        char s[16] = "";
        int n_parts = rand_r(&seed) % 7;
        for (int i = 0; i < n_parts; i++)
            strcat(pattern, parts[rand_r(&seed) % 7]);
        int n_bytes = rand_r(&seed) % 10;
        for (int i = 0; i < n_bytes; i++)
            s[i] = "ab/"[rand_r(&seed) % 3];
        if (glob(pattern, s) != twin(pattern, pattern, s))
            fail_msg("pattern \"%s\", text \"%s\"", pattern, s);
    }
}

static void stars_without_number_end_soon(void **state)
{
    (void)state;
    enum {
        N = 500000
    };
    char *text = malloc(N);
    assert_non_null(text);
    memset(text, 'a', N);
    /* Starting again at every byte, or trying everything, would take hours. */
    assert_false(td_str_glob(TD_STR("**a*b"), (td_str){text, N}));
    assert_false(td_str_glob(TD_STR("**a*a*a*a*b"), (td_str){text, N}));
    for (size_t i = 9; i < N; i += 10)
        text[i] = '/';
    assert_false(td_str_glob(TD_STR("**a*a*a*a*/a*a*a/**a*a*a/*a*b"), (td_str){text, N}));
    assert_false(td_str_glob(TD_STR("**/*a*a*a*a*a*a*a*a*a*b"), (td_str){text, N}));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_plain_text_whole),
        cmocka_unit_test(star_stays_in_its_folder),
        cmocka_unit_test(two_stars_cross_folders),
        cmocka_unit_test(a_folder_of_two_stars_may_be_none),
        cmocka_unit_test(goes_back_to_two_stars_when_one_ran_out),
        cmocka_unit_test(question_mark_is_one_character),
        cmocka_unit_test(classes_match_ranges_and_their_opposite),
        cmocka_unit_test(a_class_without_end_is_a_bracket),
        cmocka_unit_test(a_backslash_quotes),
        cmocka_unit_test(agrees_with_trying_everything),
        cmocka_unit_test(stars_without_number_end_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
