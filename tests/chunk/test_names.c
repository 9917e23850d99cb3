#include "chunk/names.h"
#include "split.h"

static void assert_info(const char *info, td_chunk_info kind, const char *language)
{
    td_str found;
    assert_int_equal(td_chunk_names_info(td_str_from(info), &found), kind);
    assert_str(found, language);
}

static void reads_the_language_out_of_any_info_string(void **state)
{
    (void)state;
    static const char *const infos[][2] = {
        {"c++", "cpp"},
        {"Python", "python"},
        {"python title=\"a.py\"", "python"},
        {"js{1,3-5}", "javascript"},
        {"rust,ignore", "rust"},
        {"{.haskell .numberLines}", "haskell"},
        {"{code-block} c#", "csharp"},
        {"language-ts", "typescript"},
        {"src/main.go", "go"},
        {"12:40:lib/a.rb", "ruby"},
        {"{#id .sh}", "shell"},
        {"objective-c", "objective-c"},
        {"zig", "zig"},
        {"Blub", "Blub"},
    };
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++)
        assert_info(infos[i][0], TD_CHUNK_INFO_CODE, infos[i][1]);
}

static void tells_prose_text_sessions_and_nothing(void **state)
{
    (void)state;
    assert_info("markdown", TD_CHUNK_INFO_PROSE, "");
    assert_info("output", TD_CHUNK_INFO_PROSE, "");
    assert_info("text", TD_CHUNK_INFO_TEXT, "");
    assert_info("console", TD_CHUNK_INFO_CONSOLE, "console");
    assert_info("", TD_CHUNK_INFO_NONE, "");
    assert_info("title=\"a\"", TD_CHUNK_INFO_NONE, "");
    assert_info("{1,2}", TD_CHUNK_INFO_NONE, "");
}

static void says_which_files_are_prose(void **state)
{
    (void)state;
    assert_true(td_chunk_names_is_prose(TD_STR("csv")));
    assert_true(td_chunk_names_is_prose(TD_STR("log")));
    assert_false(td_chunk_names_is_prose(TD_STR("yaml")));
    assert_false(td_chunk_names_is_prose(TD_STR("")));
    assert_null(td_chunk_names_canonical(TD_STR("blub")).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_language_out_of_any_info_string),
        cmocka_unit_test(tells_prose_text_sessions_and_nothing),
        cmocka_unit_test(says_which_files_are_prose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
