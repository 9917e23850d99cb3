#include "base/utf8.h"
#include "embed/tokenize/normalize.h"
#include "golden.h"

#include <utf8proc.h>

static uint32_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* A code point of the kinds that meet each other in normalisation. */
static uint32_t random_code(void)
{
    static const uint32_t STARTS[][2] = {{'a', 26},        {0xC0, 64},       {0x300, 0x70},
                                         {0x1100, 0x100},  {0xAC00, 11172},  {0x915, 0x80},
                                         {0x3040, 96},     {0xF900, 0x200},  {0x1E00, 0x200},
                                         {0x5D0, 0x80},    {0x4E00, 99},     {0x1F300, 99},
                                         {0x2F800, 0x100}, {0x11000, 0x900}, {0x1D15E, 8}};
    uint32_t k = next_random(sizeof(STARTS) / sizeof(STARTS[0]));
    return STARTS[k][0] + next_random(STARTS[k][1]);
}

static td_str nfc(td_str text, td_buf *scratch)
{
    td_str out;
    assert_int_equal(td_embed_tokenize_normalize_nfc(text, scratch, &out, NULL), TANDEM_OK);
    return out;
}

static void nfc_in_segments_equals_nfc_of_the_whole(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        td_buf text = TD_BUF(1 << 16), scratch = TD_BUF(1 << 20);
        char bytes[4];
        for (uint32_t n = next_random(round % 10 ? 12 : 400); n > 0; n--)
            assert_int_equal(td_buf_add(&text, (td_str){bytes, td_utf8_put(random_code(), bytes)},
                                        NULL),
                             0);
        assert_int_equal(td_buf_add_byte(&text, '.', NULL), 0);
        utf8proc_uint8_t *whole = utf8proc_NFC((const utf8proc_uint8_t *)text.ptr);
        td_str got = nfc(td_buf_str(&text), &scratch);
        if (!td_str_eq(got, td_str_from((const char *)whole)))
            fail_msg("round %d: \"%s\" became \"%.*s\"", round, text.ptr, TD_STR_FMT(got));
        free(whole);
        td_buf_clear(&text);
        td_buf_clear(&scratch);
    }
}

static void text_in_normal_form_is_handed_back_uncopied(void **state)
{
    (void)state;
    td_buf scratch = TD_BUF(100);
    td_str text = TD_STR("plain, déjà, 漢字");
    assert_ptr_equal(nfc(text, &scratch).ptr, text.ptr);
    assert_int_equal(scratch.n, 0);
}

/* Else a cut in front of one could part it from what it composes with. */
static void plain_code_points_stand_for_themselves_and_join_nothing(void **state)
{
    (void)state;
    static bool second[0x110000];
    for (uint32_t c = 0; c < 0x110000; c++) {
        utf8proc_int32_t codes[8];
        int boundclass = 0;
        if (c >= 0xD800 && c < 0xE000)
            continue;
        utf8proc_ssize_t n =
            utf8proc_decompose_char((utf8proc_int32_t)c, codes, 8,
                                    UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &boundclass);
        for (utf8proc_ssize_t i = 1; i < n; i++)
            second[codes[i]] = true;
    }
    for (uint32_t c = 0; c < 0x110000; c++) {
        utf8proc_int32_t code[8] = {(utf8proc_int32_t)c};
        if ((c >= 0xD800 && c < 0xE000) || !td_embed_tokenize_normalize_is_plain(c))
            continue;
        int boundclass = 0;
        utf8proc_ssize_t n =
            utf8proc_decompose_char((utf8proc_int32_t)c, code, 8,
                                    UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &boundclass);
        n = utf8proc_normalize_utf32(code, n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
        if (second[c] || utf8proc_get_property((utf8proc_int32_t)c)->combining_class || n != 1 ||
            code[0] != (utf8proc_int32_t)c)
            fail_msg("U+%04X is not plain", c);
    }
}

static void many_marks_take_no_square_of_their_number(void **state)
{
    (void)state;
    size_t n = 200000;
    td_buf text = TD_BUF(4 * n), scratch = TD_BUF(16 * n);
    for (size_t i = 0; i < n; i++) /* above, below, above ...: all have to change places */
        assert_int_equal(td_buf_add(&text, i % 2 ? TD_STR("\u0316") : TD_STR("\u0301"), NULL), 0);
    td_str got = nfc(td_buf_str(&text), &scratch);
    assert_int_equal(got.n, 2 * n);
    assert_memory_equal(got.ptr, "\u0316\u0316\u0316", 6);
    td_buf_clear(&text);
    td_buf_clear(&scratch);
}

static void bytes_that_are_no_utf8_stay(void **state)
{
    (void)state;
    td_buf scratch = TD_BUF(100);
    assert_true(td_str_eq(nfc(TD_STR("a\xFF\xCC"), &scratch), TD_STR("a\xFF\xCC")));
    td_buf_clear(&scratch);
}

static void bert_text_is_clean_lower_and_spaced(void **state)
{
    (void)state;
    td_chars chars;
    td_buf out = TD_BUF(100);
    td_bert_options options = {true, true, true, true};
    assert_int_equal(td_embed_tokenize_chars_init(&chars, &options, NULL), TANDEM_OK);
    assert_int_equal(td_embed_tokenize_normalize_bert(&chars, TD_STR("É\tt\u00ADe\xFF 中!"), &out,
                                                      NULL),
                     TANDEM_OK);
    assert_true(td_str_eq(td_buf_str(&out), TD_STR("e te  中 !")));
    td_buf_clear(&out);
    td_embed_tokenize_chars_clear(&chars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nfc_in_segments_equals_nfc_of_the_whole),
        cmocka_unit_test(text_in_normal_form_is_handed_back_uncopied),
        cmocka_unit_test(plain_code_points_stand_for_themselves_and_join_nothing),
        cmocka_unit_test(many_marks_take_no_square_of_their_number),
        cmocka_unit_test(bytes_that_are_no_utf8_stay),
        cmocka_unit_test(bert_text_is_clean_lower_and_spaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
