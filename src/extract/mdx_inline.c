#include "extract/mdx_reader.h"
#include "extract/mdx_script.h"
#include "extract/mdx_tag.h"
#include "extract/tag.h"

enum {
    FORMULA_BYTES_MAX = 500
};

static size_t strip_of(const td_mdx *r)
{
    return r->n_open ? r->open[r->n_open - 1].strip : 0;
}

static void open_element(td_mdx *r, td_str name)
{
    if (r->n_open < TD_MDX_OPEN_MAX) {
        td_mdx_element e = {.name = name,
                            .indent = (ptrdiff_t)r->indent,
                            .content = TD_MDX_UNKNOWN,
                            .strip = strip_of(r)};
        r->open[r->n_open++] = e;
    }
}

static void close_element(td_mdx *r, td_str name)
{
    for (size_t i = r->n_open; i-- > 0;) {
        if (td_str_eq(r->open[i].name, name)) {
            r->n_open = i;
            return;
        }
    }
}

static char last_byte(const td_mdx *r)
{
    return td_extract_mdx_reader_at_line_start(r) ? '\n' : r->out->ptr[r->out->n - 1];
}

static void went(td_mdx *r, size_t end)
{
    r->owed += td_extract_mdx_reader_count_lines(td_str_slice(r->in, r->at, end));
    r->began |= r->at == r->body;
    r->touched = r->just_went = true;
    r->at = end;
}

static tandem_code before_text(td_mdx *r)
{
    tandem_code code = TANDEM_OK;
    char last = last_byte(r);

    if (td_extract_mdx_reader_at_line_start(r))
        TD_TRY(td_buf_add(r->out, r->lead, r->err));
    else if (r->parts && !td_extract_mdx_reader_is_space(last))
        TD_TRY(td_buf_add_byte(r->out, ' ', r->err));
    r->lead = TD_STR("");
    TD_TRY(td_extract_mdx_mark_write(r));
out:
    return code;
}

static tandem_code add_text(td_mdx *r, td_str text)
{
    tandem_code code = TANDEM_OK;

    if (r->just_went && td_str_starts(text, TD_STR(" ")) &&
        (td_extract_mdx_reader_at_line_start(r) || td_extract_mdx_reader_is_space(last_byte(r))))
        text = td_str_slice(text, 1, text.n);
    while (text.n && td_extract_mdx_reader_is_space(text.ptr[0]) && td_extract_mdx_mark_waits(r)) {
        TD_TRY(td_buf_add_byte(r->out, text.ptr[0], r->err));
        text = td_str_slice(text, 1, text.n);
    }
    if (text.n && !td_extract_mdx_reader_is_space(text.ptr[0])) {
        TD_TRY(before_text(r));
        r->parts = false;
    }
    r->just_went = false;
    TD_TRY(td_buf_add(r->out, text, r->err));
out:
    return code;
}

tandem_code td_extract_mdx_inline_end_line(td_mdx *r)
{
    r->owed -= r->owed > 0;
    return td_buf_add_byte(r->out, '\n', r->err);
}

static tandem_code read_expression(td_mdx *r)
{
    tandem_code code = TANDEM_OK;
    size_t end = td_extract_mdx_script_braces(r->in, r->at, r->at != r->body, &r->n_read);
    td_str literal;

    if (end == TD_STR_NONE) {
        r->at++;
        TD_TRY(add_text(r, td_str_slice(r->in, r->at - 1, r->at)));
        goto out;
    }
    literal = td_extract_mdx_script_literal(td_str_slice(r->in, r->at + 1, end - 1));
    went(r, end);
    if (td_str_find_byte(literal, '\n', 0) != TD_STR_NONE) {
        TD_TRY(td_extract_mdx_block_code(r, literal));
    } else if (literal.n) {
        TD_TRY(before_text(r));
        r->just_went = r->parts = false;
        TD_TRY(td_extract_mdx_block_literal(r, literal));
    }
out:
    return code;
}

/* "<service>" in a sentence is a word for a value: HTML has no such element, and it has no end. */
static bool is_placeholder(const td_mdx *r, const td_mdx_tag *tag)
{
    if (tag->n_attributes > 0 || tag->closes_itself || tag->is_end || r->at == r->body ||
        td_extract_tag_find(tag->name) != TD_TAG_UNKNOWN)
        return false;
    for (size_t i = 0; i < tag->name.n; i++)
        if ((unsigned)(tag->name.ptr[i] - 'a') >= 26u && !strchr("-_", tag->name.ptr[i]))
            return false;
    return tag->name.n > 0;
}

/* What a tag of HTML means for the words around it. */
static tandem_code add_html(td_mdx *r, const td_mdx_tag *tag)
{
    static const td_str MARKS[] = {{"# ", 2},    {"## ", 3},    {"### ", 4},
                                   {"#### ", 5}, {"##### ", 6}, {"###### ", 7}};
    td_tag kind = td_extract_tag_find(tag->name);
    bool is_html = tag->name.n > 0 && (unsigned)(tag->name.ptr[0] - 'a') < 26u;

    r->parts |= kind == TD_TAG_BR || td_extract_tag_is(kind, TD_TAG_IS_BLOCK);
    if (tag->is_end && r->lead.n && td_extract_tag_is(kind, TD_TAG_IS_BLOCK))
        r->lead = TD_STR("");
    if (tag->is_end || !is_html)
        return TANDEM_OK;
    if (kind == TD_TAG_SUP && !td_extract_mdx_reader_at_line_start(r) &&
        !td_extract_mdx_reader_is_space(last_byte(r)))
        return td_buf_add_byte(r->out, '^', r->err);
    if (kind >= TD_TAG_H1 && kind <= TD_TAG_H6)
        r->lead = MARKS[kind - TD_TAG_H1];
    else if (kind == TD_TAG_LI)
        r->lead = TD_STR("- ");
    return TANDEM_OK;
}

static tandem_code add_shown(td_mdx *r, const td_mdx_tag *tag)
{
    tandem_code code = TANDEM_OK;
    bool alone = td_extract_mdx_reader_at_line_start(r);
    td_buf words = TD_BUF(r->out->n_max);
    td_str shown = td_extract_mdx_tag_code(tag);

    TD_TRY(td_extract_mdx_tag_write(tag, alone, r->nested, &words, r->err));
    if (words.n) {
        r->parts = true;
        TD_TRY(before_text(r));
        TD_TRY(td_buf_add(r->out, td_buf_str(&words), r->err));
    }
    TD_TRY(td_extract_mdx_block_data(r, tag, words.n > 0));
    if (shown.n)
        TD_TRY(td_extract_mdx_block_code(r, shown));
out:
    td_buf_clear(&words);
    return code;
}

/* Behind the end tag of style or script; `at` if there is none. */
static size_t raw_end(td_mdx *r, td_str name, size_t at)
{
    size_t end = at;

    while ((end = td_str_find(r->in, TD_STR("</"), end)) != TD_STR_NONE) {
        td_str rest = td_str_slice(r->in, end + 2, r->in.n);

        end += 2;
        if (td_str_starts_nocase(rest, name) && rest.n > name.n && rest.ptr[name.n] == '>')
            return end + name.n + 1;
    }
    r->n_read += r->in.n - at;
    return at;
}

static tandem_code read_tag(td_mdx *r)
{
    tandem_code code = TANDEM_OK;
    td_mdx_tag tag;
    size_t start = r->at;
    bool begins = start == r->body;
    td_tag kind;

    if (td_str_starts(td_str_slice(r->in, r->at, r->in.n), TD_STR("<!--"))) {
        size_t end = td_str_find(r->in, TD_STR("-->"), r->at + 4);

        if (end != TD_STR_NONE) {
            went(r, end + 3);
            goto out;
        }
        r->n_read += r->in.n - r->at;
    }
    if (!td_extract_mdx_tag_read(r->in, r->at, !begins, &tag, &r->n_read) ||
        is_placeholder(r, &tag)) {
        r->at++;
        TD_TRY(add_text(r, td_str_slice(r->in, r->at - 1, r->at)));
        goto out;
    }
    kind = td_extract_tag_find(tag.name);
    if (tag.is_end)
        TD_TRY(td_extract_mdx_mark_close(r, tag.name));
    went(r, tag.end);
    if (td_str_eq(tag.name, TD_STR("table")) && !tag.is_end) {
        TD_TRY(td_extract_mdx_block_table(r, start));
        if (r->at != tag.end)
            goto out;
    }
    if (!tag.is_end && !tag.closes_itself)
        td_extract_mdx_mark_open(r, &tag);
    if (!tag.is_end)
        r->language = td_extract_mdx_tag_language(&tag);
    if (tag.is_end) {
        close_element(r, tag.name);
    } else if (!tag.closes_itself) {
        if (kind == TD_TAG_STYLE || kind == TD_TAG_SCRIPT)
            went(r, raw_end(r, tag.name, r->at));
        else if (begins && !td_extract_tag_is(kind, TD_TAG_IS_VOID))
            open_element(r, tag.name);
    }
    TD_TRY(add_html(r, &tag));
    if (!tag.is_end)
        TD_TRY(add_shown(r, &tag));
out:
    return code;
}

/* Where the code span ends that begins with the n back-quotes at `at`; `at` + n if it does not. */
static size_t code_end(td_mdx *r, size_t at, size_t n)
{
    size_t i = at + n;

    while (i < r->in.n) {
        char c = r->in.ptr[i];

        if (c == '`') {
            size_t run = td_extract_mdx_reader_run(r->in, i);

            i += run;
            if (run == n)
                return i;
            continue;
        }
        i++;
        if (c != '\n')
            continue;
        while (i < r->in.n && td_extract_mdx_reader_is_space(r->in.ptr[i]))
            i++;
        if (i == r->in.n || r->in.ptr[i] == '\n')
            break;
    }
    r->n_read += i - at;
    return at + n;
}

/* Behind "$x^{2} \cdot y$", whose braces are the formula's; `at` + 1 for all other dollars. */
static size_t formula_end(const td_mdx *r, size_t at)
{
    td_str line = td_str_slice(r->in, at + 1, at + FORMULA_BYTES_MAX);
    size_t end = td_str_find_byte(line, '$', 0);
    td_str formula = td_str_slice(line, 0, end);

    if (end == TD_STR_NONE || end == 0 || td_extract_mdx_reader_is_space(formula.ptr[0]) ||
        td_extract_mdx_reader_is_space(formula.ptr[end - 1]) ||
        td_str_find_byte(formula, '\n', 0) != TD_STR_NONE ||
        td_str_find_byte(formula, '\\', 0) == TD_STR_NONE)
        return at + 1;
    return at + 1 + end + 1;
}

tandem_code td_extract_mdx_inline_read(td_mdx *r)
{
    size_t from = r->at, n;
    char c = r->in.ptr[from];

    if (c == '{' && td_extract_mdx_reader_may_search(r))
        return read_expression(r);
    if (c == '<' && td_extract_mdx_reader_may_search(r))
        return read_tag(r);
    if (c == '\\' && from + 1 < r->in.n && r->in.ptr[from + 1] != '\n') {
        r->at += 2;
    } else if (c == '`' && td_extract_mdx_reader_may_search(r)) {
        n = td_extract_mdx_reader_run(r->in, from);
        r->at = code_end(r, from, n);
    } else if (c == '$') {
        r->at = formula_end(r, from);
    } else {
        r->at++;
        while (r->at < r->in.n && !strchr("{<\\`$\n", r->in.ptr[r->at]))
            r->at++;
    }
    return add_text(r, td_str_slice(r->in, from, r->at));
}
