#include "source/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static td_page *page_of(td_net_reply reply, const td_source_options *options)
{
    static const tandem_error no_error = {.code = TANDEM_OK};
    td_source_options defaults = TD_SOURCE_OPTIONS;
    td_page *page = NULL;

    reply.error = reply.error ? reply.error : &no_error;
    assert_int_equal(td_source_answer_page(TD_STR("http://a/x"), &reply,
                                           options ? options : &defaults, &page, NULL),
                     TANDEM_OK);
    assert_true(td_str_eq(page->uri, TD_STR("http://a/x")));
    assert_true(page->is_web);
    return page;
}

static td_net_reply text_reply(void)
{
    return (td_net_reply){.status = 200,
                          .final_url = TD_STR("http://a/y"),
                          .media_type = TD_STR("text/html"),
                          .charset = TD_STR("utf-8"),
                          .etag = TD_STR("\"1\""),
                          .x_robots_tag = TD_STR("noindex"),
                          .body = TD_STR("<p>hello")};
}

static void a_text_is_a_fetched_page(void **state)
{
    td_page *page = page_of(text_reply(), NULL);

    (void)state;
    assert_int_equal(page->status, TD_PAGE_FETCHED);
    assert_true(td_str_eq(page->final_uri, TD_STR("http://a/y")));
    assert_true(td_str_eq(page->media_type, TD_STR("text/html")));
    assert_true(td_str_eq(page->charset, TD_STR("utf-8")));
    assert_true(td_str_eq(page->etag, TD_STR("\"1\"")));
    assert_true(td_str_eq(page->x_robots_tag, TD_STR("noindex")));
    assert_true(td_str_eq(page->body, TD_STR("<p>hello")));
    assert_true(td_hash_eq(page->hash, td_hash_of(page->body)));
    assert_int_equal(page->http_status, 200);
    td_page_free(page);
}

static bool knows_hello(void *user, td_str uri, td_page_known *known_out)
{
    (void)user;
    assert_true(td_str_eq(uri, TD_STR("http://a/x")));
    *known_out = (td_page_known){.hash = td_hash_of(TD_STR("<p>hello"))};
    return true;
}

static void an_unchanged_page_keeps_its_body_for_the_links(void **state)
{
    td_source_options options = TD_SOURCE_OPTIONS;

    (void)state;
    options.known = knows_hello;
    td_page *page = page_of(text_reply(), &options);
    assert_int_equal(page->status, TD_PAGE_UNCHANGED);
    assert_true(td_str_eq(page->body, TD_STR("<p>hello")));
    td_page_free(page);
}

static void all_else_says_why(void **state)
{
    static const tandem_error large = {.code = TANDEM_E_TOO_LARGE, .message = "larger than 5"};
    static const tandem_error lost = {.code = TANDEM_E_NETWORK, .message = "a refuses"};
    const struct {
        int status;
        tandem_code code;
        const tandem_error *error;
        td_str media_type, body;
        td_page_status expected;
        const char *reason;
    } cases[] = {
        {404, TANDEM_OK, NULL, TD_STR("text/html"), TD_STR("x"), TD_PAGE_FAILED, "HTTP 404"},
        {503, TANDEM_OK, NULL, TD_STR(""), TD_STR(""), TD_PAGE_FAILED, "HTTP 503"},
        {304, TANDEM_OK, NULL, TD_STR(""), TD_STR(""), TD_PAGE_FAILED, "HTTP 304"},
        {200, TANDEM_OK, NULL, TD_STR("image/png"), TD_STR(""), TD_PAGE_SKIPPED,
         "no text: image/png"},
        {200, TANDEM_OK, NULL, TD_STR("text/html"), TD_STR(""), TD_PAGE_FAILED,
         "the answer is empty"},
        {204, TANDEM_OK, NULL, TD_STR(""), TD_STR(""), TD_PAGE_FAILED, "the answer is empty"},
        {200, TANDEM_OK, NULL, TD_STR("text/plain"), TD_STR("a\0b"), TD_PAGE_SKIPPED,
         "binary file"},
        {0, TANDEM_E_TOO_LARGE, &large, TD_STR(""), TD_STR(""), TD_PAGE_SKIPPED, "larger than 5"},
        {0, TANDEM_E_NETWORK, &lost, TD_STR(""), TD_STR(""), TD_PAGE_FAILED, "a refuses"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_net_reply reply = {.code = cases[i].code,
                              .error = cases[i].error,
                              .status = cases[i].status,
                              .final_url = TD_STR("http://a/x"),
                              .media_type = cases[i].media_type,
                              .body = cases[i].body};
        td_page *page = page_of(reply, NULL);
        assert_int_equal(page->status, cases[i].expected);
        assert_true(td_str_eq(page->reason, td_str_from(cases[i].reason)));
        assert_int_equal(page->http_status, cases[i].status);
        assert_int_equal(page->body.n, 0);
        td_page_free(page);
    }
}

static void only_what_may_pass_by_itself_is_tried_again(void **state)
{
    static const int again[] = {408, 429, 500, 502, 503, 504, 599};
    static const int never[] = {300, 304, 400, 401, 403, 404, 405, 410, 418, 451, 501, 505};

    (void)state;
    for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++)
        assert_true(tandem_code_retry(td_source_answer_code(again[i])));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        assert_false(tandem_code_retry(td_source_answer_code(never[i])));
    assert_int_equal(td_source_answer_code(200), TANDEM_OK);
    assert_int_equal(td_source_answer_code(299), TANDEM_OK);
    assert_int_not_equal(td_source_answer_code(0), TANDEM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_a_fetched_page),
        cmocka_unit_test(an_unchanged_page_keeps_its_body_for_the_links),
        cmocka_unit_test(all_else_says_why),
        cmocka_unit_test(only_what_may_pass_by_itself_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
