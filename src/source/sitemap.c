/* Entities are refused and no other file is ever opened. What stands in a sitemap is a stranger's:
 * every text has a cap, and what is not understood is passed over. */
#include "source/sitemap.h"

#include "base/buf.h"
#include "base/gzip.h"

#include <expat.h>
#include <limits.h>
#include <stdio.h>

enum {
    LOC_BYTES_MAX = 8192,                /* longer ones are no usable URL */
    TEXT_BYTES_MAX = LOC_BYTES_MAX + 64, /* with white space around it */
    HEAD_BYTES = 1024,
    NAME_BYTES = 40,
    PACKED_FREE_BYTES = 1 << 20,
    PACKED_RATIO_MAX = 100,
};

typedef enum root {
    ROOT_UNKNOWN,
    ROOT_URLSET,
    ROOT_INDEX,
    ROOT_RSS,
    ROOT_ATOM,
} root;

typedef enum field {
    FIELD_NONE,
    FIELD_LOC,
    FIELD_CHANGED,
} field;

typedef struct reader {
    XML_Parser parser;
    td_source_sitemap_each each;
    void *user;
    size_t n, depth, entry_depth; /* entry_depth: of the url, sitemap, item or entry; 0: outside */
    root root;
    field field;
    td_buf loc, changed;
    bool is_long;                 /* a text of the entry is over its cap: the entry is none */
    char refused[NAME_BYTES * 3]; /* why the parser was stopped */
} reader;

/* -- time -- */

static bool take_number(td_str *text, size_t n, int *value_out)
{
    int value = 0;

    if (text->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text->ptr[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *text = td_str_slice(*text, n, text->n);
    *value_out = value;
    return true;
}

static bool take_byte(td_str *text, char byte)
{
    if (text->n == 0 || text->ptr[0] != byte)
        return false;
    *text = td_str_slice(*text, 1, text->n);
    return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; month 13 is January of the next year.
 * Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 12 ? year + 1 : year, m = month > 12 ? 1 : month;

    y -= m <= 2;
    int64_t era = y / 400, year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

/* "Z", "+02:00", "-0530" or nothing; minutes east of Greenwich. */
static bool take_zone(td_str text, int *minutes_out)
{
    int hours = 0, minutes = 0;
    bool west = text.n > 0 && text.ptr[0] == '-';

    *minutes_out = 0;
    if (text.n == 0 || td_str_eq_nocase(text, TD_STR("z")))
        return true;
    if (!take_byte(&text, '+') && !take_byte(&text, '-'))
        return false;
    if (!take_number(&text, 2, &hours))
        return false;
    take_byte(&text, ':');
    if (text.n > 0 && !take_number(&text, 2, &minutes))
        return false;
    *minutes_out = (hours * 60 + minutes) * (west ? -1 : 1);
    return text.n == 0;
}

/* "T10:00:00.5+02:00" behind a date; the end of its second. */
static int64_t time_of(int64_t days, td_str text)
{
    int hour = 0, minute = 0, second = 59, zone = 0, ignored = 0;

    if (!take_number(&text, 2, &hour) || !take_byte(&text, ':') || !take_number(&text, 2, &minute))
        return -1;
    if (take_byte(&text, ':') && !take_number(&text, 2, &second))
        return -1;
    if (take_byte(&text, '.'))
        while (take_number(&text, 1, &ignored)) {
        }
    if (hour > 24 || minute > 59 || second > 60 || !take_zone(text, &zone))
        return -1;
    return ((days * 24 + hour) * 3600 + (minute - zone) * 60 + second) * 1000 + 999;
}

int64_t td_source_sitemap_time(td_str text)
{
    int year = 0, month = 0, day = 0;

    text = td_str_trim(text);
    if (!take_number(&text, 4, &year) || year < 1970)
        return -1;
    if (text.n == 0)
        return days_of(year + 1, 1, 1) * 86400000 - 1;
    if (!take_byte(&text, '-') || !take_number(&text, 2, &month) || month < 1 || month > 12)
        return -1;
    if (text.n == 0)
        return days_of(year, month + 1, 1) * 86400000 - 1;
    if (!take_byte(&text, '-') || !take_number(&text, 2, &day) || day < 1 || day > 31)
        return -1;
    if (text.n == 0)
        return days_of(year, month, day + 1) * 86400000 - 1;
    return take_byte(&text, 'T') || take_byte(&text, 't') || take_byte(&text, ' ')
               ? time_of(days_of(year, month, day), text)
               : -1;
}

/* -- XML -- */

static void refuse(reader *r, const char *why, const char *name)
{
    if (!r->refused[0])
        snprintf(r->refused, sizeof(r->refused), "%s%.*s", why, (int)NAME_BYTES, name);
    XML_StopParser(r->parser, XML_FALSE);
}

/* Some write "sm:urlset", and the namespaces are wrong often enough to be no help. */
static td_str local_name(const XML_Char *name)
{
    td_str whole = td_str_from(name);
    size_t colon = td_str_find_last_byte(whole, ':');

    return colon == TD_STR_NONE ? whole : td_str_slice(whole, colon + 1, whole.n);
}

static void open_root(reader *r, const XML_Char *name)
{
    td_str local = local_name(name);

    if (td_str_eq_nocase(local, TD_STR("urlset")))
        r->root = ROOT_URLSET;
    else if (td_str_eq_nocase(local, TD_STR("sitemapindex")))
        r->root = ROOT_INDEX;
    else if (td_str_eq(local, TD_STR("rss")) || td_str_eq(local, TD_STR("RDF")))
        r->root = ROOT_RSS;
    else if (td_str_eq(local, TD_STR("feed")))
        r->root = ROOT_ATOM;
    else if (td_str_eq_nocase(local, TD_STR("html")))
        refuse(r, "it is an HTML page, no sitemap", "");
    else
        refuse(r, "no sitemap: it begins with ", name);
}

static bool is_entry(const reader *r, const XML_Char *name)
{
    td_str local = local_name(name), whole = td_str_from(name);

    switch (r->root) {
    case ROOT_URLSET:
        return td_str_eq(local, TD_STR("url"));
    case ROOT_INDEX:
        return td_str_eq(local, TD_STR("sitemap"));
    case ROOT_RSS:
        return td_str_eq(whole, TD_STR("item"));
    case ROOT_ATOM:
        return td_str_eq(whole, TD_STR("entry"));
    case ROOT_UNKNOWN:
        break;
    }
    return false;
}

/* What text right inside an entry is: some write the address there, without a loc around it. */
static field field_inside(const reader *r)
{
    bool is_sitemap = r->root == ROOT_URLSET || r->root == ROOT_INDEX;

    return r->entry_depth > 0 && r->depth == r->entry_depth && is_sitemap ? FIELD_LOC : FIELD_NONE;
}

static field field_of(const reader *r, const XML_Char *name)
{
    td_str local = local_name(name), whole = td_str_from(name);

    if (r->root == ROOT_RSS)
        return td_str_eq(whole, TD_STR("link")) ? FIELD_LOC : FIELD_NONE;
    if (r->root == ROOT_ATOM)
        return td_str_eq(whole, TD_STR("updated")) ? FIELD_CHANGED : FIELD_NONE;
    if (td_str_eq(local, TD_STR("loc")))
        return FIELD_LOC;
    return td_str_eq(local, TD_STR("lastmod")) ? FIELD_CHANGED : FIELD_NONE;
}

/* <link rel="alternate" href="..."/>; without rel it means the same. */
static void take_atom_link(reader *r, const XML_Char *name, const XML_Char **attributes)
{
    const XML_Char *href = NULL, *rel = "alternate";

    if (strcmp(name, "link") != 0 || r->loc.n > 0)
        return;
    for (; *attributes; attributes += 2) {
        href = strcmp(attributes[0], "href") == 0 ? attributes[1] : href;
        rel = strcmp(attributes[0], "rel") == 0 ? attributes[1] : rel;
    }
    if (href && strcmp(rel, "alternate") == 0 &&
        td_buf_add(&r->loc, td_str_from(href), NULL) != TANDEM_OK)
        r->is_long = true;
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    reader *r = user;

    if (r->depth++ == 0) {
        open_root(r, name);
    } else if (r->entry_depth == 0 && is_entry(r, name)) {
        r->entry_depth = r->depth;
        td_buf_cut(&r->loc, 0);
        td_buf_cut(&r->changed, 0);
        r->is_long = false;
        r->field = field_inside(r);
    } else if (r->entry_depth > 0 && r->depth == r->entry_depth + 1) {
        r->field = field_of(r, name);
        if (r->root == ROOT_ATOM)
            take_atom_link(r, name, attributes);
    } else {
        r->field = FIELD_NONE; /* image:loc stands in an image of the entry */
    }
}

static void give(reader *r, td_str loc, td_str changed)
{
    loc = td_str_trim(loc);
    if (loc.n == 0 || loc.n > LOC_BYTES_MAX || r->is_long || r->n >= TD_SOURCE_SITEMAP_ENTRIES_MAX)
        return;
    td_source_sitemap_entry entry = {
        .loc = loc,
        .is_sitemap = r->root == ROOT_INDEX,
        .changed_ms = td_source_sitemap_time(changed),
    };
    r->n++;
    r->each(r->user, &entry);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    reader *r = user;

    (void)name;
    if (r->depth == r->entry_depth) {
        give(r, td_buf_str(&r->loc), td_buf_str(&r->changed));
        r->entry_depth = 0;
        if (r->n >= TD_SOURCE_SITEMAP_ENTRIES_MAX)
            XML_StopParser(r->parser, XML_FALSE);
    }
    r->depth--;
    r->field = field_inside(r);
}

static void XMLCALL on_text(void *user, const XML_Char *text, int n)
{
    reader *r = user;

    td_buf *to = r->field == FIELD_LOC ? &r->loc : &r->changed;

    if (r->field != FIELD_NONE && td_buf_add(to, (td_str){text, (size_t)n}, NULL) != TANDEM_OK)
        r->is_long = true;
}

static void XMLCALL on_entity(void *user, const XML_Char *name, int is_parameter,
                              const XML_Char *value, int n, const XML_Char *base,
                              const XML_Char *system_id, const XML_Char *public_id,
                              const XML_Char *notation)
{
    (void)is_parameter, (void)value, (void)n, (void)base;
    (void)system_id, (void)public_id, (void)notation;
    refuse(user, "it declares an entity, which no sitemap needs: ", name);
}

/* `&` that begins one of the references that XML itself knows. */
static bool is_reference(td_str text, size_t at)
{
    static const char *const names[] = {"amp;", "lt;", "gt;", "quot;", "apos;"};
    td_str rest = td_str_slice(text, at + 1, at + 12);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (td_str_starts(rest, td_str_from(names[i])))
            return true;
    return rest.n > 0 && rest.ptr[0] == '#' && td_str_find_byte(rest, ';', 2) != TD_STR_NONE;
}

/* The commonest fault of sitemaps is "?a=1&b=2" as it is. Everybody means the same by it. */
static tandem_code repair(td_str text, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    size_t start = 0, at = 0;

    while ((at = td_str_find_byte(text, '&', at)) != TD_STR_NONE) {
        if (is_reference(text, at++))
            continue;
        TD_TRY(td_buf_add(out, td_str_slice(text, start, at), err));
        TD_TRY(td_buf_add(out, TD_STR("amp;"), err));
        start = at;
    }
    if (start > 0)
        TD_TRY(td_buf_add(out, td_str_slice(text, start, text.n), err));

out:
    return code;
}

static tandem_code fail_xml(const reader *r, tandem_error *err)
{
    enum XML_Error error = XML_GetErrorCode(r->parser);

    if (r->refused[0])
        return td_fail(err, TANDEM_E_FORMAT, "%s", r->refused);
    if (error == XML_ERROR_ABORTED)
        return TANDEM_OK; /* enough entries */
    if (error == XML_ERROR_NO_MEMORY)
        return td_fail_nomem(err, "sitemap");
    return td_fail(err, TANDEM_E_FORMAT, "sitemap, line %llu: %s (%zu addresses before it)",
                   (unsigned long long)XML_GetCurrentLineNumber(r->parser), XML_ErrorString(error),
                   r->n);
}

static tandem_code read_xml(reader *r, td_str text, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf repaired = TD_BUF(TD_SOURCE_SITEMAP_BYTES_MAX * 2u);
    bool is_wide = text.n > 1 && (text.ptr[0] == '\0' || text.ptr[1] == '\0' ||
                                  (unsigned char)text.ptr[0] >= 0xfe);

    r->loc = r->changed = TD_BUF(TEXT_BYTES_MAX);
    r->parser = XML_ParserCreate(NULL);
    if (!r->parser)
        TD_TRY(td_fail_nomem(err, "sitemap"));
    if (!is_wide)
        TD_TRY(repair(text, &repaired, err));
    if (repaired.n > 0)
        text = td_buf_str(&repaired);
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetEntityDeclHandler(r->parser, on_entity);
    if (text.n > INT_MAX)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "sitemap of %zu bytes", text.n);
    if (XML_Parse(r->parser, text.ptr, (int)text.n, 1) != XML_STATUS_OK)
        TD_TRY(fail_xml(r, err));

out:
    if (r->parser)
        XML_ParserFree(r->parser);
    td_buf_clear(&repaired);
    td_buf_clear(&r->loc);
    td_buf_clear(&r->changed);
    return code;
}

/* -- lists of addresses -- */

static bool is_address(td_str line)
{
    return td_str_starts_nocase(line, TD_STR("http://")) ||
           td_str_starts_nocase(line, TD_STR("https://"));
}

static tandem_code read_list(reader *r, td_str text, tandem_error *err)
{
    td_str line;
    size_t n_other = 0;

    while (td_str_next(&text, '\n', &line)) {
        line = td_str_trim(line);
        if (is_address(line))
            give(r, line, TD_STR(""));
        else
            n_other += line.n > 0;
        if (r->n == 0 && n_other > 0)
            return td_fail(err, TANDEM_E_FORMAT, "no sitemap: neither XML nor a list of addresses");
    }
    return TANDEM_OK;
}

/* -- all of them -- */

static td_str without_mark(td_str text)
{
    return td_str_starts(text, TD_STR("\xef\xbb\xbf")) ? td_str_slice(text, 3, text.n) : text;
}

static tandem_code unpack(td_str packed, td_buf *out, tandem_error *err)
{
    tandem_code code = td_gzip_read(packed, out, err);

    if (code == TANDEM_E_TOO_LARGE)
        return td_fail(err, code, "unpacks to more than %d MB", TD_SOURCE_SITEMAP_BYTES_MAX >> 20);
    if (code == TANDEM_OK && out->n > PACKED_FREE_BYTES && packed.n < out->n / PACKED_RATIO_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "unpacks to more than %d times its size",
                       PACKED_RATIO_MAX);
    return code;
}

tandem_code td_source_sitemap_read(td_str bytes, td_source_sitemap_each each, void *user,
                                   size_t *n_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf unpacked = TD_BUF(TD_SOURCE_SITEMAP_BYTES_MAX);
    reader r = {.each = each, .user = user};

    if (td_str_starts(bytes, TD_STR("\x1f\x8b"))) {
        TD_TRY(unpack(bytes, &unpacked, err));
        bytes = td_buf_str(&unpacked);
    }
    if (bytes.n > TD_SOURCE_SITEMAP_BYTES_MAX)
        TD_FAIL(err, TANDEM_E_TOO_LARGE, "a sitemap of more than %d MB",
                TD_SOURCE_SITEMAP_BYTES_MAX >> 20);
    td_str text = td_str_trim(without_mark(bytes));
    if (text.n == 0)
        TD_FAIL(err, TANDEM_E_FORMAT, "the sitemap is empty");
    if (td_str_starts_nocase(text, TD_STR("<!doctype html")) ||
        td_str_starts_nocase(text, TD_STR("<html")))
        TD_FAIL(err, TANDEM_E_FORMAT, "it is an HTML page, no sitemap");
    if (is_address(text) ||
        (text.ptr[0] != '<' && text.ptr[0] != '\0' && (unsigned char)text.ptr[0] < 0xfe))
        TD_TRY(read_list(&r, text, err));
    else
        TD_TRY(read_xml(&r, text, err));

out:
    *n_out = r.n;
    td_buf_clear(&unpacked);
    return code;
}

bool td_source_sitemap_is_one(td_str bytes)
{
    td_str head = td_str_slice(bytes, 0, HEAD_BYTES);

    return td_str_find(head, TD_STR("<urlset"), 0) != TD_STR_NONE ||
           td_str_find(head, TD_STR("<sitemapindex"), 0) != TD_STR_NONE;
}
