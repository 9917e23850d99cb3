#include "extract/markdown_writer.h"

static const td_str MARKS[TD_MD_N_MARKS] = {
    [TD_MD_STRONG] = {"**", 2},
    [TD_MD_EMPHASIS] = {"*", 1},
    [TD_MD_DELETED] = {"~~", 2},
    [TD_MD_LINK] = {"[", 1},
};

static tandem_code write_pending(td_md *md)
{
    tandem_code code = TANDEM_OK;

    for (size_t i = 0; i < md->n_pending; i++) {
        td_md_mark mark = md->pending[i];

        if (mark != TD_MD_LINK && md->closed == mark && md->closed_at == md->line.n &&
            md->line.n > 0) {
            /* "**a****b**" would show its stars: one mark goes on instead. */
            td_buf_cut(&md->line, md->line.n - MARKS[mark].n);
            continue;
        }
        if (mark == TD_MD_LINK && td_str_ends(td_buf_str(&md->line), TD_STR("!"))) {
            td_buf_cut(&md->line, md->line.n - 1); /* "![a](b)" would be an image */
            TD_TRY(td_buf_add(&md->line, TD_STR("\\!"), md->err));
        }
        if (mark == TD_MD_LINK)
            md->link_at = md->line.n;
        TD_TRY(td_buf_add(&md->line, MARKS[mark], md->err));
    }
    md->n_pending = 0;
out:
    return code;
}

/* Everything that has to stand before the next text. */
static tandem_code before_text(td_md *md)
{
    tandem_code code = TANDEM_OK;

    if (md->space && md->line.n > 0 && md->line.ptr[md->line.n - 1] != '\n')
        TD_TRY(td_buf_add_byte(&md->line, ' ', md->err));
    md->space = false;
    if (md->n_pending)
        TD_TRY(write_pending(md));
out:
    return code;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes at s[i] that show nothing (soft hyphen, zero width space, BOM) or are a space (no-break);
 * 0 if it is another character. */
static size_t blank_n(td_str s, size_t i, bool *space_out)
{
    td_str rest = td_str_slice(s, i, i + 3);

    *space_out = td_str_starts(rest, TD_STR("\xC2\xA0"));
    if (*space_out || td_str_starts(rest, TD_STR("\xC2\xAD")))
        return 2;
    if (td_str_starts(rest, TD_STR("\xE2\x80\x8B")) || td_str_starts(rest, TD_STR("\xEF\xBB\xBF")))
        return 3;
    return 0;
}

/* "&lt;" that the reader of the page sees as it is written here. */
static bool is_entity(td_str s)
{
    size_t i = 1;

    i += td_str_starts(s, TD_STR("&#"));
    while (i < s.n && i < 32 &&
           ((unsigned)((s.ptr[i] | 0x20) - 'a') < 26u || (unsigned)(s.ptr[i] - '0') < 10u))
        i++;
    return i > 2 && i < s.n && s.ptr[i] == ';';
}

static bool needs_escape(const td_md *md, td_str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    unsigned char after = i + 1 < s.n ? (unsigned char)s.ptr[i + 1] : 0;

    if (c == '<')
        return (unsigned)((after | 0x20) - 'a') < 26u || after == '/' || after == '!' ||
               after == '?';
    if (c == '&')
        return is_entity(td_str_slice(s, i, s.n));
    if (c == ']' && after == '(')
        return true;
    return (c == '[' || c == ']') && md->open[TD_MD_LINK] > 0 && !md->plain;
}

static bool is_sign(unsigned char c)
{
    return c == '*' || c == '_' || c == '`' || c == '~';
}

static bool is_special(unsigned char c)
{
    return c <= ' ' || c == '<' || c == '[' || c == ']' || c == '&' || is_sign(c) || c == 0xC2 ||
           c == 0xE2 || c == 0xEF;
}

/* End of what can be taken as it is from a character on that is not special: words with one space
 * between them. */
static size_t plain_end(td_str text, size_t i)
{
    for (;;) {
        while (i < text.n && !is_special((unsigned char)text.ptr[i]))
            i++;
        if (i + 1 >= text.n || text.ptr[i] != ' ' || is_special((unsigned char)text.ptr[i + 1]))
            return i;
        i++;
    }
}

tandem_code td_extract_markdown_inline_text(td_md *md, td_str text)
{
    tandem_code code = TANDEM_OK;
    size_t i = 0;

    while (i < text.n) {
        size_t start = i, n_blank;
        bool space = false;

        if (!is_special((unsigned char)text.ptr[i])) {
            i = plain_end(text, i);
            TD_TRY(before_text(md));
            TD_TRY(td_buf_add(&md->line, td_str_slice(text, start, i), md->err));
            continue;
        }
        if (is_space((unsigned char)text.ptr[i])) {
            md->space = true;
            i++;
            continue;
        }
        n_blank = blank_n(text, i, &space);
        if (n_blank) {
            md->space |= space;
            i += n_blank;
            continue;
        }
        TD_TRY(before_text(md));
        if (needs_escape(md, text, i))
            TD_TRY(td_buf_add_byte(&md->line, '\\', md->err));
        if (is_sign((unsigned char)text.ptr[i]))
            TD_TRY(td_extract_markdown_escape_note(md));
        TD_TRY(td_buf_add_byte(&md->line, text.ptr[i++], md->err));
    }
out:
    return code;
}

tandem_code td_extract_markdown_inline_raw(td_md *md, td_str text)
{
    tandem_code code = TANDEM_OK;

    TD_TRY(before_text(md));
    TD_TRY(td_buf_add(&md->line, text, md->err));
out:
    return code;
}

static size_t longest_run(td_str s, char c)
{
    size_t best = 0, run = 0;

    for (size_t i = 0; i < s.n; i++) {
        run = s.ptr[i] == c ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return best;
}

tandem_code td_extract_markdown_inline_code(td_md *md, uint32_t at)
{
    tandem_code code = TANDEM_OK;
    td_buf text = TD_BUF(md->options->text_bytes_max);
    td_str s, raw;
    size_t ticks;
    bool pad;

    TD_TRY(td_extract_tree_text(md->tree, at, SIZE_MAX, &text, md->err));
    s = td_buf_str(&text);
    raw = md->tree->nodes[at].end > at + 1 ? md->tree->nodes[at + 1].text : TD_STR("");
    if (raw.n && is_space((unsigned char)raw.ptr[0]))
        md->space = true;
    if (s.n == 0)
        goto out;
    ticks = longest_run(s, '`') + 1;
    pad = s.ptr[0] == '`' || s.ptr[s.n - 1] == '`';
    TD_TRY(before_text(md));
    if (md->line.n && md->line.ptr[md->line.n - 1] == '`') {
        if (ticks == 1 && md->code_closed_at == md->line.n) {
            /* Two spans side by side: their back-quotes would make one longer mark. */
            td_buf_cut(&md->line, md->line.n - 1);
            TD_TRY(td_buf_add(&md->line, s, md->err));
            TD_TRY(td_buf_add_byte(&md->line, '`', md->err));
            md->code_closed_at = md->line.n;
            goto out;
        }
        TD_TRY(td_buf_add_byte(&md->line, ' ', md->err));
    }
    TD_TRY(td_buf_add_times(&md->line, '`', ticks, md->err));
    if (pad)
        TD_TRY(td_buf_add_byte(&md->line, ' ', md->err));
    TD_TRY(td_buf_add(&md->line, s, md->err));
    if (pad)
        TD_TRY(td_buf_add_byte(&md->line, ' ', md->err));
    TD_TRY(td_buf_add_times(&md->line, '`', ticks, md->err));
    md->code_closed_at = ticks == 1 ? md->line.n : 0;
out:
    td_buf_clear(&text);
    return code;
}

tandem_code td_extract_markdown_inline_break(td_md *md)
{
    if (md->single || md->line.n == 0) {
        md->space = true;
        return TANDEM_OK;
    }
    if (md->line.ptr[md->line.n - 1] == '\n') {
        /* Two breaks are how pages without paragraphs separate theirs. */
        for (int i = 0; i < TD_MD_N_MARKS; i++)
            if (md->open[i])
                return TANDEM_OK;
        return td_extract_markdown_flush(md);
    }
    md->space = false;
    return td_buf_add(&md->line, TD_STR("  \n"), md->err);
}

void td_extract_markdown_inline_open(td_md *md, td_md_mark mark)
{
    if (md->open[mark]++ == 0 && !md->plain && md->n_pending < TD_MD_PENDING_MAX)
        md->pending[md->n_pending++] = mark;
}

/* True when the mark never came to be written. */
static bool unpend(td_md *md, td_md_mark mark)
{
    for (size_t i = md->n_pending; i-- > 0;) {
        if (md->pending[i] != mark)
            continue;
        memmove(&md->pending[i], &md->pending[i + 1],
                (md->n_pending - i - 1) * sizeof(*md->pending));
        md->n_pending--;
        return true;
    }
    return false;
}

static tandem_code close_link(td_md *md)
{
    tandem_code code = TANDEM_OK;
    td_str url = td_buf_str(&md->url);
    td_str text = td_str_slice(td_buf_str(&md->line), md->link_at + 1, md->line.n);

    if (td_str_eq(text, url)) {
        memmove(md->line.ptr + md->link_at, text.ptr, text.n);
        while (md->n_signs > 0 && md->signs[md->n_signs - 1] > md->link_at)
            md->n_signs--; /* those of an address that stands for itself */
        td_buf_cut(&md->line, md->line.n - 1);
        md->closed_at = md->code_closed_at = 0;
        return TANDEM_OK;
    }
    TD_TRY(td_buf_add(&md->line, TD_STR("]("), md->err));
    TD_TRY(td_buf_add(&md->line, url, md->err));
    TD_TRY(td_buf_add_byte(&md->line, ')', md->err));
out:
    return code;
}

tandem_code td_extract_markdown_inline_close(td_md *md, td_md_mark mark)
{
    tandem_code code = TANDEM_OK;

    if (--md->open[mark] > 0 || md->plain || unpend(md, mark))
        return TANDEM_OK;
    while (md->line.n && md->line.ptr[md->line.n - 1] == '\n') {
        td_buf_cut(&md->line, md->line.n - 3); /* a break just before the end of the mark */
        md->space = true;
    }
    if (mark == TD_MD_LINK)
        return close_link(md);
    TD_TRY(td_buf_add(&md->line, MARKS[mark], md->err));
    md->closed = mark;
    md->closed_at = md->line.n;
out:
    return code;
}

/* What a click would not open as a page. */
static bool is_no_link(td_str href)
{
    static const char *const SCHEMES[] = {"javascript:", "mailto:",   "tel:",  "data:",
                                          "about:",      "vbscript:", "blob:", "sms:"};

    if (href.n == 0 || href.ptr[0] == '#')
        return true;
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(*SCHEMES); i++)
        if (td_str_starts_nocase(href, td_str_from(SCHEMES[i])))
            return true;
    return false;
}

static bool parens_match(td_str url)
{
    int depth = 0;

    for (size_t i = 0; i < url.n && depth >= 0; i++)
        depth += url.ptr[i] == '(' ? 1 : url.ptr[i] == ')' ? -1 : 0;
    return depth == 0;
}

/* What would end the link early is percent-encoded; line ends vanish, as in a browser. */
static tandem_code add_url(td_buf *out, td_str url, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool keep_parens = parens_match(url);

    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.ptr[i];

        if (c == '\n' || c == '\r' || c == '\t')
            continue;
        if (c <= ' ' || c == '<' || c == '>' || c == 0x7F || c == '\\' ||
            ((c == '(' || c == ')') && !keep_parens))
            TD_TRY(td_buf_add_fmt(out, err, "%%%02X", (unsigned)c));
        else
            TD_TRY(td_buf_add_byte(out, (char)c, err));
    }
out:
    return code;
}

tandem_code td_extract_markdown_inline_link(td_md *md, uint32_t at, bool *is_link_out)
{
    tandem_code code = TANDEM_OK;
    const td_node *node = &md->tree->nodes[at];
    td_str href = td_str_trim(td_extract_tree_get(node, TD_ATTRIBUTE_HREF));
    td_buf absolute = TD_BUF(1 << 20);
    size_t hash = td_str_find_byte(href, '#', 0);
    td_str page = td_str_slice(href, 0, hash), url = href, fragment = TD_STR("");

    *is_link_out = false;
    if (md->plain || md->open[TD_MD_LINK] || (node->flags & TD_NODE_HAS_BLOCK) || is_no_link(href))
        return TANDEM_OK;
    if (md->options->resolve && !md->options->links_as_written &&
        md->options->resolve(md->options->resolve_user, md->base, page, &absolute)) {
        url = td_buf_str(&absolute);
        fragment = td_str_slice(href, hash, href.n); /* where in the page, for who reads it */
    }
    td_buf_cut(&md->url, 0);
    TD_TRY(add_url(&md->url, url, md->err));
    TD_TRY(add_url(&md->url, fragment, md->err));
    *is_link_out = md->url.n > 0;
out:
    td_buf_clear(&absolute);
    return code;
}
