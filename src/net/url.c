/* URLs: cleaned and joined here as a browser does it, then parsed by libcurl.
 *
 *  1. White space around, and tabs and line ends anywhere, are dropped; the fragment too.
 *  2. In the authority nothing is repaired: what does not belong there makes the URL invalid.
 *  3. In path and query a byte that may not stand there raw is percent-encoded; an escape or a
 *     stray '%' stays as it was written, since servers tell "%2f" from "/" and "%41" from "A".
 *  4. `\` is '/' before the query, as in every browser.
 * Source: RFC 3986 sections 3 and 5; WHATWG URL, "special" schemes, percent-encode sets.
 */
#include "net/net.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <locale.h>
#include <pthread.h>

enum {
    URL_BYTES_MAX = 8192, /* longer ones are traps or data: nginx refuses lines above 8 KiB */
    SHOWN_BYTES = 100,    /* of a bad URL in a message */
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_line_byte(char c)
{
    return c == '\t' || c == '\n' || c == '\r';
}

static bool must_encode(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f || strchr("\"<>`{}|^", c) != NULL;
}

static tandem_code fail_invalid(tandem_error *err, td_str url, const char *why)
{
    char shown[SHOWN_BYTES + 1];
    size_t n = url.n < SHOWN_BYTES ? url.n : SHOWN_BYTES;
    /* A name or key may stand before an '@': nothing behind it is shown. */
    size_t at = td_str_find_byte(url, '@', 0);

    if (at != TD_STR_NONE)
        return td_fail(err, TANDEM_E_INVALID, "not a usable URL: %s", why);
    for (size_t i = 0; i < n; i++)
        shown[i] = (unsigned char)url.ptr[i] < ' ' || url.ptr[i] == 0x7f ? '?' : url.ptr[i];
    shown[n] = '\0';
    return td_fail(err, TANDEM_E_INVALID, "not a usable URL: %s: %s", shown, why);
}

static tandem_code fail_scheme(td_str url, tandem_error *err)
{
    return fail_invalid(err, url, "it must start with http:// or https://");
}

static td_str without_fragment_and_space(td_str url)
{
    size_t start = 0, end = td_str_find_byte(url, '#', 0);
    end = end == TD_STR_NONE ? url.n : end;
    while (start < end && (unsigned char)url.ptr[start] <= ' ')
        start++;
    while (end > start && (unsigned char)url.ptr[end - 1] <= ' ')
        end--;
    return td_str_slice(url, start, end);
}

/* Bytes of "scheme:", 0 if it has none. */
static size_t scheme_n(td_str url)
{
    if (url.n == 0 || !is_alpha(url.ptr[0]))
        return 0;
    for (size_t i = 1; i < url.n; i++) {
        char c = url.ptr[i];
        if (c == ':')
            return i + 1;
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.')
            return 0;
    }
    return 0;
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* Where path or query start: behind "scheme://authority", "//authority", or at 0. */
static size_t authority_end(td_str url, size_t from)
{
    if (from + 1 >= url.n || !is_slash(url.ptr[from]) || !is_slash(url.ptr[from + 1]))
        return from;
    size_t i = from + 2;
    while (i < url.n && is_slash(url.ptr[i]))
        i++;
    while (i < url.n && !is_slash(url.ptr[i]) && url.ptr[i] != '?')
        i++;
    return i;
}

static tandem_code add_authority(td_str url, size_t start, size_t end, td_buf *out,
                                 tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool in_host = false, in_brackets = false;

    for (size_t i = start; i < end && code == TANDEM_OK; i++) {
        char c = url.ptr[i];
        in_brackets = c == '[' || (in_brackets && c != ']');
        /* libcurl takes it for the name of a network interface and drops it. */
        if (in_brackets && c == '%')
            return fail_invalid(err, url, "an escape in an IPv6 address");
        if (is_slash(c)) {
            /* "http:///host" is written by people and read by browsers as "http://host". */
            if (i >= start + 2)
                continue;
            c = '/';
        } else {
            in_host = true;
        }
        if ((unsigned char)c <= ' ' || c == 0x7f)
            return fail_invalid(err, url, "a space or control character in the host");
        code = td_buf_add_byte(out, c, err);
    }
    if (code == TANDEM_OK && end > start && !in_host)
        return fail_invalid(err, url, "no host");
    return code;
}

/* Bytes of a path segment "." or ".." at `from` in which a dot is written "%2e"; 0 if there is
 * none. RFC 3986 2.3: such an escape means the dot itself, and servers decode it before they walk
 * up, so leaving it would let "/docs/%2e%2e/x" pass for something below "/docs/". */
static size_t escaped_dots_n(td_str url, size_t from, size_t *n_dots_out)
{
    size_t i = from, n_dots = 0;
    while (i < url.n && n_dots < 3) {
        td_str rest = td_str_slice(url, i, url.n);
        if (!td_str_starts(rest, TD_STR(".")) && !td_str_starts_nocase(rest, TD_STR("%2e")))
            break;
        i += rest.ptr[0] == '.' ? 1 : 3;
        n_dots++;
    }
    bool at_end = i == url.n || is_slash(url.ptr[i]) || url.ptr[i] == '?';
    *n_dots_out = n_dots;
    return at_end && n_dots > 0 && n_dots < 3 && i - from > n_dots ? i - from : 0;
}

static tandem_code add_path(td_str url, size_t from, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    bool in_query = false;

    for (size_t i = from; i < url.n && code == TANDEM_OK; i++) {
        char c = url.ptr[i];
        size_t n_dots = 0, n = 0;
        in_query = in_query || c == '?';
        if (!in_query && (i == from || is_slash(url.ptr[i - 1])))
            n = escaped_dots_n(url, i, &n_dots);
        if (n > 0) {
            code = td_buf_add(out, td_str_slice(TD_STR(".."), 0, n_dots), err);
            i += n - 1;
        } else if (must_encode(c)) {
            code = td_buf_add_fmt(out, err, "%%%02X", (unsigned char)c);
        } else {
            code = td_buf_add_byte(out, c == '\\' && !in_query ? '/' : c, err);
        }
    }
    return code;
}

/* Steps 1 to 4 of the head of this file, as one C string. */
static tandem_code clean(td_str raw, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf flat = TD_BUF(URL_BYTES_MAX + 1);
    td_str url = without_fragment_and_space(raw);

    if (url.n > URL_BYTES_MAX)
        TD_FAIL(err, TANDEM_E_INVALID, "URL of %zu bytes is over the limit of %d", url.n,
                URL_BYTES_MAX);
    for (size_t i = 0; i < url.n; i++)
        if (!is_line_byte(url.ptr[i]))
            TD_TRY(td_buf_add_byte(&flat, url.ptr[i], err));
    url = td_buf_str(&flat);

    size_t scheme = scheme_n(url);
    td_str name = td_str_slice(url, 0, scheme);
    /* Here and not by libcurl: one of more than 40 letters is a relative path to it. */
    if (scheme > 0 && !td_str_eq_nocase(name, TD_STR("http:")) &&
        !td_str_eq_nocase(name, TD_STR("https:")))
        TD_TRY(fail_scheme(url, err));
    size_t path = authority_end(url, scheme);
    TD_TRY(td_buf_add(out, td_str_slice(url, 0, scheme), err));
    TD_TRY(add_authority(url, scheme, path, out, err));
    TD_TRY(add_path(url, path, out, err));

out:
    td_buf_clear(&flat);
    return code;
}

static tandem_code code_of(CURLUcode curl, td_str url, tandem_error *err)
{
    if (curl == CURLUE_OUT_OF_MEMORY)
        return td_fail_nomem(err, "URL");
    if (curl == CURLUE_USER_NOT_ALLOWED)
        return fail_invalid(err, url, "a user name or password in a URL is not supported");
    if (curl == CURLUE_BAD_SCHEME || curl == CURLUE_UNSUPPORTED_SCHEME)
        return fail_scheme(url, err);
    return fail_invalid(err, url, curl_url_strerror(curl));
}

/* Whether the last label makes a browser read the host as an IPv4 address. libcurl has turned the
 * good ones into four decimal numbers; what is left over is refused rather than asked of DNS. */
static bool is_bad_address(td_str host)
{
    struct in_addr ignored;
    char text[INET_ADDRSTRLEN];
    td_str bare = td_str_ends(host, TD_STR(".")) ? td_str_slice(host, 0, host.n - 1) : host;
    size_t dot = td_str_find_last_byte(bare, '.');
    td_str label = td_str_slice(bare, dot == TD_STR_NONE ? 0 : dot + 1, bare.n);
    bool is_hex = td_str_starts(label, TD_STR("0x"));

    for (size_t i = is_hex ? 2 : 0; i < label.n; i++)
        if (!is_digit(label.ptr[i]) && !(is_hex && strchr("abcdef", label.ptr[i])))
            return false;
    if (label.n == 0 || host.n >= sizeof(text))
        return label.n > 0;
    memcpy(text, host.ptr, host.n);
    text[host.n] = '\0';
    return inet_pton(AF_INET, text, &ignored) != 1;
}

static pthread_once_t utf8_once = PTHREAD_ONCE_INIT;
static locale_t utf8_locale; /* set once; 0 where the system has no such locale */

static void make_utf8_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* libcurl reads a host name in the thread's character set, which is ASCII unless the program chose
 * another: our URLs are UTF-8 whatever the program did. */
static CURLUcode get_host(CURLU *handle, char **host_out)
{
    pthread_once(&utf8_once, make_utf8_locale);
    locale_t before = utf8_locale ? uselocale(utf8_locale) : (locale_t)0;
    CURLUcode curl = curl_url_get(handle, CURLUPART_HOST, host_out, CURLU_PUNYCODE);
    if (before)
        uselocale(before);
    /* 7.88 says "out of memory" for every name that the IDNA rules refuse. */
    return curl == CURLUE_OUT_OF_MEMORY ? CURLUE_BAD_HOSTNAME : curl;
}

/* Host in lower case and ASCII; scheme http or https, checked. */
static tandem_code make_host_normal(CURLU *handle, td_str url, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char *scheme = NULL, *host = NULL;

    CURLUcode curl = curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0);
    if (curl != CURLUE_OK)
        TD_TRY(code_of(curl, url, err));
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        TD_TRY(code_of(CURLUE_BAD_SCHEME, url, err));

    curl = get_host(handle, &host);
    if (curl != CURLUE_OK)
        TD_TRY(code_of(curl, url, err));
    for (char *c = host; *c; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("%/\\?#@<>^|", *c))
            TD_TRY(fail_invalid(err, url, "a character that no host name has"));
    }
    if (is_bad_address(td_str_from(host)))
        TD_TRY(fail_invalid(err, url, "its host is no valid IPv4 address"));
    curl = curl_url_set(handle, CURLUPART_HOST, host, 0);
    if (curl != CURLUE_OK)
        TD_TRY(code_of(curl, url, err));

out:
    curl_free(host);
    curl_free(scheme);
    return code;
}

static tandem_code add_from_handle(CURLU *handle, td_str url, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    char *text = NULL;

    TD_TRY(make_host_normal(handle, url, err));
    CURLUcode curl = curl_url_get(handle, CURLUPART_URL, &text, CURLU_NO_DEFAULT_PORT);
    if (curl != CURLUE_OK)
        TD_TRY(code_of(curl, url, err));
    td_net_url parts;
    td_str result = td_str_from(text);
    if (result.n > URL_BYTES_MAX)
        TD_FAIL(err, TANDEM_E_INVALID, "URL of %zu bytes is over the limit of %d", result.n,
                URL_BYTES_MAX);
    if (!td_net_url_split(result, &parts))
        TD_TRY(fail_invalid(err, url, "its host or port cannot be read"));
    TD_TRY(td_buf_add(out, result, err));

out:
    curl_free(text);
    return code;
}

static size_t safe_path_n(td_str url, size_t from)
{
    static const char safe[] = "-._~!$&'()*+,;=:@%/?";
    size_t i = from;
    bool in_query = false;

    for (; i < url.n; i++) {
        char c = url.ptr[i];
        if (!is_alpha(c) && !is_digit(c) && !memchr(safe, c, sizeof(safe) - 1))
            break;
        if (c == '?') {
            /* An empty query is dropped by libcurl. */
            if (i + 1 == url.n)
                break;
            in_query = true;
        }
        /* Perhaps a dot segment, perhaps an escaped one. */
        if ((c == '.' || c == '%') && !in_query && url.ptr[i - 1] == '/')
            break;
    }
    return i;
}

/* Decimal digits as they are written by whoever writes no zero in front. */
static bool is_normal_number(td_str text, unsigned most)
{
    unsigned value = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.ptr[i]) || i == 5)
            return false;
        value = value * 10 + (unsigned)(text.ptr[i] - '0');
    }
    return text.n > 0 && value <= most && (text.n == 1 || text.ptr[0] != '0');
}

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.';
}

/* A last label that starts with a digit is part of an address: of its forms, only four numbers. */
static bool is_normal_host(td_str host)
{
    size_t dot = td_str_find_last_byte(host, '.');
    td_str label = td_str_slice(host, dot == TD_STR_NONE ? 0 : dot + 1, host.n), part;
    size_t n = 0;

    if (label.n > 0 && is_alpha(label.ptr[0]))
        return true;
    while (td_str_next(&host, '.', &part)) {
        n++;
        if (!is_normal_number(part, 255))
            return false;
    }
    return n == 4 && label.n > 0;
}

/* Whether `url` is surely what add_from_handle would make of it. Most links are, and libcurl needs
 * several allocations for each: 200,000 of them took 0.04 to 0.08 s this way and 0.7 to 1.1 s the
 * other (one core of an AMD EPYC VM that others used too, 2026-11). */
static bool is_normal(td_str url)
{
    size_t host = td_str_starts(url, TD_STR("https://"))  ? 8
                  : td_str_starts(url, TD_STR("http://")) ? 7
                                                          : 0;
    size_t i = host;

    if (host == 0 || url.n > URL_BYTES_MAX)
        return false;
    while (i < url.n && is_host_byte(url.ptr[i]))
        i++;
    if (!is_normal_host(td_str_slice(url, host, i)))
        return false;
    if (i < url.n && url.ptr[i] == ':') {
        size_t slash = td_str_find_byte(url, '/', i);
        td_str port = td_str_slice(url, i + 1, slash == TD_STR_NONE ? url.n : slash);
        if (!is_normal_number(port, UINT16_MAX) || td_str_eq(port, TD_STR("0")) ||
            td_str_eq(port, host == 8 ? TD_STR("443") : TD_STR("80")))
            return false;
        i += 1 + port.n;
    }
    return i < url.n && url.ptr[i] == '/' && safe_path_n(url, i) == url.n;
}

/* RFC 3986 5.2.2 up to the dot segments, which libcurl takes out afterwards. (Its own joining
 * loses a '/' where two stand together, which makes another page of it.) */
static tandem_code join(td_str base, td_str reference, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_net_url parts;
    size_t n = 0;

    if (base.n == 0 || scheme_n(reference) > 0)
        return td_buf_add(out, reference, err);
    if (!td_net_url_split(base, &parts))
        return fail_invalid(err, base, "its host or port cannot be read");
    size_t path_start = (size_t)(parts.path.ptr - base.ptr);
    if (td_str_starts(reference, TD_STR("//")))
        n = parts.scheme.n + 1;
    else if (td_str_starts(reference, TD_STR("/")))
        n = path_start;
    else if (td_str_starts(reference, TD_STR("?")))
        n = path_start + parts.path.n;
    else if (reference.n == 0)
        n = base.n;
    else
        n = path_start + td_str_find_last_byte(parts.path, '/') + 1;
    code = td_buf_add(out, td_str_slice(base, 0, n), err);
    return code == TANDEM_OK ? td_buf_add(out, reference, err) : code;
}

/* `base` is empty or in normal form. */
static tandem_code make(td_str base, td_str reference, td_buf *out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_buf cleaned = TD_BUF(URL_BYTES_MAX * 3 + 1), whole = TD_BUF(URL_BYTES_MAX * 4 + 2);
    CURLU *handle = curl_url();

    if (!handle)
        TD_TRY(td_fail_nomem(err, "URL"));
    TD_TRY(clean(reference, &cleaned, err));
    TD_TRY(join(base, td_buf_str(&cleaned), &whole, err));
    if (whole.n == 0)
        TD_FAIL(err, TANDEM_E_INVALID, "not a usable URL: it is empty");
    CURLUcode curl = curl_url_set(handle, CURLUPART_URL, whole.ptr, CURLU_DISALLOW_USER);
    if (curl != CURLUE_OK)
        TD_TRY(code_of(curl, reference, err));
    TD_TRY(add_from_handle(handle, reference, out, err));

out:
    curl_url_cleanup(handle);
    td_buf_clear(&cleaned);
    td_buf_clear(&whole);
    return code;
}

tandem_code td_net_url_normal(td_str url, td_buf *out, tandem_error *err)
{
    if (is_normal(url))
        return td_buf_add(out, url, err);
    return make((td_str){"", 0}, url, out, err);
}

/* Appends what a plain relative reference makes of a base in normal form, and says whether that is
 * surely right, as is_normal; if not, nothing was added. */
static bool resolve_plain(td_str base, td_str reference, td_buf *out)
{
    size_t start = out->n, colon = td_str_find_byte(reference, ':', 0);
    td_net_url parts;

    if (colon != TD_STR_NONE || reference.n == 0 || td_str_starts(reference, TD_STR("//")) ||
        reference.ptr[0] == '?' || !td_net_url_split(base, &parts))
        return false;
    size_t hash = td_str_find_byte(reference, '#', 0);
    reference = td_str_slice(reference, 0, hash == TD_STR_NONE ? reference.n : hash);
    bool is_rooted = td_str_starts(reference, TD_STR("/"));
    td_str path = td_str_slice(parts.path, 0, td_str_find_last_byte(parts.path, '/'));
    while (td_str_starts(reference, TD_STR("../"))) {
        size_t slash = td_str_find_last_byte(path, '/');
        if (slash == TD_STR_NONE)
            return false;
        path = td_str_slice(path, 0, slash);
        reference = td_str_slice(reference, 3, reference.n);
    }
    if (reference.n == 0)
        return false;
    size_t origin_n = (size_t)(parts.path.ptr - base.ptr);
    size_t base_n = is_rooted ? origin_n : origin_n + path.n;
    bool ok = td_buf_add(out, td_str_slice(base, 0, base_n), NULL) == TANDEM_OK &&
              (is_rooted || td_buf_add_byte(out, '/', NULL) == TANDEM_OK) &&
              td_buf_add(out, reference, NULL) == TANDEM_OK &&
              is_normal(td_str_slice(td_buf_str(out), start, out->n));
    if (!ok)
        td_buf_cut(out, start);
    return ok;
}

tandem_code td_net_url_resolve(td_str base, td_str reference, td_buf *out, tandem_error *err)
{
    if (is_normal(reference))
        return td_buf_add(out, reference, err);
    if (is_normal(base))
        return resolve_plain(base, reference, out) ? TANDEM_OK : make(base, reference, out, err);
    td_buf normal = TD_BUF(URL_BYTES_MAX + 1);
    tandem_code code = make((td_str){"", 0}, base, &normal, err);
    if (code == TANDEM_OK)
        code = make(td_buf_str(&normal), reference, out, err);
    td_buf_clear(&normal);
    return code;
}

static bool split_port(td_str digits, uint16_t *port_out)
{
    uint64_t port;
    if (digits.n == 0 || digits.n > 5 || !td_str_to_u64(digits, &port) || port > 65535)
        return false;
    *port_out = (uint16_t)port;
    return true;
}

bool td_net_url_split(td_str url, td_net_url *url_out)
{
    td_net_url parts = {0};
    size_t colon = td_str_find(url, TD_STR("://"), 0);

    if (colon == TD_STR_NONE)
        return false;
    parts.scheme = td_str_slice(url, 0, colon);
    bool is_https = td_str_eq(parts.scheme, TD_STR("https"));
    if (!is_https && !td_str_eq(parts.scheme, TD_STR("http")))
        return false;
    size_t start = colon + 3, path = td_str_find_byte(url, '/', start);
    if (path == TD_STR_NONE || path == start)
        return false;

    td_str authority = td_str_slice(url, start, path);
    size_t port = td_str_find_last_byte(authority, ':');
    size_t bracket = td_str_find_last_byte(authority, ']');
    bool has_port = port != TD_STR_NONE && (bracket == TD_STR_NONE || port > bracket);
    parts.host = has_port ? td_str_slice(authority, 0, port) : authority;
    parts.port = is_https ? 443 : 80;
    if (has_port && !split_port(td_str_slice(authority, port + 1, authority.n), &parts.port))
        return false;
    if (parts.host.n == 0 || td_str_find_byte(parts.host, '@', 0) != TD_STR_NONE)
        return false;

    td_str rest = td_str_slice(url, path, url.n);
    size_t query = td_str_find_byte(rest, '?', 0);
    parts.path = td_str_slice(rest, 0, query == TD_STR_NONE ? rest.n : query);
    parts.query = query == TD_STR_NONE ? (td_str){"", 0} : td_str_slice(rest, query + 1, rest.n);
    *url_out = parts;
    return true;
}
