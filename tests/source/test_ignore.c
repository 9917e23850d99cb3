#include "source/ignore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* After git's t/t3070-wildmatch.sh, the column for patterns on paths. */
static const struct {
    bool fits;
    const char *text, *pattern;
} cases[] = {
    {true, "foo", "foo"},
    {false, "foo", "bar"},
    {true, "foo", "???"},
    {false, "foo", "??"},
    {true, "foo", "*"},
    {true, "foo", "f*"},
    {false, "foo", "*f"},
    {true, "foo", "*foo*"},
    {true, "foobar", "*ob*a*r*"},
    {true, "aaaaaaabababab", "*ab"},
    {true, "foo*", "foo\\*"},
    {false, "foobar", "foo\\*bar"},
    {true, "f\\oo", "f\\\\oo"},
    {false, "foo\\", "foo\\"},
    {true, "ball", "*[al]?"},
    {false, "ten", "[ten]"},
    {true, "ten", "**[!te]"},
    {false, "ten", "**[!ten]"},
    {true, "ten", "t[a-g]n"},
    {false, "ten", "t[!a-g]n"},
    {true, "ton", "t[!a-g]n"},
    {true, "ton", "t[^a-g]n"},
    {true, "a]b", "a[]]b"},
    {true, "a-b", "a[]-]b"},
    {true, "a]b", "a[]-]b"},
    {false, "aab", "a[]-]b"},
    {true, "aab", "a[]a-]b"},
    {true, "]", "]"},
    {false, "foo/baz/bar", "foo*bar"},
    {false, "foo/baz/bar", "foo**bar"},
    {true, "foobazbar", "foo**bar"},
    {true, "foo/baz/bar", "foo/**/bar"},
    {true, "foo/b/a/z/bar", "foo/**/bar"},
    {true, "foo/bar", "foo/**/bar"},
    {true, "foo/bar", "foo/**/**/bar"},
    {false, "foo/bar", "foo?bar"},
    {false, "foo/bar", "foo[/]bar"},
    {false, "foo/bar", "foo[^a-z]bar"},
    {false, "foo/bar", "f[^eiu][^eiu][^eiu][^eiu][^eiu]r"},
    {true, "foo-bar", "f[^eiu][^eiu][^eiu][^eiu][^eiu]r"},
    {true, "foo", "**/foo"},
    {true, "top/foo", "**/foo"},
    {true, "bar/baz/foo", "**/foo"},
    {false, "bar/baz/foo", "*/foo"},
    {false, "foo/bar/baz", "**/bar*"},
    {true, "deep/foo/bar/baz", "**/bar/*"},
    {false, "deep/foo/bar", "**/bar/*"},
    {true, "deep/foo/bar/baz/", "**/bar/**"},
    {false, "deep/foo/bar", "**/bar/**"},
    {false, "deep/foo/bar/baz/x", "*/bar/**"},
    {true, "foo/bar/baz/x", "*/bar/**"},
    {true, "deep/foo/bar/baz/x", "**/bar/*/*"},
    {false, "acrt", "a[c-c]st"},
    {true, "acrt", "a[c-c]rt"},
    {false, "]", "[!]-]"},
    {true, "a", "[!]-]"},
    {false, "", "\\"},
    {false, "\\", "\\"},
    {false, "top/\\", "*/\\"},
    {true, "top/\\", "*/\\\\"},
    {true, "@foo", "@foo"},
    {true, "[ab]", "\\[ab]"},
    {true, "[ab]", "[[]ab]"},
    {true, "[ab]", "[[:]ab]"},
    {false, "[ab]", "[[::]ab]"},
    {true, "[ab]", "[[:digit]ab]"},
    {true, "[ab]", "[\\[:]ab]"},
    {true, "?a?b", "\\??\\?b"},
    {true, "abc", "\\a\\b\\c"},
    {false, "foo", ""},
    {true, "foo/bar/baz/to", "**/t[o]"},
    {true, "a1B", "[[:alpha:]][[:digit:]][[:upper:]]"},
    {false, "a", "[[:digit:][:upper:][:space:]]"},
    {true, "A", "[[:digit:][:upper:][:space:]]"},
    {true, "1", "[[:digit:][:upper:][:space:]]"},
    {false, "1", "[[:digit:][:upper:][:spaci:]]"},
    {true, " ", "[[:digit:][:upper:][:space:]]"},
    {false, ".", "[[:digit:][:upper:][:space:]]"},
    {true, ".", "[[:digit:][:punct:][:space:]]"},
    {true, "5", "[[:xdigit:]]"},
    {true, "_",
     "[[:alnum:][:alpha:][:blank:][:cntrl:][:digit:][:graph:][:lower:][:print:]"
     "[:punct:][:space:][:upper:][:xdigit:]]"},
    {true, "5", "[a-c[:digit:]x-z]"},
    {false, "q", "[a-c[:digit:]x-z]"},
    {true, "]", "[\\\\-^]"},
    {false, "[", "[\\\\-^]"},
    {true, "-", "[\\-_]"},
    {true, "]", "[\\]]"},
    {false, "\\]", "[\\]]"},
    {false, "\\", "[\\]]"},
    {false, "ab", "a[]b"},
    {false, "a[]b", "a[]b"},
    {false, "ab[", "ab["},
    {false, "ab", "[!"},
    {false, "ab", "[-"},
    {true, "-", "[-]"},
    {false, "-", "[a-"},
    {false, "-", "[!a-"},
    {true, "-", "[--A]"},
    {true, "5", "[--A]"},
    {true, " ", "[ --]"},
    {true, "$", "[ --]"},
    {true, "-", "[ --]"},
    {false, "0", "[ --]"},
    {true, "-", "[---]"},
    {true, "-", "[------]"},
    {false, "j", "[a-e-n]"},
    {true, "-", "[a-e-n]"},
    {true, "a", "[!------]"},
    {false, "[", "[]-a]"},
    {true, "^", "[]-a]"},
    {false, "^", "[!]-a]"},
    {true, "[", "[!]-a]"},
    {true, "^", "[a^bc]"},
    {true, "-b]", "[a-]b]"},
    {false, "\\", "[\\]"},
    {true, "\\", "[\\\\]"},
    {false, "\\", "[!\\\\]"},
    {true, "G", "[A-\\\\]"},
    {false, "aaabbb", "b*a"},
    {false, "aabcaa", "*ba*"},
    {true, ",", "[,]"},
    {true, ",", "[\\\\,]"},
    {true, "\\", "[\\\\,]"},
    {true, "-", "[,-.]"},
    {false, "+", "[,-.]"},
    {false, "-.]", "[,-.]"},
    {true, "2", "[\\1-\\3]"},
    {true, "3", "[\\1-\\3]"},
    {false, "4", "[\\1-\\3]"},
    {true, "\\", "[[-\\]]"},
    {true, "[", "[[-\\]]"},
    {true, "]", "[[-\\]]"},
    {false, "-", "[[-\\]]"},
    {true, "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt", "**/*a*b*g*n*t"},
    {false, "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txtz", "**/*a*b*g*n*t"},
    {false, "foo", "*/*/*"},
    {false, "foo/bar", "*/*/*"},
    {true, "foo/bba/arr", "*/*/*"},
    {false, "foo/bb/aa/rr", "*/*/*"},
    {true, "foo/bb/aa/rr", "**/**/**"},
    {true, "abcXdefXghi", "*X*i"},
    {false, "ab/cXd/efXg/hi", "*X*i"},
    {true, "ab/cXd/efXg/hi", "*/*X*/*/*i"},
    {true, "ab/cXd/efXg/hi", "**/*X*/**/*i"},
};

static void wildcards_match_as_in_git(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (td_source_ignore_glob(td_str_from(cases[i].pattern), td_str_from(cases[i].text)) !=
            cases[i].fits)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

static td_source_verdict verdict(const char *text, const char *path, bool is_dir)
{
    td_arena *arena = td_arena_new(1 << 20);
    td_source_rules rules = {0};

    assert_int_equal(td_source_ignore_parse(td_str_from(text), arena, &rules, NULL), TANDEM_OK);
    td_source_verdict found = td_source_ignore_match(&rules, td_str_from(path), is_dir);
    td_arena_free(arena);
    return found;
}

static void the_last_rule_that_fits_decides(void **state)
{
    (void)state;
    assert_int_equal(verdict("*.o\n!keep.o\n", "a/b.o", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("*.o\n!keep.o\n", "a/keep.o", false), TD_SOURCE_KEPT);
    assert_int_equal(verdict("!keep.o\n*.o\n", "keep.o", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("*.o\n", "b.c", false), TD_SOURCE_UNDECIDED);
}

static void a_slash_binds_a_rule_to_its_folder_or_to_folders(void **state)
{
    (void)state;
    assert_int_equal(verdict("/a\n", "a", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("/a\n", "b/a", false), TD_SOURCE_UNDECIDED);
    assert_int_equal(verdict("a/b\n", "a/b", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("a/b\n", "c/a/b", false), TD_SOURCE_UNDECIDED);
    assert_int_equal(verdict("a/\n", "c/a", true), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("a/\n", "c/a", false), TD_SOURCE_UNDECIDED);
    assert_int_equal(verdict("/\n", "a", true), TD_SOURCE_UNDECIDED);
}

static void comments_spaces_and_line_ends_are_as_in_git(void **state)
{
    (void)state;
    assert_int_equal(verdict("#a\n", "#a", false), TD_SOURCE_UNDECIDED);
    assert_int_equal(verdict("\\#a\n", "#a", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("\\!a\n", "!a", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("a  \n", "a", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("a\\ \n", "a ", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("a\\  \n", "a ", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("a\r\nb\r\n", "b", false), TD_SOURCE_IGNORED);
    assert_int_equal(verdict("\xef\xbb\xbf"
                             "a\n",
                             "a", false),
                     TD_SOURCE_IGNORED);
    assert_int_equal(verdict("\n\n  \n!\n", "x", false), TD_SOURCE_UNDECIDED);
    assert_int_equal(verdict(" a\n", "a", false), TD_SOURCE_UNDECIDED);
}

/* A recursive matcher needs longer than the universe has for this. */
static void many_stars_cost_no_more_than_a_product(void **state)
{
    char pattern[2001], text[4001];

    (void)state;
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(pattern + i, "*a", 2);
    memcpy(pattern + 1998, "*b", 3);
    memset(text, 'a', 4000);
    text[4000] = '\0';
    assert_false(td_source_ignore_glob(td_str_from(pattern), td_str_from(text)));
    for (size_t i = 0; i < 1995; i += 5)
        memcpy(pattern + i, "**/a/", 5);
    memcpy(pattern + 1995, "**/b", 5);
    for (size_t i = 1; i < 4000; i += 2)
        text[i] = '/';
    assert_false(td_source_ignore_glob(td_str_from(pattern), td_str_from(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards_match_as_in_git),
        cmocka_unit_test(the_last_rule_that_fits_decides),
        cmocka_unit_test(a_slash_binds_a_rule_to_its_folder_or_to_folders),
        cmocka_unit_test(comments_spaces_and_line_ends_are_as_in_git),
        cmocka_unit_test(many_stars_cost_no_more_than_a_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
