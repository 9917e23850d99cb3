#include "source/render_net.h"

#include "base/log.h"
#include "source/robots.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECTIONS_MAX = 32,
    HOSTS_MAX = 64,     /* that the pages of one site ask */
    REQUESTS_MAX = 400, /* of one page */
    PAGE_BYTES_MAX = 64 << 20,
    IN_HAND_BYTES_MAX = 64 << 20, /* of answers that are still coming */
    POST_BYTES_MAX = 256 * 1024,
    ASKING_EXTRA_BYTES = 64 * 1024,
    URL_BYTES = 32 * 1024,
    FIELD_BYTES = 16 * 1024,
    KEPT_MAX = 512, /* scripts */
    KEPT_BYTES_MAX = 64 << 20,
    N_PASSED = 11,
};

/* Headers of an answer that a script may look at. No Set-Cookie, and nothing that the browser would
 * act upon by itself. */
static const char *const passed[N_PASSED] = {
    "Content-Type",
    "Location",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Expose-Headers",
    "Content-Language",
    "ETag",
    "Last-Modified",
    "Link",
    "X-Total-Count",
    "Retry-After",
};

/* Headers of a request that are not a script's to set, or that we set ourselves. */
static const char *const not_sent[] = {"host",         "connection", "content-length",
                                       "content-type", "cookie",     "user-agent",
                                       "accept",       "te",         "transfer-encoding",
                                       "upgrade",      "range",      "accept-encoding",
                                       "keep-alive",   "trailer",    "if-none-match",
                                       "expect",       "if-range"};

typedef struct host {
    char *origin;
    bool is_asked, is_known, is_closed;
    td_source_robots *robots;
    struct asking *waiting;
} host;

typedef struct asking {
    td_source_render_net *net;
    struct asking *next; /* waits for the same robots.txt */
    td_arena *arena;     /* owns its texts, and itself */
    td_source_ask ask;
} asking;

typedef struct robots_asking {
    td_source_render_net *net;
    host *of;
} robots_asking;

typedef struct kept {
    char *url;
    td_buf type, body;
} kept;

struct td_source_render_net {
    td_net *net;
    td_source_site site;
    char *named, *user_agent;
    host hosts[HOSTS_MAX];
    kept kept[KEPT_MAX];
    size_t n_hosts, n_kept, n_kept_bytes;
    size_t n_active, n_asked, n_bytes;
};

tandem_code td_source_render_net_new(td_source_render_net **net_out, tandem_error *err)
{
    *net_out = calloc(1, sizeof(**net_out));
    return *net_out ? TANDEM_OK : td_fail_nomem(err, "browser");
}

size_t td_source_render_net_n_active(const td_source_render_net *net)
{
    return net->n_active;
}

td_net *td_source_render_net_get(td_source_render_net *net)
{
    return net->net;
}

/* -- answers -- */

static void drop(asking *a)
{
    a->net->n_active--;
    td_arena_free(a->arena);
}

static void refuse(asking *a, const char *why)
{
    td_source_answer answer = {.refusal = why};

    td_log(TD_DEBUG, "source", "drawing: %.*s refused: %s", TD_STR_FMT(a->ask.url), why);
    a->ask.answered(a->ask.user, &answer);
    drop(a);
}

/* The script for the next page that asks for it. What does not fit is fetched again, no more. */
static void keep(td_source_render_net *net, td_str url, td_str type, td_str body)
{
    kept *slot = &net->kept[net->n_kept];

    if (net->n_kept == KEPT_MAX || body.n > KEPT_BYTES_MAX - net->n_kept_bytes)
        return;
    *slot = (kept){strndup(url.ptr, url.n), TD_BUF(FIELD_BYTES), TD_BUF(KEPT_BYTES_MAX)};
    if (!slot->url || td_buf_add(&slot->type, type, NULL) != TANDEM_OK ||
        td_buf_add(&slot->body, body, NULL) != TANDEM_OK) {
        free(slot->url);
        td_buf_clear(&slot->type);
        td_buf_clear(&slot->body);
        return;
    }
    net->n_kept++;
    net->n_kept_bytes += body.n;
}

static const kept *find_kept(const td_source_render_net *net, td_str url)
{
    for (size_t i = 0; i < net->n_kept; i++)
        if (td_str_eq(td_str_from(net->kept[i].url), url))
            return &net->kept[i];
    return NULL;
}

static void answer_kept(asking *a, const kept *script)
{
    td_net_field fields[] = {{TD_STR("Content-Type"), td_buf_str(&script->type)},
                             {TD_STR("Access-Control-Allow-Origin"), TD_STR("*")}};
    td_source_answer answer = {.status = 200,
                               .fields = fields,
                               .n_fields = 2,
                               .body = td_buf_str(&script->body)};

    a->ask.answered(a->ask.user, &answer);
    drop(a);
}

static void answer(asking *a, const td_net_reply *reply)
{
    td_net_field fields[N_PASSED];
    td_buf values[N_PASSED];
    size_t n = 0;

    for (size_t i = 0; i < N_PASSED; i++) {
        td_buf *value = &values[n];
        *value = TD_BUF(FIELD_BYTES);
        if (td_net_reply_header(reply, passed[i], value, NULL) == TANDEM_OK && value->n > 0) {
            fields[n] = (td_net_field){td_str_from(passed[i]), td_buf_str(value)};
            n++;
        } else {
            td_buf_clear(value);
        }
    }
    td_source_answer all = {.status = reply->status,
                            .fields = fields,
                            .n_fields = n,
                            .body = reply->body};
    a->net->n_bytes += reply->body.n;
    if (a->ask.is_script && reply->status == 200 && n > 0 &&
        td_str_eq(a->ask.method, TD_STR("GET")))
        keep(a->net, a->ask.url,
             td_str_starts(fields[0].name, TD_STR("Content-Type")) ? fields[0].value
                                                                   : TD_STR("text/javascript"),
             reply->body);
    a->ask.answered(a->ask.user, &all);
    for (size_t i = 0; i < n; i++)
        td_buf_clear(&values[i]);
    drop(a);
}

static void send(asking *a);

static void on_answer(void *user, const td_net_reply *reply)
{
    asking *a = user;

    if (reply->code == TANDEM_E_CANCELLED)
        drop(a);
    else if (reply->is_put_back)
        send(a);
    else if (reply->code != TANDEM_OK)
        refuse(a, reply->error->message);
    else
        answer(a, reply);
}

/* -- requests -- */

static bool is_method(const asking *a, const char *method)
{
    return td_str_eq(a->ask.method, td_str_from(method));
}

/* What robots.txt has nothing against. */
static void send(asking *a)
{
    tandem_error err = {.code = TANDEM_OK};
    td_net_request request = {
        .url = a->ask.url,
        .accept = TD_STR("*/*"),
        .done = on_answer,
        .user = a,
        .keep_redirects = true,
        .is_head = is_method(a, "HEAD"),
        .fields = a->ask.fields,
        .n_fields = a->ask.n_fields,
    };

    if (is_method(a, "POST")) {
        request.post = a->ask.post;
        request.post_type = a->ask.post_type;
    }
    if (td_net_get(a->net->net, &request, &err) != TANDEM_OK)
        refuse(a, err.message);
}

static void judge(asking *a, const host *of)
{
    if (of->is_closed)
        refuse(a, "robots.txt of its host cannot be had");
    else if (of->robots && !td_source_robots_allows(of->robots, a->ask.url))
        refuse(a, "robots.txt forbids it");
    else
        send(a);
}

/* As a crawl takes it: 4xx allows all, an error of the server or the net forbids all. */
static void take_robots(td_source_render_net *net, host *of, const td_net_reply *reply)
{
    td_str agent = td_source_robots_token(td_str_from(net->user_agent));
    bool is_dropped = reply->code == TANDEM_E_CANCELLED;

    of->is_asked = !is_dropped;
    of->is_known = !is_dropped;
    of->is_closed = reply->code != TANDEM_OK || reply->status >= 500 || reply->status == 429;
    if (!of->is_closed && reply->status >= 200 && reply->status < 300)
        of->is_closed = td_source_robots_new(reply->body, agent, &of->robots, NULL) != TANDEM_OK;
    for (asking *a = of->waiting, *next; a; a = next) {
        next = a->next;
        if (is_dropped)
            drop(a);
        else
            judge(a, of);
    }
    of->waiting = NULL;
}

static void ask_robots(td_source_render_net *net, host *of);

static void on_robots(void *user, const td_net_reply *reply)
{
    robots_asking r = *(robots_asking *)user;

    free(user);
    if (reply->is_put_back)
        ask_robots(r.net, r.of);
    else
        take_robots(r.net, r.of, reply);
}

static void ask_robots(td_source_render_net *net, host *of)
{
    tandem_error err = {.code = TANDEM_OK};
    td_buf url = TD_BUF(URL_BYTES);
    robots_asking *r = malloc(sizeof(*r));
    td_net_request request = {.body_bytes_max = TD_SOURCE_ROBOTS_BYTES_MAX + 1,
                              .body_cut = true,
                              .done = on_robots,
                              .user = r};

    of->is_asked = true;
    if (!r) {
        td_fail_nomem(&err, "robots.txt");
    } else {
        *r = (robots_asking){net, of};
        if (td_buf_add_fmt(&url, &err, "%s/robots.txt", of->origin) == TANDEM_OK) {
            request.url = td_buf_str(&url);
            td_net_get(net->net, &request, &err);
        }
    }
    if (err.code != TANDEM_OK) { /* those who wait for it are told, whatever failed */
        free(r);
        take_robots(net, of, &(td_net_reply){.code = err.code, .error = &err});
    }
    td_buf_clear(&url);
}

/* Scheme, host and port of the URL; NULL when there are too many. */
static host *find_host(td_source_render_net *net, td_str url)
{
    td_net_url parts;

    if (!td_net_url_split(url, &parts))
        return NULL;
    td_str origin = {url.ptr, (size_t)(parts.path.ptr - url.ptr)};
    for (size_t i = 0; i < net->n_hosts; i++)
        if (td_str_eq(td_str_from(net->hosts[i].origin), origin))
            return &net->hosts[i];
    if (net->n_hosts == HOSTS_MAX)
        return NULL;
    host *of = &net->hosts[net->n_hosts];
    *of = (host){.origin = strndup(origin.ptr, origin.n)};
    net->n_hosts += of->origin != NULL;
    return of->origin ? of : NULL;
}

static void start(asking *a)
{
    td_source_render_net *net = a->net;
    const kept *script = find_kept(net, a->ask.url);
    bool is_get = is_method(a, "GET");
    host *of;

    if (!is_get && !is_method(a, "HEAD") && !is_method(a, "POST")) {
        refuse(a, "neither GET, HEAD nor POST");
    } else if (net->n_asked++ >= REQUESTS_MAX || net->n_bytes > PAGE_BYTES_MAX) {
        refuse(a, "its page asks for too much");
    } else if (is_get && script) {
        answer_kept(a, script);
    } else if (net->site.options->no_robots) {
        send(a);
    } else if ((of = find_host(net, a->ask.url)) == NULL) {
        refuse(a, "its page asks too many hosts");
    } else if (of->is_known) {
        judge(a, of);
    } else {
        a->next = of->waiting;
        of->waiting = a;
        if (!of->is_asked)
            ask_robots(net, of);
    }
}

static bool is_sent(td_str name)
{
    for (size_t i = 0; i < sizeof(not_sent) / sizeof(not_sent[0]); i++)
        if (td_str_eq_nocase(name, td_str_from(not_sent[i])))
            return false;
    return !td_str_starts_nocase(name, TD_STR("sec-")) &&
           !td_str_starts_nocase(name, TD_STR("proxy-")) &&
           !td_str_starts_nocase(name, TD_STR("access-control-"));
}

/* A copy that lives until the answer; NULL when out of memory. */
static asking *copy_ask(td_source_render_net *net, const td_source_ask *ask, td_str url)
{
    size_t bytes = ASKING_EXTRA_BYTES + url.n + ask->post.n;
    for (size_t i = 0; i < ask->n_fields; i++)
        bytes += ask->fields[i].name.n + ask->fields[i].value.n + sizeof(td_net_field);
    td_arena *arena = td_arena_new(bytes);
    asking *a = arena ? td_arena_zalloc(arena, 1, sizeof(*a)) : NULL;
    td_net_field *fields = a ? td_arena_zalloc(arena, ask->n_fields + 1, sizeof(*fields)) : NULL;
    bool ok = fields != NULL;
    size_t n = 0;

    for (size_t i = 0; ok && i < ask->n_fields; i++) {
        if (!is_sent(ask->fields[i].name))
            continue;
        fields[n].name = td_arena_copy(arena, ask->fields[i].name);
        fields[n].value = td_arena_copy(arena, ask->fields[i].value);
        ok = fields[n].name.ptr && fields[n].value.ptr;
        n++;
    }
    if (ok) {
        *a = (asking){.net = net, .arena = arena, .ask = *ask};
        a->ask.url = td_arena_copy(arena, url);
        a->ask.method = td_arena_copy(arena, ask->method);
        a->ask.post = td_arena_copy(arena, ask->post);
        a->ask.post_type = td_arena_copy(arena, ask->post_type);
        a->ask.fields = fields;
        a->ask.n_fields = n;
        ok = a->ask.url.ptr && a->ask.method.ptr && a->ask.post.ptr && a->ask.post_type.ptr;
    }
    if (!ok)
        td_arena_free(arena);
    return ok ? a : NULL;
}

void td_source_render_net_ask(td_source_render_net *net, const td_source_ask *ask)
{
    td_source_answer refusal = {.refusal = "not an address of the web"};
    td_buf url = TD_BUF(URL_BYTES);
    bool is_url = td_net_url_normal(ask->url, &url, NULL) == TANDEM_OK;
    asking *a =
        is_url && ask->post.n <= POST_BYTES_MAX ? copy_ask(net, ask, td_buf_str(&url)) : NULL;

    td_buf_clear(&url);
    if (a) {
        net->n_active++;
        start(a);
        return;
    }
    refusal.refusal = is_url ? "too large, or out of memory" : refusal.refusal;
    ask->answered(ask->user, &refusal);
}

/* -- sites -- */

static void forget(td_source_render_net *net)
{
    td_net_close(net->net); /* calls what waits, so the rest must still be there */
    net->net = NULL;
    for (size_t i = 0; i < net->n_hosts; i++) {
        td_source_robots_free(net->hosts[i].robots);
        free(net->hosts[i].origin);
    }
    for (size_t i = 0; i < net->n_kept; i++) {
        free(net->kept[i].url);
        td_buf_clear(&net->kept[i].type);
        td_buf_clear(&net->kept[i].body);
    }
    net->n_hosts = net->n_kept = net->n_kept_bytes = 0;
    free(net->named);
    free(net->user_agent);
    net->named = net->user_agent = NULL;
}

void td_source_render_net_free(td_source_render_net *net)
{
    if (!net)
        return;
    forget(net);
    free(net);
}

static tandem_code open_net(td_source_render_net *net, tandem_error *err)
{
    const td_source_options *from = net->site.options;
    const char *const allowed[1] = {net->named};
    td_net_options options = TD_NET_OPTIONS;

    options.user_agent = net->user_agent;
    options.connections_max = CONNECTIONS_MAX;
    options.connections_per_host_max = from->per_host_max;
    options.timeout_ms = from->timeout_ms;
    if (options.connect_timeout_ms > options.timeout_ms)
        options.connect_timeout_ms = options.timeout_ms;
    options.body_bytes_max = from->file_bytes_max;
    options.body_option = "--max-file-size";
    options.in_hand_bytes_max = IN_HAND_BYTES_MAX;
    options.ca_file = from->ca_file;
    options.allow_private = from->allow_private;
    options.allowed = allowed;
    options.n_allowed = from->refuse_private ? 0 : 1;
    return td_net_open(&options, &net->net, err);
}

tandem_code td_source_render_net_begin(td_source_render_net *net, const td_source_site *site,
                                       tandem_error *err)
{
    bool is_same = net->named && strcmp(net->named, site->named) == 0 &&
                   strcmp(net->user_agent, site->user_agent) == 0 &&
                   net->site.options == site->options;

    net->n_asked = net->n_bytes = 0;
    if (!is_same)
        forget(net);
    net->site = *site;
    if (!net->named)
        net->named = strdup(site->named);
    if (!net->user_agent)
        net->user_agent = strdup(site->user_agent);
    if (!net->named || !net->user_agent)
        return td_fail_nomem(err, "browser");
    return net->net ? TANDEM_OK : open_net(net, err);
}

void td_source_render_net_end(td_source_render_net *net)
{
    if (net->n_active == 0)
        return;
    td_net_close(net->net);
    net->net = NULL;
}
