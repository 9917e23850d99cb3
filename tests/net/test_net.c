#include "net/client.h"
#include "net/net.h"
#include "net/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static bool say_path(void *user, server_request *request)
{
    (void)user;
    return server_html(request, request->path);
}

static void a_connection_is_used_again(void **state)
{
    server *s = server_start(say_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    for (int i = 0; i < 5; i++) {
        answer *a = get(net, server_url(s, "/a?b=c", url));
        assert_int_equal(a->status, 200);
        assert_string_equal(a->body, "/a?b=c");
        assert_string_equal(a->media_type, "text/html");
        assert_string_equal(a->charset, "utf-8");
        assert_string_equal(a->final_url, url);
        free(a);
    }
    assert_int_equal(server_n_connections(s), 1);
    td_net_close(net);
    server_stop(s);
}

/* Answers only when as many requests are here at once as the test says. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_here, n_needed;
    bool is_open;
} gate;

static bool wait_at_gate(void *user, server_request *request)
{
    gate *g = user;

    pthread_mutex_lock(&g->lock);
    g->n_here++;
    g->is_open = g->is_open || g->n_here >= g->n_needed;
    pthread_cond_broadcast(&g->changed);
    while (!g->is_open)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
    return server_html(request, "x");
}

static void no_host_gets_more_requests_at_once_than_allowed(void **state)
{
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 3, false};
    server *s = server_start(wait_at_gate, &g);
    td_net_options options = local_options();
    answer answers[40] = {0};
    char url[2200];

    (void)state;
    options.connections_per_host_max = 3;
    td_net *net = open_net(&options);
    for (size_t i = 0; i < 40; i++) {
        td_net_request request = {.url = td_str_from(server_url(s, "/", url)),
                                  .done = keep_answer,
                                  .user = &answers[i]};
        assert_int_equal(td_net_get(net, &request, NULL), TANDEM_OK);
    }
    assert_int_equal(td_net_n_active(net), 40);
    run_all(net);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(answers[i].status, 200);
    assert_int_equal(s->n_busy_most, 3);
    assert_int_equal(server_n_connections(s), 3);
    td_net_close(net);
    server_stop(s);
}

enum {
    LARGE_BYTES = 1 << 20,
    N_LARGE = 40,
};

/* A body of 1 MiB that tells its path. */
static bool send_much(void *user, server_request *request)
{
    char *body = malloc(LARGE_BYTES);

    (void)user;
    memset(body, '.', LARGE_BYTES);
    memcpy(body, request->path, strlen(request->path));
    bool stays = server_send_bytes(request, 200, "Content-Type: text/html\r\n", body, LARGE_BYTES);
    free(body);
    return stays;
}

/* Asks for many of them; `most_in_hand` is what they took together whenever one was done. */
typedef struct wave {
    server *server;
    td_net *net;
    size_t most_in_hand, n_done, n_read_in_vain;
} wave;

static void take_much(void *user, const td_net_reply *reply)
{
    wave *w = user;
    size_t n = td_net_n_bytes(w->net);

    if (reply->is_put_back) {
        assert_int_equal(reply->code, TANDEM_E_BUSY);
        w->n_read_in_vain += reply->n_read;
        td_net_request again = {.url = reply->final_url, .done = take_much, .user = w};
        assert_int_equal(td_net_get(w->net, &again, NULL), TANDEM_OK);
        return;
    }
    assert_int_equal(reply->n_read, LARGE_BYTES);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body.n, LARGE_BYTES);
    assert_true(td_str_ends(reply->final_url, td_str_slice(reply->body, 0, 3)));
    w->most_in_hand = n > w->most_in_hand ? n : w->most_in_hand;
    w->n_done++;
}

static wave *wave_run(size_t in_hand_bytes_max)
{
    wave *w = calloc(1, sizeof(*w));
    td_net_options options = local_options();
    char url[2200], path[20];

    options.connections_max = options.connections_per_host_max = N_LARGE;
    options.in_hand_bytes_max = in_hand_bytes_max;
    w->server = server_start(send_much, NULL);
    w->net = open_net(&options);
    for (int i = 0; i < N_LARGE; i++) {
        snprintf(path, sizeof(path), "/%02d", i);
        td_net_request request = {.url = td_str_from(server_url(w->server, path, url)),
                                  .done = take_much,
                                  .user = w};
        assert_int_equal(td_net_get(w->net, &request, NULL), TANDEM_OK);
    }
    run_all(w->net);
    assert_int_equal(w->n_done, N_LARGE);
    assert_int_equal(td_net_n_bytes(w->net), 0);
    return w;
}

static void wave_free(wave *w)
{
    td_net_close(w->net);
    server_stop(w->server);
    free(w);
}

static void many_large_bodies_have_one_budget(void **state)
{
    wave *w = wave_run(4 * LARGE_BYTES);

    (void)state;
    /* The eldest may pass it, with a buffer that was made for twice as much. */
    assert_in_range(w->most_in_hand, LARGE_BYTES, 4 * LARGE_BYTES + 2 * LARGE_BYTES);
    /* Once it is seen how large they are, few are asked for at once. */
    size_t n_requests = (size_t)server_n_requests(w->server, NULL);
    assert_in_range(n_requests, N_LARGE, N_LARGE * 5);
    assert_in_range(w->n_read_in_vain, 0, (n_requests - N_LARGE) * LARGE_BYTES);
    wave_free(w);
}

static void a_body_that_passes_the_budget_comes_alone_and_whole(void **state)
{
    wave *w = wave_run(1000);

    (void)state;
    assert_in_range(w->most_in_hand, LARGE_BYTES, 2 * LARGE_BYTES + 1000);
    wave_free(w);
}

/* Sends all of /slow but its end, which comes once it may, and then waits for what is asked. */
typedef struct narrow {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool may_end;
    td_net *net;
    size_t n_done;
} narrow;

enum {
    NARROW_BYTES = 4 << 20,
    SLOW_BYTES = NARROW_BYTES * 9 / 16, /* a buffer of that size, as it is the most */
    FITS_BYTES = NARROW_BYTES / 5,
    OTHER_BYTES = NARROW_BYTES * 3 / 10, /* which would fit, were it not for its buffer's growth */
};

static bool send_narrow(void *user, server_request *request)
{
    narrow *n = user;
    char *body = calloc(1, SLOW_BYTES), head[100];

    server_body(request, head, sizeof(head));
    if (strcmp(request->path, "/slow") == 0) {
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SLOW_BYTES);
        server_write(request, head, strlen(head));
        server_write(request, body, SLOW_BYTES - 1);
        pthread_mutex_lock(&n->lock);
        while (!n->may_end)
            pthread_cond_wait(&n->changed, &n->lock);
        pthread_mutex_unlock(&n->lock);
        server_write(request, body, 1);
    } else {
        bool fits = strcmp(request->path, "/fits") == 0;
        server_send_bytes(request, 200, "", body, fits ? FITS_BYTES : OTHER_BYTES);
    }
    free(body);
    return true;
}

static void count_done(void *user, const td_net_reply *reply)
{
    narrow *n = user;

    if (reply->is_put_back) {
        td_net_request again = {.url = reply->final_url, .done = count_done, .user = n};
        assert_int_equal(td_net_get(n->net, &again, NULL), TANDEM_OK);
        return;
    }
    assert_int_equal(reply->status, 200);
    n->n_done++;
}

static void narrow_get(narrow *n, server *s, const char *path)
{
    char url[2200];
    td_net_request request = {.url = td_str_from(server_url(s, path, url)),
                              .done = count_done,
                              .user = n};

    if (strcmp(path, "/posted") == 0)
        request.post = TD_STR("x");
    assert_int_equal(td_net_get(n->net, &request, NULL), TANDEM_OK);
}

/* The slow one is under way, but for its end. */
static server *narrow_start(narrow *n)
{
    server *s = server_start(send_narrow, n);
    td_net_options options = local_options();

    options.in_hand_bytes_max = NARROW_BYTES;
    options.body_bytes_max = SLOW_BYTES;
    n->net = open_net(&options);
    narrow_get(n, s, "/slow");
    while (td_net_n_bytes(n->net) < SLOW_BYTES)
        assert_int_equal(td_net_step(n->net, 10, NULL), TANDEM_OK);
    return s;
}

static void narrow_end(narrow *n)
{
    pthread_mutex_lock(&n->lock);
    n->may_end = true;
    pthread_cond_signal(&n->changed);
    pthread_mutex_unlock(&n->lock);
    run_all(n->net);
    assert_int_equal(td_net_n_bytes(n->net), 0);
    td_net_close(n->net);
}

static void a_body_that_found_no_room_is_not_asked_for_again_before_there_is(void **state)
{
    narrow n = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    server *s = narrow_start(&n);

    (void)state;
    narrow_get(&n, s, "/other");
    for (int i = 0; i < 40; i++)
        assert_int_equal(td_net_step(n.net, 5, NULL), TANDEM_OK);
    assert_in_range(server_n_requests(s, "/other"), 0, 1);
    assert_int_equal(n.n_done, 0);
    narrow_end(&n);
    assert_in_range(server_n_requests(s, "/other"), 1, 2);
    assert_int_equal(n.n_done, 2);
    server_stop(s);
}

static void what_is_posted_goes_once_whatever_room_there_is(void **state)
{
    narrow n = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    server *s = narrow_start(&n);

    (void)state;
    narrow_get(&n, s, "/posted");
    while (n.n_done < 1)
        assert_int_equal(td_net_step(n.net, 10, NULL), TANDEM_OK);
    assert_int_equal(server_n_requests(s, "/posted"), 1);
    narrow_end(&n);
    server_stop(s);
}

static void what_the_owner_holds_takes_room_too(void **state)
{
    narrow n = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    server *s = narrow_start(&n);

    (void)state;
    td_net_hold(n.net, NARROW_BYTES * 3 / 10);
    narrow_get(&n, s, "/fits");
    for (int i = 0; i < 40; i++)
        assert_int_equal(td_net_step(n.net, 5, NULL), TANDEM_OK);
    assert_in_range(server_n_requests(s, "/fits"), 0, 1);
    assert_int_equal(n.n_done, 0);
    td_net_hold(n.net, 0);
    while (n.n_done < 1)
        assert_int_equal(td_net_step(n.net, 10, NULL), TANDEM_OK);
    narrow_end(&n);
    server_stop(s);
}

typedef struct chain {
    td_net *net;
    const char *url;
    int n_left;
} chain;

static void ask_again(void *user, const td_net_reply *reply)
{
    chain *c = user;
    td_net_request request = {.url = td_str_from(c->url), .done = ask_again, .user = c};

    assert_int_equal(reply->status, 200);
    if (c->n_left-- > 0)
        assert_int_equal(td_net_get(c->net, &request, NULL), TANDEM_OK);
}

static void done_may_start_the_next_request(void **state)
{
    server *s = server_start(say_path, NULL);
    td_net_options options = local_options();
    char url[2200];
    chain c = {open_net(&options), server_url(s, "/", url), 10};
    td_net_request request = {.url = td_str_from(url), .done = ask_again, .user = &c};

    (void)state;
    assert_int_equal(td_net_get(c.net, &request, NULL), TANDEM_OK);
    run_all(c.net);
    assert_int_equal(server_n_requests(s, NULL), 11);
    td_net_close(c.net);
    server_stop(s);
}

static void close_reports_every_request_that_is_under_way(void **state)
{
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 99, false};
    server *s = server_start(wait_at_gate, &g);
    td_net_options options = local_options();
    answer answers[4] = {0};
    char url[2200];

    (void)state;
    options.connections_per_host_max = 2;
    td_net *net = open_net(&options);
    for (size_t i = 0; i < 4; i++) {
        td_net_request request = {.url = td_str_from(server_url(s, "/", url)),
                                  .done = keep_answer,
                                  .user = &answers[i]};
        assert_int_equal(td_net_get(net, &request, NULL), TANDEM_OK);
    }
    assert_int_equal(td_net_step(net, 0, NULL), TANDEM_OK);
    td_net_close(net);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(answers[i].n_done, 1);
        assert_int_equal(answers[i].code, TANDEM_E_CANCELLED);
    }
    pthread_mutex_lock(&g.lock);
    g.is_open = true;
    pthread_cond_broadcast(&g.changed);
    pthread_mutex_unlock(&g.lock);
    server_stop(s);
}

static void *wake(void *net)
{
    td_net_wake(net);
    return NULL;
}

/* Without the wake-up this test would take ten minutes and be stopped by its time-out. */
static void wake_ends_the_wait_of_a_step(void **state)
{
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wake, net), 0);
    assert_int_equal(td_net_step(net, 600 * 1000, NULL), TANDEM_OK);
    pthread_join(thread, NULL);
    td_net_close(net);
}

static void options_out_of_range_are_refused(void **state)
{
    td_net *net = NULL;
    tandem_error err = {0};
    td_net_options options = local_options();

    (void)state;
    options.connections_max = 0;
    assert_int_equal(td_net_open(&options, &net, &err), TANDEM_E_INVALID);
    options = local_options();
    options.connections_per_host_max = 257;
    assert_int_equal(td_net_open(&options, &net, &err), TANDEM_E_INVALID);
    options = local_options();
    options.timeout_ms = 0;
    assert_int_equal(td_net_open(&options, &net, &err), TANDEM_E_INVALID);
    options = local_options();
    options.redirects_max = 51;
    assert_int_equal(td_net_open(&options, &net, &err), TANDEM_E_INVALID);
    assert_null(net);
    td_net_close(NULL);
}

static void proxy_variables_are_ignored(void **state)
{
    server *s = server_start(say_path, NULL);
    td_net_options options = local_options();
    char proxy[100], url[2200];

    (void)state;
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u", server_dead_port());
    setenv("http_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    td_net *net = open_net(&options);
    answer *a = get(net, server_url(s, "/", url));
    assert_int_equal(a->status, 200);
    free(a);
    td_net_close(net);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    server_stop(s);
}

/* /again is answered when the gate is opened, /left never. */
static bool answer_left(void *user, server_request *request)
{
    char byte[1];

    if (strcmp(request->path, "/again") == 0)
        return wait_at_gate(user, request);
    if (strcmp(request->path, "/left") != 0)
        return say_path(user, request);
    while (recv(request->fd, byte, 1, 0) > 0) {
    }
    return false;
}

/* Returns when the server has the request. */
static answer *begin(td_net *net, server *s, const char *path)
{
    char url[2200];
    answer *a = calloc(1, sizeof(*a));
    td_net_request request = {.url = td_str_from(server_url(s, path, url)),
                              .done = keep_answer,
                              .user = a};

    assert_int_equal(td_net_get(net, &request, NULL), TANDEM_OK);
    while (server_n_requests(s, path) == 0)
        assert_int_equal(td_net_step(net, 1, NULL), TANDEM_OK);
    return a;
}

static void only_what_waits_on_connections_of_its_own_is_put_back(void **state)
{
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 2, false};
    server *s = server_start(answer_left, &g);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    free(get(net, server_url(s, "/", url)));
    answer *again = begin(net, s, "/again"), *left = begin(net, s, "/left");
    assert_int_equal(td_net_put_back(net, td_str_from(url)), 0);
    pthread_mutex_lock(&g.lock);
    g.is_open = true;
    pthread_cond_broadcast(&g.changed);
    pthread_mutex_unlock(&g.lock);
    while (again->n_done == 0)
        assert_int_equal(td_net_step(net, 1000, NULL), TANDEM_OK);
    assert_int_equal(again->code, TANDEM_OK);
    assert_int_equal(td_net_put_back(net, TD_STR("http://127.0.0.1:1/")), 0);
    assert_int_equal(left->n_done, 0);
    assert_int_equal(td_net_put_back(net, td_str_from(url)), 1);
    assert_int_equal(left->n_done, 1);
    assert_int_equal(left->code, TANDEM_E_BUSY);
    assert_int_equal(td_net_n_active(net), 0);
    free(again);
    free(left);
    td_net_close(net);
    server_stop(s);
}

static void a_header_that_is_none_is_refused(void **state)
{
    static const td_net_field bad[] = {{{"X One", 5}, {"1", 1}},
                                       {{"X-One:", 6}, {"1", 1}},
                                       {{"", 0}, {"1", 1}},
                                       {{"X\r\nHost", 7}, {"1", 1}},
                                       {{"X-One", 5}, {"1\n2", 3}}};
    td_net_options options = local_options();
    td_net *net = open_net(&options);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        td_net_request request = {.url = TD_STR("http://example.org/"),
                                  .fields = &bad[i],
                                  .n_fields = 1};
        assert_int_equal(td_net_get(net, &request, NULL), TANDEM_E_INVALID);
    }
    assert_int_equal(td_net_n_active(net), 0);
    td_net_close(net);
}

static void another_descriptor_ends_the_wait_of_a_step(void **state)
{
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    const td_net_fd to_write = {ends[1], true}, to_read = {ends[0], false};
    assert_int_equal(td_net_step_beside(net, 600 * 1000, &to_write, 1, NULL), TANDEM_OK);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(td_net_step_beside(net, 600 * 1000, &to_read, 1, NULL), TANDEM_OK);
    close(ends[0]);
    close(ends[1]);
    td_net_close(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_used_again),
        cmocka_unit_test(no_host_gets_more_requests_at_once_than_allowed),
        cmocka_unit_test(many_large_bodies_have_one_budget),
        cmocka_unit_test(a_body_that_passes_the_budget_comes_alone_and_whole),
        cmocka_unit_test(a_body_that_found_no_room_is_not_asked_for_again_before_there_is),
        cmocka_unit_test(what_is_posted_goes_once_whatever_room_there_is),
        cmocka_unit_test(what_the_owner_holds_takes_room_too),
        cmocka_unit_test(done_may_start_the_next_request),
        cmocka_unit_test(close_reports_every_request_that_is_under_way),
        cmocka_unit_test(wake_ends_the_wait_of_a_step),
        cmocka_unit_test(only_what_waits_on_connections_of_its_own_is_put_back),
        cmocka_unit_test(a_header_that_is_none_is_refused),
        cmocka_unit_test(another_descriptor_ends_the_wait_of_a_step),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(proxy_variables_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
