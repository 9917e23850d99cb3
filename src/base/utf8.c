#include "base/utf8.h"

#include <utf8proc.h>

/* What table 3-7 says about a first byte: how long its sequences are, and the range of the second
 * byte, which alone rules out overlong forms, surrogates and values past U+10FFFF. */
typedef struct lead_facts {
    size_t n; /* 0: starts nothing */
    unsigned char second_min, second_max;
} lead_facts;

static lead_facts lead_of(unsigned char byte)
{
    if (byte < 0x80)
        return (lead_facts){1, 0, 0};
    if (byte < 0xC2)
        return (lead_facts){0, 0, 0};
    if (byte < 0xE0)
        return (lead_facts){2, 0x80, 0xBF};
    if (byte < 0xF0)
        return (lead_facts){3, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    if (byte < 0xF5)
        return (lead_facts){4, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
    return (lead_facts){0, 0, 0};
}

/* Bytes at `offset` that begin a valid sequence: all of it (then *whole), or its longest start
 * (at least 1, so that a reader always moves on). */
static size_t sequence_n(td_str s, size_t offset, bool *whole)
{
    const unsigned char *p = (const unsigned char *)s.ptr + offset;
    size_t left = s.n - offset;
    lead_facts lead = lead_of(p[0]);
    *whole = lead.n == 1;
    if (lead.n < 2 || left < 2 || p[1] < lead.second_min || p[1] > lead.second_max)
        return 1;
    size_t n = 2;
    while (n < lead.n && n < left && (p[n] & 0xC0) == 0x80)
        n++;
    *whole = n == lead.n;
    return n;
}

size_t td_utf8_at(td_str s, size_t offset, uint32_t *codepoint_out)
{
    bool whole = false;
    if (offset >= s.n)
        return 0;
    size_t n = sequence_n(s, offset, &whole);
    if (!whole)
        return 0;
    const unsigned char *p = (const unsigned char *)s.ptr + offset;
    uint32_t codepoint = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        codepoint = codepoint << 6 | (p[i] & 0x3F);
    *codepoint_out = codepoint;
    return n;
}

size_t td_utf8_put(uint32_t codepoint, char out[4])
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    if (codepoint > 0x10FFFF || (codepoint >= 0xD800 && codepoint < 0xE000))
        return 0;
    size_t n = codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, codepoint >>= 6)
        out[i] = (char)(0x80 | (codepoint & 0x3F));
    out[0] = (char)((0xF00u >> n & 0xFF) | codepoint);
    return n;
}

/* Offset of the first byte at or after `offset` that is not ASCII, or s.n; eight at a time. */
static size_t skip_ascii(td_str s, size_t offset)
{
    uint64_t word;
    while (s.n - offset >= sizeof(word)) {
        memcpy(&word, s.ptr + offset, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            break;
        offset += sizeof(word);
    }
    while (offset < s.n && (unsigned char)s.ptr[offset] < 0x80)
        offset++;
    return offset;
}

size_t td_utf8_valid_n(td_str s)
{
    size_t offset = 0;
    bool whole = true;
    while ((offset = skip_ascii(s, offset)) < s.n) {
        size_t n = sequence_n(s, offset, &whole);
        if (!whole)
            return offset;
        offset += n;
    }
    return s.n;
}

size_t td_utf8_count(td_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}

size_t td_utf8_floor(td_str s, size_t offset)
{
    if (offset >= s.n)
        return s.n;
    while (offset > 0 && ((unsigned char)s.ptr[offset] & 0xC0) == 0x80)
        offset--;
    return offset;
}

td_str td_utf8_head(td_str s, size_t n_bytes)
{
    return td_str_slice(s, 0, td_utf8_floor(s, n_bytes));
}

/* Offset of the first byte at or after `offset` that may not stay, and how many go with it. */
static size_t find_unclean(td_str s, size_t offset, size_t *n_out)
{
    *n_out = 0;
    while (offset < s.n) {
        bool whole = false;
        size_t n = sequence_n(s, offset, &whole);
        if (!whole || s.ptr[offset] == '\0') {
            *n_out = n;
            break;
        }
        offset += n;
    }
    return offset;
}

tandem_code td_utf8_add_clean(td_buf *buf, td_str s, tandem_error *err)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    tandem_code code = TANDEM_OK;
    size_t n_before = buf->n;
    size_t start = 0;

    do {
        size_t n_bad;
        size_t bad = find_unclean(s, start, &n_bad);
        TD_TRY(td_buf_add(buf, td_str_slice(s, start, bad), err));
        if (n_bad)
            TD_TRY(td_buf_add(buf, (td_str){replacement, sizeof(replacement) - 1}, err));
        start = bad + n_bad;
    } while (start < s.n);

out:
    if (code != TANDEM_OK)
        td_buf_cut(buf, n_before);
    return code;
}

bool td_utf8_is_letter(uint32_t codepoint)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool td_utf8_is_small(uint32_t codepoint)
{
    return utf8proc_category((utf8proc_int32_t)codepoint) == UTF8PROC_CATEGORY_LL;
}

bool td_utf8_is_digit(uint32_t codepoint)
{
    return utf8proc_category((utf8proc_int32_t)codepoint) == UTF8PROC_CATEGORY_ND;
}

bool td_utf8_is_space(uint32_t codepoint)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);
    return (codepoint >= '\t' && codepoint <= '\r') || codepoint == 0x85 ||
           (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP);
}

bool td_utf8_is_punct(uint32_t codepoint)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool td_utf8_is_blank(td_str s)
{
    uint32_t codepoint = 0;
    size_t n = 0;

    for (size_t i = 0; i < s.n; i += n) {
        n = td_utf8_at(s, i, &codepoint);
        if (n == 0 || !td_utf8_is_space(codepoint))
            return false;
    }
    return true;
}

int td_utf8_width(uint32_t codepoint)
{
    return codepoint > 0x10FFFF ? 0 : utf8proc_charwidth((utf8proc_int32_t)codepoint);
}
