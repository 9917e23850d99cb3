#include "chunk/scan.h"

#include "chunk/lines.h"
#include "chunk/symbols.h"

/* What a line may begin inside of. */
enum {
    INSIDE_NOTHING,
    INSIDE_COMMENT,   /* until `until` */
    INSIDE_STRING,    /* the same, and a backslash quotes */
    INSIDE_RAW,       /* the same, without quoting */
    INSIDE_HEREDOC,   /* until a line that is `until` */
    INSIDE_POD,       /* until a line that starts with `until` */
    INSIDE_DIRECTIVE, /* until a line that ends without a backslash */
};

static bool has(const td_chunk_scan *scan, unsigned flag)
{
    return (scan->syntax->flags & flag) != 0;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void td_chunk_scan_init(td_chunk_scan *scan, td_str text, size_t start, size_t end, td_str language)
{
    *scan = (td_chunk_scan){
        .text = td_str_slice(text, 0, end),
        .at = start,
        .end = end,
        .language = language,
        .syntax = td_chunk_syntax_of(language),
        .blank_before = true,
    };
}

static bool starts(td_str rest, const char *what)
{
    return what && td_str_starts(rest, td_str_from(what));
}

static void go_inside(td_chunk_scan *scan, int what, td_str until)
{
    size_t n = until.n < sizeof scan->until ? until.n : sizeof scan->until - 1;
    memcpy(scan->until, until.ptr, n);
    scan->until[n] = '\0';
    scan->inside = what;
}

/* Where the thing we are inside of ends in `rest`; rest.n if it does not. */
static size_t leave_inside(td_chunk_scan *scan, td_str rest)
{
    td_str until = td_str_from(scan->until);
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.ptr[i] == '\\' && scan->inside == INSIDE_STRING) {
            i++;
            continue;
        }
        if (rest.ptr[i] == until.ptr[0] && td_str_starts(td_str_slice(rest, i, rest.n), until)) {
            scan->inside = INSIDE_NOTHING;
            return i + until.n;
        }
    }
    return rest.n;
}

/* A string or pattern that must end on its line: the bytes to skip. An open one ends with the line,
 * so that a stray quote spoils one line and not the file. */
static size_t skip_quoted(td_str rest, char quote)
{
    bool in_class = false;
    for (size_t i = 1; i < rest.n; i++) {
        char c = rest.ptr[i];
        if (c == '\\')
            i++;
        else if (quote == '/' && (c == '[' || c == ']'))
            in_class = c == '[';
        else if (c == quote && !in_class)
            return i + 1;
    }
    return rest.n;
}

static size_t skip_tick(const td_chunk_scan *scan, td_str rest, char before)
{
    if (has(scan, TD_CHUNK_SYNTAX_LIFETIME)) {
        bool is_char =
            rest.n > 2 && (rest.ptr[1] == '\\' || rest.ptr[2] == '\'' || (rest.ptr[1] & 0x80));
        return is_char ? skip_quoted(rest, '\'') : 1;
    }
    /* 1'000'000 of C++14. */
    return is_word(before) && has(scan, TD_CHUNK_SYNTAX_RAW) ? 1 : skip_quoted(rest, '\'');
}

/* <<EOF, <<-'EOF', <<~EOF: the text begins on the next line. */
static void note_heredoc(td_chunk_scan *scan, td_str rest)
{
    size_t i = 2;
    bool marked = i < rest.n && (rest.ptr[i] == '-' || rest.ptr[i] == '~');
    i += marked;
    while (i < rest.n && rest.ptr[i] == ' ')
        i++;
    if (i < rest.n && (rest.ptr[i] == '"' || rest.ptr[i] == '\'' || rest.ptr[i] == '\\')) {
        marked = true;
        i++;
    }
    size_t start = i;
    while (i < rest.n && is_word(rest.ptr[i]))
        i++;
    bool upper = i > start && rest.ptr[start] >= 'A' && rest.ptr[start] <= 'Z';
    if (i > start && (upper || (marked && rest.ptr[start] > '9')))
        go_inside(scan, INSIDE_HEREDOC, td_str_slice(rest, start, i));
}

/* R"x(...)x" and r#"..."#: the bytes of the opening, 0 if it is none. */
static size_t open_raw(td_chunk_scan *scan, td_str rest, char before)
{
    char end[24];
    size_t n = 0, i = 1;
    bool rust = rest.ptr[0] == 'r' && has(scan, TD_CHUNK_SYNTAX_LIFETIME);
    if (is_word(before) || (!rust && !starts(rest, "R\"")))
        return 0;
    end[n++] = rust ? '"' : ')';
    i += !rust;
    while (i < rest.n && n < 20 && (rust ? rest.ptr[i] == '#' : rest.ptr[i] != '('))
        end[n++] = rest.ptr[i++];
    if (i >= rest.n || rest.ptr[i] != (rust ? '"' : '('))
        return 0;
    if (!rust)
        end[n++] = '"';
    go_inside(scan, INSIDE_RAW, (td_str){end, n});
    return i + 1;
}

/* The opening of something that may go on over lines: its bytes, 0 if there is none. */
static size_t open_long(td_chunk_scan *scan, td_str rest, char before)
{
    char c = rest.ptr[0];
    if (starts(rest, scan->syntax->open)) {
        go_inside(scan, INSIDE_COMMENT, td_str_from(scan->syntax->close));
        return strlen(scan->syntax->open);
    }
    if (has(scan, TD_CHUNK_SYNTAX_TRIPLE) && (starts(rest, "\"\"\"") || starts(rest, "'''"))) {
        go_inside(scan, INSIDE_STRING, td_str_slice(rest, 0, 3));
        return 3;
    }
    if (c == '`' && has(scan, TD_CHUNK_SYNTAX_BACKTICK)) {
        go_inside(scan, INSIDE_STRING, TD_STR("`"));
        return 1;
    }
    if (has(scan, TD_CHUNK_SYNTAX_LONG_BRACKET) && starts(rest, "[[")) {
        go_inside(scan, INSIDE_RAW, TD_STR("]]"));
        return 2;
    }
    if (has(scan, TD_CHUNK_SYNTAX_RAW) && (c == 'R' || c == 'r'))
        return open_raw(scan, rest, before);
    return 0;
}

static void count_bracket(td_chunk_scan *scan, char c)
{
    if (c == '{' || c == '(' || c == '[')
        scan->depth++;
    else if ((c == '}' || c == ')' || c == ']') && scan->depth > 0)
        scan->depth--;
}

/* Reads one line, from where it is inside of nothing or of what the line before left open. */
static void read_line(td_chunk_scan *scan, td_str line)
{
    char before = '\0'; /* the last byte that is no white space */
    for (size_t i = 0; i < line.n;) {
        td_str rest = td_str_slice(line, i, line.n);
        char c = rest.ptr[0];
        if (scan->inside != INSIDE_NOTHING && scan->inside != INSIDE_HEREDOC) {
            i += leave_inside(scan, rest);
            before = '"';
            continue;
        }
        bool comment = starts(rest, scan->syntax->line) || starts(rest, scan->syntax->line2);
        size_t n = comment && !starts(rest, scan->syntax->open) ? line.n : 0;
        n = n ? n : open_long(scan, rest, before);
        if (n == 0 && !has(scan, TD_CHUNK_SYNTAX_NO_STRINGS)) {
            if (c == '"')
                n = skip_quoted(rest, c);
            else if (c == '\'' && !has(scan, TD_CHUNK_SYNTAX_NO_QUOTE))
                n = skip_tick(scan, rest, before);
            else if (c == '/' && has(scan, TD_CHUNK_SYNTAX_REGEX) && strchr("(,=:[!&|?{};", before))
                n = skip_quoted(rest, c);
        }
        if (n == 0 && has(scan, TD_CHUNK_SYNTAX_HEREDOC) && starts(rest, "<<") &&
            scan->inside == INSIDE_NOTHING)
            note_heredoc(scan, rest);
        if (n == 0)
            count_bracket(scan, c);
        if (c != ' ' && c != '\t')
            before = c;
        i += n ? n : 1;
    }
}

/* A line inside of something that ends by lines; true if it was one. */
static bool read_inside(td_chunk_scan *scan, td_str body)
{
    td_str until = td_str_from(scan->until);
    bool over = false;
    if (scan->inside == INSIDE_HEREDOC)
        over = td_str_eq(body, until);
    else if (scan->inside == INSIDE_POD)
        over = td_str_starts(body, until);
    else if (scan->inside == INSIDE_DIRECTIVE)
        over = !td_str_ends(body, TD_STR("\\"));
    else
        return false;
    if (over)
        scan->inside = INSIDE_NOTHING;
    return true;
}

/* A line of the preprocessor, whose brackets need not match; true if it was one. */
static bool read_directive(td_chunk_scan *scan, td_str body)
{
    if (!has(scan, TD_CHUNK_SYNTAX_PREPROCESSOR) || body.ptr[0] != '#')
        return false;
    td_str word = td_str_trim(td_str_slice(body, 1, body.n));
    size_t n_max = sizeof scan->if_depth / sizeof *scan->if_depth;
    if (td_str_starts(word, TD_STR("if"))) {
        if (scan->n_ifs < n_max)
            scan->if_depth[scan->n_ifs] =
                scan->depth > UINT16_MAX ? UINT16_MAX : (uint16_t)scan->depth;
        scan->n_ifs++;
    } else if (td_str_starts(word, TD_STR("el")) && scan->n_ifs > 0 && scan->n_ifs <= n_max) {
        scan->depth = scan->if_depth[scan->n_ifs - 1];
    } else if (td_str_starts(word, TD_STR("endif")) && scan->n_ifs > 0) {
        scan->n_ifs--;
    }
    if (td_str_ends(body, TD_STR("\\")))
        scan->inside = INSIDE_DIRECTIVE;
    return true;
}

static bool first_word_is(td_str body, const char *list)
{
    size_t n = 0;
    while (n < body.n && is_word(body.ptr[n]))
        n++;
    td_str words = td_str_from(list);
    for (size_t at = td_str_find(words, td_str_slice(body, 0, n), 0);
         n > 0 && n < 16 && at != TD_STR_NONE;
         at = td_str_find(words, td_str_slice(body, 0, n), at + 1)) {
        if (at > 0 && words.ptr[at - 1] == ' ' && words.ptr[at + n] == ' ')
            return true;
    }
    return false;
}

static bool is_closer(const td_chunk_scan *scan, td_str body)
{
    char c = body.ptr[0];
    if (c == '}' || c == ')' || c == ']')
        return true;
    if (has(scan, TD_CHUNK_SYNTAX_PREPROCESSOR) && starts(body, "#endif"))
        return true;
    /* A brace on its own line belongs to the line above, unless it is an element of a list. */
    if (c == '{')
        return !strchr(",[;({}", scan->last);
    if (has(scan, TD_CHUNK_SYNTAX_BRACES))
        return first_word_is(body, " else catch finally while where ") &&
               (scan->last == '}' || scan->last == ')');
    return td_str_starts(body, TD_STR("</")) ||
           first_word_is(body,
                         " end fi done esac else elif elsif elseif except finally rescue ensure "
                         "then do endif endwhile endfor endfunction endmacro endforeach endfunc "
                         "endclass catch until in and or ");
}

static bool is_lead(const td_chunk_scan *scan, td_str body)
{
    const td_chunk_syntax *syntax = scan->syntax;
    if (has(scan, TD_CHUNK_SYNTAX_PREPROCESSOR) && body.ptr[0] == '#')
        return starts(body, "#if") || starts(body, "#el"); /* a condition goes with its code */
    return starts(body, syntax->line) || starts(body, syntax->line2) ||
           starts(body, syntax->open) ||
           (body.ptr[0] == '@' && body.n > 1 && is_word(body.ptr[1])) || starts(body, "#[") ||
           starts(body, "template <") || starts(body, "template<");
}

static size_t n_leading_closers(td_str body)
{
    size_t n = 0;
    while (n < body.n && (body.ptr[n] == '}' || body.ptr[n] == ')' || body.ptr[n] == ']'))
        n++;
    return n;
}

static uint16_t depth_of(td_chunk_scan *scan, const td_chunk_line *line, td_str body)
{
    size_t depth = line->indent;
    if (has(scan, TD_CHUNK_SYNTAX_BRACES)) {
        size_t n = n_leading_closers(body);
        /* What closes at the margin closes everything: an unbalanced line above, or a namespace
         * that is not indented, must not make the rest of the file one unit. */
        if (line->indent == 0 && n > 0 && scan->inside == INSIDE_NOTHING)
            scan->depth = n;
        depth = scan->depth > n ? scan->depth - n : 0;
    }
    return depth > UINT16_MAX ? UINT16_MAX : (uint16_t)depth;
}

static void describe(td_chunk_scan *scan, const td_chunk_line *line, td_str body, td_chunk_row *row)
{
    row->depth = depth_of(scan, line, body);
    if (scan->inside != INSIDE_NOTHING) {
        row->flags |= TD_CHUNK_ROW_INSIDE;
        return;
    }
    if (is_closer(scan, body)) {
        row->flags |= TD_CHUNK_ROW_CLOSER;
        return;
    }
    if (is_lead(scan, body))
        row->flags |= TD_CHUNK_ROW_LEAD;
    td_str name = td_chunk_symbols_of(body, scan->language, row->depth == 0);
    size_t offset = name.n > 0 ? (size_t)(name.ptr - (scan->text.ptr + line->start)) : 0;
    if (name.n == 0 || name.n > 200 || offset > UINT16_MAX)
        return;
    row->flags |= TD_CHUNK_ROW_NAMED;
    row->name_offset = (uint16_t)offset;
    row->name_n = (uint8_t)name.n;
}

bool td_chunk_scan_next(td_chunk_scan *scan, td_chunk_row *row_out)
{
    while (scan->at < scan->end) {
        td_chunk_line line = td_chunk_lines_at(scan->text, scan->at);
        scan->at = line.end;
        if (td_chunk_lines_is_blank(&line)) {
            scan->blank_before = true;
            continue;
        }
        td_str body = td_chunk_lines_body(scan->text, &line);
        td_chunk_row row = {.start = line.start};
        row.flags = scan->blank_before ? TD_CHUNK_ROW_BLANK_BEFORE : 0;
        describe(scan, &line, body, &row);
        if (has(scan, TD_CHUNK_SYNTAX_POD) && scan->inside == INSIDE_NOTHING && line.indent == 0 &&
            body.n > 1 && body.ptr[0] == '=' && is_word(body.ptr[1]))
            go_inside(scan, INSIDE_POD,
                      td_str_starts(body, TD_STR("=begin")) ? TD_STR("=end") : TD_STR("=cut"));
        else if (!read_inside(scan, body) &&
                 (scan->inside != INSIDE_NOTHING || !read_directive(scan, body)))
            read_line(scan, body);
        scan->last = body.ptr[body.n - 1];
        scan->blank_before = false;
        *row_out = row;
        return true;
    }
    return false;
}
