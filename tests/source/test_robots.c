#include "base/os.h"
#include "source/robots.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static td_source_robots *parse(td_str bytes, const char *agent)
{
    td_source_robots *robots = NULL;
    tandem_error err = {0};

    if (td_source_robots_new(bytes, td_str_from(agent), &robots, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    return robots;
}

static bool allows(const char *text, const char *agent, const char *url)
{
    td_source_robots *robots = parse(td_str_from(text), agent);
    bool allowed = td_source_robots_allows(robots, td_str_from(url));
    td_source_robots_free(robots);
    return allowed;
}

static td_buf read_golden(const char *name)
{
    char path[4096];
    td_buf text = TD_BUF(4 << 20);
    tandem_error err = {0};

    snprintf(path, sizeof(path), "%s/robots/%s", getenv("TANDEM_GOLDEN"), name);
    if (td_os_read_file(path, text.n_max, &text, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    return text;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Runs `check` over each line of a file; it returns false for a case that fails. */
static int count_failures(const char *name, bool (*check)(const json_t *line), int *n_out)
{
    td_buf text = read_golden(name);
    td_str rest = td_buf_str(&text), line;
    int n_failed = 0;

    *n_out = 0;
    while (td_str_next(&rest, '\n', &line)) {
        json_t *object = json_loadb(line.ptr, line.n, 0, NULL);
        assert_non_null(object);
        ++*n_out;
        if (!check(object)) {
            printf("%s: %s fails\n", name, text_of(object, "id"));
            n_failed++;
        }
        json_decref(object);
    }
    td_buf_clear(&text);
    return n_failed;
}

static bool check_case(const json_t *line)
{
    const json_t *text = json_object_get(line, "robots");
    td_source_robots *robots =
        parse((td_str){json_string_value(text), json_string_length(text)}, text_of(line, "agent"));
    bool allowed = td_source_robots_allows(robots, td_str_from(text_of(line, "url")));

    td_source_robots_free(robots);
    return allowed == json_is_true(json_object_get(line, "allowed"));
}

static void all_145_cases_of_google_pass(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(count_failures("cases.jsonl", check_case, &n), 0);
    assert_int_equal(n, 145);
}

static bool check_file_case(const json_t *line)
{
    char name[300];
    snprintf(name, sizeof(name), "files/%s", text_of(line, "file"));
    td_buf text = read_golden(name);
    td_source_robots *robots = parse(td_buf_str(&text), text_of(line, "agent"));
    const json_t *delay = json_object_get(line, "crawl_delay_ms");
    const json_t *sitemaps = json_object_get(line, "sitemaps");
    const td_str *found;
    bool ok;

    if (delay)
        ok = td_source_robots_delay_ms(robots) ==
             (json_is_null(delay) ? -1 : json_integer_value(delay));
    else if (sitemaps)
        ok = (json_int_t)td_source_robots_sitemaps(robots, &found) == json_integer_value(sitemaps);
    else
        ok = td_source_robots_allows(robots, td_str_from(text_of(line, "url"))) ==
             json_is_true(json_object_get(line, "allowed"));
    td_source_robots_free(robots);
    td_buf_clear(&text);
    return ok;
}

static void all_71_file_cases_pass(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(count_failures("file-cases.jsonl", check_file_case, &n), 0);
    assert_int_equal(n, 71);
}

static void the_group_of_the_crawler_beats_the_one_for_all(void **state)
{
    const char *text = "User-agent: *\nDisallow: /\n\nUser-agent: Tandem/2.0\nDisallow: /x\n";

    (void)state;
    assert_true(allows(text, "tandem", "http://a/y"));
    assert_false(allows(text, "tandem", "http://a/x"));
    assert_false(allows(text, "other", "http://a/y"));
    /* A name that only starts alike is another crawler. */
    assert_false(allows(text, "tande", "http://a/y"));
}

static void rules_past_500_kib_are_ignored_and_the_last_line_is_not_cut_in_half(void **state)
{
    size_t n = 600 * 1024, head;
    char *text = malloc(n);

    (void)state;
    head = (size_t)sprintf(text, "User-agent: *\nDisallow: /early\n");
    memset(text + head, '#', n - head);
    for (size_t i = head + 99; i < n; i += 100)
        text[i] = '\n';
    memcpy(text + TD_SOURCE_ROBOTS_BYTES_MAX + 2000, "\nDisallow: /late\n", 17);
    /* The limit falls behind the '/': what is left of the line would forbid all. */
    memcpy(text + TD_SOURCE_ROBOTS_BYTES_MAX - 12, "\nDisallow: /private\n", 20);
    td_source_robots *robots = parse((td_str){text, n}, "tandem");
    assert_false(td_source_robots_allows(robots, TD_STR("http://a/early")));
    assert_true(td_source_robots_allows(robots, TD_STR("http://a/late")));
    assert_true(td_source_robots_allows(robots, TD_STR("http://a/other")));
    td_source_robots_free(robots);
    free(text);
}

static void stars_are_matched_in_one_pass(void **state)
{
    (void)state;
    assert_false(allows("user-agent:*\ndisallow:*a*b*c$", "t", "http://h/xaxbxbxcxc"));
    assert_true(allows("user-agent:*\ndisallow:*a*b*c$", "t", "http://h/xaxbxcx"));
    assert_false(allows("user-agent:*\ndisallow:/a**b", "t", "http://h/axxb/y"));
    assert_false(allows("user-agent:*\ndisallow:/a*$", "t", "http://h/axxb/y"));
    assert_true(allows("user-agent:*\ndisallow:/ab*ba$", "t", "http://h/aba"));
    assert_true(allows("user-agent:*\ndisallow:/a$b", "t", "http://h/a"));
    assert_false(allows("user-agent:*\ndisallow:/a$b", "t", "http://h/a$b"));
}

static void a_delay_may_have_a_fraction_and_the_longest_holds(void **state)
{
    static const struct {
        const char *text;
        int64_t delay_ms;
    } cases[] = {
        {"User-agent: *\nCrawl-delay: 0.5", 500},
        {"User-agent: *\nCrawl-delay: 2\n", 2000},
        {"User-agent: *\nCrawl-delay: .25", 250},
        {"User-agent: *\nCrawl-delay: x", -1},
        {"User-agent: *\nCrawl-delay: -1", -1},
        {"User-agent: *\nCrawl-delay: 1,5", -1},
        {"User-agent: *\nCrawl-delay:", -1},
        {"Crawl-delay: 5", -1},
        {"User-agent: *\nCrawl-delay: 1\nCrawl-delay: 3\nCrawl-delay: 2", 3000},
        {"User-agent: *\nCrawl-delay: 99999999999999", 1000000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_source_robots *robots = parse(td_str_from(cases[i].text), "tandem");
        assert_int_equal(td_source_robots_delay_ms(robots), cases[i].delay_ms);
        td_source_robots_free(robots);
    }
}

static void html_and_bytes_of_any_kind_allow_all(void **state)
{
    static const char bytes[] = "\0\xff\xfe<html>\r\rDisallow: /\n:\n::\n\xff\xfe\n#\n";

    (void)state;
    td_source_robots *robots = parse((td_str){bytes, sizeof(bytes) - 1}, "tandem");
    assert_true(td_source_robots_allows(robots, TD_STR("http://a/")));
    td_source_robots_free(robots);
    assert_true(allows("<!DOCTYPE html><html><body>Not found</body></html>", "t", "http://a/"));
}

static void the_product_token_is_what_stands_before_the_version(void **state)
{
    (void)state;
    assert_true(td_str_eq(td_source_robots_token(TD_STR("tandem/0.1 (+x)")), TD_STR("tandem")));
    assert_true(td_str_eq(td_source_robots_token(TD_STR("My-Bot_a 1")), TD_STR("My-Bot_a")));
    assert_int_equal(td_source_robots_token(TD_STR("1bot")).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_145_cases_of_google_pass),
        cmocka_unit_test(all_71_file_cases_pass),
        cmocka_unit_test(the_group_of_the_crawler_beats_the_one_for_all),
        cmocka_unit_test(rules_past_500_kib_are_ignored_and_the_last_line_is_not_cut_in_half),
        cmocka_unit_test(stars_are_matched_in_one_pass),
        cmocka_unit_test(a_delay_may_have_a_fraction_and_the_longest_holds),
        cmocka_unit_test(html_and_bytes_of_any_kind_allow_all),
        cmocka_unit_test(the_product_token_is_what_stands_before_the_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
