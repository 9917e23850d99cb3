#include "fault/fault.h"
#include "net/net.h"
#include "net/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static tandem_code resolve_urls(void *user, tandem_error *err)
{
    td_buf url = TD_BUF(100000);
    tandem_code code =
        td_net_url_resolve(TD_STR("HTTP://A.example/b/./c"), TD_STR("../d e#f"), &url, err);

    (void)user;
    if (code == TANDEM_OK)
        assert_string_equal(url.ptr, "http://a.example/d%20e");
    td_buf_clear(&url);
    return code;
}

static void urls_survive_every_failed_allocation(void **state)
{
    (void)state;
    fault_each(resolve_urls, NULL, FAULT_STRICT);
}

static void keep_code(void *user, const td_net_reply *reply)
{
    *(tandem_code *)user = reply->code;
}

/* Nobody listens there, so a run without a fault ends in E_NETWORK. */
static tandem_code ask_nobody(void *user, tandem_error *err)
{
    td_net_options options = TD_NET_OPTIONS;
    static const char *const allowed[] = {"a.example:80", "b.example:80"};
    td_net *net = NULL;
    tandem_code found = TANDEM_OK;
    td_net_request request = {.url = td_str_from(user),
                              .if_none_match = TD_STR("\"x\""),
                              .accept = TD_STR("text/html"),
                              .done = keep_code,
                              .user = &found};

    options.allow_private = true;
    options.allowed = allowed;
    options.n_allowed = 2;
    options.ca_file = "/nonexistent";
    tandem_code code = td_net_open(&options, &net, err);
    if (code == TANDEM_OK)
        code = td_net_get(net, &request, err);
    while (code == TANDEM_OK && td_net_n_active(net) > 0)
        code = td_net_step(net, 1000, err);
    td_net_close(net);
    if (code == TANDEM_OK)
        assert_true(found == TANDEM_E_NETWORK || found == TANDEM_E_NOMEM);
    return code;
}

static void a_request_survives_every_failed_allocation(void **state)
{
    char url[100];

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server_dead_port());
    ask_nobody(url, NULL); /* starts libcurl, which stays */
    fault_each(ask_nobody, url, FAULT_STRICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_survive_every_failed_allocation),
        cmocka_unit_test(a_request_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
