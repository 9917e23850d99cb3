#include "store/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_parts(const char *text, const char *wanted)
{
    td_buf parts = TD_BUF(1024);
    td_store_words_parts(td_str_from(text), &parts);
    assert_string_equal(parts.ptr ? parts.ptr : "", wanted);
    td_buf_clear(&parts);
}

static void identifiers_fall_into_their_parts_and_plain_words_into_none(void **state)
{
    (void)state;
    assert_parts("plain words Here, UPPER 42", "");
    assert_parts("read_line", "read line ");
    assert_parts("readLine(x)", "read Line ");
    assert_parts("HTTPServer", "HTTP Server ");
    assert_parts("__init__", "init ");
    assert_parts("MAX_VALUE utf8Name", "MAX VALUE utf8 Name ");
    assert_parts("a.b_c->dE", "b c d E ");
    assert_parts("___", "");
    assert_parts("stra\xc3\x9f"
                 "enName",
                 "stra\xc3\x9f"
                 "en Name ");
}

static void data_that_looks_like_a_name_gives_no_parts(void **state)
{
    (void)state;
    assert_parts("aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQxy", "");
}

static void parts_stop_at_the_cap(void **state)
{
    td_buf parts = TD_BUF(10);
    (void)state;
    td_store_words_parts(TD_STR("ab_cd ef_gh ij_kl"), &parts);
    assert_string_equal(parts.ptr, "ab cd ef ");
    td_buf_clear(&parts);
}

/* The terms, joined by spaces. */
static void assert_query(const char *text, const char *wanted)
{
    td_arena *arena = td_arena_new(1 << 20);
    td_buf joined = TD_BUF(65536);
    td_str terms[TD_STORE_TERMS_MAX];
    size_t n = 0;
    tandem_error err;
    assert_int_equal(td_store_words_terms(td_str_from(text), arena, terms, &n, &err), TANDEM_OK);
    for (size_t i = 0; i < n; i++)
        td_buf_add_fmt(&joined, NULL, "%s%.*s", i ? " " : "", TD_STR_FMT(terms[i]));
    assert_string_equal(joined.ptr ? joined.ptr : "", wanted);
    td_buf_clear(&joined);
    td_arena_free(arena);
}

static void words_become_terms_and_quoted_parts_stay_whole(void **state)
{
    (void)state;
    assert_query("parse json", "\"parse\" \"json\"");
    assert_query("\"parse json\" fast", "\"parse json\" \"fast\"");
    assert_query("readLine", "\"readLine\" \"read\" \"Line\"");
    assert_query("os.path", "\"os.path\" \"os\" \"path\"");
    assert_query("json JSON json", "\"json\"");
}

static void common_words_are_left_out_unless_there_are_no_others(void **state)
{
    (void)state;
    assert_query("how to read the file", "\"read\" \"file\"");
    assert_query("to be or not to be", "\"to\" \"be\" \"or\" \"not\"");
}

static void punctuation_alone_asks_for_nothing(void **state)
{
    (void)state;
    assert_query("++ -- \"\" \"?\" ( *", "");
    assert_query("", "");
}

static void a_quote_inside_a_word_is_doubled(void **state)
{
    (void)state;
    assert_query("5\"x", "\"5\"\"x\" \"5\" \"x\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_fall_into_their_parts_and_plain_words_into_none),
        cmocka_unit_test(data_that_looks_like_a_name_gives_no_parts),
        cmocka_unit_test(parts_stop_at_the_cap),
        cmocka_unit_test(words_become_terms_and_quoted_parts_stay_whole),
        cmocka_unit_test(common_words_are_left_out_unless_there_are_no_others),
        cmocka_unit_test(punctuation_alone_asks_for_nothing),
        cmocka_unit_test(a_quote_inside_a_word_is_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
