#include "source/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool is_inside(const char *start, bool any_host, bool below, const char *url)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_filter *filter = NULL;
    td_source_scope scope = {.any_host = any_host, .below = below};

    assert_int_equal(td_source_filter_new(&options, &filter, NULL), TANDEM_OK);
    scope.filter = filter;
    td_source_scope_set(&scope, td_str_from(start));
    bool inside = td_source_scope_excludes(&scope, td_str_from(url)) == NULL;
    td_source_filter_free(filter);
    return inside;
}

static void a_site_is_host_and_port_with_or_without_www(void **state)
{
    (void)state;
    assert_true(is_inside("https://a.org/x", false, false, "https://a.org/y"));
    assert_true(is_inside("https://a.org/", false, false, "https://www.a.org/y"));
    assert_true(is_inside("https://www.a.org/", false, false, "https://a.org/y"));
    assert_true(is_inside("http://a.org/", false, false, "https://a.org/y"));
    assert_false(is_inside("https://a.org/", false, false, "https://b.a.org/y"));
    assert_false(is_inside("https://a.org/", false, false, "https://a.org.evil/y"));
    assert_false(is_inside("https://a.org/", false, false, "https://a.org:8443/y"));
    assert_false(is_inside("http://a.org:8080/", false, false, "http://a.org/y"));
    assert_true(is_inside("http://a.org:8080/", false, false, "http://a.org:8080/y"));
    assert_true(is_inside("https://a.org/", true, false, "https://b.org/y"));
}

static void below_goes_by_whole_segments(void **state)
{
    (void)state;
    assert_true(is_inside("http://a/docs/", false, true, "http://a/docs/x/y"));
    assert_false(is_inside("http://a/docs/", false, true, "http://a/docs2/x"));
    assert_false(is_inside("http://a/docs/", false, true, "http://a/x"));
    assert_true(is_inside("http://a/docs/", false, true, "http://a/docs"));
    assert_true(is_inside("http://a/docs/index.html", false, true, "http://a/docs/b.html"));
    assert_true(is_inside("http://a/docs", false, true, "http://a/docs/b"));
    assert_false(is_inside("http://a/docs", false, true, "http://a/docs-old"));
    assert_true(is_inside("http://a/", false, true, "http://a/anything"));
    assert_true(is_inside("http://a/index.html", false, true, "http://a/anything"));
    assert_false(is_inside("http://a/docs/", true, true, "http://b/docs/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_is_host_and_port_with_or_without_www),
        cmocka_unit_test(below_goes_by_whole_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
