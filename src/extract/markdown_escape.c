/* Emphasis is found as CommonMark 0.30 finds it (6.2), but for one thing: which of several openers
 * a closer belongs to does not matter here, since every sign that could open something for a later
 * one, or close what our own marks opened, gets a backslash. All others stay as they are:
 * "snake_case", "a * b", "*args" alone. Two passes over the line: what may close comes first. */
#include "extract/markdown_writer.h"

/* On a sign's place while it is being found out which get a backslash. */
#define SIGN_MEANT ((size_t)1 << (sizeof(size_t) * 8 - 1))

enum {
    TICKS_MAX = 32, /* longer runs of back-quotes are no code */
    SIGNS_MAX = 1 << 20
};

typedef struct run {
    size_t start, end;
    bool ours, theirs; /* has marks that we wrote; signs of the text */
    bool opens, closes;
} run;

typedef struct scanner {
    td_str line;
    const size_t *signs;
    size_t n_signs, next_sign;
    size_t at;
} scanner;

static bool is_sign_at(const scanner *s, size_t at)
{
    return s->next_sign < s->n_signs && s->signs[s->next_sign] == at;
}

/* Beyond ASCII a byte may be part of a letter or of a quotation mark: it counts as what lets more
 * signs mean something. */
static bool is_space(const scanner *s, size_t at)
{
    return at >= s->line.n || s->line.ptr[at] == ' ' || s->line.ptr[at] == '\n';
}

static bool is_letter(const scanner *s, size_t at)
{
    unsigned char c = at < s->line.n ? (unsigned char)s->line.ptr[at] : ' ';

    return (unsigned)((c | 0x20) - 'a') < 26u || (unsigned)(c - '0') < 10u;
}

static bool is_punctuation(const scanner *s, size_t at)
{
    return !is_space(s, at) && !is_letter(s, at);
}

static void set_flanks(const scanner *s, run *r)
{
    size_t before = r->start - 1, after = r->end; /* before the first byte: past the end */
    bool left =
        !is_space(s, after) &&
        (is_letter(s, after) || (unsigned char)s->line.ptr[after] > 0x7F || !is_letter(s, before));
    bool right =
        !is_space(s, before) &&
        (is_letter(s, before) || (unsigned char)s->line.ptr[before] > 0x7F || !is_letter(s, after));

    r->opens = left;
    r->closes = right;
    if (s->line.ptr[r->start] == '_') {
        r->opens = left && (!right || is_punctuation(s, before));
        r->closes = right && (!left || is_punctuation(s, after));
    }
}

static size_t run_end(td_str line, size_t at)
{
    size_t end = at;

    while (end < line.n && line.ptr[end] == line.ptr[at])
        end++;
    return end;
}

/* Behind the code span of ours that begins at `at`. */
static size_t code_end(td_str line, size_t at)
{
    size_t end = run_end(line, at), n = end - at;

    for (size_t i = end; (i = td_str_find_byte(line, '`', i)) != TD_STR_NONE; i = end) {
        end = run_end(line, i);
        if (end - i == n)
            return end;
    }
    return line.n;
}

/* Behind the address of a link of ours, whose '(' is at `at`. */
static size_t address_end(td_str line, size_t at)
{
    size_t depth = 0;

    for (size_t i = at; i < line.n; i++) {
        depth += line.ptr[i] == '(';
        if (line.ptr[i] == ')' && --depth == 0)
            return i + 1;
    }
    return line.n;
}

/* Moves past what is neither a mark nor a sign; true where one is. */
static bool find_sign(scanner *s)
{
    while (s->at < s->line.n) {
        char c = s->line.ptr[s->at];

        while (s->next_sign < s->n_signs && s->signs[s->next_sign] < s->at)
            s->next_sign++;
        if (c == '\\')
            s->at += 2;
        else if (c == '`' && !is_sign_at(s, s->at))
            s->at = code_end(s->line, s->at);
        else if (c == ']' && s->at + 1 < s->line.n && s->line.ptr[s->at + 1] == '(')
            s->at = address_end(s->line, s->at + 1);
        else if (c == '*' || c == '_' || c == '`' || c == '~')
            return true;
        else
            s->at++;
    }
    return false;
}

static bool next_run(scanner *s, run *out)
{
    char c;

    if (!find_sign(s))
        return false;
    c = s->line.ptr[s->at];
    *out = (run){.start = s->at};
    while (s->at < s->line.n && s->line.ptr[s->at] == c) {
        bool theirs = is_sign_at(s, s->at);

        if (c == '`' && !theirs)
            break;
        s->next_sign += theirs;
        out->theirs |= theirs;
        out->ours |= !theirs;
        s->at++;
    }
    out->end = s->at;
    set_flanks(s, out);
    return true;
}

static size_t kind_of(char c)
{
    return c == '*' ? 0 : c == '_' ? 1 : 2;
}

typedef struct ends {
    size_t last_close[3];             /* behind the last run that may close; 0: none */
    size_t last_ticks[TICKS_MAX + 1]; /* the same for back-quotes, by their number */
    bool ours[3];                     /* marks of ours came before */
} ends;

static void find_ends(scanner s, ends *e)
{
    run r;

    while (next_run(&s, &r)) {
        if (s.line.ptr[r.start] != '`') {
            if (r.closes)
                e->last_close[kind_of(s.line.ptr[r.start])] = r.end;
        } else if (r.end - r.start <= TICKS_MAX) {
            e->last_ticks[r.end - r.start] = r.end;
        }
    }
}

static bool means_something(const scanner *s, const run *r, ends *e)
{
    char c = s->line.ptr[r->start];
    size_t kind = kind_of(c), n = r->end - r->start;
    bool meant;

    if (c == '`')
        return (r->start > 0 && s->line.ptr[r->start - 1] == '`') ||
               (n <= TICKS_MAX && e->last_ticks[n] > r->end);
    if (c == '~' && n > 2)
        return false;
    meant = r->theirs &&
            (r->ours || (r->opens && e->last_close[kind] > r->end) || (r->closes && e->ours[kind]));
    e->ours[kind] |= r->ours;
    return meant;
}

tandem_code td_extract_markdown_escape_note(td_md *md)
{
    if (md->n_signs == md->n_signs_max) {
        size_t n_max = md->n_signs_max ? md->n_signs_max * 2 : 64;
        size_t *signs;

        if (n_max > SIGNS_MAX)
            return TANDEM_OK; /* no text of people has so many in one paragraph */
        signs = td_arena_grow(md->arena, md->signs, md->n_signs_max * sizeof(*signs),
                              n_max * sizeof(*signs));
        if (!signs)
            return td_arena_fail(md->arena, md->err);
        md->signs = signs;
        md->n_signs_max = n_max;
    }
    md->signs[md->n_signs++] = md->line.n;
    return TANDEM_OK;
}

tandem_code td_extract_markdown_escape_signs(td_md *md)
{
    tandem_code code = TANDEM_OK;
    scanner s = {.line = td_buf_str(&md->line), .signs = md->signs, .n_signs = md->n_signs};
    td_buf made = TD_BUF(md->line.n_max);
    ends e = {0};
    size_t from = 0;
    bool any = false;
    run r;

    if (md->n_signs == 0)
        return TANDEM_OK;
    find_ends(s, &e);
    while (next_run(&s, &r)) {
        if (!means_something(&s, &r, &e))
            continue;
        for (size_t k = s.next_sign; k-- > 0 && (md->signs[k] & ~SIGN_MEANT) >= r.start;)
            md->signs[k] |= SIGN_MEANT;
    }
    for (size_t k = 0; k < md->n_signs; k++) {
        if (!(md->signs[k] & SIGN_MEANT))
            continue;
        md->signs[k] &= ~SIGN_MEANT;
        TD_TRY(td_buf_add(&made, td_str_slice(s.line, from, md->signs[k]), md->err));
        TD_TRY(td_buf_add_byte(&made, '\\', md->err));
        from = md->signs[k];
        any = true;
    }
    if (any) {
        TD_TRY(td_buf_add(&made, td_str_slice(s.line, from, s.line.n), md->err));
        td_buf_cut(&md->line, 0);
        TD_TRY(td_buf_add(&md->line, td_buf_str(&made), md->err));
    }
    md->n_signs = 0;
out:
    td_buf_clear(&made);
    return code;
}
static bool is_rule_line(td_str s)
{
    char c = s.n ? s.ptr[0] : 0;

    if (c != '=' && c != '-' && c != '*' && c != '_')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.ptr[i] != c && s.ptr[i] != ' ')
            return false;
    return true;
}

/* "[a]: b" names an address, and is not shown. */
static bool is_definition(td_str s)
{
    size_t close = td_str_find_byte(s, ']', 1);

    return close != TD_STR_NONE && close > 1 && close + 1 < s.n && s.ptr[close + 1] == ':';
}

size_t td_extract_markdown_escape_line(td_str s)
{
    size_t i = 0;

    if (s.n == 0)
        return TD_STR_NONE;
    if (s.ptr[0] == '>' || td_str_starts(s, TD_STR("~~~")) || is_rule_line(s))
        return 0;
    if (td_str_starts(s, TD_STR("```")) && td_str_find_byte(s, '`', 3) == TD_STR_NONE)
        return 0;
    if (strchr("-+*", s.ptr[0]) && (s.n == 1 || s.ptr[1] == ' '))
        return 0;
    if (s.ptr[0] == '[' && is_definition(s))
        return 0;
    while (i < s.n && i < 6 && s.ptr[i] == '#')
        i++;
    if (i > 0 && (i == s.n || s.ptr[i] == ' '))
        return 0;
    i = 0;
    while (i < s.n && i < 9 && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    if (i > 0 && i < s.n && (s.ptr[i] == '.' || s.ptr[i] == ')') &&
        (i + 1 == s.n || s.ptr[i + 1] == ' '))
        return i;
    return TD_STR_NONE;
}
