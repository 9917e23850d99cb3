#include "support.h"

/* As the tools that make them write them. */
static void the_shells_of_the_usual_tools_need_their_scripts(void **state)
{
    static const char *const shells[] = {
        /* Create React App */
        "<!doctype html><html lang=\"en\"><head><title>React App</title><script defer=\"defer\" "
        "src=\"/static/js/main.6a1c.js\"></script></head><body><noscript>You need to enable "
        "JavaScript to run this app.</noscript><div id=\"root\"></div></body></html>",
        /* Vite with Vue */
        "<html><head><script type=\"module\" crossorigin src=\"/assets/index-4d.js\"></script>"
        "</head><body><div id=\"app\"></div></body></html>",
        /* Angular */
        "<html><head><base href=\"/\"></head><body><app-root></app-root><script "
        "src=\"runtime.js\" type=\"module\"></script></body></html>",
        /* docsify */
        "<html><body><nav><a href=\"/\">Home</a></nav><div id=\"app\">Please wait...</div><script>"
        "window.$docsify = {}</script><script src=\"//cdn/docsify.js\"></script></body></html>",
        /* Redoc, Swagger UI */
        "<body><redoc spec-url='openapi.json'></redoc><script src=redoc.standalone.js></script>",
        "<body><div id='swagger-ui'></div><script src='./swagger-ui-bundle.js'></script></body>",
        /* a spinner in the root */
        "<DIV ID=ROOT><div class=\"spinner\">Loading...</div></DIV><SCRIPT SRC=a.js></SCRIPT>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        assert_true(td_extract_needs_scripts(td_str_from(shells[i]),
                                             TD_STR("The name and slogan of the application, and "
                                                    "whatever else stands outside of its root.")));
}

static void a_page_with_text_needs_none(void **state)
{
    char text[1000];
    td_str page = TD_STR("<div id=root></div><noscript>JavaScript!</noscript><script></script>");

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_false(td_extract_needs_scripts(page, (td_str){text, sizeof(text)}));
    assert_true(td_extract_needs_scripts(page, (td_str){text, 300}));
    /* Neither root nor plea: what little there is, is all there is. */
    page = TD_STR("<h1>Moved</h1><script src=analytics.js></script><noscript><img></noscript>");
    assert_false(td_extract_needs_scripts(page, (td_str){text, 300}));
    assert_true(td_extract_needs_scripts(page, TD_STR("Loading...")));
    /* No scripts: nothing could make more of it. */
    assert_false(td_extract_needs_scripts(TD_STR("<div id=app></div>"), TD_STR("")));
    assert_false(td_extract_needs_scripts(TD_STR(""), TD_STR("")));
    /* A root that is full has been made on the server. */
    page =
        TD_STR("<script src=a.js></script><div id='__next'>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</div>");
    assert_false(td_extract_needs_scripts(page, (td_str){text, 220}));
}

static void an_empty_root_may_come_after_full_ones(void **state)
{
    td_str full = test_repeat("x", 300, ""), text = test_repeat("y", 300, "");
    td_buf page = TD_BUF(1 << 16);

    (void)state;
    for (int i = 0; i < 3; i++)
        td_buf_add_fmt(&page, NULL, "<div id=root>%.*s</div>", TD_STR_FMT(full));
    td_buf_add(&page, TD_STR("<script src=a.js></script>"), NULL);
    assert_false(td_extract_needs_scripts(td_buf_str(&page), text));
    td_buf_add(&page, TD_STR("<div id=app></div>"), NULL);
    assert_true(td_extract_needs_scripts(td_buf_str(&page), text));
    td_buf_clear(&page);
    free((char *)(uintptr_t)full.ptr);
    free((char *)(uintptr_t)text.ptr);
}

static void broken_and_endless_markup_is_no_trap(void **state)
{
    enum {
        N = 300000
    };
    char *html = malloc(N);

    (void)state;
    assert_non_null(html);
    assert_false(td_extract_needs_scripts(TD_STR("<"), TD_STR("")));
    assert_false(td_extract_needs_scripts(TD_STR("<div id="), TD_STR("")));
    assert_false(td_extract_needs_scripts(TD_STR("<div id=\"root"), TD_STR("")));
    assert_true(td_extract_needs_scripts(TD_STR("<script"), TD_STR("")));
    for (size_t i = 0; i + 13 <= N; i += 13)
        memcpy(html + i, "<div id=root>", 13);
    assert_false(td_extract_needs_scripts((td_str){html, N / 13 * 13}, TD_STR("")));
    memset(html, '<', N);
    assert_false(td_extract_needs_scripts((td_str){html, N}, TD_STR("")));
    memset(html, '=', N);
    memcpy(html, "<a ", 3);
    assert_false(td_extract_needs_scripts((td_str){html, N}, TD_STR("")));
    free(html);
}

static void html_is_told_as_extraction_tells_it(void **state)
{
    td_page page = {.uri = {"http://x/a", 10}, .is_web = true};

    (void)state;
    page.media_type = TD_STR("text/html");
    assert_true(td_extract_is_html(&page));
    page.media_type = TD_STR("text/plain");
    assert_false(td_extract_is_html(&page));
    page.media_type = TD_STR("");
    page.body = TD_STR("<!doctype html><p>x");
    assert_true(td_extract_is_html(&page));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shells_of_the_usual_tools_need_their_scripts),
        cmocka_unit_test(a_page_with_text_needs_none),
        cmocka_unit_test(an_empty_root_may_come_after_full_ones),
        cmocka_unit_test(broken_and_endless_markup_is_no_trap),
        cmocka_unit_test(html_is_told_as_extraction_tells_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
