#include "source/render_net.h"
#include "source/site.h"

/* What came of requests, as "/path 200 text" or "/path refused: why", in the order of answers. */
typedef struct heard {
    char text[4096];
    size_t n;
} heard;

typedef struct one {
    heard *all;
    const char *name;
} one;

static void on_answered(void *user, const td_source_answer *answer)
{
    one *o = user;
    heard *all = o->all;

    if (answer->refusal)
        snprintf(all->text + strlen(all->text), sizeof(all->text) - strlen(all->text),
                 "%s refused: %s\n", o->name, answer->refusal);
    else if (answer->body.n > sizeof(all->text))
        snprintf(all->text + strlen(all->text), sizeof(all->text) - strlen(all->text),
                 "%s %d, %zu bytes\n", o->name, answer->status, answer->body.n);
    else
        snprintf(all->text + strlen(all->text), sizeof(all->text) - strlen(all->text),
                 "%s %d %.*s\n", o->name, answer->status, TD_STR_FMT(answer->body));
    for (size_t i = 0; i < answer->n_fields; i++)
        assert_false(td_str_eq_nocase(answer->fields[i].name, TD_STR("Set-Cookie")));
    all->n++;
    free(o);
}

typedef struct bench {
    site *site;
    td_source_options options;
    td_source_render_net *net;
    heard heard;
    char named[50];
} bench;

static bench *bench_new(const site_page *pages)
{
    bench *b = calloc(1, sizeof(*b));

    b->site = site_start(pages);
    b->options = site_options();
    snprintf(b->named, sizeof(b->named), "127.0.0.1:%u", b->site->server->port);
    assert_int_equal(td_source_render_net_new(&b->net, NULL), TANDEM_OK);
    return b;
}

static void bench_begin(bench *b)
{
    td_source_site s = {&b->options, "tandem/1", b->named};

    assert_int_equal(td_source_render_net_begin(b->net, &s, NULL), TANDEM_OK);
}

static void bench_free(bench *b)
{
    td_source_render_net_free(b->net);
    site_stop(b->site);
    free(b);
}

static void ask_as(bench *b, const char *name, td_source_ask ask)
{
    char url[300];
    one *o = malloc(sizeof(*o));

    *o = (one){&b->heard, name};
    snprintf(url, sizeof(url), "%s%s", name[0] == '/' ? b->site->url : "", name);
    ask.url = td_str_from(url);
    ask.method = ask.method.ptr ? ask.method : TD_STR("GET");
    ask.post = ask.post.ptr ? ask.post : TD_STR("");
    ask.post_type = ask.post_type.ptr ? ask.post_type : TD_STR("");
    ask.answered = on_answered;
    ask.user = o;
    td_source_render_net_ask(b->net, &ask);
}

static void wait_for(bench *b, const char *expected)
{
    while (td_source_render_net_n_active(b->net) > 0)
        assert_int_equal(td_net_step(td_source_render_net_get(b->net), 10000, NULL), TANDEM_OK);
    assert_string_equal(b->heard.text, expected);
    b->heard.text[0] = '\0';
}

static void each_host_is_asked_for_its_rules_once_and_obeyed(void **state)
{
    static const site_page pages[] = {
        {"/robots.txt", 0, "Content-Type: text/plain\r\n", "User-agent: *\nDisallow: /no\n"},
        {"/a", 0, "Content-Type: text/plain\r\nSet-Cookie: x=y\r\n", "A"},
        {"/r", 302, "Location: /no\r\n", ""},
        {0},
    };
    bench *b = bench_new(pages);

    (void)state;
    bench_begin(b);
    ask_as(b, "/no", (td_source_ask){.is_script = true});
    wait_for(b, "/no refused: robots.txt forbids it\n");
    ask_as(b, "/a", (td_source_ask){.is_script = false});
    wait_for(b, "/a 200 A\n");
    ask_as(b, "/r", (td_source_ask){.is_script = false});
    wait_for(b, "/r 302 \n"); /* the browser asks for what is behind it, and is refused that */
    assert_int_equal(server_n_requests(b->site->server, "/robots.txt"), 1);
    assert_int_equal(server_n_requests(b->site->server, "/no"), 0);
    b->options.no_robots = true;
    ask_as(b, "/gone", (td_source_ask){.is_script = false});
    wait_for(b, "/gone 404 not here\n");
    bench_free(b);
}

static void rules_that_cannot_be_had_forbid_all(void **state)
{
    static const site_page pages[] = {{"/robots.txt", 503, NULL, "x"}, {"/a", 0, NULL, "A"}, {0}};
    bench *b = bench_new(pages);

    (void)state;
    bench_begin(b);
    ask_as(b, "/a", (td_source_ask){.is_script = false});
    wait_for(b, "/a refused: robots.txt of its host cannot be had\n");
    bench_free(b);
}

static void private_addresses_other_schemes_and_methods_are_refused(void **state)
{
    static const site_page pages[] = {{"/a", 0, "Content-Type: text/plain\r\n", "A"}, {0}};
    static const char *const others[] = {
        "http://127.0.0.1:1/", "http://10.0.0.1/",      "http://169.254.169.254/latest/",
        "http://[::1]:1/",     "http://[fd00::1]:80/x", "http://0x7f000001:1/"};
    static const char *const no_web[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "chrome://gpu/",
                                         "ws://127.0.0.1/",    "javascript:1",     ""};
    bench *b = bench_new(pages);

    (void)state;
    b->options.no_robots = true;
    bench_begin(b);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ask_as(b, others[i], (td_source_ask){.is_script = false});
        assert_non_null(strstr(b->heard.text, "private addresses are refused"));
        b->heard.text[0] = '\0';
    }
    for (size_t i = 0; i < sizeof(no_web) / sizeof(no_web[0]); i++) {
        ask_as(b, no_web[i], (td_source_ask){.is_script = false});
        assert_non_null(strstr(b->heard.text, "refused: not an address of the web"));
        b->heard.text[0] = '\0';
    }
    ask_as(b, "/a", (td_source_ask){.method = TD_STR("DELETE")});
    wait_for(b, "/a refused: neither GET, HEAD nor POST\n");
    b->options.refuse_private = true; /* for those who crawl for others */
    td_source_render_net_free(b->net);
    assert_int_equal(td_source_render_net_new(&b->net, NULL), TANDEM_OK);
    bench_begin(b);
    ask_as(b, "/a", (td_source_ask){.is_script = false});
    assert_non_null(strstr(b->heard.text, "private addresses are refused"));
    assert_int_equal(b->site->server->n_requests, 0);
    bench_free(b);
}

static void a_script_is_fetched_once_for_all_pages_of_its_site(void **state)
{
    static const site_page pages[] = {
        {"/s.js", 0, "Content-Type: text/javascript\r\n", "code"},
        {"/d.json", 0, "Content-Type: application/json\r\n", "{}"},
        {0},
    };
    bench *b = bench_new(pages);

    (void)state;
    for (int page = 0; page < 2; page++) {
        bench_begin(b);
        ask_as(b, "/s.js", (td_source_ask){.is_script = true});
        wait_for(b, "/s.js 200 code\n");
        ask_as(b, "/d.json", (td_source_ask){.is_script = false});
        wait_for(b, "/d.json 200 {}\n");
        td_source_render_net_end(b->net);
    }
    assert_int_equal(server_n_requests(b->site->server, "/s.js"), 1);
    assert_int_equal(server_n_requests(b->site->server, "/d.json"), 2);
    snprintf(b->named, sizeof(b->named), "127.0.0.1:1"); /* another site: nothing of it is left */
    bench_begin(b);
    ask_as(b, "/s.js", (td_source_ask){.is_script = true});
    wait_for(b, "/s.js refused: robots.txt of its host cannot be had\n");
    bench_free(b);
}

static bool echo(void *user, server_request *request)
{
    (void)user;
    if (strcmp(request->path, "/robots.txt") == 0)
        return server_send(request, 404, "", "");
    return server_send(request, 200, "Content-Type: text/plain\r\n", request->text);
}

static void a_scripts_own_headers_are_sent_and_none_that_are_ours(void **state)
{
    static const td_net_field fields[] = {
        {{"X-Key", 5}, {"k1", 2}},          {{"Cookie", 6}, {"a=b", 3}},
        {{"User-Agent", 10}, {"liar", 4}},  {{"Host", 4}, {"inside", 6}},
        {{"Sec-Fetch-Mode", 14}, {"c", 1}}, {{"Authorization", 13}, {"Bearer t", 8}},
    };
    bench *b = bench_new(NULL);

    (void)state;
    site_stop(b->site);
    b->site = site_start_with(NULL, echo);
    snprintf(b->named, sizeof(b->named), "127.0.0.1:%u", b->site->server->port);
    bench_begin(b);
    ask_as(b, "/x",
           (td_source_ask){.method = TD_STR("POST"),
                           .post = TD_STR("{}"),
                           .post_type = TD_STR("application/json"),
                           .fields = fields,
                           .n_fields = sizeof(fields) / sizeof(fields[0])});
    while (td_source_render_net_n_active(b->net) > 0)
        td_net_step(td_source_render_net_get(b->net), 10000, NULL);
    assert_non_null(strstr(b->heard.text, "POST /x"));
    assert_non_null(strstr(b->heard.text, "X-Key: k1\r\n"));
    assert_non_null(strstr(b->heard.text, "Authorization: Bearer t\r\n"));
    assert_non_null(strstr(b->heard.text, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(b->heard.text, "User-Agent: tandem/1\r\n"));
    assert_null(strstr(b->heard.text, "Cookie"));
    assert_null(strstr(b->heard.text, "liar"));
    assert_null(strstr(b->heard.text, "inside"));
    assert_null(strstr(b->heard.text, "Sec-"));
    bench_free(b);
}

enum {
    MUCH_BYTES = 64 << 20, /* as much as all answers may take that are still coming */
};

/* The other is answered when /much fills all room there is, and the last byte of /much comes once
 * that answer has been given up. */
typedef struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_asked, is_full, is_given_up;
} crowd;

static void set(crowd *c, bool *flag)
{
    pthread_mutex_lock(&c->lock);
    *flag = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void wait_until(crowd *c, const bool *flag)
{
    pthread_mutex_lock(&c->lock);
    while (!*flag)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static bool answer_much(crowd *c, server_request *request)
{
    char *body = calloc(1, MUCH_BYTES), head[100];
    int n =
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", MUCH_BYTES);

    wait_until(c, &c->is_asked);
    server_write(request, head, (size_t)n);
    server_write(request, body, MUCH_BYTES - 1);
    wait_until(c, &c->is_given_up);
    server_write(request, "", 1);
    free(body);
    return true;
}

static bool answer_crowd(void *user, server_request *request)
{
    static const char allow[] = "User-agent: *\nAllow: /\n";
    crowd *c = (crowd *)(void *)((site *)user)->pages;
    char byte[1];

    if (strcmp(request->path, "/much") == 0)
        return answer_much(c, request);
    pthread_mutex_lock(&c->lock);
    bool is_again = c->is_asked;
    pthread_mutex_unlock(&c->lock);
    set(c, &c->is_asked);
    wait_until(c, &c->is_full);
    server_send(request, 200, "Content-Type: text/plain\r\n", allow);
    if (is_again)
        return true;
    while (recv(request->fd, byte, 1, 0) > 0) {
    }
    set(c, &c->is_given_up);
    return false;
}

/* What finds no room beside it is the page's own request, or that for robots.txt. */
static void ask_crowd(bool no_robots)
{
    crowd c = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    bench *b = bench_new(NULL);

    site_stop(b->site);
    b->site = site_start_with((const site_page *)(const void *)&c, answer_crowd);
    snprintf(b->named, sizeof(b->named), "127.0.0.1:%u", b->site->server->port);
    b->options.per_host_max = 6;
    b->options.file_bytes_max = MUCH_BYTES;
    b->options.no_robots = true;
    bench_begin(b);
    ask_as(b, "/much", (td_source_ask){.is_script = false});
    b->options.no_robots = no_robots;
    ask_as(b, "/a", (td_source_ask){.is_script = false});
    while (td_net_n_bytes(td_source_render_net_get(b->net)) < MUCH_BYTES)
        assert_int_equal(td_net_step(td_source_render_net_get(b->net), 10000, NULL), TANDEM_OK);
    set(&c, &c.is_full);
    wait_for(b, "/much 200, 67108864 bytes\n/a 200 User-agent: *\nAllow: /\n\n");
    assert_int_equal(server_n_requests(b->site->server, "/a"), no_robots ? 2 : 1);
    assert_int_equal(server_n_requests(b->site->server, "/robots.txt"), no_robots ? 0 : 2);
    bench_free(b);
}

static void what_finds_no_room_is_asked_for_again(void **state)
{
    (void)state;
    ask_crowd(true);
    ask_crowd(false);
}

static void what_is_under_way_at_the_end_of_a_page_is_dropped(void **state)
{
    static const site_page pages[] = {{"/a", 0, "Content-Type: text/plain\r\n", "A"}, {0}};
    bench *b = bench_new(pages);
    one *dropped;

    (void)state;
    bench_begin(b);
    dropped = malloc(sizeof(*dropped)); /* nobody is told, so it stays the test's */
    *dropped = (one){&b->heard, "/a"};
    td_source_render_net_ask(b->net, &(td_source_ask){.url = TD_STR("http://127.0.0.1:1/"),
                                                      .method = TD_STR("GET"),
                                                      .post = TD_STR(""),
                                                      .post_type = TD_STR(""),
                                                      .answered = on_answered,
                                                      .user = dropped});
    assert_int_equal(td_source_render_net_n_active(b->net), b->heard.n ? 0 : 1);
    if (b->heard.n == 0) {
        td_source_render_net_end(b->net);
        free(dropped);
    }
    assert_int_equal(td_source_render_net_n_active(b->net), 0);
    b->heard.text[0] = '\0';
    bench_begin(b);
    ask_as(b, "/a", (td_source_ask){.is_script = false});
    wait_for(b, "/a 200 A\n");
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_host_is_asked_for_its_rules_once_and_obeyed),
        cmocka_unit_test(rules_that_cannot_be_had_forbid_all),
        cmocka_unit_test(private_addresses_other_schemes_and_methods_are_refused),
        cmocka_unit_test(a_script_is_fetched_once_for_all_pages_of_its_site),
        cmocka_unit_test(a_scripts_own_headers_are_sent_and_none_that_are_ours),
        cmocka_unit_test(what_finds_no_room_is_asked_for_again),
        cmocka_unit_test(what_is_under_way_at_the_end_of_a_page_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
