#include "chunk/headings.h"
#include "split.h"

static void assert_path(const td_chunk_headings *headings, const char *expected)
{
    td_arena *arena = td_arena_new(1 << 16);
    assert_str(td_chunk_headings_path(headings, arena), expected);
    td_arena_free(arena);
}

static void closes_what_is_not_above(void **state)
{
    (void)state;
    td_chunk_headings headings = {.n = 0};
    assert_path(&headings, "");
    td_chunk_headings_open(&headings, TD_STR("A"), 1);
    td_chunk_headings_open(&headings, TD_STR("B"), 3);
    td_chunk_headings_open(&headings, TD_STR("C"), 3);
    assert_path(&headings, "A > C");
    td_chunk_headings_open(&headings, TD_STR("D"), 2);
    assert_path(&headings, "A > D");
    td_chunk_headings_open(&headings, TD_STR("E"), 1);
    assert_path(&headings, "E");
}

static void writes_titles_without_markup(void **state)
{
    (void)state;
    td_chunk_headings headings = {.n = 0};
    td_chunk_headings_open(&headings, TD_STR("The `open()` **function** {#open}"), 1);
    td_chunk_headings_open(&headings, TD_STR("See [the\tmanual](http://a/b) now"), 2);
    assert_path(&headings, "The open() function > See the manual now");
}

static void cuts_long_titles_at_a_character(void **state)
{
    (void)state;
    char *title = repeated("\xE6\xBC\xA2", 100);
    td_arena *arena = td_arena_new(1 << 16);
    td_chunk_headings headings = {.n = 0};
    td_chunk_headings_open(&headings, td_str_from(title), 1);
    td_str path = td_chunk_headings_path(&headings, arena);
    assert_int_equal(path.n, 120);
    assert_int_equal(td_utf8_valid_n(path), path.n);
    td_arena_free(arena);
    free(title);
}

static void finds_what_two_paths_share(void **state)
{
    (void)state;
    td_chunk_headings a = {.n = 0}, none = {.n = 0};
    td_chunk_headings_open(&a, TD_STR("A"), 1);
    td_chunk_headings b = a;
    td_chunk_headings_open(&a, TD_STR("B"), 2);
    td_chunk_headings_open(&b, TD_STR("C"), 2);
    td_chunk_headings common = td_chunk_headings_common(&a, &b);
    assert_path(&common, "A");
    common = td_chunk_headings_common(&none, &b);
    assert_path(&common, "A > C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes_what_is_not_above),
        cmocka_unit_test(writes_titles_without_markup),
        cmocka_unit_test(cuts_long_titles_at_a_character),
        cmocka_unit_test(finds_what_two_paths_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
