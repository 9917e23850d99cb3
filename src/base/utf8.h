/* base/utf8.h - code points in, code points out, and text made valid.
 *
 * Threads:  pure functions
 * Source:   Unicode 15, section 3.9, table 3-7 and "maximal subpart" substitution
 */
#ifndef TD_BASE_UTF8_H
#define TD_BASE_UTF8_H

#include "base/buf.h"

/* Bytes of the code point at `offset` (1..4) and its value; 0 if the bytes there are not valid. */
size_t td_utf8_at(td_str s, size_t offset, uint32_t *codepoint_out);

/* Writes 1..4 bytes; 0 for a surrogate or a value past U+10FFFF. */
size_t td_utf8_put(uint32_t codepoint, char out[4]);

/* Offset of the first byte that is not valid UTF-8; s.n when all are. NUL bytes are valid. */
size_t td_utf8_valid_n(td_str s);

/* Code points in valid text. */
size_t td_utf8_count(td_str s);

/* The largest offset <= `offset` at which a code point starts (valid text). */
size_t td_utf8_floor(td_str s, size_t offset);

/* The first code points of valid text that fill at most `n_bytes`. Borrowed. */
td_str td_utf8_head(td_str s, size_t n_bytes);

/* Appends `s` with every maximal bad part as U+FFFD and every NUL as U+FFFD. */
tandem_code td_utf8_add_clean(td_buf *buf, td_str s, tandem_error *err);

/* Unicode properties, from utf8proc: general category L, Ll, Nd, Z (and the controls that are white
 * space), P. Symbols such as '+' and '$' are no punctuation there. */
bool td_utf8_is_letter(uint32_t codepoint);
bool td_utf8_is_small(uint32_t codepoint);
bool td_utf8_is_digit(uint32_t codepoint);
bool td_utf8_is_space(uint32_t codepoint);
bool td_utf8_is_punct(uint32_t codepoint);

/* White space alone, or nothing at all (valid text). */
bool td_utf8_is_blank(td_str s);

/* Columns on a terminal: 0, 1 or 2. */
int td_utf8_width(uint32_t codepoint);

#endif
