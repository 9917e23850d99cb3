#include "source/source.h"
#include "source/tree.h"

static void expect_name(const char *name, const char *expected)
{
    td_buf out = TD_BUF(100000);
    tandem_error err = {0};

    if (td_source_name(name, &out, &err) != TANDEM_OK)
        fail_msg("%s: %s", name, err.message);
    assert_string_equal(out.ptr, expected);
    td_buf_clear(&out);
}

static void two_spellings_of_one_source_have_one_name(void **state)
{
    tree_dir dir = tree_make();
    char name[8192], path[8192];

    (void)state;
    tree_put(&dir, "docs/a.txt", "x");
    assert_int_equal(symlink("docs", tree_path(&dir, "link", path)), 0);
    tree_path(&dir, "docs", path);
    snprintf(name, sizeof(name), "%s/./docs/../docs//", dir.path);
    expect_name(name, path);
    snprintf(name, sizeof(name), "%s/link", dir.path);
    expect_name(name, path);
    expect_name("HTTP://Example.com:80", "http://example.com/");
    expect_name("https://example.com/a/../b#c", "https://example.com/b");
    tree_remove(dir);
}

static void a_source_that_is_gone_still_has_its_name(void **state)
{
    char here[4096], expected[8192];

    (void)state;
    expect_name("/no/such/./folder/../place", "/no/such/place");
    expect_name("/../..", "/");
    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(expected, sizeof(expected), "%s/no-such-place", here);
    expect_name("no-such-place", expected);
}

static void what_is_no_source_is_refused_with_what_to_do(void **state)
{
    const struct {
        const char *name;
        tandem_code code;
        const char *part;
    } cases[] = {
        {"", TANDEM_E_INVALID, "give a folder, a file or a URL"},
        {"/no/such/place", TANDEM_E_NOT_FOUND, "/no/such/place"},
        {"docs.example.org", TANDEM_E_NOT_FOUND, "a web address starts with https://"},
        {"ftp://example.org/", TANDEM_E_INVALID, "http:// or https://"},
        {"file:///etc/passwd", TANDEM_E_INVALID, "http:// or https://"},
        {"http://", TANDEM_E_INVALID, "not a usable URL"},
        {"http://user:secret@example.org/", TANDEM_E_INVALID, "not supported"},
        {"/dev/null", TANDEM_E_INVALID, "neither a file nor a folder"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_source *source = NULL;
        tandem_error err = {0};
        assert_int_equal(td_source_open(cases[i].name, NULL, &source, &err), cases[i].code);
        assert_null(source);
        if (!strstr(err.message, cases[i].part) || strstr(err.message, "secret"))
            fail_msg("%s: %s", cases[i].name, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_spellings_of_one_source_have_one_name),
        cmocka_unit_test(a_source_that_is_gone_still_has_its_name),
        cmocka_unit_test(what_is_no_source_is_refused_with_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
