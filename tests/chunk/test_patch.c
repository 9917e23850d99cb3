#include "chunk/patch.h"
#include "split.h"

/* One character a line: 'p' of a patch, '.' not. */
static const char *marks_of(const char *text)
{
    static char out[64];
    td_chunk_patch patch = {0};
    td_str all = td_str_from(text);
    size_t n = 0;
    for (size_t at = 0; at < all.n && n + 1 < sizeof out; n++) {
        size_t end = td_str_find_byte(all, '\n', at);
        out[n] = td_chunk_patch_takes(&patch, all, at) ? 'p' : '.';
        at = end == TD_STR_NONE ? all.n : end + 1;
    }
    out[n] = '\0';
    return out;
}

static void follows_the_counts_of_hunks(void **state)
{
    (void)state;
    assert_string_equal(marks_of("Makes it so.\n\n--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@ int f\n a\n-b\n"
                                 "\n- a list\n- of things\n"),
                        "..pppppp..");
    assert_string_equal(marks_of("@@ -1 +1 @@\n-b\n+c\n\\ No newline at end of file\n+ plus\n"),
                        "pppp.");
    assert_string_equal(marks_of("@@ -1,2 +1,2 @@\n-b\n\\ No newline at end of file\n+c\n d\n e\n"),
                        "ppppp.");
    assert_string_equal(marks_of("@@ -0,0 +1,2 @@\r\n+b\r\n+c\r\nEnd\r\n"), "ppp.");
}

static void reads_heads(void **state)
{
    (void)state;
    assert_string_equal(marks_of(
                            "diff --git a/x b/y\nsimilarity index 90%\nrename from x\n"
                            "rename to y\nindex 1..2 100644\n--- a/x\n+++ b/y\nindex of all\n"),
                        "ppppppp.");
    assert_string_equal(marks_of("Index: x.c\n=====\n--- x.c\n+++ x.c\n@@ -1 +1 @@\n-\n+\n"),
                        "ppppppp");
    assert_string_equal(marks_of("diff -u x y\n--- x\n+++ y\n"), "ppp");
    assert_string_equal(marks_of("--- a\n\n+++ b\ndiff -u is a command\nIndex: none\n"), ".....");
}

static void stops_where_a_hunk_is_cut_off(void **state)
{
    (void)state;
    assert_string_equal(marks_of("@@ -1,9 +1,9 @@\n a\n-b\nThe end of it.\n-x\n"), "ppp..");
    assert_string_equal(marks_of("@@ -1,9 +1,9 @@\n a\n@@ -20 +20 @@\n-b\n+c\n d\n"), "ppppp.");
}

static void takes_no_other_numbers(void **state)
{
    (void)state;
    static const char *const lines[] = {"@@ -1,2,3 +1 @@\n-a\n",
                                        "@@ -,2\n-a\n",
                                        "@@ -1 +1\n-a\n",
                                        "@@ -1 -1 @@\n-a\n",
                                        "@@ -99999999999999999999 +1 @@\n-a\n",
                                        "@@ - @@\n-a\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_string_equal(marks_of(lines[i]), "..");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_counts_of_hunks),
        cmocka_unit_test(reads_heads),
        cmocka_unit_test(stops_where_a_hunk_is_cut_off),
        cmocka_unit_test(takes_no_other_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
