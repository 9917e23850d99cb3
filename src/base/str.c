#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool td_str_eq_nocase(td_str a, td_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool td_str_starts(td_str s, td_str prefix)
{
    return s.n >= prefix.n && td_str_eq(td_str_slice(s, 0, prefix.n), prefix);
}

bool td_str_starts_nocase(td_str s, td_str prefix)
{
    return s.n >= prefix.n && td_str_eq_nocase(td_str_slice(s, 0, prefix.n), prefix);
}

bool td_str_ends(td_str s, td_str suffix)
{
    return s.n >= suffix.n && td_str_eq(td_str_slice(s, s.n - suffix.n, s.n), suffix);
}

bool td_str_ends_nocase(td_str s, td_str suffix)
{
    return s.n >= suffix.n && td_str_eq_nocase(td_str_slice(s, s.n - suffix.n, s.n), suffix);
}

int td_str_compare(td_str a, td_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

size_t td_str_find(td_str s, td_str what, size_t from)
{
    if (from > s.n)
        return TD_STR_NONE;
    if (what.n == 0)
        return from;
    if (from == s.n)
        return TD_STR_NONE;
    const char *hit = memmem(s.ptr + from, s.n - from, what.ptr, what.n);
    return hit ? (size_t)(hit - s.ptr) : TD_STR_NONE;
}

size_t td_str_find_byte(td_str s, char byte, size_t from)
{
    if (from >= s.n)
        return TD_STR_NONE;
    const char *hit = memchr(s.ptr + from, (unsigned char)byte, s.n - from);
    return hit ? (size_t)(hit - s.ptr) : TD_STR_NONE;
}

size_t td_str_find_last_byte(td_str s, char byte)
{
    for (size_t i = s.n; i > 0; i--) {
        if (s.ptr[i - 1] == byte)
            return i - 1;
    }
    return TD_STR_NONE;
}

td_str td_str_trim(td_str s)
{
    size_t start = 0;
    size_t end = s.n;
    while (start < end && is_space(s.ptr[start]))
        start++;
    while (end > start && is_space(s.ptr[end - 1]))
        end--;
    return td_str_slice(s, start, end);
}

bool td_str_next(td_str *rest, char separator, td_str *part_out)
{
    if (rest->n == 0)
        return false;
    size_t at = td_str_find_byte(*rest, separator, 0);
    bool last = at == TD_STR_NONE;
    *part_out = td_str_slice(*rest, 0, last ? rest->n : at);
    *rest = td_str_slice(*rest, last ? rest->n : at + 1, rest->n);
    return true;
}

bool td_str_to_u64(td_str s, uint64_t *value_out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
            return false;
    }
    if (s.n == 0)
        return false;
    *value_out = value;
    return true;
}

/* Longer texts are no slips of the finger, and three rows of this size fit on any stack. */
enum {
    DISTANCE_BYTES_MAX = 128
};

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* One row of the table, for the first i bytes of `a`; rows[k] is the row k above this one. */
static size_t distance_row(td_str a, td_str b, size_t i, size_t *const rows[3])
{
    size_t least = rows[0][0] = i;
    for (size_t j = 1; j <= b.n; j++) {
        size_t replace = rows[1][j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
        size_t cost = min3(rows[1][j] + 1, rows[0][j - 1] + 1, replace);
        bool swapped =
            i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
        if (swapped && rows[2][j - 2] + 1 < cost)
            cost = rows[2][j - 2] + 1;
        rows[0][j] = cost;
        least = cost < least ? cost : least;
    }
    return least;
}

size_t td_str_distance(td_str a, td_str b, size_t max)
{
    size_t far = max == SIZE_MAX ? max : max + 1;
    size_t longer = a.n > b.n ? a.n : b.n;
    size_t shorter = a.n > b.n ? b.n : a.n;
    if (longer - shorter > max || longer > DISTANCE_BYTES_MAX)
        return far;

    size_t space[3][DISTANCE_BYTES_MAX + 1];
    size_t *rows[3] = {space[0], space[1], space[2]};
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *oldest = rows[2];
        rows[2] = rows[1];
        rows[1] = rows[0];
        rows[0] = oldest;
        size_t least = distance_row(a, b, i, rows);
        if (least > max)
            return far; /* no later row gets below it, a swap over this row neither */
    }
    return rows[0][b.n] <= max ? rows[0][b.n] : far;
}
