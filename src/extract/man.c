#include "extract/man.h"

#include "extract/man_writer.h"

static bool is(td_str a, const char *b)
{
    return td_str_eq(a, td_str_from(b));
}

/* A blank line before the next block. */
static tandem_code start_block(td_man *m)
{
    if (m->out->n == 0)
        return TANDEM_OK;
    return td_buf_add(m->out, TD_STR("\n"), m->err);
}

static tandem_code write_tag(td_man *m)
{
    tandem_code code = TANDEM_OK;
    td_str tag = td_str_trim(td_buf_str(&m->tag));

    if (tag.n == 0)
        goto out;
    TD_TRY(td_buf_add(m->out, TD_STR("- "), m->err));
    if (td_str_find_byte(tag, '`', 0) == TD_STR_NONE)
        TD_TRY(td_buf_add_fmt(m->out, m->err, "`%.*s`", TD_STR_FMT(tag)));
    else
        TD_TRY(td_buf_add(m->out, tag, m->err));
    if (m->line.n)
        TD_TRY(td_buf_add(m->out, TD_STR(": "), m->err));
out:
    td_buf_cut(&m->tag, 0);
    return code;
}

tandem_code td_extract_man_flush(td_man *m)
{
    tandem_code code = TANDEM_OK;
    td_str text = td_str_trim(td_buf_str(&m->line));

    if (text.n || m->tag.n) {
        TD_TRY(start_block(m));
        if (m->tag.n)
            TD_TRY(write_tag(m));
        else if (text.ptr[0] == '#' || text.ptr[0] == '>')
            TD_TRY(td_buf_add_byte(m->out, '\\', m->err));
        TD_TRY(td_buf_add(m->out, text, m->err));
        TD_TRY(td_buf_add_byte(m->out, '\n', m->err));
    }
    td_buf_cut(&m->line, 0);
    m->no_space = false;
out:
    return code;
}

tandem_code td_extract_man_code(td_man *m, bool on)
{
    tandem_code code = TANDEM_OK;

    if (on == m->in_code)
        goto out;
    TD_TRY(td_extract_man_flush(m));
    if (!on && m->code_open)
        TD_TRY(td_buf_add(m->out, TD_STR("```\n"), m->err));
    m->in_code = on;
    m->code_open = false;
out:
    return code;
}

tandem_code td_extract_man_code_line(td_man *m, td_str line)
{
    tandem_code code = TANDEM_OK;

    if (!m->code_open && td_str_trim(line).n == 0)
        goto out;
    if (!m->code_open) {
        TD_TRY(start_block(m));
        TD_TRY(td_buf_add(m->out, TD_STR("```\n"), m->err));
        m->code_open = true;
    }
    if (td_str_starts(line, TD_STR("```")))
        TD_TRY(td_buf_add_byte(m->out, ' ', m->err)); /* it would close the fence */
    TD_TRY(td_extract_man_text_add(m->out, line, false, m->err));
    if (!td_str_ends(line, TD_STR("\\c"))) /* then the line goes on */
        TD_TRY(td_buf_add_byte(m->out, '\n', m->err));
out:
    return code;
}

tandem_code td_extract_man_heading(td_man *m, unsigned level, td_str text)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_man_code(m, false));
    TD_TRY(td_extract_man_flush(m));
    if (td_str_trim(text).n == 0)
        goto out;
    TD_TRY(start_block(m));
    TD_TRY(td_buf_add(m->out, td_str_slice(TD_STR("### "), 3 - level, 4), m->err));
    TD_TRY(td_extract_man_text_add(m->out, td_str_trim(text), true, m->err));
    TD_TRY(td_buf_add_byte(m->out, '\n', m->err));
out:
    return code;
}

static tandem_code space(td_man *m)
{
    char last = m->line.n ? m->line.ptr[m->line.n - 1] : ' ';

    bool joined = m->spacing == TD_MAN_JOINED;

    if (m->spacing == TD_MAN_JOINS_NEXT)
        m->spacing = TD_MAN_JOINED;
    if (joined || m->no_space || last == ' ' || last == '\n') {
        m->no_space = false;
        return TANDEM_OK;
    }
    return td_buf_add_byte(&m->line, ' ', m->err);
}

tandem_code td_extract_man_word(td_man *m, td_str word)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(space(m));
    TD_TRY(td_extract_man_text_add(&m->line, word, true, m->err));
    if (word.n >= 2 && word.ptr[word.n - 1] == 'c' && word.ptr[word.n - 2] == '\\')
        m->no_space = true;
out:
    return code;
}

tandem_code td_extract_man_item(td_man *m, td_str tag)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_man_code(m, false));
    TD_TRY(td_extract_man_flush(m));
    TD_TRY(td_extract_man_text_add(&m->tag, tag, false, m->err));
out:
    return code;
}

/* Text where a heading or a term was waited for. */
static tandem_code take_wanted(td_man *m, td_str text, bool *taken_out)
{
    td_man_want want = m->want;

    *taken_out = want != TD_MAN_NOTHING;
    m->want = TD_MAN_NOTHING;
    switch (want) {
    case TD_MAN_SECTION:
        return td_extract_man_heading(m, 2, text);
    case TD_MAN_SUBSECTION:
        return td_extract_man_heading(m, 3, text);
    case TD_MAN_TAG:
        return td_extract_man_text_add(&m->tag, text, false, m->err);
    default:
        return TANDEM_OK;
    }
}

static tandem_code text_line(td_man *m, td_str line)
{
    tandem_code code = TANDEM_OK;
    bool taken = false;

    TD_TRY(take_wanted(m, line, &taken));
    if (taken)
        goto out;
    if (m->in_code)
        return td_extract_man_code_line(m, line);
    if (td_str_trim(line).n == 0)
        return td_extract_man_flush(m);
    if ((line.ptr[0] == ' ' || line.ptr[0] == '\t') && m->line.n && !m->no_space)
        TD_TRY(
            td_buf_add(&m->line, TD_STR("  \n"), m->err)); /* troff breaks before indented text */
    TD_TRY(td_extract_man_word(m, td_str_trim(line)));
out:
    return code;
}

/* All arguments in one text, with or without spaces between them. */
static tandem_code font_line(td_man *m, td_str rest, bool spaces)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(1 << 20);
    td_str argument;

    while (td_extract_man_text_next(&rest, &argument)) {
        if (spaces && text.n)
            TD_TRY(td_buf_add_byte(&text, ' ', m->err));
        TD_TRY(td_buf_add(&text, argument, m->err));
    }
    if (text.n)
        TD_TRY(text_line(m, td_buf_str(&text)));
out:
    td_buf_clear(&text);
    return code;
}

static tandem_code title_line(td_man *m, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_str name = TD_STR(""), section = TD_STR("");

    td_extract_man_text_next(&rest, &name);
    td_extract_man_text_next(&rest, &section);
    if (name.n == 0)
        goto out;
    TD_TRY(start_block(m));
    TD_TRY(td_buf_add(m->out, TD_STR("# "), m->err));
    TD_TRY(td_extract_man_text_add(m->out, name, true, m->err));
    TD_TRY(td_buf_add_fmt(m->out, m->err, "(%.*s)\n", TD_STR_FMT(section)));
out:
    return code;
}

static bool is_bullet(td_str tag)
{
    return is(tag, "\\(bu") || is(tag, "\\[bu]") || is(tag, "*") || is(tag, "-") ||
           is(tag, "\\-") || is(tag, "o") || is(tag, "\\(em") || is(tag, "+");
}

static tandem_code indented_paragraph(td_man *m, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_str tag = TD_STR("");

    td_extract_man_text_next(&rest, &tag);
    if (tag.n == 0)
        return td_extract_man_flush(m);
    if (is_bullet(tag)) {
        TD_TRY(td_extract_man_code(m, false));
        TD_TRY(td_extract_man_flush(m));
        TD_TRY(td_buf_add(&m->line, TD_STR("- "), m->err));
        goto out;
    }
    TD_TRY(td_extract_man_item(m, tag));
out:
    return code;
}

static tandem_code address(td_man *m, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_str url;

    if (!td_extract_man_text_next(&rest, &url))
        return TANDEM_OK;
    TD_TRY(td_extract_man_word(m, url));
out:
    return code;
}

static tandem_code option(td_man *m, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_str argument;

    TD_TRY(td_extract_man_word(m, TD_STR("[")));
    m->no_space = true;
    while (td_extract_man_text_next(&rest, &argument))
        TD_TRY(td_extract_man_word(m, argument));
    m->no_space = true;
    TD_TRY(td_extract_man_word(m, TD_STR("]")));
out:
    return code;
}

/* Macros of man(7). *known_out: false for what is none. */
static tandem_code man_macro(td_man *m, td_str macro, td_str rest, bool *known_out)
{
    tandem_code code = TANDEM_OK;

    *known_out = true;
    if (is(macro, "TH"))
        return title_line(m, rest);
    if (is(macro, "SH") || is(macro, "SS")) {
        bool section = macro.ptr[1] == 'H';

        TD_TRY(td_extract_man_code(m, false));
        TD_TRY(td_extract_man_flush(m));
        m->want = section ? TD_MAN_SECTION : TD_MAN_SUBSECTION;
        return font_line(m, rest, true);
    }
    if (is(macro, "PP") || is(macro, "P") || is(macro, "LP") || is(macro, "HP") ||
        is(macro, "sp") || is(macro, "RS") || is(macro, "RE") || is(macro, "SY") ||
        is(macro, "YS")) {
        if (m->in_code)
            return is(macro, "sp") || is(macro, "PP") ? td_extract_man_code_line(m, TD_STR(""))
                                                      : TANDEM_OK;
        TD_TRY(td_extract_man_flush(m));
        return is(macro, "SY") ? font_line(m, rest, true) : TANDEM_OK;
    }
    if (is(macro, "TP") || is(macro, "TQ")) {
        if (is(macro, "TQ") && m->tag.n) {
            TD_TRY(td_buf_add(&m->tag, TD_STR(", "), m->err));
        } else {
            TD_TRY(td_extract_man_item(m, TD_STR("")));
        }
        m->want = TD_MAN_TAG;
        return TANDEM_OK;
    }
    if (is(macro, "IP"))
        return indented_paragraph(m, rest);
    if (is(macro, "nf") || is(macro, "EX") || is(macro, "Vb"))
        return td_extract_man_code(m, true);
    if (is(macro, "fi") || is(macro, "EE") || is(macro, "Ve"))
        return td_extract_man_code(m, false);
    if (is(macro, "br"))
        return m->in_code || m->line.n == 0 ? TANDEM_OK
                                            : td_buf_add(&m->line, TD_STR("  \n"), m->err);
    if (is(macro, "B") || is(macro, "I") || is(macro, "SM") || is(macro, "SB") || is(macro, "R"))
        return font_line(m, rest, true);
    if (is(macro, "BR") || is(macro, "RB") || is(macro, "IR") || is(macro, "RI") ||
        is(macro, "BI") || is(macro, "IB") || is(macro, "MR"))
        return font_line(m, rest, false);
    if (is(macro, "UR") || is(macro, "MT"))
        return address(m, rest);
    if (is(macro, "OP"))
        return option(m, rest);
    *known_out = false;
out:
    return code;
}

/* The condition of .if and .ie: we are nroff, and know no register. */
static bool holds(td_str *rest)
{
    td_str condition;
    bool negative = false;

    *rest = td_str_trim(*rest);
    if (rest->n && rest->ptr[0] == '!') {
        negative = true;
        *rest = td_str_slice(*rest, 1, rest->n);
    }
    if (!td_extract_man_text_next(rest, &condition))
        return false;
    return is(condition, "n") != negative;
}

static size_t count(td_str line, const char *what)
{
    size_t n = 0;

    for (size_t at = 0; (at = td_str_find(line, td_str_from(what), at)) != TD_STR_NONE; at += 2)
        n++;
    return n;
}

static tandem_code read_line(td_man *m, td_str line);

/* What follows a condition: one line, or all up to the matching \}. */
static tandem_code conditional(td_man *m, td_str rest, bool read)
{
    size_t open = count(rest, "\\{"), close = count(rest, "\\}");

    rest = td_str_trim(rest);
    if (!read) {
        m->skip_depth = (unsigned)(open > close ? open - close : 0);
        return TANDEM_OK;
    }
    if (td_str_starts(rest, TD_STR("\\{")))
        rest = td_str_slice(rest, 2, rest.n);
    if (td_str_starts(rest, TD_STR("\\")) && rest.n == 1)
        return TANDEM_OK;
    if (m->nested >= 8 || rest.n == 0)
        return TANDEM_OK;
    m->nested++;
    tandem_code code = read_line(m, rest);
    m->nested--;
    return code;
}

/* Requests of troff itself. */
static tandem_code request(td_man *m, td_str macro, td_str rest, bool *known_out)
{
    *known_out = true;
    if (is(macro, "if") || is(macro, "ie")) {
        bool read = holds(&rest);

        m->else_holds = !read;
        return conditional(m, rest, read);
    }
    if (is(macro, "el"))
        return conditional(m, rest, m->else_holds);
    if (is(macro, "de") || is(macro, "am") || is(macro, "ig") || is(macro, "de1")) {
        m->in_macro = true;
        return TANDEM_OK;
    }
    if (is(macro, "TS")) {
        m->want = TD_MAN_NOTHING;
        return td_extract_man_table(m, true);
    }
    if (is(macro, "EQ"))
        m->in_equation = true;
    *known_out = is(macro, "EQ");
    return TANDEM_OK;
}

static tandem_code macro_line(td_man *m, td_str line)
{
    tandem_code code = TANDEM_OK;
    td_str macro, rest = line;
    bool known = false;
    size_t n = 0;

    while (n < rest.n && rest.ptr[n] != ' ' && rest.ptr[n] != '\t' && rest.ptr[n] != '\\')
        n++;
    macro = td_str_slice(rest, 0, n);
    rest = td_str_slice(rest, n, rest.n);
    if (macro.n == 0)
        return TANDEM_OK;
    TD_TRY(request(m, macro, rest, &known));
    if (!known && m->mdoc)
        TD_TRY(td_extract_man_mdoc(m, macro, rest, &known));
    if (!known)
        TD_TRY(man_macro(m, macro, rest, &known));
    if (is(macro, "Dd"))
        m->mdoc = true;
out:
    return code;
}

static bool is_control(td_str line)
{
    return line.n > 0 && (line.ptr[0] == '.' || line.ptr[0] == '\'');
}

static tandem_code read_line(td_man *m, td_str line)
{
    if (!is_control(line))
        return text_line(m, line);
    line = td_str_slice(line, 1, line.n);
    while (line.n && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
        line = td_str_slice(line, 1, line.n);
    return macro_line(m, line);
}

/* Lines inside something that is left out or read in its own way. True: the line is done. */
static tandem_code skip_line(td_man *m, td_str line, bool *done_out)
{
    *done_out = true;
    if (m->in_macro) {
        m->in_macro = !is(td_str_trim(line), "..");
        return TANDEM_OK;
    }
    if (m->in_equation) {
        m->in_equation = !td_str_starts(line, TD_STR(".EN"));
        return TANDEM_OK;
    }
    if (m->skip_depth > 0) {
        size_t open = count(line, "\\{"), close = count(line, "\\}");

        m->skip_depth =
            close >= m->skip_depth + open ? 0 : (unsigned)(m->skip_depth + open - close);
        return TANDEM_OK;
    }
    if (m->in_table) {
        if (td_str_starts(line, TD_STR(".TE")))
            return td_extract_man_table(m, false);
        return td_extract_man_table_line(m, line);
    }
    *done_out = false;
    return TANDEM_OK;
}

/* Before .TH and .Dd stands what defines macros, not text. */
static bool begins(td_str line)
{
    return td_str_starts(line, TD_STR(".TH")) || td_str_starts(line, TD_STR(".Dd"));
}

static td_str without_return(td_str line)
{
    return line.n && line.ptr[line.n - 1] == '\r' ? td_str_slice(line, 0, line.n - 1) : line;
}

static bool goes_on(td_str line)
{
    size_t n = 0;

    while (n < line.n && line.ptr[line.n - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

/* The next line, with those that a backslash at the end joins to it. */
static tandem_code next_line(td_str *source, td_buf *joined, td_str *line_out, bool *more_out,
                             tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_str line;

    td_buf_cut(joined, 0);
    *more_out = td_str_next(source, '\n', &line);
    line = without_return(line);
    while (*more_out && goes_on(line) && source->n > 0) {
        TD_TRY(td_buf_add(joined, td_str_slice(line, 0, line.n - 1), err));
        td_str_next(source, '\n', &line);
        line = without_return(line);
    }
    if (joined->n > 0) {
        TD_TRY(td_buf_add(joined, line, err));
        line = td_buf_str(joined);
    }
    *line_out = line;
out:
    return code;
}

static tandem_code read_all(td_man *m, td_str source, td_buf *joined)
{
    tandem_code code = TANDEM_OK;
    bool begun = false, done = false, more = true;
    td_str line;

    for (;;) {
        TD_TRY(next_line(&source, joined, &line, &more, m->err));
        if (!more)
            break;
        if (!begun && (td_str_starts(line, TD_STR(".de")) || td_str_starts(line, TD_STR(".ig"))))
            m->in_macro = true;
        begun = begun || (!m->in_macro && begins(line));
        if ((!begun && !m->in_macro) || td_str_starts(line, TD_STR(".\\\"")) ||
            td_str_starts(line, TD_STR("'\\\"")))
            continue;
        TD_TRY(skip_line(m, line, &done));
        if (!done)
            TD_TRY(read_line(m, line));
    }
    TD_TRY(td_extract_man_code(m, false));
    TD_TRY(td_extract_man_flush(m));
out:
    return code;
}

tandem_code td_extract_man_write(td_str source, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_man m = {.out = out, .err = err};
    td_buf joined = TD_BUF(source.n);

    m.line = TD_BUF(out->n_max);
    m.tag = TD_BUF(out->n_max);
    m.name = TD_BUF(4096);
    TD_TRY(read_all(&m, source, &joined));
    if (td_str_trim(td_buf_str(out)).n == 0)
        TD_FAIL(err, TANDEM_E_EMPTY, "manual page has no text of its own");
out:
    td_buf_clear(&joined);
    td_buf_clear(&m.line);
    td_buf_clear(&m.tag);
    td_buf_clear(&m.name);
    return code;
}
