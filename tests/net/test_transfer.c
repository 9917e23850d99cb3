#include "net/client.h"
#include "net/server.h"
#include "net/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* -- redirects -- */

static bool redirect_by_path(void *user, server_request *request)
{
    server *other = user;
    char to[2200];
    const char *path = request->path;

    if (strcmp(path, "/rel") == 0)
        return server_redirect(request, 302, "end?x=1#frag");
    if (strncmp(path, "/n/", 3) == 0) {
        snprintf(to, sizeof(to), "/n/%d", atoi(path + 3) + 1);
        return server_redirect(request, 307, atoi(path + 3) >= 9 ? "/end" : to);
    }
    if (strcmp(path, "/ring1") == 0)
        return server_redirect(request, 301, "/ring2");
    if (strcmp(path, "/ring2") == 0)
        return server_redirect(request, 301, "/ring1");
    if (strcmp(path, "/self") == 0)
        return server_redirect(request, 308, "/self");
    if (strcmp(path, "/file") == 0)
        return server_redirect(request, 302, "file:///etc/passwd");
    if (strcmp(path, "/gopher") == 0)
        return server_redirect(request, 302, "gopher://127.0.0.1:70/");
    if (strcmp(path, "/user") == 0)
        return server_redirect(request, 302, "http://user@127.0.0.1/");
    if (strcmp(path, "/other") == 0 && other)
        return server_redirect(request, 302, server_url(other, "/secret", to));
    if (strcmp(path, "/nowhere") == 0)
        return server_send(request, 302, "", "no location");
    return server_html(request, path);
}

static void redirects_are_followed_up_to_the_limit(void **state)
{
    server *s = server_start(redirect_by_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    answer *a = get(net, server_url(s, "/rel", url));
    assert_int_equal(a->status, 200);
    assert_string_equal(a->body, "/end?x=1");
    assert_string_equal(a->final_url, server_url(s, "/end?x=1", url));
    free(a);
    a = get(net, server_url(s, "/n/0", url)); /* ten of them */
    assert_string_equal(a->body, "/end");
    free(a);
    a = get(net, server_url(s, "/n/-1", url));
    assert_int_equal(a->code, TANDEM_E_FORMAT);
    assert_non_null(strstr(a->message, "more than 10 redirects"));
    free(a);
    a = get(net, server_url(s, "/nowhere", url));
    assert_int_equal(a->status, 302);
    assert_string_equal(a->body, "no location");
    free(a);
    td_net_close(net);
    server_stop(s);
}

static void a_circle_of_redirects_is_named(void **state)
{
    server *s = server_start(redirect_by_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    answer *a = get(net, server_url(s, "/ring1", url));
    assert_int_equal(a->code, TANDEM_E_FORMAT);
    assert_non_null(strstr(a->message, "circle"));
    assert_non_null(strstr(a->message, "/ring1"));
    free(a);
    a = get(net, server_url(s, "/self", url));
    assert_non_null(strstr(a->message, "circle"));
    free(a);
    assert_int_equal(server_n_requests(s, NULL), 3);
    td_net_close(net);
    server_stop(s);
}

static void a_redirect_leads_to_http_or_nowhere(void **state)
{
    static const char *const paths[] = {"/file", "/gopher", "/user"};
    server *s = server_start(redirect_by_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        answer *a = get(net, server_url(s, paths[i], url));
        assert_int_equal(a->code, TANDEM_E_INVALID);
        free(a);
    }
    td_net_close(net);
    server_stop(s);
}

static void a_kept_redirect_is_the_answer(void **state)
{
    server *s = server_start(redirect_by_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200], end[2200];

    (void)state;
    answer *a = run_request(net, (td_net_request){.url = td_str_from(server_url(s, "/rel", url)),
                                                  .keep_redirects = true});
    assert_int_equal(a->code, TANDEM_OK);
    assert_int_equal(a->status, 302);
    assert_string_equal(a->location, server_url(s, "/end?x=1", end));
    assert_int_equal(a->body_n, 0);
    assert_int_equal(server_n_requests(s, NULL), 1);
    free(a);
    td_net_close(net);
    server_stop(s);
}

/* -- private addresses -- */

static void only_the_named_host_and_port_may_be_private(void **state)
{
    server *secret = server_start(redirect_by_path, NULL);
    server *s = server_start(redirect_by_path, secret);
    char named[100], url[2200];
    const char *const allowed[1] = {named};
    td_net_options options = TD_NET_OPTIONS;

    (void)state;
    snprintf(named, sizeof(named), "127.0.0.1:%u", s->port);
    options.allowed = allowed;
    options.n_allowed = 1;
    td_net *net = open_net(&options);
    answer *a = get(net, server_url(s, "/", url));
    assert_int_equal(a->status, 200);
    free(a);
    a = get(net, server_url(secret, "/", url));
    assert_int_equal(a->code, TANDEM_E_DENIED);
    free(a);
    /* By redirect, too, and under another name of the same machine. */
    a = get(net, server_url(s, "/other", url));
    assert_int_equal(a->code, TANDEM_E_DENIED);
    free(a);
    snprintf(url, sizeof(url), "http://localhost:%u/", s->port);
    a = get(net, url);
    assert_int_equal(a->n_done, 1);
    assert_int_equal(a->code, TANDEM_E_DENIED);
    assert_non_null(strstr(a->message, "(loopback)"));
    free(a);
    td_net_close(net);
    assert_int_equal(server_n_connections(secret), 0);
    server_stop(s);
    server_stop(secret);
}

static void no_spelling_of_a_private_address_gets_through(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "198.18.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "127%2e0%2e0%2e1",
        "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", /* full-width digits */
        "127\xe3\x80\x82"
        "0\xe3\x80\x82"
        "0\xe3\x80\x82"
        "1", /* ideographic full stops */
    };
    server *s = server_start(redirect_by_path, NULL);
    td_net_options options = TD_NET_OPTIONS;
    char url[2200];

    (void)state;
    options.connect_timeout_ms = 2000;
    td_net *net = open_net(&options);
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        snprintf(url, sizeof(url), "http://%s:%u/", hosts[i], s->port);
        answer *a = get(net, url);
        if (a->code != TANDEM_E_DENIED && a->code != TANDEM_E_INVALID &&
            a->code != TANDEM_E_NOT_FOUND)
            fail_msg("%s: %s", url, a->message);
        free(a);
    }
    td_net_close(net);
    assert_int_equal(server_n_connections(s), 0);
    server_stop(s);
}

/* -- size and time -- */

/* A gzip stream that unpacks to 258 zeros for every 13 bits: one literal 0, then copies of it. */
typedef struct packer {
    unsigned char bytes[400 * 1024];
    size_t n_bits;
} packer;

static void put_bits(packer *p, unsigned value, unsigned n)
{
    for (unsigned i = 0; i < n; i++, p->n_bits++)
        p->bytes[p->n_bits / 8] |= (unsigned char)((value >> i & 1) << p->n_bits % 8);
}

static packer *pack_zeros(size_t n_copies)
{
    static const unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    packer *p = calloc(1, sizeof(*p));

    memcpy(p->bytes, head, sizeof(head));
    p->n_bits = sizeof(head) * 8;
    put_bits(p, 3, 3);    /* last block, fixed codes */
    put_bits(p, 0x0c, 8); /* literal 0 is 00110000, most significant bit first */
    for (size_t i = 0; i < n_copies; i++) {
        put_bits(p, 0xa3, 8); /* length 258 is code 285: 11000101 */
        put_bits(p, 0, 5);    /* distance 1 */
    }
    put_bits(p, 0, 7); /* end of the block */
    return p;
}

/* "hello" by Python's gzip.compress(..., mtime=0), again and again. */
static const unsigned char packed_twice[] = {31,  139, 8,   0,   0,  0,  0,   0,   2,  3,   147,
                                             239, 230, 96,  0,   1,  38, 230, 211, 30, 103, 79,
                                             158, 100, 103, 104, 91, 38, 96,  198, 10, 20,  0,
                                             0,   167, 111, 180, 69, 25, 0,   0,   0};
static const unsigned char packed_thrice[] = {31,  139, 8,   0,   0,   0,  0,   0,   2,   3,
                                              147, 239, 230, 96,  0,   1,  38,  230, 201, 239,
                                              159, 37,  48,  48,  170, 61, 187, 44,  151, 238,
                                              63,  47,  37,  61,  35,  90, 45,  225, 24,  151,
                                              8,   3,   195, 242, 252, 45, 174, 146, 64,  21,
                                              0,   211, 200, 25,  22,  42, 0,   0,   0};

static char large[100 * 1024]; /* of "x"; filled by main, since servers have many threads */

static bool answer_by_path(void *user, server_request *request)
{
    const char *path = request->path;

    (void)user;
    if (strcmp(path, "/100k") == 0)
        return server_send_bytes(request, 200, "", large, sizeof(large));
    if (strcmp(path, "/100k+1") == 0) { /* and does not say so beforehand */
        server_write(request, "HTTP/1.1 200 OK\r\n\r\n+", 20);
        server_write(request, large, sizeof(large));
        return false;
    }
    if (strcmp(path, "/bomb") == 0) {
        packer *p = pack_zeros(200 * 1024);
        bool keep = server_send_bytes(request, 200, "Content-Encoding: gzip\r\n", p->bytes,
                                      p->n_bits / 8 + 1);
        free(p);
        return keep;
    }
    if (strcmp(path, "/twice") == 0)
        return server_send_bytes(request, 200, "Content-Encoding: gzip, gzip\r\n", packed_twice,
                                 sizeof(packed_twice));
    if (strcmp(path, "/thrice") == 0)
        return server_send_bytes(request, 200,
                                 "Content-Encoding: gzip, gzip\r\nContent-Encoding: gzip\r\n",
                                 packed_thrice, sizeof(packed_thrice));
    if (strcmp(path, "/endless") == 0) {
        server_write(request, "HTTP/1.1 200 OK\r\n\r\n", 19);
        while (send(request->fd, large, sizeof(large), MSG_NOSIGNAL) > 0) {
        }
        return false;
    }
    if (strcmp(path, "/headers") == 0) {
        server_write(request, "HTTP/1.1 200 OK\r\n", 17);
        while (send(request->fd, "X-A: 0123456789012345678901234567890\r\n", 38, MSG_NOSIGNAL) >
               0) {
        }
        return false;
    }
    if (strcmp(path, "/fields") == 0)
        return server_send(request, 200,
                           "ETag: \"abc\"\r\nX-Robots-Tag: noindex\r\nX-Robots-Tag: nofollow\r\n"
                           "Retry-After: 7\r\nContent-Type: IMAGE/Png\r\n",
                           "12345");
    return server_send(request, 404, "", path);
}

static void a_body_is_cut_off_at_its_cap_while_it_comes(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_net_options options = local_options();
    char url[2200];

    (void)state;
    options.body_bytes_max = 100 * 1024;
    td_net *net = open_net(&options);
    answer *a = get(net, server_url(s, "/100k", url)); /* exactly as large as allowed */
    assert_int_equal(a->status, 200);
    assert_int_equal(a->body_n, 100 * 1024);
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url), .body_bytes_max = 102399});
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    free(a);
    a = get(net, server_url(s, "/100k+1", url));
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    free(a);
    a = get(net, server_url(s, "/endless", url));
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url), .body_cut = true});
    assert_int_equal(a->code, TANDEM_OK);
    assert_int_equal(a->body_n, 100 * 1024);
    assert_true(a->body_left);
    free(a);
    a = get(net, server_url(s, "/headers", url));
    assert_int_not_equal(a->code, TANDEM_OK);
    free(a);
    td_net_close(net);
    server_stop(s);
}

static void a_gzip_bomb_is_stopped_by_its_ratio_and_by_its_size(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_net_options options = local_options();
    char url[2200];

    (void)state;
    options.body_bytes_max = 1u << 30;
    td_net *net = open_net(&options);
    answer *a = get(net, server_url(s, "/bomb", url));
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(a->message, "100 times"));
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url), .body_bytes_max = 50000});
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    free(a);
    a = get(net, server_url(s, "/twice", url));
    assert_string_equal(a->body, "hello");
    free(a);
    a = get(net, server_url(s, "/thrice", url));
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    assert_non_null(strstr(a->message, "more than twice"));
    free(a);
    td_net_close(net);
    server_stop(s);
}

static bool refuse_images(void *user, int status, td_str media_type)
{
    (void)user;
    assert_int_equal(status, 200);
    return !td_str_starts(media_type, TD_STR("image/"));
}

static void an_unwanted_body_is_not_read_and_its_headers_are(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    answer *a = run_request(net, (td_net_request){.url = td_str_from(server_url(s, "/fields", url)),
                                                  .want = refuse_images});
    assert_int_equal(a->code, TANDEM_OK);
    assert_int_equal(a->status, 200);
    assert_int_equal(a->body_n, 0);
    assert_true(a->body_left);
    assert_string_equal(a->media_type, "image/png");
    assert_string_equal(a->etag, "\"abc\"");
    assert_string_equal(a->x_robots_tag, "noindex, nofollow");
    assert_string_equal(a->retry_after, "7");
    free(a);
    td_net_close(net);
    server_stop(s);
}

static bool echo_headers(void *user, server_request *request)
{
    (void)user;
    return server_html(request, request->text);
}

static void request_headers_are_sent_and_cannot_carry_a_line_end(void **state)
{
    server *s = server_start(echo_headers, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    server_url(s, "/", url);
    answer *a = run_request(net, (td_net_request){.url = td_str_from(url),
                                                  .if_none_match = TD_STR("\"v1\""),
                                                  .if_modified_since = TD_STR("yesterday"),
                                                  .accept = TD_STR("text/html")});
    assert_non_null(strstr(a->body, "If-None-Match: \"v1\"\r\n"));
    assert_non_null(strstr(a->body, "If-Modified-Since: yesterday\r\n"));
    assert_non_null(strstr(a->body, "Accept: text/html\r\n"));
    assert_non_null(strstr(a->body, "User-Agent: tandem/"));
    assert_non_null(strstr(a->body, "gzip"));
    assert_null(strstr(a->body, "Cookie"));
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url),
                                          .range_from = UINT64_C(5000000000),
                                          .uncompressed = true});
    assert_non_null(strstr(a->body, "Range: bytes=5000000000-\r\n"));
    assert_non_null(strstr(a->body, "Accept-Encoding: identity\r\n"));
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url),
                                          .if_none_match = TD_STR("x\r\nHost: evil")});
    assert_int_equal(a->code, TANDEM_E_INVALID);
    assert_int_equal(a->n_done, 0);
    free(a);
    td_net_close(net);
    server_stop(s);
}

/* /away leads to the other server; everything else shows what was asked. */
static bool echo_or_lead_away(void *user, server_request *request)
{
    char to[2200];

    if (strcmp(request->path, "/away") == 0)
        return server_redirect(request, 302, server_url(*(server **)user, "/", to));
    if (strcmp(request->path, "/near") == 0)
        return server_redirect(request, 302, "/");
    return server_html(request, request->text);
}

static void a_token_stays_with_the_origin_that_it_was_given_for(void **state)
{
    server *other = server_start(echo_headers, NULL);
    server *s = server_start(echo_or_lead_away, &other);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    server_url(s, "/near", url);
    answer *a =
        run_request(net, (td_net_request){.url = td_str_from(url), .bearer = TD_STR("hf_secret")});
    assert_non_null(strstr(a->body, "Authorization: Bearer hf_secret\r\n"));
    free(a);
    server_url(s, "/away", url);
    a = run_request(net, (td_net_request){.url = td_str_from(url), .bearer = TD_STR("hf_secret")});
    assert_int_equal(a->status, 200);
    assert_null(strstr(a->body, "hf_secret"));
    free(a);
    a = get(net, server_url(s, "/near", url)); /* the handle that carried it is used again */
    assert_null(strstr(a->body, "Authorization"));
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url), .bearer = TD_STR("a\r\nb: c")});
    assert_int_equal(a->code, TANDEM_E_INVALID);
    assert_null(strstr(a->message, "b: c"));
    free(a);
    td_net_close(net);
    server_stop(s);
    server_stop(other);
}

static char taken[300 * 1024];
static size_t n_taken, taken_max;

static bool keep_part(void *user, const td_net_reply *head, td_str bytes)
{
    td_buf type = TD_BUF(100);

    (void)user;
    assert_int_equal(head->status, 200);
    assert_int_equal(td_net_reply_header(head, "Content-Length", &type, NULL), TANDEM_OK);
    assert_true(type.n > 0);
    td_buf_clear(&type);
    if (n_taken + bytes.n > taken_max)
        return false;
    memcpy(taken + n_taken, bytes.ptr, bytes.n);
    n_taken += bytes.n;
    return true;
}

static void a_body_is_handed_over_as_it_comes(void **state)
{
    server *s = server_start(answer_by_path, NULL);
    td_net_options options = local_options();
    char url[2200];

    (void)state;
    options.body_bytes_max = 1000; /* is about bodies that are kept */
    td_net *net = open_net(&options);
    n_taken = 0;
    taken_max = sizeof(taken);
    server_url(s, "/100k", url);
    answer *a = run_request(net, (td_net_request){.url = td_str_from(url), .take = keep_part});
    assert_int_equal(a->code, TANDEM_OK);
    assert_int_equal(n_taken, 100 * 1024);
    assert_memory_equal(taken, large, n_taken);
    assert_int_equal(a->body_n, 0);
    assert_false(a->body_left);
    free(a);
    n_taken = 0;
    taken_max = 10;
    a = run_request(net, (td_net_request){.url = td_str_from(url), .take = keep_part});
    assert_int_equal(a->code, TANDEM_OK);
    assert_true(a->body_left);
    free(a);
    td_net_close(net);
    server_stop(s);
}

static bool head_alone(void *user, server_request *request)
{
    static const char head[] = "HTTP/1.1 200 X\r\nContent-Length: 50\r\nETag: \"h\"\r\n\r\n";

    (void)user;
    server_write(request, head, sizeof(head) - 1);
    if (strncmp(request->text, "HEAD ", 5) != 0)
        server_write(request, "a body of fifty bytes, which is more than the cap.", 50);
    return true;
}

static void a_head_has_headers_and_no_body(void **state)
{
    server *s = server_start(head_alone, NULL);
    td_net_options options = local_options();
    char url[2200];

    (void)state;
    options.body_bytes_max = 49; /* is about bodies, not about what a HEAD tells of one */
    td_net *net = open_net(&options);
    server_url(s, "/", url);
    answer *a = run_request(net, (td_net_request){.url = td_str_from(url), .is_head = true});
    assert_int_equal(a->status, 200);
    assert_int_equal(a->body_n, 0);
    assert_string_equal(a->etag, "\"h\"");
    free(a);
    a = get(net, url); /* on the same handle */
    assert_int_equal(a->code, TANDEM_E_TOO_LARGE);
    free(a);
    a = run_request(net, (td_net_request){.url = td_str_from(url), .body_bytes_max = 50});
    assert_int_equal(a->body_n, 50);
    free(a);
    td_net_close(net);
    server_stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirects_are_followed_up_to_the_limit),
        cmocka_unit_test(a_circle_of_redirects_is_named),
        cmocka_unit_test(a_redirect_leads_to_http_or_nowhere),
        cmocka_unit_test(a_kept_redirect_is_the_answer),
        cmocka_unit_test(only_the_named_host_and_port_may_be_private),
        cmocka_unit_test(no_spelling_of_a_private_address_gets_through),
        cmocka_unit_test(a_body_is_cut_off_at_its_cap_while_it_comes),
        cmocka_unit_test(a_gzip_bomb_is_stopped_by_its_ratio_and_by_its_size),
        cmocka_unit_test(an_unwanted_body_is_not_read_and_its_headers_are),
        cmocka_unit_test(request_headers_are_sent_and_cannot_carry_a_line_end),
        cmocka_unit_test(a_token_stays_with_the_origin_that_it_was_given_for),
        cmocka_unit_test(a_body_is_handed_over_as_it_comes),
        cmocka_unit_test(a_head_has_headers_and_no_body),
    };
    memset(large, 'x', sizeof(large));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
