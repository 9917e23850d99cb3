/* net/client.h (tests) - one request through a td_net, its answer copied out.
 */
#ifndef TEST_NET_CLIENT_H
#define TEST_NET_CLIENT_H

#include "net/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct answer {
    int n_done;
    tandem_code code;
    char message[256];
    int status;
    bool body_left;
    size_t body_n;
    char body[4096], final_url[2200], location[2200], media_type[100], charset[100], etag[100];
    char x_robots_tag[100], retry_after[100];
} answer;

static inline void copy_text(td_str from, char *to, size_t n)
{
    snprintf(to, n, "%.*s", TD_STR_FMT(from));
}

static inline void keep_answer(void *user, const td_net_reply *reply)
{
    answer *a = user;

    a->n_done++;
    a->code = reply->code;
    a->status = reply->status;
    a->body_left = reply->body_left;
    a->body_n = reply->body.n;
    snprintf(a->message, sizeof(a->message), "%s", reply->error->message);
    copy_text(reply->body, a->body, sizeof(a->body));
    copy_text(reply->final_url, a->final_url, sizeof(a->final_url));
    copy_text(reply->location, a->location, sizeof(a->location));
    copy_text(reply->media_type, a->media_type, sizeof(a->media_type));
    copy_text(reply->charset, a->charset, sizeof(a->charset));
    copy_text(reply->etag, a->etag, sizeof(a->etag));
    copy_text(reply->x_robots_tag, a->x_robots_tag, sizeof(a->x_robots_tag));
    copy_text(reply->retry_after, a->retry_after, sizeof(a->retry_after));
}

static inline td_net *open_net(const td_net_options *options)
{
    td_net *net = NULL;
    tandem_error err = {0};

    if (td_net_open(options, &net, &err) != TANDEM_OK)
        fail_msg("%s", err.message);
    return net;
}

static inline void run_all(td_net *net)
{
    while (td_net_n_active(net) > 0)
        assert_int_equal(td_net_step(net, 1000, NULL), TANDEM_OK);
}

/* Runs one request to its end. A request that is refused at once leaves n_done at 0. */
static inline answer *run_request(td_net *net, td_net_request request)
{
    answer *a = calloc(1, sizeof(*a));
    tandem_error err = {0};

    request.done = keep_answer;
    request.user = a;
    a->code = td_net_get(net, &request, &err);
    snprintf(a->message, sizeof(a->message), "%s", err.message);
    if (a->code == TANDEM_OK) {
        run_all(net);
        assert_int_equal(a->n_done, 1);
    }
    return a;
}

static inline answer *get(td_net *net, const char *url)
{
    return run_request(net, (td_net_request){.url = td_str_from(url)});
}

/* Options that reach loopback. */
static inline td_net_options local_options(void)
{
    td_net_options options = TD_NET_OPTIONS;
    options.allow_private = true;
    return options;
}

#endif
