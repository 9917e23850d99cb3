#include "source/llms_txt.h"

typedef struct reader {
    td_source_llms_each each;
    void *user;
    size_t n;
} reader;

static void give(reader *r, td_str href)
{
    if (href.n == 0 || href.ptr[0] == '#' || r->n >= TD_SOURCE_LLMS_LINKS_MAX)
        return;
    r->n++;
    r->each(r->user, href);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The end of the address in "(address "title")": white space, or the bracket that closes it. */
static size_t target_end(td_str line, size_t start)
{
    size_t i = start, n_open = 0;

    for (; i < line.n && !is_space(line.ptr[i]); i++) {
        n_open += line.ptr[i] == '(';
        if (line.ptr[i] == ')' && n_open-- == 0)
            break;
    }
    return i;
}

/* A bare address ends at white space or where a link's name does; what closes a sentence or a
 * bracket is none of it. */
static size_t bare_end(td_str line, size_t start)
{
    size_t i = start;

    while (i < line.n && !is_space(line.ptr[i]) && !strchr("<>\"`|", line.ptr[i]) &&
           !td_str_starts(td_str_slice(line, i, line.n), TD_STR("](")))
        i++;
    while (i > start && strchr(".,;:!?)]'*_", line.ptr[i - 1]))
        i--;
    return i;
}

static void read_line(reader *r, td_str line)
{
    for (size_t i = 0; i < line.n; i++) {
        td_str rest = td_str_slice(line, i, line.n);
        size_t start = i, end = i;
        if (td_str_starts(rest, TD_STR("]("))) {
            start = i + 2;
            bool is_quoted = start < line.n && line.ptr[start] == '<';
            start += is_quoted;
            end = is_quoted ? td_str_find_byte(line, '>', start) : target_end(line, start);
            end = end == TD_STR_NONE ? line.n : end;
        } else if (rest.ptr[0] == 'h' && (td_str_starts(rest, TD_STR("http://")) ||
                                          td_str_starts(rest, TD_STR("https://")))) {
            end = bare_end(line, i);
        }
        if (end > start) {
            give(r, td_str_slice(line, start, end));
            i = end - 1;
        }
    }
}

static bool is_fence(td_str line)
{
    return td_str_starts(line, TD_STR("```")) || td_str_starts(line, TD_STR("~~~"));
}

size_t td_source_llms_txt_links(td_str text, td_source_llms_each each, void *user)
{
    reader r = {each, user, 0};
    td_str line;
    bool in_code = false;

    while (td_str_next(&text, '\n', &line)) {
        if (is_fence(td_str_trim(line)))
            in_code = !in_code;
        else if (!in_code)
            read_line(&r, line);
    }
    return r.n;
}

bool td_source_llms_txt_name(td_str path)
{
    return td_str_ends(path, TD_STR("/llms.txt")) || td_str_ends(path, TD_STR("/llms-full.txt"));
}
