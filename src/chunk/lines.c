#include "chunk/lines.h"

enum {
    TILDES_MAX = 16 /* of a fence that names no language */
};

td_chunk_line td_chunk_lines_at(td_str text, size_t start)
{
    td_chunk_line line = {.start = start};
    const char *newline = memchr(text.ptr + start, '\n', text.n - start);
    line.end = newline ? (size_t)(newline - text.ptr) + 1 : text.n;
    line.last = line.end;
    while (line.last > start &&
           (text.ptr[line.last - 1] == '\n' || text.ptr[line.last - 1] == '\r' ||
            text.ptr[line.last - 1] == ' ' || text.ptr[line.last - 1] == '\t' ||
            text.ptr[line.last - 1] == '\f' || text.ptr[line.last - 1] == '\v'))
        line.last--;
    line.first = start;
    for (; line.first < line.last; line.first++) {
        char c = text.ptr[line.first];
        if (c == ' ')
            line.indent++;
        else if (c == '\t')
            line.indent += 4 - line.indent % 4;
        else
            break;
    }
    return line;
}

size_t td_chunk_lines_atx(td_str body, td_str *title_out)
{
    size_t level = 0;
    while (level < body.n && body.ptr[level] == '#')
        level++;
    if (level == 0 || level > 6)
        return 0;
    if (level < body.n && body.ptr[level] != ' ' && body.ptr[level] != '\t')
        return 0;
    td_str title = td_str_trim(td_str_slice(body, level, body.n));
    size_t n = title.n;
    while (n > 0 && title.ptr[n - 1] == '#')
        n--;
    if (n == 0 || title.ptr[n - 1] == ' ' || title.ptr[n - 1] == '\t')
        title = td_str_trim(td_str_slice(title, 0, n));
    *title_out = title;
    return level;
}

size_t td_chunk_lines_fence(td_str body, td_str *info_out)
{
    char mark = body.n > 0 ? body.ptr[0] : '\0';
    if (mark != '`' && mark != '~')
        return 0;
    size_t n = 0;
    while (n < body.n && body.ptr[n] == mark)
        n++;
    if (n < 3)
        return 0;
    td_str info = td_str_trim(td_str_slice(body, n, body.n));
    if (mark == '`' && td_str_find_byte(info, '`', 0) != TD_STR_NONE)
        return 0; /* inline code that begins a paragraph */
    if (mark == '~' && n > TILDES_MAX && info.n == 0)
        return 0; /* a line across, or under a title */
    *info_out = info;
    return n;
}

bool td_chunk_lines_closes(td_str body, char mark, size_t n)
{
    if (body.n < n)
        return false;
    for (size_t i = 0; i < body.n; i++) {
        if (body.ptr[i] != mark)
            return false;
    }
    return true;
}

static bool is_blank_at(td_str body, size_t i)
{
    return i >= body.n || body.ptr[i] == ' ' || body.ptr[i] == '\t';
}

size_t td_chunk_lines_item(td_str body)
{
    if (body.n == 0)
        return 0;
    char c = body.ptr[0];
    size_t n = 0;
    if (c == '-' || c == '+' || c == '*') {
        n = 1;
    } else if (c == '#' && body.n > 1 && body.ptr[1] == '.') {
        n = 2;
    } else {
        while (n < body.n && n < 9 && body.ptr[n] >= '0' && body.ptr[n] <= '9')
            n++;
        if (n == 0 || n >= body.n || (body.ptr[n] != '.' && body.ptr[n] != ')'))
            return 0;
        n++;
    }
    if (!is_blank_at(body, n))
        return 0;
    return n + 1;
}

bool td_chunk_lines_is_rule(td_str body)
{
    char mark = body.n > 0 ? body.ptr[0] : '\0';
    if (mark != '-' && mark != '*' && mark != '_')
        return false;
    size_t n = 0;
    for (size_t i = 0; i < body.n; i++) {
        if (body.ptr[i] == mark)
            n++;
        else if (body.ptr[i] != ' ' && body.ptr[i] != '\t')
            return false;
    }
    return n >= 3;
}

size_t td_chunk_lines_setext(td_str body)
{
    char mark = td_chunk_lines_ruler(body, 1);
    return mark == '=' ? 1 : mark == '-' ? 2 : 0;
}

bool td_chunk_lines_is_table_rule(td_str body)
{
    size_t n_dashes = 0, n_bars = 0;
    for (size_t i = 0; i < body.n; i++) {
        char c = body.ptr[i];
        if (c == '-')
            n_dashes++;
        else if (c == '|' || c == '+')
            n_bars++;
        else if (c != ':' && c != ' ' && c != '\t')
            return false;
    }
    return n_dashes > 0 && n_bars > 0;
}

char td_chunk_lines_ruler(td_str body, size_t n)
{
    if (body.n < n || body.n == 0)
        return '\0';
    char mark = body.ptr[0];
    bool punctuation = (mark >= '!' && mark <= '/') || (mark >= ':' && mark <= '@') ||
                       (mark >= '[' && mark <= '`') || (mark >= '{' && mark <= '~');
    if (!punctuation)
        return '\0';
    for (size_t i = 1; i < body.n; i++) {
        if (body.ptr[i] != mark)
            return '\0';
    }
    return mark;
}

size_t td_chunk_lines_html(td_str body)
{
    if (body.n < 3 || body.ptr[0] != '<')
        return 0;
    if (body.ptr[1] == '?' || td_str_starts(body, TD_STR("<!--")))
        return 1;
    size_t i = body.ptr[1] == '/' ? 2 : 1, start = i;
    while (i < body.n && ((body.ptr[i] >= 'a' && body.ptr[i] <= 'z') ||
                          (body.ptr[i] >= 'A' && body.ptr[i] <= 'Z') ||
                          (body.ptr[i] >= '0' && body.ptr[i] <= '9') || body.ptr[i] == '-'))
        i++;
    if (i == start || i >= body.n)
        return 0;
    char c = body.ptr[i];
    return c == ' ' || c == '>' || c == '/' || c == '\t' ? i - start : 0;
}
