#include "extract/charset.h"

#include "base/utf8.h"
#include "extract/charset_guess.h"

#include <errno.h>
#include <iconv.h>

enum {
    LOOK_BYTES = 4096, /* browsers look at 1024; pages with much before their meta exist */
    LABEL_BYTES_MAX = 40,
    STEP_BYTES = 16 << 10,
};

/* Labels that iconv knows by another name, or that mean more than they say (a page in "latin1" is
 * windows-1252, one in "gb2312" is gb18030). NULL: UTF-8. */
static const struct {
    const char *label, *iconv;
} LABELS[] = {
    {"utf-8", NULL},
    {"utf8", NULL},
    {"unicode-1-1-utf-8", NULL},
    {"x-unicode20utf8", NULL},
    {"iso-8859-1", "CP1252"},
    {"iso8859-1", "CP1252"},
    {"iso_8859-1", "CP1252"},
    {"latin1", "CP1252"},
    {"l1", "CP1252"},
    {"ascii", "CP1252"},
    {"us-ascii", "CP1252"},
    {"ansi_x3.4-1968", "CP1252"},
    {"windows-1252", "CP1252"},
    {"x-cp1252", "CP1252"},
    {"iso-8859-9", "CP1254"},
    {"latin5", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"latin2", "ISO-8859-2"},
    {"latin3", "ISO-8859-3"},
    {"latin4", "ISO-8859-4"},
    {"cyrillic", "ISO-8859-5"},
    {"arabic", "ISO-8859-6"},
    {"greek", "ISO-8859-7"},
    {"hebrew", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"logical", "ISO-8859-8"},
    {"koi8", "KOI8-R"},
    {"koi", "KOI8-R"},
    {"koi8-ru", "KOI8-U"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"x-gbk", "GB18030"},
    {"chinese", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"ms_kanji", "CP932"},
    {"windows-31j", "CP932"},
    {"x-euc-jp", "EUC-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"korean", "CP949"},
    {"windows-949", "CP949"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"x-mac-roman", "MACINTOSH"},
    {"mac", "MACINTOSH"},
    {"utf-16", "UTF-16LE"},
    {"unicode", "UTF-16LE"},
};

/* Other labels that are iconv's own names: "windows-1251", "iso-8859-15", "koi8-r", ... */
static const char *const SAME_PREFIXES[] = {"windows-125", "iso-8859-", "koi8-",     "euc-jp",
                                            "iso-2022-jp", "gb18030",   "macintosh", "utf-16",
                                            "cp125",       "cp866",     "ibm866",    "iso8859-"};

typedef struct charset {
    bool known, utf8;
    char iconv[LABEL_BYTES_MAX];
} charset;

static charset find_label(td_str label)
{
    charset c = {0};

    label = td_str_trim(label);
    if (label.n >= 2 && (label.ptr[0] == '"' || label.ptr[0] == '\''))
        label = td_str_slice(label, 1, label.n - 1);
    if (label.n == 0 || label.n >= sizeof(c.iconv))
        return c;
    for (size_t i = 0; i < sizeof(LABELS) / sizeof(*LABELS); i++) {
        if (!td_str_eq_nocase(label, td_str_from(LABELS[i].label)))
            continue;
        c.known = true;
        c.utf8 = !LABELS[i].iconv;
        if (LABELS[i].iconv)
            memcpy(c.iconv, LABELS[i].iconv, strlen(LABELS[i].iconv) + 1);
        return c;
    }
    for (size_t i = 0; i < sizeof(SAME_PREFIXES) / sizeof(*SAME_PREFIXES); i++) {
        if (!td_str_starts_nocase(label, td_str_from(SAME_PREFIXES[i])))
            continue;
        c.known = true;
        memcpy(c.iconv, label.ptr, label.n);
        return c;
    }
    return c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A label after "charset", "encoding" or "coding" at `at`: ="utf-8" or : utf-8. */
static td_str label_at(td_str s, size_t at)
{
    size_t start;

    while (at < s.n && is_space(s.ptr[at]))
        at++;
    if (at >= s.n || (s.ptr[at] != '=' && s.ptr[at] != ':'))
        return TD_STR("");
    at++;
    while (at < s.n && (is_space(s.ptr[at]) || s.ptr[at] == '"' || s.ptr[at] == '\''))
        at++;
    start = at;
    while (at < s.n &&
           ((unsigned)((s.ptr[at] | 0x20) - 'a') < 26u || (s.ptr[at] >= '0' && s.ptr[at] <= '9') ||
            s.ptr[at] == '-' || s.ptr[at] == '_' || s.ptr[at] == '.' || s.ptr[at] == ':'))
        at++;
    return td_str_slice(s, start, at);
}

static size_t find_nocase(td_str s, td_str what, size_t from)
{
    for (size_t i = from; i + what.n <= s.n; i++)
        if ((s.ptr[i] | 0x20) == what.ptr[0] &&
            td_str_eq_nocase(td_str_slice(s, i, i + what.n), what))
            return i;
    return TD_STR_NONE;
}

/* <meta charset=x> and <meta http-equiv=content-type content="text/html; charset=x">. */
static charset look_for_meta(td_str head)
{
    charset c = {0};

    for (size_t at = 0; (at = find_nocase(head, TD_STR("<meta"), at)) != TD_STR_NONE; at += 5) {
        size_t end = td_str_find_byte(head, '>', at);
        td_str tag = td_str_slice(head, at, end);
        size_t in = find_nocase(tag, TD_STR("charset"), 0);

        if (in != TD_STR_NONE)
            c = find_label(label_at(tag, in + 7));
        if (c.known)
            break;
    }
    if (c.known && td_str_starts_nocase(td_str_from(c.iconv), TD_STR("utf-16")))
        c.utf8 = true; /* it could not have been read as ASCII if it were UTF-16 */
    return c;
}

/* XML's declaration, or the coding comment of Python, Ruby and Emacs in the first two lines. */
static charset look_for_declaration(td_str head)
{
    size_t line = td_str_find_byte(head, '\n', 0);
    size_t at;

    if (td_str_starts(head, TD_STR("<?xml"))) {
        td_str tag = td_str_slice(head, 0, td_str_find_byte(head, '>', 0));

        at = td_str_find(tag, TD_STR("encoding"), 0);
        return at == TD_STR_NONE ? (charset){0} : find_label(label_at(tag, at + 8));
    }
    if (line != TD_STR_NONE)
        line = td_str_find_byte(head, '\n', line + 1);
    head = td_str_slice(head, 0, line);
    if (head.n == 0 || head.ptr[0] != '#')
        return (charset){0};
    at = td_str_find(head, TD_STR("coding"), 0);
    return at == TD_STR_NONE ? (charset){0} : find_label(label_at(head, at + 6));
}

static tandem_code convert(td_str body, const char *from, td_buf *buf, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    iconv_t cd = iconv_open("UTF-8", from);
    char step[STEP_BYTES];
    char *in = (char *)(uintptr_t)body.ptr;
    size_t in_n = body.n;

    if (cd == (iconv_t)-1) {
        if (errno == ENOMEM)
            return td_fail_nomem(err, "charset conversion");
        return td_utf8_add_clean(buf, body, err); /* this system lacks that charset */
    }
    while (in_n > 0) {
        char *out = step;
        size_t out_n = sizeof(step);
        size_t rc = iconv(cd, &in, &in_n, &out, &out_n);
        int why = rc == (size_t)-1 ? errno : 0;

        TD_TRY(td_utf8_add_clean(buf, (td_str){step, sizeof(step) - out_n}, err));
        if (why == 0 || why == E2BIG)
            continue;
        TD_TRY(td_buf_add(buf, TD_STR("\xEF\xBF\xBD"), err));
        if (why == EINVAL)
            break;
        in++;
        in_n--;
    }
out:
    iconv_close(cd);
    return code;
}

static charset decide(td_str body, td_str header)
{
    td_str head = td_str_slice(body, 0, LOOK_BYTES);
    charset c = find_label(header);

    if (!c.known && td_str_find_byte(head, '<', 0) != TD_STR_NONE)
        c = look_for_meta(head);
    if (!c.known)
        c = look_for_declaration(head);
    if (!c.known) {
        const char *guess = td_extract_charset_guess_utf16(body);

        c.utf8 = !guess && td_utf8_valid_n(body) == body.n;
        if (!c.utf8)
            guess = guess ? guess : td_extract_charset_guess(body);
        if (guess)
            memcpy(c.iconv, guess, strlen(guess) + 1);
    }
    return c;
}

tandem_code td_extract_charset_decode(td_str body, td_str header, td_buf *buf, td_str *text_out,
                                      tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    charset c = {0};

    if (td_str_starts(body, TD_STR("\xEF\xBB\xBF"))) {
        c.utf8 = true;
        body = td_str_slice(body, 3, body.n);
    } else if (td_str_starts(body, TD_STR("\xFF\xFE"))) {
        memcpy(c.iconv, "UTF-16LE", sizeof("UTF-16LE"));
        body = td_str_slice(body, 2, body.n);
    } else if (td_str_starts(body, TD_STR("\xFE\xFF"))) {
        memcpy(c.iconv, "UTF-16BE", sizeof("UTF-16BE"));
        body = td_str_slice(body, 2, body.n);
    } else {
        c = decide(body, header);
    }
    if (c.utf8 && td_utf8_valid_n(body) == body.n &&
        td_str_find_byte(body, '\0', 0) == TD_STR_NONE) {
        *text_out = body;
        return TANDEM_OK;
    }
    if (c.utf8)
        TD_TRY(td_utf8_add_clean(buf, body, err));
    else
        TD_TRY(convert(body, c.iconv, buf, err));
    *text_out = td_buf_str(buf);
out:
    return code;
}
