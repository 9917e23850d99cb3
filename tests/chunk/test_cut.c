#include "chunk/cut.h"
#include "split.h"

static void assert_cut(td_chunk_cut_kind kind, const char *text, size_t limit, const char *first)
{
    size_t at = td_chunk_cut_at(td_str_from(text), 0, limit, kind);
    assert_str((td_str){text, at}, first);
}

static void prefers_paragraphs_then_sentences_then_words(void **state)
{
    (void)state;
    assert_cut(TD_CHUNK_CUT_PROSE, "One two three four.\n\nFive six. Seven", 32,
               "One two three four.\n\n");
    assert_cut(TD_CHUNK_CUT_PROSE, "One two three. Four five six", 26, "One two three.");
    assert_cut(TD_CHUNK_CUT_PROSE, "one two three four", 15, "one two three");
    assert_cut(TD_CHUNK_CUT_PROSE, "onetwothreefour", 5, "onetw");
}

static void knows_where_sentences_do_not_end(void **state)
{
    (void)state;
    assert_cut(TD_CHUNK_CUT_PROSE, "Some words, e.g. These, go on", 27,
               "Some words, e.g. These, go");
    assert_cut(TD_CHUNK_CUT_PROSE, "We met Mr. Smith and Dr. Jones", 28,
               "We met Mr. Smith and Dr.");
    assert_cut(TD_CHUNK_CUT_PROSE, "It costs 3.50 or less today", 25, "It costs 3.50 or less");
    assert_true(td_chunk_cut_is_sentence(TD_STR("(It ends.) Then"), 10));
    assert_true(td_chunk_cut_is_sentence(TD_STR("\xE7\xB5\x82\xE3\x80\x82\xE6\xAC\xA1"), 6));
    assert_false(td_chunk_cut_is_sentence(TD_STR("by J. Smith"), 5));
    assert_false(td_chunk_cut_is_sentence(TD_STR("and so on ... then"), 13));
}

static void cuts_rows_at_lines_and_code_at_blank_lines(void **state)
{
    (void)state;
    assert_cut(TD_CHUNK_CUT_LINES, "| a. B |\n| c. D |\n| e |", 20, "| a. B |\n| c. D |\n");
    assert_cut(TD_CHUNK_CUT_ROWS, "| a |\n| One two. Three four |", 22, "| a |\n");
    assert_cut(TD_CHUNK_CUT_LINES, "- a\n  One two. Three four", 22, "- a\n  One two.");
    assert_cut(TD_CHUNK_CUT_CODE, "a = 1\nb = 2\n\nc = 3\nd = 4", 22, "a = 1\nb = 2\n\n");
    assert_cut(TD_CHUNK_CUT_CODE, "a=1;b=2;c=3;d=4", 14, "a=1;b=2;c=3;");
}

static void keeps_graphemes_and_line_ends_whole(void **state)
{
    (void)state;
    /* e and an acute; a family joined by U+200D; a flag of two letters. */
    assert_cut(TD_CHUNK_CUT_PROSE, "abcde\xCC\x81zzzz", 5, "abcd");
    assert_cut(TD_CHUNK_CUT_PROSE, "ab\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9z", 9, "ab");
    assert_cut(TD_CHUNK_CUT_PROSE, "ab\xF0\x9F\x87\xA9\xF0\x9F\x87\xAAz", 6, "ab");
    assert_cut(TD_CHUNK_CUT_CODE, "abcdefgh\r\nz", 9, "abcdefgh");
}

static void starts_an_overlap_at_a_sentence_or_not_at_all(void **state)
{
    (void)state;
    td_str text = TD_STR("One two. Three four five. Six");
    assert_int_equal(td_chunk_cut_overlap(text, 2, 25), 9);
    assert_int_equal(td_chunk_cut_overlap(text, 9, 25), 9);
    assert_int_equal(td_chunk_cut_overlap(text, 10, 24), 24);
    assert_int_equal(td_chunk_cut_overlap(text, 21, 24), 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefers_paragraphs_then_sentences_then_words),
        cmocka_unit_test(knows_where_sentences_do_not_end),
        cmocka_unit_test(cuts_rows_at_lines_and_code_at_blank_lines),
        cmocka_unit_test(keeps_graphemes_and_line_ends_whole),
        cmocka_unit_test(starts_an_overlap_at_a_sentence_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
