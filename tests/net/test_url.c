#include "base/os.h"
#include "net/net.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    WPT_PERCENT = 50
};

static void check_resolve(const char *base, const char *reference, const char *expected)
{
    td_buf out = TD_BUF(100000);
    tandem_error err = {0};
    tandem_code code =
        base ? td_net_url_resolve(td_str_from(base), td_str_from(reference), &out, &err)
             : td_net_url_normal(td_str_from(reference), &out, &err);

    if (code != TANDEM_OK)
        fail_msg("%s: %s", reference, err.message);
    if (!td_str_eq(td_buf_str(&out), td_str_from(expected)))
        fail_msg("%s: expected %s, got %s", reference, expected, out.ptr);
    td_buf_cut(&out, 0);
    /* A normal form is its own normal form. */
    assert_int_equal(td_net_url_normal(td_str_from(expected), &out, &err), TANDEM_OK);
    assert_string_equal(out.ptr, expected);
    td_buf_clear(&out);
}

static void a_normal_form_keeps_the_meaning_of_every_byte(void **state)
{
    static const char *const cases[][2] = {
        {"http://example.com", "http://example.com/"},
        {"HTTP://EXAMPLE.com:80/a", "http://example.com/a"},
        {"https://example.com:443/", "https://example.com/"},
        {"https://example.com:80/", "https://example.com:80/"},
        {"http://example.com:8080/", "http://example.com:8080/"},
        {"http://example.com?q=1", "http://example.com/?q=1"},
        {"http://example.com/a#b", "http://example.com/a"},
        {"http://example.com/a?q=%2f%2F#b?c", "http://example.com/a?q=%2f%2F"},
        {"http://example.com/a/./b/../c", "http://example.com/a/c"},
        {"http://example.com/a/%2e%2E/b", "http://example.com/b"},
        {"http://example.com/a/.%2e/b", "http://example.com/b"},
        {"http://example.com/%2ehidden", "http://example.com/%2ehidden"},
        {"http://example.com/a%2fb", "http://example.com/a%2fb"},
        {"http://example.com/a//b", "http://example.com/a//b"},
        {"http://example.com/a b", "http://example.com/a%20b"},
        {"http://example.com/caf\xc3\xa9?\xc3\xa9=\xff", "http://example.com/caf%C3%A9?%C3%A9=%FF"},
        {"http://example.com/100%", "http://example.com/100%"},
        {"http://example.com/%zz", "http://example.com/%zz"},
        {"  http://example.com/a\n\tb  ", "http://example.com/ab"},
        {"http:\\\\example.com\\a?b\\c", "http://example.com/a?b\\c"},
        {"http://example.com/?a=1&b=;c&&d=%00", "http://example.com/?a=1&b=;c&&d=%00"},
        {"http://b\xc3\xbc"
         "cher.de/",
         "http://xn--bcher-kva.de/"},
        {"http://\xe4\xbd\xa0\xe5\xa5\xbd/", "http://xn--6qq79v/"},
        {"http://[::1]:8000/x", "http://[::1]:8000/x"},
        {"http://0x7f.1/", "http://127.0.0.1/"},
        {"http://2130706433/", "http://127.0.0.1/"},
        {"http://0177.0.0.1/", "http://127.0.0.1/"},
        {"http://%31%32%37.0.0.1/", "http://127.0.0.1/"},
        {"http:///example.com/", "http://example.com/"},
        {"http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080/a/b"},
        {"http://127.0.0.01/", "http://127.0.0.1/"},
        {"http://127.0.00.1/", "http://127.0.0.1/"},
        {"http://127.1:8080/a", "http://127.0.0.1:8080/a"},
        {"http://example.com:0443/", "http://example.com:443/"},
        {"http://example.com:080/", "http://example.com/"},
        {"http://example.com:/", "http://example.com/"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_resolve(NULL, cases[i][0], cases[i][1]);
}

static void what_is_no_absolute_web_address_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "#",
        "/a",
        "example.com",
        "//example.com/",
        "?q",
        "http://",
        "http:///",
        "http:",
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "dict://x:1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@example.com",
        "about:blank",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://@example.com/",
        "http://example.com:99999/",
        "http://example.com:x/",
        "http://exa mple.com/",
        "http://example.com\x01/",
        "http://[::1/",
        "http://[zz]/",
        "http://a%00b/",
        "http://a%2fb/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://0xffffffff1/",
        "http://\xff/",
        "http://exa\xc3\xa9%zz/",
    };
    td_buf out = TD_BUF(100000);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        tandem_error err = {0};
        if (td_net_url_normal(td_str_from(bad[i]), &out, &err) == TANDEM_OK)
            fail_msg("%s became %s", bad[i], out.ptr);
        assert_int_equal(err.code, TANDEM_E_INVALID);
        assert_null(strstr(err.message, "secret"));
        assert_int_equal(out.n, 0);
    }
    td_buf_clear(&out);
}

static void references_resolve_as_rfc_3986_section_5_4_says(void **state)
{
    static const char *const cases[][2] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"https://x/y", "https://x/y"},
        {" a b ", "http://a/b/c/a%20b"},
        {"\\g", "http://a/g"},
        {"%2e%2e/g", "http://a/b/g"},
        {":23", "http://a/b/c/:23"},
        {"a:23/x", NULL},
        {"mailto:x@y", NULL},
        {"javascript:void(0)", NULL},
    };
    td_buf out = TD_BUF(100000);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i][1])
            check_resolve("http://a/b/c/d;p?q", cases[i][0], cases[i][1]);
        else
            assert_int_not_equal(td_net_url_resolve(TD_STR("http://a/b/c/d;p?q"),
                                                    td_str_from(cases[i][0]), &out, NULL),
                                 TANDEM_OK);
    }
    td_buf_clear(&out);
}

static void the_short_cut_agrees_with_the_parser(void **state)
{
    /* An escaped letter in the scheme-less part forces the long way for the same URL. */
    static const char *const urls[] = {
        "http://docs.example.org/a/b.html?x=1&y=/../z",
        "https://a.b-c.example/%41%2f%zz/~x",
        "https://example.com/a..b/c.",
        "https://example.com/a/?",
        "https://example.com/?a?b",
        "http://example.com/a/.b",
        "http://example.com/a/.",
        "http://example.com/%2e%2e/b",
        "http://example.com/a:b@c;d=e,f!$'()*+",
        "http://1e100.net/",
        "http://example.com./x",
        "http://example/",
        "http://a..b/",
        "http://-x/",
        "http://127.0.0.1/x",
        "http://127.0.0.1:8080/x",
        "http://127.0.0.1:80/x",
        "https://1.2.3.4:443/x",
        "https://255.255.255.255:80/",
        "http://256.1.1.1/",
        "http://01.1.1.1/",
        "http://1.2.3/",
        "http://1.2.3.4./",
        "http://1.2.3.4.5/",
        "http://1..2.3/",
        "http://a.example:8080/x",
        "http://a.example:08080/x",
        "http://a.example:0/x",
        "http://a.example:65535/x",
        "http://a.example:65536/x",
        "http://a.example:/x",
        "http://a.example:8080",
        "http://:80/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        td_buf quick = TD_BUF(100000), slow = TD_BUF(100000), with_space = TD_BUF(100000);
        assert_int_equal(td_buf_add_fmt(&with_space, NULL, " %s", urls[i]), TANDEM_OK);
        tandem_code one = td_net_url_normal(td_str_from(urls[i]), &quick, NULL);
        tandem_code two = td_net_url_normal(td_buf_str(&with_space), &slow, NULL);
        assert_int_equal(one, two);
        if (one == TANDEM_OK)
            assert_string_equal(quick.ptr, slow.ptr);
        td_buf_clear(&quick);
        td_buf_clear(&slow);
        td_buf_clear(&with_space);
    }
}

static void the_short_cut_for_references_agrees_too(void **state)
{
    static const char *const bases[] = {"http://a.example/", "http://a.example/b/c/d.html",
                                        "http://a.example/b/c/?x=/y", "http://a.example:8080/b//c"};
    static const char *const references[] = {
        "x",        "x.html", "/x",       "../x", "../../x", "../../../x", "..//x",         "x/",
        "x/../y",   "x#y",    "/x#y",     "/",    "/#x",     "..",         "../",           "x?y",
        "x?y=../z", "x/?",    "%2e%2e/x", "x//y", "/x?",     ".x",         "./x",           "?x",
        "#x",       "x y",    "x\\y",     "..x",  "../..x",  ";x",         "//b.example/x", "a:b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
        for (size_t k = 0; k < sizeof(references) / sizeof(references[0]); k++) {
            td_buf quick = TD_BUF(10000), slow = TD_BUF(10000), padded = TD_BUF(10000);
            td_str base = td_str_from(bases[i]);
            assert_int_equal(td_buf_add_fmt(&padded, NULL, " %s", references[k]), TANDEM_OK);
            tandem_code one = td_net_url_resolve(base, td_str_from(references[k]), &quick, NULL);
            tandem_code two = td_net_url_resolve(base, td_buf_str(&padded), &slow, NULL);
            assert_int_equal(one, two);
            if (one == TANDEM_OK && strcmp(quick.ptr, slow.ptr) != 0)
                fail_msg("%s from %s: %s, %s", references[k], bases[i], quick.ptr, slow.ptr);
            td_buf_clear(&quick);
            td_buf_clear(&slow);
            td_buf_clear(&padded);
        }
}

static void a_url_past_the_limit_is_refused_not_cut(void **state)
{
    char *url = malloc(40001);
    td_buf out = TD_BUF(100000);

    (void)state;
    memset(url, 'a', 40000);
    memcpy(url, "http://a/", 9);
    url[40000] = '\0';
    assert_int_equal(td_net_url_normal((td_str){url, 40000}, &out, NULL), TANDEM_E_INVALID);
    assert_int_equal(td_net_url_normal((td_str){url, 8192}, &out, NULL), TANDEM_OK);
    /* Escapes make it grow past the limit. */
    memset(url + 9, ' ', 8000);
    url[8009] = 'x';
    td_buf_cut(&out, 0);
    assert_int_equal(td_net_url_normal((td_str){url, 8010}, &out, NULL), TANDEM_E_INVALID);
    assert_int_equal(out.n, 0);
    td_buf_clear(&out);
    free(url);
}

static void a_normal_url_splits_into_its_parts(void **state)
{
    td_net_url url;

    (void)state;
    assert_true(td_net_url_split(TD_STR("https://a.b:8443/c/d?e=f?g"), &url));
    assert_int_equal(url.port, 8443);
    assert_true(td_str_eq(url.host, TD_STR("a.b")));
    assert_true(td_str_eq(url.path, TD_STR("/c/d")));
    assert_true(td_str_eq(url.query, TD_STR("e=f?g")));
    assert_true(td_net_url_split(TD_STR("http://[::1]/"), &url));
    assert_int_equal(url.port, 80);
    assert_true(td_str_eq(url.host, TD_STR("[::1]")));
    assert_int_equal(url.query.n, 0);
    assert_true(td_net_url_split(TD_STR("https://a/?"), &url));
    assert_int_equal(url.port, 443);
    assert_false(td_net_url_split(TD_STR("https://a"), &url));
    assert_false(td_net_url_split(TD_STR("ftp://a/"), &url));
    assert_false(td_net_url_split(TD_STR("http://u@a/"), &url));
    assert_false(td_net_url_split(TD_STR("http://a:70000/"), &url));
    assert_false(td_net_url_split(TD_STR("http:///"), &url));
    assert_false(td_net_url_split(TD_STR(""), &url));
}

/* -- cases of others: tests/golden/url -- */

static td_buf read_golden(const char *name)
{
    char path[4096];
    td_buf text = TD_BUF(4 << 20);

    snprintf(path, sizeof(path), "%s/url/%s", getenv("TANDEM_GOLDEN"), name);
    assert_int_equal(td_os_read_file(path, text.n_max, &text, NULL), TANDEM_OK);
    return text;
}

static const char *text_of(const json_t *object, const char *key, size_t *n_out)
{
    const json_t *text = json_object_get(object, key);

    *n_out = json_string_length(text);
    return json_string_value(text);
}

/* An address that is good must come out again as it is, and be told apart into its parts. */
static void check_normal(td_str url)
{
    td_buf again = TD_BUF(100000);
    td_net_url parts;

    assert_int_equal(td_net_url_normal(url, &again, NULL), TANDEM_OK);
    assert_true(td_str_eq(td_buf_str(&again), url));
    assert_true(td_net_url_split(url, &parts));
    td_buf_clear(&again);
}

/* Whether ours is the expected one, its fragment aside. A failure, a user's name and any other
 * scheme must be refused. */
static bool check_wpt(const json_t *entry)
{
    size_t n_input, n_base, n_href;
    const char *input = text_of(entry, "input", &n_input), *base = text_of(entry, "base", &n_base);
    const char *href = text_of(entry, "href", &n_href);
    td_buf out = TD_BUF(100000);
    td_str expected = {href ? href : "", n_href};
    bool is_failure = json_is_true(json_object_get(entry, "failure"));
    bool is_based = base && td_str_starts((td_str){base, n_base}, TD_STR("http"));

    tandem_code code =
        is_based ? td_net_url_resolve((td_str){base, n_base}, (td_str){input, n_input}, &out, NULL)
                 : td_net_url_normal((td_str){input, n_input}, &out, NULL);
    if (is_failure && code == TANDEM_OK)
        fail_msg("%s on %s must be refused and became %s", input, base ? base : "", out.ptr);
    if (code == TANDEM_OK)
        check_normal(td_buf_str(&out));
    expected = td_str_slice(expected, 0, td_str_find_byte(expected, '#', 0));
    bool is_same = code == TANDEM_OK && td_str_eq(td_buf_str(&out), expected);
    td_buf_clear(&out);
    return is_same;
}

static void every_case_of_the_web_platform_tests_is_survived_and_failures_are_refused(void **state)
{
    td_buf text = read_golden("wpt-urltestdata.json");
    json_t *cases = json_loadb(text.ptr, text.n, JSON_ALLOW_NUL, NULL), *entry;
    size_t i, n_web = 0, n_same = 0;

    (void)state;
    assert_non_null(cases);
    json_array_foreach(cases, i, entry)
    {
        size_t n;
        if (!json_is_object(entry))
            continue;
        const char *href = text_of(entry, "href", &n);
        bool is_web = href && td_str_starts(td_str_from(href), TD_STR("http"));
        bool is_same = check_wpt(entry);
        n_web += is_web;
        n_same += is_web && is_same;
    }
    printf("wpt: %zu of %zu web addresses as a browser writes them\n", n_same, n_web);
    assert_true(n_same * 100 >= n_web * WPT_PERCENT);
    json_decref(cases);
    td_buf_clear(&text);
}

static void strange_addresses_are_survived_and_stay_as_they_are_the_second_time(void **state)
{
    static const char *const files[] = {"weirdToNormalizedUrls.csv", "url-resolve.csv"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        td_buf text = read_golden(files[i]), out = TD_BUF(100000);
        td_str rest = td_buf_str(&text), line;
        while (td_str_next(&rest, '\n', &line)) {
            td_str first = td_str_slice(line, 0, td_str_find(line, TD_STR(", "), 0));
            td_buf_cut(&out, 0);
            if (line.n == 0 || line.ptr[0] == '#')
                continue;
            if (td_net_url_resolve(TD_STR("http://a.example/b/c"), first, &out, NULL) == TANDEM_OK)
                check_normal(td_buf_str(&out));
        }
        td_buf_clear(&text);
        td_buf_clear(&out);
    }
}

static void invalid_addresses_are_refused(void **state)
{
    td_buf text = read_golden("invalidUrls.csv"), out = TD_BUF(100000);
    td_str rest = td_buf_str(&text), line;

    (void)state;
    while (td_str_next(&rest, '\n', &line))
        if (line.n > 0 && line.ptr[0] != '#')
            assert_int_equal(td_net_url_normal(line, &out, NULL), TANDEM_E_INVALID);
    td_buf_clear(&text);
    td_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_normal_form_keeps_the_meaning_of_every_byte),
        cmocka_unit_test(what_is_no_absolute_web_address_is_refused),
        cmocka_unit_test(references_resolve_as_rfc_3986_section_5_4_says),
        cmocka_unit_test(the_short_cut_agrees_with_the_parser),
        cmocka_unit_test(the_short_cut_for_references_agrees_too),
        cmocka_unit_test(a_url_past_the_limit_is_refused_not_cut),
        cmocka_unit_test(a_normal_url_splits_into_its_parts),
        cmocka_unit_test(every_case_of_the_web_platform_tests_is_survived_and_failures_are_refused),
        cmocka_unit_test(strange_addresses_are_survived_and_stay_as_they_are_the_second_time),
        cmocka_unit_test(invalid_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
