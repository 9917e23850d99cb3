#include "chunk/rst.h"
#include "split.h"

static void takes_levels_from_the_order_of_underlines(void **state)
{
    (void)state;
    td_chunk_blocks blocks;
    td_chunk_block block;
    static const size_t levels[] = {1, 2, 3, 2, 1};
    td_chunk_blocks_init(&blocks,
                         TD_STR("===\nA\n===\n\nB\n---\n\nC\n~~~\n\nD\n---\n\n===\nE\n===\n"),
                         TD_FORMAT_RST);
    for (size_t i = 0; i < 5; i++) {
        assert_true(td_chunk_blocks_next(&blocks, &block));
        assert_int_equal(block.kind, TD_CHUNK_HEADING);
        assert_int_equal(block.level, levels[i]);
    }
    assert_false(td_chunk_blocks_next(&blocks, &block));
}

static void takes_no_short_rule_for_an_underline(void **state)
{
    (void)state;
    td_chunk_blocks blocks;
    td_chunk_block block;
    td_chunk_blocks_init(&blocks, TD_STR("Many words on a line\n---\nand more\n"), TD_FORMAT_RST);
    assert_true(td_chunk_blocks_next(&blocks, &block));
    assert_int_equal(block.kind, TD_CHUNK_PARAGRAPH);
}

static split split_rst(const char *text)
{
    return split_text(TD_FORMAT_RST, "", td_str_from(text), 1600);
}

static void leaves_out_what_shows_nothing(void **state)
{
    (void)state;
    split s = split_rst(
        ".. currentmodule:: lanes\n.. py:currentmodule:: lanes\n"
        ".. default-domain:: c\n.. highlight:: c\n\n.. _start:\n\nStart\n=====\n\nSome words.\n\n"
        ".. _click: https://a.example/\n\n.. _end:\n");
    assert_int_equal(s.chunks.n, 1);
    assert_str(s.chunks.items[0].text,
               "Start\n=====\n\nSome words.\n\n.. _click: https://a.example/");
    split_clear(&s);
    s = split_rst("Write::\n\n   .. _name:\n\nbefore a title.\n\n.. _alone:\n");
    assert_int_equal(s.chunks.n, 1);
    assert_str(s.chunks.items[0].text, "Write::\n\n   .. _name:\n\nbefore a title.");
    split_clear(&s);
}

static const char body[] = "   def read_lines(path):\n"
                           "       with open(path) as f:\n"
                           "           return [line.strip() for line in f if line.strip()]\n";

static void takes_a_code_directive_without_its_options(void **state)
{
    (void)state;
    char text[600];
    snprintf(text, sizeof text,
             "Text.\n\n.. code-block:: python\n   :linenos:\n   :caption: a\n\n%s\nMore.\n", body);
    split s = split_rst(text);
    assert_int_equal(s.chunks.n, 3);
    assert_true(s.chunks.items[1].is_code);
    assert_str(s.chunks.items[1].language, "python");
    assert_true(td_str_starts(s.chunks.items[1].text, TD_STR("def read_lines")));
    split_clear(&s);
}

static void takes_what_follows_two_colons_as_code_if_it_looks_like_it(void **state)
{
    (void)state;
    char text[900];
    snprintf(
        text, sizeof text,
        "Like this::\n\n%s\nAnd he said::\n\n   It was a cold day, and nobody was in the street\n"
        "   but for the old man who sold the papers.\n   We asked him for the way.\n\nEnd.\n",
        body);
    split s = split_rst(text);
    assert_int_equal(s.chunks.n, 3);
    assert_true(s.chunks.items[1].is_code);
    assert_false(s.chunks.items[2].is_code);
    split_clear(&s);
}

static void does_not_take_a_note_for_a_literal_block(void **state)
{
    (void)state;
    split s =
        split_rst(".. note::\n\n   x = f(a, b); y = g(x)\n   z = h(y); return z\n   w = k(z)\n");
    assert_int_equal(s.chunks.n, 1);
    assert_false(s.chunks.items[0].is_code);
    split_clear(&s);
}

static void finds_code_inside_items(void **state)
{
    (void)state;
    char text[600];
    snprintf(text, sizeof text, "- First::\n\n%s\n- Second.\n", body);
    split s = split_rst(text);
    assert_int_equal(s.chunks.n, 3);
    assert_true(s.chunks.items[1].is_code);
    split_clear(&s);
}

static void keeps_tables_whole(void **state)
{
    (void)state;
    td_chunk_blocks blocks;
    td_chunk_block block;
    td_chunk_blocks_init(&blocks,
                         TD_STR("+---+---+\n| a | b |\n+---+---+\n\n===  ===\na    b\n===  ===\n"),
                         TD_FORMAT_RST);
    assert_true(td_chunk_blocks_next(&blocks, &block));
    assert_int_equal(block.kind, TD_CHUNK_TABLE);
    assert_true(td_chunk_blocks_next(&blocks, &block));
    assert_int_equal(block.kind, TD_CHUNK_TABLE);
    assert_false(td_chunk_blocks_next(&blocks, &block));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_what_shows_nothing),
        cmocka_unit_test(takes_levels_from_the_order_of_underlines),
        cmocka_unit_test(takes_no_short_rule_for_an_underline),
        cmocka_unit_test(takes_a_code_directive_without_its_options),
        cmocka_unit_test(takes_what_follows_two_colons_as_code_if_it_looks_like_it),
        cmocka_unit_test(does_not_take_a_note_for_a_literal_block),
        cmocka_unit_test(finds_code_inside_items),
        cmocka_unit_test(keeps_tables_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
