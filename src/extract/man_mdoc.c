/* mdoc(7): nearly every word of a macro line may be a macro again, and punctuation joins on. */
#include "base/utf8.h"
#include "extract/man_writer.h"

enum {
    NAME_BYTES_MAX = 200
};

typedef struct inline_macro {
    const char *name;
    const char *before; /* the first word */
    const char *after;  /* the last one */
} inline_macro;

/* Macros that only put something around their words. */
static const inline_macro INLINE[] = {
    {"Ad", "", ""},          {"An", "", ""},          {"Ar", "", ""},       {"Cd", "", ""},
    {"Cm", "", ""},          {"Dv", "", ""},          {"Em", "", ""},       {"Er", "", ""},
    {"Ev", "", ""},          {"Fa", "", ""},          {"Ft", "", ""},       {"Ic", "", ""},
    {"Lb", "", ""},          {"Li", "", ""},          {"Mt", "", ""},       {"Ms", "", ""},
    {"No", "", ""},          {"Nd", "- ", ""},        {"Pa", "", ""},       {"Sy", "", ""},
    {"Tn", "", ""},          {"Va", "", ""},          {"Vt", "", ""},       {"Lk", "", ""},
    {"Fl", "-", ""},         {"In", "<", ">"},        {"Op", "[", "]"},     {"Bq", "[", "]"},
    {"Brq", "{", "}"},       {"Pq", "(", ")"},        {"Aq", "<", ">"},     {"Dq", "\"", "\""},
    {"Qq", "\"", "\""},      {"Sq", "'", "'"},        {"Ql", "'", "'"},     {"Ux", "UNIX", ""},
    {"Bx", "BSD", ""},       {"Fx", "FreeBSD", ""},   {"Nx", "NetBSD", ""}, {"Ox", "OpenBSD", ""},
    {"Dx", "DragonFly", ""}, {"At", "AT&T UNIX", ""}, {"St", "", ""},       {"Oo", "[", ""},
    {"Oc", "", "]"},         {"Bo", "[", ""},         {"Bc", "", "]"},      {"Po", "(", ""},
    {"Pc", "", ")"},         {"Ao", "<", ""},         {"Ac", "", ">"},      {"Do", "\"", ""},
    {"Dc", "", "\""},        {"So", "'", ""},         {"Sc", "", "'"},      {"Qo", "\"", ""},
    {"Qc", "", "\""},        {"Bro", "{", ""},        {"Brc", "", "}"},     {"%A", "", ","},
    {"%T", "", ","},         {"%B", "", ","},         {"%J", "", ","},      {"%D", "", "."},
    {"%I", "", ","},         {"%N", "", ","},         {"%V", "", ","},      {"%P", "", ","},
    {"%R", "", ","},         {"%O", "", "."},         {"%Q", "", ","},      {"%U", "", ""},
};

static const inline_macro *find_inline(td_str name)
{
    for (size_t i = 0; i < sizeof(INLINE) / sizeof(*INLINE); i++)
        if (td_str_eq(name, td_str_from(INLINE[i].name)))
            return &INLINE[i];
    return NULL;
}

static bool is(td_str a, const char *b)
{
    return td_str_eq(a, td_str_from(b));
}

static bool is_closing(td_str word)
{
    return word.n == 1 && strchr(".,:;)]?!", word.ptr[0]);
}

static bool is_opening(td_str word)
{
    return word.n == 1 && strchr("([", word.ptr[0]);
}

static tandem_code add_word(td_man *m, td_str word)
{
    tandem_code code;

    if (is_closing(word))
        m->no_space = true;
    code = td_extract_man_word(m, word);
    if (is_opening(word))
        m->no_space = true;
    return code;
}

static tandem_code add_joined(td_man *m, const char *text)
{
    if (!*text)
        return TANDEM_OK;
    m->no_space = true;
    return td_extract_man_word(m, td_str_from(text));
}

static tandem_code words(td_man *m, td_str *rest, unsigned depth);

/* name(arguments) */
static tandem_code function(td_man *m, td_str *rest)
{
    tandem_code code = TANDEM_OK;
    td_str word;
    bool first = true;

    if (!td_extract_man_text_next(rest, &word))
        return TANDEM_OK;
    TD_TRY(td_extract_man_word(m, word));
    TD_TRY(add_joined(m, "("));
    while (td_extract_man_text_next(rest, &word) && !is_closing(word)) {
        TD_TRY(add_joined(m, first ? "" : ", "));
        m->no_space = true;
        TD_TRY(td_extract_man_word(m, word));
        first = false;
    }
    TD_TRY(add_joined(m, ")"));
    if (is_closing(word) && !first)
        TD_TRY(add_word(m, word));
out:
    return code;
}

/* name(section) */
static tandem_code reference(td_man *m, td_str *rest)
{
    tandem_code code = TANDEM_OK;
    td_str word;

    if (!td_extract_man_text_next(rest, &word))
        return TANDEM_OK;
    TD_TRY(td_extract_man_word(m, word));
    if (!td_extract_man_text_next(rest, &word))
        return TANDEM_OK;
    if (is_closing(word))
        return add_word(m, word);
    TD_TRY(add_joined(m, "("));
    m->no_space = true;
    TD_TRY(td_extract_man_word(m, word));
    TD_TRY(add_joined(m, ")"));
out:
    return code;
}

static tandem_code name(td_man *m, td_str *rest)
{
    tandem_code code = TANDEM_OK;
    td_str ahead = *rest, word;
    bool given = td_extract_man_text_next(&ahead, &word) && !is_closing(word) &&
                 !find_inline(word) && !is(word, "Ns");

    if (given && m->name.n == 0)
        TD_TRY(td_buf_add(&m->name, td_utf8_head(word, NAME_BYTES_MAX), m->err));
    if (!given)
        TD_TRY(td_extract_man_word(m, td_buf_str(&m->name)));
out:
    return code;
}

/* One macro with what belongs to it; *rest moves behind. False: it is no inline macro. */
static tandem_code call(td_man *m, td_str macro, td_str *rest, unsigned depth, bool *known_out)
{
    tandem_code code = TANDEM_OK;
    const inline_macro *one = find_inline(macro);
    td_str word;

    *known_out = true;
    if (one) {
        bool joins = is(macro, "Fl") || is(macro, "In") || (*one->before && !*one->after) ||
                     (*one->before && strchr("[{(<\"'", *one->before));

        if (*one->before)
            TD_TRY(td_extract_man_word(m, td_str_from(one->before)));
        if (joins && !strchr("ABDFNOUa", one->before[0] ? one->before[0] : 'A'))
            m->no_space = true;
        TD_TRY(words(m, rest, depth + 1));
        return add_joined(m, one->after);
    }
    if (is(macro, "Ns") || is(macro, "Ap") || is(macro, "Pf")) {
        if (is(macro, "Ap"))
            TD_TRY(add_joined(m, "'"));
        if (is(macro, "Pf") && td_extract_man_text_next(rest, &word))
            TD_TRY(td_extract_man_word(m, word));
        m->no_space = true;
        return TANDEM_OK;
    }
    if (is(macro, "Fn"))
        return function(m, rest);
    if (is(macro, "Xr"))
        return reference(m, rest);
    if (is(macro, "Nm"))
        return name(m, rest);
    if (is(macro, "Sm")) {
        bool off = td_extract_man_text_next(rest, &word) && is(word, "off");

        m->spacing = off ? TD_MAN_JOINS_NEXT : TD_MAN_SPACED;
        return TANDEM_OK;
    }
    if (is(macro, "Xo") || is(macro, "Xc"))
        m->in_term = macro.ptr[1] == 'o' && m->tag_open;
    *known_out = is(macro, "Ta") || is(macro, "Xo") || is(macro, "Xc") || is(macro, "Ek") ||
                 is(macro, "Bk") || is(macro, "Rs") || is(macro, "Re");
    if (is(macro, "Bk"))
        (void)td_extract_man_text_next(rest, &word);
out:
    return code;
}

/* The words of a line; each may be a macro. Two arguments of Fl are two options. */
static tandem_code words(td_man *m, td_str *rest, unsigned depth)
{
    tandem_code code = TANDEM_OK;
    td_str word;

    while (td_extract_man_text_next(rest, &word)) {
        bool known = false;

        if (depth < 16 && word.n >= 2 && word.n <= 3)
            TD_TRY(call(m, word, rest, depth, &known));
        if (!known)
            TD_TRY(add_word(m, word));
    }
out:
    return code;
}

/* The words of a line as text of its own, for headings and terms. */
static tandem_code gather(td_man *m, td_str rest, td_buf *out)
{
    tandem_code code = TANDEM_OK;
    td_buf line = m->line;

    m->line = TD_BUF(1 << 20);
    code = words(m, &rest, 0);
    if (code == TANDEM_OK)
        code = td_buf_add(out, td_buf_str(&m->line), m->err);
    td_buf_clear(&m->line);
    m->line = line;
    m->no_space = false;
    return code;
}

static tandem_code item(td_man *m, td_str rest)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(td_extract_man_code(m, false));
    TD_TRY(td_extract_man_flush(m));
    m->tag_open = true;
    code = gather(m, rest, &m->tag);
    m->tag_open = false;
    TD_TRY(code);
    if (m->tag.n == 0)
        TD_TRY(td_buf_add(&m->line, TD_STR("- "), m->err));
out:
    return code;
}

/* A line between Xo and Xc. */
static tandem_code term_line(td_man *m, td_str macro, td_str rest)
{
    td_str whole = {macro.ptr, (size_t)(rest.ptr + rest.n - macro.ptr)};
    bool glued = m->spacing == TD_MAN_JOINED || m->no_space;
    size_t n = m->tag.n;
    tandem_code code = TANDEM_OK;

    if (!glued && n > 0)
        TD_TRY(td_buf_add_byte(&m->tag, ' ', m->err));
    m->tag_open = true;
    code = gather(m, whole, &m->tag);
    m->tag_open = false;
    if (m->tag.n == n + 1 && !glued)
        td_buf_cut(&m->tag, n);
out:
    return code;
}

static tandem_code heading(td_man *m, unsigned level, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(1 << 20);

    TD_TRY(td_extract_man_code(m, false));
    TD_TRY(td_extract_man_flush(m));
    TD_TRY(gather(m, rest, &text));
    TD_TRY(td_extract_man_heading(m, level, td_buf_str(&text)));
out:
    td_buf_clear(&text);
    return code;
}

static tandem_code title(td_man *m, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_str word = TD_STR(""), section = TD_STR("");

    td_extract_man_text_next(&rest, &word);
    td_extract_man_text_next(&rest, &section);
    TD_TRY(td_buf_add_fmt(m->out, m->err, "# %.*s(%.*s)\n", TD_STR_FMT(word), TD_STR_FMT(section)));
out:
    return code;
}

static bool is_literal(td_str rest)
{
    return td_str_find(rest, TD_STR("-literal"), 0) != TD_STR_NONE ||
           td_str_find(rest, TD_STR("-unfilled"), 0) != TD_STR_NONE;
}

/* A macro line inside an example: its words in one line. */
static tandem_code code_line(td_man *m, td_str macro, td_str rest)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(1 << 20);
    td_buf line = m->line;
    bool known = false;

    m->line = text;
    code = call(m, macro, &rest, 0, &known);
    if (code == TANDEM_OK)
        code = words(m, &rest, 0);
    text = m->line;
    m->line = line;
    m->no_space = false;
    if (code == TANDEM_OK && text.n)
        code = td_extract_man_code_line(m, td_buf_str(&text));
    td_buf_clear(&text);
    return code;
}

tandem_code td_extract_man_mdoc(td_man *m, td_str macro, td_str rest, bool *known_out)
{
    tandem_code code = TANDEM_OK;

    *known_out = true;
    if (m->in_term)
        return term_line(m, macro, rest);
    if (is(macro, "Dt"))
        return title(m, rest);
    if (is(macro, "Sh") || is(macro, "Ss"))
        return heading(m, macro.ptr[1] == 'h' ? 2 : 3, rest);
    if (is(macro, "Ed"))
        return td_extract_man_code(m, false);
    if (m->in_code)
        return code_line(m, macro, rest);
    if (is(macro, "Pp") || is(macro, "Lp") || is(macro, "El") || is(macro, "Bl"))
        return td_extract_man_flush(m);
    if (is(macro, "It"))
        return item(m, rest);
    if (is(macro, "Bd"))
        return is_literal(rest) ? td_extract_man_code(m, true) : td_extract_man_flush(m);
    if (is(macro, "Dl") || is(macro, "D1")) {
        td_buf text = TD_BUF(1 << 20);

        TD_TRY(td_extract_man_code(m, true));
        code = gather(m, rest, &text);
        if (code == TANDEM_OK)
            code = td_extract_man_code_line(m, td_buf_str(&text));
        td_buf_clear(&text);
        return code == TANDEM_OK ? td_extract_man_code(m, false) : code;
    }
    if (is(macro, "Os") || is(macro, "Dd"))
        return TANDEM_OK;
    if (is(macro, "Fo")) {
        TD_TRY(words(m, &rest, 0));
        return add_joined(m, "(");
    }
    if (is(macro, "Fc"))
        return add_joined(m, ")");
    TD_TRY(call(m, macro, &rest, 0, known_out));
    if (*known_out)
        TD_TRY(words(m, &rest, 0));
out:
    return code;
}
