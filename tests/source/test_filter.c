#include "source/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool takes(const char *include, const char *exclude, const char *path, const char *url)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_filter *filter = NULL;
    td_str address = td_str_from(url);

    options.include = &include;
    options.n_include = include ? 1 : 0;
    options.exclude = &exclude;
    options.n_exclude = exclude ? 1 : 0;
    assert_int_equal(td_source_filter_new(&options, &filter, NULL), TANDEM_OK);
    bool taken = td_source_filter_takes(filter, td_str_from(path), url ? &address : NULL);
    td_source_filter_free(filter);
    return taken;
}

static void a_pattern_without_slash_fits_any_part(void **state)
{
    (void)state;
    assert_true(takes("*.md", NULL, "a/b/c.md", NULL));
    assert_true(takes("docs", NULL, "a/docs/c.txt", NULL));
    assert_false(takes("*.md", NULL, "a/b/c.txt", NULL));
    assert_false(takes(NULL, "node_modules", "a/node_modules/c.js", NULL));
    assert_true(takes(NULL, "node_modules", "a/node_modules2/c.js", NULL));
}

static void a_pattern_with_slash_fits_the_whole_path(void **state)
{
    (void)state;
    assert_true(takes("docs/*.md", NULL, "docs/a.md", NULL));
    assert_false(takes("docs/*.md", NULL, "docs/b/a.md", NULL));
    assert_false(takes("docs/*.md", NULL, "x/docs/a.md", NULL));
    assert_true(takes("/docs/**", NULL, "docs/b/a.md", NULL));
    assert_true(takes("docs/", NULL, "docs/b/a.md", NULL));
    assert_false(takes("docs/", NULL, "docs2/a.md", NULL));
}

static void a_pattern_with_a_scheme_fits_a_whole_url(void **state)
{
    (void)state;
    assert_true(takes("https://a.example/**", NULL, "x", "https://a.example/x"));
    assert_false(takes("https://a.example/**", NULL, "x", "https://b.example/x"));
    assert_false(takes("https://a.example/**", NULL, "x", NULL));
}

static void exclude_goes_before_include_and_nothing_means_all(void **state)
{
    (void)state;
    assert_true(takes(NULL, NULL, "a", NULL));
    assert_false(takes("*.md", "b.md", "a/b.md", NULL));
}

static void an_empty_pattern_is_refused(void **state)
{
    static const char *const empty[] = {""};
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_filter *filter = NULL;

    (void)state;
    options.exclude = empty;
    options.n_exclude = 1;
    assert_int_equal(td_source_filter_new(&options, &filter, NULL), TANDEM_E_INVALID);
    assert_null(filter);
}

static void a_regular_expression_is_looked_for_in_the_url_or_path(void **state)
{
    (void)state;
    assert_true(takes("re:/v[0-9]+/", NULL, "x/v12/a", "https://a.example/x/v12/a"));
    assert_false(takes("re:/v[0-9]+/$", NULL, "x/v12/a", "https://a.example/x/v12/a"));
    assert_true(takes("re:^https://a\\.example/", NULL, "x", "https://a.example/x"));
    assert_true(takes("re:\\.md$", NULL, "a/b.md", NULL));
    assert_false(takes(NULL, "re:(?i)DRAFT", "a/my-draft.md", NULL));
}

/* Must not walk through 2^40 ways, nor take the folder for all that is in it. */
static void a_hostile_expression_fits_nothing_in_time(void **state)
{
    static const char *const exclude[] = {"re:/b$"};
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_filter *filter = NULL;

    (void)state;
    assert_false(
        takes("re:^(a+)+$", NULL, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", NULL));
    options.exclude = exclude;
    options.n_exclude = 1;
    assert_int_equal(td_source_filter_new(&options, &filter, NULL), TANDEM_OK);
    assert_false(td_source_filter_drops_folder(filter, TD_STR("a/b")));
    assert_false(td_source_filter_takes(filter, TD_STR("a/b"), NULL));
    td_source_filter_free(filter);
}

static void what_does_not_compile_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *pattern, *reason;
    } cases[] = {
        {"re:(", "missing closing parenthesis"},
        {"re:a{3000}{3000}", "does not compile"},
        {"re:", "empty"},
        {"docs/[a-z", "[ without ]"},
        {"docs\\", "ends in a backslash"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_source_options options = TD_SOURCE_OPTIONS;
        td_source_filter *filter = NULL;
        tandem_error err = {0};
        options.include = &cases[i].pattern;
        options.n_include = 1;
        assert_int_equal(td_source_filter_new(&options, &filter, &err), TANDEM_E_INVALID);
        if (!strstr(err.message, cases[i].reason))
            fail_msg("%s", err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_without_slash_fits_any_part),
        cmocka_unit_test(a_pattern_with_slash_fits_the_whole_path),
        cmocka_unit_test(a_pattern_with_a_scheme_fits_a_whole_url),
        cmocka_unit_test(exclude_goes_before_include_and_nothing_means_all),
        cmocka_unit_test(an_empty_pattern_is_refused),
        cmocka_unit_test(a_regular_expression_is_looked_for_in_the_url_or_path),
        cmocka_unit_test(a_hostile_expression_fits_nothing_in_time),
        cmocka_unit_test(what_does_not_compile_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
