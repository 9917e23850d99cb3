#include "net/client.h"
#include "net/server.h"
#include "net/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Every message says where; none hints at turning a check off. */
static void assert_message(const answer *a, tandem_code code, const char *part)
{
    if (a->code != code || !strstr(a->message, part))
        fail_msg("code %s, message: %s", tandem_code_name(a->code), a->message);
    assert_null(strstr(a->message, "insecure"));
    assert_null(strstr(a->message, "\n"));
}

static void an_unknown_host_is_not_tried_again(void **state)
{
    td_net_options options = TD_NET_OPTIONS;
    td_net *net = open_net(&options);

    (void)state;
    answer *a = get(net, "http://no-such-host.invalid/");
    assert_message(a, TANDEM_E_NOT_FOUND, "unknown host no-such-host.invalid");
    assert_false(tandem_code_retry(a->code));
    free(a);
    td_net_close(net);
}

static void a_refused_connection_names_host_and_port(void **state)
{
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    uint16_t port = server_dead_port();
    char url[100], expected[100];

    (void)state;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
    snprintf(expected, sizeof(expected), "127.0.0.1 refuses connections on port %u", port);
    answer *a = get(net, url);
    assert_message(a, TANDEM_E_NETWORK, expected);
    assert_true(tandem_code_retry(a->code));
    free(a);
    td_net_close(net);
}

static bool fail_by_path(void *user, server_request *request)
{
    char byte[1];
    const char *path = request->path;

    (void)user;
    if (strcmp(path, "/hang") == 0) {
        while (recv(request->fd, byte, 1, 0) > 0) {
        }
        return false;
    }
    if (strcmp(path, "/trickle") == 0) {
        server_write(request, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", 44);
        while (recv(request->fd, byte, 1, 0) > 0) {
        }
        return false;
    }
    if (strcmp(path, "/ssh") == 0)
        server_write(request, "SSH-2.0-OpenSSH_9.2\r\n", 21);
    if (strcmp(path, "/half") == 0)
        server_write(request, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 44);
    if (strcmp(path, "/tls") == 0)
        server_send(request, 400, "", "this port speaks plain HTTP");
    if (strcmp(path, "/gzip") == 0)
        server_send(request, 200, "Content-Encoding: gzip\r\n", "this is not gzip");
    return false;
}

static void a_server_that_hangs_is_given_up_in_time(void **state)
{
    server *s = server_start(fail_by_path, NULL);
    td_net_options options = local_options();
    char url[2200];

    (void)state;
    options.timeout_ms = 200;
    td_net *net = open_net(&options);
    answer *a = get(net, server_url(s, "/hang", url));
    assert_message(a, TANDEM_E_TIMEOUT, "127.0.0.1 did not finish its answer within 200 ms");
    free(a);
    td_net_close(net);
    options.timeout_ms = 60000;
    options.low_speed_bytes = 1000;
    options.low_speed_s = 1;
    net = open_net(&options);
    a = get(net, server_url(s, "/trickle", url));
    assert_message(a, TANDEM_E_TIMEOUT, "127.0.0.1 sent less than 1000 bytes a second for 1 s");
    free(a);
    td_net_close(net);
    server_stop(s);
}

static void broken_answers_are_told_apart(void **state)
{
    server *s = server_start(fail_by_path, NULL);
    td_net_options options = local_options();
    td_net *net = open_net(&options);
    char url[2200];

    (void)state;
    answer *a = get(net, server_url(s, "/ssh", url));
    assert_message(a, TANDEM_E_FORMAT, "does not speak HTTP");
    free(a);
    a = get(net, server_url(s, "/half", url));
    assert_message(a, TANDEM_E_NETWORK, "broke");
    free(a);
    a = get(net, server_url(s, "/close", url));
    assert_message(a, TANDEM_E_NETWORK, "broke");
    free(a);
    a = get(net, server_url(s, "/gzip", url));
    assert_message(a, TANDEM_E_FORMAT, "cannot be unpacked");
    free(a);
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", s->port);
    a = get(net, url);
    assert_message(a, TANDEM_E_NETWORK, "no TLS with 127.0.0.1");
    free(a);
    td_net_close(net);
    server_stop(s);
}

/* Python's ssl as a server with the certificate beside this test: self-signed, until 2125. */
static FILE *start_tls_server(unsigned *port_out)
{
    char command[4096];

    snprintf(command, sizeof(command),
             "exec python3 -c \"import ssl, socket, sys\n"
             "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
             "c.load_cert_chain('%s/tests/net/self_signed.pem')\n"
             "s = socket.create_server(('127.0.0.1', 0))\n"
             "print(s.getsockname()[1], flush=True)\n"
             "try:\n"
             "    c.wrap_socket(s.accept()[0], server_side=True)\n"
             "except (ssl.SSLError, OSError):\n"
             "    pass\n\"",
             getenv("TANDEM_SOURCE"));
    FILE *tls = popen(command, "r");
    if (tls && fscanf(tls, "%u", port_out) != 1) {
        pclose(tls);
        tls = NULL;
    }
    return tls;
}

static void a_certificate_that_fails_names_its_host_and_why(void **state)
{
    td_net_options options = local_options();
    unsigned port = 0;
    char url[100];
    FILE *tls = start_tls_server(&port);

    (void)state;
    if (!tls)
        skip();
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", port);
    td_net *net = open_net(&options);
    answer *a = get(net, url);
    assert_message(a, TANDEM_E_DENIED, "the certificate of 127.0.0.1 is self-signed");
    assert_false(tandem_code_retry(a->code));
    free(a);
    td_net_close(net);
    pclose(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_host_is_not_tried_again),
        cmocka_unit_test(a_refused_connection_names_host_and_port),
        cmocka_unit_test(a_server_that_hangs_is_given_up_in_time),
        cmocka_unit_test(broken_answers_are_told_apart),
        cmocka_unit_test(a_certificate_that_fails_names_its_host_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
