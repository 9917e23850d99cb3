/* The matcher does not recurse. As in base/str_glob.c two places to go back to are enough, the last
 * `**` and the last `*` after it; git's rules differ from a shell's in these points:
 *  1. `**` is special only as a whole part ("a/ ** /b"); elsewhere it is one `*`.
 *  2. Bytes, not characters, are matched: `?` takes one byte.
 *  3. A class that does not end, or names an unknown [:class:], makes the whole pattern match
 *     nothing; so does a `\` at the end.
 */
#include "source/ignore.h"

#include <ctype.h>

typedef struct matcher {
    td_str pattern, text;
    size_t p, t;           /* next byte of each */
    size_t star_p, star_t; /* behind the last `*`; where the text after it starts at present */
    size_t deep_p, deep_t; /* the same for the last `**` */
    bool has_star, has_deep, is_broken;
} matcher;

/* The text of [:name:] at `at` (behind "[:"), or false. Moves *at behind ":]". */
static bool class_name(td_str pattern, size_t *at, td_str *name_out)
{
    size_t end = td_str_find(pattern, TD_STR(":]"), *at);
    if (end == TD_STR_NONE)
        return false;
    *name_out = td_str_slice(pattern, *at, end);
    *at = end + 2;
    return true;
}

/* 1 in it, 0 not in it, -1 no such class. */
static int is_in_named(td_str name, unsigned char c)
{
    static const struct {
        const char *name;
        int (*test)(int c);
    } named[] = {
        {"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
        {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
        {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
    };

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        if (td_str_eq(name, td_str_from(named[i].name)))
            return c < 0x80 && named[i].test(c) != 0;
    return -1;
}

/* One literal byte of a class, perhaps quoted; false at the pattern's end. */
static bool class_byte(td_str pattern, size_t *at, unsigned char *byte_out)
{
    if (*at < pattern.n && pattern.ptr[*at] == '\\')
        (*at)++;
    if (*at >= pattern.n)
        return false;
    *byte_out = (unsigned char)pattern.ptr[(*at)++];
    return true;
}

/* One item of a class at *at: "x", "a-z" or "[:digit:]". False if the class is broken there. */
static bool class_item(td_str pattern, size_t *at, unsigned char c, bool *is_in)
{
    unsigned char low, high;
    td_str name;

    if (pattern.ptr[*at] == '[' && *at + 1 < pattern.n && pattern.ptr[*at + 1] == ':') {
        size_t inside = *at + 2;
        if (class_name(pattern, &inside, &name) && td_str_find_byte(name, ']', 0) == TD_STR_NONE) {
            int known = is_in_named(name, c);
            *at = inside;
            *is_in = *is_in || known == 1;
            return known >= 0;
        }
    }
    if (!class_byte(pattern, at, &low))
        return false;
    high = low;
    if (*at + 1 < pattern.n && pattern.ptr[*at] == '-' && pattern.ptr[*at + 1] != ']') {
        (*at)++;
        if (!class_byte(pattern, at, &high))
            return false;
    }
    *is_in = *is_in || (low <= c && c <= high);
    return true;
}

/* The class at m->p (behind its '[') against one byte. Moves m->p behind it. */
static bool match_class(matcher *m, unsigned char c)
{
    td_str pattern = m->pattern;
    size_t at = m->p, first;
    bool is_in = false, is_negated = false;

    if (at < pattern.n && (pattern.ptr[at] == '!' || pattern.ptr[at] == '^')) {
        is_negated = true;
        at++;
    }
    first = at;
    while (at < pattern.n && (pattern.ptr[at] != ']' || at == first))
        if (!class_item(pattern, &at, c, &is_in)) {
            m->is_broken = true;
            return false;
        }
    if (at >= pattern.n) {
        m->is_broken = true;
        return false;
    }
    m->p = at + 1;
    return is_in != is_negated && c != '/';
}

/* Takes the stars at m->p and remembers where to go back to. False if the text is matched to its
 * end by them alone, or cannot be; *result_out then says which. */
static bool take_stars(matcher *m, bool *result_out)
{
    td_str pattern = m->pattern;
    size_t start = m->p, end = start;

    while (end < pattern.n && pattern.ptr[end] == '*')
        end++;
    bool is_part = end - start >= 2 && (start == 0 || pattern.ptr[start - 1] == '/') &&
                   (end == pattern.n || pattern.ptr[end] == '/');
    m->p = end;
    if (is_part && end == pattern.n) {
        *result_out = true;
        return false;
    }
    if (is_part) {
        /* What follows starts a folder: here, or behind any later '/'. */
        m->p = end + 1;
        m->has_deep = true;
        m->deep_p = m->p;
        m->deep_t = m->t;
        m->has_star = false;
        return true;
    }
    m->has_star = true;
    m->star_p = m->p;
    m->star_t = m->t;
    return true;
}

/* Matches one byte of the text; false if it does not fit. */
static bool match_one(matcher *m)
{
    unsigned char c = (unsigned char)m->text.ptr[m->t];
    char p = m->pattern.ptr[m->p];
    size_t before = m->p;

    m->p++;
    if (p == '?') {
        m->t++;
        return c != '/';
    }
    if (p == '[') {
        m->t++;
        return match_class(m, c);
    }
    if (p == '\\') {
        if (m->p == m->pattern.n) {
            m->is_broken = true;
            return false;
        }
        p = m->pattern.ptr[m->p++];
    }
    if ((unsigned char)p != c) {
        m->p = before;
        return false;
    }
    m->t++;
    return true;
}

/* After a miss: lets the last star take more. False when none can. */
static bool go_back(matcher *m)
{
    if (m->has_star && m->star_t < m->text.n && m->text.ptr[m->star_t] != '/') {
        m->star_t++;
        m->t = m->star_t;
        m->p = m->star_p;
        return true;
    }
    m->has_star = false;
    size_t slash = m->has_deep ? td_str_find_byte(m->text, '/', m->deep_t) : TD_STR_NONE;
    if (slash == TD_STR_NONE)
        return false;
    m->deep_t = slash + 1;
    m->t = m->deep_t;
    m->p = m->deep_p;
    return true;
}

bool td_source_ignore_glob(td_str pattern, td_str text)
{
    matcher m = {.pattern = pattern, .text = text};

    for (;;) {
        bool result = false;
        bool fits = true;
        if (m.p < pattern.n && pattern.ptr[m.p] == '*') {
            if (!take_stars(&m, &result))
                return result;
            continue;
        }
        if (m.p == pattern.n) {
            if (m.t == text.n)
                return true;
            fits = false;
        } else {
            fits = m.t < text.n && match_one(&m);
        }
        if (m.is_broken || (!fits && !go_back(&m)))
            return false;
    }
}

/* A line without its end and without spaces behind, unless they are quoted. */
static td_str trim_line(td_str line)
{
    size_t end = 0;

    if (td_str_ends(line, TD_STR("\r")))
        line.n--;
    for (size_t i = 0; i < line.n; i++) {
        if (line.ptr[i] == '\\')
            i++;
        else if (line.ptr[i] == ' ')
            continue;
        end = i + 1;
    }
    return td_str_slice(line, 0, end);
}

/* False for an empty line or a comment. */
static bool parse_rule(td_str line, td_source_rule *rule_out)
{
    td_source_rule rule = {0};

    line = line.n > 0 && line.ptr[0] != '#' ? trim_line(line) : (td_str){"", 0};
    if (td_str_starts(line, TD_STR("!"))) {
        rule.is_negated = true;
        line = td_str_slice(line, 1, line.n);
    }
    if (td_str_ends(line, TD_STR("/"))) {
        rule.is_for_dirs = true;
        line.n--;
    }
    rule.has_slash = td_str_find_byte(line, '/', 0) != TD_STR_NONE;
    if (td_str_starts(line, TD_STR("/")))
        line = td_str_slice(line, 1, line.n);
    rule.pattern = line;
    *rule_out = rule;
    return line.n > 0;
}

tandem_code td_source_ignore_parse(td_str text, td_arena *arena, td_source_rules *rules_out,
                                   tandem_error *err)
{
    td_source_rules rules = {0};
    td_source_rule rule;
    td_str rest, line;
    size_t n = 0;

    if (td_str_starts(text, TD_STR("\xef\xbb\xbf")))
        text = td_str_slice(text, 3, text.n);
    for (rest = text; td_str_next(&rest, '\n', &line);)
        n += parse_rule(line, &rule);
    if (n > 0) {
        rules.items = td_arena_zalloc(arena, n, sizeof(*rules.items));
        if (!rules.items)
            return td_arena_fail(arena, err);
    }
    for (rest = text; td_str_next(&rest, '\n', &line);)
        if (parse_rule(line, &rule))
            rules.items[rules.n++] = rule;
    *rules_out = rules;
    return TANDEM_OK;
}

/* Git compares what stands before the first wildcard by itself and gives only the rest to its
 * matcher, for which a `**` right there is a whole part: "ab** /c" fits "abx/y/c". */
static bool fits_path(td_str pattern, td_str path)
{
    size_t n = 0;

    while (n < pattern.n && !strchr("*?[\\", pattern.ptr[n]))
        n++;
    return td_str_starts(path, td_str_slice(pattern, 0, n)) &&
           td_source_ignore_glob(td_str_slice(pattern, n, pattern.n),
                                 td_str_slice(path, n, path.n));
}

td_source_verdict td_source_ignore_match(const td_source_rules *rules, td_str path, bool is_dir)
{
    size_t slash = td_str_find_last_byte(path, '/');
    td_str name = slash == TD_STR_NONE ? path : td_str_slice(path, slash + 1, path.n);

    for (size_t i = rules->n; i > 0; i--) {
        const td_source_rule *rule = &rules->items[i - 1];
        if (rule->is_for_dirs && !is_dir)
            continue;
        if (rule->has_slash ? fits_path(rule->pattern, path)
                            : td_source_ignore_glob(rule->pattern, name))
            return rule->is_negated ? TD_SOURCE_KEPT : TD_SOURCE_IGNORED;
    }
    return TD_SOURCE_UNDECIDED;
}
