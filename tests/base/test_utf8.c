#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_back_every_code_point_it_writes(void **state)
{
    (void)state;
    for (uint32_t codepoint = 0; codepoint <= 0x110000; codepoint++) {
        char bytes[4];
        size_t n = td_utf8_put(codepoint, bytes);
        bool surrogate = codepoint >= 0xD800 && codepoint <= 0xDFFF;
        if (surrogate || codepoint > 0x10FFFF) {
            assert_int_equal(n, 0);
            continue;
        }
        uint32_t back = 0;
        assert_int_equal(td_utf8_at((td_str){bytes, n}, 0, &back), n);
        assert_int_equal(back, codepoint);
        assert_int_equal(td_utf8_valid_n((td_str){bytes, n}), n);
        assert_int_equal(td_utf8_valid_n((td_str){bytes, n - 1}), 0); /* cut short */
    }
    char bytes[4];
    assert_int_equal(td_utf8_put(UINT32_MAX, bytes), 0);
}

/* Counts, over all texts of `n` bytes, those that are one valid code point. */
static size_t count_valid(size_t n)
{
    size_t n_valid = 0;
    for (uint32_t bits = 0; bits >> (8 * n) == 0; bits++) {
        unsigned char bytes[3] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                  (unsigned char)(bits >> 16)};
        uint32_t codepoint;
        n_valid += td_utf8_at((td_str){(char *)bytes, n}, 0, &codepoint) == n;
    }
    return n_valid;
}

static void takes_no_other_form_for_valid(void **state)
{
    (void)state;
    assert_int_equal(count_valid(1), 0x80);
    assert_int_equal(count_valid(2), 0x800 - 0x80);
    assert_int_equal(count_valid(3), 0x10000 - 0x800 - 0x800);
    static const char *const bad[] = {"\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                                      "\xC0\x80", "\xED\xA0\x80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(td_utf8_valid_n(td_str_from(bad[i])), 0);
}

static void says_nothing_past_the_end(void **state)
{
    (void)state;
    uint32_t codepoint = 7;
    assert_int_equal(td_utf8_at(TD_STR("a"), 1, &codepoint), 0);
    assert_int_equal(td_utf8_at((td_str){0}, 0, &codepoint), 0);
    assert_int_equal(codepoint, 7);
}

static void finds_the_first_bad_byte_in_long_ascii(void **state)
{
    (void)state;
    char text[64];
    for (size_t at = 0; at < sizeof(text); at++) {
        memset(text, 'a', sizeof(text));
        text[at] = '\xFF';
        assert_int_equal(td_utf8_valid_n((td_str){text, sizeof(text)}), at);
    }
    assert_int_equal(td_utf8_valid_n((td_str){0}), 0);
    assert_int_equal(td_utf8_valid_n((td_str){"a\0b", 3}), 3);
}

static void counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(td_utf8_count(TD_STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")), 4);
    assert_int_equal(td_utf8_count((td_str){0}), 0);
}

static void floors_to_where_a_code_point_starts(void **state)
{
    (void)state;
    td_str s = TD_STR("a\xE2\x82\xAC"
                      "b");
    static const size_t floors[] = {0, 1, 1, 1, 4, 5, 5};
    for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
        assert_int_equal(td_utf8_floor(s, i), floors[i]);
    assert_int_equal(td_utf8_floor(s, SIZE_MAX), s.n);
}

#define REPLACED "\xEF\xBF\xBD"

static void assert_clean(td_str s, const char *expected)
{
    td_buf buf = TD_BUF(1000);
    assert_int_equal(td_utf8_add_clean(&buf, s, NULL), TANDEM_OK);
    assert_string_equal(td_buf_str(&buf).ptr, expected);
    assert_int_equal(td_utf8_valid_n(td_buf_str(&buf)), buf.n);
    td_buf_clear(&buf);
}

static void replaces_every_maximal_bad_part(void **state)
{
    (void)state;
    assert_clean(TD_STR("good \xC3\xA9"), "good \xC3\xA9");
    assert_clean(TD_STR(""), "");
    assert_clean(TD_STR("a\0b"), "a" REPLACED "b");
    assert_clean(TD_STR("a\xE2\x82"), "a" REPLACED);
    assert_clean(TD_STR("\xE2\x82z"), REPLACED "z");
    /* Tables 3-8 to 3-11 of Unicode 15 */
    assert_clean(TD_STR("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
                 REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED "A");
    assert_clean(TD_STR("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
                 REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED "A");
    assert_clean(TD_STR("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
                 REPLACED REPLACED REPLACED REPLACED REPLACED "A" REPLACED REPLACED "B");
    assert_clean(TD_STR("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
                 REPLACED REPLACED REPLACED REPLACED "A");
}

static void adds_nothing_when_the_clean_text_does_not_fit(void **state)
{
    (void)state;
    td_buf buf = TD_BUF(6);
    assert_int_equal(td_buf_add(&buf, TD_STR("ab"), NULL), TANDEM_OK);
    assert_int_equal(td_utf8_add_clean(&buf, TD_STR("c\xFF\xFF"), NULL), TANDEM_E_TOO_LARGE);
    assert_string_equal(buf.ptr, "ab");
    td_buf_clear(&buf);
}

static void knows_letters_digits_spaces_and_punctuation(void **state)
{
    (void)state;
    assert_true(td_utf8_is_letter('a') && td_utf8_is_letter(0xE9) && td_utf8_is_letter(0x4E2D));
    assert_false(td_utf8_is_letter('1') || td_utf8_is_letter('_') || td_utf8_is_letter(0x301));
    assert_true(td_utf8_is_small('a') && td_utf8_is_small(0xE9) && td_utf8_is_small(0x432));
    assert_false(td_utf8_is_small('A') || td_utf8_is_small(0x412) || td_utf8_is_small(0x4E2D));
    assert_true(td_utf8_is_digit('7') && td_utf8_is_digit(0x0663));
    assert_false(td_utf8_is_digit('a') || td_utf8_is_digit(0xBD));
    assert_true(td_utf8_is_space(' ') && td_utf8_is_space('\t') && td_utf8_is_space('\n'));
    assert_true(td_utf8_is_space(0xA0) && td_utf8_is_space(0x2028) && td_utf8_is_space(0x3000));
    assert_false(td_utf8_is_space('a') || td_utf8_is_space(0) || td_utf8_is_space(0x200B));
    assert_true(td_utf8_is_punct('.') && td_utf8_is_punct('_') && td_utf8_is_punct(0x3002));
    assert_false(td_utf8_is_punct('+') || td_utf8_is_punct('a') || td_utf8_is_punct(' '));
}

static void knows_no_property_of_what_is_no_code_point(void **state)
{
    (void)state;
    assert_false(td_utf8_is_letter(0x110000) || td_utf8_is_digit(UINT32_MAX));
    assert_false(td_utf8_is_space(UINT32_MAX) || td_utf8_is_punct(0x110000));
    assert_int_equal(td_utf8_width(UINT32_MAX), 0);
}

static void measures_columns(void **state)
{
    (void)state;
    assert_int_equal(td_utf8_width('a'), 1);
    assert_int_equal(td_utf8_width(0x4E2D), 2);
    assert_int_equal(td_utf8_width(0x1F600), 2);
    assert_int_equal(td_utf8_width(0x301), 0);
    assert_int_equal(td_utf8_width('\n'), 0);
}

static void takes_whole_code_points_from_the_head(void **state)
{
    (void)state;
    td_str s = TD_STR("a\xE2\x82\xAC"
                      "b");
    static const size_t heads[] = {0, 1, 1, 1, 4, 5, 5};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        assert_int_equal(td_utf8_head(s, i).n, heads[i]);
}

static void knows_blank_text(void **state)
{
    (void)state;
    assert_true(td_utf8_is_blank((td_str){0}));
    assert_true(td_utf8_is_blank(TD_STR(" \t\r\n\xC2\xA0\xE2\x80\x83")));
    assert_false(td_utf8_is_blank(TD_STR("\xE2\x80\x83.")));
    assert_false(td_utf8_is_blank(TD_STR("\xEF\xBF\xBD")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_every_code_point_it_writes),
        cmocka_unit_test(takes_no_other_form_for_valid),
        cmocka_unit_test(says_nothing_past_the_end),
        cmocka_unit_test(finds_the_first_bad_byte_in_long_ascii),
        cmocka_unit_test(counts_code_points),
        cmocka_unit_test(floors_to_where_a_code_point_starts),
        cmocka_unit_test(replaces_every_maximal_bad_part),
        cmocka_unit_test(adds_nothing_when_the_clean_text_does_not_fit),
        cmocka_unit_test(knows_letters_digits_spaces_and_punctuation),
        cmocka_unit_test(knows_no_property_of_what_is_no_code_point),
        cmocka_unit_test(measures_columns),
        cmocka_unit_test(takes_whole_code_points_from_the_head),
        cmocka_unit_test(knows_blank_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
