#include "embed/backend.h"
#include "embed/exchange.h"
#include "net/client.h"

#include <zlib.h>

/* What the server does is told by the path. */
static bool answer_by_path(void *user, server_request *request)
{
    (void)user;
    if (strcmp(request->path, "/limit") == 0)
        return server_send(request, 429, "Retry-After: 7\r\n", "{\"error\":\"slow down\"}");
    if (strcmp(request->path, "/moved") == 0)
        return server_send(request, 302, "Location: http://127.0.0.1:1/x?secret=1\r\n", "");
    if (strcmp(request->path, "/key") == 0)
        return server_send(request, 401, "", "{\"error\":\"no such key: hush-hush-1, sorry\"}");
    if (strcmp(request->path, "/large") == 0) {
        char *body = calloc(1, 1 << 20);
        memset(body, 'x', (1 << 20) - 1);
        bool keep = server_send(request, 200, "", body);
        free(body);
        return keep;
    }
    if (strcmp(request->path, "/status") == 0)
        return server_send(request, 418, "", "teapot");
    if (strcmp(request->path, "/gzip") == 0)
        return server_send(request, 200, "Accept-Encoding: br, gzip\r\n", "{}");
    return server_send(request, 200, "", request->text);
}

static td_told *run(td_exchange *exchange, const server *s, const char *path, td_ask ask,
                    tandem_code expected)
{
    td_told *told = calloc(1, sizeof(*told));
    char url[2200];
    tandem_error err = {0};

    ask.url = td_str_from(server_url(s, path, url));
    ask.timeout_ms = ask.timeout_ms ? ask.timeout_ms : 10000;
    ask.answer_bytes_max = ask.answer_bytes_max ? ask.answer_bytes_max : 65536;
    tandem_code code = td_embed_exchange_run(exchange, &ask, told, &err);
    if (code != expected)
        fail_msg("%s: %s", tandem_code_name(code), err.message);
    return told;
}

static void told_free(td_told *told)
{
    td_embed_exchange_clear(told);
    free(told);
}

static td_exchange *open_with(const char *key)
{
    td_exchange_options options = {.key = key};
    td_exchange *exchange = NULL;

    assert_int_equal(td_embed_exchange_open(&options, &exchange, NULL), TANDEM_OK);
    return exchange;
}

static void a_connection_is_kept_and_the_key_is_sent(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_exchange *exchange = open_with("hush-hush-1");

    (void)state;
    for (int i = 0; i < 3; i++) {
        td_told *told = run(exchange, s, "/", (td_ask){.post = TD_STR("")}, TANDEM_OK);
        assert_int_equal(told->status, 200);
        assert_int_equal(told->is_new_connection, i == 0);
        assert_non_null(strstr(told->body.ptr, "POST / HTTP/1.1\r\n"));
        assert_non_null(strstr(told->body.ptr, "Authorization: Bearer hush-hush-1\r\n"));
        assert_non_null(strstr(told->body.ptr, "Content-Type: application/json\r\n"));
        assert_null(strstr(told->body.ptr, "Expect:"));
        told_free(told);
    }
    td_told *told = run(exchange, s, "/", (td_ask){0}, TANDEM_OK);
    assert_non_null(strstr(told->body.ptr, "GET / HTTP/1.1\r\n"));
    told_free(told);
    assert_int_equal(server_n_connections(s), 1);
    td_embed_exchange_close(exchange);
    server_stop(s);
}

static void expect_judged(td_exchange *exchange, const server *s, const char *path,
                          tandem_code code, const char *message)
{
    td_told *told = run(exchange, s, path, (td_ask){0}, TANDEM_OK);
    tandem_error err = {0};

    assert_int_equal(td_embed_exchange_judge(exchange, told, &err), code);
    assert_string_equal(err.message, message);
    told_free(told);
}

static void a_question_apart_has_a_connection_of_its_own(void **state)
{
    static const struct {
        bool is_apart, is_new;
    } asks[] = {{false, true}, {false, false}, {true, true}, {false, false}};
    server *s = server_start(answer_by_path, NULL);
    td_exchange *exchange = open_with(NULL);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        td_told *told = run(exchange, s, "/", (td_ask){.is_apart = asks[i].is_apart}, TANDEM_OK);
        assert_int_equal(told->is_new_connection, asks[i].is_new);
        told_free(told);
    }
    assert_int_equal(server_n_connections(s), 2);
    td_embed_exchange_close(exchange);
    server_stop(s);
}

static void a_status_is_judged_in_the_servers_words_without_the_key(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_exchange *exchange = open_with("hush-hush-1"), *keyless = open_with(NULL);

    (void)state;
    expect_judged(exchange, s, "/limit", TANDEM_E_BUSY, "HTTP 429: slow down");
    expect_judged(exchange, s, "/moved", TANDEM_E_DENIED,
                  "the server redirects (HTTP 302) to http://127.0.0.1:1/x: name that place "
                  "itself");
    expect_judged(exchange, s, "/key", TANDEM_E_DENIED,
                  "HTTP 401: no such key: *** (the key was not accepted)");
    expect_judged(keyless, s, "/key", TANDEM_E_DENIED,
                  "HTTP 401: no such key: hush-hush-1, sorry (no key is set)");
    expect_judged(exchange, s, "/status", TANDEM_E_DENIED, "HTTP 418");
    assert_int_equal(server_n_requests(s, "/x"), 0);
    td_embed_exchange_close(exchange);
    td_embed_exchange_close(keyless);
    server_stop(s);
}

static void every_status_has_a_meaning_for_the_schedule(void **state)
{
    static const struct {
        int status;
        tandem_code code;
    } cases[] = {
        {200, TANDEM_OK},
        {400, TANDEM_E_INVALID},
        {422, TANDEM_E_INVALID},
        {413, TANDEM_E_TOO_LARGE},
        {401, TANDEM_E_DENIED},
        {403, TANDEM_E_DENIED},
        {404, TANDEM_E_NOT_FOUND},
        {405, TANDEM_E_NOT_FOUND},
        {408, TANDEM_E_TIMEOUT},
        {429, TANDEM_E_BUSY},
        {424, TANDEM_E_UNAVAILABLE},
        {500, TANDEM_E_UNAVAILABLE},
        {502, TANDEM_E_UNAVAILABLE},
        {503, TANDEM_E_UNAVAILABLE},
        {504, TANDEM_E_TIMEOUT},
        {204, TANDEM_E_DENIED},
        {301, TANDEM_E_DENIED},
        {307, TANDEM_E_DENIED},
    };
    td_exchange *exchange = open_with(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        td_told told = {.status = cases[i].status};
        assert_int_equal(td_embed_exchange_judge(exchange, &told, NULL), cases[i].code);
    }
    td_embed_exchange_close(exchange);
}

static void a_wait_is_passed_on(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_exchange *exchange = open_with(NULL);
    td_told *told = run(exchange, s, "/limit", (td_ask){0}, TANDEM_OK);

    (void)state;
    assert_int_equal(told->retry_after_ms, 7000);
    told_free(told);
    td_embed_exchange_close(exchange);
    server_stop(s);
}

static void an_answer_is_cut_at_its_cap(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_exchange *exchange = open_with(NULL);
    td_told *told = run(exchange, s, "/large", (td_ask){.answer_bytes_max = 1000}, TANDEM_OK);

    (void)state;
    assert_true(told->is_cut);
    assert_int_equal(told->body.n, 1000);
    told_free(told);
    td_embed_exchange_close(exchange);
    server_stop(s);
}

/* Unpacks what came and sends it back. */
static bool answer_unpacked(void *user, server_request *request)
{
    char out[8192] = "", in[8192];
    size_t n = server_body(request, in, sizeof(in));

    *(bool *)user = strcasestr(request->text, "Content-Encoding: gzip") != NULL;
    z_stream z = {.next_in = (Bytef *)in,
                  .avail_in = (uInt)n,
                  .next_out = (Bytef *)out,
                  .avail_out = sizeof(out) - 1};
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    inflateEnd(&z);
    return server_send(request, 200, "", out);
}

static void a_request_is_compressed_for_a_server_that_takes_it(void **state)
{
    bool packed = false;
    server *s = server_start(answer_unpacked, &packed);
    td_exchange *exchange = open_with(NULL);
    char text[4001];

    (void)state;
    for (size_t i = 0; i < 4000; i++)
        text[i] = "abcde"[i * i % 5];
    text[4000] = '\0';
    td_told *told =
        run(exchange, s, "/", (td_ask){.post = td_str_from(text), .gzip = true}, TANDEM_OK);
    assert_true(packed);
    assert_string_equal(told->body.ptr, text);
    told_free(told);
    td_embed_exchange_close(exchange);
    server_stop(s);
}

static void a_server_says_that_it_takes_compressed_requests(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_exchange *exchange = open_with(NULL);
    td_told *told = run(exchange, s, "/gzip", (td_ask){0}, TANDEM_OK);

    (void)state;
    assert_true(told->takes_gzip);
    told_free(told);
    told = run(exchange, s, "/", (td_ask){0}, TANDEM_OK);
    assert_false(told->takes_gzip);
    told_free(told);
    td_embed_exchange_close(exchange);
    server_stop(s);
}

static void nobody_there_and_a_key_that_is_none_are_errors(void **state)
{
    td_exchange_options options = {.key = "line\r\nend"};
    td_exchange *exchange = NULL;
    td_told told = {0};
    char url[100];
    tandem_error err;
    td_ask ask = {.timeout_ms = 5000, .answer_bytes_max = 100};

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server_dead_port());
    ask.url = td_str_from(url);
    assert_int_equal(td_embed_exchange_open(&options, &exchange, &err), TANDEM_E_INVALID);
    assert_null(strstr(err.message, "line"));
    exchange = open_with(NULL);
    assert_int_equal(td_embed_exchange_run(exchange, &ask, &told, &err), TANDEM_E_NETWORK);
    assert_non_null(strstr(err.message, "refuses connections"));
    td_embed_exchange_close(exchange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_kept_and_the_key_is_sent),
        cmocka_unit_test(a_question_apart_has_a_connection_of_its_own),
        cmocka_unit_test(a_status_is_judged_in_the_servers_words_without_the_key),
        cmocka_unit_test(every_status_has_a_meaning_for_the_schedule),
        cmocka_unit_test(a_wait_is_passed_on),
        cmocka_unit_test(an_answer_is_cut_at_its_cap),
        cmocka_unit_test(a_request_is_compressed_for_a_server_that_takes_it),
        cmocka_unit_test(a_server_says_that_it_takes_compressed_requests),
        cmocka_unit_test(nobody_there_and_a_key_that_is_none_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
