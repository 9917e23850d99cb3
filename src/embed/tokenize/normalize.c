#include "embed/tokenize/normalize.h"

#include "base/utf8.h"

#include <utf8proc.h>

enum {
    /* Canonical ordering takes the square of a run's length: a page of marks alone must not get it
     * all. The longest sane run has about ten. */
    SEGMENT_CODES_MAX = 1024,
    SEGMENT_DECOMPOSED_MAX = 4 * SEGMENT_CODES_MAX, /* NFD makes four of one at most */
    CODES_BEFORE_SOFT_END = 128,
};

static tandem_code add_code(td_buf *out, uint32_t codepoint, tandem_error *err)
{
    char bytes[4];
    return td_buf_add(out, (td_str){bytes, td_utf8_put(codepoint, bytes)}, err);
}

static tandem_code add_bert(const td_chars *chars, uint32_t codepoint, td_buf *out,
                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_char c = td_embed_tokenize_chars_get(chars, codepoint);
    bool spaced = td_embed_tokenize_chars_kind(c) == TD_CHAR_CJK;
    td_char parts[TD_FOLD_MAX];

    if (td_embed_tokenize_chars_kind(c) == TD_CHAR_DROP)
        return TANDEM_OK;
    if (td_embed_tokenize_chars_kind(c) == TD_CHAR_SPACE)
        return add_code(out, chars->options.clean_text ? ' ' : codepoint, err);
    size_t n = td_embed_tokenize_chars_expand(chars, codepoint, c, parts);
    if (spaced)
        TD_TRY(td_buf_add_byte(out, ' ', err));
    for (size_t i = 0; i < n; i++)
        TD_TRY(add_code(out, td_embed_tokenize_chars_value(parts[i]), err));
    if (spaced)
        TD_TRY(td_buf_add_byte(out, ' ', err));

out:
    return code;
}

tandem_code td_embed_tokenize_normalize_bert(const td_chars *chars, td_str text, td_buf *out,
                                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    for (size_t at = 0; at < text.n;) {
        uint32_t codepoint = 0xFFFD;
        size_t n = td_utf8_at(text, at, &codepoint);
        TD_TRY(add_bert(chars, codepoint, out, err));
        at += n ? n : 1;
    }

out:
    return code;
}

static const td_code_range PLAIN[] = {
    {0x0, 0x2FF},     {0x388, 0x482},   {0x48A, 0x52F},   {0x5D0, 0x5EA},     {0x620, 0x64A},
    {0x1E00, 0x1EFF}, {0x200B, 0x205E}, {0x20A0, 0x20BF}, {0x2190, 0x2328},   {0x232B, 0x2ADB},
    {0x3003, 0x3029}, {0x3041, 0x3098}, {0x309B, 0x30FF}, {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},
    {0xAC00, 0xD7A3}, {0xFE00, 0xFE0F}, {0xFF01, 0xFF9D}, {0x1F300, 0x1FAFF}, {0x20000, 0x2A6DF},
};

bool td_embed_tokenize_normalize_is_plain(uint32_t codepoint)
{
    size_t i = 0;
    if (codepoint <= PLAIN[0].last)
        return true;
    while (i < sizeof(PLAIN) / sizeof(PLAIN[0]) && PLAIN[i].last < codepoint)
        i++;
    return i < sizeof(PLAIN) / sizeof(PLAIN[0]) && codepoint >= PLAIN[i].first;
}

/* A letter that nothing before it composes with: all but some jamo and the vowels of Kirat Rai. */
static bool may_start(uint32_t codepoint)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO &&
           !(codepoint >= 0x1160 && codepoint <= 0x11FF) &&
           !(codepoint >= 0xD7B0 && codepoint <= 0xD7FB) &&
           !(codepoint >= 0x16D63 && codepoint <= 0x16D6A);
}

/* Skips plain text from `at` on; returns where the segment starts that needs work (the last plain
 * code point is in it: a mark may join it) or text.n. `*end_out` is where the skipping ended. */
static size_t skip_plain(td_str text, size_t at, size_t *end_out)
{
    size_t last = at;
    while (at < text.n) {
        uint32_t codepoint = 0;
        size_t n = 1;
        if ((unsigned char)text.ptr[at] >= 0x80) {
            n = td_utf8_at(text, at, &codepoint);
            if (n == 0 || !td_embed_tokenize_normalize_is_plain(codepoint))
                break;
        }
        last = at;
        at += n;
    }
    *end_out = at;
    return at == text.n ? at : last;
}

/* Where the segment ends whose first code point that is not plain is at `at`. */
static size_t segment_end(td_str text, size_t at)
{
    for (size_t n_codes = 0; at < text.n && n_codes < SEGMENT_CODES_MAX - 1; n_codes++) {
        uint32_t codepoint = 0;
        size_t n = td_utf8_at(text, at, &codepoint);
        bool plain = n && td_embed_tokenize_normalize_is_plain(codepoint);
        bool soft = n_codes > CODES_BEFORE_SOFT_END && n && may_start(codepoint);
        if (n_codes > 0 && (plain || soft))
            break;
        at += n ? n : 1;
    }
    return at;
}

static tandem_code add_nfc(td_str segment, td_buf *out, tandem_error *err)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_int32_t codes[SEGMENT_DECOMPOSED_MAX];
    tandem_code code = TANDEM_OK;
    utf8proc_ssize_t n =
        utf8proc_decompose((const utf8proc_uint8_t *)segment.ptr, (utf8proc_ssize_t)segment.n,
                           codes, SEGMENT_DECOMPOSED_MAX, options);
    if (n >= 0 && n <= SEGMENT_DECOMPOSED_MAX)
        n = utf8proc_normalize_utf32(codes, n, options);
    if (n < 0 || n > SEGMENT_DECOMPOSED_MAX)
        return td_buf_add(out, segment, err); /* not UTF-8: leave it */
    for (utf8proc_ssize_t i = 0; i < n; i++)
        TD_TRY(add_code(out, (uint32_t)codes[i], err));

out:
    return code;
}

tandem_code td_embed_tokenize_normalize_nfc(td_str text, td_buf *scratch, td_str *out,
                                            tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t at = 0, end = 0;
    size_t start = skip_plain(text, 0, &end);

    if (start == text.n) {
        *out = text;
        return TANDEM_OK;
    }
    while (at < text.n) {
        TD_TRY(td_buf_add(scratch, td_str_slice(text, at, start), err));
        at = start < text.n ? segment_end(text, end) : text.n;
        TD_TRY(add_nfc(td_str_slice(text, start, at), scratch, err));
        start = skip_plain(text, at, &end);
    }
    *out = td_buf_str(scratch);

out:
    return code;
}

bool td_embed_tokenize_normalize_is_word(uint32_t codepoint)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);
    bool circled_letter = (codepoint >= 0x24B6 && codepoint <= 0x24E9) ||
                          (codepoint >= 0x1F130 && codepoint <= 0x1F149) ||
                          (codepoint >= 0x1F150 && codepoint <= 0x1F169) ||
                          (codepoint >= 0x1F170 && codepoint <= 0x1F189);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NL) ||
           category == UTF8PROC_CATEGORY_PC || codepoint == 0x200C || codepoint == 0x200D ||
           circled_letter;
}
