#include "chunk/sink.h"
#include "split.h"

static void trims_a_part_and_counts_where_it_stands(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_chunk_sink sink;
    td_str text = TD_STR("\xC3\xA4\n \xC2\xA0 b\nc \n\n");
    assert_int_equal(td_chunk_sink_init(&sink, text, &options, false, arena, NULL), TANDEM_OK);
    td_chunk_part part = {.start = 2, .end = text.n, .language = TD_STR("markdown")};
    assert_int_equal(td_chunk_sink_add(&sink, &part, NULL), TANDEM_OK);
    part.start = text.n - 3;
    assert_int_equal(td_chunk_sink_add(&sink, &part, NULL), TANDEM_OK); /* white space alone */
    assert_int_equal(sink.n, 1);
    assert_str(sink.items[0].text, "b\nc");
    assert_int_equal(sink.items[0].start_byte, 7);
    assert_int_equal(sink.items[0].start_char, 5);
    assert_int_equal(sink.items[0].end_char, 8);
    assert_int_equal(sink.items[0].start_line, 2);
    assert_int_equal(sink.items[0].end_line, 3);
    td_arena_free(arena);
}

static void measures_a_part_without_the_white_space_around_it(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 20);
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_chunk_sink sink;
    td_str text = TD_STR("  \xC2\xA0 b\n c \n\n");
    assert_int_equal(td_chunk_sink_init(&sink, text, &options, false, arena, NULL), TANDEM_OK);
    assert_int_equal(td_chunk_sink_size(&sink, &sink.prose, 0, text.n), 4);
    assert_int_equal(td_chunk_sink_size(&sink, &sink.prose, 0, 3), 0);
    td_arena_free(arena);
}

static void says_when_the_arena_is_full(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(256);
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_chunk_sink sink;
    td_chunk_part part = {.end = 1, .language = TD_STR("markdown")};
    assert_int_equal(td_chunk_sink_init(&sink, TD_STR("a"), &options, false, arena, NULL),
                     TANDEM_OK);
    assert_int_equal(td_chunk_sink_add(&sink, &part, NULL), TANDEM_E_TOO_LARGE);
    assert_int_equal(sink.n, 0);
    td_arena_free(arena);
}

static void never_overlaps_by_more_than_half(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(1 << 16);
    td_chunk_options options = TD_CHUNK_OPTIONS;
    td_chunk_sink sink;
    options.size = 100;
    options.overlap = 99;
    assert_int_equal(td_chunk_sink_init(&sink, TD_STR("a"), &options, false, arena, NULL),
                     TANDEM_OK);
    assert_int_equal(sink.prose.overlap, 50);
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trims_a_part_and_counts_where_it_stands),
        cmocka_unit_test(measures_a_part_without_the_white_space_around_it),
        cmocka_unit_test(says_when_the_arena_is_full),
        cmocka_unit_test(never_overlaps_by_more_than_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
