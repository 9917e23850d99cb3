/* A shell-like match without recursion.
 *
 * Two places to go back to are enough, the last `**` and the last `*` after it:
 *  1. What stands before a `**` is best matched as early as possible, since `**` takes any bytes.
 *  2. `*`, `?` and classes never take a '/', so each '/' of the pattern after a `*` falls on the
 *     next '/' of the text: an earlier `*` has no choice left once a later one is reached.
 *  3. When a `*` ran out of bytes, starting what follows the `**` later in the same folder only
 *     leaves it fewer: the next start worth trying is behind the next '/'.
 */
#include "base/str.h"
#include "base/utf8.h"

typedef struct glob_state {
    td_str pattern, s;
    size_t p, t;           /* next byte of pattern and text */
    size_t star_p, star_t; /* behind the last `*`; where the text after it starts at present */
    size_t deep_p, deep_t; /* the same for the last `**` */
    bool has_star, has_deep;
    bool deep_by_folder; /* it is `** /`: what follows starts a folder */
} glob_state;

/* Bytes and value of one character; a byte that is not valid UTF-8 counts as one. */
static size_t character_at(td_str s, size_t offset, uint32_t *codepoint_out)
{
    size_t n = td_utf8_at(s, offset, codepoint_out);
    if (n == 0) {
        *codepoint_out = (unsigned char)s.ptr[offset];
        n = 1;
    }
    return n;
}

/* Reads one character of a class, where `\` quotes; moves *at behind it. */
static uint32_t class_character(td_str pattern, size_t *at)
{
    uint32_t codepoint;
    if (pattern.ptr[*at] == '\\' && *at + 1 < pattern.n)
        (*at)++;
    *at += character_at(pattern, *at, &codepoint);
    return codepoint;
}

/* Matches the class at pattern[p] == '[' against `codepoint`. Returns the bytes of the class, or
 * 0 when no ']' closes it: it is then a plain '['. */
static size_t class_match(td_str pattern, size_t p, uint32_t codepoint, bool *hit_out)
{
    size_t at = p + 1;
    bool negated = at < pattern.n && (pattern.ptr[at] == '!' || pattern.ptr[at] == '^');
    at += negated;
    size_t first = at;
    bool hit = false;
    while (at < pattern.n && (pattern.ptr[at] != ']' || at == first)) {
        uint32_t low = class_character(pattern, &at);
        uint32_t high = low;
        if (at + 1 < pattern.n && pattern.ptr[at] == '-' && pattern.ptr[at + 1] != ']') {
            at++;
            high = class_character(pattern, &at);
        }
        hit = hit || (low <= codepoint && codepoint <= high);
    }
    if (at >= pattern.n)
        return 0;
    *hit_out = hit != negated;
    return at + 1 - p;
}

/* Matches one character of the pattern that is no star; moves behind both on success. */
static bool step(glob_state *g)
{
    if (g->p >= g->pattern.n || g->t >= g->s.n)
        return false;
    char c = g->pattern.ptr[g->p];
    bool in_folder = g->s.ptr[g->t] != '/';
    uint32_t codepoint;
    size_t text_n = character_at(g->s, g->t, &codepoint);
    size_t class_n;
    bool hit = false;

    if (c == '?' && in_folder) {
        g->p++;
        g->t += text_n;
        return true;
    }
    if (c == '[' && (class_n = class_match(g->pattern, g->p, codepoint, &hit)) > 0) {
        g->p += class_n;
        g->t += text_n;
        return hit && in_folder;
    }
    size_t quoted = c == '\\' && g->p + 1 < g->pattern.n;
    if (c == '?' || g->pattern.ptr[g->p + quoted] != g->s.ptr[g->t])
        return false;
    g->p += quoted + 1;
    g->t++;
    return true;
}

/* Passes the stars at pattern[p] and remembers them. */
static void take_stars(glob_state *g)
{
    size_t first = g->p;
    while (g->p < g->pattern.n && g->pattern.ptr[g->p] == '*')
        g->p++;
    if (g->p - first == 1) {
        g->has_star = true;
        g->star_p = g->p;
        g->star_t = g->t;
        return;
    }
    bool at_folder = first == 0 || g->pattern.ptr[first - 1] == '/';
    g->deep_by_folder = at_folder && g->p < g->pattern.n && g->pattern.ptr[g->p] == '/';
    g->p += g->deep_by_folder;
    g->has_deep = true;
    g->deep_p = g->p;
    g->deep_t = g->t;
    g->has_star = false;
}

/* Goes back to a star that can take more. False when none can. */
static bool go_back(glob_state *g)
{
    uint32_t codepoint;
    if (g->has_star && g->star_t < g->s.n && g->s.ptr[g->star_t] != '/') {
        g->star_t += character_at(g->s, g->star_t, &codepoint);
        g->p = g->star_p;
        g->t = g->star_t;
        return true;
    }
    if (!g->has_deep || g->deep_t >= g->s.n)
        return false;
    if (g->has_star || g->deep_by_folder) {
        size_t slash = td_str_find_byte(g->s, '/', g->deep_t);
        if (slash == TD_STR_NONE)
            return false;
        g->deep_t = slash + 1;
    } else {
        g->deep_t += character_at(g->s, g->deep_t, &codepoint);
    }
    g->has_star = false;
    g->p = g->deep_p;
    g->t = g->deep_t;
    return true;
}

bool td_str_glob(td_str pattern, td_str s)
{
    glob_state g = {.pattern = pattern, .s = s};
    for (;;) {
        if (g.p < pattern.n && pattern.ptr[g.p] == '*')
            take_stars(&g);
        else if (g.p == pattern.n && g.t == s.n)
            return true;
        else if (!step(&g) && !go_back(&g))
            return false;
    }
}
