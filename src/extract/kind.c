#include "extract/kind.h"

#include "extract/charset_guess.h"
#include "extract/code_name.h"
#include "extract/extract.h"

enum {
    SNIFF_BYTES = 8192
};

td_str td_extract_kind_name(td_str uri, bool is_url)
{
    size_t slash;

    if (is_url) {
        uri = td_str_slice(uri, 0, td_str_find_byte(uri, '#', 0));
        uri = td_str_slice(uri, 0, td_str_find_byte(uri, '?', 0));
    }
    slash = td_str_find_last_byte(uri, '/');
    return slash == TD_STR_NONE ? uri : td_str_slice(uri, slash + 1, uri.n);
}

static td_str extension(td_str name)
{
    size_t dot = td_str_find_last_byte(name, '.');

    return dot == TD_STR_NONE || dot == 0 ? TD_STR("") : td_str_slice(name, dot + 1, name.n);
}

static bool is_one_of(td_str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (td_str_eq_nocase(s, td_str_from(words[i])))
            return true;
    return false;
}
#define IS_ONE_OF(s, words) is_one_of((s), (words), sizeof(words) / sizeof(*(words)))

/* NUL bytes say binary, unless a byte order mark or their places say UTF-16. */
static bool is_binary(td_str body)
{
    td_str head = td_str_slice(body, 0, SNIFF_BYTES);

    if (td_str_starts(head, TD_STR("\xFF\xFE")) || td_str_starts(head, TD_STR("\xFE\xFF")))
        return false;
    return td_str_find_byte(head, '\0', 0) != TD_STR_NONE && !td_extract_charset_guess_utf16(head);
}

static td_str skip_blank(td_str s)
{
    if (td_str_starts(s, TD_STR("\xEF\xBB\xBF")))
        s = td_str_slice(s, 3, s.n);
    for (;;) {
        size_t end;

        s = td_str_trim(s);
        if (td_str_starts(s, TD_STR("<!--")))
            end = td_str_find(s, TD_STR("-->"), 4);
        else if (td_str_starts(s, TD_STR("<?xml")))
            end = td_str_find(s, TD_STR("?>"), 5);
        else
            return s;
        if (end == TD_STR_NONE)
            return TD_STR("");
        s = td_str_slice(s, end + 2, s.n);
        if (s.n && s.ptr[0] == '>')
            s = td_str_slice(s, 1, s.n);
    }
}

/* As browsers do it (MIME Sniffing Standard, 7.1), with fewer tags: "<b>" may begin anything. */
static bool looks_like_html(td_str body)
{
    static const char *const STARTS[] = {"<!doctype html", "<html",  "<head", "<body", "<title",
                                         "<script",        "<table", "<h1",   "<div"};
    td_str s = skip_blank(td_str_slice(body, 0, SNIFF_BYTES));

    for (size_t i = 0; i < sizeof(STARTS) / sizeof(*STARTS); i++)
        if (td_str_starts_nocase(s, td_str_from(STARTS[i])))
            return true;
    return false;
}

static bool has_line(td_str body, td_str start)
{
    td_str rest = td_str_slice(body, 0, SNIFF_BYTES * 4), line;

    while (td_str_next(&rest, '\n', &line))
        if (td_str_starts(line, start))
            return true;
    return false;
}

static bool looks_like_man(td_str body)
{
    char first = body.n ? body.ptr[0] : 0;

    if (first != '.' && first != '\'' && first != '\\' && first != '\n')
        return false;
    return has_line(body, TD_STR(".TH ")) || has_line(body, TD_STR(".Dd ")) ||
           has_line(body, TD_STR(".TH\t")) || has_line(body, TD_STR(".so "));
}

static bool is_underline(td_str line, td_str before)
{
    static const char *const CHARS = "=-`:'\"~^_*+#<>";
    char c = line.n ? line.ptr[0] : 0;

    before = td_str_trim(before);
    if (line.n < 3 || !c || !strchr(CHARS, c) || before.n == 0 || before.n > line.n + 1 ||
        before.n * 3 < line.n)
        return false;
    for (size_t i = 0; i < line.n; i++)
        if (line.ptr[i] != c)
            return false;
    return true;
}

/* Directives, roles and underlined titles: two kinds or two of them make it reStructuredText. */
static bool looks_like_rst(td_str body)
{
    td_str rest = td_str_slice(body, 0, SNIFF_BYTES * 4), line, before = TD_STR("");
    size_t n_titles = 0, n_signs = 0;

    while (td_str_next(&rest, '\n', &line)) {
        td_str text = td_str_trim(line);

        n_titles += is_underline(text, before);
        if (td_str_starts(text, TD_STR(".. ")) &&
            (td_str_find(text, TD_STR("::"), 3) != TD_STR_NONE || text.ptr[3] == '_'))
            n_signs++;
        else if (td_str_starts(text, TD_STR(":")) &&
                 td_str_find(text, TD_STR(":`"), 1) != TD_STR_NONE)
            n_signs++;
        else if (td_str_find(text, TD_STR(" :"), 0) != TD_STR_NONE &&
                 td_str_find(text, TD_STR(":`"), 0) != TD_STR_NONE)
            n_signs++;
        before = line;
    }
    return n_signs >= 2 || (n_signs >= 1 && n_titles >= 1);
}

static bool is_man_section(td_str extension_text)
{
    return extension_text.n >= 1 && extension_text.n <= 8 && extension_text.ptr[0] >= '1' &&
           extension_text.ptr[0] <= '9' &&
           (extension_text.n == 1 || (unsigned)((extension_text.ptr[1] | 0x20) - 'a') < 26u);
}

/* TD_KIND_BINARY stands for "the name says nothing". */
static td_kind by_name(td_str name, td_str body, td_str *language_out)
{
    static const char *const HTML[] = {"html", "htm", "xhtml", "shtml", "xht"};
    static const char *const MARKDOWN[] = {"md", "markdown", "mkd", "mdown", "rmd", "qmd"};
    static const char *const RST[] = {"rst", "rest"};
    static const char *const MAN[] = {"man", "mdoc", "roff", "troff", "groff"};
    td_str ext = extension(name);
    size_t line = td_str_find_byte(td_str_slice(body, 0, 256), '\n', 0);

    if (IS_ONE_OF(ext, HTML))
        return TD_KIND_HTML;
    if (IS_ONE_OF(ext, MARKDOWN))
        return TD_KIND_MARKDOWN;
    if (td_str_eq_nocase(ext, TD_STR("mdx")))
        return TD_KIND_MDX;
    if (IS_ONE_OF(ext, RST) || td_str_ends_nocase(name, TD_STR(".rst.txt")))
        return TD_KIND_RST;
    if (td_str_eq_nocase(ext, TD_STR("ipynb")))
        return TD_KIND_NOTEBOOK;
    if ((is_man_section(ext) || IS_ONE_OF(ext, MAN)) && looks_like_man(body))
        return TD_KIND_MAN;
    *language_out =
        td_extract_code_language(name, td_str_slice(body, 0, line == TD_STR_NONE ? 256 : line));
    return language_out->n ? TD_KIND_CODE : TD_KIND_BINARY;
}

static td_kind by_bytes(td_str body)
{
    if (looks_like_html(body))
        return TD_KIND_HTML;
    if (looks_like_man(body))
        return TD_KIND_MAN;
    if (looks_like_rst(body))
        return TD_KIND_RST;
    return TD_KIND_TEXT;
}

static bool is_binary_type(td_str type)
{
    static const char *const PREFIXES[] = {"image/", "audio/",           "video/",
                                           "font/",  "application/vnd.", "application/x-font"};
    static const char *const TYPES[] = {"application/pdf",          "application/zip",
                                        "application/wasm",         "application/x-tar",
                                        "application/java-archive", "application/x-7z-compressed",
                                        "application/x-xz",         "application/x-bzip2",
                                        "application/zstd",         "application/msword",
                                        "application/x-executable", "application/x-sharedlib"};

    if (td_str_ends_nocase(type, TD_STR("+xml")) || td_str_ends_nocase(type, TD_STR("+json")))
        return false;
    for (size_t i = 0; i < sizeof(PREFIXES) / sizeof(*PREFIXES); i++)
        if (td_str_starts_nocase(type, td_str_from(PREFIXES[i])))
            return true;
    return IS_ONE_OF(type, TYPES);
}

/* "text/x-python" -> python; TD_KIND_BINARY when the type says nothing. */
static td_kind by_type(td_str type, td_str *language_out)
{
    static const char *const HTML[] = {"text/html", "application/xhtml+xml"};
    static const char *const MARKDOWN[] = {"text/markdown", "text/x-markdown"};
    static const char *const RST[] = {"text/x-rst", "text/prs.fallenstein.rst"};
    size_t slash = td_str_find_byte(type, '/', 0);
    td_str sub = slash == TD_STR_NONE ? TD_STR("") : td_str_slice(type, slash + 1, type.n);

    if (IS_ONE_OF(type, HTML))
        return TD_KIND_HTML;
    if (IS_ONE_OF(type, MARKDOWN))
        return TD_KIND_MARKDOWN;
    if (td_str_eq_nocase(type, TD_STR("text/mdx")))
        return TD_KIND_MDX;
    if (IS_ONE_OF(type, RST))
        return TD_KIND_RST;
    if (td_str_eq_nocase(type, TD_STR("application/x-ipynb+json")))
        return TD_KIND_NOTEBOOK;
    if (td_str_ends_nocase(sub, TD_STR("+xml")))
        sub = TD_STR("xml");
    else if (td_str_ends_nocase(sub, TD_STR("+json")))
        sub = TD_STR("json");
    else if (td_str_starts_nocase(sub, TD_STR("x-")))
        sub = td_str_slice(sub, 2, sub.n);
    if (td_str_starts_nocase(sub, TD_STR("script.")))
        sub = td_str_slice(sub, 7, sub.n);
    *language_out = td_extract_code_name_canonical(sub);
    if (td_str_eq(*language_out, TD_STR("text")) || td_str_eq(*language_out, TD_STR("markdown")))
        *language_out = TD_STR("");
    return language_out->n ? TD_KIND_CODE : TD_KIND_BINARY;
}

td_kind td_extract_kind_of(td_str media_type, td_str name, td_str body, td_str *language_out)
{
    td_str type = td_str_trim(td_str_slice(media_type, 0, td_str_find_byte(media_type, ';', 0)));
    td_str typed = TD_STR("");
    td_kind told = by_type(type, &typed), kind;

    *language_out = TD_STR("");
    if (td_str_starts(body, TD_STR("\x1F\x8B\x08")))
        return TD_KIND_GZIP;
    if (td_str_starts(body, TD_STR("%PDF-")))
        return TD_KIND_PDF;
    if (is_binary_type(type) || is_binary(body))
        return TD_KIND_BINARY;
    if (told == TD_KIND_MARKDOWN && td_str_eq_nocase(extension(name), TD_STR("mdx")))
        return TD_KIND_MDX;
    if (told != TD_KIND_BINARY && told != TD_KIND_CODE)
        return told;
    kind = by_name(name, body, language_out);
    if (kind != TD_KIND_BINARY)
        return kind;
    *language_out = typed;
    return told == TD_KIND_CODE ? told : by_bytes(body);
}
