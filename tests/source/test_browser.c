#include "base/log.h"
#include "base/os.h"
#include "source/browser.h"
#include "source/tree.h"

static size_t n_warnings;

static void count_warning(void *user, td_log_level level, const char *room, const char *text)
{
    (void)user, (void)room;
    n_warnings += level == TD_WARN && strstr(text, "taken as they are") != NULL;
}

static td_page *some_page(void)
{
    td_page *page = td_page_new(1 << 16);

    assert_non_null(page);
    page->uri = page->final_uri = TD_STR("http://127.0.0.1:9/");
    page->body = TD_STR("<p>x");
    page->charset = page->x_robots_tag = TD_STR("");
    return page;
}

static tandem_code draw(td_source_browser *browser, tandem_error *err)
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_site site = {&options, "tandem", "127.0.0.1:9"};
    td_page *page = some_page(), *before = page;
    td_stop is_cancelled = false;

    tandem_code code = td_source_browser_draw(browser, &site, &is_cancelled, &page, err);
    assert_true(code == TANDEM_OK || page == before);
    td_page_free(page);
    return code;
}

static void one_that_is_not_there_is_an_error_or_said_once(void **state)
{
    td_source_browser_options options = {.struct_size = sizeof(options),
                                         .program = "/no/such",
                                         .no_sandbox = true};
    td_source_browser *browser = NULL;
    tandem_error err = {.code = TANDEM_OK};

    (void)state;
    assert_int_equal(td_source_browser_open(&options, &browser, &err), TANDEM_E_NOT_FOUND);
    assert_null(browser);
    options.may_be_absent = true;
    assert_int_equal(td_source_browser_open(&options, &browser, NULL), TANDEM_OK);
    n_warnings = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(draw(browser, &err), TANDEM_E_UNSUPPORTED);
        assert_string_equal(err.message, "the browser /no/such is no program here");
    }
    assert_int_equal(n_warnings, 1);
    td_source_browser_close(browser);
    td_source_browser_close(NULL);
}

static void one_that_ends_at_once_is_not_started_for_every_page(void **state)
{
    tree_dir dir = tree_make();
    td_source_browser_options options = {.struct_size = sizeof(options), .no_sandbox = true};
    td_source_browser *browser = NULL;
    tandem_error err = {.code = TANDEM_OK};
    td_buf starts = TD_BUF(1000);
    char path[8192], log[8192], script[9000];

    (void)state;
    setenv("TMPDIR", dir.path, 1);
    snprintf(script, sizeof(script), "#!/bin/sh\necho >>%s\n", tree_path(&dir, "starts", log));
    tree_put(&dir, "b", script);
    chmod(tree_path(&dir, "b", path), 0700);
    options.program = path;
    for (int is_needed = 0; is_needed < 2; is_needed++) {
        options.may_be_absent = !is_needed;
        remove(log);
        td_buf_cut(&starts, 0);
        assert_int_equal(td_source_browser_open(&options, &browser, NULL), TANDEM_OK);
        n_warnings = 0;
        for (int i = 0; i < 3; i++)
            assert_int_equal(draw(browser, &err),
                             is_needed ? TANDEM_E_UNAVAILABLE : TANDEM_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, "ends as soon as it is started"));
        assert_int_equal(n_warnings, !is_needed);
        td_os_read_file(log, 1000, &starts, NULL);
        assert_true(starts.n <= 2); /* fewer where it was killed before it could write */
        td_source_browser_close(browser);
    }
    td_buf_clear(&starts);
    tree_remove(dir);
}

static void one_that_says_nothing_is_given_up_in_time(void **state)
{
    tree_dir dir = tree_make();
    td_source_browser_options options = {.struct_size = sizeof(options), .no_sandbox = true};
    td_source_options site_options = TD_SOURCE_OPTIONS;
    td_source_site site = {&site_options, "tandem", "127.0.0.1:9"};
    td_source_browser *browser = NULL;
    td_page *page = some_page();
    td_stop is_cancelled = false;
    tandem_error err = {.code = TANDEM_OK};
    char path[8192];

    (void)state;
    setenv("TMPDIR", dir.path, 1);
    tree_put(&dir, "b", "#!/bin/sh\nwhile read x <&3; do :; done\n");
    chmod(tree_path(&dir, "b", path), 0700);
    options.program = path;
    site_options.timeout_ms = 100;
    assert_int_equal(td_source_browser_open(&options, &browser, NULL), TANDEM_OK);
    assert_int_equal(td_source_browser_draw(browser, &site, &is_cancelled, &page, &err),
                     TANDEM_E_TIMEOUT);
    assert_non_null(strstr(err.message, "not drawn within the time limit"));
    atomic_store(&is_cancelled, true);
    site_options.timeout_ms = 600000;
    assert_int_equal(td_source_browser_draw(browser, &site, &is_cancelled, &page, &err),
                     TANDEM_E_CANCELLED);
    td_source_browser_close(browser);
    td_page_free(page);
    tree_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_not_there_is_an_error_or_said_once),
        cmocka_unit_test(one_that_ends_at_once_is_not_started_for_every_page),
        cmocka_unit_test(one_that_says_nothing_is_given_up_in_time),
    };
    td_log_set(count_warning, NULL, TD_WARN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
