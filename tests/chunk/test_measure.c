#include "chunk/measure.h"
#include "meter.h"
#include "split.h"

typedef struct fixture {
    td_arena *arena;
    td_str text;
    td_chunk_ruler ruler;
    td_chunk_options options;
    td_chunk_measure measure;
    meter_log log;
} fixture;

static tandem_code open_measure(fixture *f, const char *text, bool in_tokens, tandem_error *err)
{
    *f = (fixture){.arena = td_arena_new(16 << 20), .options = TD_CHUNK_OPTIONS};
    td_chunk_meter meter = in_tokens ? meter_of(&f->log) : (td_chunk_meter){0};
    f->text = td_str_from(text);
    f->options.size = 64;
    f->options.overlap = 8;
    assert_int_equal(td_chunk_ruler_init(&f->ruler, f->text, f->arena, NULL), TANDEM_OK);
    return td_chunk_measure_init(&f->measure, &f->ruler, &meter, &f->options, f->arena, err);
}

static void counts_code_points_without_a_meter(void **state)
{
    (void)state;
    fixture f;
    assert_int_equal(open_measure(&f, "\xC3\xA4 b c", false, NULL), TANDEM_OK);
    assert_int_equal(td_chunk_measure_of(&f.measure, 0, f.text.n), 5);
    assert_int_equal(td_chunk_measure_forward(&f.measure, 0, 2), 3);
    assert_int_equal(td_chunk_measure_back(&f.measure, f.text.n, 3), 3);
    assert_int_equal(f.measure.size, 64);
    td_arena_free(f.arena);
}

static void adds_up_the_tokens_of_pieces_without_those_of_the_model(void **state)
{
    (void)state;
    fixture f;
    /*                                   0   4   8  11 */
    assert_int_equal(open_measure(&f, "one two (x) internationalization", true, NULL), TANDEM_OK);
    assert_int_equal(f.measure.size, 64 - METER_FIXED);
    assert_int_equal(td_chunk_measure_of(&f.measure, 0, 7), 2);
    assert_int_equal(td_chunk_measure_of(&f.measure, 0, 11), 5);
    assert_int_equal(td_chunk_measure_of(&f.measure, 5, 11), 4); /* half a piece is a whole one */
    assert_int_equal(td_chunk_measure_of(&f.measure, 0, f.text.n),
                     11); /* one more than the whole */
    assert_int_equal(td_chunk_measure_forward(&f.measure, 0, 2), 7);
    assert_int_equal(td_chunk_measure_forward(&f.measure, 0, 1000), f.text.n);
    assert_int_equal(td_chunk_measure_back(&f.measure, 11, 4), 3);
    assert_int_equal(td_chunk_measure_back(&f.measure, 11, 0), 11);
    assert_int_equal(td_chunk_measure_back(&f.measure, 11, 1000), 0);
    td_arena_free(f.arena);
}

static void reads_a_text_once_however_often_it_is_asked(void **state)
{
    (void)state;
    fixture f;
    char *text =
        repeated("words and (signs); \xE6\xBC\xA2\xE5\xAD\x97 0123456789abcdef0123456789\n", 500);
    assert_int_equal(open_measure(&f, text, true, NULL), TANDEM_OK);
    for (size_t at = 0; at < f.text.n; at += 7) {
        size_t to = td_chunk_measure_forward(&f.measure, at, 40);
        assert_true(to > at || at >= f.text.n);
        assert_true(td_chunk_measure_of(&f.measure, at, to) <= 40);
        assert_true(to == f.text.n || (text[to] & 0xC0) != 0x80);
    }
    assert_int_equal(f.log.n_bytes, f.text.n);
    free(text);
    td_arena_free(f.arena);
}

static void refuses_a_size_that_the_model_fills_alone(void **state)
{
    (void)state;
    fixture f = {.arena = td_arena_new(1 << 16), .options = TD_CHUNK_OPTIONS};
    tandem_error err = {0};
    td_chunk_meter meter = meter_of(&f.log);
    f.options.size = METER_FIXED + 31;
    assert_int_equal(td_chunk_ruler_init(&f.ruler, TD_STR("a"), f.arena, NULL), TANDEM_OK);
    assert_int_equal(td_chunk_measure_init(&f.measure, &f.ruler, &meter, &f.options, f.arena, &err),
                     TANDEM_E_INVALID);
    assert_string_equal(err.message, "chunk size 33 leaves no room beside the 2 tokens that the "
                                     "model adds: at least 34 are needed");
    td_arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_code_points_without_a_meter),
        cmocka_unit_test(adds_up_the_tokens_of_pieces_without_those_of_the_model),
        cmocka_unit_test(reads_a_text_once_however_often_it_is_asked),
        cmocka_unit_test(refuses_a_size_that_the_model_fills_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
