#include "route/hint.h"

/* What a language writes comments with. A docstring counts as one: it is prose that a compiler
 * keeps. */
typedef struct marks {
    const char *languages; /* with a space before and behind each */
    const char *line, *line2;
    const char *open, *close;
    bool docstrings;
} marks;

static const marks table[] = {
    {" c cpp csharp java javascript typescript go rust kotlin scala swift groovy dart objective-c "
     "css scss less solidity protobuf zig d glsl ",
     "//", NULL, "/*", "*/", false},
    {" python cython starlark ", "#", NULL, NULL, NULL, true},
    {" php ", "//", "#", "/*", "*/", false},
    {" lua ", "--", NULL, "--[[", "]]", false},
    {" sql ", "--", NULL, "/*", "*/", false},
    {" haskell elm ", "--", NULL, "{-", "-}", false},
    {" ocaml fsharp pascal ", "//", NULL, "(*", "*)", false},
    {" html xml ", NULL, NULL, "<!--", "-->", false},
    {" lisp clojure scheme racket ini assembly ", ";", "#", NULL, NULL, false},
    {" latex erlang matlab ", "%", NULL, NULL, NULL, false},
    {" perl ruby ", "#", NULL, "=", "=cut", false}, /* POD: from a line that starts with "=word" */
    {" powershell ", "#", NULL, "<#", "#>", false},
    {" vim ", "\"", NULL, NULL, NULL, false},
    {" json markdown csv log text diff console ", NULL, NULL, NULL, NULL, false},
    {"", "#", NULL, NULL, NULL, false},
};

typedef struct reader {
    const marks *marks;
    const char *until;        /* inside a block comment or docstring; NULL outside */
    size_t n_comment, n_code; /* visible code points */
    size_t n_words, n_small;  /* of comments */
} reader;

static const marks *marks_of(td_str language)
{
    size_t last = sizeof table / sizeof *table - 1;
    for (size_t i = 0; i < last && language.n > 0; i++) {
        td_str list = td_str_from(table[i].languages);
        for (size_t at = td_str_find(list, language, 0); at != TD_STR_NONE;
             at = td_str_find(list, language, at + 1)) {
            if (at > 0 && list.ptr[at - 1] == ' ' && list.ptr[at + language.n] == ' ')
                return &table[i];
        }
    }
    return &table[last];
}

static bool starts(td_str line, const char *mark)
{
    return mark && td_str_starts(line, td_str_from(mark));
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

static void count_words(reader *r, td_str line)
{
    static const char small[] =
        " the of and to in is that it for on are as with be this by you or from can an not if when "
        "which will was has its all any use used then so at we your may must should do does no der "
        "die das und ist le la les et de est un une el los en que il di ";
    for (size_t i = 0; i < line.n;) {
        size_t start = i;
        while (i < line.n && is_letter(line.ptr[i]))
            i++;
        if (i > start) {
            char word[16] = " "; /* the rest is zeros */
            size_t n = i - start;
            r->n_words++;
            for (size_t k = 0; k < n && n < sizeof word - 2; k++)
                word[k + 1] = (char)(line.ptr[start + k] | 0x20);
            word[n < sizeof word - 2 ? n + 1 : 1] = n < sizeof word - 2 ? ' ' : '?';
            r->n_small += n > 1 && strstr(small, word) != NULL; /* "a" may be a name */
        }
        i += i == start;
    }
}

static void count(reader *r, td_str line, bool comment)
{
    size_t n = 0;
    for (size_t i = 0; i < line.n; i++)
        n += line.ptr[i] != ' ' && line.ptr[i] != '\t' && (line.ptr[i] & 0xC0) != 0x80;
    *(comment ? &r->n_comment : &r->n_code) += n;
    if (comment)
        count_words(r, line);
}

/* What opens on this line and goes on; NULL if nothing does. `*from_out` is behind its opening. */
static const char *opened(const reader *r, td_str line, size_t *from_out)
{
    if (r->marks->docstrings) {
        static const char *const quotes[] = {"\"\"\"", "'''"};
        size_t skip = line.n > 0 && strchr("rRuUbB", line.ptr[0]) && line.ptr[0] ? 1 : 0;
        for (size_t i = 0; i < 2; i++) {
            *from_out = skip + 3;
            if (starts(td_str_slice(line, skip, line.n), quotes[i]))
                return quotes[i];
        }
        return NULL;
    }
    if (!starts(line, r->marks->open))
        return NULL;
    *from_out = strlen(r->marks->open);
    bool pod = r->marks->open[0] == '=';
    if (pod && (line.n < 2 || !is_letter(line.ptr[1])))
        return NULL;
    return pod && td_str_starts(line, TD_STR("=begin")) ? "=end" : r->marks->close;
}

static void read_line(reader *r, td_str line)
{
    size_t from = 0;
    if (!r->until) {
        /* "--[[" opens a block although "--" comments a line. */
        const char *until = opened(r, line, &from);
        if (!until) {
            count(r, line, starts(line, r->marks->line) || starts(line, r->marks->line2));
            return;
        }
        r->until = until;
    }
    count(r, line, true);
    td_str until = td_str_from(r->until);
    if (td_str_find(line, until, from) != TD_STR_NONE)
        r->until = NULL;
}

static float share(size_t part, size_t whole)
{
    return whole > 0 ? (float)part / (float)whole : 0;
}

td_route_hint td_route_hint_of(td_str text, td_str language)
{
    reader r = {.marks = marks_of(language)};
    td_str line;
    while (td_str_next(&text, '\n', &line))
        read_line(&r, td_str_trim(line));
    return (td_route_hint){
        .comment = share(r.n_comment, r.n_comment + r.n_code),
        .comment_sentence = share(r.n_small, r.n_words),
    };
}
