#include "chunk/ruler.h"
#include "split.h"

static void agrees_with_counting_from_the_start(void **state)
{
    (void)state;
    char *text = repeated("a\xC3\xA4\n\xE6\xBC\xA2\xF0\x9F\x98\x80 b\n", 200);
    td_arena *arena = td_arena_new(1 << 20);
    td_str s = td_str_from(text);
    td_chunk_ruler ruler;
    assert_int_equal(td_chunk_ruler_init(&ruler, s, arena, NULL), TANDEM_OK);
    size_t chars = 0, lines = 0;
    for (size_t at = 0; at <= s.n; at++) {
        if (at == s.n || (s.ptr[at] & 0xC0) != 0x80) {
            assert_int_equal(td_chunk_ruler_chars(&ruler, at), chars);
            assert_int_equal(td_chunk_ruler_newlines(&ruler, at), lines);
            assert_int_equal(td_chunk_ruler_forward(&ruler, 0, chars), at);
        }
        chars += at < s.n && (s.ptr[at] & 0xC0) != 0x80;
        lines += at < s.n && s.ptr[at] == '\n';
    }
    size_t middle = td_chunk_ruler_forward(&ruler, 0, 700);
    assert_int_equal(td_chunk_ruler_between(&ruler, middle,
                                            td_chunk_ruler_forward(&ruler, middle, 650)),
                     650);
    assert_int_equal(td_chunk_ruler_forward(&ruler, middle, 1u << 30), s.n);
    td_arena_free(arena);
    free(text);
}

static void measures_an_empty_text(void **state)
{
    (void)state;
    td_arena *arena = td_arena_new(4096);
    td_chunk_ruler ruler;
    assert_int_equal(td_chunk_ruler_init(&ruler, TD_STR(""), arena, NULL), TANDEM_OK);
    assert_int_equal(td_chunk_ruler_chars(&ruler, 0), 0);
    assert_int_equal(td_chunk_ruler_forward(&ruler, 0, 5), 0);
    td_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_counting_from_the_start),
        cmocka_unit_test(measures_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
