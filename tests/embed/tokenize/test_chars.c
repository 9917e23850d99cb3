#include "embed/tokenize/chars.h"
#include "golden.h"

enum {
    CODES = 0x110000
};

/* What the measured tables of tools/unicode say, laid out flat. */
static uint8_t classes[CODES];
static uint32_t folded[CODES][TD_FOLD_MAX];

static void read_classes(void)
{
    static const char *const NAMES[] = {"drop", "space", "cjk", "mn", "punct", "ptspace"};
    td_str rest = golden_read("TANDEM_SOURCE", "tools/unicode/bert_classes.tsv");
    td_str whole = rest, line;
    while (td_str_next(&rest, '\n', &line)) {
        char name[16], text[64];
        unsigned first, last;
        snprintf(text, sizeof(text), "%.*s", TD_STR_FMT(line));
        if (sscanf(text, "%15[a-z]\t%x\t%x", name, &first, &last) != 3)
            continue;
        for (unsigned c = first; c <= last; c++)
            for (unsigned k = 0; k < 6; k++)
                classes[c] |= (uint8_t)((strcmp(name, NAMES[k]) == 0) << k);
    }
    golden_free(whole);
}

static size_t read_folds(void)
{
    td_str rest = golden_read("TANDEM_SOURCE", "tools/unicode/bert_fold.tsv");
    td_str whole = rest, line;
    size_t n = 0;
    while (td_str_next(&rest, '\n', &line)) {
        char text[256];
        unsigned c, to[TD_FOLD_MAX] = {0};
        snprintf(text, sizeof(text), "%.*s", TD_STR_FMT(line));
        if (text[0] == '#' || sscanf(text, "%x %x %x %x", &c, &to[0], &to[1], &to[2]) < 2)
            continue;
        memcpy(folded[c], to, sizeof(to));
        n++;
    }
    golden_free(whole);
    return n;
}

static bool has(uint32_t codepoint, td_code_class class)
{
    return classes[codepoint] >> class & 1;
}

static void check_parts(const td_chars *chars, uint32_t codepoint, td_char c)
{
    uint32_t self[TD_FOLD_MAX] = {codepoint};
    const uint32_t *expected = folded[codepoint][0] ? folded[codepoint] : self;
    td_char parts[TD_FOLD_MAX];
    size_t n = td_embed_tokenize_chars_expand(chars, codepoint, c, parts);
    for (size_t i = 0; i < n; i++) {
        bool alone = has(codepoint, TD_CLASS_CJK) || has(expected[i], TD_CLASS_PUNCT);
        td_char_kind kind = td_embed_tokenize_chars_kind(parts[i]);
        if (td_embed_tokenize_chars_value(parts[i]) != expected[i] ||
            alone != (kind != TD_CHAR_WORD))
            fail_msg("U+%04X: part %zu is U+%04X of kind %d", codepoint, i,
                     td_embed_tokenize_chars_value(parts[i]), (int)kind);
    }
    assert_true(n == TD_FOLD_MAX || n == 1 || expected[n] == 0);
}

static void every_code_point_becomes_what_was_measured(void **state)
{
    (void)state;
    td_chars chars;
    td_bert_options options = {true, true, true, true};
    assert_int_equal(td_embed_tokenize_chars_init(&chars, &options, NULL), TANDEM_OK);
    read_classes();
    assert_true(read_folds() > 3000);
    for (uint32_t codepoint = 0; codepoint < CODES; codepoint++) {
        td_char c = td_embed_tokenize_chars_get(&chars, codepoint);
        bool space = has(codepoint, TD_CLASS_SPACE);
        bool gone = has(codepoint, TD_CLASS_DROP) || (has(codepoint, TD_CLASS_MN) && !space);
        bool hangul = codepoint >= 0xAC00 && codepoint <= 0xD7A3;
        if (gone != (td_embed_tokenize_chars_kind(c) == TD_CHAR_DROP) ||
            (space && !gone) != (td_embed_tokenize_chars_kind(c) == TD_CHAR_SPACE))
            fail_msg("U+%04X is of kind %d", codepoint, (int)td_embed_tokenize_chars_kind(c));
        if (!gone && !space && !hangul)
            check_parts(&chars, codepoint, c);
    }
    td_embed_tokenize_chars_clear(&chars);
}

static void hangul_falls_into_its_jamo(void **state)
{
    (void)state;
    td_chars chars;
    td_char parts[TD_FOLD_MAX];
    td_bert_options options = {.strip_accents = true};
    assert_int_equal(td_embed_tokenize_chars_init(&chars, &options, NULL), TANDEM_OK);
    td_char c = td_embed_tokenize_chars_get(&chars, 0xD7A3);
    assert_int_equal(td_embed_tokenize_chars_expand(&chars, 0xD7A3, c, parts), 3);
    assert_int_equal(td_embed_tokenize_chars_value(parts[0]), 0x1112);
    assert_int_equal(td_embed_tokenize_chars_value(parts[1]), 0x1175);
    assert_int_equal(td_embed_tokenize_chars_value(parts[2]), 0x11C2);
    c = td_embed_tokenize_chars_get(&chars, 0xAC00);
    assert_int_equal(td_embed_tokenize_chars_expand(&chars, 0xAC00, c, parts), 2);
    td_embed_tokenize_chars_clear(&chars);
}

static void what_is_switched_off_leaves_code_points_alone(void **state)
{
    (void)state;
    td_chars chars;
    td_bert_options options = {0};
    static const uint32_t CODEPOINTS[] = {'A', 0xC9, 0x301, 0x4E2D, 0xAC00, 0xAD, 0xFFFD, 0};
    assert_int_equal(td_embed_tokenize_chars_init(&chars, &options, NULL), TANDEM_OK);
    for (size_t i = 0; i < sizeof(CODEPOINTS) / sizeof(CODEPOINTS[0]); i++)
        assert_int_equal(td_embed_tokenize_chars_get(&chars, CODEPOINTS[i]), 0);
    assert_int_equal(td_embed_tokenize_chars_kind(td_embed_tokenize_chars_get(&chars, '!')),
                     TD_CHAR_ALONE);
    assert_int_equal(td_embed_tokenize_chars_kind(td_embed_tokenize_chars_get(&chars, 0x85)),
                     TD_CHAR_SPACE);
    td_embed_tokenize_chars_clear(&chars);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_becomes_what_was_measured),
        cmocka_unit_test(hangul_falls_into_its_jamo),
        cmocka_unit_test(what_is_switched_off_leaves_code_points_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
