#include "extract/markdown_escape.h"

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
