#include "serve/crawl_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *check(const char *body, int status)
{
    http_request request = {.family = HTTP_RUNNER};
    json_t *object = json_loads(body, 0, NULL);
    json_t *out = crawl_request_check(&request, object);

    assert_non_null(object);
    assert_int_equal(request.status, status);
    assert_true((out != NULL) == (status == 0));
    json_decref(object);
    free(request.reply);
    return out;
}

static void refuses_what_the_runner_refuses(void **state)
{
    static const char *const invalid[] = {
        "{}",
        "{\"urls\": \"http://a/\"}",
        "{\"urls\": [5]}",
        "{\"urls\": [\"ftp://a/\"]}",
        "{\"urls\": [\"http://\"]}",
        "{\"urls\": [\"http://a/ b\"]}",
        "{\"urls\": [\"http://a/\"], \"mode\": \"deep\"}",
        "{\"urls\": [\"http://a/\"], \"mode\": \"sing\"}",
        "{\"urls\": [\"http://a/\"], \"mode\": 3}",
        "{\"urls\": [\"http://a/\"], \"scope\": \"ours\"}",
        "{\"urls\": [\"http://a/\"], \"max_pages\": -1}",
        "{\"urls\": [\"http://a/\"], \"max_depth\": \"2\"}",
        "{\"urls\": [\"http://a/\"], \"same_domain_only\": 1}",
        "{\"urls\": [\"http://a/\"], \"project\": 5}",
        "{\"urls\": [\"http://a/\"], \"tags\": [1]}",
    };

    (void)state;
    check("{\"urls\": []}", 400);
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
        check(invalid[i], 422);
}

static void counts_characters_of_addresses(void **state)
{
    (void)state;
    for (int n = CRAWL_URL_CHARS_MAX - 1; n <= CRAWL_URL_CHARS_MAX + 1; n++) {
        char body[3 * CRAWL_URL_CHARS_MAX] = "{\"urls\": [\"http://a/";
        for (int i = 9; i < n; i++)
            strcat(body, "\xc3\xa4");
        json_decref(check(strcat(body, "\"]}"), n <= CRAWL_URL_CHARS_MAX ? 0 : 422));
    }
}

static void counts_characters_of_names(void **state)
{
    char body[400];

    (void)state;
    for (int n = 99; n <= 101; n++) {
        char name[204] = "";
        for (int i = 0; i < n; i++)
            strcat(name, "\xC3\xA4");
        snprintf(body, sizeof(body), "{\"urls\": [\"http://a/\"], \"dataset\": \"%s\"}", name);
        json_decref(check(body, n > 100 ? 422 : 0));
    }
}

static void read(const char *body, crawl_request *out, tandem_job_options *options, json_t **keep)
{
    *keep = check(body, 0);
    *options = (tandem_job_options)TANDEM_JOB_OPTIONS;
    crawl_request_read(*keep, out);
    crawl_request_apply(out, options);
}

static void fills_in_the_runners_defaults(void **state)
{
    crawl_request r;
    tandem_job_options o;
    json_t *keep;

    (void)state;
    read("{\"urls\": [\"http://a/\"]}", &r, &o, &keep);
    assert_int_equal(r.mode, CRAWL_SINGLE);
    assert_int_equal(o.depth_max, 0);
    assert_int_equal(o.pages_max, 20);
    assert_int_equal(o.until, TANDEM_UNTIL_DOCUMENT); /* no project, no dataset: not stored */
    assert_true(o.refuse_private);
    assert_int_equal(crawl_request_expected(&r), 1);
    crawl_request_clear(&r);
    json_decref(keep);
}

static void depth_one_is_the_named_pages_alone(void **state)
{
    crawl_request r;
    tandem_job_options o;
    json_t *keep;

    (void)state;
    read(
        "{\"urls\": [\"http://a/\"], \"mode\": \"recursive\", \"max_depth\": 1, \"project\": \"p\","
        " \"auto_discovery\": false, \"max_pages\": 0}",
        &r, &o, &keep);
    assert_int_equal(o.depth_max, 0);
    assert_int_equal(o.pages_max, 0);
    assert_int_equal(o.until, TANDEM_UNTIL_STORE);
    crawl_request_clear(&r);
    json_decref(keep);
    read("{\"urls\": [\"http://a/\", \"http://b/\"], \"mode\": \"recursive\", \"max_depth\": 3,"
         " \"max_pages\": 9, \"same_path_prefix\": true}",
         &r, &o, &keep);
    assert_int_equal(o.depth_max, 2);
    assert_int_equal(o.pages_max, 4);
    assert_true(o.below && !o.any_host);
    assert_int_equal(o.mode, TANDEM_MODE_AUTO);
    crawl_request_clear(&r);
    json_decref(keep);
}

static void takes_no_more_urls_than_pages(void **state)
{
    crawl_request r;
    tandem_job_options o;
    json_t *keep;

    (void)state;
    read("{\"urls\": [\"http://a/\", \"http://b/\", \"http://c/\"], \"mode\": \"batch\","
         " \"max_pages\": 2}",
         &r, &o, &keep);
    assert_int_equal(r.n_urls, 2);
    assert_string_equal(r.urls[1], "http://b/");
    crawl_request_clear(&r);
    json_decref(keep);
    read("{\"urls\": [\"http://a/sitemap.xml\"], \"mode\": \"sitemap\"}", &r, &o, &keep);
    assert_int_equal(o.mode, TANDEM_MODE_SITEMAP);
    assert_int_equal(o.depth_max, 1);
    crawl_request_clear(&r);
    json_decref(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_the_runner_refuses),
        cmocka_unit_test(counts_characters_of_addresses),
        cmocka_unit_test(counts_characters_of_names),
        cmocka_unit_test(fills_in_the_runners_defaults),
        cmocka_unit_test(depth_one_is_the_named_pages_alone),
        cmocka_unit_test(takes_no_more_urls_than_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
