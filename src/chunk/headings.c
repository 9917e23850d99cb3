#include "chunk/headings.h"

#include "base/utf8.h"

enum {
    TITLE_BYTES_MAX = 120
};

void td_chunk_headings_open(td_chunk_headings *headings, td_str title, size_t level)
{
    while (headings->n > 0 && headings->at[headings->n - 1].level >= level)
        headings->n--;
    headings->at[headings->n].title = title;
    headings->at[headings->n].level = level;
    headings->n++;
}

td_chunk_headings td_chunk_headings_common(const td_chunk_headings *a, const td_chunk_headings *b)
{
    td_chunk_headings common = *a;
    size_t n = 0;
    while (n < a->n && n < b->n && a->at[n].title.ptr == b->at[n].title.ptr)
        n++;
    if (a->n == 0)
        return *b;
    if (n > 0)
        common.n = n;
    return common;
}

/* Where the target of a link that starts with "](" ends; `i` itself if it does not end in the
 * title. */
static size_t skip_target(td_str title, size_t i)
{
    size_t close = td_str_find_byte(title, ')', i);
    return close == TD_STR_NONE ? i : close;
}

/* The title as people read it: no back-ticks, emphasis, link targets, anchors; white space
 * folded. */
static size_t write_plain(td_str title, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < title.n && n < TITLE_BYTES_MAX; i++) {
        char c = title.ptr[i];
        if (c == '`' || c == '*' || c == '[' || (c == '\\' && i + 1 < title.n))
            continue;
        if (c == ']') {
            if (i + 1 < title.n && title.ptr[i + 1] == '(')
                i = skip_target(title, i);
            continue;
        }
        if (c == '{' && i + 1 < title.n && title.ptr[i + 1] == '#')
            break; /* "{#anchor}" ends a title */
        if (c == '\t' || c == '\r' || c == '\n')
            c = ' ';
        if (c == ' ' && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n++] = c;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    return td_utf8_valid_n((td_str){out, n}); /* the last sequence may have been cut */
}

td_str td_chunk_headings_path(const td_chunk_headings *headings, td_arena *arena)
{
    char path[6 * (TITLE_BYTES_MAX + 4)];
    size_t n = 0;
    for (size_t i = 0; i < headings->n; i++) {
        char title[TITLE_BYTES_MAX + 1] = {0};
        td_str plain = {title, write_plain(headings->at[i].title, title)};
        if (plain.n == 0)
            continue;
        if (n > 0) {
            memcpy(path + n, " > ", 3);
            n += 3;
        }
        memcpy(path + n, plain.ptr, plain.n);
        n += plain.n;
    }
    if (n == 0)
        return TD_STR("");
    return td_arena_copy(arena, (td_str){path, n});
}
