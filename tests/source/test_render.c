#include "source/render.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    COMMAND_BYTES = 1 << 16
};

/* What the browser does when it is called by a method: all of it, in place of its usual answer. */
typedef struct fault {
    const char *at;      /* method; NULL: no fault */
    const char *says[2]; /* messages; an "id":0 is made the call's */
    bool ends;           /* and then closes its end */
} fault;

/* A browser on a thread of its own that draws every page as the same. */
typedef struct browser {
    int heard, said, near[2];
    pthread_t thread;
    fault fault;
    unsigned navigation; /* the call that is answered once the page was given */
    atomic_size_t n_given, n_disposed;
    atomic_bool is_mended; /* has no fault any more */
    td_source_cdp *cdp;
    td_source_render_net *net;
} browser;

static void say(const browser *b, const char *message, unsigned id)
{
    char text[1000];
    const char *at = strstr(message, "\"id\":0");

    if (at)
        snprintf(text, sizeof(text), "%.*s\"id\":%u%s", (int)(at - message), message, id, at + 6);
    else
        snprintf(text, sizeof(text), "%s", message);
    size_t n = strlen(text) + 1;
    assert_int_equal(write(b->said, text, n), n);
}

/* The usual answer to calls that bring something. */
static const char *const usual[][2] = {
    {"Target.createBrowserContext", "{\"id\":0,\"result\":{\"browserContextId\":\"C\"}}"},
    {"Target.createTarget", "{\"id\":0,\"result\":{\"targetId\":\"T\"}}"},
    {"Target.attachToTarget", "{\"id\":0,\"result\":{\"sessionId\":\"S\"}}"},
    {"Page.getFrameTree",
     "{\"id\":0,\"sessionId\":\"S\",\"result\":{\"frameTree\":{\"frame\":{\"id\":\"F\"}}}}"},
    {"Page.navigate",
     "{\"sessionId\":\"S\",\"method\":\"Fetch.requestPaused\",\"params\":{\"requestId\":\"R\","
     "\"resourceType\":\"Document\",\"frameId\":\"F\",\"request\":{\"url\":\"http://a.example/\","
     "\"method\":\"GET\",\"headers\":{}}}}"},
    {"Page.createIsolatedWorld",
     "{\"id\":0,\"sessionId\":\"S\",\"result\":{\"executionContextId\":7}}"},
    {"Runtime.evaluate",
     "{\"id\":0,\"sessionId\":\"S\",\"result\":{\"result\":{\"value\":\"+<p>drawn\"}}}"},
};

static void answer(browser *b, const char *method, unsigned id)
{
    bool gives = strcmp(method, "Fetch.fulfillRequest") == 0;

    if (strcmp(method, "Page.navigate") == 0)
        b->navigation = id;
    b->n_disposed += (size_t)(strcmp(method, "Target.disposeBrowserContext") == 0);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (strcmp(usual[i][0], method) == 0) {
            say(b, usual[i][1], id);
            return;
        }
    }
    say(b, "{\"id\":0,\"result\":{}}", id);
    b->n_given += gives;
    if (gives) {
        say(b, "{\"id\":0,\"sessionId\":\"S\",\"result\":{\"frameId\":\"F\"}}", b->navigation);
        say(b, "{\"sessionId\":\"S\",\"method\":\"Page.loadEventFired\",\"params\":{}}", 0);
    }
}

/* False when the browser is to end. */
static bool take_call(browser *b, const char *text)
{
    char method[100];
    unsigned id = 0;

    assert_int_equal(sscanf(text, "{\"id\":%u,\"method\":\"%99[A-Za-z.]", &id, method), 2);
    if (!b->fault.at || atomic_load(&b->is_mended) || strcmp(b->fault.at, method) != 0) {
        answer(b, method, id);
        return true;
    }
    for (size_t i = 0; i < 2 && b->fault.says[i]; i++)
        say(b, b->fault.says[i], id);
    return !b->fault.ends;
}

static void *run(void *user)
{
    browser *b = user;
    char *text = malloc(COMMAND_BYTES);
    size_t n = 0;
    ssize_t got = 0;
    bool goes_on = true;

    while (goes_on && (got = read(b->heard, text + n, COMMAND_BYTES - n)) > 0) {
        n += (size_t)got;
        for (char *end; goes_on && (end = memchr(text, '\0', n)) != NULL;) {
            goes_on = take_call(b, text);
            n -= (size_t)(end + 1 - text);
            memmove(text, end + 1, n);
        }
    }
    free(text);
    close(b->heard);
    close(b->said);
    return NULL;
}

static browser *browser_new(fault f)
{
    browser *b = calloc(1, sizeof(*b));
    int to[2], from[2];

    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    fcntl(to[1], F_SETFL, O_NONBLOCK);
    fcntl(from[0], F_SETFL, O_NONBLOCK);
    *b = (browser){.heard = to[0], .said = from[1], .near = {to[1], from[0]}, .fault = f};
    assert_int_equal(td_source_cdp_new(to[1], from[0], 1 << 20, &b->cdp, NULL), TANDEM_OK);
    assert_int_equal(td_source_render_net_new(&b->net, NULL), TANDEM_OK);
    assert_int_equal(pthread_create(&b->thread, NULL, run, b), 0);
    return b;
}

static void browser_free(browser *b)
{
    close(b->near[0]);
    pthread_join(b->thread, NULL);
    close(b->near[1]);
    td_source_cdp_free(b->cdp);
    td_source_render_net_free(b->net);
    free(b);
}

/* The page as the browser draws it; its text or the reason why not goes to `out`. */
static tandem_code draw(browser *b, char out[300])
{
    td_source_options options = TD_SOURCE_OPTIONS;
    td_source_site site = {&options, "tandem", "a.example:80"};
    td_source_render render = {.cdp = b->cdp, .net = b->net};
    td_buf html = TD_BUF(10000);
    td_page page = {.body = TD_STR("<p>x"), .final_uri = TD_STR("http://a.example/")};
    tandem_error err = {.code = TANDEM_OK};

    page.uri = page.final_uri;
    page.charset = TD_STR("utf-8");
    tandem_code code = td_source_render_page(&render, &site, &page, &html, &err);
    snprintf(out, 300, "%.*s",
             TD_STR_FMT(code == TANDEM_OK ? td_buf_str(&html) : td_str_from(err.message)));
    td_buf_clear(&html);
    return code;
}

/* Calls that are made while a page is drawn, in their order. */
static const char *const calls[] = {
    "Target.createBrowserContext",
    "Target.createTarget",
    "Target.attachToTarget",
    "Fetch.enable",
    "Page.enable",
    "Inspector.enable",
    "Page.getFrameTree",
    "Page.navigate",
    "Fetch.fulfillRequest",
    "Page.createIsolatedWorld",
    "Runtime.evaluate",
};
enum {
    N_CALLS = sizeof(calls) / sizeof(calls[0]),
    N_BEFORE_SESSION = 3,
};

static void a_page_comes_back_as_the_browser_has_it(void **state)
{
    browser *b = browser_new((fault){NULL});
    char said[300];

    (void)state;
    for (size_t i = 1; i <= 3; i++) {
        assert_int_equal(draw(b, said), TANDEM_OK);
        assert_string_equal(said, "<p>drawn");
        assert_int_equal(b->n_given, i);
        assert_int_equal(b->n_disposed, i);
    }
    browser_free(b);
}

/* What ends a page in the middle, after any call; and the next page is drawn all the same. */
static void each_call_is_where_it_ends(const char *message, const char *reason)
{
    char said[300];

    for (size_t i = N_BEFORE_SESSION; i < N_CALLS; i++) {
        browser *b = browser_new((fault){.at = calls[i], .says = {message}});
        assert_int_equal(draw(b, said), TANDEM_E_NETWORK);
        assert_string_equal(said, reason);
        assert_int_equal(b->n_disposed, 1);
        atomic_store(&b->is_mended, true);
        assert_int_equal(draw(b, said), TANDEM_OK);
        assert_string_equal(said, "<p>drawn");
        browser_free(b);
    }
}

static void a_page_that_is_closed_in_the_middle_is_a_failure_with_a_reason(void **state)
{
    (void)state;
    each_call_is_where_it_ends(
        "{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"S\"}}",
        "the page was closed while it was drawn");
}

static void a_page_that_crashes_in_the_middle_is_a_failure_with_a_reason(void **state)
{
    (void)state;
    each_call_is_where_it_ends(
        "{\"sessionId\":\"S\",\"method\":\"Inspector.targetCrashed\",\"params\":{}}",
        "the browser's process of this page has ended");
}

static void the_end_of_another_page_is_not_its_own(void **state)
{
    static const char *const others[] = {
        "{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"other\"}}",
        "{\"sessionId\":\"other\",\"method\":\"Inspector.targetCrashed\",\"params\":{}}",
        "{\"sessionId\":\"S\",\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":"
        "\"frame\"}}"};
    char said[300];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        browser *b = browser_new(
            (fault){.at = "Page.enable", .says = {others[i], "{\"id\":0,\"result\":{}}"}});
        assert_int_equal(draw(b, said), TANDEM_OK);
        assert_string_equal(said, "<p>drawn");
        browser_free(b);
    }
}

static void a_browser_that_ends_at_any_call_is_a_failure(void **state)
{
    char said[300];

    (void)state;
    for (size_t i = 0; i < N_CALLS; i++) {
        browser *b = browser_new((fault){.at = calls[i], .ends = true});
        assert_int_equal(draw(b, said), TANDEM_E_NETWORK);
        assert_non_null(strstr(said, "the browser has ended"));
        browser_free(b);
    }
}

static void a_call_that_the_browser_refuses_is_a_failure(void **state)
{
    char said[300];

    (void)state;
    for (size_t i = 0; i < N_CALLS; i++) {
        if (strcmp(calls[i], "Fetch.fulfillRequest") == 0)
            continue; /* nobody waits for its reply */
        browser *b = browser_new(
            (fault){.at = calls[i], .says = {"{\"id\":0,\"error\":{\"message\":\"no such\"}}"}});
        assert_int_equal(draw(b, said), TANDEM_E_NETWORK);
        assert_string_equal(said, "the browser refuses: no such");
        browser_free(b);
    }
}

static void a_reply_without_what_was_asked_for_is_a_failure(void **state)
{
    static const char *const asking[] = {"Target.createBrowserContext", "Target.createTarget",
                                         "Target.attachToTarget", "Page.getFrameTree"};
    char said[300];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        browser *b = browser_new((fault){.at = asking[i], .says = {"{\"id\":0,\"result\":{}}"}});
        assert_int_equal(draw(b, said), TANDEM_E_FORMAT);
        assert_non_null(strstr(said, "the browser's reply has no result."));
        browser_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_comes_back_as_the_browser_has_it),
        cmocka_unit_test(a_page_that_is_closed_in_the_middle_is_a_failure_with_a_reason),
        cmocka_unit_test(a_page_that_crashes_in_the_middle_is_a_failure_with_a_reason),
        cmocka_unit_test(the_end_of_another_page_is_not_its_own),
        cmocka_unit_test(a_browser_that_ends_at_any_call_is_a_failure),
        cmocka_unit_test(a_call_that_the_browser_refuses_is_a_failure),
        cmocka_unit_test(a_reply_without_what_was_asked_for_is_a_failure),
    };
    signal(SIGPIPE, SIG_IGN); /* blocked in the thread that draws */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
