/* base/str.h - borrowed text: pointer and bytes, no NUL promised.
 *
 * Threads:  pure functions
 */
#ifndef TD_BASE_STR_H
#define TD_BASE_STR_H

#include "tandem/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef tandem_str td_str;

#define TD_STR(literal) ((td_str){"" literal, sizeof(literal) - 1})
#define TD_STR_FMT(s)   (int)((s).n > INT32_MAX ? INT32_MAX : (s).n), (s).ptr /* for "%.*s" */
#define TD_STR_NONE     SIZE_MAX                                              /* "not found" */

/* NULL gives the empty text. */
static inline td_str td_str_from(const char *c_string)
{
    return (td_str){c_string ? c_string : "", c_string ? strlen(c_string) : 0};
}

static inline bool td_str_eq(td_str a, td_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.ptr, b.ptr, a.n) == 0);
}

/* Bytes [start, end), both clamped to the text. */
static inline td_str td_str_slice(td_str s, size_t start, size_t end)
{
    end = end > s.n ? s.n : end;
    start = start > end ? end : start;
    return (td_str){start > 0 ? s.ptr + start : s.ptr, end - start}; /* ptr may be NULL */
}

/* ASCII case does not matter. */
bool td_str_eq_nocase(td_str a, td_str b);
bool td_str_starts(td_str s, td_str prefix);
bool td_str_starts_nocase(td_str s, td_str prefix);
bool td_str_ends(td_str s, td_str suffix);
bool td_str_ends_nocase(td_str s, td_str suffix);

/* Byte order, shorter first on a tie: for qsort and searches. */
int td_str_compare(td_str a, td_str b);

/* Byte offset of the first (last) match at or after `from` (anywhere); TD_STR_NONE if none. */
size_t td_str_find(td_str s, td_str what, size_t from);
size_t td_str_find_byte(td_str s, char byte, size_t from);
size_t td_str_find_last_byte(td_str s, char byte);

/* Without ASCII white space at both ends. */
td_str td_str_trim(td_str s);

/* Cuts the next part off `*rest`: up to `separator` (not included), or all of it.
 * False when nothing was left. A text that ends in the separator has no empty last part. */
bool td_str_next(td_str *rest, char separator, td_str *part_out);

/* Whole text as a decimal number without sign; false if it is none or does not fit. */
bool td_str_to_u64(td_str s, uint64_t *value_out);

/* Shell-like match: `*` any bytes but '/', `**` any bytes, `?` one code point but '/', `[a-z]` and
 * `[!a-z]` classes (never '/'), `\` quotes. A folder named `**` stands for none or more folders.
 * Cost: at most the text's length times the pattern's; allocates nothing. */
bool td_str_glob(td_str pattern, td_str s);

/* Edit distance (insert, delete, replace, swap of neighbours) in bytes, for "did you mean", at
 * most `max` + 1. A text longer than 128 bytes is far from everything. */
size_t td_str_distance(td_str a, td_str b, size_t max);

#endif
